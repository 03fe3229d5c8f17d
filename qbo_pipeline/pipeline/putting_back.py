"""Putting back: what a person changed or deleted in QuickBooks stands there again as it was posted.

What belongs here: the order about one posting; sending it is the ordinary load's. `corrections` orders it for a
difference, `page` for what waits.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.drafts import Draft, Effect
from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting import decisions
from qbo_pipeline.posting.asking import IntakePolicy, Intent, Share
from qbo_pipeline.posting.identity import MARKER
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.posting.states import State
from qbo_pipeline.quickbooks.errors import NotFound
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.postings import Posting, links, whole
from qbo_pipeline.store.shares import shares
from qbo_pipeline.store.tables.posting import posting_effects, postings

PUT_BACK = (State.DELETED, State.POSTED, State.DRIFTED)


def put_back(run: Run, row: Posting, person: Person) -> None:
    """Order that a posting (its newest revision is `row`, in a state of `PUT_BACK`) stands in QuickBooks again.

    What was deleted there becomes a new object; what was changed gets a new revision with what was posted. Raises
    `NotPossible` where it is gone from QuickBooks unnoticed, or a part of its record was never built.
    """
    if row["state"] == State.DELETED:
        decisions.unlink(run.database, run.name, row["key"], person)
        decisions.retry(run.database, run.name, row["key"], person)
        return
    take_as_it_is(run, row, person)
    _restate(run, row, person)


def take_as_it_is(run: Run, row: Posting, person: Person) -> None:
    """Take the object as a person left it for the base of the next revision, so that this is no conflict."""
    with run.database.reading() as connection:
        link = links(connection, run.name, [row["key"]]).get(row["key"])
    if link is None:
        return
    try:
        thing = run.quickbooks().read(link.entity, link.qbo_id)
    except NotFound:
        raise NotPossible(
            f"{row['key']}: {link.entity} {link.qbo_id} is no longer in QuickBooks; run the pipeline once, so that it "
            "notices, then order again"
        ) from None
    decisions.relink(run.database, run.name, row["key"], thing, person)


def _restate(run: Run, row: Posting, person: Person) -> None:
    """A new revision with the content that was posted, which says for whom: it replaces what a person left there."""
    with run.database.transaction() as connection:
        drafts = []
        for one in _of_record(connection, run.name, row["record_key"]):
            payload = from_wire(one["payload"] or "null")
            if payload is None:
                raise NotPossible(f"{one['key']} of the same record waits and was never built: remove its reason first")
            if one["key"] == row["key"]:
                note = MARKER.sub("", payload.get("PrivateNote") or "").rstrip()
                again = f"posted again as revision {row['revision'] + 1} for {person.who}"
                payload["PrivateNote"] = f"{note}; {again}".removeprefix("; ")
            drafts.append(_draft(connection, one, payload))
        put(
            connection,
            run.name,
            [Intent(row["record_key"], row["record_hash"], drafts, shares=_shares(connection, row))],
            identity=identity_of(connection, run.name, run.settings.quickbooks.realm),
            policy=IntakePolicy(closed_through=StoredBooks(connection, run.settings).closed_through),
            now=run.database.now(connection),
        )


def _shares(connection: Connection, row: Posting) -> list[Share]:
    """The records that a summary stands for; none where the posting is one record's."""
    if not is_summary(row["record_key"]):
        return []
    found = shares(connection, row["connection"], [row["key"]])
    return [
        Share(one["record_key"], one["record_hash"], one["amount"])
        for one in found
        if one["revision"] == row["revision"]
    ]


def _of_record(connection: Connection, name: str, record_key: str) -> list[Posting]:
    mine = (postings.c.connection == name, postings.c.record_key == record_key, postings.c.superseded_by.is_(None))
    query = select(postings).where(*mine, postings.c.state != "superseded").order_by(postings.c.key)
    return [whole(row) for row in connection.execute(query).mappings()]


def _draft(connection: Connection, row: Posting, payload: dict[str, object]) -> Draft:
    columns = posting_effects.c
    query = select(posting_effects).where(
        columns.connection == row["connection"], columns.key == row["key"], columns.revision == row["revision"]
    )
    effects = tuple(
        Effect(
            account_id=effect.account_id,
            amount=effect.amount,
            product_id=effect.product_id,
            location_id=effect.location_id,
            record_key=effect.record_key,
        )
        for effect in connection.execute(query.order_by(columns.line))
    )
    return Draft(
        key=row["key"],
        entity=row["entity"],
        payload=payload,
        business_date=row["business_date"],
        amount=row["amount"],
        currency=row["currency"],
        effects=effects,
    )
