"""The door by which finished rows and links get into XlsxWriter's workbook, without being held in memory.

What belongs here: what of XlsxWriter writes a sheet's rows, its links and their addresses. In constant memory it keeps
its rows in a file until the workbook is put together, and every link in memory; here the links are in files as well.
Each link is an element of the sheet and a relation that has its address (ECMA-376 part 1, 18.3.1.47; part 2, 9.3).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.packager import Packager
from xlsxwriter.relationships import DOCUMENT_SCHEMA, PACKAGE_SCHEMA
from xlsxwriter.url import Url
from xlsxwriter.worksheet import Worksheet

from qbo_pipeline.reports.sheet_rows import escaped_column, joined

_AT_ONCE = 2**20  # bytes
_AS_IT_IS = r"^https?://(?:[0-9A-Za-z:/?=&._~-]|%[0-9A-Fa-f]{2})*$"  # an address in which XlsxWriter replaces nothing


class TableWorkbook(xlsxwriter.Workbook):  # type: ignore[misc]  # XlsxWriter is untyped
    """A workbook of XlsxWriter, in constant memory, of such sheets."""

    def _get_packager(self) -> Any:
        return _Packager()


class TableSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is untyped
    """A sheet of XlsxWriter, in constant memory, that takes finished rows and links as well."""

    linked = 0
    _links: IO[bytes]
    _relations: IO[bytes]

    def write_rows(self, first: int, columns: int, rows: Any) -> None:
        """Write finished rows, Arrow texts, from row `first` on, counted from 0; no later row may have been begun."""
        self._check_dimensions(first + len(rows) - 1, columns - 1)
        self._write_single_row(first + len(rows))  # the row that was under way
        self.row_data_fh.flush()
        self.row_data_fh.buffer.write(_bytes(rows))

    def link(self, letter: str, rows: Any, addresses: Any) -> None:
        """Link the cells of a column that stand in finished rows, by the numbers of their rows, counted from 1."""
        if not len(addresses):
            return
        if not self.linked:
            self._links = tempfile.TemporaryFile()  # noqa: SIM115  # until the workbook is put together
            self._relations = tempfile.TemporaryFile()  # noqa: SIM115
        targets, anchors = _targets(addresses)
        numbers = pa.array(np.arange(self.linked + 1, self.linked + 1 + len(addresses))).cast(pa.string())
        self.linked += len(addresses)
        cells = joined('<hyperlink ref="', letter, pa.array(rows).cast(pa.string()), '" r:id="rId', numbers, '"')
        there = pc.if_else(pc.is_valid(anchors), joined(' location="', _attribute(anchors), '"'), "")
        self._links.write(_bytes(joined(cells, there, "/>")))
        kind = f'" Type="{DOCUMENT_SCHEMA}/hyperlink" Target="'
        ends = '" TargetMode="External"/>'
        self._relations.write(_bytes(joined('<Relationship Id="rId', numbers, kind, _attribute(targets), ends)))

    def write_relations(self, file: str) -> None:
        """Write the relations of the links to the part of the workbook that has them."""
        with open(file, "wb") as out:
            out.write(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n')
            out.write(f'<Relationships xmlns="{PACKAGE_SCHEMA}">'.encode())
            _poured(self._relations, out)
            out.write(b"</Relationships>")

    def _write_hyperlinks(self) -> None:
        super()._write_hyperlinks()
        if self.linked:
            self._xml_start_tag("hyperlinks")
            self.fh.flush()
            _poured(self._links, self.fh.buffer)
            self._xml_end_tag("hyperlinks")

    def _write_optimized_sheet_data(self) -> None:
        """As XlsxWriter does it, but for the rows' being text already in the bytes of the file."""
        self._xml_start_tag("sheetData")
        self.row_data_fh.flush()
        self.fh.flush()
        _poured(self.row_data_fh.buffer, self.fh.buffer)
        self.row_data_fh.close()
        os.unlink(self.row_data_filename)
        self._xml_end_tag("sheetData")


class _Packager(Packager):  # type: ignore[misc]  # XlsxWriter is untyped
    """Puts a workbook's parts together, the relations of its links among them."""

    def _write_worksheet_rels_files(self) -> None:
        super()._write_worksheet_rels_files()
        for number, sheet in enumerate(self.workbook.worksheets(), start=1):
            if isinstance(sheet, TableSheet) and sheet.linked:
                sheet.write_relations(self._filename(f"xl/worksheets/_rels/sheet{number}.xml.rels"))


def _targets(addresses: Any) -> tuple[Any, Any]:
    """Addresses as relations have them, and what of each stands behind its `#`, null where nothing does."""
    short = pc.less_equal(pc.binary_length(addresses), Url.MAX_URL_LEN)
    if pc.all(pc.and_(short, pc.match_substring_regex(addresses, _AS_IT_IS))).as_py():
        return addresses, pa.nulls(len(addresses), pa.string())
    urls = [Url(address) for address in addresses.to_pylist()]
    targets, anchors = ([getattr(url, name) for url in urls] for name in ("_relationship_link", "_anchor"))
    return pa.array(targets, pa.string()), pa.array([anchor or None for anchor in anchors], pa.string())


def _attribute(texts: Any) -> Any:
    return pc.replace_substring(escaped_column(texts), '"', "&quot;")


def _bytes(texts: Any) -> memoryview:
    """All texts of an Arrow array behind one another, as they are in memory."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data)[ends[0] : ends[-1]]


def _poured(file: IO[bytes], out: IO[bytes]) -> None:
    """Copy a file from its beginning, and end it."""
    file.seek(0)
    shutil.copyfileobj(file, out, _AT_ONCE)
    file.close()
