"""The poster: gives the protocol its clock, its store and its API, and works until nothing is left to do.

What belongs here: one run from its beginning to its summary. What a worker does is in `workers.py`, what a row may
become in `core.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, select

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.posting.claiming import Claims
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.posting.means import Company, Means
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.recovery import recovering
from qbo_pipeline.posting.renaming import Handover, anything_handed_on
from qbo_pipeline.posting.rows import WriteTurns
from qbo_pipeline.posting.settling import Settlements
from qbo_pipeline.posting.summary import PostingSummary, Tally, summarise
from qbo_pipeline.posting.workers import Workers
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.store import claims
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.postings import alone_with_intents
from qbo_pipeline.store.tables.records import connections

Progress = Callable[[dict[str, int]], None]


class WrongCompany(PermanentError):
    """The connection belongs to another QBO company than the one at hand."""


@dataclass(frozen=True, slots=True)
class PosterSettings:
    """How a run works.

    `batch_workers` calls with 30 documents are under way at once, and while QBO's limits hold these, `single_workers`
    calls with one; the client's pacer keeps them within the limits, so more workers only cover QBO's own slowness.
    Durations are seconds.
    """

    policy: Policy = field(default_factory=Policy)
    batch_workers: int = 4
    single_workers: int = 4  # 0: batches only, the fewest calls for each document
    patience: float = 900.0  # for rows under way or in doubt, in one run
    storm_patience: float = 300.0  # of 429s in a row

    def __post_init__(self) -> None:
        if self.batch_workers < 1 or self.single_workers < 0:
            raise ValueError("posting needs at least one batch worker, and no negative number of single workers")


class Poster:
    """Posts what is ready, for one company."""

    def __init__(
        self,
        database: Database,
        quickbooks: Company,
        clock: Clock | None = None,
        settings: PosterSettings | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._database = database
        self._company = quickbooks
        self._clock = clock or SystemClock()
        self._settings = settings or PosterSettings()
        self._progress = progress or (lambda events: None)

    def run(
        self,
        connection: str,
        first_day: date | None = None,
        last_day: date | None = None,
        *,
        keys: Sequence[str] | None = None,
        settings_hash: str | None = None,
    ) -> PostingSummary:
        """Post what is dated within the days, or only the postings of these keys, and master data either way.

        With `settings_hash` nothing is sent for the first time that other settings have made. Several runs, in several
        processes, may work on the same days at once. Raises `WrongCompany` where the
        connection is tied to another company.
        """
        only = tuple(keys) if keys is not None else None
        scope = claims.Scope(connection, first_day, last_day, only, settings_hash)
        settings, tally = self._settings, Tally()
        with self._database.transaction() as transaction:
            identity = identity_of(transaction, connection, self._company.realm)
            look_first = recovering(transaction, connection) is not None
        turns = WriteTurns(self._database)
        workers = Workers(
            Means(
                database=self._database,
                connection=connection,
                company=self._company,
                clock=self._clock,
                policy=settings.policy,
                claims=Claims(turns, scope, identity, settings.policy, look_first=look_first),
                settlements=Settlements(turns, connection, settings.policy),
                tally=tally,
                storm_patience=settings.storm_patience,
                progress=self._progress,
            )
        )
        left = settings.patience
        handover = Handover(connection)
        self._wake(connection)
        self._hand_on(connection, handover)
        while workers.degraded is None:
            workers.look_all()
            workers.send_all(settings.batch_workers, settings.single_workers)
            if workers.degraded is None and (self._wake(connection) or self._hand_on(connection, handover)):
                continue
            wait = self._next_due(scope)
            if workers.degraded is not None or wait is None:
                break
            if wait > left:  # they are for a later run: the summary says that not all is complete
                break
            left -= wait
            tally.wait(wait)
            self._clock.sleep(wait)
        with self._database.reading() as reading:
            return summarise(reading, scope, tally, workers.degraded)

    def _wake(self, connection: str) -> bool:
        """Wake what waits for something that is there; answers whether there was any.

        A posting may have begun to wait at the very moment in which another worker posted what it waits for.
        """
        with self._database.reading() as reading:
            if not claims.anything_waits(reading, connection):
                return False
        with self._database.transaction() as transaction:
            return claims.wake_posted(transaction, connection) > 0

    def _hand_on(self, connection: str, handover: Handover) -> bool:
        """Let go again what waits for a name; answers whether there was any."""
        with self._database.reading() as reading:
            if not anything_handed_on(reading, connection):
                return False
        with self._database.transaction() as transaction:
            alone_with_intents(transaction, connection)
            return handover.look_again(transaction, self._database.now(transaction))

    def _next_due(self, scope: claims.Scope) -> float | None:
        """Seconds until a row under way may be claimed again; `None` where there is none."""
        with self._database.reading() as reading:
            due = claims.next_due(reading, scope, self._settings.policy.settle)
            if due is None:
                return None
            return max(0.0, (due - self._database.now(reading)).total_seconds()) + 0.01


def identity_of(reading: Connection, connection: str, realm: str) -> Identity:
    """Whose postings a connection's are; raises `WrongCompany` for another realm than its own."""
    row = reading.execute(select(connections).where(connections.c.connection == connection)).first()
    if row is None:
        raise WrongCompany(f"the connection {connection!r} is not known to the store: run `qbo-pipeline init` first")
    if row.realm != realm:
        raise WrongCompany(
            f"the connection {connection!r} is tied to another QuickBooks company than the one at hand: "
            "connect to its own company, or reset the connection"
        )
    return Identity(row.realm, row.source)
