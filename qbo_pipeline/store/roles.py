"""Who may do what in a store on PostgreSQL: giving the group roles of `sql/store/roles/` their rights.

SQLite has no roles: who may read the file may read the store.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.sql_files import sql_folder
from qbo_pipeline.store.migrations import MigrationError, run_script

NOT_PERMITTED = "42501"  # PostgreSQL's insufficient_privilege
_RAISED = "P0001"


@dataclass(frozen=True, slots=True)
class Login:
    """Who is asking, and whether it may change the tables; `owner` is None where there are none that it can see."""

    name: str
    owner: str | None
    may_migrate: bool


def login(connection: Connection) -> Login:
    """The login of a connection to PostgreSQL, as the one that would migrate the store."""
    row = connection.execute(
        text(
            "SELECT current_user AS name, pg_get_userbyid(relowner) AS owner, "
            "CASE WHEN relowner IS NOT NULL THEN pg_has_role(relowner, 'USAGE') "
            "ELSE coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) END AS may_migrate "
            "FROM (SELECT 1) AS once LEFT JOIN pg_class ON pg_class.oid = to_regclass('schema_migrations')"
        )
    ).one()
    return Login(row.name, row.owner, row.may_migrate)


def reason(error: DBAPIError) -> str:
    """What PostgreSQL itself says, with its details and its hint, in one line and without the statement."""
    said = getattr(error.orig, "diag", None)
    parts = [said.message_primary, said.message_detail, said.message_hint] if said else [str(error.orig)]
    return "; ".join(" ".join(part.split()) for part in parts if part)


def are_granted(connection: Connection) -> bool:
    """Whether the roles were given their rights in this store."""
    granted: bool = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'qbo_pipeline_poster' "
            "AND has_table_privilege(rolname, to_regclass('schema_migrations'), 'SELECT'))"
        )
    ).scalar_one()
    return granted


def grant(connection: Connection) -> None:
    """Make the group roles where they are missing, and give them their rights anew.

    Raises `MigrationError` where the login may not, or where everybody could still create tables.
    """
    script = (sql_folder("store", "roles") / "postgresql.sql").read_text(encoding="utf-8")
    try:
        run_script(connection, "postgresql", script)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) not in (NOT_PERMITTED, _RAISED):
            raise
        raise MigrationError(
            f"the roles cannot be given their rights: {reason(error)}. The owner of the tables does it; "
            "where the roles do not exist yet, it needs the right to create roles, or an administrator makes them first"
        ) from None
