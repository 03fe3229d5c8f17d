"""A run: one connection's settings, store, source and QuickBooks client, opened together and closed together.

Every stage takes a `Run`. Dagster's resource and the commands both make theirs here, so that production, commands
and tests assemble the same thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qbo_pipeline.pipeline.binding import bind_connection
from qbo_pipeline.pipeline.connect import open_quickbooks, tokens_database
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.meter import CallTotals
from qbo_pipeline.settings import Secrets, Settings
from qbo_pipeline.sources.source import Source
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.meter import StoredMeter
from qbo_pipeline.store.opening import open_store

Progress = Callable[[str, int], None]


def no_progress(what: str, count: int) -> None:
    """The progress report of somebody who does not want one."""


Opened = tuple[QuickBooks, StoredMeter]


def open_company(run: Run) -> Opened:
    """The client for the connection's own company, as its settings say."""
    return open_quickbooks(run.settings, run.secrets, run.database, run.tokens)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run reaches its company by, what time it lives in, and where its own files lie (`None`: beside the
    settings). A rehearsal has others than a night."""

    open_client: Callable[[Run], Opened] = open_company
    clock: Clock = field(default_factory=SystemClock)
    folder: Path | None = None


@dataclass
class Run:
    """What a stage works with. `run_id` is Dagster's, or one of its own for a command."""

    settings: Settings
    database: Database
    secrets: Secrets
    run_id: str
    progress: Progress = no_progress
    patience: float | None = None  # seconds that reading a system by API may take, for whoever has somebody waiting
    surroundings: Surroundings = field(default_factory=Surroundings, repr=False)
    _client: tuple[QuickBooks, StoredMeter] | None = field(default=None, init=False, repr=False)
    _tokens: Database | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        """The connection's name."""
        return self.settings.connection.name

    @contextmanager
    def source(self) -> Iterator[Source]:
        """The inventory system, read-only, closed at the end of the block."""
        source: Source
        if self.settings.source.is_read_by_api:
            from qbo_pipeline.pipeline.landed import open_landed

            source = open_landed(self, self._landing_database)
        else:
            # It brings the library of frames, a second for who only looks.
            from qbo_pipeline.sources.open import open_source

            source = open_source(self.settings)
        try:
            yield source
        finally:
            source.close()

    @property
    def _landing_database(self) -> Database:
        """Where what was read by API lies."""
        return self.database

    @property
    def tokens(self) -> Database:
        """The store as the login that may read its tokens, opened when it is first needed."""
        if self._tokens is None:
            self._tokens = tokens_database(self.settings, self.database)
        return self._tokens

    def quickbooks(self) -> QuickBooks:
        """The client for the connection's company, opened when it is first needed.

        Raises `NotConnected` where credentials are missing.
        """
        if self._client is None:
            self._client = self.surroundings.open_client(self)
        return self._client[0]

    def elsewhere(self, database: Database) -> Run:
        """The same run with its records and postings in another store; QuickBooks is reached as before."""
        mine = (self.settings, database, self.secrets, self.run_id, self.progress)
        return _Elsewhere(*mine, surroundings=self.surroundings, within=self)

    @contextmanager
    def step(self, progress: Progress) -> Iterator[Run]:
        """A step of this run: with its own progress and count of calls, and with all that this run has open.

        The calls of a step are in the store's meter when it ends.
        """
        mine = (self.settings, self.database, self.secrets, self.run_id, progress)
        step = _Step(*mine, surroundings=self.surroundings, within=self)
        try:
            yield step
        finally:
            if self._client is not None:
                self._client[1].flush()

    def api_calls(self) -> dict[str, int]:
        """The calls that this run has made to QBO, as Intuit bills them."""
        totals = self._client[1].totals() if self._client else CallTotals()
        return {
            "api_calls": totals.calls,
            "api_writes": totals.write,
            "api_metered_reads": totals.metered_read,
        }

    def close(self) -> None:
        if self._client is not None:
            client, meter = self._client
            client.close()
            meter.close()
        if self._tokens is not None:
            self._tokens.close()
        self.database.close()


@dataclass
class _Elsewhere(Run):
    """A run within another one, which keeps the client, its meter and the tokens, and closes them."""

    within: Run = field(kw_only=True)

    @property
    def _landing_database(self) -> Database:
        """The other run's: what a system says is the same for both, and asking it again would cost its limit."""
        return self.within._landing_database

    @property
    def tokens(self) -> Database:
        return self.within.tokens

    def quickbooks(self) -> QuickBooks:
        return self.within.quickbooks()

    def api_calls(self) -> dict[str, int]:
        return self.within.api_calls()

    def close(self) -> None:
        """Nothing: the other run closes what both use."""


@dataclass
class _Step(_Elsewhere):
    """A part of a run that counts the calls it has made itself."""

    def __post_init__(self) -> None:
        self._before = self.within.api_calls()

    def api_calls(self) -> dict[str, int]:
        return {name: count - self._before[name] for name, count in self.within.api_calls().items()}


@contextmanager
def open_run(
    settings: Settings,
    *,
    run_id: str | None = None,
    progress: Progress = no_progress,
    database: Database | None = None,
    only_look: bool = False,
    patience: float | None = None,
    secrets: Secrets | None = None,
    surroundings: Surroundings | None = None,
) -> Iterator[Run]:
    """A run of the connection with these settings, its store brought to this version.

    With `only_look` a connection that is new to the store is not tied to its company by this. With `patience`, in
    seconds, a system that is read by API is read for so long: what has landed until then is what there is.
    `secrets` take the place of those in the environment.

    Raises `NoStore` or `DamagedStore` where no store is there that can be trusted, `ConnectionMismatch` where it binds
    the connection to something else, `MigrationError` where it is of a later version or of an earlier one that this
    login may not change, SQLAlchemy's `OperationalError` where it cannot be reached.
    """
    run = Run(
        settings=settings,
        database=database or open_store(settings.store_url()),
        secrets=secrets or Secrets.read(settings),
        run_id=run_id or str(uuid.uuid4()),
        progress=progress,
        patience=patience,
        surroundings=surroundings or Surroundings(),
    )
    try:
        bind_connection(settings, run.database, only_look=only_look)
        yield run
    finally:
        run.close()
