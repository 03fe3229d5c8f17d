"""Raw rows into records: parsed, checked, and set aside whole where they break a rule.

What belongs here: the way from a page of headers with their lines to a batch's records, the records set aside, and
the warnings. Where rows come from is in `reader.py`, what they must say in `inventory/`.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from qbo_pipeline.inventory.checks import Known, document_findings, movement_findings, payment_findings
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.inventory.findings import Finding
from qbo_pipeline.inventory.frames import make_frame
from qbo_pipeline.inventory.records import (
    Allocation,
    Document,
    DocumentLine,
    JsonObject,
    Location,
    Match,
    Movement,
    MovementLine,
    Party,
    Payment,
    Product,
    Record,
    RecordRow,
    column_of,
    content_hash,
)
from qbo_pipeline.inventory.schemas import schema_findings
from qbo_pipeline.sources.cells import BadCell, as_text, parse_cell
from qbo_pipeline.sources.days import day_of
from qbo_pipeline.sources.reader import RawRow
from qbo_pipeline.sources.source import SetAside, Warned
from qbo_pipeline.sources.unit_costs import complete_values

TypedRow = dict[str, Any]
Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Assembly:
    """How one kind of header becomes records: its class, its lines (kind → field and class), its rules."""

    record_type: str
    kind: str
    id_column: str
    record: type[Record]
    lines: Mapping[str, tuple[str, type[RecordRow]]]
    findings: Callable[[Frames, Known], list[Finding]]


def _no_findings(_: Frames, __: Known) -> list[Finding]:
    return []


ASSEMBLIES: dict[str, Assembly] = {
    assembly.kind: assembly
    for assembly in (
        Assembly("party", "parties", "party_id", Party, {}, _no_findings),
        Assembly("product", "products", "product_id", Product, {}, _no_findings),
        Assembly("location", "locations", "location_id", Location, {}, _no_findings),
        Assembly(
            "document", "documents", "document_id", Document,
            {"document_lines": ("lines", DocumentLine), "bill_matches": ("matches", Match)},
            lambda frames, known: document_findings(
                frames["documents"], frames["document_lines"], frames["bill_matches"], known
            ),
        ),
        Assembly(
            "movement", "movements", "movement_id", Movement, {"movement_lines": ("lines", MovementLine)},
            lambda frames, known: movement_findings(frames["movements"], frames["movement_lines"], known),
        ),
        Assembly(
            "payment", "payments", "payment_id", Payment, {"payment_allocations": ("allocations", Allocation)},
            lambda frames, known: payment_findings(frames["payments"], frames["payment_allocations"], known),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assembled:
    """One header's outcome: a record with its warnings, or what was set aside; `raw_date` decides its day."""

    raw_date: Any
    record: Record | None
    set_aside: SetAside | None
    warnings: tuple[Warned, ...]


def assemble(
    assembly: Assembly, headers: Sequence[RawRow], lines: Mapping[str, Sequence[RawRow]], known: Known
) -> list[Assembled]:
    """One outcome for each header, in the order of the headers."""
    lines = {kind: _in_order(lines.get(kind, ())) for kind in assembly.lines}
    raw = {assembly.kind: headers, **lines}
    typed, findings = _parse(raw)
    for kind in assembly.lines:
        _complete_lines(kind, typed[kind], assembly.id_column)
        if kind == "movement_lines":
            findings += complete_values(typed[kind], {found.row for found in findings if found.kind == kind})
    if assembly.kind == "documents":
        _complete_tax(typed["documents"])
    frames = {kind: make_frame(kind, rows) for kind, rows in typed.items()}
    seen = {(finding.kind, finding.row, finding.column) for finding in findings}
    for kind, frame in frames.items():
        findings += [found for found in schema_findings(kind, frame) if (kind, found.row, found.column) not in seen]
    by_header = _by_header(assembly, typed, findings)
    together = _by_header(assembly, typed, assembly.findings(frames, known))
    children = {kind: _grouped(rows, assembly.id_column) for kind, rows in typed.items() if kind != assembly.kind}
    raw_children = {kind: _grouped_raw(rows, assembly.id_column) for kind, rows in lines.items()}
    return [
        _outcome(assembly, header, typed[assembly.kind][row], by_header[row], together[row], children, raw_children)
        for row, header in enumerate(headers)
    ]


def _parse(raw: Mapping[str, Sequence[RawRow]]) -> tuple[dict[str, list[TypedRow]], list[Finding]]:
    findings: list[Finding] = []
    typed: dict[str, list[TypedRow]] = {}
    for kind, rows in raw.items():
        columns = COLUMNS[kind]
        typed[kind] = []
        for number, row in enumerate(rows):
            values: TypedRow = {}
            for column in columns:
                try:
                    values[column.name] = parse_cell(column, row.get(column.name))
                    if column.name == "business_date":
                        _check_day(row.get(column.name), values[column.name])
                except BadCell as bad:
                    values[column.name] = None
                    value = as_text(row.get(column.name))
                    findings.append(Finding(kind, number, bad.rule, column.name, value, f"{column.name}: {bad}"))
            typed[kind].append(values)
    return typed, findings


def _check_day(raw: Any, day: date | None) -> None:
    """A date that reads well but begins otherwise is not found under its day: days are intervals of text."""
    if day is not None and day_of(raw) != day:
        raise BadCell(
            "not_a_date",
            f"{str(raw)!r} does not begin with YYYY-MM-DD, so no day finds it; deliver it without what stands before "
            "(TRIM in the SELECT)",
        )


