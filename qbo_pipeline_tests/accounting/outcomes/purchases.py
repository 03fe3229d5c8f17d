"""Purchase documents whose outcome is written down whole: by name, the record and the books."""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.company import (
    ACCOUNTS,
    ROLES,
    document,
    item,
    match,
)
from qbo_pipeline_tests.accounting.outcomes.company import (
    DIMENSIONS,
    DUE,
    EURO,
    EURO_PAYABLES,
    GLOBAL,
    MANY,
    NAMED,
    D,
    matched,
    stored,
)

PURCHASES: dict[str, tuple[Record, Books]] = {
    "a bill with all it can have": (
        matched(
            item("cup", 6, "2.50", "15", location_id="west"), item("bag", 1, "3", "3", description="Bags"),
            item("fit", 1, "4", "4", account="freight"), item(None, None, None, "5"),
            item(None, None, None, "0.30", account="stock"), item("bag", 1, "0", "0"),
            first={"tax_amount": D("1.20")}, reference="R-77", memo="urgent", due_date=DUE, location_id="east",
            matches=(match(1, "receipt", 1, 10), match(2, "receipt", 2, 4)), total_amount=D("88.53"),
        ),
        stored(overrides=DIMENSIONS),
    ),
    "a bill whose reference is its number": (matched(reference="4711"), stored()),
    "a bill beyond what was received": (
        matched(quantity=15, matches=(match(1, "receipt", 1, 15),)),
        stored(policies={"unmatched_bill_lines": "inventory"}),
    ),
    "billed twice": (
        matched(item("tea", 10, "6", "60"), matches=(match(1, "receipt", 1, 10), match(2, "receipt", 1, 10))), stored(),
    ),
    "a line without a product, matched": (
        document("bill", item(None, 5, "6", "30", description="Lot"), matches=(match(1, "bare", 1, 5),)), stored(),
    ),
    "a third of a line matched": (
        document("bill", item("tea", 3, None, "10"), matches=(match(1, "receipt", 2, 1),)),
        stored(policies={"unmatched_bill_lines": "inventory"}),
    ),
    "a line without a quantity, matched": (
        document("bill", item("tea", None, None, "60"), matches=(match(1, "receipt", 1, 10),)), stored(),
    ),
    "a receipt that moved a value alone": (
        document("bill", item("tea", 1, "6", "6"), matches=(match(1, "lump", 1, 1),)), stored(),
    ),
    "a difference by supplier": (
        matched(), stored(overrides={("purchase_price_variance", "party", "supplier:9"): "56"}),
    ),
    "no account for differences": (
        matched(), stored(roles={k: v for k, v in ROLES.items() if k != "purchase_price_variance"}),
    ),
    "a supplier credit matched to a receipt": (
        document("purchase_credit", item("tea", 2, "5", "10"), matches=(match(1, "receipt", 1, 2),)), stored(),
    ),
    "half of a line matched": (matched(matches=(match(1, "receipt", 1, 5),)), stored()),
    "a difference that goes into stock": (matched(), stored(policies={"bill_difference": "inventory"})),
    "matched to what is not there": (matched(matches=(match(1, "gone", 1, 10),)), stored()),
    "receipts that do not accrue": (matched(), stored(policies={"accrue_receipts": False})),
    "a bill elsewhere, with cents left over": (
        matched(first={"tax_amount": D(12), "tax_code": "S"}, total_amount=D("72.03")), stored(**GLOBAL),
    ),
    "a bill without tax elsewhere": (matched(), stored(**GLOBAL)),
    "a bill in another currency": (matched(party_id="8", **EURO), stored(policies=MANY)),
    "no payables named": (matched(), stored(roles={k: v for k, v in ROLES.items() if k != "accounts_payable"})),
    "a negative bill": (document("bill", item("tea", -10, "5", "-50"), item("bag", 1, "2", "2")), stored()),
    "a supplier credit": (
        document(
            "purchase_credit", item("tea", 2, "5", "10"), item("cup", 1, "2", "2"), reference="SC-1", due_date=DUE,
            matches=(match(1, "supplier_return", 1, 2),),
        ),
        stored(),
    ),
    "a supplier credit through goods received": (
        document("purchase_credit", item("tea", 3, "5", "15"), matches=(match(1, "supplier_return", 1, 2),)),
        stored(policies={"supplier_return_clearing": "goods_received_not_invoiced", "bill_difference": "inventory"}),
    ),
    "class and department of an order's and a bill's lines": (
        matched(first={"class_": "of lines", "department": "shop"}, department="web", class_="east"),
        stored(dimensions=NAMED),
    ),
    "tax with a class on the document": (
        document("bill", item("bag", 1, "10", "10", tax_amount=D(2), class_="of lines"), class_="east"),
        stored(dimensions=NAMED),
    ),
    "payables of other suppliers only": (
        matched(), stored(roles={k: v for k, v in ROLES.items() if k != "accounts_payable"},
                          overrides={("accounts_payable", "party", "supplier:8"): "20"}),
    ),
    "payables by location": (
        matched(location_id="east"), stored(overrides={("accounts_payable", "location", "east"): "21"},
                                            chart=ACCOUNTS | {"21": EURO_PAYABLES}),
    ),
    "purchases by location": (
        document("bill", item("bag", 1, "5", "5", location_id="east")),
        stored(overrides={("purchases", "location", "east"): "61"}),
    ),
    "the class of the document on what is matched": (matched(class_="east"), stored(dimensions=NAMED)),
    "labour that was received": (
        document("bill", item(None, 1, "2", "2"), matches=(match(1, "laboured", 2, 1),)), stored(),
    ),
    "accounts of a supplier": (
        document("bill", item("bag", 1, "5", "5", tax_amount=D("0.50"))),
        stored(
            overrides={("purchases", "party", "supplier:9"): "61", ("input_tax", "party", "supplier:9"): "56",
                       ("accounts_payable", "party", "supplier:9"): "21"},
            chart=ACCOUNTS | {"21": EURO_PAYABLES},
        ),
    ),
    "an order": (
        document(
            "purchase_order", item("tea", 10, "5", "50", description="Leaf"), item("bag", 3, "1", "3.333"),
            due_date=DUE, location_id="east", memo="by sea",
        ),
        stored(policies={"purchase_orders": True}, overrides=DIMENSIONS),
    ),
    "an order with tax": (
        document("purchase_order", item("tea", 10, "5", "50", tax_amount=D(4))),
        stored(policies={"purchase_orders": True}),
    ),
    "no tax code for the cents left over": (
        matched(first={"tax_code": "S"}, total_amount=D("60.01")),
        stored(policies={"tax_regime": "global"}, tax_codes={"S": "7"}),
    ),
    "a negative order elsewhere": (
        document("purchase_order", item("tea", -10, "5", "-50", tax_code="S", tax_amount=D(-10))),
        stored(policies={"purchase_orders": True, "tax_regime": "global"}, tax_codes={"S": "7"}),
    ),
    "an order that is not sent": (document("purchase_order", item("tea", 10, "5", "50")), stored()),
    "a bill of nothing": (document("bill", item("tea", 1, "0", "0")), stored()),
    "a matched bill of nothing that nothing has accrued": (
        document("bill", item("tea", 1, "0", "0"), matches=(match(1, "gone", 1, 1),)), stored(),
    ),
    "an unknown supplier": (matched(party_id="404"), stored()),
    "no input tax account": (
        matched(first={"tax_amount": D("1.20")}), stored(roles={k: v for k, v in ROLES.items() if k != "input_tax"}),
    ),
    "no rounding account": (
        matched(total_amount=D("60.01")), stored(roles={k: v for k, v in ROLES.items() if k != "rounding"}),
    ),
    "cents left over on a stock account": (matched(total_amount=D("60.01")), stored(roles=ROLES | {"rounding": "81"})),
    "an account that the chart has not": (matched(), stored(roles=ROLES | {"purchase_price_variance": "999"})),
    "a hint that is not mapped": (document("bill", item("bag", 1, "5", "5", account="misc")), stored()),
    "no account for a role": (
        document("bill", item("bag", 1, "5", "5")), stored(roles={k: v for k, v in ROLES.items() if k != "purchases"}),
    ),
}  # fmt: skip
