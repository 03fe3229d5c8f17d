"""A source that is a folder of CSV files, one file a table: loaded into a SQLite file, then read like any database.

What belongs here: the loading. All columns are text, an empty field is NULL, and a table is loaded again only when
its file changed. The mapping and all rules are those of `sql.py`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import DEFAULT_BUFFER_SIZE, TextIOWrapper
from itertools import islice
from pathlib import Path

from qbo_pipeline.bounded_files import make_private, open_bounded
from qbo_pipeline.sources.csv_lines import BoundedLines
from qbo_pipeline.sources.errors import Problem, SourceError, SourceFailure, SourceUnavailable, did_you_mean
from qbo_pipeline.sources.source import Batch, ChangedDays, StockValue
from qbo_pipeline.sources.sql import DATED_TYPES, SqlSource

_ROWS_AT_ONCE = 500  # of perhaps a hundred columns: a table is not held
_LARGEST_FIELD = 16 * 1024 * 1024
LARGEST_FILE = 4 * 1024**3
"""The most bytes of one file; more is a file system's trick or belongs in a database."""
_LOADED = "_loaded_files"
_LOCK_SECONDS = 60
# What SQLite says where nothing is wrong with the file that it keeps, and what to do then.
_PASSING = {"locked": "Run it again", "disk is full": "Make room there and run the same again"}


class CsvFolderSource:
    """A folder of CSV files (UTF-8, a header line, comma, quotes doubled) read through a mapping.

    `cache` is the folder where the SQLite file is kept (by default the system's temporary folder); a folder that has
    not changed is not loaded again. Files are looked at anew at the beginning of every call, so that one which was
    replaced is read. Raises `SourceError` where the folder is missing, a file cannot be read, or a row has another
    number of fields than the header.
    """

    def __init__(
        self,
        path: Path,
        mapping: str | None = None,
        parameters: Mapping[str, str | Sequence[str]] | None = None,
        cache: Path | None = None,
    ) -> None:
        self._path = Path(path)
        self._mapping = mapping
        self._parameters = dict(parameters or {})
        folder = cache or Path(tempfile.gettempdir()) / "qbo_pipeline"
        name = hashlib.sha256(str(self._path.resolve()).encode()).hexdigest()[:16]
        self._database = folder / f"csv_{name}.sqlite"
        self._sql: SqlSource | None = None

    def __repr__(self) -> str:
        return f"CsvFolderSource({str(self._path)!r}, mapping={self._mapping!r})"

    def read_days(
        self, first: date, last: date, *, batch_size: int, record_types: Collection[str] = DATED_TYPES
    ) -> Iterator[Batch]:
        """As `SqlSource.read_days`."""
        return self._loaded().read_days(first, last, batch_size=batch_size, record_types=record_types)

    def existing(self, record_type: str, ids: Sequence[str]) -> set[str]:
        """As `SqlSource.existing`."""
        return self._loaded().existing(record_type, ids)

    def read_master_data(self, *, batch_size: int) -> Iterator[Batch]:
        """As `SqlSource.read_master_data`."""
        return self._loaded().read_master_data(batch_size=batch_size)

    def stock_values(self, as_at: date) -> list[StockValue]:
        """As `SqlSource.stock_values`."""
        return self._loaded().stock_values(as_at)

    def changed_days(self, since: str | None) -> ChangedDays:
        """As `SqlSource.changed_days`."""
        return self._loaded().changed_days(since)

    def check(self) -> list[Problem]:
        """As `SqlSource.check`, and what stops the loading of the files."""
        try:
            return self._loaded().check()
        except SourceFailure as error:
            return error.problems

    def close(self) -> None:
        """Give back connections; the loaded file stays for the next time."""
        if self._sql is not None:
            self._sql.close()
            self._sql = None

    def _loaded(self) -> SqlSource:
        changed = load_folder(self._path, self._database)
        if changed:
            self.close()
        if self._sql is None:
            shown = f"the folder {self._path}"
            url = f"sqlite:///{self._database}"
            self._sql = SqlSource(url, self._mapping, self._parameters, shown=shown, files=True)
        return self._sql


