"""Two documents under one number: both are kept, and by policy the later one waits for a person.

A purchase document's number is the supplier's own where the source has it, and one supplier uses it once; a sales
document's is the source's, and the connection uses it once. Numbers are compared within one kind. The later document
is the one that was seen later; what is voided or gone holds no number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.store.derived import NUMBER
from qbo_pipeline.store.postings import approved_under, chunks
from qbo_pipeline.store.tables.records import record_references, records

CONFLICT = "conflict"
Policy = Literal["hold_bills", "hold", "post"]
HELD_KINDS: dict[Policy, tuple[str, ...]] = {
    "hold_bills": ("bill", "purchase_credit"),
    "hold": ("bill", "purchase_credit", "sales_invoice", "sales_credit", "sales_receipt", "sales_refund"),
    "post": (),
}


def conflicts(connection: Connection, name: str, keys: Sequence[str], policy: Policy) -> dict[str, Refused]:
    """Which of these records wait because an earlier one has their number, by key.

    One query for each 500 of them, and two more where a number is there twice.
    """
    twice: dict[str, list[str]] = defaultdict(list)
    for part in chunks([key for key in keys if key.startswith("document/")] if HELD_KINDS[policy] else []):
        mine = select(record_references.c.refers_to).where(
            record_references.c.connection == name,
            record_references.c.record_key.in_(part),
            record_references.c.refers_to.startswith(NUMBER, autoescape=True),
        )
        query = select(record_references.c.record_key, record_references.c.refers_to).where(
            record_references.c.connection == name, record_references.c.refers_to.in_(mine)
        )
        for row in connection.execute(query):
            if row.record_key not in twice[row.refers_to]:
                twice[row.refers_to].append(row.record_key)
    groups = [found for found in twice.values() if len(found) > 1]
    if not groups:
        return {}
    rows = _documents(connection, name, [key for group in groups for key in group])
    due = set(keys)
    found: dict[str, Refused] = {}
    for group in groups:
        first, *later = sorted((rows[key] for key in group if key in rows), key=_order)
        for row in later:
            key = f"document/{row.record_id}"
            if key in due and row.kind in HELD_KINDS[policy]:
                found[key] = _refused(row, first)
    return {key: found[key] for key in found.keys() - approved_under(connection, name, sorted(found), CONFLICT)}


def _documents(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, Any]:
    columns = (
        records.c.record_id, records.c.kind, records.c.number, records.c.business_date, records.c.amount,
        records.c.currency, records.c.first_seen,
    )  # fmt: skip
    found: dict[str, Any] = {}
    for part in chunks([key.removeprefix("document/") for key in keys]):
        query = select(*columns).where(
            records.c.connection == name, records.c.record_type == "document", records.c.record_id.in_(part)
        )
        found |= {f"document/{row.record_id}": row for row in connection.execute(query)}
    return found


def _order(row: Any) -> tuple[Any, ...]:
    return (row.first_seen, row.business_date, row.record_id)


def _refused(row: Any, first: Any) -> Refused:
    kind = row.kind.replace("_", " ")
    amount = "the same amount" if row.amount == first.amount else f"{row.amount:,.2f} here"
    return Refused(
        reason=CONFLICT,
        message=f"the {kind} document/{first.record_id} of {first.business_date} over {first.amount:,.2f} "
        f"{first.currency} has the same number ({amount}): correct or void one of them in the inventory system, or "
        "approve this one to post both, or skip it",
        field="number",
    )
