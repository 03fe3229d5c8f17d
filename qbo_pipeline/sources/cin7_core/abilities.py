"""What Cin7 Core's API can do with entries of each kind.

What belongs here: the table. By which requests is in the writers' modules.
"""

from __future__ import annotations

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import KindAbility, by_kind

_PARTY_LEFT_OUT = "of which customer it is a part; its number"


def _payment(kind: str) -> KindAbility:
    return KindAbility(
        kind=kind,
        found_by="our marker in `Reference` of the payments of its documents",
        afterwards="amount, day and account, by their own id; it can be deleted",
        left_out="that several of them are one in QuickBooks",
    )


def _product(kind: str) -> KindAbility:
    return KindAbility(
        kind=kind,
        found_by="our marker in `InternalNote`; what it had, by its own id",
        afterwards="number, name, active",
        asks_for=("Category", "CostingMethod", "UOM"),
        left_out="how many there are at first: adjust them; its minimum by location",
    )


PAYMENTS = by_kind(_payment("payment_received"), _payment("payment_made"))
LISTS = by_kind(
    *(
        KindAbility(
            kind=kind,
            found_by="our marker in `Comments`; what it had, by its own id",
            afterwards="name, e-mail, telephone, address, active",
            left_out=_PARTY_LEFT_OUT,
            asks_for=("TaxRule", "PaymentTerm", *accounts),
        )
        for kind, accounts in (
            ("customer", ("AccountReceivable", "RevenueAccount")),
            ("supplier", ("AccountPayable",)),
        )
    ),
    *(_product(kind) for kind in PRODUCT_KINDS),
)
ADJUSTMENTS = by_kind(
    KindAbility(
        kind="adjustment",
        found_by="our marker in `Reference`, in the list of all stock adjustments",
        afterwards="nothing: it is voided and made anew",
        left_out="what it is worth: Cin7 Core values it",
    )
)

TAKES = {**PAYMENTS, **LISTS, **ADJUSTMENTS}
