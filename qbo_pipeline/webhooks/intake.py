"""What becomes of a delivery: whose token signed it, and which connections of which stores take its events.

What belongs here: no HTTP. A connection takes an event where its own verifier token signed the delivery and its store
ties it to the company of the event: another app's token opens no other company.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from qbo_pipeline.environment import where_to_set
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.webhooks import Event, is_signed, read_notification
from qbo_pipeline.settings import Secrets, Settings, SettingsError
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.migrations import MigrationError
from qbo_pipeline.store.webhooks import Hint, put_hints, tied_companies

log = logging.getLogger(__name__)

STORE_PATIENCE = 2  # seconds for a connection, a lock or a statement; the sender waits 3, then sends it again


@dataclass(frozen=True, slots=True)
class Member:
    """A connection that takes webhooks; `company` is the environment and the realm of its settings."""

    name: str
    company: tuple[str, str]
    store_url: str
    verifier_token: Secret


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What one delivery came to, in events: `stored` hints are new, `repeated` ones were known, `unknown` are of a
    company that none of its connections has, `unreadable` are none. Where not `complete`, a store failed: the sender
    must deliver it again."""

    stored: int
    repeated: int
    unknown: int
    unreadable: int
    complete: bool


def member(settings: Settings) -> Member:
    """The connection with these settings; raises `SettingsError` where its verifier token is not given."""
    token = Secrets.read(settings).webhook_verifier_token
    text = token.get_secret_value().strip() if token is not None else ""
    name = settings.connection.name
    if not text:
        raise SettingsError(
            f"{name}: {where_to_set([f'QBO_{name.upper()}_WEBHOOK_VERIFIER_TOKEN'], settings.folder)}; "
            "Intuit's developer site shows it on the webhooks page of your app, once an endpoint is set there. "
            "Without it nobody can tell Intuit's webhooks from forged ones"
        )
    company = (settings.quickbooks.environment, settings.quickbooks.realm)
    return Member(name, company, settings.store_url(), Secret(text))


class HintIntake:
    """Takes deliveries for some connections into their stores; safe to use from several threads."""

    def __init__(self, members: Sequence[Member]) -> None:
        by_url: dict[str, list[Member]] = defaultdict(list)
        for item in members:
            by_url[item.store_url].append(item)
        self._stores = [_Store(url, own) for url, own in by_url.items()]
        self._tokens = {item.verifier_token for item in members}

    def signers(self, body: bytes, signature: str) -> frozenset[Secret]:
        """The verifier tokens that signed this body; none for a delivery that is not Intuit's."""
        return frozenset(token for token in self._tokens if is_signed(body, signature, token))

    def take(self, body: bytes, signers: frozenset[Secret]) -> DeliveryOutcome:
        """Commit the hints of a signed delivery, each store on its own.

        Raises `NotJson` for a body that is not JSON.
        """
        told = read_notification(body)
        taken: set[Event] = set()
        kept = stored = 0
        complete = True
        for store in self._stores:
            try:
                hints, new = store.take(told.events, signers)
            except (SQLAlchemyError, MigrationError) as error:
                log.error("webhooks: the store of %s failed: %s", store.names, _why(error))
                complete = False
                continue
            stored += new
            kept += len(hints)
            taken |= {event for _, event in hints}
        unknown = len({*told.events} - taken) if complete else 0
        return DeliveryOutcome(stored, kept - stored, unknown, told.unreadable, complete)

    def look(self) -> Iterator[str]:
        """What a person should know before deliveries come, in plain words.

        Raises `MigrationError` for a store of a later version. A store that cannot be reached now is only told.
        """
        for store in self._stores:
            try:
                yield from store.look()
            except SQLAlchemyError as error:
                yield f"the store of {store.names} cannot be used now, its webhooks are refused: {_why(error)}"

    def close(self) -> None:
        for store in self._stores:
            store.database.close()


class _Store:
    """One store and those of its connections that take webhooks."""

    def __init__(self, url: str, members: Sequence[Member]) -> None:
        self.database = Database(url, patience=STORE_PATIENCE)
        self.members = members
        self._lock = threading.Lock()
        self._ready = False

    @property
    def names(self) -> str:
        return ", ".join(item.name for item in self.members)

    def take(self, events: Sequence[Event], signers: frozenset[Secret]) -> tuple[list[tuple[str, Event]], int]:
        """The connections and events that belong together, committed as hints, and how many hints are new."""
        signed = [item for item in self.members if item.verifier_token in signers]
        if not signed or not events:
            return [], 0
        self._prepare()
        with self.database.transaction() as connection:
            tied = tied_companies(connection, [item.name for item in signed])
            found = [
                (item.name, event)
                for item in signed
                if tied.get(item.name) == item.company
                for event in events
                if event.realm == item.company[1]
            ]
            hints = [_hint(name, event) for name, event in found]
            return found, put_hints(connection, hints, now=self.database.now(connection))

    def look(self) -> Iterator[str]:
        self._prepare()
        with self.database.reading() as connection:
            tied = tied_companies(connection, [item.name for item in self.members])
        for item in self.members:
            company = tied.get(item.name)
            if company is None:
                yield f"{item.name} has not run yet: its webhooks are not kept before its first run"
            elif company != item.company:
                yield (
                    f"{item.name}: its store ties it to {' '.join(company)}, the settings say "
                    f"{' '.join(item.company)}: its webhooks are not kept"
                )

    def _prepare(self) -> None:
        """Bring the tables to this version before they are first used."""
        with self._lock:
            if not self._ready:
                self.database.upgrade()
                self._ready = True


def _hint(name: str, event: Event) -> Hint:
    return Hint(name, event.event_id, event.entity, event.object_id, event.operation, event.changed_at)


def _why(error: SQLAlchemyError | MigrationError) -> str:
    """The database's own first words: never the statement and its values, which stand in the whole text."""
    if isinstance(error, MigrationError):
        return str(error)
    said = str(error.orig).strip().splitlines() if isinstance(error, DBAPIError) else []
    return said[0] if said else type(error).__name__
