"""All reports of a reconciliation in a folder: names that do not depend on the hour, files that are whole or not there.

What belongs here: the names and the writing by replacement. A reader never sees half a file: each is written beside
its place and moved there when it is complete.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import orjson

from qbo_pipeline.reconciliation.export import to_json
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.header import ReportExtras, ReportHeader
from qbo_pipeline.reports.page import write_page
from qbo_pipeline.reports.sheet import Progress
from qbo_pipeline.reports.tables import write_csv, write_parquet
from qbo_pipeline.reports.workbook import write_workbook


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where the reports are; `tables` is the folder of the CSV files, `parquet` that of the Parquet files."""

    page: Path
    workbook: Path
    json: Path
    tables: Path
    parquet: Path


def write_reports(
    reconciliation: Reconciliation,
    header: ReportHeader,
    extras: ReportExtras | None,
    folder: Path,
    *,
    mode: int = 0o600,
    progress: Progress = lambda rows: None,
) -> ReportFiles:
    """Write page, workbook, JSON, CSV and Parquet files of one reconciliation into `folder`, made where it is missing.

    The names are `reconciliation-<as at>.html`, `.xlsx`, `.json`, and folders of that name for the CSV and the Parquet
    files; a report of the same date is replaced. `progress` is told of rows of the workbook as they are written.
    `mode` says who may read them: their owner alone, unless told otherwise. Raises `ValueError` where the header
    belongs to another reconciliation, `FrameError` where a frame of the extras cannot be used, `OSError` where the
    folder cannot be written to; then the files of before are still there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"reconciliation-{reconciliation.as_at.isoformat()}"
    files = ReportFiles(
        folder / f"{name}.html",
        folder / f"{name}.xlsx",
        folder / f"{name}.json",
        folder / f"{name}-csv",
        folder / f"{name}-parquet",
    )
    new = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        write_page(reconciliation, header, extras, new / files.page.name)
        write_workbook(reconciliation, header, extras, new / files.workbook.name, progress=progress)
        (new / files.json.name).write_bytes(_json(reconciliation, header))
        (new / "csv").mkdir()
        (new / "parquet").mkdir()
        tables = {
            files.tables: write_csv(reconciliation, new / "csv", extras, time_zone=header.time_zone),
            files.parquet: write_parquet(reconciliation, new / "parquet", extras),
        }
        whole = [new / file.name for file in (files.json, files.workbook, files.page)]
        for file in (*whole, *(table for made in tables.values() for table in made)):
            file.chmod(mode)
        for place, made in tables.items():
            place.mkdir(exist_ok=True)
            place.chmod(mode | (mode & 0o444) >> 2)  # who may read a file may enter its folder
            for table in made:
                table.replace(place / table.name)
        for file in whole:
            file.replace(folder / file.name)
    finally:
        shutil.rmtree(new)
    return files


def _json(reconciliation: Reconciliation, header: ReportHeader) -> bytes:
    content = to_json(reconciliation)
    if header.journal is not None:
        line, digest = header.journal
        content["journal"] = {"connection": header.connection, "line": line, "hash": digest}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
