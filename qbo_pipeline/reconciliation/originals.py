"""Which of our postings a foreign entry may be a copy of.

What belongs here: the search for the original by marker, by number and by content. Only postings and lines that
share something with a foreign entry are looked at one by one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Numbers, Whole, sum_by
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.coding import ENTITIES, encode_few, entity_codes
from qbo_pipeline.reconciliation.entries import Row
from qbo_pipeline.reconciliation.frames import flat
from qbo_pipeline.reconciliation.qbo_side import SALES_FORMS


class Originals:
    """Our own postings and lines that a foreign entry may be a copy of: by object, by marker, by number, by content."""

    def __init__(self, books: CodedInput, rows: Whole) -> None:
        self.books = books
        postings = books.postings
        markers = pc.unique(books.ledger["marker"].take(pa.array(rows)).drop_null())
        numbers = pc.unique(books.ledger["qbo_number"].take(pa.array(rows)).drop_null())
        marked = np.asarray(pc.is_in(postings["posting_key"], flat(markers)))
        numbered = np.asarray(pc.is_in(postings["qbo_number"], flat(numbers))) & books.posting_current
        self.by_marker: dict[str, Row] = {}
        self.by_number: dict[tuple[str, str], Row] = {}
        for posting in self._postings(np.flatnonzero(marked | numbered)):
            held = self.by_marker.get(posting["posting_key"])
            if held is None or (posting["in_qbo"], posting["revision"]) > (held["in_qbo"], held["revision"]):
                self.by_marker[posting["posting_key"]] = posting
            if posting["in_qbo"] and posting["qbo_number"] is not None:
                self.by_number.setdefault((posting["entity"], posting["qbo_number"]), posting)
        self.by_object = self._posted_again()
        self.names = self._names()
        self.by_content = self._contents(rows)
        self.by_sent = self._no_longer_standing(rows)

    def _postings(self, rows: Whole) -> list[Row]:
        found: list[Row] = self.books.postings.take(pa.array(rows)).to_pylist()
        standing = np.isin(rows, self.books.ledger_posting)
        for posting, row, stands in zip(found, rows.tolist(), standing.tolist(), strict=True):
            posting["row"], posting["stands"] = row, stands
            posting["in_qbo"] = bool(self.books.posting_current[row])
            posting["entity"] = ENTITIES.get(posting["qbo_type"], posting["qbo_type"])
        found.sort(key=lambda posting: (posting["posting_key"], posting["revision"]))
        return found

    def _posted_again(self) -> dict[int, Row]:
        """By object that a posting left standing when it was posted again, that posting as it is today."""
        things = self.books.doubled
        postings = self._postings(np.unique(np.array(list(things.values()), dtype=np.int64)))
        by_row = {posting["row"]: posting for posting in postings}
        return {thing: by_row[row] for thing, row in things.items()}

    def _contents(self, rows: Whole) -> dict[tuple[Any, ...], Row]:
        """Our lines with the type, day, account, amount, memo and name of a foreign one."""
        books = self.books
        memo = flat(books.ledger["memo"])
        theirs = flat(pc.unique(memo.take(pa.array(rows)).drop_null()))
        ours = (
            np.flatnonzero((books.ledger_posting >= 0) & np.asarray(pc.is_in(memo, theirs)))
            if len(theirs)
            else rows[:0]
        )
        both = np.concatenate((ours, rows))
        lines = books.ledger.select(["qbo_type", "memo", "name"]).take(pa.array(both))
        (kinds,) = entity_codes(lines["qbo_type"])
        (memos, names) = (encode_few(lines[name])[0][0] for name in ("memo", "name"))
        numbers = (kinds, memos, names, books.ledger_account[both], books.ledger_day[both], books.ledger_cents[both])
        mixed = _mix(*numbers)
        ours = ours[np.isin(mixed[: len(ours)], mixed[len(ours) :])]
        lines = books.ledger.select(["qbo_type", "memo", "name"]).take(pa.array(ours)).to_pylist()
        posting_rows = books.ledger_posting[ours]
        postings = {posting["row"]: posting for posting in self._postings(np.unique(posting_rows))}
        found: dict[tuple[Any, ...], Row] = {}
        for line, row, posting in zip(lines, ours.tolist(), posting_rows.tolist(), strict=True):
            entity = ENTITIES.get(line["qbo_type"], line["qbo_type"])
            place = (int(books.ledger_account[row]), int(books.ledger_day[row]), int(books.ledger_cents[row]))
            key = (entity, line["memo"], line["name"], *place)
            if key not in found or postings[posting]["posting_key"] < found[key]["posting_key"]:
                found[key] = postings[posting]
        return found

    def _no_longer_standing(self, rows: Whole) -> dict[tuple[Any, ...], Row]:
        """What we sent and the ledger shows no longer so: gone, or changed after it was copied."""
        books = self.books
        known = np.flatnonzero((books.effect_posting >= 0) & (books.effect_account >= 0))
        known = known[books.posting_current[books.effect_posting[known]]]
        width = np.int64(len(books.accounts))
        owner, place, amount = _totals(
            books.effect_posting[known], books.effect_account[known], books.effect_cents[known], width
        )
        sent = _mix(place, books.posting_day[owner], amount)
        _, number = np.unique(books.ledger_object[rows], return_inverse=True)
        first = np.unique(number, return_index=True)[1]
        thing, place, amount = _totals(number, books.ledger_account[rows], books.ledger_cents[rows], width)
        lines = _mix(place, books.ledger_day[rows[first[thing]]], amount)
        likely = np.unique(owner[np.isin(sent, lines)])
        effects = _cells(books.effect_posting, likely, books.effect_account, None, books.effect_cents)
        ledger = _cells(books.ledger_posting, likely, books.ledger_account, books.ledger_day, books.ledger_cents)
        found: dict[tuple[Any, ...], Row] = {}
        for posting in self._postings(likely):
            row, day = posting["row"], int(books.posting_day[posting["row"]])
            content = {account: cents for (account, _), cents in effects[row].items() if cents}
            now = {cell: cents for cell, cents in ledger.get(row, {}).items() if cents}
            if now != {(account, day): cents for account, cents in content.items()}:
                found.setdefault((posting["entity"], day, *sorted(content.items())), posting)
        return found

    def _names(self) -> dict[int, Any]:
        """For the postings known by number, the customer or supplier that the ledger shows."""
        wanted = np.array([posting["row"] for posting in self.by_number.values()], dtype=np.int64)
        lines = np.flatnonzero(np.isin(self.books.ledger_posting, wanted))
        names = self.books.ledger["name"].take(pa.array(lines)).to_pylist()
        return dict(zip(self.books.ledger_posting[lines].tolist(), names, strict=True))

    def posted_again(self, lines: list[Row]) -> tuple[Row, str] | None:
        """The posting that made these lines' object, where it was posted again and left this one standing."""
        posting = self.by_object.get(int(self.books.ledger_object[lines[0]["row"]]))
        return None if posting is None else (posting, "posting")

    def of(self, lines: list[Row]) -> tuple[Row, str] | None:
        """The posting that these lines are a copy of, and by what they are known."""
        for line in lines:
            if line["marker"] in self.by_marker:
                return self.by_marker[line["marker"]], "marker"
        first = lines[0]
        same_number = self.by_number.get((first["entity"], first["qbo_number"]))
        if same_number is not None:
            names = {self.names.get(same_number["row"]), first["name"]}
            if len(names - {None, ""}) < 2:
                return same_number, "number"
        if first["entity"] in SALES_FORMS:
            return None
        for line in lines:
            key = (line["entity"], line["memo"], line["name"], line["account"], line["day"], line["cents"])
            if line["memo"] and key in self.by_content:
                return self.by_content[key], "content"
        sums: Counter[int] = Counter()
        for line in lines:
            sums[line["account"]] += line["cents"]
        content = sorted((account, cents) for account, cents in sums.items() if cents)
        days = {line["day"] for line in lines}
        same_sent = self.by_sent.get((first["entity"], first["day"], *content)) if len(days) == 1 else None
        return None if same_sent is None else (same_sent, "content")


def _totals(owner: Numbers, account: Numbers, cents: Whole, width: np.int64) -> tuple[Whole, Whole, Whole]:
    """Owner, account and cents, added up for each owner and account: effects are by product, too."""
    keys, sums = sum_by(owner * width + account, cents)
    return keys // width, keys % width, sums


def _mix(*columns: Numbers) -> Whole:
    """One number for each row; it only narrows a search, so that it may wrap around and collide."""
    mixed = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        mixed = mixed * 1_000_003 + column
    return mixed


def _cells(
    owner: Codes, wanted: Whole, account: Codes, day: Codes | None, cents: Whole
) -> dict[int, Counter[tuple[int, int]]]:
    """Cents by account and day (0 without days) of each wanted owner."""
    rows = np.flatnonzero(np.isin(owner, wanted))
    days = np.zeros(len(rows), dtype=np.int64) if day is None else day[rows]
    found: dict[int, Counter[tuple[int, int]]] = {}
    columns = (owner[rows], account[rows], days, cents[rows])
    for one, place, when, amount in zip(*(column.tolist() for column in columns), strict=True):
        found.setdefault(one, Counter())[place, when] += amount
    return found
