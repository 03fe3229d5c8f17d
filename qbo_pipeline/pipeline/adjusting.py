"""Adjusting journals: proposed for a difference that nothing else corrects, and parked until a person approves.

What belongs here: from a planned step to a posting of its own, `adjustment/<difference key>`. Reconciliation sets it
against the difference that it names.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.accounts import Place, account_for
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Excluded, Stop
from qbo_pipeline.accounting.journals import Heading, Leg, journal_entry
from qbo_pipeline.inventory.records import content_hash
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.asking import IntakePolicy, Intent
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.reconciliation.adjustments import adjustment_key
from qbo_pipeline.reconciliation.causes import CAUSES, Cause
from qbo_pipeline.reconciliation.remedies import Action
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import latest
from qbo_pipeline.store.tables.reconciliation import ledger_lines


def propose(run: Run, action: Action, person: Person) -> str:
    """Put the journal of a step in the outbox, parked for approval, and answer its key.

    Raises `NotPossible` where it was proposed before, where no account is set for its other side, and where QuickBooks
    keeps the stock by items.
    """
    if run.settings.posting.mode == "tracked":
        raise NotPossible(
            "no journal goes to the inventory account in tracked mode: QuickBooks values its items there, and a "
            "journal would belong to none. Adjust the item's quantity in the inventory system, or enter again in "
            "QuickBooks what is wrong there"
        )
    key = adjustment_key(action.difference_keys[0])
    with run.database.transaction() as connection:
        before = latest(connection, run.name, key)
        if before is not None:
            raise NotPossible(f"{key} is there already, {before['state']}: approve it, or skip it")
        stored = StoredBooks(connection, run.settings)
        draft = journal(connection, run, stored.books, action, person)
        now = run.database.now(connection)
        put(
            connection,
            run.name,
            [Intent(key, content_hash({"differences": list(action.difference_keys)}), [draft])],
            identity=identity_of(connection, run.name, run.settings.quickbooks.realm),
            policy=IntakePolicy(approval=True, closed_through=stored.closed_through),
            now=now,
        )
        line = attempts.AttemptLine(
            key=key, revision=1, fence=0, event="proposed", state="parked", who=person.who, why=person.why
        )
        attempts.append(connection, run.name, now, [line])
    return key


def journal(connection: Connection, run: Run, books: Books, action: Action, person: Person) -> Draft:
    """The journal entry of a step; raises `NotPossible` where it cannot be made."""
    account = books.chart[action.account_id]
    label = f"Adjustment: {CAUSES[action.cause].label}"
    heading = Heading(
        key=adjustment_key(action.difference_keys[0]),
        number="",
        label=label,
        business_date=action.business_date,
        currency=run.settings.connection.currency,
        memo=f"{action.qbo_type or ''} {action.qbo_id or ''} {person.why} ({person.who})".strip(),
    )
    try:
        counter = account_for(books, _counter_role(action), Place(field=label))
        if (other := _other_side(connection, run, books, action)) is not None:
            counter = books.chart[other]
        legs = [
            Leg(account=account, amount=action.amount, role="inventory"),
            Leg(account=counter, amount=-action.amount, role=_counter_role(action)),
        ]
        entry = journal_entry(books, heading, legs)
    except Stop as stop:
        raise NotPossible(stop.outcome.message) from None
    if isinstance(entry, Excluded):
        raise NotPossible(f"{label} would move {Decimal(0)}: both sides are {account.name}")
    return entry


def _counter_role(action: Action) -> str:
    """The role of the other side. Between inventory accounts each is adjusted by itself: together they move back."""
    role = action.counter_role or "inventory_adjustment"
    return "inventory_adjustment" if role == "inventory" else role


def _other_side(connection: Connection, run: Run, books: Books, action: Action) -> str | None:
    """Where value was moved to another asset account: that account, as the ledger names it."""
    if action.cause is not Cause.MOVED_ACCOUNT or action.qbo_id is None:
        return None
    columns = ledger_lines.c
    names = connection.scalars(
        select(columns.split).where(
            columns.connection == run.name,
            columns.qbo_type == action.qbo_type,
            columns.qbo_id == action.qbo_id,
            columns.account_id == action.account_id,
        )
    ).all()
    inventory = books.accounts_of("inventory")
    found = {account.id for account in books.chart.values() if account.name in names and account.id not in inventory}
    return found.pop() if len(found) == 1 else None
