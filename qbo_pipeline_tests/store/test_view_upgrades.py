"""The report views as text and over time: made with the tables, made anew when they change, in nobody's way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import inspect, text

from qbo_pipeline.sql_files import sql_folder
from qbo_pipeline.store import database as database_module
from qbo_pipeline.store import migrations as migrations_module
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.migrations import Migration, MigrationError, migrations
from qbo_pipeline.store.report_views import report_views


def views_of(database: Database) -> set[str]:
    return set(inspect(database.engine).get_view_names())


def test_views_stay_as_long_as_their_text_does(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(store_url)
    assert views_of(database) == set(report_views())
    assert database.upgrade() == []

    shorter = {
        "report_api_calls": "SELECT connection, day, 'all' AS what FROM api_calls",
        "report_new": "SELECT 1 AS one",
    }
    monkeypatch.setattr(database_module, "report_views", lambda: shorter)
    assert database.upgrade() == ["reports"]
    assert database.upgrade() == []
    assert views_of(database) == set(shorter)
    assert [column["name"] for column in inspect(database.engine).get_columns("report_api_calls")][-1] == "what"

    monkeypatch.undo()
    assert database.upgrade() == ["reports"]
    assert views_of(database) == set(report_views())
    database.close()


def test_an_up_to_date_store_opens_without_writing(store_url: str) -> None:
    open_database(store_url).close()
    database = Database(store_url)

    def write() -> Any:
        raise AssertionError("a transaction was opened")

    database.transaction = write  # type: ignore[method-assign]
    assert database.upgrade() == []
    database.close()


def test_views_do_not_stand_in_the_way_of_a_migration(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both databases refuse to drop a column that a view shows."""
    database = open_database(store_url)
    known = migrations(database.dialect)
    script = "ALTER TABLE ledger_lines DROP COLUMN memo;\nALTER TABLE ledger_lines ADD COLUMN memo TEXT;\n"
    later = [*known, Migration(len(known) + 1, "9999_memo", script)]
    for module in (database_module, migrations_module):
        monkeypatch.setattr(module, "migrations", lambda *_: later)
    assert database.upgrade() == ["9999_memo", "reports"]
    assert views_of(database) == set(report_views())
    database.close()


def test_what_others_built_on_a_view_is_not_destroyed(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(postgresql_url)
    with database.transaction() as connection:
        connection.execute(text("CREATE VIEW ours AS SELECT * FROM report_counts"))
    monkeypatch.setattr(database_module, "report_views", dict)
    with pytest.raises(MigrationError, match=r"view ours depends on view report_counts\. Drop that"):
        database.upgrade()
    assert {"ours", *report_views(None)} <= views_of(database)
    database.close()


def test_the_readme_tells_of_every_view_and_its_query_runs(database: Database) -> None:
    readme = (sql_folder("reports") / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(report_\w+)` \|", readme, re.MULTILINE)) == set(report_views())
    queries = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    assert queries
    with database.reading() as connection:
        for query in queries:
            assert connection.execute(text(query)).all() == []


@pytest.mark.parametrize("word", ["INSERT", "UPDATE", "DELETE", "FLOAT", "REAL", "DOUBLE"])
def test_views_are_exact_and_only_read(word: str) -> None:
    for name, query in report_views().items():
        code = "\n".join(line.partition("--")[0] for line in query.splitlines())
        assert not re.search(rf"\b{word}\b", code, re.IGNORECASE), name
