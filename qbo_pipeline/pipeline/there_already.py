"""Whether what would be posted stands in QuickBooks already, as where a vendor's own integration worked until now.

What belongs here: preflight's look at it, by few signs. Which of them is which, and linking them, is
`linking_documents.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.pipeline.binding import has_posted
from qbo_pipeline.pipeline.linking_documents import ENTITIES, amount_of, number_of, of_others
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.events import CREATE, READY
from qbo_pipeline.store.tables.posting import postings

_P = postings.c
Signs = tuple[str, str | date, Decimal]
"""Entity, number in lower case and amount; the day in the number's place where QuickBooks gives the number itself."""


def there_already(run: Run, ahead: Sequence[Draft]) -> Iterator[PreflightFinding]:
    """What of the transactions ahead, and of those that wait to be sent, is there by its signs; nothing once anything
    was sent.

    A metered read for each kind of transaction, and for each further 1,000 of a kind.
    """
    with run.database.reading() as connection:
        if has_posted(connection, run.name):
            return
    ours = {**_waiting(run), **_of_drafts(ahead)}
    if not ours:
        return
    signs = {its for its, _ in ours.values()}
    first, last = min(day for _, day in ours.values()), max(day for _, day in ours.values())
    found = []
    for entity in ENTITIES:
        if any(its[0] == entity for its in signs):
            for thing in of_others(run, entity, first, last):
                number, amount = number_of(entity, thing), amount_of(entity, thing)
                day = date.fromisoformat(str(thing["TxnDate"]))
                if {(entity, number.casefold(), amount), (entity, day, amount)} & signs:
                    found.append(f"{entity} {number or '-'} of {day} (Id {thing['Id']})")
    days = f"{first} to {last}"
    if not found:
        yield PreflightFinding("documents there", True, f"QuickBooks has none of ours of {days} yet")
        return
    yield PreflightFinding(
        "documents there",
        False,
        f"QuickBooks has {len(found):,} already that look like ours of {days}, such as {found[0]}: they would stand "
        "twice",
        f"Have their customers and suppliers linked first ([posting] link_existing), for a document is known by its "
        f"party too; then see which they are with `qbo-pipeline link-documents --from {first} --to {last}`, and link "
        "them with --who and --why",
    )


def _waiting(run: Run) -> Mapping[str, tuple[Signs, date]]:
    """By key, the signs and the day of what lies in the store to be sent and nobody has decided about."""
    query = select(_P.key, _P.entity, _P.number, _P.amount, _P.business_date).where(
        _P.connection == run.name, _P.superseded_by.is_(None), _P.entity.in_(ENTITIES), _P.operation == CREATE,
        _P.state == READY, _P.retries == 0,
    )  # fmt: skip
    with run.database.reading() as connection:
        rows = list(connection.execute(query))
    return {row.key: _signs(row.entity, row.number or "", row.amount, row.business_date) for row in rows}


def _of_drafts(drafts: Sequence[Draft]) -> Mapping[str, tuple[Signs, date]]:
    return {
        draft.key: _signs(draft.entity, number_of(draft.entity, draft.payload), draft.amount, draft.business_date)
        for draft in drafts
        if draft.business_date is not None and draft.entity in ENTITIES
    }


def _signs(entity: str, number: str, amount: Decimal, day: date) -> tuple[Signs, date]:
    return (entity, number.casefold() or day, amount), day
