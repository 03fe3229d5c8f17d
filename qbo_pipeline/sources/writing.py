"""Whether the login by which a source is read could write: the session forbids it, a right withheld is better.

What belongs here: the question to each kind of database. A SELECT may reach further than its session where it calls
what opens another one (`dblink`), so nothing but the login's own rights is a proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import Connection, text

from qbo_pipeline.sources.errors import Problem

_POSTGRESQL = text(r"""
    SELECT
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
        (
            SELECT COUNT(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE relkind IN ('r', 'p', 'f') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%'
              AND has_table_privilege(pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        ) AS writable,
        (
            SELECT COUNT(*) FROM pg_proc
            WHERE proname IN ('dblink', 'dblink_exec', 'dblink_connect', 'dblink_send_query')
              AND has_function_privilege(oid, 'EXECUTE')
        ) AS links
""")
_MYSQL_READS = {"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS", "REPLICATION CLIENT", "BINLOG MONITOR"}
_MYSQL_GRANT = re.compile(r"GRANT (.*?) ON ", re.IGNORECASE)
_COLUMNS = re.compile(r"\([^)]*\)")

_MSSQL = text("""
    SELECT
        IS_SRVROLEMEMBER('sysadmin') AS administrator,
        (
            SELECT COUNT(*) FROM sys.tables
            WHERE 1 IN (
                HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(schema_id)) + '.' + QUOTENAME(name), 'OBJECT', 'INSERT'),
                HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(schema_id)) + '.' + QUOTENAME(name), 'OBJECT', 'UPDATE'),
                HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(schema_id)) + '.' + QUOTENAME(name), 'OBJECT', 'DELETE')
            )
        ) AS writable
""")
_MSSQL_RIGHTS = text("""
    SELECT permission_name FROM fn_my_permissions(NULL, 'DATABASE')
    WHERE permission_name NOT IN ('CONNECT', 'SELECT') AND permission_name NOT LIKE 'VIEW %'
""")


def able_to_write(connection: Connection, shown: str) -> list[Problem]:
    """A warning for a login that has more rights than reading takes; nothing where it has not."""
    ask = _QUESTIONS.get(connection.dialect.name)
    why = ask(connection) if ask else None
    if why is None:
        return []
    remedy = "Read with a login of its own that has SELECT on the tables of the mapping and no other right"
    return [Problem("the source's login could write", shown, why, remedy, severity="warning")]


def _of_postgresql(connection: Connection) -> str | None:
    found = connection.execute(_POSTGRESQL).one()
    if found.superuser:
        return "it is a superuser"
    if found.writable:
        return f"it has the right to change {found.writable} table{'s' * (found.writable > 1)}"
    return "it may open other sessions with dblink" if found.links else None


def _of_mysql(connection: Connection) -> str | None:
    rights: set[str] = set()
    for line in connection.execute(text("SHOW GRANTS")).scalars():
        if granted := _MYSQL_GRANT.match(line):
            rights |= {right.strip().upper() for right in _COLUMNS.sub("", granted[1]).split(",")}
    more = sorted(rights - _MYSQL_READS)
    return f"it has the right to {', '.join(more[:5])}" if more else None


def _of_mssql(connection: Connection) -> str | None:
    found = connection.execute(_MSSQL).one()
    if found.administrator:
        return "it is a sysadmin"
    more = sorted(connection.execute(_MSSQL_RIGHTS).scalars())
    if more:
        return f"it has the right to {', '.join(more[:5])} in the whole database"
    return f"it has the right to change {found.writable} table{'s' * (found.writable > 1)}" if found.writable else None


_QUESTIONS: dict[str, Callable[[Connection], str | None]] = {
    "postgresql": _of_postgresql,
    "mysql": _of_mysql,
    "mssql": _of_mssql,
}