def _in_order(rows: Iterable[RawRow]) -> list[RawRow]:
    def order(row: RawRow) -> tuple[bool, int, str]:
        whole = str(row.get("line_number") or "").partition(".")[0]
        identity = "/".join(str(row.get(name)) for name in ("line_id", "movement_line_id", "allocation_id"))
        return (not whole.isdigit(), int(whole) if whole.isdigit() else 0, identity)

    return sorted(rows, key=order)


def _complete_lines(kind: str, rows: list[TypedRow], header_id: str) -> None:
    """Cost that is kept unsigned gets its direction; lines without a number are counted."""
    counted: dict[str, int] = defaultdict(int)
    for row in rows:
        counted[row[header_id]] += 1
        if row.get("direction") in (1, -1) and row.get("value") is not None:
            row["value"] *= row["direction"]
        if "line_number" in row and row["line_number"] is None:
            row["line_number"] = counted[row[header_id]]


def _complete_tax(documents: list[TypedRow]) -> None:
    for row in documents:
        if row["tax_amount"] is None and row["total_amount"] is not None and row["net_amount"] is not None:
            row["tax_amount"] = row["total_amount"] - row["net_amount"]


def _by_header(
    assembly: Assembly, typed: Mapping[str, list[TypedRow]], findings: Iterable[Finding]
) -> dict[int, list[Finding]]:
    """The findings of each header, those of its lines among them."""
    rows_of: dict[str | None, list[int]] = defaultdict(list)
    for number, row in enumerate(typed[assembly.kind]):
        rows_of[row[assembly.id_column]].append(number)
    by_header: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.kind == assembly.kind:
            by_header[finding.row].append(finding)
        else:
            for position in rows_of[typed[finding.kind][finding.row][assembly.id_column]]:
                by_header[position].append(finding)
    return by_header


def _outcome(
    assembly: Assembly,
    raw: RawRow,
    header: TypedRow,
    findings: list[Finding],
    together: list[Finding],
    children: Mapping[str, Mapping[str, list[TypedRow]]],
    raw_children: Mapping[str, Mapping[str, list[RawRow]]],
) -> Assembled:
    identity = header[assembly.id_column]
    if header.get("status") == "voided":  # it no longer counts, and some systems empty a document to void it
        together = [dataclasses.replace(finding, fatal=False) for finding in together]
    findings = [*findings, *together]
    fatal = [finding for finding in findings if finding.fatal]
    if header.get("status") == "draft":
        message = "the source has not completed it yet; it becomes a record when it does"
        fatal = [Finding(assembly.kind, 0, "draft", "status", as_text(raw.get("status")), message)]
    if fatal:
        own = {kind: rows.get(str(raw.get(assembly.id_column)), []) for kind, rows in raw_children.items()}
        return Assembled(raw.get("business_date"), None, _set_aside(assembly, raw, header, fatal, own), ())
    fields: dict[str, Any] = {
        field: tuple(_row(cls, row) for row in children[kind].get(identity, ()))
        for kind, (field, cls) in assembly.lines.items()
    }
    record = _row(assembly.record, header, **fields)
    warnings = tuple(
        Warned(
            record_type=assembly.record_type, record_id=record.record_id, rule=finding.rule,
            column=finding.column, value=finding.value, message=finding.message,
        )
        for finding in findings
    )  # fmt: skip
    return Assembled(raw.get("business_date"), record, None, warnings)


def _set_aside(
    assembly: Assembly, raw: RawRow, header: TypedRow, fatal: list[Finding], lines: Mapping[str, list[RawRow]]
) -> SetAside:
    content: JsonObject = {name: as_text(value) for name, value in raw.items()}
    for kind, rows in lines.items():
        content[kind] = [{name: as_text(value) for name, value in row.items()} for row in rows]
    first = fatal[0]
    message = first.message + (f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else "")
    if first.kind != assembly.kind:
        message = f"{first.kind}: {message}"
    kind = as_text(raw.get("kind")) or assembly.record_type
    identity = as_text(raw.get(assembly.id_column)) or f"row:{content_hash(content)[:16]}"
    return SetAside(
        record_type=assembly.record_type,
        record_id=f"{kind}:{identity}" if assembly.record_type == "party" else identity,
        kind=kind,
        business_date=_date(header.get("business_date")),
        number=as_text(raw.get("number")),
        rule=first.rule,
        column=first.column,
        value=first.value,
        message=message,
        content=content,
    )


def _date(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def _row(cls: type[Any], values: TypedRow, **more: Any) -> Any:
    names = _FIELDS[cls]
    known = {names[column]: value for column, value in values.items() if column in names and value is not None}
    return cls(**known, **more)


_FIELDS: dict[type[Any], dict[str, str]] = {
    cls: {column_of(field.name): field.name for field in dataclasses.fields(cls)}
    for assembly in ASSEMBLIES.values()
    for cls in (assembly.record, *(row for _, row in assembly.lines.values()))
}


def _grouped(rows: list[TypedRow], key: str) -> dict[str, list[TypedRow]]:
    groups: dict[str, list[TypedRow]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def _grouped_raw(rows: Iterable[RawRow], key: str) -> dict[str, list[RawRow]]:
    groups: dict[str, list[RawRow]] = defaultdict(list)
    for row in rows:
        groups[str(row.get(key))].append(row)
    return groups
