"""What the systems in a box write to the company's goods: products, quantities, receipts of purchase orders.

What belongs here: the booking, a transaction each. Quantities are in thousandths, money in cents, ids are the company's
own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from qbo_pipeline.demo import changes, stock
from qbo_pipeline.demo.arithmetic import line_cents
from qbo_pipeline.demo.company import open_company, transaction
from qbo_pipeline.demo.workday import Workday
from qbo_pipeline.systems.company import CompanyDatabase

Cell = tuple[int, int]
"""A product and a warehouse."""
Answer = TypeVar("Answer")


class NotPossible(ValueError):
    """The company cannot book it; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product as somebody enters it."""

    number: str
    name: str
    kind: str
    category: str
    unit: str = "each"
    purchase_cents: int = 0
    sales_cents: int = 0
    active: bool = True


def enter_product(company: CompanyDatabase, product: NewProduct) -> int:
    """Enter a product of which there is nothing; answers its id.

    Raises `NotPossible` where its number is taken.
    """

    def book(work: Workday) -> int:
        if work.rows("SELECT id FROM items WHERE sku = ?", product.number):
            raise NotPossible(f"{product.number} already exists")
        ((supplier,),) = work.rows("SELECT min(id) FROM suppliers")  # one without a supplier is assembled here
        return work.add(
            "items", sku=product.number, name=product.name, category=product.category, unit=product.unit,
            kind=product.kind, supplier_id=supplier, purchase_cents=product.purchase_cents,
            sales_cents=product.sales_cents, step_milli=1000, usual_milli=1000, target_milli=0,
            active=int(product.active),
        )  # fmt: skip

    return _booked(company, None, book)


def change_product(
    company: CompanyDatabase, product_id: int, *, number: str | None, name: str | None, active: bool | None
) -> None:
    """Change what is given of a product."""
    with open_company(company.path) as db, transaction(db):
        fields = "sku = coalesce(?, sku), name = coalesce(?, name), active = coalesce(?, active)"
        given = (number, name, None if active is None else int(active), product_id)
        try:
            db.execute(f"UPDATE items SET {fields} WHERE id = ?", given)
        except sqlite3.IntegrityError:
            raise NotPossible(f"{number} already exists") from None


def on_hand(company: CompanyDatabase, cell: Cell) -> int:
    """How much there is of a product in a warehouse."""
    rows = company.rows(
        f"SELECT quantity_milli FROM stock_balances WHERE item_id = {int(cell[0])} AND warehouse_id = {int(cell[1])}"
    )
    return int(rows[0]["quantity_milli"]) if rows else 0


def adjust(company: CompanyDatabase, day: str, reason: str, memo: str, moved: Mapping[Cell, int]) -> int:
    """Book an adjustment at the average cost; answers its id.

    Raises `NotPossible` where more is to leave than there is, or where nothing says what goods are worth.
    """

    def book(work: Workday) -> int:
        entry = work.add("stock_entries", number=work.number("ADJ"), business_date=day, kind="adjustment",
                         reason=reason, memo=memo)  # fmt: skip
        for position, ((item, place), quantity) in enumerate(sorted(moved.items()), start=1):
            line = work.new_id()
            if quantity < 0:
                cost = -stock.take_out(work, (entry, line), item, place, -quantity)
            else:
                cost = _worth(work, item, place, quantity)
                stock.bring_in(work, (entry, line), item, place, quantity, cost)
            work.add("stock_entry_lines", line, entry_id=entry, line_number=position, item_id=item, warehouse_id=place,
                     quantity_milli=quantity, cost_cents=cost)  # fmt: skip
        return entry

    return _booked(company, day, book)


def void_adjustment(company: CompanyDatabase, entry_id: int) -> None:
    """Take an adjustment back out of the stock; it stays, as voided."""
    (row,) = company.rows(f"SELECT number FROM stock_entries WHERE id = {int(entry_id)}")
    changes.void(company.path, row["number"])


def receive(company: CompanyDatabase, day: str, line_id: int) -> None:
    """Receive all that has not come yet of a line of a purchase order, at the price of the order.

    Raises `NotPossible` where nothing is left to come.
    """

    def book(work: Workday) -> None:
        ((order, item, left, unit),) = work.rows(
            "SELECT order_id, item_id, quantity_milli - received_milli, unit_cents FROM purchase_order_lines"
            " WHERE id = ?", line_id,
        )  # fmt: skip
        if left <= 0:
            raise NotPossible("This line is received already")
        ((supplier, place),) = work.rows("SELECT supplier_id, warehouse_id FROM purchase_orders WHERE id = ?", order)
        receipt = work.add("receipts", number=work.number("GRN"), business_date=day, supplier_id=supplier,
                           warehouse_id=place, order_id=order)  # fmt: skip
        cost = line_cents(left, unit)
        line = work.add("receipt_lines", receipt_id=receipt, line_number=1, order_line_id=line_id, item_id=item,
                        quantity_milli=left, cost_cents=cost)  # fmt: skip
        stock.bring_in(work, (receipt, line), item, place, left, cost)
        work.db.execute("UPDATE purchase_order_lines SET received_milli = quantity_milli WHERE id = ?", (line_id,))
        work.db.execute(
            "UPDATE purchase_orders SET received = NOT EXISTS (SELECT 1 FROM purchase_order_lines AS l"
            " WHERE l.order_id = purchase_orders.id AND l.received_milli < l.quantity_milli) WHERE id = ?",
            (order,),
        )

    _booked(company, day, book)


def void_invoice(company: CompanyDatabase, invoice_id: int) -> None:
    """Take an invoice out of the books; it stays, as voided."""
    with open_company(company.path) as db, transaction(db):
        db.execute("UPDATE invoices SET status = 'voided' WHERE id = ?", (invoice_id,))


def _worth(work: Workday, item: int, place: int, quantity: int) -> int:
    """What a quantity is worth by the average of the warehouse, or of all of them."""
    held, value = stock.on_hand(work, item, place)
    if held <= 0:
        query = "SELECT coalesce(sum(quantity_milli), 0), coalesce(sum(value_cents), 0) FROM stock_balances"
        ((held, value),) = work.rows(f"{query} WHERE item_id = ?", item)
    return line_cents(quantity, 0) if held <= 0 else value * quantity // held


def _booked(company: CompanyDatabase, day: str | None, book: Callable[[Workday], Answer]) -> Answer:
    with open_company(company.path) as db, transaction(db):
        if day is None:
            ((day,),) = db.execute("SELECT date(next_day, '-1 day') FROM company").fetchall()
        work = Workday(db, date.fromisoformat(str(day)))
        try:
            answer = book(work)
        except stock.NotEnoughStock as error:
            raise NotPossible(str(error)) from None
        db.execute("UPDATE company SET last_id = ?", (work.last_id,))
        db.executemany("INSERT OR REPLACE INTO numbering VALUES (?, ?)", sorted(work.numbers.items()))
    return answer
