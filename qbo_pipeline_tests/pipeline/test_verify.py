"""`verify` finds whatever somebody changed by hand: columns, rows, tables, the end of the journal, and its head.

What belongs here: a shop of one week that is posted, reconciled and signed, and one alteration at a time, on a copy.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.extract import extract_days
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.sign import sign
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.store.attempts import FIRST_HASH, AttemptLine, _hash, append, lines_of
from qbo_pipeline.store.posting_facts import CONTENT, FACTS
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.verifying import Anchor
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """`qbo-pipeline` with arguments."""
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


POSTED = "key = 'document/i1' AND revision = 1"
OTHER_VALUE = {
    "business_date": "'2024-03-02'", "amount": "'7.77'", "posted_at": "'2024-03-09T00:00:00.000000+00:00'",
    "operation": "'void'",
}  # fmt: skip


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop, its week carried, one value changed after that, and prepared for sign-off; each test alters a copy."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path_factory.mktemp("verify"), emulator)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            shop.change(
                "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
                "UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'",
            )
            extract_days(run, FIRST_DAY, LAST_DAY)
            sign(run, LAST_DAY, "Dana")
            write_reports(run, reconcile_as_at(run, LAST_DAY))
            assert verify_attempts(run).text.startswith("every entry carries the hash of the one before it, 1 anchor")
        yield shop


@contextmanager
def altered(posted: Shop, folder: Path, *statements: str) -> Iterator[Run]:
    """A run on a copy of the shop whose store somebody altered by hand, its triggers gone."""
    copy = Path(shutil.copytree(posted.folder, folder / "copy"))
    point_to(copy / posted.settings.name, str(posted.folder), str(copy))  # its source lies beside it
    with Shop(copy, posted.source_url, None).run() as run:
        with run.database.transaction() as connection:
            triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for statement in (*(f"DROP TRIGGER {name}" for name in triggers), *statements):
                connection.execute(text(statement))
        yield run


TABLES = (
    "postings", "posting_effects", "posting_records", "posting_links", "attempts", "attempt_heads", "reconciliations",
    "differences", "sign_offs", "records", "reads",
)  # fmt: skip


def findings(run: Run, **options: Any) -> list[str]:
    """What `verify` says, the counting identity included."""
    return [*verify_attempts(run, **options).findings, *(str(count.as_dict()) for count in broken_counts(run))]


@pytest.mark.parametrize("column", [*CONTENT, *FACTS, "state", "superseded_by", "last_attempt"])
def test_every_column_that_matters_is_held_against_the_journal(posted: Shop, tmp_path: Path, column: str) -> None:
    value = OTHER_VALUE.get(column, "9" if column in ("superseded_by", "last_attempt") else "'skipped'")
    with altered(posted, tmp_path) as run:
        assert findings(run) == []
        with run.database.transaction() as connection:
            connection.execute(text(f"UPDATE postings SET {column} = {value} WHERE {POSTED}"))
        found = verify_attempts(run).findings
    assert found, column
    assert all("document/i1 revision 1" in finding for finding in found), found


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("postings", "its posting is not there"),
        ("posting_effects", "does not hold the content, amount, effects or records"),
        ("posting_records", "does not hold the content, amount, effects or records"),
        ("posting_links", "its link to that object is not there"),
        ("attempts", "the chain was written up to line"),
        ("attempt_heads", "the head of the chain is missing"),
        ("reconciliations", "sign-off 1 certifies a reconciliation as at 2024-03-07 that is not there"),
        ("differences", "reconciliation 2 found differences, and none is kept with it"),
        ("records", "'posted': 0"),
        ("reads", "'read': None"),
    ],
)
def test_every_table_that_is_emptied_is_missed(posted: Shop, tmp_path: Path, table: str, said: str) -> None:
    with altered(posted, tmp_path, f"DELETE FROM {table}") as run:
        found = findings(run)
    assert any(said in finding for finding in found), found


@pytest.mark.parametrize(
    "tables", [("attempts", "attempt_heads"), ("postings", "attempts", "attempt_heads"), TABLES[:6]]
)
def test_a_journal_that_is_emptied_with_its_head_is_missed(
    posted: Shop, tmp_path: Path, tables: tuple[str, ...]
) -> None:
    with altered(posted, tmp_path, *(f"DELETE FROM {table}" for table in tables)) as run:
        found = verify_attempts(run).findings
    assert any(finding.startswith("reconciliation 2 as at 2024-03-07 was made when") for finding in found), found
    assert any(finding.startswith("sign-off 1 as at 2024-03-07 was made when") for finding in found)


def test_a_store_that_is_emptied_altogether_is_missed_by_the_report(posted: Shop, tmp_path: Path) -> None:
    with altered(posted, tmp_path, *(f"DELETE FROM {table}" for table in TABLES)) as run:
        found = findings(run)
        elsewhere = verify_attempts(run, tmp_path / "nowhere")
    assert len(found) == 1
    assert found[0].startswith("the report reconciliation-2024-03-07.json was made when the journal had")
    assert elsewhere.intact, "without an anchor outside nothing can be told: that is said in docs/posting.md"


def test_what_dagster_remembers_is_compared(posted: Shop) -> None:
    with posted.run() as run:
        head = verify_attempts(run).head
        good = verify_attempts(run, outside=[Anchor("the load of run 1", head.seq, head.hash)])
        bad = verify_attempts(run, outside=[Anchor("the load of run 1", head.seq, "0" * 64)])
        late = verify_attempts(run, outside=[Anchor("the load of run 1", head.seq + 83, head.hash)])
    assert good.intact
    assert bad.findings == (f"line {head.seq:,} of the journal is not the one that the load of run 1 was made on",)
    assert late.findings[0].startswith(f"the load of run 1 was made when the journal had {head.seq + 83:,} lines")


def test_a_tail_that_is_cut_off_is_missed_although_the_head_was_rewritten(posted: Shop, tmp_path: Path) -> None:
    with posted.run() as run, run.database.reading() as connection:
        lines = list(lines_of(connection, run.name))
    last = lines[-9]
    statements = (
        f"DELETE FROM attempts WHERE seq > {last['seq']}",
        f"UPDATE attempt_heads SET seq = {last['seq']}, hash = '{last['hash']}'",
    )
    with altered(posted, tmp_path, *statements) as run:
        found = verify_attempts(run).findings
    assert any("is not there, and the journal says that it ends with line" in finding for finding in found)
    assert any("; the journal says" in finding for finding in found), "the postings know of later lines"


def test_a_line_that_is_rewritten_with_every_hash_after_it_is_missed(posted: Shop, tmp_path: Path) -> None:
    with posted.run() as run, run.database.reading() as connection:
        lines = [dict(row) for row in lines_of(connection, run.name)]
    lines[3]["message"] = "never happened"
    digest, updates = FIRST_HASH, ["UPDATE attempts SET message = 'never happened' WHERE seq = 4"]
    for line in lines:
        digest = _hash("shop", line["seq"], digest, line)
        updates.append(f"UPDATE attempts SET hash = '{digest}' WHERE seq = {line['seq']}")
    with altered(posted, tmp_path, *updates, f"UPDATE attempt_heads SET hash = '{digest}'") as run:
        found = verify_attempts(run).findings
    assert any(finding.endswith("reconciliation 2 as at 2024-03-07 was made on") for finding in found), found


def test_a_deleted_posting_is_missed(posted: Shop, tmp_path: Path) -> None:
    with altered(posted, tmp_path, f"DELETE FROM postings WHERE {POSTED}") as run:
        found = verify_attempts(run).findings
    assert found == ("document/i1 revision 1 is in the journal, and its posting is not there",)


def test_a_posting_that_was_added_by_hand_is_seen(posted: Shop, tmp_path: Path) -> None:
    names = [column.name for column in postings.c]
    columns = ", ".join(f'"{name}"' for name in names)
    copied = columns.replace('"key"', "'document/forged'")
    statement = f"INSERT INTO postings ({columns}) SELECT {copied} FROM postings WHERE {POSTED}"
    with altered(posted, tmp_path, statement) as run:
        found = verify_attempts(run).findings
    assert "document/forged revision 1 is a posting of which the journal says nothing" in found


def test_a_damaged_page_is_said_before_anything_is_compared(posted: Shop, tmp_path: Path, qbo: CommandLine) -> None:
    copy = Path(shutil.copytree(posted.folder, tmp_path / "copy"))
    settings = copy / posted.settings.name
    point_to(settings, str(posted.folder), str(copy))
    whole = qbo("verify", "--settings", settings)
    assert "store: every page and row can be read, every index agrees with its table" in whole.plain
    store = copy / "store.sqlite"
    by_hand = sqlite3.connect(store)
    by_hand.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = by_hand.execute("SELECT rootpage FROM sqlite_master WHERE name = 'differences'").fetchone()
    by_hand.close()
    with store.open("r+b") as opened:
        opened.seek((page - 1) * 4096)
        opened.write(b"\xff" * 16)
    answer, as_json = qbo("verify", "--settings", settings), qbo("verify", "--json", "--settings", settings)
    for one in (answer, as_json):
        assert one.status == 4, one.plain
        assert "the table differences is damaged" in one.plain
        assert "qbo-pipeline recover" in one.plain
        assert "Traceback" not in one.plain
    assert as_json.json["exit"] == 4


def test_a_whole_older_store_put_back_is_missed_by_the_report(posted: Shop, tmp_path: Path) -> None:
    """Tokens, their counter, journal, postings and anchors are of one age: only what lies outside is younger."""
    copy = Path(shutil.copytree(posted.folder, tmp_path / "copy"))
    settings = copy / posted.settings.name
    point_to(settings, str(posted.folder), str(copy))
    older = Path(shutil.copytree(copy, tmp_path / "older"))
    with Shop(copy, posted.source_url, None).run() as run:
        with run.database.transaction() as connection:
            line = AttemptLine(key="document/i1", revision=1, event="noted", state="posted", fence=0)
            append(connection, run.name, run.database.now(connection), [line])
        write_reports(run, reconcile_as_at(run, LAST_DAY))
    for file in copy.glob("store.sqlite*"):
        file.unlink()
    for file in older.glob("store.sqlite*"):
        shutil.copy(file, copy)
    with Shop(copy, posted.source_url, None).run() as run:
        (found,) = verify_attempts(run).findings
    assert found.startswith("the report reconciliation-2024-03-07.json was made when the journal had")
