"""What differs between the databases that a source may be: one row of a table for each.

What belongs here: SQL's words and the type numbers of the drivers. How a session is opened is in `engines.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One kind of database.

    - `title`: how people call it; `driver`: SQLAlchemy's name of the driver that reads it; `extra`: the extra of this
      package that brings that driver, where it is not there anyway.
    - `as_text`: SQL that makes text of a column; `is_a_date`: SQL that is true where a column begins as a date.
    - `floats`, `zoned`, `texts`: types in a cursor's description (most drivers have numbers, ODBC's has Python's own
      types); the first two with what people call them. `local_date`: SQL that makes a local date of what is zoned.
    - `structured`: types of what holds no single value (JSON, arrays, ranges, bytes) with their names, or
      `structured_sql`: a SELECT of `number` and `name` that finds them among `:types`.
    - `exact`: SQL by which texts are equal where each character is, and nowhere else; its order is that of pages.
    - `at_most`: SQL behind an ORDER BY that takes so many rows; `compares_rows`: whether `(a, b) > (c, d)` is SQL;
      `ids`: how many values a SELECT may be given in a list.
    - `streams_beside`: whether a connection may run SELECTs while one of its results is being read.
    - `compares_types`: whether the text `'7'` and the number `7` are never equal.
    """

    title: str
    driver: str
    as_text: str
    is_a_date: str
    local_date: str = ""
    extra: str | None = None
    floats: Mapping[Any, str] = field(default_factory=dict)
    zoned: Mapping[Any, str] = field(default_factory=dict)
    structured: Mapping[Any, str] = field(default_factory=dict)
    structured_sql: str = ""
    texts: frozenset[Any] = frozenset()
    at_most: str = "LIMIT {0}"
    compares_rows: bool = True
    ids: int = 5_000
    exact: str = "{0}"
    streams_beside: bool = True
    compares_types: bool = False


DIALECTS = {
    "postgresql": Dialect(
        title="PostgreSQL",
        driver="postgresql+psycopg2",
        as_text="CAST({0} AS VARCHAR)",
        # A year before Christ is written with BC at its end.
        is_a_date="CAST({0} AS VARCHAR) ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([^B]*)$'",
        structured_sql=(
            "SELECT oid AS number, format_type(oid, NULL) AS name FROM pg_catalog.pg_type WHERE oid IN :types "
            "AND (typcategory IN ('A', 'C', 'G', 'R') OR typcategory = 'U' AND typname <> 'uuid')"
        ),
        floats={700: "real", 701: "double precision"},
        zoned={1184: "timestamp with time zone"},
        local_date="CAST({0} AT TIME ZONE 'Europe/Madrid' AS DATE)",
    ),
    "sqlite": Dialect(
        title="SQLite",
        driver="sqlite",
        as_text="CAST({0} AS VARCHAR)",
        is_a_date="CAST({0} AS VARCHAR) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'",
        compares_types=True,
    ),
    "mysql": Dialect(
        title="MySQL or MariaDB",
        driver="mysql+pymysql",
        extra="mysql",
        as_text="CAST({0} AS CHAR)",
        is_a_date="CAST({0} AS CHAR) REGEXP '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'",
        floats={4: "FLOAT", 5: "DOUBLE"},
        zoned={7: "TIMESTAMP, which is an instant"},
        structured={16: "BIT", 245: "JSON", 255: "GEOMETRY"},
        local_date="DATE(CONVERT_TZ({0}, '+00:00', 'Europe/Madrid'))",
        texts=frozenset({252, 253, 254}),  # BLOB and TEXT, VARCHAR, CHAR
        # Most collations take `a` and `A` for one text, and `a` and `a ` too.
        exact="CAST(CONVERT({0} USING utf8mb4) AS BINARY)",
        streams_beside=False,
    ),
    "mssql": Dialect(
        title="SQL Server (untested)",
        driver="mssql+pyodbc",
        extra="mssql",
        # 121: a date and a time are written YYYY-MM-DD hh:mm:ss; a CAST would write "Mar  1 2024".
        as_text="CONVERT(NVARCHAR(4000), {0}, 121)",
        is_a_date="CONVERT(NVARCHAR(4000), {0}, 121) LIKE '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]%'",
        floats={float: "FLOAT or REAL"},
        structured={bytearray: "binary"},
        texts=frozenset({str}),
        # Most collations take `a` and `A` for one text, and all of them `a` and `a ` too.
        exact="CONVERT(VARBINARY(8000), CONVERT(NVARCHAR(4000), {0}))",
        at_most="OFFSET 0 ROWS FETCH NEXT {0} ROWS ONLY",
        compares_rows=False,
        ids=2_000,  # the protocol takes 2,100 parameters
        streams_beside=False,
    ),
}
_BACKENDS = {"mariadb": "mysql", "postgres": "postgresql"}


def dialect_of(backend: str) -> Dialect | None:
    """The dialect for the first word of a URL (without the driver); `None` for a database that is not read."""
    return DIALECTS.get(_BACKENDS.get(backend, backend))


def titles() -> str:
    """The databases that are read, for messages: the one that no test has ever met is named as such."""
    *others, last = [dialect.title for dialect in DIALECTS.values()]
    return f"{', '.join(others)} and {last}"
