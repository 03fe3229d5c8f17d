"""CSV and Parquet files: one for each frame of the reconciliation and of the extras, whole and exact.

What belongs here: how a frame becomes Parquet, with its types as they are, and CSV (RFC 4180, UTF-8 with a byte order
mark so that Excel reads names rightly). In CSV amounts are decimals with all their digits, instants ISO 8601 by the
company's clock with its offset, business dates ISO; a text that a spreadsheet would take for a formula begins with an
apostrophe.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from qbo_pipeline.reconciliation.frames import flat, to_table
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import FRAMES
from qbo_pipeline.reports.header import EXTRAS, ReportExtras
from qbo_pipeline.reports.safe_text import csv_column

ROWS_AT_ONCE = 5_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def write_csv(
    reconciliation: Reconciliation, folder: Path, extras: ReportExtras | None = None, *, time_zone: str = "UTC"
) -> list[Path]:
    """Write `<frame>.csv` for every frame into `folder`, which must exist; the same data gives the same bytes.

    Returns the files in the order of the frames. Raises `FrameError` where a frame of the extras cannot be used.
    """
    files = []
    for name, table in _tables(reconciliation, extras):
        files.append(folder / f"{name}.csv")
        _write(table, files[-1], time_zone)
    return files


def write_parquet(reconciliation: Reconciliation, folder: Path, extras: ReportExtras | None = None) -> list[Path]:
    """Write `<frame>.parquet` for every frame into `folder`, which must exist; the same data gives the same bytes.

    Amounts are decimals, business dates dates, instants UTC, texts as they are. Returns the files in the order of the
    frames. Raises `FrameError` where a frame of the extras cannot be used.
    """
    files = []
    for name, table in _tables(reconciliation, extras):
        files.append(folder / f"{name}.parquet")
        pyarrow.parquet.write_table(table, files[-1], compression="zstd")
    return files


def _tables(reconciliation: Reconciliation, extras: ReportExtras | None) -> Iterator[tuple[str, Any]]:
    for name, columns in FRAMES.items():
        loose = tuple(column._replace(required=False) for column in columns)
        yield name, to_table(name, getattr(reconciliation, name), loose)
    if extras is not None:
        for name, columns in EXTRAS.items():
            yield name, to_table(name, getattr(extras, name), columns)


def _write(table: Any, file: Path, time_zone: str) -> None:
    with file.open("wb") as out:
        out.write(_BYTE_ORDER_MARK)
        for start in range(0, max(table.num_rows, 1), ROWS_AT_ONCE):
            part = table.slice(start, ROWS_AT_ONCE)
            written = pa.table({name: _column(flat(part[name]), time_zone) for name in table.column_names})
            options = pyarrow.csv.WriteOptions(include_header=not start, quoting_style="needed")
            pyarrow.csv.write_csv(written, out, options)


def _column(column: Any, time_zone: str) -> Any:
    """A column as it is written: text made safe, instants as ISO 8601 in the zone, everything else as it is."""
    if pa.types.is_string(column.type):
        return csv_column(column)
    if pa.types.is_timestamp(column.type):
        local = pc.strftime(column.cast(pa.timestamp("s", tz=time_zone), safe=False), format="%Y-%m-%dT%H:%M:%S%z")
        return pc.replace_substring_regex(local, pattern="(\\d\\d)$", replacement=":\\1")
    return column
