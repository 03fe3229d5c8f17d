"""Who may do what in a store on PostgreSQL: a night under logins that own nothing, and what each login is refused."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from qbo_pipeline.pipeline.counts import broken_counts, open_postings
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.settings import SettingsError, load_settings
from qbo_pipeline.store import tables
from qbo_pipeline.store.attempts import AttemptLine, append
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.migrations import MigrationError, migrations
from qbo_pipeline.store.report_views import report_views
from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, STOCK_VALUE, Shop, open_shop
from qbo_pipeline_tests.store.logins import logins

for module in pkgutil.iter_modules(tables.__path__, tables.__name__ + "."):
    importlib.import_module(module.name)

TABLES = {*metadata.tables, "schema_migrations"}
# What may go is a copy that is read or worked out anew; all else is evidence.
REPLACED = {
    "reads", "stock_lines", "bill_matches", "record_references", "reference_data", "account_names", "watermarks",
    "posting_links", "ledger_lines", "ledger_windows", "ledger_balances", "webhook_hints", "settings_comparisons",
    "posting_copies", "page_sessions", "agreements", "attached_files", "two_way_kinds", "two_way_differences",
    "entered_by_others",
}  # fmt: skip
VAULT = {"tokens", "token_versions"}
WRITTEN_ONCE = {
    "record_revisions", "posting_effects", "attempts", "reconciliations", "differences", "sign_offs",
    "exchange_rates", "schema_migrations", "page_grants", "settings_versions",
}  # fmt: skip


@pytest.fixture
def urls(postgresql_url: str) -> Iterator[dict[str, str]]:
    """The URL of a login for each role, on an empty store."""
    with logins(postgresql_url) as found:
        yield found


def refused(url: str, statement: str) -> bool:
    """Whether PostgreSQL refuses the statement for want of the right; what else goes wrong is raised."""
    database = Database(url)
    try:
        with database.transaction() as connection:
            connection.execute(text(statement))
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) != "42501":
            raise
        return True
    finally:
        database.close()
    return False


def may(url: str, right: str) -> set[str]:
    """The tables and views on which a login has a right."""
    database = Database(url)
    with database.reading() as connection:
        found = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) "
                "AND relkind IN ('r', 'v') AND has_table_privilege(oid, :right)"
            ),
            {"right": right},
        )
        names = set(found.scalars())
    database.close()
    return names


def test_a_night_under_logins_that_own_nothing(
    tmp_path: Path, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, store_url=urls["poster"])
        with shop.run() as run, pytest.raises(ProgrammingError, match="table tokens") as without:
            run.quickbooks()
        point_to(shop.settings, "[store]", '[store]\ntokens_url_variable = "SHOP_TOKENS_URL"')
        monkeypatch.setenv("SHOP_TOKENS_URL", urls["tokens"])
        with shop.run() as run:
            first = carry(run, FIRST_DAY, LAST_DAY)
        shop.change("UPDATE documents SET due_date = '2024-04-30' WHERE document_id = 'b1'")
        with shop.run() as run:
            second = carry(run, FIRST_DAY, LAST_DAY)
            assert open_postings(run) == broken_counts(run) == []
            assert verify_attempts(run).intact

    assert (first.result.stock_value, first.result.ledger_balance) == (STOCK_VALUE, STOCK_VALUE)
    assert (second.result.difference, second.result.unexplained) == (0, 0)
    assert first.touched["posted"] >= 10
    failure = plain_failure(without.value)
    assert failure is not None
    assert not failure.transient
    assert "tokens_url_variable" in failure.text


def test_the_poster_deletes_nothing_that_is_evidence(urls: dict[str, str]) -> None:
    assert may(urls["poster"], "SELECT") == TABLES - VAULT
    assert may(urls["poster"], "DELETE") == REPLACED
    assert may(urls["poster"], "INSERT") == TABLES - VAULT - {"exchange_rates", "schema_migrations"}
    assert may(urls["poster"], "UPDATE").isdisjoint(WRITTEN_ONCE | VAULT)
    assert may(urls["poster"], "TRUNCATE") == set()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM tokens",
        "SELECT count(*) FROM tokens",
        "SELECT * FROM token_versions",
        "INSERT INTO tokens SELECT * FROM tokens",
        "DELETE FROM postings",
        "DELETE FROM attempts",
        "DELETE FROM records",
        "UPDATE attempts SET why = 'never'",
        "UPDATE reconciliations SET unexplained = 0",
        "TRUNCATE attempts",
        "CREATE TABLE mine (id INTEGER)",
        "ALTER TABLE attempts DISABLE TRIGGER ALL",
        "UPDATE schema_migrations SET digest = ''",
        "GRANT qbo_pipeline_tokens TO CURRENT_USER",
    ],
)
def test_the_poster_is_refused(urls: dict[str, str], statement: str) -> None:
    assert refused(urls["poster"], statement)


def test_the_login_of_the_tokens_sees_nothing_else(urls: dict[str, str]) -> None:
    for right in ("SELECT", "INSERT", "UPDATE"):
        assert may(urls["tokens"], right) == VAULT, right
    assert may(urls["tokens"], "DELETE") == {"tokens"}, "the counter stays, or an older row could be put back"
    assert refused(urls["tokens"], "CREATE TABLE mine (id INTEGER)")


def test_the_reporter_reads_the_views_and_no_table(urls: dict[str, str]) -> None:
    assert may(urls["reporter"], "SELECT") == set(report_views())
    for right in ("INSERT", "UPDATE", "DELETE"):
        assert may(urls["reporter"], right) == set(), right
    for view in report_views():
        assert not refused(urls["reporter"], f"SELECT * FROM {view}")
    for table in sorted(TABLES):
        assert refused(urls["reporter"], f"SELECT * FROM {table}"), table


@pytest.mark.parametrize(
    "statement", ["TRUNCATE attempts", "DELETE FROM attempts", "UPDATE attempts SET why = 'never'"]
)
def test_even_the_owner_cannot_change_the_journal(postgresql_url: str, statement: str) -> None:
    database = open_database(postgresql_url)
    line = AttemptLine(key="document/1", revision=1, event="intended", state="ready", fence=0)
    with database.transaction() as connection:
        append(connection, "acme", datetime(2026, 1, 1, tzinfo=UTC), [line])
    with pytest.raises(DBAPIError, match="append-only"):
        as_owner(postgresql_url, statement)
    database.close()


def as_owner(url: str, *statements: str) -> str:
    """Run statements as the owner of the store and answer the owner's name."""
    database = Database(url)
    try:
        with database.transaction() as connection:
            for statement in statements:
                connection.execute(text(statement))
            name: str = connection.execute(text("SELECT current_user")).scalar_one()
            return name
    finally:
        database.close()


