"""Every request of the way back against what is published of each system's API.

Cin7 Core, Syncro and Zuper: the descriptions. What Zuper's lacks (products, stock, the state of invoices) stands in
`ZUPER_ELSEWHERE`, read in the vendor's own pages; Unleashed publishes names and types of fields, not bodies.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.posting.write_backs import API_POLICY
from qbo_pipeline.returning.abilities import CHANGE, TAKE_OUT, Action
from qbo_pipeline.sources.http_contract.description import description as contract_description
from qbo_pipeline.sources.systems import SYSTEMS
from qbo_pipeline_tests.systems.openapi import Schema, misfits, read_description
from qbo_pipeline_tests.systems.written_kinds import CASES, content, entry
from qbo_pipeline_tests.systems.written_rig import Request, Rig, Rigs, running_rigs

pytestmark = pytest.mark.torture

_TEXT, _NUMBER, _WHOLE, _FLAG = ({"type": name} for name in ("string", "number", "integer", "boolean"))
_FIELD = {"label": _TEXT, "value": _TEXT, "type": _TEXT, "module_name": _TEXT, "hide_field": _FLAG, "hide_to_fe": _FLAG}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


_PRODUCT = _object(product=_object(
    product_name=_TEXT, product_id=_TEXT, product_category=_TEXT, product_type=_TEXT, price=_NUMBER,
    purchase_price=_NUMBER, min_quantity=_WHOLE, track_quantity=_FLAG, is_available=_FLAG,
    meta_data={"type": "array", "items": _object(**_FIELD)},
    location_availability={"type": "array", "items": _object(location=_TEXT, quantity=_WHOLE)},
))  # fmt: skip
_TRANSACTION = _object(transaction=_object(
    product_uid=_TEXT, location_uid=_TEXT, quantity=_WHOLE, remarks=_TEXT,
    serial_nos={"type": "array", "items": {"type": "string"}},
))  # fmt: skip
_STATE = _object(
    invoice_uid=_TEXT, invoice_status=_TEXT, amount_paid=_NUMBER, payment_date=_TEXT, reference_no=_TEXT, source=_TEXT,
    remarks=_TEXT, send_receipt=_FLAG, charge_card=_FLAG,
)  # fmt: skip
_PAGES = {"page", "count", "sort", "sort_by"}
# Method and path: the parameters, and the body.
ZUPER_ELSEWHERE: dict[tuple[str, str], tuple[set[str], Schema]] = {
    ("GET", "product"): (_PAGES, {}), ("GET", "product/{product_uid}"): (set(), {}),
    ("POST", "product"): (set(), _PRODUCT), ("PUT", "product/{product_uid}"): (set(), _PRODUCT),
    ("POST", "product/{product_uid}/inward"): (set(), _TRANSACTION),
    ("POST", "product/{product_uid}/outward"): (set(), _TRANSACTION),
    ("GET", "product/transaction"): (_PAGES | {"created_at_from"}, {}),
    ("GET", "products/category"): (_PAGES, {}),
    ("PUT", "invoice/{invoice_uid}/status"): (set(), _STATE),
}  # fmt: skip
# Of Unleashed's fields, those that its lists show and the published operations of one object do not.
UNLEASHED_ELSEWHERE = {"neverDiminishing"}


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rigs]:
    with running_rigs(tmp_path_factory.mktemp("conformance")) as found:
        yield found


def requests(rig: Rig) -> list[Request]:
    """What leaves for every kind: made, changed where the system has a way, and taken out."""
    rig.sent.clear()
    for kind, ability in SYSTEMS[rig.system].takes.items():
        case, name = CASES[rig.system, kind], rig.name()
        first = case.make(rig, name)
        told = content(first)
        rig.lay(name, first)
        rig.poster(name).run()
        changes: list[tuple[dict[str, Any], Action]] = [
            ({"name": "Another", "city": "Leeds"}, CHANGE), ({"active": False, "status": "voided"}, TAKE_OUT),
        ]  # fmt: skip
        for revision, (more, action) in enumerate(changes, start=2):
            if ability.can(action) and first.operation != "void":
                voided = {"operation": "void" if "payment" in kind or kind == "adjustment" else "update"}
                operation: dict[str, Any] = voided if action == TAKE_OUT else {"operation": "update"}
                said: dict[str, Any] = {"amount": "0.01", **({"lines": _half(told)} if kind == "adjustment" else {})}
                rig.lay(name, entry(kind, name, {**told, **said, **more}, revision=revision, **operation))
                rig.poster(name).run()
                rig.time.sleep(API_POLICY.settle + 1)
    return list(rig.sent)


def _half(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**line, "quantity": "-1"} for line in told["lines"]]


def described(paths: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The described paths that an address is one of; some descriptions write the query into the path."""
    asked = path.strip("/").lower().split("/")
    for template, operations in paths.items():
        shape = template.partition("?")[0].strip("/").lower().split("/")
        if len(shape) == len(asked) and all(
            one == other or one.startswith("{") for one, other in zip(shape, asked, strict=True)
        ):
            yield template, operations


