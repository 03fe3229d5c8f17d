"""What Syncro's API can do with entries of each kind.

What belongs here: the table. By which requests is in the writers' modules.
"""

from __future__ import annotations

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import CHANGE, TAKE_OUT, KindAbility, by_kind

NOT_CHANGED = (
    "Syncro's API cannot change or delete a payment: change the payment whose reference has [qp:{marker}] there by "
    "hand, or delete it, then `qbo-pipeline write-back retry`"
)

PAYMENTS = by_kind(
    KindAbility(
        kind="payment_received",
        found_by="our marker in `ref_num`",
        cannot=dict.fromkeys((CHANGE, TAKE_OUT), NOT_CHANGED),
        afterwards="nothing",
        left_out="its day: Syncro dates it itself",
    )
)
PARTIES = by_kind(
    *(
        KindAbility(
            kind=kind,
            found_by="our marker in `notes` [?]; what it had, by its own id",
            cannot={TAKE_OUT: f"Syncro's API has no way to take out a {kind}: disable it there by hand"},
            afterwards="name, e-mail, telephone, address",
            left_out="its country; of which customer it is a part",
        )
        for kind in ("customer", "supplier")
    )
)
PRODUCTS = by_kind(
    *(
        KindAbility(
            kind=kind,
            found_by="our marker in `notes` [?]; what it had, by its own id",
            afterwards="number, name, active",
        )
        for kind in PRODUCT_KINDS
    )
)
_BY_HAND = "do it there by hand, then `qbo-pipeline write-back retry`"
RECEIPTS = by_kind(
    KindAbility(
        kind="bill",
        found_by="that the lines of its purchase order are received",
        cannot={
            CHANGE: f"Syncro's API changes no bill: {_BY_HAND}",
            TAKE_OUT: f"Syncro's API takes back no receipt of a purchase order: {_BY_HAND}",
        },
        afterwards="nothing",
        left_out="prices, day and number of the bill: of it Syncro is told that the goods of its order have come",
    )
)

TAKES = {**PAYMENTS, **PARTIES, **PRODUCTS, **RECEIPTS}
