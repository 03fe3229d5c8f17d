"""What the inbox of the HTTP contract can do with entries of each kind: everything, and it tells revisions.

What belongs here: the table. By which requests is in `writing.py`.
"""

from __future__ import annotations

from qbo_pipeline.returning.abilities import KindAbility, by_kind
from qbo_pipeline.returning.rules import OWNED_AS

TAKES = by_kind(
    *(
        KindAbility(
            kind=kind,
            found_by="our marker and the revision, in `GET /inbox`",
            idempotent=True,
            versions=True,
            afterwards="all of it, as a further revision",
        )
        for kind in (*OWNED_AS, "attachment")
    )
)
