"""What `summarize_column_by` divides the columns of a report by: parts of its period, or names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.reports.choosing import FILTERS
from qbo_pipeline.emulator.company.reports.periods import Period, cut, title
from qbo_pipeline.emulator.company.reports.shape import column
from qbo_pipeline.emulator.company.reports.trees import Totals

# summarize_column_by -> the unit of time of its columns. QBO's own words are plural for some and not for others.
TIMES: Final = {
    **dict.fromkeys(("days", "day"), "day"),
    **dict.fromkeys(("weeks", "week"), "week"),
    **dict.fromkeys(("months", "month"), "month"),
    **dict.fromkeys(("quarters", "quarter"), "calendar quarter"),
    **dict.fromkeys(("years", "year"), "calendar year"),
    "fiscalquarter": "fiscal quarter",
    "fiscalyear": "fiscal year",
}
# summarize_column_by -> the filter whose value it divides by, and the entity that names its columns.
NAMES: Final = {
    "customers": ("customer", "Customer"),
    "vendors": ("vendor", "Vendor"),
    "employees": ("employee", "Employee"),
    "classes": ("class", "Class"),
    "departments": ("department", "Department"),
    "productsandservices": ("item", "Item"),
}
_MOST_COLUMNS: Final = 5_000
Amounts = list[int]


@dataclass(frozen=True, slots=True)
class Division:
    """How the columns of a report divide what it counts; `word` is the one that its header repeats."""

    word: str
    unit: str | None = None
    parameter: str | None = None
    kind: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether there is one column alone."""
        return self.unit is None and self.parameter is None

    @property
    def key(self) -> str:
        """The expression on the ledger lines `l` whose value decides the column."""
        if self.unit:
            return "l.date"
        return FILTERS[self.parameter] if self.parameter else "''"

    @property
    def total(self) -> list[Body]:
        """The column in which all others are added up; none where there is one alone."""
        return [] if self.is_whole else [column("Total" if self.unit else "TOTAL", "Money", "total")]

    def columns(self, book: Book, found: Period, keys: Iterable[Any]) -> Places:
        """The columns for the values of `key` that were found, without one for the total. Raises 10000 if too many."""
        if self.unit:
            parts = cut(book, found, self.unit)
            return Places(time_heads(parts, self.unit), starts=tuple(part.start for part in parts))
        if self.parameter is None:
            return Places([column("Total", "Money", "total")], by_key={"": 0})
        heads, order = name_heads(book, self.kind, keys)
        return Places(heads, by_key={key: n for n, key in enumerate(order)})


@dataclass(frozen=True, slots=True)
class Places:
    """The columns of a division, and which of them a value belongs to."""

    heads: list[Body]
    by_key: Mapping[Any, int] | None = None
    starts: tuple[str, ...] = ()

    def of(self, key: Any) -> int:
        """The number of the column; what lies before the first part of time is in the first."""
        return max(bisect_right(self.starts, key) - 1, 0) if self.by_key is None else self.by_key[key]

    def spread(self, found: Mapping[Any, Amounts], width: int) -> list[Amounts]:
        """The amounts of each column (`width` of them), added up by the values that decide it."""
        out = [[0] * width for _ in self.heads]
        for key, amounts in found.items():
            place = self.of(key)
            out[place] = [a + b for a, b in zip(out[place], amounts, strict=True)]
        return out


def divide(
    book: Book, by: Division, found: Period, sums: Mapping[int, Mapping[Any, Amounts]], width: int
) -> tuple[list[Body], Totals]:
    """The columns, the total last, and for each object its amounts, `width` for each column one after another.

    `sums` has for each object and each value of the division's key the amounts.
    """
    places = by.columns(book, found, (key for parts in sums.values() for key in parts))
    totals: Totals = {}
    for id, parts in sums.items():
        spread = places.spread(parts, width)
        if not by.is_whole:
            spread.append([sum(each) for each in zip(*spread, strict=True)])
        totals[id] = [value for each in spread for value in each]
    return [*places.heads, *by.total], totals


def division(params: Mapping[str, str]) -> Division:
    """What `summarize_column_by` asks for. Raises 2170."""
    word = params.get("summarize_column_by") or "Total"
    key = word.lower().replace(" ", "")
    if key in TIMES:
        return Division(word, unit=TIMES[key])
    if key in NAMES:
        parameter, kind = NAMES[key]
        return Division(word, parameter=parameter, kind=kind)
    if key != "total":
        raise fault("2170", "summarize_column_by", what=word)
    return Division("Total")


def time_heads(parts: list[Period], unit: str) -> list[Body]:
    """A column for each part of a period, with its first and last day."""
    _refuse_too_many(len(parts))
    heads = []
    for part in parts:
        name = title(part, unit)
        head = column(name, "Money", name)
        extra = [{"Name": "StartDate", "Value": part.start}, {"Name": "EndDate", "Value": part.end}]
        head["MetaData"] = extra + head["MetaData"]
        heads.append(head)
    return heads


def name_heads(book: Book, kind: str, found: Iterable[Any]) -> tuple[list[Body], list[Any]]:
    """A column for each Id found, by name, with one for what names none (None) last; and the Ids in that order."""
    entries = book.entries[kind]
    ids = set(found)
    names = sorted((id for id in ids if id is not None), key=lambda id: entries[str(id)].name.casefold())
    _refuse_too_many(len(names))
    heads = [column(entries[str(id)].name, "Money", str(id)) for id in names]
    if None in ids:
        heads.append(column("Not Specified", "Money", "not_specified"))
        return heads, [*names, None]
    return heads, names


def nested(heads: Iterable[Body], titles: Iterable[tuple[str, str, str]]) -> list[Body]:
    """Columns each of which has columns of its own (title, ColType, ColKey), as Intuit's schema of reports has them."""
    inner = list(titles)
    return [head | {"Columns": {"Column": [column(*title) for title in inner]}} for head in heads]


def _refuse_too_many(count: int) -> None:
    if count > _MOST_COLUMNS:
        raise fault("10000", what=f"A report of {count} columns is too large; choose a shorter period.")