def test_a_login_that_may_not_migrate_is_told_who_may(postgresql_url: str, urls: dict[str, str]) -> None:
    last = max(migration.number for migration in migrations("postgresql"))
    owner = as_owner(postgresql_url, f"DELETE FROM schema_migrations WHERE number = {last}")
    expected = (
        rf"the store is at migration {last - 1:04d}, this version needs {last:04d}: it belongs to {owner}, and "
        rf"test_\w+_poster may not change it\. Run `qbo-pipeline upgrade` with the owner's URL"
    )
    with pytest.raises(MigrationError, match=expected):
        open_database(urls["poster"])


def test_a_login_without_any_right_is_told_so(urls: dict[str, str], postgresql_url: str) -> None:
    as_owner(postgresql_url, f"REVOKE ALL ON SCHEMA {schema(postgresql_url)} FROM qbo_pipeline_poster")
    with pytest.raises(MigrationError, match=r"the store has no tables.* or not for this login"):
        open_database(urls["poster"])


def schema(url: str) -> str:
    """The schema of a test."""
    return url.rpartition("search_path%3D")[2]


def test_views_of_another_version_keep_nobody_from_posting(
    postgresql_url: str, urls: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    as_owner(postgresql_url, "UPDATE schema_migrations SET digest = 'another' WHERE number = 0")
    with caplog.at_level(logging.WARNING):
        open_database(urls["poster"]).close()
    assert "the store has report views of another version" in caplog.text
    # The owner's upgrade makes the views anew, and the roles keep their rights on what is new.
    owner = Database(postgresql_url)
    assert owner.upgrade() == ["reports", "roles"]
    owner.close()
    assert not refused(urls["reporter"], "SELECT * FROM report_counts")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        open_database(urls["poster"]).close()
    assert caplog.text == ""


def test_rights_that_would_not_hold_are_not_given(postgresql_url: str, urls: dict[str, str]) -> None:
    as_owner(postgresql_url, f"GRANT CREATE ON SCHEMA {schema(postgresql_url)} TO qbo_pipeline_poster")
    owner = Database(postgresql_url)
    with pytest.raises(MigrationError, match="everybody may create tables in the schema test_"):
        owner.upgrade(grant_roles=True)
    owner.close()


def test_rights_are_given_by_the_owner_alone(urls: dict[str, str]) -> None:
    poster = Database(urls["poster"])
    with pytest.raises(MigrationError, match=r"permission denied for .*\. The owner of the tables does it"):
        poster.upgrade(grant_roles=True)
    poster.close()


def test_sqlite_has_no_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with pytest.raises(MigrationError, match="no roles"):
        database.upgrade(grant_roles=True)
    database.close()

    shop = open_shop(tmp_path, None)
    point_to(shop.settings, "[store]", '[store]\ntokens_url_variable = "SHOP_TOKENS_URL"')
    monkeypatch.delenv("SHOP_TOKENS_URL", raising=False)
    with pytest.raises(SettingsError, match="tokens_url_variable names SHOP_TOKENS_URL, which is not set"):
        use_tokens(shop)
    for url in ("postgresql://tokens@127.0.0.1/store", "no url at all", "mysql://u:hunter2@h/d"):
        monkeypatch.setenv("SHOP_TOKENS_URL", url)
        with pytest.raises(SettingsError, match="a store in SQLite has no users") as refusal:
            use_tokens(shop)
        assert "hunter2" not in str(refusal.value)


def use_tokens(shop: Shop) -> None:
    with open_run(load_settings(shop.settings)) as run:
        run.quickbooks()