def load_folder(folder: Path, database: Path) -> list[str]:
    """Bring the SQLite file up to date with the folder's CSV files; the names of the tables that changed.

    A file is the same when its size and time are, or else its content. All changes become visible at once; when a
    file cannot be read nothing changes. Raises `SourceUnavailable` where another process keeps the file too long.
    """
    files = _csv_files(folder)
    try:
        make_private(database)
        return _load_files(files, database)
    except (OSError, sqlite3.Error) as error:
        passing = next((word for word in _PASSING if word in str(error)), None)
        remedy = _PASSING.get(passing or "", "See that the folder can be written and has room; the file may be deleted")
        problem = Problem("cannot keep the loaded CSV files", str(database), str(error), remedy)
        raise (SourceUnavailable if passing else SourceError)(problem) from error


def _load_files(files: Mapping[str, Path], database: Path) -> list[str]:
    connection = sqlite3.connect(database, isolation_level=None, timeout=_LOCK_SECONDS)
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            changed = _load_changed(connection, files)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return changed
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class _Loaded:
    size: int
    changed: int  # the file's modification time in nanoseconds
    digest: str


def _csv_files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        beside = [path.name for path in folder.parent.iterdir() if path.is_dir()] if folder.parent.is_dir() else []
        remedy = f"Correct [source] path; {did_you_mean(folder.name, beside, 'folders')}"
        raise SourceError(Problem("no folder of CSV files", str(folder), "there is no such folder", remedy))
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"]
    if not files:
        remedy = (
            "Put one file for each kind of row there, named as the contract (sql/source/contract.md) or the mapping's "
            "SELECTs name it: parties.csv, products.csv"
        )
        raise SourceError(Problem("no CSV file", str(folder), "the folder holds no file that ends in .csv", remedy))
    by_name: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in files:
        twin = by_name.setdefault(path.stem.casefold(), path)
        if twin is not path:
            why = "capital letters do not tell tables apart, and neither does the ending"
            remedy = "Leave one of them in the folder"
            problems.append(Problem(f"{twin.name!r} and {path.name!r} are one table", str(folder), why, remedy))
        elif not _can_name_a_table(path.stem):
            why = "this name cannot be a table's"
            problems.append(Problem(f"the file name {path.name!r}", str(folder), why, "Rename the file"))
    if problems:
        raise SourceError(*problems)
    return {path.stem: path for path in files}


def _can_name_a_table(stem: str) -> bool:
    reserved = stem.casefold() == _LOADED or stem.casefold().startswith("sqlite_")
    return stem.isprintable() and not reserved  # bytes that are no UTF-8 are not printable either


def _load_changed(connection: sqlite3.Connection, files: Mapping[str, Path]) -> list[str]:
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_LOADED} (name TEXT PRIMARY KEY, size INT, changed INT, digest TEXT)"
    )
    before = {row[0]: _Loaded(*row[1:]) for row in connection.execute(f"SELECT * FROM {_LOADED}")}
    changed: list[str] = []
    problems: list[Problem] = []
    for name in sorted(set(before) - set(files)):
        connection.execute(f"DROP TABLE {_quoted(name)}")
        connection.execute(f"DELETE FROM {_LOADED} WHERE name = ?", (name,))
        changed.append(name)
    for name, path in files.items():
        try:
            found = path.stat()
            known = before.get(name)
            if known and (known.size, known.changed) == (found.st_size, found.st_mtime_ns):
                continue
            digest = _digest(path)
            if known is None or known.digest != digest:
                _load_table(connection, name, path)
                changed.append(name)
        except OSError as error:
            problems.append(_unreadable(path, error))
            continue
        except SourceError as error:
            problems += error.problems
            continue
        row = (name, found.st_size, found.st_mtime_ns, digest)
        connection.execute(f"INSERT OR REPLACE INTO {_LOADED} VALUES (?, ?, ?, ?)", row)
    if problems:
        raise SourceError(*problems)
    return changed


