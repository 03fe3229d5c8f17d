"""What the workers of a run work with: the two transactions, the company that is posted to, the run's tally.

What belongs here: the interface of the QBO client as far as posting asks anything of it, and what a run hands to each
of its workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qbo_pipeline.posting.claiming import Claims
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.reading_back import Queries
from qbo_pipeline.posting.settling import Settlements
from qbo_pipeline.posting.summary import Tally
from qbo_pipeline.quickbooks.clock import Clock
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, Outcome
from qbo_pipeline.store.database import Database

Params = tuple[tuple[str, str], ...]


class Company(Queries, Protocol):
    """What is asked of the QBO client (`quickbooks.client.QuickBooks`)."""

    realm: str

    @property
    def batches_held(self) -> bool:
        """Whether batches wait for their turn under QBO's limits."""
        ...

    def send(
        self, method: str, path: str, params: Params, body: bytes, deadline: float = ..., *, until: float = ...
    ) -> Outcome: ...

    def send_batch(
        self, params: Params, body: bytes, deadline: float = ..., *, until: float = ..., bids: Sequence[str]
    ) -> BatchOutcome: ...


class CountingReader:
    """Counts the queries that read-backs make."""

    def __init__(self, company: Company, tally: Tally) -> None:
        self._company = company
        self._tally = tally

    def query(self, query: Any, *, until: float) -> Any:
        self._tally.count("read")
        return self._company.query(query, until=until)


@dataclass(slots=True)
class Means:
    """What the workers work with."""

    database: Database
    connection: str
    company: Company
    clock: Clock
    policy: Policy
    claims: Claims
    settlements: Settlements
    tally: Tally
    storm_patience: float
    progress: Callable[[dict[str, int]], None]
