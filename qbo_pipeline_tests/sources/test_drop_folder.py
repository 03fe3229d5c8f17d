"""The inbox that is a folder: whole files only, each entry once, answers by files of outcomes."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.inventory.records import text_hash
from qbo_pipeline.returning.targets import InboxAnswer, NotTaken, NotWritten, TargetEntry, Written
from qbo_pipeline.sources.drop_folder import COLUMNS, DropFolder
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable

CONTENT = '{"memo":"says \\"yes\\",\nand; =1+1","amount":"90"}'
ENTRY = TargetEntry(
    marker="ABCDEFGHIJKLMNOP.WXYZ", revision=1, operation="create", kind="payment_received",
    business_date=date(2024, 3, 6), party_id="c1", number="CHQ-7", currency="USD", amount=Decimal("90.00"),
    content=CONTENT, content_hash=text_hash(CONTENT),
)  # fmt: skip


@pytest.fixture
def inbox(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path)


def says(inbox: DropFolder, name: str, *rows: tuple[str, int, str, str]) -> None:
    folder = inbox.folder / "outcomes"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("marker", "revision", "taken_as", "refused"), *rows])


def test_an_entry_is_one_whole_file_with_its_marker_in_the_name_and_laid_once(inbox: DropFolder) -> None:
    assert inbox.put([ENTRY, ENTRY]) == [Written(), Written()]
    (file,) = (inbox.folder / "entries").iterdir()
    assert file.name == f"{ENTRY.marker}-1.csv"
    with file.open(newline="", encoding="utf-8") as text:
        (row,) = list(csv.DictReader(text))
    assert tuple(row) == COLUMNS
    assert (row["content"], row["amount"], row["business_date"]) == (CONTENT, "90.00", "2024-03-06")
    name = (ENTRY.marker, 1)
    assert inbox.find([name, ("NONE", 1)])[name].content_hash == ENTRY.content_hash
    assert inbox.put([replace(ENTRY, revision=2)]) == [Written()]
    assert inbox.newest([ENTRY.marker])[ENTRY.marker].revision == 2


def test_another_content_under_the_same_name_is_not_written_over(inbox: DropFolder) -> None:
    inbox.put([ENTRY])
    (outcome,) = inbox.put([replace(ENTRY, content="{}", content_hash=text_hash("{}"))])
    assert isinstance(outcome, NotTaken)
    assert inbox.find([(ENTRY.marker, 1)])[ENTRY.marker, 1].content == CONTENT


def test_a_disk_that_fails_leaves_no_file_at_all(inbox: DropFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        (outcome,) = inbox.put([ENTRY])
    assert isinstance(outcome, NotWritten)
    assert list((inbox.folder / "entries").iterdir()) == []
    assert inbox.put([ENTRY]) == [Written()]


def test_the_last_answer_counts_and_an_entry_that_was_put_away_is_not_laid_again(inbox: DropFolder) -> None:
    inbox.put([ENTRY])
    says(inbox, "2024-03-07.csv", (ENTRY.marker, 1, "", "the period is closed"))
    says(inbox, "2024-03-08.csv", (ENTRY.marker, 1, "P1", ""))
    assert inbox.answers([(ENTRY.marker, 1)]) == [InboxAnswer(ENTRY.marker, 1, "P1", None)]
    assert [(one.held.content, one.taken_as) for one in inbox.taken(["P1", "P2"])] == [(CONTENT, "P1")]
    (file,) = (inbox.folder / "entries").iterdir()
    file.unlink()
    assert inbox.put([ENTRY]) == [Written()]
    assert list((inbox.folder / "entries").iterdir()) == []


def test_a_folder_that_is_away_is_tried_again_and_a_file_that_is_none_is_named(inbox: DropFolder) -> None:
    assert inbox.check() == []
    (inbox.folder / "outcomes" / "today.csv").write_text("marker,revision\nX,one\n")
    with pytest.raises(SourceError, match=r"today\.csv"):
        inbox.answers([])
    assert "today.csv" in inbox.check()[0].where
    away = DropFolder(inbox.folder / "unmounted")
    assert isinstance(away.put([ENTRY])[0], NotWritten)
    with pytest.raises(SourceUnavailable, match="no such folder"):
        away.newest([ENTRY.marker])
    assert "no such folder" in away.check()[0].why
