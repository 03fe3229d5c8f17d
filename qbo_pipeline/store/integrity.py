"""The database's own check of itself: is each page, row and index of the store as it was written?

What belongs here: what SQLite and PostgreSQL can say about that, a sentence for each thing that is not whole. Nothing
here looks at what the rows mean (`attempts.py`, `verifying.py`), and nothing is repaired.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.store.database import Database

Progress = Callable[[str, int], None]
_MOST = 20  # findings of one table that a person wants to see


@dataclass(frozen=True, slots=True)
class Checked:
    """What the database says of itself: `findings` are sentences, `limits` say what it could not look at."""

    findings: tuple[str, ...]
    limits: tuple[str, ...]

    @property
    def text(self) -> str:
        limits = "".join(f"; {limit}" for limit in self.limits)
        return (
            "; ".join(self.findings) or "every page and row can be read, every index agrees with its table"
        ) + limits


def check_integrity(database: Database, progress: Progress) -> Checked:
    """Let the database check all tables of the store; `progress` is told the table and how many were done before it.

    It reads everything once: about a second for each 200 MB of a store in SQLite. Raises what the database raises for
    anything but damage (a connection that is lost).
    """
    look = _in_sqlite if database.dialect == "sqlite" else _in_postgresql
    with database.reading() as connection:
        return look(connection, progress)


def _in_sqlite(connection: Connection, progress: Progress) -> Checked:
    """SQLite's `integrity_check`: once for each table, so that a finding names it, then for the file as a whole."""
    tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")).scalars()
    findings: list[str] = []
    for done, table in enumerate(tables.all()):
        progress(f"checking the store's table {table}", done)
        findings += [f"the table {table} is damaged: {said}" for said in _said(connection, f"('{table}')")]
    if not findings:
        progress("checking how the store's file hangs together", 0)
        findings = [f"the store's file is damaged: {said}" for said in _said(connection, "")]
    for row in connection.execute(text("PRAGMA foreign_key_check")).all() if not findings else ():
        findings.append(f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there")
    return Checked(tuple(findings[:_MOST]), ())


def _said(connection: Connection, of: str) -> list[str]:
    try:
        found = connection.exec_driver_sql(f"PRAGMA integrity_check{of}").scalars().all()
    except (DBAPIError, sqlite3.DatabaseError) as error:
        return [str(getattr(error, "orig", error))]
    lines = [line for one in found for line in str(one).splitlines() if not line.startswith("*** in database")]
    return [] if lines == ["ok"] else lines[:_MOST]


_TABLES = text("""
    SELECT pg_class.oid, relname, has_table_privilege(pg_class.oid, 'SELECT') AS readable
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname = current_schema() ORDER BY relname
""")
_INDEXES = text("""
    SELECT pg_class.oid, relname, indisvalid AND indisready AS valid, amname
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE indrelid = :of ORDER BY relname
""")


_MAY_CHECK_INDEXES = text("""
    SELECT COALESCE(has_function_privilege(to_regprocedure('bt_index_check(regclass, boolean)'), 'EXECUTE'), false)
""")


def _in_postgresql(connection: Connection, progress: Progress) -> Checked:
    """Every row is read whole, and where the extension amcheck may be used each index is held against its table.

    PostgreSQL itself checks a page as it reads it: its checksum where the cluster keeps them, else its head alone.
    """
    findings: list[str] = []
    unread: list[str] = []
    with_indexes = bool(connection.execute(_MAY_CHECK_INDEXES).scalar_one())
    for done, (oid, table, readable) in enumerate(connection.execute(_TABLES).all()):
        progress(f"checking the store's table {table}", done)
        if not readable:
            unread.append(table)
            continue
        # As text, or values that are kept beside their row would not be read.
        whole = text(f'SELECT SUM(LENGTH(whole::text)) FROM "{table}" AS whole')  # noqa: S608  the database's own name
        findings += _fails(connection, whole, {}, f"the table {table}")
        for index, name, valid, method in connection.execute(_INDEXES, {"of": oid}).all():
            where = f"the index {name} of {table}"
            if not valid:
                findings.append(f"{where} is not valid: REINDEX INDEX {name}")
            elif with_indexes and method == "btree":
                check = text("SELECT bt_index_check(CAST(:index AS regclass), true)")
                findings += _fails(connection, check, {"index": index}, where)
    limits = [f"not looked at, because this login may not read it: {', '.join(unread)}"] if unread else []
    if not with_indexes:
        limits.append("indexes were not held against their tables: that takes the extension amcheck, and a right to it")
    if connection.execute(text("SHOW data_checksums")).scalar_one() != "on":
        limits.append(
            "PostgreSQL keeps no checksums here, so that a value that changed on the disk looks like any other"
        )
    return Checked(tuple(findings[:_MOST]), tuple(limits))


def _fails(connection: Connection, query: TextClause, values: Mapping[str, int], where: str) -> list[str]:
    """What the database says while it answers, and nothing where it answers."""
    try:
        with connection.begin_nested():
            connection.execute(query, values)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return [f"{where} is damaged: {str(error.orig).strip().splitlines()[0]}"]
    return []
