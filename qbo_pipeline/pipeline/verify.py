"""Verify: the journal of attempts has not been altered, and the counts add up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store.attempts import verify
from qbo_pipeline.store.tables.posting import attempts


@dataclass(frozen=True, slots=True)
class Verified:
    """What recomputing the hash chain found."""

    attempts: int
    findings: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.findings

    @property
    def text(self) -> str:
        return "; ".join(self.findings) or "every entry carries the hash of the one before it"


def verify_attempts(run: Run) -> Verified:
    """Recompute the chain of the connection's attempts from its first line."""
    with run.database.reading() as connection:
        number = connection.execute(
            select(func.count()).select_from(attempts).where(attempts.c.connection == run.name)
        ).scalar_one()
        return Verified(number, tuple(item.what for item in verify(connection, run.name)))
