"""The same back-fill a second time: nothing is written to QBO, nothing changes in the store, nor in the reports."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from qbo_pipeline.pipeline.report_files import report_folder, write_reports
from qbo_pipeline_tests.pipeline.connections import (
    POSTING_TABLES,
    RECORD_TABLES,
    Carried,
    carry,
    content_of,
)
from qbo_pipeline_tests.pipeline.food_and_beverage import FIRST_DAY, LAST_DAY, Company

TABLES = (*RECORD_TABLES, *POSTING_TABLES, "ledger_lines", "stock_lines")
_INSTANT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|\+00:00)?"
# What says when a report was made and from when its data are; and the run that made it.
_TIMES = re.compile(
    rf"(?<=made )(?:<time id=\"made-at\" datetime=\"{_INSTANT}\">)?{_INSTANT}"
    rf"|(?<=read at )(?:{_INSTANT})|(?<=read at: )(?:{_INSTANT})|(?<=read at</dt><dd><bdi>)(?:{_INSTANT})"
    rf"|(?<=read up to )(?:{_INSTANT})|(?<=read up to: )(?:{_INSTANT})|(?<=read up to</dt><dd><bdi>)(?:{_INSTANT})"
    rf"|(?<=\"dcterms:W3CDTF\">)(?:{_INSTANT})"
    r"|(?<=, run )[0-9a-f-]{36}|(?<=Run: )[0-9a-f-]{36}|(?<=Run</dt><dd><bdi>)[0-9a-f-]{36}"
)

Files = dict[str, bytes]


def reports_of(folder: Path) -> Files:
    """Every report file, a workbook as the files that it packs, Parquet as its values; without the time of making."""
    found: Files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(BytesIO(path.read_bytes())) as packed:
                found |= {f"{name}/{member}": packed.read(member) for member in packed.namelist()}
        elif path.suffix == ".parquet":
            found[name] = str(pq.read_table(path).to_pydict()).encode()
        else:
            found[name] = path.read_bytes()
    return {name: _TIMES.sub("WHEN", content.decode()).encode() for name, content in found.items()}


@pytest.fixture(scope="module")
def again(carried: Company) -> tuple[Carried, dict[str, object], dict[str, object], Files, Files]:
    """The second time: what it answered, the store's content before and after, the reports before and after."""
    with carried.run() as run:
        folder = report_folder(run)
        before, reports = content_of(run, *TABLES), reports_of(folder)
        second = carry(run, FIRST_DAY, LAST_DAY)
        write_reports(run, second.result)
        return second, dict(before), dict(content_of(run, *TABLES)), reports, reports_of(folder)


def test_nothing_is_written_to_qbo(carried: Company, again: tuple[Carried, ...]) -> None:
    second, *_ = again
    meter = carried.emulator.meter()

    assert meter["core"] == 0
    assert meter["failed"] == meter["refused"] == 0
    assert not {"batch", "create", "update", "delete", "void"} & set(meter["by_operation"])
    assert second.calls["api_writes"] == 0
    assert second.calls["api_metered_reads"] == meter["coreplus"]
    assert meter["coreplus"] > 0


def test_nothing_changes_in_the_store(again: tuple[Carried, dict[str, object], dict[str, object]]) -> None:
    second, before, after, *_ = again

    assert second.touched == {"new": 0, "changed": 0, "vanished": 0, "postings": 0, "posted": 0}
    for table in TABLES:
        assert before[table] == after[table], table
    assert len(before["records"]) > 850  # type: ignore[arg-type]


def test_the_reports_are_the_same_but_for_the_time_of_making(again: tuple[object, ...]) -> None:
    *_, first, second = again
    assert isinstance(first, dict)
    assert isinstance(second, dict)

    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []
    kinds = {Path(name.split("/")[0]).suffix or Path(name).suffix for name in first}
    assert {".html", ".xlsx", ".json", ".parquet"} <= kinds
    assert sum(name.endswith(".csv") for name in first) >= 10
