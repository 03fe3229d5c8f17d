"""The HTTP contract's reference server: the demo's company, read-only, as any system could serve its own.

What belongs here: HTTP, and the making of entries from the company's views, anew whenever somebody has written to it.
What the contract asks for is in docs/systems/http_contract.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped
from qbo_pipeline.systems.door import dated
from qbo_pipeline.systems.http_contract import inbox

LARGEST_PAGE = 1000
Entry = dict[str, Any]

# By kind of header: its id column, and its arrays with the views that they come from.
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "parties": ("party_id", {}),
    "products": ("product_id", {}),
    "locations": ("location_id", {}),
    "documents": ("document_id", {"lines": "document_lines", "matches": "bill_matches"}),
    "movements": ("movement_id", {"lines": "movement_lines"}),
    "payments": ("payment_id", {"allocations": "payment_allocations"}),
}

# By kind of an entry of the inbox, the list that shows it.
LISTS = {
    **dict.fromkeys(("customer", "supplier"), "parties"),
    **dict.fromkeys(("stocked", "non_stocked", "service"), "products"),
    **dict.fromkeys(
        ("sales_invoice", "sales_credit", "sales_receipt", "sales_refund", "bill", "purchase_credit"), "documents"
    ),
    **dict.fromkeys(("payment_received", "payment_made"), "payments"), "adjustment": "movements",
}  # fmt: skip


class BadRequest(ValueError):
    """The request makes no sense; the text is the answer."""


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Served:
    """The company's entries by kind, in the order of their keys, each with when it changed last."""

    company: CompanyDatabase
    clock: Callable[[], datetime] = now_utc
    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    changed: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    _version: int | None = None

    def refresh(self) -> None:
        """Make everything anew, unless nobody has written since."""
        version = self.company.version
        if version == self._version:
            return
        now = self.clock()
        entries = {kind: self._entries(kind, *shape) for kind, shape in KINDS.items()}
        changed: dict[tuple[str, str], tuple[str, datetime]] = {}
        for kind, found in entries.items():
            for key, entry in found.items():
                text = json.dumps(entry, sort_keys=True)
                before = self.changed.get((kind, key))
                changed[kind, key] = before if before is not None and before[0] == text else (text, now)
        self.entries, self.changed, self._version = entries, changed, version

    def _entries(self, kind: str, id_column: str, arrays: Mapping[str, str]) -> dict[str, Entry]:
        children = {
            name: grouped(self.company.rows(f"SELECT * FROM {view}"), id_column) for name, view in arrays.items()
        }
        found: dict[str, Entry] = {}
        for row in self.company.rows(f"SELECT * FROM {kind}"):
            entry = _given(row)
            for name, rows in children.items():
                entry[name] = [_given(child, without=(id_column, "business_date")) for child in rows[row[id_column]]]
            key = str(row[id_column]) if kind != "parties" else f"{row['kind']}:{row[id_column]}"
            found[key] = {**entry, "version": hashlib.sha256(json.dumps(entry).encode()).hexdigest()[:16]}
        return dict(sorted(found.items()))

    def version_of(self, kind: str, own: str) -> str | None:
        """The version that the thing of an entry of the inbox has now; `None` where there is none."""
        if kind not in LISTS:
            return None
        self.refresh()
        entry = self.entries[LISTS[kind]].get(f"{kind}:{own}" if LISTS[kind] == "parties" else own)
        return None if entry is None else str(entry["version"])

    def describe(self) -> Entry:
        (row,) = self.company.rows("SELECT * FROM company")
        return {name: row[name] for name in ("name", "currency", "time_zone")}

    def stock(self) -> list[Entry]:
        """What there is now, at the company's own value."""
        balances = self.company.rows("SELECT * FROM stock_balances WHERE quantity_milli <> 0 OR value_cents <> 0")
        return [
            {"product_id": str(row["item_id"]), "location_id": str(row["warehouse_id"]), "currency": "USD",
             "quantity": _decimal(row["quantity_milli"], 3), "value": _decimal(row["value_cents"], 2)}
            for row in balances
        ]  # fmt: skip


