"""Zuper's API in a box: its addresses, envelope, paging, limit and quirks over the company of the demo.

What belongs here: HTTP. What is answered is in `world.py`. Quirks on purpose: the newest come first, so that entries
move when others are entered or deleted; invoices and products are found under singular paths alone; lists leave out
what single objects have; what was deleted is not listed, and is still answered by its uid. Which region an account is
in is told to everybody.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request

from qbo_pipeline.systems.changes import Thing
from qbo_pipeline.systems.door import Answer, BadRequest, Door, House, Params, build_app
from qbo_pipeline.systems.zuper import goods, states
from qbo_pipeline.systems.zuper.world import World

PATH = "api"
CALLS_A_MINUTE = 200
LOGIN = "harbour"
LARGEST = 1000
# By path: kind, and the parameter for what changed since then.
LISTS = {
    "customers": ("customer", "filter.updated_at_from"), "vendors": ("vendor", "filter.updated_from_date"),
    "product": ("product", "filter.updated_at_from"), "invoice": ("invoice", "filter.updated_at_from"),
    "estimate": ("estimate", "filter.updated_at_from"),
    "accounting/credit_notes": ("credit_note", None), "purchase_orders": ("purchase_order", "filter.updated_at_from"),
}  # fmt: skip
NOT_LISTED = {
    "invoice": {"line_items", "payment_history", "tax", "sub_total", "amount_due", "description"},
    "estimate": {"line_items", "tax", "sub_total"}, "credit_note": {"customer", "is_deleted"},
    "purchase_order": {"line_items", "ship_to"},
}  # fmt: skip


@dataclass(slots=True)
class Box:
    """One account: its key, which may be one that only reads, and its door."""

    world: World
    key: str
    door: Door = field(default_factory=Door)
    may_write: bool = True


def app(box: Box) -> Starlette:
    """The application of an account, and of the service that tells its region."""

    def lets_in(request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("x-api-key", "").encode(), box.key.encode())

    def answer(request: Request, path: str) -> Answer:
        if path == f"{PATH}/config":
            return _region(request)
        inner = path.removeprefix(PATH).strip("/")
        if request.method != "GET":
            return _written(box, request, inner)
        try:
            return _answer(box, request.method, path.removeprefix(PATH).strip("/"), dict(request.query_params))
        except BadRequest as error:
            return 400, _error(str(error))

    refused, full = (401, _error("Invalid API key")), (429, _error("Too many requests"))
    open_paths = frozenset({f"{PATH}/config"})
    return build_app(House(box.door, lets_in, answer, refused, full, lambda: box.world.changes.clock(), open_paths))


def _region(request: Request) -> Answer:
    try:
        asked = json.loads(request.state.body)
    except ValueError:
        asked = None
    if request.method != "POST" or not isinstance(asked, dict) or asked.get("company_name") != LOGIN:
        return 404, _error("Company not found")
    here = f"{request.url.scheme}://{request.url.netloc}"
    return 200, {"type": "success", "config": {"dc_name": "box", "dc_country": "LOOPBACK", "dc_api_url": here}}


def _written(box: Box, request: Request, path: str) -> Answer:
    """Take what is posted or put; an answer names what came of it by its uid."""
    if not box.may_write:
        return 401, _error("The API key may only read")
    box.world.refresh()
    try:
        body = json.loads(request.state.body, parse_float=Decimal)
    except ValueError:
        return 400, _error("The body is no JSON")
    asked = (request.method, *path.split("/"))
    try:
        match asked:
            case ("POST", "product"):
                return _done("Product Created Successfully", product_uid=goods.keep_product(box.world, "", body))
            case ("PUT", "product", own):
                return _done("Product Updated Successfully", product_uid=goods.keep_product(box.world, own, body))
            case ("POST", "product", own, ("inward" | "outward") as way):
                uid = goods.move(box.world, own, 1 if way == "inward" else -1, body)
                return _done("Product Transaction Created Successfully", transaction_uid=uid)
            case ("PUT", "invoice", own, "status"):
                found = states.set_state(box.world, own, body)
                return _done("Invoice Status Updated", invoice_uid=own if found else None)
    except goods.Refused as error:
        return 400, _error(str(error))
    return 404, _error("Not found")


def _done(message: str, **named: str | None) -> Answer:
    if None in named.values():
        return 404, _error("Not found")
    return 200, {"type": "success", "message": message, "data": named}


def _answer(box: Box, method: str, path: str, params: Params) -> Answer:
    if path == "products/category":
        return 200, _page(goods.categories(box.world.company), params)
    if path.partition("/")[0] == "product" and path.partition("/")[2].startswith("transaction"):
        return _transactions(box, path, params)
    name, _, uid = (path, "", "") if path in LISTS else path.rpartition("/")
    if name not in LISTS:
        return 404, _error("Not found")
    if params.get("page", "1") != "1" and box.door.between_pages is not None:
        box.door.between_pages(name)
    box.world.refresh()
    kind, since_parameter = LISTS[name]
    if uid:
        found = box.world.objects[kind].get(uid)
        if found is None:
            found = box.world.deleted[kind].get(uid)
            return (404, _error("Not found")) if found is None else (200, {"type": "success", "data": found})
        return 200, {"type": "success", "data": _stamped(box, kind, uid, found)}
    text = params.get(since_parameter) if since_parameter else None
    since = _instant(text) if text else None
    entries = [
        _entry(kind, _stamped(box, kind, key, content))
        for key, content in reversed(box.world.objects[kind].items())
        if since is None or box.world.changes.at(kind, key) >= since
    ]
    return 200, _page(entries, params)


def _transactions(box: Box, path: str, params: Params) -> Answer:
    found = goods.shown(goods.transactions(box.world.company))
    own = path.removeprefix("product/transaction").strip("/")
    if own:
        one = next((item for item in found if item["transaction_uid"] == own), None)
        return (404, _error("Not found")) if one is None else (200, {"type": "success", "data": one})
    since = _instant(params["created_at_from"]) if params.get("created_at_from") else None
    return 200, _page([item for item in found if since is None or _instant(item["created_at"]) >= since], params)


def _stamped(box: Box, kind: str, uid: str, content: Thing) -> Thing:
    changed = box.world.changes.at(kind, uid)
    return {**content, "updated_at": f"{changed:%Y-%m-%dT%H:%M:%S}.{changed.microsecond // 1000:03d}Z"}


def _entry(kind: str, content: Thing) -> Thing:
    hidden = NOT_LISTED.get(kind, set())
    return {name: value for name, value in content.items() if name not in hidden}


def _instant(text: str) -> datetime:
    """A moment, or the beginning of a day of UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{text} is not a date") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _page(entries: list[Thing], params: Params) -> Thing:
    page, count = (_whole(params.get(name, usual), name) for name, usual in (("page", "1"), ("count", "10")))
    if count > LARGEST:
        raise BadRequest(f"count must be at most {LARGEST}")
    found = entries[(page - 1) * count : page * count]
    return {"type": "success", "data": found, "total_records": len(entries), "current_page": page,
            "total_pages": max(1, -(-len(entries) // count))}  # fmt: skip


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise BadRequest(f"{name} must be a number from 1")
    return int(text)


def _error(message: str) -> dict[str, Any]:
    return {"type": "error", "message": message}
