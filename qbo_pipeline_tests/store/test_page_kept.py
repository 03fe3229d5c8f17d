"""What people leave on the page, on SQLite and on PostgreSQL: kept as it was, with its line in the journal."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from qbo_pipeline.store import evidence
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.difference_notes import load_remarks, put_remark
from qbo_pipeline.store.kept_files import FileChanged, load_file, put_file
from qbo_pipeline.store.setup_changes import load_changes, put_change
from qbo_pipeline.store.signed_reports import load_reports, put_reports
from qbo_pipeline.store.tables.page import difference_notes, kept_files, setup_changes, signed_reports

NOW, NAME = datetime(2026, 3, 4, 12, tzinfo=UTC), "shop"
CHANGE = {"path": ["accounts", "hints", 'é "x"'], "before": None, "after": "Sales"}


def fill(database: Database) -> None:
    with database.transaction() as connection:
        put_change(connection, NAME, "rules", [CHANGE], files=("a" * 64, "b" * 64), who="ann", why="asked", now=NOW)
    with database.transaction() as connection:
        digest = put_file(connection, NAME, b"\x00letter")
        put_file(connection, NAME, b"\x00letter")  # the same file again is the same
        day = date(2026, 2, 28)
        put_remark(connection, NAME, "movement/d1", day, "see it", file=("l.pdf", digest), who="ann", now=NOW)
    with database.transaction() as connection:
        put_reports(connection, NAME, 1, {"page": ("r.html", b"<p>"), "workbook": ("r.xlsx", b"PK")}, now=NOW)


def test_everything_is_read_as_it_was_put(database: Database) -> None:
    fill(database)
    with database.reading() as connection:
        (change,) = load_changes(connection, NAME)
        (remark,) = load_remarks(connection, NAME, ["movement/d1", "movement/d2"])
        reports = load_reports(connection, NAME)
        assert (change.number, change.changes, change.who, change.changed_at) == (1, [CHANGE], "ann", NOW)
        assert (remark.as_at, remark.remark, remark.file_name) == (date(2026, 2, 28), "see it", "l.pdf")
        assert load_file(connection, NAME, remark.file_sha256 or "") == b"\x00letter"
        assert {form: name for (_, form), (name, _) in reports.items()} == {"page": "r.html", "workbook": "r.xlsx"}
        assert load_remarks(connection, NAME, ["movement/d2"]) == load_remarks(connection, "other") == []
        with pytest.raises(FileChanged):
            load_file(connection, "other", remark.file_sha256 or "")
        assert list(evidence.altered(connection, NAME)) == []


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        (setup_changes, {"why": "another"}, "change 1 of the settings does not read"),
        (difference_notes, {"remark": "another"}, "remark 1 on a difference does not read"),
        (signed_reports, {"file_sha256": "c" * 64}, "the report of sign-off 1/page does not read"),
    ],
)
def test_what_was_changed_by_hand_is_noticed(database: Database, table: object, values: object, said: str) -> None:
    fill(database)
    with database.transaction() as connection:
        connection.execute(update(table).values(values))  # type: ignore[arg-type]
    with database.reading() as connection:
        assert any(said in found for found in evidence.altered(connection, NAME))


def test_another_content_under_a_digest_is_refused(database: Database) -> None:
    fill(database)
    with database.transaction() as connection:
        connection.execute(update(kept_files).values(content=b"no zlib"))
        (remark,) = load_remarks(connection, NAME)
        with pytest.raises(FileChanged, match="does not read as it was kept"):
            load_file(connection, NAME, remark.file_sha256 or "")
