"""Stock movements whose outcome is written down whole: by name, the record and the books."""

from __future__ import annotations

from dataclasses import replace

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.company import (
    ACCOUNTS,
    ROLES,
    labour,
    movement,
    stock,
)
from qbo_pipeline_tests.accounting.outcomes.company import (
    DIMENSIONS,
    EURO,
    NAMED,
    stored,
)

MOVEMENTS: dict[str, tuple[Record, Books]] = {
    kind: (
        movement(kind, stock("tea", sign * 3, f"{sign * 10}"), party_id="9" if "suppl" in kind else "7",
                 memo="by hand"),
        stored(overrides=DIMENSIONS),
    )
    for kind, sign in {
        "receipt": 1, "shipment": -1, "customer_return": 1, "supplier_return": -1, "adjustment": -1, "write_off": -1,
        "stock_count": 1, "revaluation": 1, "landed_cost": 1, "opening": 1,
    }.items()
}  # fmt: skip
MOVEMENTS |= {
    "an assembly with labour": (
        movement("assembly", stock("tea", -1, "-10"), stock("cup", -2, "-4", "west"), stock("set", 1, "16"),
                 labour("2")),
        stored(overrides=DIMENSIONS),
    ),
    "an assembly five cents off": (
        movement("assembly", stock("tea", -1, "-10"), stock("set", 1, "12.05"), labour("2")), stored(),
    ),
    "an assembly six cents off": (
        movement("assembly", stock("tea", -1, "-10"), stock("set", 1, "12.06"), labour("2"), account="spoiled"),
        stored(),
    ),
    "a disassembly": (
        movement("disassembly", stock("set", -1, "-12"), stock("tea", 1, "10"), labour("-2"), account="freight"),
        stored(),
    ),
    "a transfer between accounts": (
        movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "5", "west")), stored(overrides=DIMENSIONS),
    ),
    "a transfer inside one": (movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "5", "west")), stored()),
    "a transfer that loses value": (
        movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "4", "west"), account="spoiled"), stored(),
    ),
    "a hint": (movement("write_off", stock("tea", -1, "-5"), account="spoiled"), stored()),
    "labour of a receipt": (movement("receipt", stock("tea", 1, "5"), labour("2"), account="spoiled"), stored()),
    "a receipt in another currency": (movement("receipt", stock("tea", 3, "10.01"), stock("cup", 1, "0.01"), **EURO),
                                      stored()),
    "cents that rounding leaves": (
        movement("receipt", stock("tea", 1, "0.005"), stock("cup", 1, "0.005", "west")),
        stored(overrides={("inventory", "location", "west"): "83"}),
    ),
    "more cents than rounding explains": (
        movement("shipment", *[stock("tea", -1, "-0.005", f"l{n}") for n in range(12)]),
        stored(
            chart=ACCOUNTS | {f"9{n}": AccountRef(id=f"9{n}", name=f"Stock {n}", type="Other Current Asset",
                                                  currency="USD") for n in range(12)},
            overrides={("inventory", "location", f"l{n}"): f"9{n}" for n in range(12)},
        ),
    ),
    "numbered by QBO": (
        movement("shipment", stock("tea", -1, "-5")), stored(policies={"numbered_by_quickbooks": ("JournalEntry",)}),
    ),
    "five goods without a cost": (movement("shipment", *[stock("tea", -1, "0") for _ in range(5)]), stored()),
    "the account of a supplier": (
        movement("supplier_return", stock("tea", -1, "-5"), party_id="9"),
        stored(overrides={("purchase_price_variance", "party", "supplier:9"): "56"}),
    ),
    "the account of a carrier": (
        movement("landed_cost", stock("tea", 0, "5"), party_id="9"),
        stored(overrides={("landed_cost", "party", "supplier:9"): "33"}),
    ),
    "the account of a customer whose goods are lost on the way": (
        movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "4", "west"), party_id="7"),
        stored(overrides={("inventory_adjustment", "party", "customer:7"): "56"}),
    ),
    "labour by location, class and department": (
        movement(
            "assembly", stock("tea", -1, "-10"), stock("set", 1, "12"),
            replace(labour("2"), location_id="east", class_="of lines", department="web"), class_="east",
        ),
        stored(dimensions=NAMED, overrides={("labour_absorbed", "location", "east"): "61"}),
    ),
    "labour of a receipt by location, class and department": (
        movement(
            "receipt", stock("tea", 1, "5"),
            replace(labour("2"), location_id="east", class_="of lines", department="web"), department="shop",
        ),
        stored(dimensions=NAMED, overrides={("goods_received_not_invoiced", "location", "east"): "82"}),
    ),
    "class and department by name": (
        movement("write_off", replace(stock("tea", -1, "-5"), class_="of lines"), stock("cup", -1, "-1"),
                 class_="east", department="shop"),
        stored(dimensions=NAMED, overrides=DIMENSIONS),
    ),
    "no account for cents that rounding leaves": (
        movement("receipt", stock("tea", 1, "0.005"), stock("cup", 1, "0.005", "west")),
        stored(overrides={("inventory", "location", "west"): "83"},
               roles={k: v for k, v in ROLES.items() if k != "rounding"}),
    ),
    "labour of a service": (movement("assembly", replace(labour("2"), product_id="fit")), stored()),
    "labour by customer": (
        movement("assembly", stock("set", 1, "2"), labour("2"), party_id="7"),
        stored(overrides={("labour_absorbed", "party", "customer:7"): "61"}),
    ),
    "labour of an adjustment": (
        movement("adjustment", stock("tea", 1, "5"), labour("2"), account="spoiled", class_="east"),
        stored(dimensions=NAMED),
    ),
    "no account for labour": (
        movement("adjustment", labour("2")), stored(roles={k: v for k, v in ROLES.items() if k != "labour_absorbed"}),
    ),
    "no account against labour": (
        movement("adjustment", labour("2")),
        stored(roles={k: v for k, v in ROLES.items() if k != "inventory_adjustment"}),
    ),
    "goods without a cost that somebody let go": (
        movement("shipment", stock("tea", -1, "0"), stock("cup", -1, "-1")),
        stored(cost_approved=lambda movement_id: movement_id == "shipment"),
    ),
    "no account for what a transfer loses": (
        movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "4", "west")),
        stored(roles={k: v for k, v in ROLES.items() if k != "inventory_adjustment"}),
    ),
    "the class of what a transfer loses": (
        movement("transfer", stock("tea", -1, "-5"), stock("tea", 1, "4", "west"), class_="east"),
        stored(dimensions=NAMED),
    ),
    "services beside goods": (movement("shipment", stock("tea", -1, "-5"), stock("fit", -1, "-1")), stored()),
    "services only": (movement("shipment", stock("fit", -1, "-1")), stored()),
    "voided": (movement("shipment", stock("tea", -1, "-5"), status="voided"), stored()),
    "not accrued": (movement("receipt", stock("tea", 1, "5")), stored(policies={"accrue_receipts": False})),
    "nothing moved": (movement("adjustment", stock("tea", 0, "0")), stored()),
    "goods without a cost": (movement("shipment", stock("tea", -1, "0"), stock("cup", -1, "-1")), stored()),
    "many goods without a cost": (movement("shipment", *[stock("tea", -1, "0") for _ in range(7)]), stored()),
    "goods that cost nothing, by policy": (
        movement("shipment", stock("tea", -1, "0"), stock("cup", -1, "-1")), stored(policies={"zero_cost": "post"}),
    ),
    "both sides on stock": (
        movement("write_off", stock("tea", -1, "-5"), account="stock"), stored(),
    ),
    "an account that needs a name": (movement("write_off", stock("tea", -1, "-5")),
                                     stored(roles=ROLES | {"write_off": "20"})),
    "an unknown product": (movement("shipment", stock("nil", -1, "-5")), stored()),
    "no rate": (movement("receipt", stock("tea", 3, "10"), currency="EUR"), stored()),
}  # fmt: skip
