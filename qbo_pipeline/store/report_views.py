"""The report views: one SELECT a file in `sql/reports/`, the file's name the view's; dropped and made anew together.

Views hang on tables, so they are out of the way while tables change: an upgrade drops them first and makes them last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.sql_files import sql_folder
from qbo_pipeline.store.migrations import Applied, MigrationError

PREFIX = "report_"
NUMBER = 0  # of the views among the migrations: what is read to compare these is read for the views too
_DEPENDED_ON = "2BP01"  # PostgreSQL's dependent_objects_still_exist


def report_views(folder: Path | None = None) -> dict[str, str]:
    """The SELECT of each view, by its name."""
    files = sorted((folder or sql_folder("reports")).glob(f"{PREFIX}*.sql"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def applied_as(views: Mapping[str, str]) -> Applied:
    """What is remembered of these views once they are made."""
    digest = hashlib.sha256()
    for name, query in sorted(views.items()):
        digest.update(f"{name}\0{query}\0".encode())
    return Applied("reports", digest.hexdigest())


def drop_views(connection: Connection) -> None:
    """Drop every view of ours; raises `MigrationError` where somebody has built another view on one."""
    names = [name for name in inspect(connection).get_view_names() if name.startswith(PREFIX)]
    # PostgreSQL takes them together, whichever is built on which; SQLite takes one at a time and does not ask.
    together = [", ".join(names)] if names and connection.dialect.name == "postgresql" else names
    for some in together:
        try:
            connection.exec_driver_sql(f"DROP VIEW {some}")
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != _DEPENDED_ON:
                raise
            what = error.orig.diag.message_detail  # type: ignore[union-attr]  # psycopg2's
            raise MigrationError(
                f"the report views change, and something else is built on them: {what}. Drop that, upgrade, and make "
                "it again on the new views"
            ) from None


def create_views(connection: Connection, views: Mapping[str, str]) -> None:
    """Make the views; none may be there yet."""
    for name, query in views.items():
        options = {"no_parameters": True}  # a % is a %
        connection.exec_driver_sql(f"CREATE VIEW {name} AS\n{query}", execution_options=options)
