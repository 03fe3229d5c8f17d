"""A store that is there already, looked at before it is trusted; and the making of a new one.

What belongs here: whether there is a store at a URL, whether it is whole as far as can be seen at a glance, and files
that nobody else can read. A run never makes a store: an empty one knows nothing of what was posted.
"""

from __future__ import annotations

import os
import re
import sqlite3
import struct
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.store.database import Database, StoreUrlError
from qbo_pipeline.store.migrations import applied

RESTORE = (
    "Restore it from its last copy and say so with `qbo-pipeline recover` before the next run: then nothing that is in "
    "QuickBooks already is posted again"
)
_MAKE = (
    "If there never was one, `qbo-pipeline upgrade` makes it. If there was one, correct [store] url, or restore it "
    "from its last copy and say so with `qbo-pipeline recover`"
)
_MAGIC = b"SQLite format 3\x00"
_REFUSED_LOGIN = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist|"
    r"not permitted to log in|permission denied for database",
    re.IGNORECASE,
)
_UNUSABLE = re.compile(
    r"invalid (dsn|port|integer value|sslmode|\w+ value)|connection option|invalid URI", re.IGNORECASE
)
_NO_DATABASE = re.compile(r"database .* does not exist")


class NoStore(PermanentError):
    """There is no store at that place; a person must say whether one is to be made or to be restored."""


class DamagedStore(PermanentError):
    """What is there is no store, or one that is broken; a person must restore it."""


def open_store(url: str) -> Database:
    """The store at this URL, brought to this version.

    Raises `NoStore`, `DamagedStore`, `StoreUrlError` for a URL that cannot be used and a login that is refused, and
    `MigrationError`.
    """
    database = Database(url)
    try:
        look_at(database)
        database.upgrade()
    except BaseException:
        database.close()
        raise
    return database


def look_at(database: Database) -> None:
    """Raises `NoStore` or `DamagedStore` unless this is a store that looks whole."""
    if database.file is not None:
        _look_at_file(database.file)
    try:
        with database.reading() as connection:
            there = bool(applied(connection))
    except (DBAPIError, sqlite3.DatabaseError) as error:  # the latter while a connection is being made
        said = _said(error)
        if is_damage(error):
            raise DamagedStore(f"{_where(database)} is damaged ({said}). {RESTORE}.") from None
        raise _refused(database, said) or error from None
    if not there:
        raise NoStore(f"{_where(database)} has no tables of the pipeline: there is no store yet. {_MAKE}.")


def make_store(url: str) -> Database:
    """The store at this URL, made where there is none; files are readable by their owner alone."""
    database = Database(url)
    if database.file is not None and not database.file.exists():
        make_private(database.file)
    database.upgrade()
    return database


def make_private(file: Path) -> None:
    """An empty file that its owner alone may read and write; folders above it are made where they are missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def is_damage(error: BaseException) -> bool:
    """Whether an error says that a file of SQLite is broken."""
    said = _said(error)
    return "malformed" in said or "not a database" in said


def _said(error: BaseException) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).strip()


def _look_at_file(file: Path) -> None:
    where = f"the store {file}"
    if not file.exists():
        raise NoStore(f"{where} is not there. {_MAKE}.")
    if not file.is_file():
        raise DamagedStore(f"{where} is no file. Correct [store] url.")
    try:
        with file.open("rb") as opened:
            head = opened.read(100)
    except PermissionError:
        raise StoreUrlError(f"{where} may not be read by this user: give it the right, or run as its owner.") from None
    if not head:
        raise DamagedStore(f"{where} is an empty file of 0 bytes. {RESTORE}; or, if there never was one, remove it.")
    if not head.startswith(_MAGIC) or len(head) < 100:
        raise DamagedStore(f"{where} is no SQLite database. {RESTORE}; or correct [store] url.")
    # A write-ahead log may hold the pages that the file lacks, as after a disk that was full: SQLite reads them there.
    log = file.with_name(f"{file.name}-wal")
    size = file.stat().st_size + (log.stat().st_size if log.exists() else 0)
    page_size: int = struct.unpack(">H", head[16:18])[0]
    pages: int = struct.unpack(">I", head[28:32])[0]
    if size < pages * (65_536 if page_size == 1 else page_size):
        raise DamagedStore(f"{where} is cut off: it has {size:,} bytes and says that it has more. {RESTORE}.")


def _refused(database: Database, said: str) -> PermanentError | None:
    """What a person must put right about URL or login; `None` where the database may only be away."""
    if _NO_DATABASE.search(said):
        return NoStore(f"{_where(database)} is not there ({_last(said)}). {_MAKE}.")
    words = _refusal(said)
    return StoreUrlError(f"{_where(database)} {words}.") if words else None


def refusal(error: BaseException) -> str | None:
    """What a person must put right about URL or login, in words that go on after the store's name; `None` where the
    database may only be away."""
    return _refusal(_said(error))


def _refusal(said: str) -> str | None:
    if _REFUSED_LOGIN.search(said):
        return f"refuses the login ({_last(said)}). Correct user and password"
    if _UNUSABLE.search(said):
        return f"has a URL with a port or an option that its driver does not take ({_last(said)}). Correct it"
    return None


def _last(said: str) -> str:
    return said.splitlines()[-1].removeprefix("FATAL:").strip() if said else ""


def _where(database: Database) -> str:
    return f"the store {database.file or database.url.render_as_string(hide_password=True)}"
