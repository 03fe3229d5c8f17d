"""The rows of every layout: frames of the reconciliation with names for people, links and marks.

What belongs here: `Report` (a reconciliation with its header and extras) and one function for each view. A view is a
dictionary of columns (Arrow arrays or lists of equal length); amounts stay exact decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.reconciliation.frames import to_table
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import AGEING_BUCKETS, FRAMES
from qbo_pipeline.reports.fields import ReportField
from qbo_pipeline.reports.header import EXTRAS, ReportExtras, ReportHeader
from qbo_pipeline.reports.words import (
    CAUSE_GROUPS,
    CAUSE_WORDS,
    GROUP_WORDS,
    LINE_WORDS,
    NOT_CHECKED,
    STATUS_WORDS,
    cause_words,
    plain,
    state,
)

Rows = dict[str, Any]

_CHUNK = 20_000
_CENT = Decimal("0.01")
_MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class ReportView:
    """What the reports are made from. Raises `ValueError` where header and reconciliation do not belong together."""

    reconciliation: Reconciliation
    header: ReportHeader
    extras: ReportExtras

    def __post_init__(self) -> None:
        self.header.check(self.reconciliation)

    def table(self, name: str) -> Any:
        """A frame of the reconciliation or of the extras as an Arrow table of its stated columns."""
        if name in FRAMES:
            columns = tuple(column._replace(required=False) for column in FRAMES[name])
            return to_table(name, getattr(self.reconciliation, name), columns).combine_chunks()
        return to_table(name, getattr(self.extras, name), EXTRAS[name]).combine_chunks()

    def columns(self, name: str) -> Rows:
        """The same as a dictionary of columns."""
        table = self.table(name)
        return {column: flat(table[column]) for column in table.column_names}

    @cached_property
    def account_names(self) -> dict[str, str]:
        """Account ids and names."""
        accounts = self.table("accounts")
        return dict(zip(accounts["account_id"].to_pylist(), accounts["account_name"].to_pylist(), strict=True))

    def account_name(self, account_id: str) -> str:
        """The account's name, its id where it has none."""
        return self.account_names.get(account_id) or account_id