def _load_table(connection: sqlite3.Connection, name: str, path: Path) -> None:
    table = _quoted(name)
    rows = _rows(path)
    header = [column.strip() for column in next(rows, [])]
    if problem := _problem_of(header, path):
        raise SourceError(problem)
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE TABLE {table} ({', '.join(f'{_quoted(column)} TEXT' for column in header)})")
    insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(header))})"
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        connection.executemany(insert, [[field or None for field in row] for row in chunk])
    for column in header:
        if column.casefold().endswith("_id"):
            index = _quoted(f"{name}.{column}")
            connection.execute(f"CREATE INDEX {index} ON {table} ({_quoted(column)})")


_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def _problem_of(header: Sequence[str], path: Path) -> Problem | None:
    """What is wrong with the first line, as a spreadsheet program writes it."""
    place, export = f"{path}, line 1", "Export the file again as CSV with commas, in UTF-8"
    if header and header[0].casefold().startswith("sep="):
        why = "a spreadsheet program wrote it for itself: the column names belong there"
        return Problem("the first line names a separator", place, why, "Take that line out")
    for mark, name in _SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            remedy = f"{export}: spreadsheet programs write {name} where the system's own list separator is one"
            return Problem(f"the columns are separated by {name}", place, "commas are expected", remedy)
    if not header or not all(header):
        why = "its first line has to name every column"
        return Problem("no header", str(path), why, "Add the column names as the first line")
    twice = [name for n, name in enumerate(header) if name.casefold() in (one.casefold() for one in header[:n])]
    if twice:
        why = "capital letters do not tell columns apart"
        return Problem(f"the column {twice[0]} is there twice", place, why, "Rename one of them, or leave it out")
    return None


def _rows(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(_LARGEST_FIELD)
    width = 0
    reader = None
    try:
        with open_bounded(path, LARGEST_FILE, inside=path.parent) as file:
            lines = BoundedLines(TextIOWrapper(file, encoding="utf-8-sig", newline=""))
            reader = csv.reader(lines, strict=True)
            for row in reader:
                lines.begin_row()
                width = width or len(row)
                if len(row) != width and row:
                    raise SourceError(
                        Problem(
                            f"a row has {len(row)} fields, the header {width}",
                            f"{path}, line {reader.line_num}",
                            "the row is cut off, or a comma or line break in a field is not in quotes",
                            "Export the file again",
                        )
                    )
                if row:
                    yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        number = (
            _line_of_other_text(path) if isinstance(error, UnicodeDecodeError) else reader.line_num if reader else 0
        )
        line = f", line {number}" if number else ""
        raise SourceError(_unreadable(path, error, line)) from error


def _unreadable(path: Path, error: Exception, line: str = "") -> Problem:
    remedy = "Export the file again as CSV in UTF-8"
    if isinstance(error, OSError):
        remedy = "Put a plain file in its place that this user may read, of at most 4 GiB"
    return Problem("unreadable CSV file", f"{path}{line}", _why(error), remedy)


def _line_of_other_text(path: Path) -> int:
    """The first line that is not in UTF-8, counted from 1: a file is decoded ahead of the rows that are read."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with open_bounded(path, LARGEST_FILE, inside=path.parent) as file:
        try:
            while chunk := file.read(DEFAULT_BUFFER_SIZE):
                line += decoder.decode(chunk).count("\n")
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].count(b"\n")
    return line


def _why(error: Exception) -> str:
    """What was wrong with a file, without the words of a program."""
    if isinstance(error, UnicodeDecodeError):
        return f"the byte {error.object[error.start]:#04x} is not text in UTF-8"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


def _digest(path: Path) -> str:
    with open_bounded(path, LARGEST_FILE, inside=path.parent) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
