"""What the warehouse makes of goods that people keep in QuickBooks: products and bills.

What belongs here: the booking of one entry; `inbox.py` says which entries are booked, and that they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.workday import Workday

ADJUSTED_THERE = "COUNT"
"""The reason of a stock entry for what was adjusted in QuickBooks."""
Content = Mapping[str, Any]


def cents(text: str) -> int:
    """An amount of decimal text in cents."""
    return int(Decimal(text).scaleb(2))


def milli(text: str) -> int:
    """A quantity of decimal text in thousandths."""
    return int(Decimal(text).scaleb(3))


def book_product(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    """Hold a product as an entry says it; one that is made begins with as many as QuickBooks had."""
    values = {"sku": content["number"], "name": content["name"],
              "active": int(content.get("active", True) and not gone)}  # fmt: skip
    if own is not None:
        for column in ("sku", "name", "active"):
            if {"sku": "number"}.get(column, column) in content.get("changed", content):
                work.set("items", own, column, values[column])
        return own
    ((supplier,),) = work.rows("SELECT min(id) FROM suppliers")  # one without a supplier is assembled here
    prices = {"purchase_cents": cents(content.get("purchase_cost") or "0"),
              "sales_cents": cents(content.get("sales_price") or "0")}  # fmt: skip
    own = work.add(
        "items", category=content.get("category") or "General", unit="each", kind=content["kind"], supplier_id=supplier,
        step_milli=1000, usual_milli=1000, target_milli=0, **prices, **values,
    )  # fmt: skip
    first = milli(content.get("quantity_at_first") or "0")
    if first > 0 and content["kind"] == "stocked":
        worth = prices["purchase_cents"] * first // 1000
        _enter(work, "Begun in QuickBooks", [(own, min(work.warehouses), first, worth)])
    return own


def _enter(work: Workday, memo: str, moved: list[tuple[int, int, int, int]]) -> int:
    entry = work.add("stock_entries", number=work.number("ADJ"), business_date=work.today, kind="adjustment",
                     reason=ADJUSTED_THERE, memo=memo)  # fmt: skip
    for position, (item, place, quantity, worth) in enumerate(moved, start=1):
        line = work.new_id()
        cost = worth
        if quantity < 0:
            cost = -stock.take_out(work, (entry, line), item, place, -quantity)
        else:
            stock.bring_in(work, (entry, line), item, place, quantity, worth)
        work.add("stock_entry_lines", line, entry_id=entry, line_number=position, item_id=item, warehouse_id=place,
                 quantity_milli=quantity, cost_cents=cost)  # fmt: skip
    return entry


def book_bill(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    """Hold a bill; what of it is no product is a service of the company's."""
    if own is not None:
        if gone:
            work.set("bills", own, "status", "voided")
            return own
        work.db.execute("DELETE FROM bill_lines WHERE bill_id = ?", (own,))
    values: dict[str, Any] = {
        "number": content["number"], "business_date": content["business_date"],
        "due_date": content.get("due_date") or content["business_date"], "supplier_id": int(content["party_id"]),
        "supplier_reference": content.get("reference") or content["number"], "warehouse_id": min(work.warehouses),
        "net_cents": cents(content["net_amount"]), "total_cents": cents(content["total_amount"]),
        "memo": content.get("memo"),
    }  # fmt: skip
    if own is None:
        own = work.add("bills", **values)
    else:
        for column, value in values.items():
            work.set("bills", own, column, value)
    service = next(item.id for item in work.items.values() if item.kind == "service")
    for line in content["lines"]:
        work.add(
            "bill_lines", bill_id=own, line_number=line["line_number"],
            item_id=int(line.get("product_id") or service), description=line.get("description") or "",
            quantity_milli=milli(line.get("quantity") or "1"), unit_cents=cents(line["net_amount"]),
            net_cents=cents(line["net_amount"]),
        )  # fmt: skip
    return own
