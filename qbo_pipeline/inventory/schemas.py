"""The pandera schema of each kind of frame: types, what may be empty, enumerations, keys, plausible values.

What belongs here: rules about one column. Rules across columns and frames are in `checks.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pandera.pandas as pandera

from qbo_pipeline.inventory.columns import COLUMNS, Column
from qbo_pipeline.inventory.currencies import CURRENCIES
from qbo_pipeline.inventory.findings import Finding
from qbo_pipeline.inventory.frames import DTYPES
from qbo_pipeline.inventory.records import decimal_text

KEYS: dict[str, tuple[str, ...]] = {
    "parties": ("kind", "party_id"),
    "products": ("product_id",),
    "locations": ("location_id",),
    "documents": ("document_id",),
    "document_lines": ("line_id",),
    "bill_matches": ("line_id", "movement_line_id"),
    "movements": ("movement_id",),
    "movement_lines": ("line_id",),
    "payments": ("payment_id",),
    "payment_allocations": ("allocation_id",),
}

_CURRENCY = pandera.Check.isin(sorted(CURRENCIES), name="currency")
_POSITIVE = pandera.Check.gt(0, name="rate")
_NOT_NEGATIVE = pandera.Check.ge(0, name="unit_cost")
_DAYS = pandera.Check.in_range(0, 999, name="payment_days")
_DIRECTION = pandera.Check.isin([1, -1], name="direction")


def _checks(column: Column) -> list[pandera.Check]:
    if column.name == "currency":
        return [_CURRENCY]
    if column.name == "direction":
        return [_DIRECTION]
    if column.name == "unit_cost":
        return [_NOT_NEGATIVE]
    if column.name == "payment_days":
        return [_DAYS]
    if column.type == "rate":
        return [_POSITIVE]
    if column.type == "choice":
        return [pandera.Check.isin(list(column.values), name="choice")]
    return []


def _schema(kind: str) -> pandera.DataFrameSchema:
    return pandera.DataFrameSchema(
        {
            column.name: pandera.Column(DTYPES[column.type], checks=_checks(column), nullable=not column.required)
            for column in COLUMNS[kind]
        },
        strict=True,
        ordered=True,
        name=kind,
    )


SCHEMAS: dict[str, pandera.DataFrameSchema] = {kind: _schema(kind) for kind in COLUMNS}


def schema_findings(kind: str, frame: pd.DataFrame) -> list[Finding]:
    """What a frame of this kind breaks, one finding for each cell or duplicate key; empty when all is well.

    Raises pandera's `SchemaErrors` when the frame itself is malformed (a column missing, a wrong type): frames come
    from `make_frame`, so that is a mistake in the program and no bad row.
    """
    try:
        SCHEMAS[kind].validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        if bool(error.failure_cases["index"].isna().any()):
            raise
        findings = [_finding(kind, case) for case in error.failure_cases.to_dict("records")]
    else:
        findings = []
    return findings + _duplicates(kind, frame)


def _finding(kind: str, case: dict[str, Any]) -> Finding:
    name = str(case["column"])
    column = next(column for column in COLUMNS[kind] if column.name == name)
    failed = case["check"]
    if failed == "not_nullable":
        return Finding(kind, int(case["index"]), "required", name, None, f"{name} is empty; {column.meaning}")
    failing = case["failure_case"]
    value = decimal_text(failing) if isinstance(failing, Decimal) else str(failing)
    rule, message = _MESSAGES.get(name) or _MESSAGES[column.type]
    words = message.format(name=name, value=value, values=", ".join(column.values))
    return Finding(kind, int(case["index"]), rule, name, value, words)


_MESSAGES: dict[str, tuple[str, str]] = {
    "currency": ("currency", "{name} is {value!r}, which is no currency code of ISO 4217 such as USD"),
    "direction": ("direction", "{name} is {value}; it has to be 1 or -1"),
    "unit_cost": ("unit_cost", "{name} is {value}; it is 0 or more, the quantity's sign says which way the goods go"),
    "payment_days": ("payment_days", "{name} is {value}; it is 0 to 999, or nothing where there are no terms"),
    "rate": ("rate", "{name} is {value}; a rate is greater than zero"),
    "choice": ("choice", "{name} is {value!r}; it has to be one of {values}"),
}


def _duplicates(kind: str, frame: pd.DataFrame) -> list[Finding]:
    key = KEYS.get(kind)
    if key is None:
        return []
    twice = frame.duplicated(list(key), keep=False) & frame[list(key)].notna().all(axis=1)
    findings = []
    for row in frame.index[twice.to_numpy(dtype=bool)]:
        value = "/".join(str(frame.at[row, name]) for name in key)
        message = f"{' and '.join(key)} {value!r} appears more than once; ids are unique within {kind}"
        findings.append(Finding(kind, int(row), "duplicate", key[-1], value, message))
    return findings
