"""Bundles on sales forms: the line of a bundle holds a line for each of its products, and those are what is sold.

Recorded: such a line has the amount 0, and the lines in it are numbered on with those of the form. That a line without
any is filled with the bundle's products at their own prices is Intuit's reference of Invoice.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.draft import Draft
from qbo_pipeline.emulator.company.faults import error, fault
from qbo_pipeline.emulator.company.money import round_money
from qbo_pipeline.emulator.company.posting import lines as rules
from qbo_pipeline.emulator.company.references import US_TAX_CODES

_GROUP: Final = "GroupLineDetail"
_SALE: Final = "SalesItemLineDetail"
_NO_BUNDLE: Final = "The item of this line is not a bundle."


def make(book: Book, name: str, parts: dict[str, Decimal]) -> Entry:
    """Enter a bundle of products (Ids and quantities), as QBO's window does. Raises 6240, 2500 and 2020."""
    taken = book.names["Item"].get(name.casefold())
    if taken is not None:
        raise fault("6240", "Name", kind="item", id=taken[1])
    items = book.entries["Item"]
    wrong = [id for id in parts if id not in items or items[id].body["Type"] in ("Category", "Group")]
    if wrong:
        raise fault("2500", "ItemRef", what=f"Items element id {wrong[0]} not found")
    if not parts:
        raise fault("2020", "ItemGroupLine", what="Required parameter ItemGroupLine is missing in the request")
    listed = [{"ItemRef": {"value": id, "name": items[id].name}, "Qty": quantity} for id, quantity in parts.items()]
    body: Body = {"Name": name, "FullyQualifiedName": name, "Type": "Group", "SubItem": False, "Taxable": False}
    body |= {"ItemGroupDetail": {"ItemGroupLine": listed}, "PrintGroupedItems": False}
    now = book.now()
    entry = Entry(str(book.next_id("Item")), True, 0, now, now, body)
    book.save_entry("Item", entry, is_new=True)
    return entry


def expand(draft: Draft, line: Body) -> list[Body]:
    """The lines in a bundle's line: those that the request gives, or one for each product. Appends 2500."""
    book, detail = draft.book, line[_GROUP]
    entry = book.entries["Item"].get(rules.ref_id(detail, "GroupItemRef") or "")
    if entry is None or entry.body["Type"] != "Group":
        draft.errors.append(error("2500", "GroupItemRef", what=_NO_BUNDLE))
        return []
    quantity = Decimal(detail.setdefault("Quantity", Decimal(1)))
    if not detail.get("Line"):
        parts = entry.body["ItemGroupDetail"]["ItemGroupLine"]
        detail["Line"] = [_line(book, part, quantity) for part in parts]
    line["Amount"] = Decimal(0)
    numbers = _numbers(draft.body["Line"])
    for inner in detail["Line"]:
        if book.country == "US":
            inner[_SALE].setdefault("TaxCodeRef", {"value": US_TAX_CODES[1]})
        if not inner.get("Id"):
            inner["Id"] = str(next(numbers))
        inner["LineNum"] = int(inner["Id"])
    inside: list[Body] = detail["Line"]
    return inside


def _line(book: Book, part: Body, quantity: Decimal) -> Body:
    item = book.entries["Item"][part["ItemRef"]["value"]]
    sold, price = Decimal(part["Qty"]) * quantity, Decimal(item.body.get("UnitPrice") or 0)
    detail: Body = {"ItemRef": {"value": item.id}, "Qty": sold, "UnitPrice": price}
    if item.body.get("SalesTaxCodeRef"):
        detail["TaxCodeRef"] = {"value": item.body["SalesTaxCodeRef"]["value"]}
    line: Body = {"Amount": round_money(sold * price), "DetailType": _SALE, _SALE: detail}
    return line | ({"Description": item.body["Description"]} if item.body.get("Description") else {})


def _numbers(lines: list[Body]) -> Iterator[int]:
    """Numbers that no line of the form has yet."""
    every = [*lines, *(inner for line in lines for inner in (line.get(_GROUP) or {}).get("Line") or [])]
    number = max((int(line["Id"]) for line in every if str(line.get("Id", "")).isdecimal()), default=0)
    while True:
        number += 1
        yield number
