"""What Unleashed's API can do with entries of each kind.

What belongs here: the table. By which requests is in `writing.py`.
"""

from __future__ import annotations

from qbo_pipeline.inventory.records import PRODUCT_KINDS
from qbo_pipeline.returning.abilities import KindAbility, by_kind

_GUID = "a guid that follows from our marker [?]; what it had, by its own"

LISTS = by_kind(
    *(
        KindAbility(
            kind=kind,
            found_by=_GUID,
            idempotent=True,
            afterwards="name, e-mail, telephone, postal address, active",
            left_out="of which customer it is a part; its currency, where it is made",
        )
        for kind in ("customer", "supplier")
    ),
    *(
        KindAbility(
            kind=kind,
            found_by=_GUID,
            idempotent=True,
            afterwards="number, name, active",
            left_out="how many there are at first; its category; its least quantity",
        )
        for kind in PRODUCT_KINDS
    ),
)
