"""The work list: what somebody must do, from the caller's exceptions and from the differences themselves.

What belongs here: which differences ask for work, how grave each is, and the order of the list. A document that the
caller names as an exception is not named again for its not being posted.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from qbo_pipeline.reconciliation.causes import CAUSES, NOBODY, Cause
from qbo_pipeline.reconciliation.frames import INSTANT, MONEY, TEXT, WHOLE
from qbo_pipeline.reports.views import ReportView, Rows
from qbo_pipeline.reports.words import plain

_SEVERITIES = ("high", "medium", "low")
_NOT_POSTED = (Cause.PARKED, Cause.WAITING)

# Somebody's books are wrong now: high; a decision waits: medium; the next run settles it: low.
_SEVERITY = {
    Cause.UNEXPLAINED: "high", Cause.CHANGED_IN_QBO: "high", Cause.DELETED_IN_QBO: "high",
    Cause.DUPLICATE_IN_QBO: "high", Cause.DOUBLED_COGS: "high", Cause.SOURCE_CONTRADICTS_ITSELF: "high",
    Cause.WAITING: "low", Cause.NOT_EXTRACTED: "low", Cause.CHANGED_IN_SOURCE: "low",
}  # fmt: skip

_COLUMNS = {
    "severity": TEXT, "what": TEXT, "to_do": TEXT, "who": TEXT, "document": TEXT, "amount": MONEY,
    "qbo_message": TEXT, "intuit_tid": TEXT, "attempts": WHOLE, "since": INSTANT,
}  # fmt: skip


def work_list(report: ReportView) -> Rows:
    """The rows of S7, gravest first, then by amount without its sign."""
    exceptions = report.table("exceptions").to_pylist()
    named = {row["document_key"] for row in exceptions if row["document_key"]}
    found, effects = list(exceptions), dict[str, Decimal]()
    for row in _from_differences(report):
        if row["document_key"] in named and row["cause"] in _NOT_POSTED:
            effects[row["document_key"]] = effects.get(row["document_key"], Decimal(0)) + row["amount"]
        else:
            found.append(row)
    for row in exceptions:
        row["amount"] = effects.get(row["document_key"], row["amount"])
    found.sort(key=_place)
    return {name: pa.array([row[name] for row in found], kind) for name, kind in _COLUMNS.items()}


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    severity = _SEVERITIES.index(row["severity"]) if row["severity"] in _SEVERITIES else len(_SEVERITIES)
    return severity, -abs(row["amount"] or Decimal(0)), row["document"] or "", row["what"]


def _from_differences(report: ReportView) -> list[dict[str, Any]]:
    """One row a document and cause that somebody must settle."""
    names = ("qbo_type", "qbo_number", "qbo_id", "source_number", "explanation", "remedy", "first_seen")
    grouped = (
        report.table("differences")
        .group_by(["document_key", "cause"], use_threads=False)
        .aggregate([("amount", "sum"), *((name, "first") for name in names)])
    )
    rows = []
    for row in grouped.to_pylist():
        cause = Cause(row["cause"])
        if CAUSES[cause].who == NOBODY:
            continue
        rows.append(
            {
                "document_key": row["document_key"],
                "cause": cause,
                "severity": _SEVERITY.get(cause, "medium"),
                "what": f"{CAUSES[cause].label}: {row['explanation_first']}",
                "to_do": row["remedy_first"],
                "who": CAUSES[cause].who,
                "document": _document(row),
                "amount": row["amount_sum"],
                "qbo_message": None,
                "intuit_tid": None,
                "attempts": None,
                "since": row["first_seen_first"],
            }
        )
    return rows


def _document(row: dict[str, Any]) -> str:
    """What a person calls the document: the source's number, else QBO's type and number, else its key."""
    if row["source_number_first"]:
        return str(row["source_number_first"])
    if row["qbo_number_first"] or row["qbo_id_first"]:
        return f"{plain(row['qbo_type_first'])} {row['qbo_number_first'] or 'Id ' + row['qbo_id_first']}"
    return str(row["document_key"])
