"""The work list: what somebody must do, from the caller's exceptions and from the differences themselves.

What belongs here: which differences ask for work, how grave each is, and the order of the list. A document that the
caller names as an exception is not named again for its not being posted. What is kept of each row until it is written
is what orders the list and where its texts stand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.causes import CAUSES, NOBODY, Cause
from qbo_pipeline.reconciliation.frames import MONEY, TEXT, flat
from qbo_pipeline.reports.groups import Groups, begins
from qbo_pipeline.reports.rows import ROWS_AT_ONCE, Made, Rows
from qbo_pipeline.reports.views import ReportView, mapped
from qbo_pipeline.reports.words import plain

_SEVERITIES = ("high", "medium", "low")
_NOT_POSTED = (Cause.PARKED, Cause.WAITING)

# Somebody's books are wrong now: high; a decision waits: medium; the next run settles it: low.
_SEVERITY = {
    Cause.UNEXPLAINED: "high", Cause.CHANGED_IN_QBO: "high", Cause.DELETED_IN_QBO: "high",
    Cause.DUPLICATE_IN_QBO: "high", Cause.DOUBLED_COGS: "high", Cause.SOURCE_CONTRADICTS_ITSELF: "high",
    Cause.WAITING: "low", Cause.NOT_EXTRACTED: "low", Cause.CHANGED_IN_SOURCE: "low",
}  # fmt: skip

PLACE = pa.int32()  # the number of a row, counted from 0

# Of a row: its exception, or the differences that have its texts, by number; what orders it.
_PLACED = pa.schema(
    [
        ("exception", PLACE), ("first", PLACE), ("explained_in", PLACE), ("remedy_in", PLACE), ("seen_in", PLACE),
        ("amount", MONEY), ("document", TEXT),
    ]
)  # fmt: skip
_LABELS = {cause.value: meaning.label for cause, meaning in CAUSES.items()}
_WHOS = {cause.value: meaning.who for cause, meaning in CAUSES.items()}
_GRAVE = {cause.value: _SEVERITY.get(cause, "medium") for cause in CAUSES}


def work_list(report: ReportView) -> Rows:
    """The rows of S7, gravest first, then by amount without its sign."""
    exceptions, differences = report.table("exceptions"), report.table("differences")
    keys, found = flat(exceptions["document_key"]), _to_settle(differences)
    first = found["first"]
    not_posted = pc.is_in(flat(differences["cause"]), value_set=pa.array(_NOT_POSTED, TEXT))
    has_exception = pc.is_in(flat(differences["document_key"]), value_set=keys.filter(pc.not_equal(keys, "")))
    named = pc.and_(not_posted, has_exception).take(first)
    effects = pa.table({"key": flat(differences["document_key"]).take(first.filter(named)),
                        "amount": found["amount"].filter(named)})  # fmt: skip
    effects = effects.group_by("key", use_threads=False).aggregate([("amount", "sum")])
    effect = flat(effects["amount_sum"]).take(pc.index_in(keys, value_set=flat(effects["key"])))
    own = {
        "exception": pa.array(np.arange(len(keys)), PLACE),
        "amount": pc.coalesce(effect.cast(MONEY), flat(exceptions["amount"])),
        "document": flat(exceptions["document"]),
    }
    rows = pa.concat_tables([_placed(own), _placed(found).filter(pc.invert(named))]).combine_chunks()
    return _in_order(_with_texts(Rows(rows), exceptions, differences))


def _placed(columns: dict[str, Any]) -> Any:
    """A table of `_PLACED`, null where there is no such column."""
    count = len(columns["amount"])
    return pa.table([columns.get(one.name, pa.nulls(count, one.type)) for one in _PLACED], schema=_PLACED)


def _to_settle(differences: Any) -> dict[str, Any]:
    """One row a document and cause that somebody must settle, as columns of `_PLACED`."""
    groups = Groups(differences, ["document_key", "cause"])
    asked = pa.array([cause.value for cause, meaning in CAUSES.items() if meaning.who != NOBODY], TEXT)
    mine = pc.is_in(flat(differences["cause"]), value_set=asked).take(pa.array(groups.firsts))

    def first(name: str) -> Any:
        return groups.first(np.asarray(pc.is_valid(flat(differences[name])))).filter(mine)

    found = {
        "first": pa.array(groups.firsts).filter(mine),
        "explained_in": first("explanation"),
        "remedy_in": first("remedy"),
        "seen_in": first("first_seen"),
        "amount": groups.sums(flat(differences["amount"])).cast(MONEY).filter(mine),
    }
    names = ("source_number", "qbo_type", "qbo_number", "qbo_id")
    places = Rows(pa.table({name: first(name) for name in names} | {"document_key": found["first"]}))
    looked_up = ({name: flat(differences[name]).take(part[name]) for name in part.names} for part in places.parts())
    return found | {"document": flat(pa.chunked_array(map(_documents, looked_up), TEXT))}


def _documents(columns: dict[str, Any]) -> Any:
    """What a person calls each document: the source's number, else QBO's type and number, else its key."""
    number, qbo_number, qbo_id = (_not_empty(columns[name]) for name in ("source_number", "qbo_number", "qbo_id"))
    numbered = pc.coalesce(qbo_number, pc.binary_join_element_wise("Id ", qbo_id, ""))
    qbo_type = pc.coalesce(mapped(columns["qbo_type"], plain), "QuickBooks")
    return pc.coalesce(number, pc.binary_join_element_wise(qbo_type, numbered, " "), columns["document_key"])


def _not_empty(texts: Any) -> Any:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, TEXT), texts)


def _with_texts(rows: Rows, exceptions: Any, differences: Any) -> Rows:
    """Adds what is told of each row, from its exception or from the differences that it stands for."""

    def given(name: str) -> Made:
        return lambda rows: flat(exceptions[name]).take(rows["exception"])

    def found(name: str, where: str) -> Made:
        return lambda rows: flat(differences[name]).take(rows[where])

    def by_cause(words: dict[str, str]) -> Made:
        return lambda rows: mapped(found("cause", "first")(rows), words.__getitem__)

    def either(one: Made, other: Made) -> Made:
        return lambda rows: pc.coalesce(one(rows), other(rows))

    def explained(rows: Rows) -> Any:
        label, explanation = by_cause(_LABELS)(rows), found("explanation", "explained_in")(rows)
        return pc.binary_join_element_wise(label, explanation, ": ")

    return rows.made(
        severity=either(given("severity"), by_cause(_GRAVE)),
        what=either(given("what"), explained),
        to_do=either(given("to_do"), found("remedy", "remedy_in")),
        who=either(given("who"), by_cause(_WHOS)),
        qbo_message=given("qbo_message"),
        intuit_tid=given("intuit_tid"),
        attempts=given("attempts"),
        since=either(given("since"), found("first_seen", "seen_in")),
    )


def _in_order(rows: Rows) -> Rows:
    """The rows as the list has them: by severity, by amount without its sign, by document, by what happened."""
    known = pa.array(_SEVERITIES)
    ranks = [pc.fill_null(pc.index_in(part["severity"], value_set=known), len(known)) for part in rows.parts()]
    keys = pa.table(
        {
            "rank": flat(pa.chunked_array(ranks, pa.int32())),
            "size": pc.fill_null(pc.abs(rows["amount"]), 0),
            "document": pc.fill_null(rows["document"], ""),
            "number": pa.array(np.arange(len(rows)), PLACE),
        }
    )
    order = [("rank", "ascending"), ("size", "descending"), ("document", "ascending"), ("number", "ascending")]
    places = np.asarray(pc.sort_indices(keys, sort_keys=order)).astype(np.int32)
    edges = np.append(np.flatnonzero(begins(keys.drop_columns(["number"]), places)), len(places))
    stretches = np.column_stack([edges[:-1], edges[1:]])[np.diff(edges) > 1]
    _by_what(rows, places, stretches.tolist())
    return rows.at(places)


def _by_what(rows: Rows, places: Any, stretches: list[list[int]]) -> None:
    """Put the places of each stretch, whose rows are alike so far, into the order of what happened.

    The texts are made of few rows at a time.
    """
    waiting: list[list[int]] = []
    texts = 0
    for number, (first, last) in enumerate(stretches, start=1):
        waiting.append([first, last])
        texts += last - first
        if texts >= ROWS_AT_ONCE or number == len(stretches):
            _sort_by_what(rows, places, waiting)
            waiting, texts = [], 0


def _sort_by_what(rows: Rows, places: Any, stretches: list[list[int]]) -> None:
    mine = np.concatenate([places[first:last] for first, last in stretches])
    texts = iter(rows.at(mine)["what"].to_pylist())
    for first, last in stretches:
        told = sorted((next(texts), place) for place in places[first:last].tolist())
        places[first:last] = [place for _, place in told]
