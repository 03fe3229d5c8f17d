"""What a night left in a company, object by object, so that two companies can be compared: by posting, not by Id.

What belongs here: reading the objects, taking out what differs between two companies with the same books (Ids,
versions, times, numbers that QuickBooks gives), and comparing. A reference is the name of what it points to, a link the
key of the posting that it points to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from qbo_pipeline.pipeline.company_preferences import numbered_by_quickbooks, preferences_of
from qbo_pipeline.pipeline.first_look import MARKED, kinds_with_markers
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.errors import AccessDenied
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.wire import from_wire, to_wire
from qbo_pipeline.store.tables.posting import posting_links

LISTED = ("Customer", "Vendor", "Item")
Place = tuple[str, str]  # entity and Id
JsonObject = dict[str, Any]

# What two companies with the same books differ in, and what of a list entry comes from other documents than ours.
_OWN = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse"})
_OF_THE_LEDGER = frozenset({"Balance", "BalanceWithJobs", "QtyOnHand", "CurrentBalance"})
_SHOWN = 100  # characters of a value in a sentence


@dataclass(frozen=True, slots=True)
class CompanyObjects:
    """`by_key` are the objects of postings; `strangers` are those that no posting has made, by entity and Id. Each is
    JSON, as `to_wire` writes it."""

    by_key: Mapping[str, bytes]
    strangers: Mapping[Place, bytes]


@dataclass(frozen=True, slots=True)
class ObjectDifference:
    """One object that two companies do not have alike: where, and what each has."""

    key: str
    field: str
    one: str
    other: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"key": self.key, "field": self.field, "one": self.one, "other": self.other}


def read_objects(run: Run) -> CompanyObjects:
    """All objects of the kinds that postings are, in the company of a run; a metered read for each 1,000."""
    with run.database.reading() as connection:
        mine = select(posting_links).where(posting_links.c.connection == run.name)
        links = {(row.entity, row.qbo_id): row.key for row in connection.execute(mine)}
        preferences = preferences_of(connection, run.name)
    numbered = set(numbered_by_quickbooks(preferences[0]) if preferences else ())
    numbered |= {"SalesReceipt", "RefundReceipt"} if "Invoice" in numbered else set()  # they follow the invoice
    keys = {qbo_id: key for (entity, qbo_id), key in links.items() if entity in MARKED}
    by_key: dict[str, bytes] = {}
    strangers: dict[Place, bytes] = {}
    for entity in (*LISTED, *kinds_with_markers(run)):
        for found in _all_of(run, entity):
            place = (entity, str(found["Id"]))
            dropped = _OWN | (_OF_THE_LEDGER if entity in LISTED else frozenset())
            dropped |= {"DocNumber"} if entity in numbered else frozenset()
            body = to_wire({"entity": entity, **alike({k: v for k, v in found.items() if k not in dropped}, keys)})
            if place in links:
                by_key[links[place]] = body
            else:
                strangers[place] = body
    return CompanyObjects(by_key, strangers)


def differences(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[ObjectDifference]:
    """Where two companies do not have the same objects, by key; the first field of each that differs."""
    found = []
    for key in sorted({*one, *other}):
        if key not in one or key not in other:
            there = ("is there" if key in one else "is not there", "is there" if key in other else "is not there")
            found.append(ObjectDifference(key, "the object", *there))
        elif one[key] != other[key]:
            found.append(ObjectDifference(key, *next(_apart(from_wire(one[key]), from_wire(other[key]), ""))))
    return found


def _all_of(run: Run, entity: str) -> Iterator[JsonObject]:
    try:
        yield from run.quickbooks().query(select_objects(entity, with_inactive=True))
    except AccessDenied:  # the company's plan does not have it, so that nothing of ours is there
        return


def alike(value: Any, keys: Mapping[str, str]) -> Any:
    """A part of an object with names in the place of Ids, and keys (by Id) in that of the Ids of transactions."""
    if isinstance(value, Mapping):
        if "value" in value and value.keys() <= {"value", "name", "type"}:
            return value.get("name") or value["value"]
        if "TxnId" in value:
            return {**value, "TxnId": keys.get(str(value["TxnId"]), "a document of others")}
        return {name: alike(inner, keys) for name, inner in value.items() if name not in ("Id", "SyncToken")}
    if isinstance(value, list):
        parts = [alike(inner, keys) for inner in value]
        # Links come in the order in which the documents came: that of the payments of an invoice is nobody's.
        linked = bool(parts) and all(isinstance(one, dict) and "TxnId" in one for one in parts)
        return sorted(parts, key=to_wire) if linked else parts
    return value


def _apart(one: Any, other: Any, where: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                yield from _apart(one.get(name), other.get(name), f"{where}.{name}".lstrip("."))
    elif (
        isinstance(one, Sequence)
        and isinstance(other, Sequence)
        and not isinstance(one, str)
        and len(one) == len(other)
    ):
        for number, (left, right) in enumerate(zip(one, other, strict=True), start=1):
            if left != right:
                yield from _apart(left, right, f"{where}[{number}]")
    else:
        yield where, str(one)[:_SHOWN], str(other)[:_SHOWN]
