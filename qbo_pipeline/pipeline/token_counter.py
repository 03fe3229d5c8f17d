"""The counter of the company's tokens, held against the journal: a vault that was put back whole is noticed.

What belongs here: the line that says which version was seen, and the comparison. Tokens and counter lie with a login of
their own where the settings name one; a row that does not fit the counter the vault itself refuses (`store.tokens`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.store import attempts as journal
from qbo_pipeline.store.evidence import SEEN
from qbo_pipeline.store.tables.posting import attempts
from qbo_pipeline.store.tables.quickbooks import token_versions
from qbo_pipeline.store.tokens import PURPOSE

_KEY = f"tokens/{PURPOSE}"


def note_token_version(run: Run) -> None:
    """Write a line where the counter has moved since the last one."""
    version = _version(run)
    if version is None:
        return
    with run.database.transaction() as connection:
        if version <= (_seen(run, connection) or (0, 0))[0]:
            return
        line = journal.AttemptLine(key=_KEY, revision=version, event="tokens renewed", state=SEEN, fence=0)
        journal.append(connection, run.name, run.database.now(connection), [line])


def older_tokens(run: Run) -> Iterator[str]:
    """A sentence where the counter is behind what the journal has seen, or is gone.

    Raises `SettingsError` where the login to the vault is named in the settings and not at hand.
    """
    with run.database.reading() as connection:
        seen = _seen(run, connection)
    if seen is None:
        return
    version = _version(run)
    if version is None or version < seen[0]:
        there = "is gone" if version is None else f"is at version {version}"
        yield (
            f"the counter of the tokens {there}, and line {seen[1]:,} of the journal saw version {seen[0]}: "
            "somebody put older tokens back, or took them away"
        )


def _version(run: Run) -> int | None:
    mine = token_versions.c.connection == run.name, token_versions.c.purpose == PURPOSE
    with run.tokens.reading() as connection:
        found: int | None = connection.execute(select(token_versions.c.version).where(*mine)).scalar_one_or_none()
    return found


def _seen(run: Run, connection: Connection) -> tuple[int, int] | None:
    """The newest version that the journal saw, and the line that says so."""
    mine = (attempts.c.connection == run.name, attempts.c.key == _KEY)
    query = select(attempts.c.revision, attempts.c.seq).where(*mine)
    row = connection.execute(query.order_by(attempts.c.revision.desc(), attempts.c.seq).limit(1)).first()
    return None if row is None else (row.revision, row.seq)
