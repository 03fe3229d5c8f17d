"""Bad input through the command: the plain error that a person needs, an honest exit status, and nothing lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import stamina
from sqlalchemy import Engine, create_engine, text

from qbo_pipeline.pipeline.counts import broken_counts, day_counts, total_counts
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.run import no_progress
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.errors import SourceUnavailable
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import NOBODY, point_to, rows, write_connection
from qbo_pipeline_tests.pipeline.food_and_beverage import SOURCE, us_settings
from qbo_pipeline_tests.pipeline.shop import (
    DATED,
    DAYS,
    FIRST_DAY,
    LAST_DAY,
    STOCK_VALUE,
    Shop,
    open_shop,
    shop_rows,
    write_csv,
)

PERMANENT, TRANSIENT = 2, 3


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """`qbo-pipeline` with arguments."""
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop, nothing of it read yet."""
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)


# what is changed in the source's schema, and the words of the error
SCHEMA = [
    ("DROP TABLE movement_lines", ["movement_lines missing", "sql/source/contract.md"]),
    ("ALTER TABLE movements RENAME COLUMN number TO nummer", ["number", "movements"]),
    ("ALTER TABLE documents DROP COLUMN currency", ["currency", "documents"]),
]


@pytest.mark.parametrize(("statement", "words"), SCHEMA, ids=[statement for statement, _ in SCHEMA])
def test_a_missing_table_or_column_stops_the_run_and_loses_nothing(
    shop: Shop, qbo: CommandLine, statement: str, words: list[str]
) -> None:
    """What was posted before stays as it is, and the days that could not be read are not taken for empty ones."""
    settings = ("--settings", shop.settings)
    assert qbo("run", *DAYS, *settings).status == 0
    with shop.run() as run:
        before = total_counts(day_counts(run))
    shop.change(statement)
    answer = qbo("run", *DAYS, *settings)

    assert answer.status == PERMANENT
    for word in words:
        assert word in answer.plain
    assert "Traceback" not in answer.err
    with shop.run() as run:
        assert broken_counts(run) == []
        assert rows(run, "SELECT * FROM records WHERE vanished_at IS NOT NULL") == []
        assert total_counts(day_counts(run)).keys() == before.keys()
        assert all(row["posted"] == before[name]["posted"] for name, row in total_counts(day_counts(run)).items())


def test_a_missing_table_of_the_erp_names_the_nearest(template: Path, tmp_path: Path, qbo: CommandLine) -> None:
    """A mapped source: the error names the ERP's own table and column, and what there is instead."""
    (tmp_path / SOURCE).write_bytes((template / SOURCE).read_bytes())
    values = us_settings(source_url=f"sqlite:///{SOURCE}")
    file = write_connection(tmp_path, "fb_us", None, **values)
    for statement, missing, near in (
        ("ALTER TABLE M_MATCHINV RENAME COLUMN C_INVOICELINE_ID TO C_INVOICE_LINE", "C_INVOICELINE_ID", "did you mean"),
        ("ALTER TABLE M_MATCHINV RENAME TO M_MATCHINVOICE", "no table M_MATCHINV", "did you mean 'M_MATCHINVOICE'?"),
    ):
        with closing(sqlite3.connect(tmp_path / SOURCE)) as database:
            database.execute(statement)
        answer = qbo("run", "--from", "2011-02-01", "--to", "2011-02-28", "--settings", file)
        assert answer.status == PERMANENT
        assert missing in answer.plain
        assert near in answer.plain
        assert ".sql" in answer.plain


def test_a_missing_file_names_the_folder_and_those_that_are_there(tmp_path: Path, qbo: CommandLine) -> None:
    files = tmp_path / "export"
    write_csv(files, shop_rows())
    shop = open_shop(tmp_path / "shop", None, source_kind="csv", source_path=str(files))
    (files / "movement_lines.csv").rename(tmp_path / "elsewhere.csv")
    missing_file = qbo("run", *DAYS, "--settings", shop.settings)
    (files / "movements.csv").write_text("movement_id,kind\n'1,2,3\n")
    torn = qbo("run", *DAYS, "--settings", shop.settings)
    files.rename(tmp_path / "exported")
    missing_folder = qbo("run", *DAYS, "--settings", shop.settings)

    assert (missing_file.status, torn.status, missing_folder.status) == (PERMANENT, PERMANENT, PERMANENT)
    for words in ("movement_lines.csv missing", "sql/source/contract.md"):
        assert words in missing_file.plain
    for words in ("a row has 3 fields, the header 2", "movements.csv, line 2", "Export the file again"):
        assert words in torn.plain
    for words in ("no folder of CSV files", str(files), "did you mean 'exported'?"):
        assert words in missing_folder.plain


