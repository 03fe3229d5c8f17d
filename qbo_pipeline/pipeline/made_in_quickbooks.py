"""Records of the source that came out of QuickBooks: they are not posted there a second time.

What belongs here: what is known of a record by what was written back. The inventory system says as what it
took an entry (`taken_as`), in the transaction in which it books it; a record that looks like an entry about which
nothing was said yet is held, never taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.drafts import Excluded, Outcome, Refused
from qbo_pipeline.inventory.records import (
    PRODUCT_KINDS,
    Document,
    JsonObject,
    Party,
    Payment,
    Product,
    Record,
    record_key,
    record_type,
)
from qbo_pipeline.pipeline.carrying_markers import carrying_markers
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.postings import links
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline.store.write_backs import newest, perhaps_made, perhaps_taken, source_id, taken

MADE_THERE, CHANGED_HERE, PERHAPS_THERE = "made_in_quickbooks", "changed_in_source", "may_be_from_quickbooks"
INBOX_NOT_ASKED, VOIDED_HERE = "inbox_not_asked", "voided_here"
WRITTEN_BACK = "write_back"  # who made the link of a record to the object that it came from
NOT_ASKED = "write_back not asked"  # the watermark that stands while the inbox could not be asked
# What must be the same on both sides, by record type; of contacts each field is compared (`two_sided.py`).
_COMPARED = {
    "payment": ("status", "business_date", "party_id", "currency", "amount"),
    "movement": ("status", "business_date"),
    "document": ("status", "business_date", "party_id", "currency", "total_amount"),
}


def came_from_quickbooks(connection: Connection, settings: Settings, records: Sequence[Record]) -> dict[str, Outcome]:
    """By record key, what becomes of those among these that came from QuickBooks, or may have.

    What was written back once counts whatever the settings say by now. What is posted already is left to its posting:
    that the same thing stands twice is told by `write_back_standing`.
    """
    ours = {record_key(record): record for record in records if record.kind in OWNED_AS}
    if not ours:
        return {}
    name = settings.connection.name
    posted = links(connection, name, ours)
    ours = {key: record for key, record in ours.items() if key not in posted or posted[key].linked_by == WRITTEN_BACK}
    by_id = taken(connection, name, sorted({source_id(*key.split("/", 1)) for key in ours}))
    open_entries = _open_entries(connection, name, list(ours.values()))
    last = newest(connection, name, sorted({entry["key"] for entries in by_id.values() for entry in entries}))
    not_asked = _kinds_not_asked(connection, settings)
    found = carrying_markers(connection, settings, ours.values(), MADE_THERE, CHANGED_HERE)
    for key, record in ours.items():
        if key in found:
            continue
        own = by_id.get(source_id(*key.split("/", 1)), ())
        # What is a service in QuickBooks may be a product without stock there.
        entries = [entry for entry in own if OWNED_AS.get(entry["kind"]) == OWNED_AS[record.kind]]
        if entries:
            by_both = getattr(settings.ownership, OWNED_AS[record.kind]) == "both"
            found[key] = _of_taken(record, entries[-1], last[entries[-1]["key"]], by_both=by_both)
        elif record.kind in not_asked:
            found[key] = Refused(
                reason=INBOX_NOT_ASKED,
                message=f"the inbox of the inventory system could not be asked whether this {_word(record)} came from "
                "there: it goes once the inbox answers",
                field="taken_as",
            )
        elif entry := next((entry for entry in open_entries if _alike(record, entry)), None):
            what = "name" if isinstance(record, Party | Product) else "party and amount"
            found[key] = Refused(
                reason=PERHAPS_THERE,
                message=f"{entry['key']} of the same {what} lies in the inbox of the inventory system, and nothing "
                f"says there as what it was taken: write taken_as there; where this is another {_word(record)}, "
                "skip that entry with `qbo-pipeline write-back skip`",
                field="taken_as",
            )
    return found


def _open_entries(connection: Connection, name: str, records: Sequence[Record]) -> list[RowMapping]:
    """What lies in the inbox without an answer and may be one of these."""
    parties = sorted({record.party_id for record in records if isinstance(record, Payment | Document)})
    kinds = {record.kind for record in records if isinstance(record, Party)}
    kinds |= set(PRODUCT_KINDS) if any(isinstance(record, Product) for record in records) else set()
    return perhaps_taken(connection, name, parties) + perhaps_made(connection, name, sorted(kinds))


def _word(record: Record) -> str:
    return record_type(record) if not isinstance(record, Party) else record.kind


def _kinds_not_asked(connection: Connection, settings: Settings) -> set[str]:
    """The kinds of which nobody knows now whether the inventory system took them from its inbox."""
    query = select(watermarks.c.name).where(
        watermarks.c.connection == settings.connection.name, watermarks.c.name == NOT_ASKED
    )
    if connection.execute(query).first() is None:
        return set()
    made_there = settings.ownership.made_in_quickbooks()
    return {kind for kind, owned_as in OWNED_AS.items() if owned_as in made_there}


def _of_taken(record: Record, took: RowMapping, last: RowMapping, *, by_both: bool) -> Outcome:
    """What becomes of a record that the inventory system made of an entry; `last` is the newest there is of it."""
    where = f"{last['key']} in QuickBooks"
    if isinstance(record, Document) and record.status == "voided" and last["operation"] != "void" and by_both:
        return Excluded(rule=VOIDED_HERE, message=f"It is {where}, and was voided in the inventory system")
    both_out = last["operation"] == "void" and getattr(record, "status", None) == "voided"  # whatever amount is left
    if both_out or not changes_of(record, took) or not changes_of(record, last):
        return Excluded(rule=MADE_THERE, message=f"It is {where}, from where it came")
    if last["operation"] == "void":
        why = f"{where} is voided or deleted, and the inventory system still counts it: take the newest entry there"
        return Refused(reason=CHANGED_HERE, message=why, field="status")
    changes = changes_of(record, last)
    why = (
        f"It came from {where} and differs now: {in_words(changes)}. Take the newest entry, or change it in QuickBooks"
    )
    return Refused(reason=CHANGED_HERE, message=why, field=next(iter(changes)))


def changes_of(record: Record, entry: RowMapping) -> dict[str, tuple[str, str]]:
    """By field, what the entry says and what the record says, where they differ.

    What a payment settles counts where the inventory system tells anything of it.
    """
    there, here = orjson.loads(entry["payload"]), record.to_content()
    compared = _COMPARED.get(record_type(record), ())
    found = {name: (there[name], here[name]) for name in compared if there.get(name) != here.get(name)}
    if isinstance(record, Payment) and record.allocations and _settled(there) != _settled(here):
        found["settles"] = (_shown(_settled(there)), _shown(_settled(here)))
    return found


def in_words(changes: Mapping[str, tuple[str, str]]) -> str:
    """Fields with what either side says of them."""
    return ", ".join(f"{name} {there} there and {here} here" for name, (there, here) in changes.items())


def _settled(content: JsonObject) -> dict[str, Decimal]:
    """By document, how much of it a payment settles."""
    found: dict[str, Decimal] = {}
    for one in content.get("allocations", ()):
        found[one["document_id"]] = found.get(one["document_id"], Decimal(0)) + Decimal(one["amount"])
    return {document: amount for document, amount in found.items() if amount}


def _shown(settled: Mapping[str, Decimal]) -> str:
    return " and ".join(f"{settled[document]} of {document}" for document in sorted(settled)) or "nothing"


def _alike(record: Record, entry: Any) -> bool:
    if isinstance(record, Party | Product):
        called = (record.number or record.name) if isinstance(record, Product) else record.name
        return bool(
            OWNED_AS[record.kind] == OWNED_AS.get(entry["kind"]) and called.casefold() == entry["number"].casefold()
        )
    if not isinstance(record, Payment | Document):
        return False
    amount = record.amount if isinstance(record, Payment) else record.total_amount
    return (record.kind, record.party_id, record.currency, amount) == (
        entry["kind"], entry["party_id"], entry["currency"], entry["amount"]
    )  # fmt: skip
