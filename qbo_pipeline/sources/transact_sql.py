"""SQL Server's own: what a SELECT may not hold there, how its session is opened, what its driver says.

What belongs here: Transact-SQL. It has no read-only session and needs no semicolon between two statements: so whatever
would be a second one is refused before it is sent, and each transaction is rolled back. Nothing of this has met a
server yet: the tests hold what is made here against the language's rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from qbo_pipeline.sources.errors import Problem, SourceError
from qbo_pipeline.sources.tokens import code

ODBC_DRIVER = "ODBC Driver 18 for SQL Server"
# What a URL may say besides: the driver, and how it reaches the server. `ApplicationIntent` is always ReadOnly, and
# `autocommit` would end the transaction that is to be rolled back.
OPTIONS = (
    "driver",
    "encrypt",
    "trustservercertificate",
    "multisubnetfailover",
    "authentication",
    "hostnameincertificate",
)
OPENING = (
    "SET DATEFORMAT ymd",  # else a DATETIME takes 2024-03-01 for 3 January where the login's language is British
    "SET XACT_ABORT ON",
    # A page and its lines as at one moment where the database keeps versions; elsewhere no lock is held on rows.
    (
        "IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND snapshot_isolation_state = 1) "
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT ELSE SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
    ),
)
# All of these are reserved there, so that a column of that name has to be quoted anyway.
_STATEMENTS = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|EXEC|EXECUTE|COMMIT|ROLLBACK|SAVE|BEGIN|INTO|GRANT|REVOKE"
    r"|DENY|USE|SET|DECLARE|IF|WHILE|GOTO|WAITFOR|RETURN|PRINT|RAISERROR|KILL|SHUTDOWN|RECONFIGURE|BACKUP|RESTORE|DBCC"
    r"|CHECKPOINT|BULK|OPENROWSET|OPENQUERY|OPENDATASOURCE|OPENXML|WRITETEXT|UPDATETEXT|REVERT|SETUSER)\b",
    re.IGNORECASE,
)
# Quoting that is code to one reader and text to the other: PostgreSQL's and MySQL's, and what a bracket may hide.
_READ_OTHERWISE = re.compile(r"[`$]|\[[^\]]*['\"\-/][^\]]*\]")
_WITH = re.compile(r"with\b", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:\[[^\]]*\]\s*)+")
_SUFFIX = re.compile(r"\s*(?:\(\d+\))?\s*\(SQL\w*\)\s*$")


def refuse_beyond(statements: Mapping[str, str]) -> None:
    """Raises `SourceError` for the SELECTs, by the file that holds each, that hold what is more than a SELECT there."""
    problems = []
    for where, sql in statements.items():
        if _WITH.match(sql):
            problems.append(
                Problem(
                    "a SELECT that begins with WITH is not read on SQL Server",
                    where,
                    "it stands within another SELECT, where WITH is not allowed there",
                    "Write it as a view, or as a SELECT from SELECTs",
                )
            )
        if found := _READ_OTHERWISE.search(sql):
            problems.append(
                Problem(
                    f"{found[0]!r} is not read in a SELECT for SQL Server",
                    where,
                    "it means something else in other databases, and what is a name has to be certain",
                    "Write names as \"name\" and texts as 'text', without a dollar sign and without backquotes",
                )
            )
        elif found := _STATEMENTS.search(code(sql)):
            problems.append(
                Problem(
                    f"{found[0].upper()} is no part of a SELECT",
                    where,
                    "SQL Server takes a second statement without a semicolon, and the source is only read",
                    f'Leave it out; a column of that name is written "{found[0]}"',
                )
            )
    if problems:
        raise SourceError(*problems)


def open_read_only(url: URL, seconds: int) -> Engine:
    """The engine for a URL: read-only intent, no autocommit, each transaction rolled back since nobody commits it.

    Raises `SourceError` for an option that could change that, and where Microsoft's ODBC driver is missing.
    """
    given = {name.casefold(): value for name, value in url.query.items()}
    refused = sorted(name for name in given if name not in OPTIONS)
    where = "[source] url, or the variable that url_variable names"
    if refused:
        remedy = f"Leave it out; these are taken: {', '.join(OPTIONS)}"
        raise SourceError(Problem(f"the option {refused[0]!r} is not used", where, "the source is only read", remedy))
    if not url.host or not url.database:
        remedy = "Write it as mssql://USER@HOST/DATABASE"
        raise SourceError(Problem("the source's URL is not whole", where, "host and database are needed", remedy))
    driver = str(given.pop("driver", ODBC_DRIVER))
    _need(driver)
    engine = create_engine(
        url.set(query={**{name: str(value) for name, value in given.items()}, "driver": driver}),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"autocommit": False, "readonly": True, "timeout": seconds, "ApplicationIntent": "ReadOnly"},
    )

    @event.listens_for(engine, "connect", insert=True)
    def read_only(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for statement in OPENING:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return engine


def without_preface(said: str) -> str:
    """What the server said, without the driver's names before it and the function's behind it."""
    return _SUFFIX.sub("", _PREFIX.sub("", said))


def _need(driver: str) -> None:
    remedy = f"Install unixODBC and Microsoft's {ODBC_DRIVER!r}, or name another one with ?driver=NAME"
    try:
        pyodbc: Any = import_module("pyodbc")
    except ImportError as error:
        raise SourceError(Problem("the driver for SQL Server cannot be loaded", "pyodbc", str(error), remedy)) from None
    if driver not in pyodbc.drivers():
        there = ", ".join(pyodbc.drivers()) or "none"
        raise SourceError(Problem(f"the ODBC driver {driver!r} is missing", "this machine", f"it has {there}", remedy))
