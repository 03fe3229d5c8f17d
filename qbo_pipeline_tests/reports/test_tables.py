"""CSV files read back: every row, exact amounts, and no text that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.result_frames import FRAMES
from qbo_pipeline.reports.header import EXTRAS, ReportExtras
from qbo_pipeline.reports.safe_text import csv_column, csv_text
from qbo_pipeline.reports.tables import write_csv, write_parquet
from qbo_pipeline_tests.reports import books


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_every_frame_is_there_with_every_row_and_column(tmp_path: Path) -> None:
    reconciliation = books.broken()
    files = write_csv(reconciliation, tmp_path, ReportExtras())
    assert [file.stem for file in files] == [*FRAMES, *EXTRAS]
    for name, columns in FRAMES.items():
        found = read(tmp_path / f"{name}.csv")
        assert len(found) == len(getattr(reconciliation, name))
        if found:
            assert list(found[0]) == [column.name for column in columns]


def test_csv_has_every_cell_of_every_difference(tmp_path: Path) -> None:
    """Portion after portion: what is read back is what the frame has, text made safe, instants by the clock."""

    def said(value: Any) -> str:
        if value is None:
            return ""
        return csv_text(value) if isinstance(value, str) else str(value)

    reconciliation = books.hostile()
    write_csv(reconciliation, tmp_path)
    for name, columns in FRAMES.items():
        names = tuple(column.name for column in columns if not pa.types.is_timestamp(column.type))
        expected = [[said(row[one]) for one in names] for row in rows_of(getattr(reconciliation, name), names)]
        kinds = {column.name for column in columns if pa.types.is_boolean(column.type)}
        found = [
            [row[one].capitalize() if one in kinds else row[one] for one in names]
            for row in read(tmp_path / f"{name}.csv")
        ]
        assert found == expected, name
    assert len(read(tmp_path / "differences.csv")) == len(reconciliation.differences) > 20


@pytest.mark.parametrize("at_once", [1, 7])
def test_portions_of_rows_change_nothing(at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reconciliation = books.hostile()
    (tmp_path / "few").mkdir()
    whole = write_csv(reconciliation, tmp_path)
    monkeypatch.setattr("qbo_pipeline.reports.tables.ROWS_AT_ONCE", at_once)
    few = write_csv(reconciliation, tmp_path / "few")
    assert [file.read_bytes() for file in few] == [file.read_bytes() for file in whole]


def test_parquet_has_the_same_rows_with_their_types(tmp_path: Path) -> None:
    reconciliation = books.hostile()
    extras = books.extras(reconciliation)
    files = write_parquet(reconciliation, tmp_path, extras)
    assert [file.name for file in files] == [f"{name}.parquet" for name in (*FRAMES, *EXTRAS)]
    for name, columns in FRAMES.items():
        table = pa.parquet.read_table(tmp_path / f"{name}.parquet")
        assert {field.name: field.type for field in table.schema} == {column.name: column.type for column in columns}
        assert table.to_pylist() == rows_of(getattr(reconciliation, name), tuple(table.column_names))
    once = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in write_parquet(reconciliation, tmp_path, extras)] == once


def test_amounts_are_exact_numbers_and_dates_are_iso(tmp_path: Path) -> None:
    reconciliation = books.broken()
    write_csv(reconciliation, tmp_path, time_zone="America/New_York")
    rows = read(tmp_path / "differences.csv")
    assert [Decimal(row["amount"]) for row in rows] == list(reconciliation.differences["amount"])
    assert [row["business_date"] for row in rows] == [
        day.isoformat() for day in reconciliation.differences["business_date"]
    ]
    edited = next(row for row in rows if row["cause"] == "changed_in_qbo" and row["detail"] == "amount")
    assert edited["changed_at"] == "2026-10-22T09:05:00-04:00"


def test_hostile_text_is_whole_and_never_a_formula(tmp_path: Path) -> None:
    write_csv(books.hostile(), tmp_path)
    memos = {row["qbo_id"]: row["memo"] for row in read(tmp_path / "ledger_only.csv")}
    found = {name: memos[f"9{number:02}"] for number, name in enumerate(books.HOSTILE)}
    risky = ("formula", "plus", "minus", "at", "tab", "return")
    assert {name: found[name] for name in risky} == {name: f"'{books.HOSTILE[name]}" for name in risky}
    for name in ("tag", "attribute", "rich", "template", "escaped", "long", "emoji"):
        assert found[name] == books.HOSTILE[name]
    assert found["control"] == "bell␇ null␀ escape␛ delete␡ odd��"


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=8))
def test_only_plain_numbers_may_begin_like_a_formula(texts: list[str | None]) -> None:
    for before, after in zip(texts, csv_column(pa.array(texts, pa.string())).to_pylist(), strict=True):
        if before is None:
            assert after is None
        elif after.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
            assert after == before
            Decimal(after)
        else:
            begins = after.startswith(before[:1]) or after.removeprefix("'").startswith(before[:1])
            assert begins or not before[:1].isprintable()


@pytest.mark.parametrize("text", ["-12.50", "+7", "-0", "12"])
def test_a_number_stays_a_number(text: str) -> None:
    assert csv_column(pa.array([text])).to_pylist() == [text]


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder, reconciliation in (("one", books.hostile()), ("two", books.hostile.__wrapped__())):
        (tmp_path / folder).mkdir()
        write_csv(reconciliation, tmp_path / folder)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
