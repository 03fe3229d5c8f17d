"""Tracked mode, whose outcomes are written down whole: by name, the record and the books."""

from __future__ import annotations

from datetime import date
from typing import Any

from qbo_pipeline.accounting.books import AccountRef, Books, Made, Opening
from qbo_pipeline.inventory.records import Product, Record
from qbo_pipeline_tests.accounting.company import ACCOUNTS, PRODUCTS, ROLES, document, item, labour, movement, stock
from qbo_pipeline_tests.accounting.outcomes.company import DIMENSIONS, NAMED, D, stored

BEGINS = date(2026, 1, 1)
EARLIER, LATER = date(2025, 12, 15), date(2026, 1, 20)
TEA = PRODUCTS[0]
FIRST_MADE = Opening(business_date=LATER, quantity=D(3), value=D(10))
UNNUMBERED = Product(product_id="u", kind="stocked", name="Urn")
BY_DOCUMENTS = {"returns_move_stock_by": "documents"}
MOVED = {"supplier_return_clearing": "goods_received_not_invoiced"}


def tracked(policies: dict[str, Any] | None = None, **changes: Any) -> Books:
    wanted = {"mode": "tracked", "quotes": True, "purchase_orders": True} | (policies or {})
    return stored(**({"policies": wanted, "begins": BEGINS} | changes))


def opened(quantity: str, value: str, day: date = BEGINS, **changes: Any) -> Books:
    opening = Opening(business_date=day, quantity=D(quantity), value=D(value))
    return tracked(opening={"tea": opening, "u": opening}.get, **changes)


def made_with(quantity: str | None) -> dict[str, Any]:
    made = Made(quantity=None if quantity is None else D(quantity))
    return {"made": {"tea": made, "u": made}.get}


