"""What a person decides where both sides changed a field: whose value is right, with who and why.

What belongs here: that one decision. Rules for a field are in the settings (`[write_back.conflicts]`).
"""

from __future__ import annotations

from sqlalchemy import update

from qbo_pipeline.pipeline.returning_book import returning_book
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_sided import compare, decide
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.attempts import AttemptLine
from qbo_pipeline.store.evidence import SEEN
from qbo_pipeline.store.postings import links_to
from qbo_pipeline.store.quickbooks_objects import withheld_objects
from qbo_pipeline.store.tables.records import records


def decide_conflict(run: Run, key: str, field: str, take: str, *, who: str, why: str) -> None:
    """Take the value of one side for a field in conflict; the next run carries it to the other.

    Raises `NotPossible` where there is no such conflict.
    """
    if not who.strip() or not why.strip():
        raise NotPossible("say who decides (--who) and why (--why): both are kept")
    if take not in ("source", "quickbooks"):
        raise NotPossible(f'--take is "source" or "quickbooks", not {take!r}')
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        held = {f"{row['entity']}/{row['qbo_id']}": row for row in withheld_objects(connection, run.name)}
        row = held.get(key)
        link = links_to(connection, run.name, row["entity"], [row["qbo_id"]]).get(row["qbo_id"]) if row else None
        if row is None or link is None:
            raise NotPossible(f"{key} is not in conflict: `qbo-pipeline write-back list` shows what is")
        thing = from_wire(row["content"])
        book = returning_book(connection, run.settings, [thing])
        both = compare(connection, run.settings, {link[0].key: (link[0], thing)}, book, now).get(link[0].key)
        if both is None or field not in [conflict.field for conflict in both.merged.conflicts]:
            raise NotPossible(f"{field} of {key} is not in conflict: `qbo-pipeline write-back list` shows what is")
        told = next(str(conflict) for conflict in both.merged.conflicts if conflict.field == field)
        decide(connection, run.name, both, field, "source" if take == "source" else "quickbooks", now)
        record_type, record_id = both.key.split("/", 1)
        r = records.c
        where = (r.connection == run.name, r.record_type == record_type, r.record_id == record_id)
        connection.execute(update(records).where(*where).values(disposition="new"))
        line = AttemptLine(
            key=f"write_back/{key}", revision=0, event="decide", state=SEEN, fence=0, who=who, why=why,
            message=f"{told}: {take}",
        )  # fmt: skip
        attempts.append(connection, run.name, now, [line])
