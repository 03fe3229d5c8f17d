"""Payments of the source that came out of QuickBooks: they are not posted there a second time.

What belongs here: what is known of a payment record by what was written back. The inventory system says as what it
took an entry (`taken_as`), in the transaction in which it books it; a record that looks like an entry about which
nothing was said yet is held, never taken for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.drafts import Excluded, Outcome, Refused
from qbo_pipeline.inventory.records import Payment, Record
from qbo_pipeline.pipeline.carrying_markers import carrying_markers
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import links
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline.store.write_backs import newest, perhaps_taken, taken

MADE_THERE, CHANGED_HERE, PERHAPS_THERE = "made_in_quickbooks", "changed_in_source", "may_be_from_quickbooks"
INBOX_NOT_ASKED = "inbox_not_asked"
NOT_ASKED = "write_back not asked"  # the watermark that stands while the inbox could not be asked
_COMPARED = ("status", "business_date", "party_id", "currency", "amount")


def came_from_quickbooks(connection: Connection, settings: Settings, records: Sequence[Record]) -> dict[str, Outcome]:
    """By record key, what becomes of the payments among these that came from QuickBooks, or may have.

    What was written back once counts whatever the settings say by now. What is posted already is left to its posting:
    that the same money stands twice is told by `write_back_standing`.
    """
    payments = {f"payment/{record.payment_id}": record for record in records if isinstance(record, Payment)}
    if not payments:
        return {}
    posted = links(connection, settings.connection.name, payments)
    payments = {key: record for key, record in payments.items() if key not in posted}
    if not payments:
        return {}
    name = settings.connection.name
    by_id = taken(connection, name, [record.payment_id for record in payments.values()])
    open_entries = perhaps_taken(connection, name, sorted({record.party_id for record in payments.values()}))
    last = newest(connection, name, sorted({entry["key"] for entries in by_id.values() for entry in entries}))
    not_asked = _kinds_not_asked(connection, settings)
    found = carrying_markers(connection, settings, payments.values(), MADE_THERE, CHANGED_HERE)
    for key, record in payments.items():
        if key in found:
            continue
        entries = [entry for entry in by_id.get(record.payment_id, ()) if entry["kind"] == record.kind]
        if entries:
            found[key] = _of_taken(record, entries[-1], last[entries[-1]["key"]])
        elif record.kind in not_asked:
            found[key] = Refused(
                reason=INBOX_NOT_ASKED,
                message="the inbox of the inventory system could not be asked whether this payment came from there: it "
                "goes once the inbox answers",
                field="taken_as",
            )
        elif entry := next((entry for entry in open_entries if _alike(record, entry)), None):
            found[key] = Refused(
                reason=PERHAPS_THERE,
                message=f"{entry['key']} of the same party and amount lies in the inbox of the inventory system, and "
                "nothing says there as what it was taken: write taken_as there; where this is another payment, skip "
                "that entry with `qbo-pipeline write-back skip`",
                field="taken_as",
            )
    return found


def _kinds_not_asked(connection: Connection, settings: Settings) -> set[str]:
    """The kinds of which nobody knows now whether the inventory system took them from its inbox."""
    query = select(watermarks.c.name).where(
        watermarks.c.connection == settings.connection.name, watermarks.c.name == NOT_ASKED
    )
    if connection.execute(query).first() is None:
        return set()
    made_there = settings.ownership.made_in_quickbooks()
    return {kind for kind, owned_as in OWNED_AS.items() if owned_as in made_there}


def _of_taken(record: Payment, took: RowMapping, last: RowMapping) -> Outcome:
    """What becomes of a payment that the inventory system made of an entry; `last` is the newest there is of it."""
    where = f"{last['key']} in QuickBooks"
    if not _changes(record, took) or not _changes(record, last):
        return Excluded(rule=MADE_THERE, message=f"It is {where}, from where it came")
    if last["operation"] == "void":
        why = f"{where} is voided or deleted, and the inventory system still counts it: take the newest entry there"
        return Refused(reason=CHANGED_HERE, message=why, field="status")
    changes = _changes(record, last)
    now = ", ".join(f"{name} {there} there and {here} here" for name, (there, here) in changes.items())
    why = f"It came from {where} and differs now: {now}. Take the newest entry, or change it in QuickBooks"
    return Refused(reason=CHANGED_HERE, message=why, field=next(iter(changes)))


def _changes(record: Payment, entry: RowMapping) -> dict[str, tuple[str, str]]:
    """By field, what the entry says and what the record says, where they differ."""
    there, here = orjson.loads(entry["payload"]), record.to_content()
    return {name: (there[name], here[name]) for name in _COMPARED if there[name] != here[name]}


def _alike(record: Payment, entry: Any) -> bool:
    return (record.kind, record.party_id, record.currency, record.amount) == (
        entry["kind"], entry["party_id"], entry["currency"], entry["amount"]
    )  # fmt: skip
