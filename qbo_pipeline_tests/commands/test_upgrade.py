"""`qbo-pipeline upgrade`: what it applied, in which database, and that there is nothing to do a second time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect

from qbo_pipeline.store.database import Database
from qbo_pipeline.store.migrations import migrations
from qbo_pipeline.store.report_views import report_views
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.shop import open_shop


def test_upgrade_makes_tables_and_views_and_says_which(tmp_path: Path, store_url: str, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None, store_url=store_url, with_store=False)
    first = qbo("upgrade", "--settings", shop.settings)
    again = qbo("upgrade", "--settings", shop.settings)
    as_json = qbo("upgrade", "--settings", shop.settings, "--json")

    names = [migration.name for migration in migrations("sqlite")]
    assert first.status == again.status == as_json.status == 0
    assert first.out.splitlines() == [*(f"applied {name}" for name in names), "applied reports"]
    assert again.out == "nothing to do: the store is of this version\n"
    assert as_json.json == {"applied": []}
    database = Database(store_url)
    assert set(inspect(database.engine).get_view_names()) == set(report_views())
    database.close()


def test_roles_are_given_on_postgresql_as_often_as_one_likes(
    tmp_path: Path, postgresql_url: str, qbo: CommandLine
) -> None:
    shop = open_shop(tmp_path, None, store_url=postgresql_url, with_store=False)
    first = qbo("upgrade", "--roles", "--settings", shop.settings, "--json")
    again = qbo("upgrade", "--roles", "--settings", shop.settings, "--json")

    assert (first.status, again.status) == (0, 0), first.err
    assert first.json["applied"][-2:] == ["reports", "roles"]
    assert again.json == {"applied": ["roles"]}


def test_sqlite_has_no_roles_to_give(tmp_path: Path, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None)
    answer = qbo("upgrade", "--roles", "--settings", shop.settings)

    assert answer.status == 2
    assert answer.err.splitlines()[0] == "a store in SQLite has no roles: who may read the file may read the store"
