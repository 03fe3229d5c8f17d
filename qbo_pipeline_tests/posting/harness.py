"""What the posting tests share: a connection in a store, a client of the emulator, drafts, and a virtual clock."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.drafts import Draft, Effect
from qbo_pipeline.posting.asking import Intake, IntakePolicy, Intent
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.intents import put
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.hosts import environment
from qbo_pipeline.quickbooks.pacing import Pacer
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tables.records import connections
from qbo_pipeline_tests.quickbooks.in_memory import Unpaced

CONNECTION = "shop"
DAY = date(2026, 3, 2)
NO_POLICY = IntakePolicy()


def drafted(
    key: str,
    entity: str,
    payload: dict[str, Any],
    business_date: date | None = DAY,
    amount: Decimal = Decimal(0),
    currency: str = "USD",
    effects: Sequence[Effect] = (),
) -> Draft:
    """A draft as accounting makes it."""
    return Draft(
        key=key,
        entity=entity,
        payload=payload,
        business_date=business_date,
        amount=amount,
        currency=currency,
        effects=tuple(effects),
    )


def effect_on(
    account_id: str, amount: Decimal, product_id: str | None = None, location_id: str | None = None
) -> Effect:
    """What a draft does to an account."""
    return Effect(account_id=account_id, amount=amount, product_id=product_id, location_id=location_id)


class Token:
    """An access token that needs no refresh."""

    def __init__(self, value: str) -> None:
        self._secret = Secret(value)

    def access_token(self) -> Secret:
        return self._secret

    def renew(self, rejected: Secret) -> Secret:
        return self._secret


class VirtualClock:
    """Time that passes only when somebody sleeps; the clock of the client, the poster and the store at once."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)) -> None:
        self._lock = threading.Lock()
        self._now = start
        self._monotonic = 100.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=max(0.0, seconds))
            self._monotonic += max(0.0, seconds)


def connect(database: Database, realm: str, name: str = CONNECTION) -> Identity:
    """A connection of the store to a realm."""
    with database.transaction() as transaction:
        transaction.execute(
            connections.insert(),
            {
                "connection": name,
                "environment": f"custom {name}",  # a company belongs to one connection; these share an emulator
                "realm": realm,
                "source": "shop",
                "currency": "USD",
                "created_at": database.now(transaction),
            },
        )
    return Identity(realm, "shop")


def client(emulator: Any, *, pacer: Pacer | None = None, clock: Any = None) -> QuickBooks:
    """The product's client of an emulator (`qbo_pipeline_tests.emulator.server`)."""
    hosts = environment("custom", base_url=emulator.base_url, discovery_url=emulator.discovery_url)
    return QuickBooks(emulator.realm, hosts, Token(emulator.access_token()), pacer=pacer or Unpaced(), clock=clock)


def journal_entry(number: int | str, debit: str, credit: str, amount: Decimal, *, day: date = DAY) -> Draft:
    """A draft of a two-line journal."""
    lines = [
        {
            "DetailType": "JournalEntryLineDetail",
            "Amount": amount,
            "Description": f"movement {number}",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in (("Debit", debit), ("Credit", credit))
    ]
    payload = {"TxnDate": day.isoformat(), "PrivateNote": f"movement {number}", "Line": lines}
    return drafted(f"movement/{number}", "JournalEntry", payload, day, amount)


def intent(*drafts: Draft, record: str | None = None) -> Intent:
    return Intent(record or drafts[0].key.split("#")[0], "hash", drafts)


def take_in(
    database: Database,
    identity: Identity,
    intents: Iterable[Intent],
    *,
    policy: IntakePolicy = NO_POLICY,
    name: str = CONNECTION,
) -> Intake:
    """`put` in a transaction of its own."""
    with database.transaction() as transaction:
        now = database.now(transaction)
        return put(transaction, name, intents, identity=identity, policy=policy, now=now)
