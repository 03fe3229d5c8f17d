"""Whether a month of the demo has each row of docs/what-is-posted.md: in the company's papers, and posted as it says.

What belongs here: reading the demo's folder after it has run. Which rows it has to have is in `used.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from qbo_pipeline.accounting.books import PostingMode
from qbo_pipeline.accounting.drafts import Draft, Excluded
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.used import USED, is_used
from qbo_pipeline_tests.accounting.table.writing import books_of

_POSTED = (
    "SELECT p.entity FROM posting_records AS r JOIN postings AS p ON p.connection = r.connection AND p.key = r.key"
    " AND p.revision = r.revision WHERE r.record_key = ? AND p.state = 'posted'"
)
_TOLD = _POSTED.replace("p.entity", "p.key, p.payload")
_RULE = "SELECT rule FROM records WHERE record_type || '/' || record_id = ? AND disposition = 'excluded'"
_UNDONE = (
    _POSTED + " AND p.operation IN ('void', 'delete') UNION ALL "  # or no more in its day's summary
    + _POSTED.replace("p.state = 'posted'", "p.state = 'superseded'") + " AND r.key LIKE 'summary/%' AND NOT EXISTS"
    " (SELECT 1 FROM posting_records AS o JOIN postings AS q ON q.key = o.key AND q.revision = o.revision WHERE"
    " o.key = r.key AND o.record_key = r.record_key AND q.superseded_by IS NULL)"
)  # fmt: skip
_SUMMED = _POSTED + " AND (p.key LIKE 'summary/%' OR p.key LIKE '%#summary')"


def not_in_papers(company: Path, rows: Iterable[Row], mode: DemoMode, country: DemoCountry) -> list[str]:
    """The rows that the demo should use and of which a record is missing in the company's papers."""
    with closing(sqlite3.connect(company)) as papers:
        return [
            f"{row.what}: {select}"
            for row in rows
            if is_used(row, mode, country)
            for select in USED[row.what].selects
            if papers.execute(select).fetchone() is None
        ]


def not_in_books(
    company: Path, store: Path, rows: Iterable[Row], mode: DemoMode, country: DemoCountry
) -> list[tuple[str, set[str]]]:
    """The rows that the demo should use and no record of which became what the rules say, with what that is."""
    missing = []
    with closing(sqlite3.connect(company)) as papers, closing(sqlite3.connect(store)) as books:
        for row in (row for row in rows if is_used(row, mode, country)):
            use = USED[row.what]
            for position, select in enumerate(use.selects):
                keys = [key for (key,) in papers.execute(select)]
                if use.undone or use.summary:
                    wanted, asked = set[str](), _UNDONE if use.undone else _SUMMED
                    found = [
                        key for key in keys if books.execute(asked, (key,) * asked.count("?")).fetchone() is not None
                    ]
                else:
                    its_mode: PostingMode = "tracked" if mode is DemoMode.TRACKED else "external"
                    wanted = {use.rule} if use.rule else _wanted(row, position, its_mode)
                    found = [key for key in keys if wanted <= _became(books, key) and _shows(books, key, use.shows)]
                if not found:
                    missing.append((f"{row.what} ({len(keys)} records)", wanted))
    return missing


def _wanted(row: Row, position: int, mode: PostingMode) -> set[str]:
    """The entities, or the rule that excludes it, of what a row's record becomes."""
    outcome = build(row.shown[position], books_of(row, mode))
    made = outcome if isinstance(outcome, list) else [outcome]
    return {one.entity if isinstance(one, Draft) else one.rule for one in made if isinstance(one, Draft | Excluded)}


def _shows(books: sqlite3.Connection, key: str, texts: Iterable[str]) -> bool:
    """Whether each text is in the key or the payload of what a record became; a day's summary shows the day."""
    told = "\n".join(f"{own}\n{payload}" for own, payload in books.execute(_TOLD, (key,)))
    return "summary/" in told or all(text in told for text in texts)


def _became(books: sqlite3.Connection, key: str) -> set[str]:
    return {name for asked in (_POSTED, _RULE) for (name,) in books.execute(asked, (key,))}
