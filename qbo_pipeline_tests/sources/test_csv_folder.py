"""A folder of CSV files: loaded as text, only what changed, all or nothing."""

from __future__ import annotations

import csv
import os
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.csv_folder import CsvFolderSource, load_folder
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline_tests.sources.company import all_of, good_company

MARCH = (date(2024, 3, 1), date(2024, 3, 31))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The good company as CSV files with the contract's names."""
    folder = tmp_path / "export"
    folder.mkdir()
    for kind, rows in good_company().items():
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [column.name for column in COLUMNS[kind]])
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_folder_reads_like_a_database(folder: Path, cache: Path) -> None:
    source = CsvFolderSource(folder, cache=cache)

    assert [problem.what for problem in source.check()] == []
    records, set_aside, _ = all_of(source.read_days(*MARCH, batch_size=2))
    assert len(records) == 7
    assert set_aside == {}
    assert records["movement/r1"].lines[0].value == Decimal(100)
    assert sum(value.value for value in source.stock_values(MARCH[1])) == Decimal("62.5")
    assert {file.stat().st_mode & 0o077 for file in cache.iterdir()} == {0}


def test_only_files_that_changed_are_loaded_again(folder: Path, cache: Path) -> None:
    database = cache / "x.sqlite"
    assert set(load_folder(folder, database)) == set(COLUMNS)
    assert load_folder(folder, database) == []

    parties = folder / "parties.csv"
    found = parties.stat()
    os.utime(parties, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))
    assert load_folder(folder, database) == []  # another time, the same content

    more = "c2,customer,,New" + "," * (len(COLUMNS["parties"]) - 4)
    parties.write_text(f"{parties.read_text(encoding='utf-8')}{more}\n", encoding="utf-8")
    (folder / "payments.csv").rename(folder / "receipts.csv")
    assert load_folder(folder, database) == ["payments", "parties", "receipts"]


def test_a_file_that_was_replaced_is_read(folder: Path, cache: Path) -> None:
    source = CsvFolderSource(folder, cache=cache)
    assert len(source.stock_values(MARCH[1])) == 3

    (folder / "stock_values.csv").write_text(
        "product_id,location_id,quantity,value,currency\np1,w1,1,5.00,EUR\n", encoding="utf-8"
    )

    assert [value.value for value in source.stock_values(MARCH[1])] == [Decimal(5)]


def test_fields_come_as_they_are_written(folder: Path, cache: Path) -> None:
    (folder / "notes.csv").write_bytes('\ufeffid,note\r\n007,"a ""quoted"", \nlong line"\r\n8,\r\n'.encode())
    load_folder(folder, cache / "x.sqlite")

    connection = sqlite3.connect(cache / "x.sqlite")
    rows = connection.execute("SELECT id, note FROM notes").fetchall()
    connection.close()

    assert rows == [("007", 'a "quoted", \nlong line'), ("8", None)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"a,b\n1,2\n3\n", "a row has 1 fields, the header 2 ({path}, line 3)"),
        ("x.csv", b"a,b\n1,2,3\n", "a row has 3 fields, the header 2 ({path}, line 2)"),
        ("x.csv", b"", "no header ({path})"),
        ("x.csv", b"a,A\n", "the column A is there twice ({path}, line 1)"),
        ("x.csv", b"a;b\n1;2\n", "the columns are separated by semicolons ({path}, line 1): commas are expected"),
        ("x.csv", b"a\tb\n1\t2\n", "the columns are separated by tabs ({path}, line 1)"),
        ("x.csv", b"sep=,\r\na,b\r\n", "the first line names a separator ({path}, line 1)"),
        ("x.csv", b"a\n\xff\n", "x.csv, line 2): the byte 0xff is not text in UTF-8. Export the file again"),
        ("x.csv", b"a\n" * 9_000 + b"\xc3\xa9\n\xe9\n", "x.csv, line 9002): the byte 0xe9 is not text in UTF-8"),
        ("x.csv", b"a,\n", "no header ({path})"),
        ("x.csv", "a\nSão\n".encode("latin-1"), "Export the file again as CSV in UTF-8"),
        ("x.csv", b'a\n"open\n', "unreadable CSV file ({path}, line"),
    ],
)
def test_a_bad_file_changes_nothing_and_is_named(
    folder: Path, cache: Path, name: str, content: bytes, words: str
) -> None:
    source = CsvFolderSource(folder, cache=cache)
    before = source.stock_values(MARCH[1])
    (folder / name).write_bytes(content)
    (folder / "stock_values.csv").unlink()

    with pytest.raises(SourceError) as caught:
        source.stock_values(MARCH[1])
    assert words.format(path=folder / name) in str(caught.value)
    assert [str(problem) for problem in source.check()] == [str(caught.value)]

    (folder / name).unlink()
    with pytest.raises(SourceError, match=r"stock_values\.csv missing \(the folder .*a file with its header alone"):
        source.stock_values(MARCH[1])
    assert len(before) == 3