# what is changed in the data; the record that is set aside; words of its message; the documents that still post
Change = Callable[[Any], Any]
ROWS: list[tuple[str, Change, str, list[str]]] = [
    (
        "a wrong column type",
        lambda found: found["documents"][0].update(total_amount="a lot"),
        "document/b1",
        ["total_amount", "'a lot'"],
    ),
    (
        "an unknown product",
        lambda found: found["document_lines"][0].update(product_id="p9"),
        "document/b1",
        ["'p9' is no product"],
    ),
    (
        "an unbalanced document",
        lambda found: found["document_lines"][0].update(net_amount="99.99"),
        "document/b1",
        ["99.99", "0.01 is missing"],
    ),
    (
        "31 February",
        lambda found: found["documents"][0].update(business_date="2024-02-31"),
        "document/b1",
        ["2024-02-31"],
    ),
]


@pytest.mark.parametrize(("change", "key", "words"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_bad_record_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path, qbo: CommandLine, change: Change, key: str, words: list[str]
) -> None:
    """It is listed with its reason, it counts, the exit status is 1; once it is mended the next run posts it."""
    source = shop_rows()
    change(source)
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source, first_day="2024-02-01")
        bad = qbo("run", "--from", "2024-02-01", "--to", LAST_DAY, "--settings", shop.settings)
        status = qbo("status", "--settings", shop.settings, "--json")
        with shop.run() as run:
            assert broken_counts(run) == []
            posted = {row["record_key"] for row in rows(run, "SELECT record_key FROM postings WHERE state = 'posted'")}

        assert (bad.status, status.status) == (1, 1)
        (aside,) = status.json["set_aside"]
        assert aside["record"] == key
        for word in words:
            assert word in aside["message"]
            assert word in bad.plain
        assert posted >= set(DATED) - {key}
        assert key not in posted
        counts = status.json["counts"][key.split("/")[0]]
        assert counts["read"] == sum(counts.values()) - counts["read"]
        assert counts["set_aside"] == 1

        shop.change(*_mended_bill())
        mended = qbo("run", "--from", "2024-02-01", "--to", LAST_DAY, "--settings", shop.settings, "--json")
        with shop.run() as run:
            assert broken_counts(run) == []
    assert mended.status == 0, mended.plain
    assert (mended.json["stock_value"], mended.json["difference"]) == (f"{STOCK_VALUE} USD", "0.00")


def _mended_bill() -> list[str]:
    """Statements that put the values of the bill back."""
    statements = []
    for table, own in (("documents", "document_id"), ("document_lines", "line_id")):
        row = shop_rows()[table][0]
        values = ", ".join(f"{name} = '{value}'" for name, value in row.items())
        statements.append(f"UPDATE {table} SET {values} WHERE {own} = '{row[own]}'")
    return statements


def test_an_account_that_qbo_does_not_have_stops_before_anything_is_sent(shop: Shop, qbo: CommandLine) -> None:
    point_to(shop.settings, 'inventory = "Inventory Asset"', 'inventory = "Inventry Asset"')
    answer = qbo("run", *DAYS, "--settings", shop.settings)
    point_to(shop.settings, "Inventry Asset", "Inventory Asset")
    mended = qbo("run", *DAYS, "--settings", shop.settings)

    assert (answer.status, mended.status) == (PERMANENT, 0)
    for words in ("[accounts.roles] inventory", "no account 'Inventry Asset'", "did you mean 'Inventory Asset'?"):
        assert words in answer.plain


