"""Syncro's API (v1) in a box: its addresses, paging, limit and quirks over the company of the demo.

What belongs here: HTTP. What is answered is in `world.py`. Quirks on purpose: the newest come first, so that entries
move when others are entered or deleted; lists differ in page size and in what they say of their length; a list of
invoices has no lines; single objects stand under their kind's name, but not all.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request

from qbo_pipeline.systems.changes import Thing
from qbo_pipeline.systems.door import Answer, BadRequest, Door, House, Params, build_app
from qbo_pipeline.systems.syncro.goods import keep_product, receive_line
from qbo_pipeline.systems.syncro.parties import PATHS as PARTIES
from qbo_pipeline.systems.syncro.parties import keep
from qbo_pipeline.systems.syncro.payments import enter
from qbo_pipeline.systems.syncro.world import World

PATH = "api/v1"
CALLS_A_MINUTE = 180
# By path: kind, page size, and what of its length the list says.
LISTS = {
    "customers": ("customer", 100, "entries"), "vendors": ("vendor", 100, "nothing"),
    "products": ("product", 25, "nothing"),
    "invoices": ("invoice", 25, "pages"), "payments": ("payment", 25, "pages"),
    "purchase_orders": ("purchase_order", 25, "nothing"),
}  # fmt: skip
WITHOUT_LINES = {"invoice"}
BARE = {"invoice"}  # a single one does not stand under its kind's name


@dataclass(slots=True)
class Box:
    """One account: its token and its door."""

    world: World
    token: str
    door: Door = field(default_factory=Door)


def app(box: Box) -> Starlette:
    """The application of an account."""

    def lets_in(request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {box.token}".encode())

    def answer(request: Request, path: str) -> Answer:
        inner = path.removeprefix(PATH).strip("/")
        if request.method == "POST" and inner == "payments":
            return enter(box.world, request.state.body)
        name, _, key = inner.partition("/")
        if name in PARTIES and (request.method, bool(key)) in (("POST", False), ("PUT", True)):
            return keep(box.world, name, key, request.state.body)
        if name == "products" and (request.method, bool(key)) in (("POST", False), ("PUT", True)):
            return keep_product(box.world, key, request.state.body)
        if request.method == "POST" and name == "purchase_orders" and key.endswith("/receive"):
            return receive_line(box.world, key.removesuffix("/receive"), request.state.body)
        return _answer(box, request.method, inner, dict(request.query_params))

    refused, full = (401, {"error": "Unauthorized"}), (429, {"error": "Slow down"})
    return build_app(House(box.door, lets_in, answer, refused, full, lambda: box.world.changes.clock()))


def _answer(box: Box, method: str, path: str, params: Params) -> Answer:
    if method != "GET":
        return 405, {"error": "Method not allowed"}
    name, _, key = path.partition("/")
    if params.get("page", "1") != "1" and box.door.between_pages is not None:
        box.door.between_pages(name)
    box.world.refresh()
    if path == "me":
        return 200, {"user_id": 1, "user_name": "Pipeline", "subdomain": "harbour", "enable_multi_locations": True,
                     "locations_allowed": [], "permissions": {}}  # fmt: skip
    if path == "settings":
        return 200, {"locale": {"iso_code": "en", "currency_symbol": "$", "time_zone": "America/New_York"}}
    if name not in LISTS:
        return 404, {"error": "Not found"}
    kind, size, says = LISTS[name]
    if key:
        found = box.world.objects[kind].get(key)
        if found is None:
            return 404, {"error": "Not found"}
        whole = _stamped(box, kind, key, found)
        return 200, whole if kind in BARE else {kind: whole}
    since = _instant(params["since_updated_at"]) if kind == "invoice" and params.get("since_updated_at") else None
    words = params.get("query", "").lower()
    chosen = [
        object_id
        for object_id, content in box.world.objects[kind].items()
        if (since is None or box.world.changes.at(kind, object_id) >= since)
        and (not words or words in str(content.get("ref_num") or "").lower())
    ]
    page, meta = _page(sorted(chosen, key=int, reverse=True), params, size, says)
    entries = [_entry(kind, _stamped(box, kind, key, box.world.objects[kind][key])) for key in page]
    return 200, {name: entries, **meta}


def _stamped(box: Box, kind: str, object_id: str, content: Thing) -> Thing:
    if kind == "product":
        return content  # the only one that does not say when it changed
    changed = box.world.changes.at(kind, object_id)
    return {**content, "updated_at": f"{changed:%Y-%m-%dT%H:%M:%S}.{changed.microsecond // 1000:03d}Z"}


def _entry(kind: str, content: Thing) -> Thing:
    return (
        {name: value for name, value in content.items() if name != "line_items"} if kind in WITHOUT_LINES else content
    )


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{text} is not a date") from None


def _page(ids: list[str], params: Params, size: int, says: str) -> tuple[list[str], Thing]:
    """The ids of a page, and what the list says of its length."""
    text = params.get("page", "1")
    if not text.isdigit() or int(text) < 1:
        raise BadRequest("page must be a number from 1")
    page, pages = int(text), max(1, -(-len(ids) // size))
    shown = ids[(page - 1) * size : page * size]
    if says == "nothing":
        return shown, {}
    length = {"total_entries": len(ids), "per_page": size} if says == "entries" else {}
    return shown, {"meta": {"total_pages": pages, "page": page, **length}}