def test_all_bad_files_are_named_at_once(folder: Path, cache: Path) -> None:
    for name in ("parties", "documents"):
        file = folder / f"{name}.csv"
        file.write_bytes(file.read_bytes().replace(b",", b";"))
    problems = CsvFolderSource(folder, cache=cache).check()
    assert [problem.where for problem in problems] == [
        f"{folder / name}.csv, line 1" for name in ("documents", "parties")
    ]


def test_blanks_around_column_names_do_no_harm(folder: Path, cache: Path) -> None:
    file = folder / "stock_values.csv"
    header, mark, rest = file.read_text(encoding="utf-8").partition("\n")
    file.write_text(header.replace(",", " , ") + mark + rest, encoding="utf-8")
    assert len(CsvFolderSource(folder, cache=cache).stock_values(MARCH[1])) == 3


def test_a_missing_folder_names_the_nearest(folder: Path, cache: Path) -> None:
    with pytest.raises(SourceError, match=r"no folder of CSV files .*did you mean 'export'"):
        CsvFolderSource(folder.with_name("exports"), cache=cache).stock_values(MARCH[1])
    (folder.parent / "empty").mkdir()
    with pytest.raises(SourceError, match=r"no CSV file .*contract.* parties\.csv"):
        CsvFolderSource(folder.with_name("empty"), cache=cache).stock_values(MARCH[1])


def test_a_missing_file_of_a_mapping_is_named(folder: Path, cache: Path) -> None:
    source = CsvFolderSource(folder, "openbravo", {"legal_entity": "x"}, cache)

    with pytest.raises(SourceError, match=r"no table AD_ORG .*has no table of that name"):
        source.stock_values(MARCH[1])


def full_disk(*_: object) -> list[str]:
    raise sqlite3.OperationalError("database or disk is full")


def test_a_kept_file_that_cannot_be_used_says_so(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = cache / "x.sqlite"
    load_folder(folder, database)
    monkeypatch.setattr("qbo_pipeline.sources.csv_folder._LOCK_SECONDS", 0)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SourceUnavailable, match=r"cannot keep the loaded CSV files .*locked"):
        load_folder(folder, database)
    other.close()

    with monkeypatch.context() as patched:
        patched.setattr("qbo_pipeline.sources.csv_folder._load_files", full_disk)
        with pytest.raises(SourceUnavailable, match=r"disk is full.* Make room there"):
            load_folder(folder, database)

    database.write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match=r"not a database.*may be deleted"):
        load_folder(folder, database)
    database.unlink()
    assert set(load_folder(folder, database)) == set(COLUMNS)


def test_a_missing_column_is_named_with_its_file(folder: Path, cache: Path) -> None:
    file = folder / "documents.csv"
    head, _, rest = file.read_text(encoding="utf-8").partition("\n")
    file.write_text(head.replace("net_amount", "amount_net") + "\n" + rest, encoding="utf-8")
    problems = [str(problem) for problem in CsvFolderSource(folder, cache=cache).check()]
    assert any("documents lacks the column net_amount (file documents.csv)" in text for text in problems)
