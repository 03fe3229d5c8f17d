"""Lines of sales and purchase forms: amounts against quantity and price, ids, discounts, items and their accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.draft import Draft
from qbo_pipeline.emulator.company.faults import error
from qbo_pipeline.emulator.company.money import major, minor, round_money

_COMPUTED_LINES = ("SubTotalLineDetail",)


def number_lines(lines: list[Body], old: list[Body]) -> list[Body]:
    """The lines of a document with Id and LineNum as QBO gives them: known ids are kept, new lines get the next."""
    known = {line["Id"] for line in old if "Id" in line}
    used: set[str] = set()
    highest = max((int(id) for id in known if id.isdecimal()), default=0)
    out = []
    for n, line in enumerate((x for x in lines if x.get("DetailType") not in _COMPUTED_LINES), 1):
        id = str(line.get("Id") or "")
        if id not in known or id in used:
            highest += 1
            id = str(highest)
        used.add(id)
        line["Id"], line["LineNum"] = id, n
        out.append(line)
    return out


def check_amount(draft: Draft, line: Body, detail: Body) -> int:
    """A line's amount in minor units: computed from quantity and price where it is missing, else checked (6070).

    A quantity or price of zero beside an amount counts as not given, as clients that send every property rely on.
    """
    amount: Decimal | None = line.get("Amount")
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    if quantity and price:
        computed = round_money(Decimal(quantity) * Decimal(price))
        if amount is None:
            amount = computed
        elif amount != computed and round_money(detail.get("TaxInclusiveAmt") or amount) != computed:
            draft.errors.append(error("6070", "Line", what=f"{amount:,.2f}"))
    if amount is None:
        text = "Required parameter Amount is missing in the request"
        draft.errors.append(error("2020", "Amount", what=text))
        return 0
    line["Amount"] = amount
    return minor(amount)


def item_of(draft: Draft, detail: Body) -> tuple[str, Body] | None:
    """The item of a line (id and body), after refusing categories (2500)."""
    reference = detail.get("ItemRef")
    entry = draft.book.entries["Item"].get(reference["value"]) if reference else None
    if entry is None:
        return None
    if entry.body["Type"] in ("Category", "Group"):
        text = "An item in this transaction is set up as a category instead of a product or service."
        draft.errors.append(error("2500", "ItemRef", what=text))
        return None
    return entry.id, entry.body


def is_tracked(item: tuple[str, Body] | None) -> bool:
    """Whether a line moves stock."""
    return item is not None and item[1]["Type"] == "Inventory"


def moved_quantity(draft: Draft, item: tuple[str, Body], detail: Body) -> Decimal:
    """The quantity of a tracked line. Appends 6520 where there is none, 6270 before the item's start."""
    quantity = detail.get("Qty")
    if quantity is None:
        draft.errors.append(error("6520", "Qty", what=item[1]["Name"]))
    check_start(draft, item[1])
    return Decimal(quantity or 0)


def check_start(draft: Draft, item: Body) -> None:
    """Append 6270 where the transaction is dated before the item was first in stock."""
    if draft.date < item["InvStartDate"]:
        draft.errors.append(error("6270", "TxnDate"))


def ref_id(body: Body, name: str) -> str | None:
    """The id in a reference property."""
    found: Any = body.get(name)
    return str(found["value"]) if found else None


def subtotal_line(amount: int) -> Body:
    """The line that QBO appends to sales forms."""
    return {"Amount": major(amount), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
