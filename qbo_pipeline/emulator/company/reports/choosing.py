"""Which ledger lines a report counts: the filters that its parameters set, as conditions on the lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.store import row_id

CUSTOMER: Final = "COALESCE(l.customer, CASE WHEN l.party_kind = 'Customer' THEN l.party END)"
"""The customer of a line: whom a cost was incurred for, else the document's own customer."""
# Parameter -> what it is compared with, in the table of lines as `l`.
FILTERS: Final[dict[str, str]] = {
    "account": "l.account",
    "source_account": "(SELECT s.account FROM lines s WHERE s.txn = l.txn AND s.n = 0)",
    "customer": CUSTOMER,
    "vendor": "CASE WHEN l.party_kind = 'Vendor' THEN l.party END",
    "employee": "CASE WHEN l.party_kind = 'Employee' THEN l.party END",
    "item": "l.item",
    "class": "l.class",
    "department": "l.department",
}


def ids(params: Mapping[str, str], name: str) -> set[int] | None:
    """The ids in a filter parameter (comma separated), or None where it is not given. Raises 2030."""
    text = params.get(name)
    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(row_id(part) >= 0 for part in parts):
        raise fault("2030", name, what=text)
    return {int(part) for part in parts}


def conditions(params: Mapping[str, str]) -> tuple[str, list[Any]]:
    """` AND …` for each filter that is given, and its values."""
    parts: list[str] = []
    values: list[Any] = []
    for name, column in FILTERS.items():
        wanted = ids(params, name)
        if wanted is not None:
            parts.append(f" AND {column} IN ({', '.join('?' * len(wanted))})")
            values += sorted(wanted)
    return "".join(parts), values


def of_types(book: Book, params: Mapping[str, str]) -> dict[str, str]:
    """The parameters with `account_type` and `source_account_type` turned into accounts."""
    out = dict(params)
    for name in ("account", "source_account"):
        found = account_types(book, params, f"{name}_type")
        if found is not None:
            named = ids(params, name)
            chosen = found if named is None else found & named
            out[name] = ",".join(map(str, sorted(chosen))) or "0"
    return out


def account_types(book: Book, params: Mapping[str, str], name: str) -> set[int] | None:
    """The accounts of the types in a parameter (comma separated, with blanks or without); None where there is none."""
    wanted = {kind.strip().casefold().replace(" ", "") for kind in params.get(name, "").split(",")} - {""}
    if not wanted:
        return None
    accounts = book.entries["Account"].values()
    return {int(e.id) for e in accounts if e.body["AccountType"].casefold().replace(" ", "") in wanted}


def sort_order(params: Mapping[str, str]) -> str:
    """`ascend`, `descend`, or "" where nothing is said. Raises 2170."""
    order = (params.get("sort_order") or "").lower()
    if order not in ("", "ascend", "descend"):
        raise fault("2170", "sort_order", what=order)
    return order
