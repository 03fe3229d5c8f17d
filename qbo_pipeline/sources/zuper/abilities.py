"""What Zuper's API can do with entries of each kind.

What belongs here: the table. By which requests is in the writers' modules.
"""

from __future__ import annotations

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import CHANGE, MAKE, TAKE_OUT, KindAbility, by_kind

NOT_CHANGED = (
    "Zuper's API cannot change or void a payment: do so with the payment whose reference has [qp:{marker}] there, then "
    "`qbo-pipeline write-back retry`"
)
_NOT_OURS = (
    "of an invoice Zuper is told the state alone: enter it there by hand, then `qbo-pipeline write-back skip` it"
)

PRODUCTS = by_kind(
    *(
        KindAbility(
            kind=kind,
            found_by="our marker among its custom fields (`meta_data`); what it had, by its own uid",
            afterwards="number, name, active",
            asks_for=("product_category",),
        )
        for kind in PRODUCT_KINDS
    )
)
QUANTITIES = by_kind(
    KindAbility(
        kind="adjustment",
        found_by="our marker in the `remarks` of stock transactions",
        afterwards="nothing: what is another is made up by a transaction of the difference",
        left_out="its account and what it is worth; its day: Zuper dates it itself",
    )
)
STATES = by_kind(
    KindAbility(
        kind="payment_received",
        found_by="our marker in `reference_no` of the invoice's payments",
        cannot=dict.fromkeys((CHANGE, TAKE_OUT), NOT_CHANGED),
        afterwards="nothing",
        left_out="that several of them are one in QuickBooks",
    ),
    KindAbility(
        kind="sales_invoice",
        found_by="its state",
        cannot={MAKE: _NOT_OURS, CHANGE: _NOT_OURS},
        idempotent=True,
        afterwards="its state",
        left_out="everything but that it was voided or deleted",
    ),
)

TAKES = {**PRODUCTS, **QUANTITIES, **STATES}
