"""From account to cause to document to its lines and attempts: what the page unfolds.

What belongs here: the tree and what of it is shown: in each cause the largest documents, never without saying how many
there are in all.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.causes import ORDER, Cause
from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reports import views
from qbo_pipeline.reports.groups import Groups
from qbo_pipeline.reports.views import ReportView, mapped
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
    accounts = report.table("accounts")
    sums = _sums(report, flat(accounts["account_id"]))
    heads = _heads(sums)
    shown = {key for head in heads for key in head.largest["document_key"].to_pylist()}
    facts = _Facts(report, shown)
    found = []
    for account, difference in zip(accounts["account_id"].to_pylist(), accounts["difference"].to_pylist(), strict=True):
        causes = [_cause(head, facts) for head in heads if head.account == account]
        if causes:
            found.append(AccountNode(report.account_name(account), difference, causes))
    return found


class _Head(NamedTuple):
    """A cause in one account: how many documents, what they come to, the table of the largest."""

    account: str
    cause: str
    number: int
    amount: Decimal
    largest: Any


def _sums(report: ReportView, accounts: Any) -> Any:
    """What each document comes to in each cause and account: account by account, cause by cause, the largest first."""
    names, table = ["account_id", "cause", "document_key"], report.table("differences")
    groups = Groups(table, names)
    sums = table.select(names).take(pa.array(groups.firsts))
    sums = sums.append_column("amount_sum", groups.sums(flat(table["amount"])))
    order = pa.array(sorted((cause.value for cause in Cause), key=lambda cause: ORDER[Cause(cause)]), pa.string())
    keys = pa.table(
        {
            "account": pc.index_in(flat(sums["account_id"]), value_set=accounts),
            "cause": pc.index_in(flat(sums["cause"]), value_set=order),
            "size": pc.abs(flat(sums["amount_sum"])),
            "document": flat(sums["document_key"]),
        }
    )
    ascending = ("account", "cause", "document")
    by = [(name, "ascending" if name in ascending else "descending") for name in keys.column_names]
    return sums.take(pc.sort_indices(keys, sort_keys=by))


def _heads(sums: Any) -> list[_Head]:
    """The causes of each account, from the rows of `_sums`."""
    found, start = [], 0
    pairs = sums.select(["account_id", "cause"]).group_by(["account_id", "cause"], use_threads=False)
    for row in pairs.aggregate([([], "count_all")]).to_pylist():  # in the order of their first rows
        mine = sums.slice(start, row["count_all"])
        start += row["count_all"]
        amount = pc.sum(mine["amount_sum"]).as_py()
        found.append(_Head(row["account_id"], row["cause"], len(mine), amount, mine.slice(0, DOCUMENTS_IN_A_CAUSE)))
    return found


class _Facts:
    """Everything about the documents that are shown, looked up once."""

    def __init__(self, report: ReportView, shown: set[str]) -> None:
        keys = pa.array(sorted(shown), pa.string())
        rows = views.differences(report)
        rows = rows.at(np.flatnonzero(pc.is_in(rows["document_key"], keys)))
        columns = {name: rows[name].to_pylist() for name in rows.names}
        told = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        self.differences = _by(told, "account_id", "cause", "document_key")
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


def _by(rows: list[Row], *names: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        found.setdefault(key if len(key) > 1 else key[0], []).append(row)
    return found


def _cause(head: _Head, facts: _Facts) -> CauseNode:
    shown = [_document(row, facts) for row in head.largest.to_pylist()]
    return CauseNode(CAUSE_WORDS[head.cause], head.number, head.amount, shown)


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