def test_qbo_out_of_reach_keeps_what_was_read_and_passes_by_itself(tmp_path: Path, qbo: CommandLine) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        point_to(shop.settings, emulator.base_url, NOBODY)
        with stamina.set_testing(True, attempts=2):  # without the pauses between two attempts
            answer = qbo("run", *DAYS, "--settings", shop.settings)
        with shop.run() as run:
            kept = total_counts(day_counts(run))
            assert broken_counts(run) == []
        point_to(shop.settings, NOBODY, emulator.base_url)
        assert qbo("run", *DAYS, "--settings", shop.settings).status == 0

    assert answer.status == TRANSIENT
    assert "Traceback" not in answer.err
    assert answer.err.strip()
    assert (kept["document"]["waiting"], kept["movement"]["waiting"], kept["payment"]["waiting"]) == (2, 4, 1)


def test_a_sqlite_file_that_goes_away_in_the_middle(tmp_path: Path) -> None:
    """What was committed stays, days that were not read to their end are known, and the next run goes on."""
    shop = open_shop(tmp_path, None)
    point_to(shop.settings, "[source.parameters]", "batch_size = 1\n[source.parameters]")
    file, away = tmp_path / "shop.sqlite", tmp_path / "away.sqlite"

    def progress(what: str, count: int) -> None:
        if (what, count) == ("movements read", 2):
            file.rename(away)

    with shop.run(progress=progress) as run:
        extract_master_data(run)
        with pytest.raises(SourceUnavailable) as told:
            extract_days(run, FIRST_DAY, LAST_DAY)
        kept = {row["record_id"] for row in rows(run, "SELECT record_id FROM records WHERE record_type = 'movement'")}
        broken = broken_counts(run)
    away.rename(file)
    with shop.run() as run:
        extract_days(run, FIRST_DAY, LAST_DAY)
        assert broken_counts(run) == []
        found = {row["record_id"] for row in rows(run, "SELECT record_id FROM records WHERE record_type = 'movement'")}

    assert kept
    assert kept < found == {"r1", "d1", "t1", "a1"}
    assert broken
    assert all(row.rows_read is None for row in broken)
    for words in ("cannot be opened", "run the same days again"):
        assert words in str(told.value)


def test_a_postgresql_connection_that_is_killed_in_the_middle(tmp_path: Path, postgresql_url: str) -> None:
    """After the first movement somebody locks their lines; the reader waits for them, and its connection is ended."""
    shop = open_shop(tmp_path, None, url=postgresql_url)
    point_to(shop.settings, "[source.parameters]", "batch_size = 1\n[source.parameters]")
    admin = create_engine(normalise_url(postgresql_url), isolation_level="AUTOCOMMIT")
    locker = create_engine(normalise_url(postgresql_url))
    killer = _Killer(admin)
    with locker.connect() as lock, shop.run() as run:

        def progress(what: str, count: int) -> None:
            if (what, count) == ("movements read", 1):
                lock.execute(text("SET LOCAL lock_timeout = '5s'"))
                lock.execute(text("LOCK TABLE movement_lines IN ACCESS EXCLUSIVE MODE"))
                killer.start()

        extract_master_data(run)
        run.progress = progress
        with pytest.raises(SourceUnavailable) as told:
            extract_days(run, FIRST_DAY, LAST_DAY)
        killer.end()
        lock.rollback()
        run.progress = no_progress
        kept = {row["record_id"] for row in rows(run, "SELECT record_id FROM records WHERE record_type = 'movement'")}
        broken = broken_counts(run)
        extract_days(run, FIRST_DAY, LAST_DAY)
        assert broken_counts(run) == []
        found = {row["record_id"] for row in rows(run, "SELECT record_id FROM records WHERE record_type = 'movement'")}
    admin.dispose()
    locker.dispose()

    assert len(killer.killed) == 1
    assert kept
    assert kept < found == {"r1", "d1", "t1", "a1"}
    assert broken
    assert all(row.rows_read is None for row in broken)
    for words in ("went away", "run the same days again"):
        assert words in str(told.value)


class _Killer(threading.Thread):
    """Ends the source's connection as soon as it waits for a lock."""

    def __init__(self, admin: Engine) -> None:
        super().__init__()
        self.killed: list[int] = []
        self._admin, self._done = admin, threading.Event()

    def run(self) -> None:
        waiting = (
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'qbo-pipeline' AND wait_event_type = 'Lock'"
        )
        with self._admin.connect() as connection:
            while not self.killed and not self._done.is_set():
                self.killed.extend(row.pid for row in connection.execute(text(waiting)))
                self._done.wait(0.02)

    def end(self) -> None:
        self._done.set()
        self.join()
