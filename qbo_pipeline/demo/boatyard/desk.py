"""The boatyard's desk: writes its papers, moves its stock, and finds a paper again by what the story calls it.

What belongs here: what every paper needs. Which papers there are is in the other modules, when they come in `story.py`.
Amounts are whole hundredths of the paper's currency, quantities thousandths; stock is worth home currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from qbo_pipeline.demo import stock, tracking
from qbo_pipeline.demo.arithmetic import half_up, line_cents
from qbo_pipeline.demo.workday import Value, Workday

MAIN, SHOP = 1, 3  # the warehouses that hold the boatyard's goods
_SERIES = {
    "sales_invoice": "YIN", "sales_credit": "YCR", "sales_receipt": "YSR", "sales_refund": "YRF", "bill": "YBL",
    "purchase_credit": "YPC", "purchase_order": "YPO", "quote": "YQU", "payment_received": "YPR", "payment_made": "YPM",
}  # fmt: skip
_SALES = ("sales_invoice", "sales_credit", "sales_receipt", "sales_refund", "quote")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document: quantity times price, or `net` by itself; `taxed` at the general rate; `more` are further
    columns."""

    product: str | None
    units: Decimal | int = 0
    unit_cents: int = 0
    net: int | None = None
    taxed: bool = False
    more: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A line of a movement: signed units of a product at a place; without `cost` what goes out costs the average.
    `of_stock` is what of a cost to be shared stays in stock: by default all of a line of stock."""

    product: str | None
    units: Decimal | int = 0
    cost: int | None = None
    role: str = "stock"
    place: int = MAIN
    of_stock: tuple[str, int] | None = None  # a product, and its share in home cents


class Desk:
    """The boatyard on one day."""

    def __init__(self, work: Workday) -> None:
        self.work = work
        ((self.home,),) = work.rows("SELECT currency FROM company")
        self.foreign = "USD" if self.home == "EUR" else "EUR"

    def named(self, name: str) -> int:
        """The id of what the story calls so."""
        ((found,),) = self.work.rows("SELECT id FROM yard_names WHERE name = ?", name)
        return int(found)

    def _name(self, name: str, row_id: int) -> None:
        self.work.db.execute("INSERT INTO yard_names VALUES (?, ?)", (name, row_id))

    def party(self, number: str, kind: str, /, **values: Value) -> None:
        """Enter a customer or supplier, whom the story calls by the number."""
        row = {"kind": kind, "number": number, "currency": self.home, **values}
        self._name(number, self.work.add("yard_parties", None, **row))

    def product(self, number: str, kind: str, name: str, category: str, weight_milli: int | None = None) -> None:
        """Enter a product, which the story calls by its number."""
        row = {"kind": kind, "number": number, "name": name, "category": f"Boatyard:{category}", "unit": "each"}
        self._name(number, self.work.add("yard_products", None, **row, weight_milli=weight_milli))

    def document(self, name: str, kind: str, party: str, *lines: Line, **values: Value) -> None:
        """Write a document of today; tax of a line is rounded half up, the document's is the sum."""
        made = [self._document_line(line) for line in lines]
        net, tax = (sum(int(row[column] or 0) for row in made) for column in ("net_cents", "tax_cents"))
        header: dict[str, Value] = {
            "kind": kind, "number": self.work.number(_SERIES[kind]), "business_date": self.work.today,
            "party_id": self.named(party), "currency": self.home, "net_cents": net, "tax_cents": tax,
            "total_cents": net + tax, **values,
        }  # fmt: skip
        if kind == "bill":
            header |= {"reference": f"Y-{self.work.numbers['YBL']:04d}"}
        paper = self.work.add("yard_documents", None, **header)
        ids = [self.work.add("yard_document_lines", None, document_id=paper, line_number=position, **row)
               for position, row in enumerate(made, start=1)]  # fmt: skip
        self._written(name, paper, ids)

    def _document_line(self, line: Line) -> dict[str, Value]:
        milli = int(line.units * 1000)
        net = line_cents(milli, line.unit_cents) if line.net is None else line.net
        tax = half_up(net * self.work.sales_tax_per_mille, 1000) if line.taxed else 0
        return {
            "product_id": None if line.product is None else self.named(line.product), "net_cents": net,
            "quantity_milli": milli or None, "unit_cents": line.unit_cents if milli else None, "tax_cents": tax,
            "tax_code": "TAX" if line.taxed else "NON", **line.more,
        }  # fmt: skip

    def movement(self, name: str, kind: str, *moves: Move, rate: str | None = None, **values: Value) -> None:
        """Write a movement of today and move the stock; with `rate` its costs are in foreign currency."""
        paper = self.work.new_id()
        ids: list[int] = []
        rows: list[dict[str, Value]] = []
        for position, move in enumerate(moves, start=1):
            line = self.work.new_id()
            cost = self._moved(move, (paper, line), Decimal(rate or 1))
            rows.append({
                "movement_id": paper, "line_number": position, "role": move.role, "cost_cents": cost,
                "product_id": None if move.product is None else self.named(move.product),
                "location_id": move.place if move.role == "stock" else None,
                "quantity_milli": int(move.units * 1000),
            })  # fmt: skip
            ids.append(line)
        self.work.add(
            "yard_movements", paper, kind=kind, number=self.work.number("YMV"), business_date=self.work.today,
            currency=self.foreign if rate else self.home, exchange_rate=rate, **values,
        )  # fmt: skip
        for line, row in zip(ids, rows, strict=True):
            self.work.add("yard_movement_lines", line, **row)
        self._written(name, paper, ids)

    def _moved(self, move: Move, source: tuple[int, int], rate: Decimal) -> int:
        """Move the stock of a line; answers its cost in the movement's currency, signed as it is delivered."""
        milli = int(move.units * 1000)
        if move.of_stock is not None:
            product, share = move.of_stock
            stock.bring_in(self.work, source, self.named(product), move.place, 0, share)
        if move.role != "stock" or not self._is_stocked(move.product):
            assert move.cost is not None
            return move.cost
        product_id = self.named(move.product or "")
        if milli < 0:
            return -stock.take_out(self.work, source, product_id, move.place, -milli)
        assert move.cost is not None
        home = int((move.cost * rate).quantize(Decimal(1), ROUND_HALF_UP))
        stock.bring_in(self.work, source, product_id, move.place, milli, home)
        return move.cost

    def _is_stocked(self, product: str | None) -> bool:
        kinds = self.work.rows("SELECT kind FROM yard_products WHERE number = ?", product)
        return bool(kinds) and kinds[0][0] == "stocked"

    def payment(self, name: str, kind: str, party: str, amount: int, settled: Sequence[tuple[str, int]] = (),
                **values: Value) -> None:  # fmt: skip
        """Write a payment of today, and what it settles; what is settled later is `settle`d on that day."""
        row: dict[str, Value] = {
            "kind": kind, "number": self.work.number(_SERIES[kind]), "business_date": self.work.today,
            "party_id": self.named(party), "currency": self.home, "amount_cents": amount, "account": "OPERATING",
            "method": "Bank Transfer", **values,
        }  # fmt: skip
        self._written(name, self.work.add("yard_payments", None, **row), ())
        for document, part in settled:
            self.settle(name, document, part)

    def settle(self, payment: str, document: str, amount: int) -> None:
        """Say that a payment, maybe of an earlier day, settles a document."""
        self.work.add(
            "yard_payment_allocations", None, payment_id=self.named(payment), document_id=self.named(document),
            amount_cents=amount,
        )  # fmt: skip
        self.note("yard_payments", payment)

    def match(self, document: str, line: int, movement: str, movement_line: int, units: Decimal | int) -> None:
        """Say which line of a movement a bill's line is for; lines count from 1."""
        self.work.db.execute(
            "INSERT INTO yard_matches (line_id, movement_id, movement_line_id, document_id, quantity_milli)"
            " VALUES (?, ?, ?, ?, ?)",
            (self.named(f"{document}/{line}"), self.named(movement), self.named(f"{movement}/{movement_line}"),
             self.named(document), int(units * 1000)),
        )  # fmt: skip
        self.note("yard_documents", document)

    def total(self, document: str) -> int:
        """What a document comes to."""
        ((total,),) = self.work.rows("SELECT total_cents FROM yard_documents WHERE id = ?", self.named(document))
        return int(total)

    def change(self, table: str, name: str, **values: Value) -> None:
        """Change a paper, of whatever day; the days before and after are noted."""
        self.note(table, name)
        for column, value in values.items():
            self.work.set(table, self.named(name), column, value)
        self.note(table, name)

    def delete_document(self, name: str) -> None:
        """Delete a document that nothing builds on, as if it had never been."""
        self.note("yard_documents", name)
        document = self.named(name)
        self.work.db.execute("DELETE FROM yard_document_lines WHERE document_id = ?", (document,))
        self.work.db.execute("DELETE FROM yard_documents WHERE id = ?", (document,))

    def note(self, table: str, name: str) -> None:
        """Note the day of a paper as changed, where that is not today."""
        ((day,),) = self.work.rows(f"SELECT business_date FROM {table} WHERE id = ?", self.named(name))
        if day != self.work.today:
            tracking.note_earlier_day(self.work.db, day)

    def of_order(self, order: str, position: int) -> dict[str, Value]:
        """The columns of a bill's line that is for a line of an order; lines count from 1."""
        return {"order_id": self.named(order), "order_line_id": self.named(f"{order}/{position}")}

    def _written(self, name: str, paper: int, lines: Sequence[int]) -> None:
        self._name(name, paper)
        for position, line in enumerate(lines, start=1):
            self._name(f"{name}/{position}", line)
