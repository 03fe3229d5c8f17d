"""The rows of every layout: frames of the reconciliation with names for people, links and marks.

What belongs here: `ReportView` (a reconciliation with its header and extras) and one function for each view, which
answers with its rows. What must be looked up among all rows is looked up when the view is made and kept as a number a
row; every other column is made from the rows that are written at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.reconciliation.frames import flat, to_table
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import AGEING_BUCKETS, FRAMES
from qbo_pipeline.reports.groups import Groups
from qbo_pipeline.reports.header import EXTRAS, ReportExtras, ReportHeader
from qbo_pipeline.reports.rows import Made, Rows
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

_MADE_OF = pa.decimal128(38, 6)
_ADDED = pa.decimal128(38, 2)
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
            return to_table(name, getattr(self.reconciliation, name), columns)
        return to_table(name, getattr(self.extras, name), EXTRAS[name])

    def rows(self, name: str) -> Rows:
        """The same as rows to which columns can be added."""
        return Rows(self.table(name))

    @cached_property
    def account_names(self) -> dict[str, str]:
        """Account ids and names."""
        accounts = self.table("accounts")
        return dict(zip(accounts["account_id"].to_pylist(), accounts["account_name"].to_pylist(), strict=True))

    def account_name(self, account_id: str) -> str:
        """The account's name, its id where it has none."""
        return self.account_names.get(account_id) or account_id


