"""The report files of a reconciliation: whose they are, and where they lie. What they show beside it is in
`report_extras.py`."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from qbo_pipeline.pipeline.reconcile import source_read_at
from qbo_pipeline.pipeline.report_extras import report_extras
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.files import ReportFiles
from qbo_pipeline.reports.files import write_reports as write_files
from qbo_pipeline.reports.header import ReportHeader
from qbo_pipeline.settings import SettingsError
from qbo_pipeline.store.attempts import head_of
from qbo_pipeline.store.ledger_lines import oldest_read
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline.store.reference import references

QBO_PAGES = {
    "production": "https://app.qbo.intuit.com/app",
    "sandbox": "https://app.sandbox.qbo.intuit.com/app",
    "emulator": None,
}
_MODES = {"owner": 0o600, "group": 0o640, "everybody": 0o644}


def report_folder(run: Run) -> Path:
    """Where a run's reports lie unless somebody says otherwise: beside the settings."""
    return run.settings.folder / "reports" / run.name


def write_reports(run: Run, reconciliation: Reconciliation, folder: Path | None = None) -> ReportFiles:
    """Write workbook, page and tables of a reconciliation, and answer where they are."""
    with run.database.reading() as connection:
        header = _header(run, connection, reconciliation)
        extras = report_extras(connection, run.name, reconciliation, header.time_zone)
    mode = _MODES[run.settings.reconciliation.report_readers]
    _refuse_another_connection_s(run, reconciliation.as_at, folder or report_folder(run))
    told = partial(run.progress, "rows of the workbook written")
    return write_files(reconciliation, header, extras, folder or report_folder(run), mode=mode, progress=told)


def _refuse_another_connection_s(run: Run, as_at: date, folder: Path) -> None:
    """Raise `SettingsError` where the folder has the report of another connection for that date."""
    file = folder / f"reconciliation-{as_at.isoformat()}.json"
    try:
        written = orjson.loads(file.read_bytes()).get("journal", {}).get("connection")
    except (OSError, ValueError, AttributeError):
        return
    if written not in (None, run.name):
        raise SettingsError(
            f"{folder} has the report of the connection {written} as at {as_at.isoformat()}, which would be replaced: "
            "give each connection a folder of its own"
        )


def report_paths(run: Run, as_at: date) -> tuple[Path, Path]:
    """Where the page and the workbook of a date lie."""
    stem = f"reconciliation-{as_at.isoformat()}"
    return report_folder(run) / f"{stem}.html", report_folder(run) / f"{stem}.xlsx"


def _header(run: Run, connection: Connection, reconciliation: Reconciliation) -> ReportHeader:
    companies = references(connection, run.name, "CompanyInfo")
    signed = [
        item
        for _, item in load_sign_offs(connection, run.name)
        if item.as_at == reconciliation.as_at and item.content_hash == reconciliation.content_hash and not item.void_at
    ]
    signature: dict[str, Any] = {}
    if signed:
        last = signed[-1]
        signature = {
            "prepared_by": last.preparer,
            "prepared_at": last.prepared_at,
            "reviewed_by": last.reviewer,
            "reviewed_at": last.reviewed_at,
            "comment": last.comment,
        }
    return ReportHeader(
        company=companies[0].name if companies else run.name,
        connection=run.name,
        realm=run.settings.quickbooks.realm[-4:],
        as_at=reconciliation.as_at,
        time_zone=run.settings.connection.time_zone,
        currency=reconciliation.currency,
        run_id=run.run_id,
        made_at=run.database.now(connection),
        journal=head_of(connection, run.name),
        content_hash=reconciliation.content_hash,
        source_cut_off=source_read_at(connection, run.name, reconciliation.as_at),
        qbo_read_at=oldest_read(connection, run.name, reconciliation.as_at),
        qbo_url=QBO_PAGES[run.settings.quickbooks.environment],
        **signature,
    )