TRACKED: dict[str, tuple[Record, Books]] = {
    "an item": (TEA, tracked(overrides=DIMENSIONS)),
    "an item on accounts of its own": (
        TEA, tracked(overrides={("inventory", "product", "tea"): "83", ("cost_of_goods_sold", "product", "tea"): "51",
                                ("sales", "product", "tea"): "41", ("purchases", "product", "tea"): "61"}),
    ),
    "an item without a number": (UNNUMBERED, tracked()),
    "an item with opening stock": (TEA, opened("3", "100")),
    "an item opened before the books begin": (TEA, opened("3", "100", EARLIER)),
    "an item opened after the books begin": (TEA, opened("1", "1", LATER)),
    "an item opened with half a piece at a cent": (TEA, opened("0.5", "0.01")),
    "an item opened with less than nothing": (TEA, opened("-2", "5")),
    "an item opened with less than nothing at less than nothing": (TEA, opened("-2", "-5")),
    "an item opened with a value alone": (TEA, opened("0", "5")),
    "an item opened at nothing": (TEA, opened("2", "0")),
    "an item whose opening is another by now": (TEA, opened("7", "50", LATER, **made_with("3"))),
    "an item without a number whose opening is another by now": (UNNUMBERED, opened("2", "9", **made_with("3"))),
    "an item whose opening is gone": (TEA, tracked(**made_with("3"))),
    "an item of what is made here": (TEA, tracked(first_made={"tea": FIRST_MADE}.get)),
    "an item made before any was there": (TEA, tracked(first_made={"tea": FIRST_MADE}.get, **made_with("0"))),
    "an item opened at nothing and made at a cost": (TEA, opened("2", "0", first_made={"tea": FIRST_MADE}.get)),
    "an item made as it was opened": (TEA, opened("3", "100", **made_with("3"))),
    "an item that was there": (TEA, opened("3", "100", **made_with(None))),
    "a service": (PRODUCTS[4], tracked()),
    "no first day": (TEA, tracked(begins=None)),
    "no first day of what has no number": (UNNUMBERED, tracked(begins=None)),
    "an item that sells to other income": (TEA, tracked(roles=ROLES | {"sales": "69"})),
    "an item without a number on a bank": (UNNUMBERED, tracked(roles=ROLES | {"inventory": "10"})),
    "an item whose cost is an expense": (TEA, tracked(roles=ROLES | {"cost_of_goods_sold": "52"})),
    "voided": (movement("adjustment", stock("tea", 1, "2"), status="voided"), tracked()),
    "opening stock": (movement("opening", stock("tea", 1, "2")), tracked()),
    "services only": (movement("adjustment", stock("fit", 1, "2"), stock("bag", 1, "2")), tracked()),
    "no lines": (movement("adjustment"), tracked()),
    "labour only": (movement("adjustment", labour("2")), tracked()),
    "a value only": (movement("revaluation", stock("tea", 0, "2")), tracked()),
    "a receipt": (movement("receipt", stock("tea", 3, "9")), tracked()),
    "a shipment": (movement("shipment", stock("tea", -3, "-9"), stock("cup", 0, "-1")), tracked()),
    "a customer's return by documents": (movement("customer_return", stock("tea", 3, "9")), tracked(BY_DOCUMENTS)),
    "a supplier's return by documents": (movement("supplier_return", stock("tea", -3, "-9")), tracked(BY_DOCUMENTS)),
    "a customer's return": (movement("customer_return", stock("tea", 3, "9"), memo="torn"), tracked()),
    "a supplier's return": (movement("supplier_return", stock("tea", -3, "-9")), tracked(MOVED)),
    "a receipt of less than nothing": (movement("receipt", stock("tea", -3, "-9")), tracked(MOVED)),
    "goods and a service": (
        movement("write_off", stock("fit", -1, "-1"), stock("tea", -3, "-9"), stock("cup", "-1.5", "-2"), labour("2"),
                 account="spoiled", number="N" * 30),
        tracked(),
    ),
    "a hint that is another role's": (movement("customer_return", stock("tea", 3, "9"), account="spoiled"), tracked()),
    "against several accounts": (
        movement("stock_count", stock("tea", 1, "2"), stock("cup", -4, "-8"), stock("tea", 2, "4", "west"),
                 stock("set", 1, "1"), stock("set", -1, "-1", "west")),
        tracked(overrides={("inventory_adjustment", "product", "cup"): "56",
                           ("inventory_adjustment", "product", "set"): "52"}),
    ),
    "by location": (
        movement("stock_count", stock("tea", 1, "2", "west")),
        tracked(overrides={("inventory_adjustment", "location", "west"): "56"}),
    ),
    "numbered by QBO": (
        movement("stock_count", stock("tea", 1, "2")),
        tracked({"numbered_by_quickbooks": ("InventoryAdjustment",)}),
    ),
    "between locations": (movement("transfer", stock("tea", -2, "-4"), stock("tea", 2, "4", "west")), tracked()),
    "an assembly": (movement("assembly", stock("tea", -2, "-4"), stock("set", 1, "6"), labour("2")), tracked()),
    "against the inventory account": (movement("adjustment", stock("tea", 1, "2"), account="stock"), tracked()),
    "an unknown product moved": (movement("adjustment", stock("nil", 1, "2")), tracked()),
    "an invoice": (
        document(
            "sales_invoice", item("tea", 4, "2.50", "10", description="Loose", class_="of lines"),
            item("cup", 3, "3.333", "10.01"), item("tea", 3, None, "10"), item("cup", 7, None, "0.01"),
            item("set", 2, "0", "0"), item("tea", -1, "2", "-2"), item("cup", None, None, "1"),
            item("bag", 1, "3", "3"), item("tea", 1, "5", "5", role="drop_shipment"),
            item("tea", "0.00001", None, "1"), item(None, None, None, "4", account="online"),
        ),
        tracked(dimensions=NAMED),
    ),
    "a credit": (document("sales_credit", item("tea", 4, "2.50", "10"), item("tea", 1, "1", "1")), tracked()),
    "a credit that moves the stock": (
        document("sales_credit", item("tea", 4, "2.50", "10"), item("cup", -1, "1", "-1")), tracked(BY_DOCUMENTS),
    ),
    "a negative invoice": (document("sales_invoice", item("tea", -4, "2.50", "-10")), tracked(BY_DOCUMENTS)),
    "a receipt of a sale": (document("sales_receipt", item("tea", 3, None, "10")), tracked()),
    "a quote": (document("quote", item("tea", 3, None, "10"), item("cup", -1, "1", "-1")), tracked()),
    "a quote that is not sent": (document("quote", item("tea", 3, None, "10")), tracked({"quotes": False})),
    "an account that the item does not sell to": (
        document("sales_invoice", item("tea", 1, "5", "5"), item("cup", 1, "5", "5", account="online")), tracked(),
    ),
    "six decimals": (document("sales_invoice", item("tea", "0.000001", "5", "1")), tracked()),
    "a bill": (
        document(
            "bill", item("tea", 4, "2.50", "10", description="Leaf", class_="of lines"), item("cup", 3, None, "10"),
            item("tea", 7, None, "0.01"), item("set", 1, "0", "0"), item("tea", -1, "2", "-2"),
            item("cup", None, None, "1"), item("tea", 1, "5", "5", role="drop_shipment"),
            item("fit", 1, "7", "7", class_="of lines"), item("bag", 1, "0", "0"),
            item(None, None, None, "0.30", account="freight"), location_id="west",
        ),
        tracked(dimensions=NAMED, overrides={("inventory", "location", "west"): "83"}),
    ),
    "a bill with tax elsewhere": (
        document("bill", item("tea", 4, "2.50", "10", tax_code="S", tax_amount=D(2)), total_amount=D("12.01")),
        tracked({"tax_regime": "global"}, tax_codes={"": "5", "S": "7"}),
    ),
    "a bill of free goods": (document("bill", item("tea", 2, "0", "0")), tracked()),
    "a bill of nothing": (document("bill", item("tea", None, "0", "0")), tracked()),
    "a bill of long words": (document("bill", item("tea", 1, "1", "1", description="w" * 4100)), tracked()),
    "a bill of another currency": (
        document("bill", item("tea", 4, "2.50", "10"), party_id="8", currency="EUR", exchange_rate=D("1.25")),
        tracked({"multicurrency": True}),
    ),
    "a supplier's credit": (document("purchase_credit", item("tea", 3, "5", "15")), tracked(MOVED)),
    "a supplier's credit that moves the stock": (
        document("purchase_credit", item("tea", 3, "5", "15"), item("cup", -1, "5", "-5")), tracked(BY_DOCUMENTS),
    ),
    "an order": (document("purchase_order", item("tea", 3, "5", "15"), item("cup", -1, "5", "-5")), tracked()),
    "an expense on the inventory account": (
        document("bill", item("tea", 1, "5", "5"), item(None, None, None, "5", account="stock")), tracked(),
    ),
    "a bill of an item whose account is another's now": (
        document("bill", item("tea", 1, "5", "5")),
        tracked(lists=tracked(roles=ROLES | {"inventory": "88"}, chart=ACCOUNTS | {
            "88": AccountRef(id="88", name="Older stock", type="Other Current Asset", currency="USD")
        })),
    ),
    "a sale of an item that sells to another account now": (
        document("sales_invoice", item("tea", 1, "5", "5")), tracked(lists=tracked(roles=ROLES | {"sales": "41"})),
    ),
}  # fmt: skip
