"""Verify: the journal of attempts is whole, agrees with its anchors, and the tables hold what it says happened.

What it proves: whoever changed, cut off or emptied a table by hand, and did not write every anchor anew as well, is
noticed. What it cannot prove: that somebody who rewrites the journal, the postings, the reconciliations and sign-offs,
and every report and Dagster's own metadata outside the store, changed nothing. A report that finance keeps elsewhere
still shows it: its line and hash are compared by `verify --reports`. Nor can a whole store that was put back from an
older copy prove by itself that it is old: reports and Dagster's metadata of later days show it here, and QuickBooks'
own objects with our marker show it before anything is sent again (`ownership.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import func, select

from qbo_pipeline.pipeline.report_files import report_folder
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.token_counter import older_tokens
from qbo_pipeline.settings import SettingsError
from qbo_pipeline.store.attempts import Head, head_of, verify
from qbo_pipeline.store.tables.posting import attempts
from qbo_pipeline.store.verifying import Anchor, disagreements


@dataclass(frozen=True, slots=True)
class Verified:
    """What recomputing the hash chain, and holding it against anchors and tables, found: a sentence each."""

    attempts: int
    head: Head
    anchors: int
    findings: tuple[str, ...]
    not_compared: str | None = None

    @property
    def intact(self) -> bool:
        return not self.findings

    @property
    def text(self) -> str:
        said = "; ".join(self.findings) or (
            f"every entry carries the hash of the one before it, {self.anchors:,} anchors outside the store agree with "
            "it, and every posting, reconciliation, signature and decision is as the journal says"
        )
        return f"{said}; {self.not_compared}" if self.not_compared else said


def verify_attempts(run: Run, reports: Path | None = None, outside: Iterable[Anchor] = ()) -> Verified:
    """Recompute the chain from its first line, and compare with it the postings and everything that anchors it.

    Anchors are read from the store, from the report files in `reports` (the usual folder where none is named), and
    from the caller: `outside` is what Dagster remembers.
    """
    anchors = [*_in_reports(reports or report_folder(run), run.name), *outside]
    with run.database.reading() as connection:
        number = connection.execute(
            select(func.count()).select_from(attempts).where(attempts.c.connection == run.name)
        ).scalar_one()
        found = [item.what for item in verify(connection, run.name)]
        found += disagreements(connection, run.name, anchors)
        head = head_of(connection, run.name)
    not_compared = None
    try:
        found += older_tokens(run)
    except SettingsError as error:
        not_compared = f"not compared: the counter of the tokens ({error})"
    return Verified(number, head, len(anchors), tuple(found), not_compared)


def _in_reports(folder: Path, name: str) -> Iterator[Anchor]:
    """The anchors in the JSON files of this connection's reports; files that are no report of ours say nothing."""
    for file in sorted(folder.glob("reconciliation-*.json")):
        try:
            found = orjson.loads(file.read_bytes()).get("journal") or {}
            if found.get("connection") == name:
                yield Anchor(f"the report {file.name}", int(found["line"]), str(found["hash"]))
        except (OSError, orjson.JSONDecodeError, AttributeError, KeyError, ValueError):
            continue