def problems(description: Schema, request: Request) -> set[str]:
    """What of a request is not described."""
    found = [
        operations[request.method.lower()] for _, operations in described(description["paths"], request.path)
        if request.method.lower() in operations
    ]  # fmt: skip
    what = f"{request.method} {request.path}"
    if not found:
        return {f"{what}: is not described"}
    names = {_behind(description, given)["name"] for one in found for given in one.get("parameters", ())}
    wrong = {f"{what}: {name} is no parameter" for name in request.params.keys() - names}
    asked = [_behind(description, one["requestBody"]) for one in found if "requestBody" in one]
    bodies = [one["content"] for one in asked if "content" in one]
    if request.body is not None and not isinstance(request.body, bytes) and bodies:
        schema = bodies[0]["application/json"]["schema"]
        wrong |= {f"{what}: {one}" for one in misfits(description, schema, request.body)}
    return wrong


def _behind(description: Schema, given: Schema) -> Schema:
    """What a reference stands for."""
    for name in given.get("$ref", "#").removeprefix("#/").split("/") if "$ref" in given else ():
        description = description[name]
    return description if "$ref" in given else given


def test_what_is_sent_to_cin7_core_is_described(rigs: Rigs, shared_data: Path) -> None:
    description = read_description(shared_data / "vendor_apis" / "cin7_core_openapi.yaml.gz")
    sent = requests(rigs["cin7_core"])
    assert {(one.method, one.path) for one in sent if one.method != "GET"} == {
        *((method, path) for path in ("customer", "supplier", "product") for method in ("POST", "PUT")),
        ("POST", "sale/payment"), ("DELETE", "sale/payment"),
        ("POST", "advanced-purchase/payment"), ("DELETE", "purchase/payment"),
        ("POST", "stockadjustment"), ("DELETE", "stockadjustment"),
    }  # fmt: skip
    # Of suppliers the body is not described: it is that of an entry of their list.
    assert {one for request in sent for one in problems(description, request)} == set()


def test_what_is_sent_to_syncro_is_described(rigs: Rigs, shared_data: Path) -> None:
    with gzip.open(shared_data / "vendor_apis" / "syncro_swagger.json.gz", "rb") as file:
        description = json.load(file)
    sent = requests(rigs["syncro"])
    assert {(one.method, one.path.partition("/")[0]) for one in sent if one.method != "GET"} == {
        *((method, path) for path in ("customers", "vendors", "products") for method in ("POST", "PUT")),
        ("POST", "payments"), ("POST", "purchase_orders"),
    }  # fmt: skip
    found = {one for request in sent for one in problems(description, request)}
    # The lists of vendors and products are described without pages: they are asked for them all the same, and may
    # answer all of it each time; what a list searches by is described for some.
    assert {one for one in found if not one.endswith(("page is no parameter", "query is no parameter"))} == set()


def test_what_is_sent_to_zuper_is_published(rigs: Rigs, shared_data: Path) -> None:
    description = read_description(shared_data / "vendor_apis" / "zuper_openapi.yml.gz")
    sent = requests(rigs["zuper"])
    elsewhere = {path: None for _, path in ZUPER_ELSEWHERE}
    found: set[str] = set()
    for request in sent:
        template = min(
            (one for one, _ in described(elsewhere, request.path)), key=lambda one: one.count("{"), default=""
        )
        if (request.method, template) not in ZUPER_ELSEWHERE:
            found |= problems(description, request)
            continue
        names, schema = ZUPER_ELSEWHERE[request.method, template]
        found |= {f"{request.path}: {name}" for name in request.params.keys() - names}
        found |= {f"{request.path}: {one}" for one in misfits(description, schema, request.body)}
    assert found == set()
    assert {one.method for one in sent} == {"GET", "POST", "PUT"}


def test_what_is_sent_to_unleashed_has_published_names(rigs: Rigs, shared_data: Path) -> None:
    published = json.loads((shared_data / "vendor_apis" / "unleashed_fields.json").read_text())
    fields: dict[str, set[str]] = {}
    natives = {operation["native"] for operation in published.values()}
    for operation in published.values():
        path = operation["native"].split("/")[1].split(" ")[0]
        fields.setdefault(path, set()).update(operation["response_fields"])
    sent = [one for one in requests(rigs["unleashed"]) if one.method != "GET"]
    assert {one.path.partition("/")[0] for one in sent} == {"Customers", "Suppliers", "Products"}
    for request in sent:
        path = request.path.partition("/")[0]
        if path != "Suppliers":  # of suppliers the list alone is published
            assert any(native.startswith(f"POST /{path}/:") for native in natives)
        named = {name[0].lower() + name[1:] for name in request.body}
        assert named - fields[path] <= UNLEASHED_ELSEWHERE


def test_what_is_sent_to_the_http_contract_is_described(rigs: Rigs) -> None:
    description = contract_description()
    sent = requests(rigs["http_contract"])
    assert {one.path.partition("/")[0] for one in sent if one.method == "PUT"} == {"inbox", "files"}
    assert {one for request in sent for one in problems(description, request)} == set()
