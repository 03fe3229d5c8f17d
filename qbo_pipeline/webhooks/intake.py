"""What becomes of a delivery: whose token signed it, and which connections of which stores take its events.

What belongs here: no HTTP. A connection takes an event where its own verifier token signed the delivery and its store
ties it to the company of the event: another app's token opens no other company.
"""

from __future__ import annotations

import hmac
import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from qbo_pipeline.environment import where_to_set
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.webhooks import Event, is_signed, read_notification
from qbo_pipeline.settings import Secrets, Settings, SettingsError
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.migrations import MigrationError
from qbo_pipeline.store.webhooks import SOURCE_TOLD, Hint, keep_source_instant, put_hints, tied_companies

log = logging.getLogger(__name__)

SHORTEST_TOKEN = 20  # characters of a token that the inventory system shows
STORE_PATIENCE = 2  # seconds for a connection, a lock or a statement; the sender waits 3, then sends it again


@dataclass(frozen=True, slots=True)
class Member:
    """A connection that takes webhooks; `company` is the environment and the realm of its settings. Intuit signs with
    `verifier_token`, the inventory system shows `source_token`; without one of them the other is taken alone."""

    name: str
    company: tuple[str, str]
    store_url: str
    verifier_token: Secret | None
    source_token: Secret | None = None


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
    """The connection with these settings; raises `SettingsError` where neither token is given."""
    secrets = Secrets.read(settings)
    verifier, source = _secret(secrets.webhook_verifier_token), _secret(secrets.source_webhook_token)
    name = settings.connection.name
    if source is not None and len(source.reveal()) < SHORTEST_TOKEN:
        raise SettingsError(f"QBO_{name.upper()}_SOURCE_WEBHOOK_TOKEN is shorter than {SHORTEST_TOKEN} characters")
    if verifier is None and source is None:
        raise SettingsError(
            f"{name}: {where_to_set([f'QBO_{name.upper()}_WEBHOOK_VERIFIER_TOKEN'], settings.folder)}; "
            "Intuit's developer site shows it on the webhooks page of your app, once an endpoint is set there. "
            "Without it nobody can tell Intuit's webhooks from forged ones"
        )
    company = (settings.quickbooks.environment, settings.quickbooks.realm)
    return Member(name, company, settings.store_url(), verifier, source)


def _secret(given: SecretStr | None) -> Secret | None:
    text = given.get_secret_value().strip() if given is not None else ""
    return Secret(text) if text else None


class HintIntake:
    """Takes deliveries for some connections into their stores; safe to use from several threads."""

    def __init__(self, members: Sequence[Member]) -> None:
        by_url: dict[str, list[Member]] = defaultdict(list)
        for item in members:
            by_url[item.store_url].append(item)
        self._stores = [_Store(url, own) for url, own in by_url.items()]
        self._tokens = {item.verifier_token for item in members if item.verifier_token is not None}

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

    def knows_source(self, name: str, token: str) -> bool:
        """Whether a connection of that name takes webhooks of its inventory system, and this is its token."""
        tokens = [item.source_token for store in self._stores for item in store.members if item.name == name]
        return any(
            hmac.compare_digest(token.encode("utf-8", "replace"), known.reveal().encode())
            for known in tokens
            if known is not None
        )

    def take_source(self, name: str) -> bool:
        """Keep that something changed in a connection's inventory system; `False` where its store failed."""
        complete = True
        for store in self._stores:
            if name in [item.name for item in store.members]:
                try:
                    store.take_source(name)
                except (SQLAlchemyError, MigrationError) as error:
                    log.error("webhooks: the store of %s failed: %s", store.names, _why(error))
                    complete = False
        return complete

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

    def take_source(self, name: str) -> None:
        """Commit that the source changed now."""
        self._prepare()
        with self.database.transaction() as connection:
            keep_source_instant(connection, name, SOURCE_TOLD, self.database.now(connection))

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
