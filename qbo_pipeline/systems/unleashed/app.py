"""Unleashed's API in a box: its addresses, paging, signature and quirks over the company of the demo.

What belongs here: HTTP. What is answered is in `world.py`. Quirks on purpose: the page stands in the path; newest
changes come first, so that entries move while they are paged; lists that know no "modified since" ignore one; deleted
invoices are left out unless they are asked for; a page size of 0 answers how many there are.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import Request

from qbo_pipeline.systems.changes import Thing
from qbo_pipeline.systems.door import Answer, BadRequest, Door, House, Params, build_app
from qbo_pipeline.systems.unleashed.lists import PATHS as WRITTEN
from qbo_pipeline.systems.unleashed.lists import keep
from qbo_pipeline.systems.unleashed.words import milliseconds
from qbo_pipeline.systems.unleashed.world import World

LARGEST_PAGE = 1000
USUAL_PAGE = 200
# By path: the kind, and whether the list knows "modified since".
LISTS = {
    "Warehouses": ("warehouse", False), "Customers": ("customer", False), "Suppliers": ("supplier", False),
    "Products": ("product", False), "SalesOrders": ("sales_order", True), "SalesShipments": ("shipment", False),
    "Invoices": ("invoice", True), "CreditNotes": ("credit_note", True), "PurchaseOrders": ("purchase_order", True),
    "SupplierReturns": ("supplier_return", True), "StockAdjustments": ("adjustment", True),
    "StockCounts": ("stock_count", True), "Assemblies": ("assembly", True),
    "WarehouseStockTransfers": ("transfer", True),
}  # fmt: skip


@dataclass(slots=True)
class Box:
    """One account: its credentials, its door, and under which name it has its invoices."""

    world: World
    api_id: str
    api_key: str
    door: Door = field(default_factory=Door)
    invoices: str = "Invoices"


def app(box: Box) -> Starlette:
    """The application of an account."""

    def lets_in(request: Request) -> bool:
        digest = hmac.digest(box.api_key.encode(), request.scope["query_string"], sha256)
        expected = f"{box.api_id}/{base64.b64encode(digest).decode()}"
        given = f"{request.headers.get('api-auth-id')}/{request.headers.get('api-auth-signature')}"
        return hmac.compare_digest(given.encode(), expected.encode())

    def answer(request: Request, path: str) -> Answer:
        name, _, key = path.partition("/")
        if request.method == "POST" and name in WRITTEN and key:
            return keep(box.world, name, key, request.state.body)
        return _answer(box, request.method, path, dict(request.query_params))

    refused = (403, {"Description": "The credentials are not valid for this request."})
    full = (429, {"Description": "Too many requests."})
    return build_app(House(box.door, lets_in, answer, refused, full, lambda: box.world.changes.clock()))


def _answer(box: Box, method: str, path: str, params: Params) -> Answer:
    if method != "GET":
        return 405, {"Description": "Method not allowed."}
    name, _, rest = path.partition("/")
    rest = rest.removeprefix("Page/")
    if rest.isdigit() and int(rest) > 1 and box.door.between_pages is not None:
        box.door.between_pages(name)
    box.world.refresh()
    name = "Invoices" if name == box.invoices else "" if name == "Invoices" else name
    if name == "StockOnHand":
        return 200, _page(_on_hand(box, params), params, rest)
    if name not in LISTS:
        return 404, {"Description": "Not found."}
    kind, knows_since = LISTS[name]
    if rest and not rest.isdigit():
        found = box.world.objects[kind].get(rest.lower())
        return (
            (200, _shown(box, kind, rest.lower(), found)) if found is not None else (404, {"Description": "Not found."})
        )
    since = _day(params["modifiedSince"]) if knows_since and params.get("modifiedSince") else None
    return 200, _page(_listed(box, kind, since, params), params, rest)


def _listed(box: Box, kind: str, since: datetime | None, params: Params) -> list[Thing]:
    wanted = params.get("invoiceStatus")
    found = []
    for object_id, content in box.world.objects[kind].items():
        status = content.get("InvoiceStatus")
        changed = box.world.changes.at(kind, object_id)
        if since is not None and changed < since:
            continue
        if kind == "invoice" and (status != wanted if wanted else status == "Deleted"):
            continue
        found.append((changed, object_id, content))
    found.sort(key=lambda item: (item[0], item[1]), reverse=True)
    return [_shown(box, kind, object_id, content) for _, object_id, content in found]


def _shown(box: Box, kind: str, object_id: str, content: Thing) -> Thing:
    return {**content, "LastModifiedOn": milliseconds(box.world.changes.at(kind, object_id))}


def _on_hand(box: Box, params: Params) -> list[Thing]:
    as_at = params.get("asAtDate") or date.max.isoformat()
    _day(as_at)
    return box.world.on_hand(as_at, params.get("warehouseCode"))


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        raise BadRequest(f"{text} is not a date") from None


def _page(items: list[Thing], params: Params, page_text: str) -> Thing:
    try:
        page, size = int(page_text or "1"), int(params.get("pageSize", USUAL_PAGE))
    except ValueError:
        raise BadRequest("The page and its size must be numbers") from None
    if page < 1 or not 0 <= size <= LARGEST_PAGE:
        raise BadRequest(f"The page must be 1 or more, its size at most {LARGEST_PAGE}")
    pages = -(-len(items) // size) if size else 0
    pagination = {"NumberOfItems": len(items), "PageSize": size, "PageNumber": page, "NumberOfPages": pages}
    return {"Pagination": pagination, "Items": items[(page - 1) * size : page * size]}