def flat(column: Any) -> Any:
    """A column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def mapped(column: Any, words: Callable[[str], str | None]) -> Any:
    """Each distinct text through `words`; null stays null."""
    coded = flat(column).dictionary_encode()
    return pa.array([words(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def length(rows: Rows) -> int:
    """How many rows."""
    return len(next(iter(rows.values()), ()))


def values(
    rows: Rows, fields: Sequence[ReportField], first: int = 0, last: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """The rows from `first` up to `last` as tuples of Python values in the order of the fields, in bounded memory."""
    names = [name for field in fields for name in (field.name, field.link) if name]
    end = length(rows) if last is None else min(last, length(rows))
    for start in range(first, end, _CHUNK):
        stop = min(start + _CHUNK, end)
        parts = []
        for name in names:
            part = rows[name][start:stop]
            parts.append(part if isinstance(part, list) else part.to_pylist())
        yield from zip(*parts, strict=True)


def largest(rows: Rows, weight: str | None, count: int) -> Rows:
    """At most `count` rows: those of the largest amounts in the column `weight`, without signs, the largest first; as
    they stand where all of them fit or nothing weighs them."""
    if weight is None or length(rows) <= count:
        return {name: column[:count] for name, column in rows.items()}
    sizes = pc.fill_null(pc.abs(rows[weight]), 0)
    places = pc.sort_indices(pa.table({"size": sizes}), sort_keys=[("size", "descending")])[:count]
    chosen = places.to_pylist()
    return {
        name: [column[place] for place in chosen] if isinstance(column, list) else column.take(places)
        for name, column in rows.items()
    }


def total(rows: Rows, name: str) -> Any:
    """The exact sum of a column: `Decimal` or `int`."""
    column = rows[name]
    if isinstance(column, list):
        return sum((value for value in column if value is not None), Decimal(0))
    found = pc.sum(column).as_py()
    return (Decimal("0.00") if pa.types.is_decimal(column.type) else 0) if found is None else found


def added_up(rows: Rows, field: ReportField) -> Any:
    """The sum under a column; `None` where it cannot be told, because a cell that must be there is empty."""
    column = rows[field.name]
    if field.whole_only and (None in column if isinstance(column, list) else column.null_count):
        return None
    return total(rows, field.name)


def _with_qbo(report: ReportView, rows: Rows) -> Rows:
    """Adds what a reader sees of the QBO object: its type in words, its number or Id, its address."""
    ids = _not_empty(rows["qbo_id"])
    by_id = pc.binary_join_element_wise("Id ", ids, "")
    numbers = rows.get("qbo_number")
    return rows | {
        "qbo_type_word": mapped(rows["qbo_type"], plain),
        "qbo_shown": by_id if numbers is None else pc.coalesce(_not_empty(numbers), by_id),
        "qbo_link": report.header.links(rows["qbo_type"], ids),
    }


def _not_empty(texts: Any) -> Any:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _with_account(report: ReportView, rows: Rows) -> Rows:
    return rows | {"account_name": mapped(rows["account_id"], report.account_name)}


def certification(report: ReportView) -> Rows:
    rows = report.columns("accounts")
    tolerance = report.reconciliation.tolerance
    return rows | {
        "status_word": mapped(rows["status"], STATUS_WORDS.__getitem__),
        "tolerance": [tolerance] * length(rows),
    }


def roll_forward(report: ReportView) -> Rows:
    rows = _with_account(report, report.columns("roll_forward"))
    lines = rows["line"].to_pylist()
    pairs = [rows[name].to_pylist() for name in ("source", "signed_source", "ledger", "signed_ledger")]
    as_signed = [
        None if signed_source is None else "yes" if (source, ledger) == (signed_source, signed_ledger) else "NO"
        for source, signed_source, ledger, signed_ledger in zip(*pairs, strict=True)
    ]
    return rows | {
        "line_word": [LINE_WORDS.get(line) or plain(line) for line in lines],
        "is_closing": [line == "closing" for line in lines],
        "as_signed": as_signed,
    }


def by_date(report: ReportView) -> Rows:
    rows = report.columns("by_date")
    first = report.reconciliation.first_divergence
    marks = [first is not None and day == first.business_date for day in rows["business_date"].to_pylist()]
    return rows | {"is_first_break": marks, "first_break": ["first break" if mark else None for mark in marks]}


def by_document(report: ReportView) -> Rows:
    rows = _with_account(report, _with_qbo(report, report.columns("documents")))
    keys = [rows[name].to_pylist() for name in ("document_key", "account_id")]
    first: dict[tuple[str, str], tuple[Any, ...]] = {}
    found = report.table("differences")
    names = ("document_key", "account_id", "first_seen", "who", "explanation")
    for key, account, *facts in zip(*(found[name].to_pylist() for name in names), strict=True):
        first.setdefault((key, account), tuple(facts))
    facts = [first.get(pair, (None, None, None)) for pair in zip(*keys, strict=True)]
    items = _item_counts(report)
    return rows | {
        "kind_word": mapped(rows["kind"], plain),
        "state_word": mapped(rows["state"], state),
        "cause_words": mapped(rows["causes"], cause_words),
        "items": [items.get(key) for key in keys[0]],
        "first_seen": [fact[0] for fact in facts],
        "who": [fact[1] for fact in facts],
        "note": [fact[2] for fact in facts],
    }


def _item_counts(report: ReportView) -> dict[str, int]:
    """Distinct products of a document, where the caller gave its lines."""
    lines = report.table("lines")
    lines = lines.filter(pc.equal(lines["side"], "source"))
    counts = lines.group_by("document_key").aggregate([("product_id", "count_distinct")])
    return dict(zip(counts["document_key"].to_pylist(), counts["product_id_count_distinct"].to_pylist(), strict=True))


def differences(report: ReportView) -> Rows:
    rows = _with_account(report, _with_qbo(report, report.columns("differences")))
    return rows | {
        "kind_word": mapped(rows["kind"], plain),
        "state_word": mapped(rows["state"], state),
        "cause_word": mapped(rows["cause"], CAUSE_WORDS.__getitem__),
        "group": mapped(rows["cause"], CAUSE_GROUPS.__getitem__),
        "detail_word": mapped(rows["detail"], plain),
    }


def causes(report: ReportView) -> Rows:
    rows = report.columns("causes")
    return rows | {"group_word": mapped(rows["group"], GROUP_WORDS.__getitem__)}


def by_product_location(report: ReportView) -> Rows:
    rows = _with_account(report, report.columns("by_product_location"))
    products, locations = (_names(report, name) for name in ("product_names", "location_names"))
    quantity = pc.coalesce(rows["own_quantity"], rows["quantity"])
    value = pc.coalesce(rows["own_value"], rows["source_value"])
    pairs = list(zip(value.to_pylist(), quantity.to_pylist(), strict=True))
    parts = zip(rows["difference"].to_pylist(), value.to_pylist(), strict=True)
    return rows | {
        "product_number": mapped(rows["product_id"], lambda key: products.get(key, (key, None))[0] or key),
        "product_name": mapped(rows["product_id"], lambda key: products.get(key, (None, None))[1]),
        "location_name": mapped(
            rows["location_id"], lambda key: next(filter(None, reversed(locations.get(key, ()))), key)
        ),
        "shown_quantity": quantity,
        "shown_value": value,
        "unit_cost": [(cost / count).quantize(_MICRO) if count else None for cost, count in pairs],
        "percent": [(part * 100 / whole).quantize(_CENT) if part and whole else None for part, whole in parts],
    }


def quantities(report: ReportView) -> Rows:
    rows, products = report.columns("quantities"), _names(report, "product_names")
    return rows | {
        "product_number": mapped(rows["product_id"], lambda key: products.get(key, (key, None))[0] or key),
        "product_name": mapped(rows["product_id"], lambda key: products.get(key, (None, None))[1]),
    }


def _names(report: ReportView, name: str) -> dict[str, tuple[str | None, str | None]]:
    table = report.table(name)
    return {
        key: (number, text)
        for key, number, text in zip(*(table[c].to_pylist() for c in table.column_names), strict=True)
    }


def ageing(report: ReportView) -> Rows:
    cells: dict[str, dict[str, Any]] = {}
    for row in report.table("ageing").to_pylist():
        held = cells.setdefault(row["cause"], {"carried_forward": 0, "new": 0, "cleared": 0, "amount": Decimal(0)})
        held[f"count {row['bucket']}"], held[f"amount {row['bucket']}"] = row["count"], row["amount"]
        for name in ("amount", "carried_forward", "new", "cleared"):
            held[name] += row[name]
    names = [f"{what} {bucket}" for what in ("count", "amount") for bucket in AGEING_BUCKETS]
    names += ["amount", "carried_forward", "new", "cleared"]
    return {"label": [CAUSE_WORDS[cause] for cause in cells]} | {
        name: [held[name] for held in cells.values()] for name in names
    }


def ledger_only(report: ReportView) -> Rows:
    rows = _with_account(report, _with_qbo(report, report.columns("ledger_only")))
    return rows | {"cause_word": mapped(rows["cause"], CAUSE_WORDS.__getitem__)}


def changed_after_posting(report: ReportView) -> Rows:
    rows = _with_qbo(report, report.columns("changed_after_posting"))
    return rows | {"side_word": mapped(rows["side"], _side)}


def late_arrivals(report: ReportView) -> Rows:
    rows = _with_account(report, report.columns("late_arrivals"))
    return rows | {"side_word": mapped(rows["side"], _side), "kind_word": mapped(rows["kind"], plain)}


def _side(code: str) -> str:
    return {"qbo": "QuickBooks", "ledger": "QuickBooks", "source": "Source"}[code]


def posting_journal(report: ReportView) -> Rows:
    return _with_qbo(report, report.columns("posting_journal"))


def sign_offs(report: ReportView) -> Rows:
    return report.columns("sign_offs")


def way_back(report: ReportView) -> Rows:
    rows = report.columns("way_back")
    return rows | {"kind_word": mapped(rows["kind"], plain), "reason_word": mapped(rows["reason"], plain)}


def two_way(report: ReportView) -> Rows:
    rows = report.columns("two_way")
    return rows | {"kind_word": mapped(rows["kind"], plain)}


def two_way_differences(report: ReportView) -> Rows:
    rows = report.columns("two_way_differences")
    return rows | {"kind_word": mapped(rows["kind"], plain)}


def counts(report: ReportView) -> Rows:
    rows = report.columns("counts")
    return rows | {
        "kind_word": mapped(rows["kind"], plain),
        "sum": [sum(row) for row in zip(*(rows[name].to_pylist() for name in BECAME), strict=True)],
        "holds_word": [{True: "yes", False: "NO", None: NOT_CHECKED}[holds] for holds in rows["holds"].to_pylist()],
    }


def completeness(report: ReportView) -> Rows:
    return _with_account(report, report.columns("completeness"))