def mapped(column: Any, words: Callable[[str], str | None]) -> Any:
    """Each distinct text through `words`; null stays null."""
    coded = flat(column).dictionary_encode()
    return pa.array([words(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def words_of(name: str, words: Callable[[str], str | None]) -> Made:
    """A column that is made from the column `name` by `mapped`."""
    return lambda rows: mapped(rows[name], words)


def _with_qbo(report: ReportView, rows: Rows) -> Rows:
    """Adds what a reader sees of the QBO object: its type in words, its number or Id, its address."""

    def shown(rows: Rows) -> Any:
        by_id = pc.binary_join_element_wise("Id ", _not_empty(rows["qbo_id"]), "")
        return pc.coalesce(_not_empty(rows["qbo_number"]), by_id) if "qbo_number" in rows else by_id

    return rows.made(
        qbo_type_word=words_of("qbo_type", plain),
        qbo_shown=shown,
        qbo_link=lambda rows: report.header.links(rows["qbo_type"], _not_empty(rows["qbo_id"])),
    )


def _not_empty(texts: Any) -> Any:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _with_account(report: ReportView, rows: Rows) -> Rows:
    return rows.made(account_name=words_of("account_id", report.account_name))


def certification(report: ReportView) -> Rows:
    rows = report.rows("accounts")
    tolerance = pa.scalar(report.reconciliation.tolerance)
    return rows.made(
        status_word=words_of("status", STATUS_WORDS.__getitem__), tolerance=lambda rows: pa.repeat(tolerance, len(rows))
    )


def roll_forward(report: ReportView) -> Rows:
    return _with_account(report, report.rows("roll_forward")).made(
        line_word=words_of("line", lambda line: LINE_WORDS.get(line) or plain(line)),
        is_closing=lambda rows: pc.equal(rows["line"], "closing"),
        as_signed=_as_signed,
    )


def _as_signed(rows: Rows) -> Any:
    pairs = [rows[name].to_pylist() for name in ("source", "signed_source", "ledger", "signed_ledger")]
    said = [
        None if signed_source is None else "yes" if (source, ledger) == (signed_source, signed_ledger) else "NO"
        for source, signed_source, ledger, signed_ledger in zip(*pairs, strict=True)
    ]
    return pa.array(said, pa.string())


def by_date(report: ReportView) -> Rows:
    first = report.reconciliation.first_divergence
    day = pa.scalar(first.business_date if first else None, pa.date32())

    def is_first(rows: Rows) -> Any:
        return pc.fill_null(pc.equal(rows["business_date"], day), False)

    return report.rows("by_date").made(
        is_first_break=is_first,
        first_break=lambda rows: pc.if_else(is_first(rows), "first break", pa.scalar(None, pa.string())),
    )


def by_document(report: ReportView) -> Rows:
    rows, found = report.rows("documents"), report.table("differences")

    def of_first(name: str) -> Made:
        return lambda rows: flat(found[name]).take(rows["first_row"])

    rows = rows.known(first_row=_first_rows(report), items=_item_counts(report, rows["document_key"]))
    return _with_account(report, _with_qbo(report, rows)).made(
        kind_word=words_of("kind", plain),
        state_word=words_of("state", state),
        cause_words=words_of("causes", cause_words),
        first_seen=of_first("first_seen"),
        who=of_first("who"),
        note=of_first("explanation"),
    )


def _first_rows(report: ReportView) -> Any:
    """For each row of the documents the number of its first row in the differences; null where it has none."""
    names = ["document_key", "account_id"]
    documents = report.table("documents").select(names)
    both = pa.concat_tables([documents, report.table("differences").select(names)])
    count, groups = len(documents), Groups(both, names)
    first = groups.first(np.arange(len(both)) >= count)
    return pc.subtract(first.take(pa.array(groups.of_row[:count])), count)


def _item_counts(report: ReportView, keys: Any) -> Any:
    """Distinct products of each document, where the caller gave its lines."""
    lines = report.table("lines")
    lines = lines.filter(pc.equal(lines["side"], "source"))
    counts = lines.group_by("document_key").aggregate([("product_id", "count_distinct")])
    places = pc.index_in(keys, value_set=flat(counts["document_key"]))
    return flat(counts["product_id_count_distinct"]).take(places)


def differences(report: ReportView) -> Rows:
    return _with_account(report, _with_qbo(report, report.rows("differences"))).made(
        kind_word=words_of("kind", plain),
        state_word=words_of("state", state),
        cause_word=words_of("cause", CAUSE_WORDS.__getitem__),
        group=words_of("cause", CAUSE_GROUPS.__getitem__),
        detail_word=words_of("detail", plain),
    )


def causes(report: ReportView) -> Rows:
    return report.rows("causes").made(group_word=words_of("group", GROUP_WORDS.__getitem__))


def by_product_location(report: ReportView) -> Rows:
    locations = _names(report, "location_names")

    def location(key: str) -> str:
        return next(filter(None, reversed(locations.get(key, ()))), key)

    return _with_products(report, _with_account(report, report.rows("by_product_location"))).made(
        location_name=words_of("location_id", location),
        shown_quantity=lambda rows: pc.coalesce(rows["own_quantity"], rows["quantity"]),
        shown_value=lambda rows: pc.coalesce(rows["own_value"], rows["source_value"]),
        unit_cost=_unit_costs,
        percent=_percents,
    )


def _unit_costs(rows: Rows) -> Any:
    pairs = zip(rows["shown_value"].to_pylist(), rows["shown_quantity"].to_pylist(), strict=True)
    return pa.array([(value / count).quantize(_MICRO) if count else None for value, count in pairs], _MADE_OF)


def _percents(rows: Rows) -> Any:
    pairs = zip(rows["difference"].to_pylist(), rows["shown_value"].to_pylist(), strict=True)
    return pa.array([(part * 100 / value).quantize(_CENT) if part and value else None for part, value in pairs], _ADDED)


def quantities(report: ReportView) -> Rows:
    return _with_products(report, report.rows("quantities"))


def _with_products(report: ReportView, rows: Rows) -> Rows:
    products = _names(report, "product_names")
    return rows.made(
        product_number=words_of("product_id", lambda key: products.get(key, (key, None))[0] or key),
        product_name=words_of("product_id", lambda key: products.get(key, (None, None))[1]),
    )


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
    kinds = {f"count {bucket}": pa.int64() for bucket in AGEING_BUCKETS}
    kinds |= {f"amount {bucket}": _ADDED for bucket in AGEING_BUCKETS}
    kinds |= {"amount": _ADDED, "carried_forward": pa.int64(), "new": pa.int64(), "cleared": pa.int64()}
    labels = {"label": pa.array([CAUSE_WORDS[cause] for cause in cells], pa.string())}
    sums = {name: pa.array([held[name] for held in cells.values()], kind) for name, kind in kinds.items()}
    return Rows(pa.table(labels | sums))


def ledger_only(report: ReportView) -> Rows:
    rows = _with_account(report, _with_qbo(report, report.rows("ledger_only")))
    return rows.made(cause_word=words_of("cause", CAUSE_WORDS.__getitem__))


def changed_after_posting(report: ReportView) -> Rows:
    return _with_qbo(report, report.rows("changed_after_posting")).made(side_word=words_of("side", _side))


def late_arrivals(report: ReportView) -> Rows:
    rows = _with_account(report, report.rows("late_arrivals"))
    return rows.made(side_word=words_of("side", _side), kind_word=words_of("kind", plain))


def _side(code: str) -> str:
    return {"qbo": "QuickBooks", "ledger": "QuickBooks", "source": "Source"}[code]


def posting_journal(report: ReportView) -> Rows:
    return _with_qbo(report, report.rows("posting_journal"))


def sign_offs(report: ReportView) -> Rows:
    return report.rows("sign_offs")


def way_back(report: ReportView) -> Rows:
    return report.rows("way_back").made(kind_word=words_of("kind", plain), reason_word=words_of("reason", plain))


def two_way(report: ReportView) -> Rows:
    return report.rows("two_way").made(kind_word=words_of("kind", plain))


def two_way_differences(report: ReportView) -> Rows:
    return report.rows("two_way_differences").made(kind_word=words_of("kind", plain))


def counts(report: ReportView) -> Rows:
    return report.rows("counts").made(kind_word=words_of("kind", plain), sum=_sums, holds_word=_holds_words)


def _sums(rows: Rows) -> Any:
    return pa.array([sum(row) for row in zip(*(rows[name].to_pylist() for name in BECAME), strict=True)], pa.int64())


def _holds_words(rows: Rows) -> Any:
    words = {True: "yes", False: "NO", None: NOT_CHECKED}
    return pa.array([words[holds] for holds in rows["holds"].to_pylist()], pa.string())


def completeness(report: ReportView) -> Rows:
    return _with_account(report, report.rows("completeness"))
