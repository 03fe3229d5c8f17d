"""Dagster's event log with its databases kept open: the files of Dagster's own, few of them open, an engine each."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy import Engine, event

from qbo_pipeline import event_log
from qbo_pipeline.event_log import KEPT_OPEN, EventLog

HERE = "event_log_storage: {module: qbo_pipeline.event_log, class: EventLog, config: {}}\n"
DAYS = dg.DailyPartitionsDefinition(start_date="2026-03-02", end_date="2026-03-05")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def counted() -> None:
    """Something that is there for each day."""


@dg.asset_check(asset=counted)
def there() -> dg.AssetCheckResult:
    """Something that is said of it."""
    return dg.AssetCheckResult(passed=True)


def _run(instance: dg.DagsterInstance) -> str:
    definitions = dg.Definitions(
        assets=[counted], asset_checks=[there], jobs=[dg.define_asset_job("count", dg.AssetSelection.all())]
    )
    job = definitions.resolve_job_def("count")
    tags = {"dagster/asset_partition_range_start": "2026-03-02", "dagster/asset_partition_range_end": "2026-03-04"}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(instance=instance, tags=tags, run_config=quiet).run_id


def _instance(home: Path, monkeypatch: pytest.MonkeyPatch, settings: str) -> dg.DagsterInstance:
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n" + settings, encoding="utf-8")
    return dg.DagsterInstance.get()


def _told(instance: dg.DagsterInstance, run_id: str) -> tuple[list[str], set[str]]:
    events = [str(entry.get_dagster_event().event_type_value) for entry in instance.all_logs(run_id)]
    return events, set(instance.get_materialized_partitions(counted.key))


def test_an_instance_may_change_between_the_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, tuple[list[str], set[str]]] = {}
    for settings, kind in (("", SqliteEventLogStorage), (HERE, EventLog), ("", SqliteEventLogStorage)):
        with _instance(tmp_path / "home", monkeypatch, settings) as instance:
            assert type(instance.event_log_storage) is kind
            for run_id, before in told.items():
                assert _told(instance, run_id) == before
            run_id = _run(instance)
            told[run_id] = _told(instance, run_id)
    assert [events.count("ASSET_MATERIALIZATION") for events, _ in told.values()] == [3, 3, 3]
    assert [len(days) for _, days in told.values()] == [3, 3, 3]


def test_a_run_makes_an_engine_for_each_of_its_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = event_log.create_engine

    def noted(url: str, **options: Any) -> Any:
        made.append(url)
        return make(url, **options)

    monkeypatch.setattr(event_log, "create_engine", noted)
    with _instance(tmp_path / "home", monkeypatch, HERE) as instance:
        run_id = _run(instance)
        assert len(instance.all_logs(run_id)) > 10
    assert len(made) == len(set(made)) == 2  # the run's own, and the index


def test_what_comes_together_is_written_together_and_reads_as_dagsters_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: dict[str, int] = {}
    told = []
    for name, settings in (("own", ""), ("ours", HERE)):
        with _instance(tmp_path / name, monkeypatch, settings) as instance, _counted_commits() as written:
            run_id = _run(instance)
            log = instance.event_log_storage
            checks = log.get_asset_check_execution_history(dg.AssetCheckKey(counted.key, "there"), limit=9)
            newest = instance.get_latest_materialization_event(counted.key)
            assert newest is not None
            assert newest.asset_materialization is not None
            told.append(
                (
                    *_told(instance, run_id),
                    sorted((str(check.partition), check.status.value) for check in checks),
                    newest.asset_materialization.partition,
                    [record.asset_entry.last_run_id == run_id for record in instance.get_asset_records()],
                )
            )
        commits[name] = written.total()
    assert told[0] == told[1]
    assert told[1][0].count("ASSET_MATERIALIZATION_PLANNED") == told[1][0].count("ASSET_MATERIALIZATION") == 3
    # Three days that are to come with a check of them, then three days that came: two transactions in place of six.
    assert commits["own"] - commits["ours"] >= 2 * (3 + 3 - 2)


@contextmanager
def _counted_commits() -> Iterator[Counter[str]]:
    written: Counter[str] = Counter()

    def committed(connection: Any) -> None:
        written[str(connection.engine.url)] += 1

    event.listen(Engine, "commit", committed)
    yield written
    event.remove(Engine, "commit", committed)


def _made(database: Path) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], str]:
    """Its tables and indexes, its revisions, its kind of journal."""
    with closing(sqlite3.connect(database)) as db:
        tables = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        revisions = db.execute("SELECT version_num FROM alembic_version").fetchall()
        return tables, revisions, db.execute("PRAGMA journal_mode").fetchone()[0]


def test_the_database_of_a_run_is_made_as_the_index_is_and_is_dagsters_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}
    for name, settings in (("own", ""), ("ours", HERE)):
        with _instance(tmp_path / name, monkeypatch, settings) as instance:
            if settings:  # the index is there, and nothing else is Dagster asked to make
                monkeypatch.setattr(EventLog, "_initdb", lambda *_: pytest.fail("made by way of all migrations"))
            made[name] = _made(tmp_path / name / "history" / "runs" / f"{_run(instance)}.db")
    assert made["own"] == made["ours"]


def test_what_is_half_made_dagster_makes(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    with closing(sqlite3.connect(tmp_path / "half.db")) as db:
        db.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    assert log.get_logs_for_run("half") == log.get_logs_for_run("whole") == []
    assert _made(tmp_path / "half.db")[1:] == _made(tmp_path / "whole.db")[1:]
    assert {name for _, name, *_ in _made(tmp_path / "half.db")[0]} == {
        name for _, name, *_ in _made(tmp_path / "whole.db")[0]
    }
    log.dispose()


def test_several_may_make_the_same_database_at_once(tmp_path: Path) -> None:
    logs = [EventLog(str(tmp_path)), EventLog(str(tmp_path)), SqliteEventLogStorage(str(tmp_path))]
    with ThreadPoolExecutor(len(logs)) as at_once:
        for number in range(10):
            assert list(at_once.map(lambda log, run=f"run {number}": log.get_logs_for_run(run), logs)) == [[], [], []]
    assert len({str(_made(tmp_path / f"run {number}.db")) for number in range(10)}) == 1
    for log in logs:
        log.dispose()


def test_events_are_kept_without_blanks_and_tables_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    ask = SqliteEventLogStorage.has_table

    def noted(log: SqliteEventLogStorage, table: str) -> bool:
        asked[table] += 1
        return ask(log, table)

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", noted)
    with _instance(tmp_path / "home", monkeypatch, HERE) as instance:
        run_id = _run(instance)
    with closing(sqlite3.connect(tmp_path / "home" / "history" / "runs" / f"{run_id}.db")) as db:
        kept = [text for (text,) in db.execute("SELECT event FROM event_logs")]
    assert len(kept) > 10
    assert kept == [json.dumps(json.loads(text), separators=(",", ":")) for text in kept]
    assert set(asked.values()) == {1}


def test_few_databases_are_open_and_none_after_the_end(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    for number in range(KEPT_OPEN * 2):
        assert log.get_logs_for_run(f"run {number}") == []
        assert len(log._engines) <= KEPT_OPEN
    log.dispose()
    assert log._engines == {}
    log.wipe()  # and goes on after it
    assert log.get_logs_for_run("run 1") == []
    log.dispose()
