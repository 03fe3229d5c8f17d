"""Items: what each type needs, which accounts it may use, and the starting value of tracked stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.account_rules import FollowUp, Then, system_account
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.money import quantity
from qbo_pipeline.emulator.company.schema.entities import STARTING_VALUE
from qbo_pipeline.emulator.company.trees import place_in_tree

INVENTORY_PLANS: Final = ("Plus", "Advanced")
_INVENTORY_NEEDS: Final = {
    "InvStartDate": "Required parameter InvStartDate is missing in the request",
    "AssetAccountRef": "An inventory assetaccount is required if you are tracking inventory quantities for this "
    "product.",
    "IncomeAccountRef": "An income account is required if you are selling this product.",
    "ExpenseAccountRef": "A cost of goods sold account is required if you are tracking inventory quantities for this "
    "product.",
}
# Property -> account types allowed for an item that is tracked.
_TRACKED_ACCOUNTS: Final = {
    "AssetAccountRef": ("Other Current Asset",),
    "IncomeAccountRef": ("Income",),
    "ExpenseAccountRef": ("Cost of Goods Sold",),
}


def complete(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> Then | None:
    """Type, full name and accounts of an item; its opening quantity, or a changed one, becomes a stock transaction."""
    body = entry.body
    _type(body, old, errors)
    kind = body["Type"]
    level = place_in_tree(book, "Item", "SubItem", entry, errors)
    if level:
        body["Level"] = level
    body.setdefault("TrackQtyOnHand", kind == "Inventory")
    if kind in ("Service", "NonInventory", "Inventory"):
        body.setdefault("Taxable", False)
        body.setdefault("UnitPrice", Decimal(0))
        body.setdefault("PurchaseCost", Decimal(0))
    on_hand = body.pop("QtyOnHand", None)
    if kind == "Inventory":
        return _inventory(book, entry, old, on_hand, errors)
    if kind in ("Service", "NonInventory") and not (body.get("IncomeAccountRef") or body.get("ExpenseAccountRef")):
        text = "Required parameter IncomeAccountRef is missing in the request"
        errors.append(error("2020", "IncomeAccountRef", what=text))
    return None


def _type(body: Body, old: Entry | None, errors: list[QboError]) -> None:
    tracked = body.get("TrackQtyOnHand")
    if old is None:
        kind = body.setdefault("Type", "Inventory" if tracked else "Service")
        if kind == "Group":
            errors.append(error("5030", "Type", what="Bundles can be read but not written through the API."))
        if bool(tracked) != (kind == "Inventory"):
            errors.append(
                error("6000", "TrackQtyOnHand", what="TrackQtyOnHand must be true for inventory items, and only there.")
            )
        return
    before = old.body["Type"]
    if body.setdefault("Type", before) != before and before in ("Inventory", "Category"):
        errors.append(error("6000", "Type", what=f"An item of type {before} can't be changed to {body['Type']}."))
    if before == "Inventory" and tracked is False:
        errors.append(
            error("6000", "TrackQtyOnHand", what="Quantity tracking can't be turned off for an inventory item.")
        )
    if before == "Inventory":
        body["TrackQtyOnHand"] = True
        body.setdefault("InvStartDate", old.body["InvStartDate"])


def _inventory(
    book: Book, entry: Entry, old: Entry | None, on_hand: Decimal | None, errors: list[QboError]
) -> Then | None:
    body = entry.body
    if book.settings.plan not in INVENTORY_PLANS:
        errors.append(error("5020", what=f"Inventory is not available in QuickBooks Online {book.settings.plan}."))
    needs = dict(_INVENTORY_NEEDS)
    if old is None and on_hand is None:
        errors.append(error("2020", "QtyOnHand", what="Required parameter QtyOnHand is missing in the request"))
    for name, text in needs.items():
        if not body.get(name):
            errors.append(error("2020", name, what=text))
    for name, allowed in _TRACKED_ACCOUNTS.items():
        reference = body.get(name)
        account = book.entries["Account"].get(reference["value"]) if reference else None
        if account is not None and account.body["AccountType"] not in allowed:
            errors.append(error("6430", name, what=f"{account.name} is of type {account.body['AccountType']}"))
    if old is None:
        return lambda made: [_starting_value(made, on_hand or Decimal(0))]
    adjusted_on, body["InvStartDate"] = body["InvStartDate"], old.body["InvStartDate"]
    present = quantity(book.balances.quantity[int(old.id)])
    if on_hand is None or on_hand == present:
        return None
    return lambda made: [_adjustment(book, made, on_hand - present, adjusted_on)]


def _starting_value(made: Entry, on_hand: Decimal) -> FollowUp:
    return STARTING_VALUE, {
        "TxnDate": made.body["InvStartDate"],
        "DocNumber": "START",
        "PrivateNote": f"{made.body['Name']} - Opening inventory and value",
        "ItemRef": {"value": made.id},
        "Qty": on_hand,
        "UnitPrice": made.body["PurchaseCost"],
    }


def _adjustment(book: Book, made: Entry, difference: Decimal, day: str) -> FollowUp:
    account = system_account(book, "Cost of Goods Sold", "SuppliesMaterialsCogs")
    shrinkage = next(
        (e.id for e in book.entries["Account"].values() if e.body["Name"] == "Inventory Shrinkage"), account
    )
    detail = {"ItemRef": {"value": made.id}, "QtyDiff": difference}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    return "InventoryAdjustment", {"AdjustAccountRef": {"value": shrinkage}, "TxnDate": day, "Line": [line]}