def _given(row: Record, without: tuple[str, ...] = ()) -> Entry:
    """A row as an entry: ids as text, flags as such, nothing that is not there."""
    return {
        name: str(value) if name.endswith("_id") else bool(value) if name == "active" else value
        for name, value in row.items()
        if value is not None and name not in without
    }


def _decimal(value: int, places: int) -> str:
    whole, rest = divmod(abs(value), 10**places)
    return f"{'-' * (value < 0)}{whole}.{rest:0{places}d}"


@dataclass(slots=True)
class Box:
    """The server's company and token.

    `faults` are taken one a call: `500`, `503`, `garbage`; `write_faults` one a write: `lost` is done, and its answer
    does not come; a status such as `503` is not done. `calls` are the paths that were asked for.
    """

    served: Served
    token: str
    faults: list[str] = field(default_factory=list)
    write_faults: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


def build_app(box: Box) -> Starlette:
    """The application; it answers one request at a time, as the company's database is read by one."""
    lock = asyncio.Lock()

    async def answer(request: Request) -> Response:
        request.state.body = await request.body()
        async with lock:
            return dated(await asyncio.to_thread(_answer, box, request), box.served.clock())

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "PUT"])])


def _answer(box: Box, request: Request) -> Response:
    path = request.url.path.strip("/")
    box.calls.append(path)
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {box.token}".encode()):
        return _json({"error": "the token is not known here"}, 401)
    fault = box.faults.pop(0) if box.faults else ""
    if fault == "garbage":
        return Response(b"<html>back soon</html>", media_type="text/html")
    if fault:
        return _json({"error": "try again"}, int(fault))
    own = box.write_faults.pop(0) if request.method == "PUT" and box.write_faults else ""
    if own.isdigit():
        return _json({"error": "try again"}, int(own))
    if request.method == "PUT" or path == "inbox":
        name, _, key = path.partition("/")
        answered = (
            inbox.hold_file(box.served.company, key, request.state.body)
            if name == "files"
            else inbox.answer(box.served.company, request, path, box.served.version_of)
        )
        return _json({"error": "bad gateway"}, 502) if own == "lost" else _json(*answered)
    box.served.refresh()
    try:
        found = _found(box.served, path, request.query_params)
    except BadRequest as error:
        return _json({"error": str(error)}, 400)
    return _json({"error": "there is no such list"}, 404) if found is None else _json(found, 200)


def _json(value: Entry, status: int) -> Response:
    return Response(json.dumps(value), status, media_type="application/json")


def _found(served: Served, path: str, params: Mapping[str, str]) -> Entry | None:
    if path == "company":
        return served.describe()
    if path == "stock_values":
        entries = {f"{item['product_id']}:{item['location_id']}": item for item in served.stock()}
        return _page(dict(sorted(entries.items())), params)
    if path not in KINDS:
        return None
    entries = served.entries[path]
    if since := params.get("changed_since"):
        after = _instant(since)
        entries = {key: entry for key, entry in entries.items() if served.changed[path, key][1] >= after}
    return _page(entries, params)


def _page(entries: Mapping[str, Entry], params: Mapping[str, str]) -> Entry:
    """Entries after a key: whoever adds or deletes others meanwhile moves none of them."""
    text = params.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_PAGE):
        raise BadRequest(f"limit is a whole number from 1 to {LARGEST_PAGE}")
    keys = [key for key in entries if key > params.get("after", "")]
    shown = keys[: int(text)]
    return {"items": [entries[key] for key in shown], "next": shown[-1] if len(keys) > len(shown) else None}


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"changed_since is an instant such as 2026-01-31T12:00:00Z, not {text}") from None
    if found.tzinfo is None:
        raise BadRequest("changed_since needs a time zone: write Z for UTC")
    return found
