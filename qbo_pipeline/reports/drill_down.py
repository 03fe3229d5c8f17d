"""From account to cause to document to its lines and attempts: what the page unfolds.

What belongs here: the tree and what of it is shown: in each cause the largest documents, never without saying how many
there are in all.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.causes import ORDER, Cause
from qbo_pipeline.reports import views
from qbo_pipeline.reports.views import ReportView, flat, mapped
from qbo_pipeline.reports.words import CAUSE_WORDS, plain

DOCUMENTS_IN_A_CAUSE = 100

Row = dict[str, Any]


class DocumentNode(NamedTuple):
    """A document in one cause: its rows of differences, the values of both sides, lines and attempts if given."""

    key: str
    amount: Decimal
    rows: list[Row]
    values: Row | None
    lines: list[Row]
    attempts: list[Row]


class CauseNode(NamedTuple):
    """A cause in one account; `documents` are the largest of `number`."""

    label: str
    number: int
    amount: Decimal
    documents: list[DocumentNode]


class AccountNode(NamedTuple):
    """An account that differs."""

    name: str
    difference: Decimal
    causes: list[CauseNode]


def drill_down(report: ReportView) -> list[AccountNode]:
    """The accounts that have differences, in the order of the certification."""
    sums = (
        report.table("differences")
        .group_by(["account_id", "cause", "document_key"], use_threads=False)
        .aggregate([("amount", "sum")])
        .to_pylist()
    )
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in sums:
        cells.setdefault((row["account_id"], row["cause"]), []).append(row)
    for rows in cells.values():
        rows.sort(key=lambda row: (-abs(row["amount_sum"]), row["document_key"]))
    facts = _Facts(report, {row["document_key"] for rows in cells.values() for row in rows[:DOCUMENTS_IN_A_CAUSE]})
    found = []
    accounts = report.table("accounts")
    for account, difference in zip(accounts["account_id"].to_pylist(), accounts["difference"].to_pylist(), strict=True):
        mine = sorted((cause for one, cause in cells if one == account), key=lambda cause: ORDER[Cause(cause)])
        causes = [_cause(cause, cells[account, cause], facts) for cause in mine]
        if causes:
            found.append(AccountNode(report.account_name(account), difference, causes))
    return found


class _Facts:
    """Everything about the documents that are shown, looked up once."""

    def __init__(self, report: ReportView, shown: set[str]) -> None:
        keys = pa.array(sorted(shown), pa.string())
        rows = views.differences(report)
        mine = [key in shown for key in rows["document_key"].to_pylist()]
        self.differences = _by(_rows(rows, mine), "account_id", "cause", "document_key")
        postings = {row["posting_key"] for rows in self.differences.values() for row in rows if row["posting_key"]}
        documents = report.table("documents")
        documents = documents.filter(pc.is_in(documents["document_key"], keys))
        self.values = _by(documents.to_pylist(), "account_id", "document_key")
        lines = report.table("lines")
        lines = lines.filter(pc.is_in(lines["document_key"], keys))
        if lines.num_rows:
            names = mapped(flat(lines["account_id"]), report.account_name)
            lines = lines.append_column("account_name", names).append_column("says", mapped(lines["side"], plain))
        self.lines = _by(lines.to_pylist(), "document_key")
        attempts = report.table("attempts")
        attempts = attempts.filter(pc.is_in(attempts["posting_key"], pa.array(sorted(postings), pa.string())))
        self.attempts = _by(attempts.to_pylist(), "posting_key")


def _rows(rows: views.Rows, chosen: list[bool]) -> list[Row]:
    places = [number for number, mine in enumerate(chosen) if mine]
    taken = {
        name: [column[place] for place in places]
        if isinstance(column, list)
        else column.take(pa.array(places, pa.int64())).to_pylist()
        for name, column in rows.items()
    }
    return [dict(zip(taken, row, strict=True)) for row in zip(*taken.values(), strict=True)]


def _by(rows: list[Row], *names: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        found.setdefault(key if len(key) > 1 else key[0], []).append(row)
    return found


def _cause(cause: str, sums: list[Row], facts: _Facts) -> CauseNode:
    amount = sum((row["amount_sum"] for row in sums), Decimal(0))
    shown = [_document(row, facts) for row in sums[:DOCUMENTS_IN_A_CAUSE]]
    return CauseNode(CAUSE_WORDS[cause], len(sums), amount, shown)


def _document(row: Row, facts: _Facts) -> DocumentNode:
    key = row["document_key"]
    rows = facts.differences[row["account_id"], row["cause"], key]
    postings = dict.fromkeys(one["posting_key"] for one in rows if one["posting_key"])
    return DocumentNode(
        key=key,
        amount=row["amount_sum"],
        rows=rows,
        values=next(iter(facts.values.get((row["account_id"], key), ())), None),
        lines=facts.lines.get(key, []),
        attempts=[attempt for posting in postings for attempt in facts.attempts.get(posting, ())],
    )
