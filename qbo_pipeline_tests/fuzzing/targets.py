"""What is fuzzed: one function for each kind of input from outside, from bytes to a value or one of our own errors.

What belongs here: the table `TARGETS`. A target raises nothing for what its input holds; what it raises is a finding.
The inputs to begin with, and each input that was ever a finding, are in `corpora/NAME/`.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.query.grammar import parse
from qbo_pipeline.errors import PipelineError
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.posting.content import fingerprint, is_voided, item_ids
from qbo_pipeline.quickbooks.answers import batch_outcome, write_outcome
from qbo_pipeline.quickbooks.body import Body, TooLarge, Unreadable
from qbo_pipeline.quickbooks.changes import read_changes
from qbo_pipeline.quickbooks.errors import QuickBooksError
from qbo_pipeline.quickbooks.ledger_reading import read_ledger
from qbo_pipeline.quickbooks.outcomes import Done, NotSent, Refusal, Unknown
from qbo_pipeline.quickbooks.reads import json_of
from qbo_pipeline.quickbooks.reports import parse_report
from qbo_pipeline.quickbooks.requests import Request
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline.quickbooks.transport import Answer
from qbo_pipeline.quickbooks.webhooks import NotJson, read_notification
from qbo_pipeline.settings import settings_of
from qbo_pipeline.settings_errors import SettingsError
from qbo_pipeline.sources.csv_folder import load_folder
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.mapping import Statement, load_mapping
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.sources.tokens import pieces
from qbo_pipeline_tests.sources.company import good_company, write_company

Target = Callable[[bytes], None]
STATUSES = (200, 201, 400, 401, 403, 404, 413, 429, 500, 503)
MAX_BODY = 1_000_000
DAYS = (date(2024, 3, 1), date(2024, 3, 31))
TYPES = ("text", "blob", "integer", "real", "null")


def told(function: Callable[[], Any], *errors: type[Exception]) -> Any:
    """Call it; one of these errors says what is wrong and can be printed, anything else is a finding."""
    try:
        return function()
    except errors as error:
        str(error).encode("utf-8", "backslashreplace")
        return None


def webhook(body: bytes) -> None:
    """The body of a delivery that nobody has signed yet."""
    told(lambda: read_notification(body), NotJson)


def answer(content: bytes) -> None:
    """QuickBooks' answer to a write, a batch, a read, a report, a change data capture and a ledger.

    The first byte chooses the status and whether the body says that it is gzip.
    """
    first, body = content[:1] or b"\x00", content[1:]
    if first[0] & 0x80:
        expanding = Body("gzip", MAX_BODY)
        told(lambda: (expanding.take(body), expanding.whole()), TooLarge, Unreadable)
        return
    found = Answer(STATUSES[first[0] % len(STATUSES)], {"intuit_tid": "1-2-3"}, body, 0.1)
    outcome = write_outcome(found, "invoice")
    assert isinstance(outcome, NotSent | Refusal | Done | Unknown)
    if isinstance(outcome, Done):
        told(lambda: fingerprint("Invoice", outcome.object), OddShape)
        told(lambda: item_ids(outcome.object), OddShape)
        assert is_voided(outcome.object) in (True, False)
    assert set(batch_outcome(found, ["1", "2"]).items) == {"1", "2"}
    read = told(lambda: json_of(found, Request("GET", "query")), QuickBooksError)
    if read is None:
        return
    told(lambda: parse_report(read, "GeneralLedger"), QuickBooksError)
    accounts = {"81": ("Inventory", 1)}
    told(
        lambda: read_ledger(lambda name, _: parse_report(read, name), accounts, *DAYS),
        QuickBooksError,
    )
    since = datetime(2024, 3, 1, tzinfo=UTC)
    told(lambda: read_changes(["Invoice", "Bill"], since, since, lambda *_: read, lambda _: []), QuickBooksError)


def query(content: bytes) -> None:
    """A query as the emulator is asked it."""
    text = content.decode("utf-8", "replace")
    told(lambda: parse(text), QboFault)


def csv(content: bytes) -> None:
    """A file in a folder of CSV files."""
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        folder = Path(name) / "in"
        folder.mkdir()
        (folder / "t.csv").write_bytes(content)
        told(lambda: load_folder(folder, Path(name) / "x.sqlite"), SourceError)


def settings(content: bytes) -> None:
    """A settings file."""
    text = content.decode("utf-8", "replace")
    told(lambda: settings_of(text, Path("acme.toml")), SettingsError)


def mapping(content: bytes) -> None:
    """A mapping's SELECT: it is taken apart without loss, and refused or one statement."""
    text = content.decode("utf-8", "replace")
    assert "".join(piece for piece, _ in pieces(text)) == text
    assert isinstance(Statement("t.sql", text).parameters, tuple)
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        (Path(name) / "parties.sql").write_bytes(content)
        told(lambda: load_mapping(name), SourceError)


def rows(content: bytes) -> None:
    """Whole rows of a source, from the database through `sources` into records.

    Each line is an edit of a good company: table, row, column and type by a byte each, then the value.
    """
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        file = Path(name) / "source.sqlite"
        file.write_bytes(_good_company())
        database = sqlite3.connect(file, isolation_level=None)
        database.execute("PRAGMA synchronous = OFF")
        for line in content.split(b"\n")[:20]:
            _edit(database, line)
        database.close()
        source = SqlSource(f"sqlite:///{file}")
        for read in (
            lambda: _counted(source.read_master_data(batch_size=2)),
            lambda: _counted(source.read_days(*DAYS, batch_size=2)),
            lambda: source.stock_values(DAYS[1]),
            lambda: source.changed_days(None),
            lambda: [str(problem) for problem in source.check()],
        ):
            told(read, PipelineError)
        source.close()


def _counted(batches: Any) -> None:
    for batch in batches:
        assert batch.rows_read == len(batch.records) + len(batch.set_aside)


def _edit(database: sqlite3.Connection, line: bytes) -> None:
    if len(line) < 4:
        return
    kinds = sorted(good_company())
    kind = kinds[line[0] % len(kinds)]
    columns = [column.name for column in COLUMNS[kind]]
    column, value = columns[line[2] % len(columns)], _value(TYPES[line[3] % len(TYPES)], line[4:])
    number = line[1] % (len(good_company()[kind]) + 1)
    if number == 0:
        database.execute(f"INSERT INTO {kind} ({column}) VALUES (?)", (value,))
    else:
        database.execute(f"UPDATE {kind} SET {column} = ? WHERE rowid = ?", (value, number))


def _value(type_: str, content: bytes) -> Any:
    match type_:
        case "text":
            return content.decode("utf-8", "replace")
        case "blob":
            return content
        case "integer":
            return int.from_bytes(content[:8], "big", signed=True)
        case "real":
            try:
                return float(content)
            except ValueError:
                return 1e308 * len(content)
    return None


@cache
def _good_company() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "good.sqlite"
        write_company(f"sqlite:///{file}", good_company())
        return file.read_bytes()


def _memory() -> str | None:
    """A folder in memory where there is one: a fuzzer writes thousands of small files a second."""
    return "/dev/shm" if sys.platform == "linux" and Path("/dev/shm").is_dir() else None


TARGETS: Mapping[str, Target] = {
    "webhook": webhook,
    "answer": answer,
    "query": query,
    "csv": csv,
    "settings": settings,
    "mapping": mapping,
    "rows": rows,
}
"""Each fuzzer by its name; `names.NAMES` says the same without importing what is fuzzed."""
