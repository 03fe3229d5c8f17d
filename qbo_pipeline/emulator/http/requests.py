"""One API request, taken apart: path, parameters, body, and which operation of the company it asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.recurring import inner_of
from qbo_pipeline.emulator.http.fault_texts import PARSE_FAILED, gateway_fault, unknown_path

WRITE, READ = "write", "read"
MOST_PARAMETERS = 200
BODY_LIMIT = 4 * 1024 * 1024
UPLOAD_LIMIT = 101 * 1024 * 1024


@dataclass(slots=True)
class ApiRequest:
    """A request to /v3/company/{realm}/…; `segments` is what follows the realm."""

    method: str
    path: str
    realm: str
    segments: tuple[str, ...]
    params: dict[str, str]
    content_type: str
    body: bytes = b""
    bearer: str = ""

    @property
    def request_id(self) -> str:
        return self.params.get("requestid", "")


@dataclass(slots=True)
class Operation:
    """What a request asks for: `name` as fault rules use it, `kind` as it is metered, the entity's canonical name."""

    name: str
    kind: str
    entity: str = ""
    id: str = ""
    options: frozenset[str] = field(default_factory=frozenset)


def parse_request(method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]]) -> ApiRequest:
    """Read the request line and headers. Raises the 404 fault for anything but
    /v3/company/{realm}/…, and 2010 for too many parameters."""
    parts = path.strip("/").split("/")
    if len(parts) < 4 or parts[0] != "v3" or parts[1].lower() != "company":
        raise unknown_path(path)
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise faults.fault("2010", what=f"more than {MOST_PARAMETERS} parameters") from None
    content_type = bearer = ""
    for name, value in headers:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            bearer = token.strip() if scheme.lower() == "bearer" else ""
    return ApiRequest(
        method, path, parts[2], tuple(parts[3:]), {k.lower(): v for k, v in pairs}, content_type, bearer=bearer
    )


# The first segment of the path, and how many segments there are → (methods, operation, kind).
SPECIAL: dict[tuple[str, int], tuple[str, str, str]] = {
    ("query", 1): ("GET POST", "query", READ),
    ("batch", 1): ("POST", "batch", WRITE),
    ("cdc", 1): ("GET", "cdc", READ),
    ("reports", 2): ("GET", "report", READ),
    ("upload", 1): ("POST", "upload", WRITE),
    ("download", 2): ("GET", "download", READ),
    ("taxservice", 2): ("POST", "tax_service", WRITE),
}
SINGLETONS = frozenset({"CompanyInfo", "Preferences"})
# POSTs of these carry no Id when they change what is there.
ALWAYS_UPDATED = frozenset({"CompanyInfo", "Preferences"})


def find_operation(request: ApiRequest) -> Operation:
    """Which operation the path and method name.

    For an entity's POST the name is still `save`: its body decides between create and update (`settle_save`).
    Raises a fault for unknown paths, entities, and operations.
    """
    segments = request.segments
    special = SPECIAL.get((segments[0].lower(), len(segments)))
    if special is not None:
        methods, name, kind = special
        if request.method not in methods.split():
            raise gateway_fault("500", f"{request.method} {segments[0][:100]}")
        if name == "tax_service" and segments[1].lower() != "taxcode":
            raise unknown_path(request.path)
        return Operation(name, kind, id=segments[1] if len(segments) == 2 else "")
    if segments[0].lower() == "taxclassification" and request.method == "GET" and _is_list(segments):
        return Operation("tax_classifications", READ, "TaxClassification", segments[1] if len(segments) == 3 else "")
    if segments[0].lower() == "exchangerate" and request.method == "GET" and len(segments) == 1:
        return Operation("exchange_rate", READ, "ExchangeRate")
    if len(segments) > 3 or not segments[0]:
        raise unknown_path(request.path)
    entity = Company.entity_name(segments[0])
    if request.method == "POST" and len(segments) == 1:
        return _entity_post(entity, request.params)
    if request.method == "GET" and (len(segments) == 2 or (len(segments) == 1 and entity in SINGLETONS)):
        return Operation("read", READ, entity, segments[1] if len(segments) == 2 else request.realm)
    if request.method == "GET" and len(segments) == 3 and segments[2].lower() == "pdf":
        return Operation("pdf", READ, entity, segments[1])
    if request.method == "POST" and len(segments) == 3 and segments[2].lower() == "send":
        return Operation("send", WRITE, entity, segments[1])
    if len(segments) == 3:  # customer/1/5 is answered with 400, as recorded; 404 is for what names no entity
        raise gateway_fault("500", f"{request.method} {request.path[:200]}")
    raise gateway_fault("500", f"{request.method} {entity}")


def _is_list(segments: tuple[str, ...]) -> bool:
    """Whether an address asks for all classifications or for one's children, rather than for one by its id."""
    return len(segments) == 1 or (len(segments) == 3 and segments[2].lower() == "children")


def _entity_post(entity: str, params: dict[str, str]) -> Operation:
    options = read_options(params.get("include", ""))
    operation = params.get("operation", "").lower()
    if operation in ("delete", "void"):
        return Operation(operation, WRITE, entity, options=options)
    if operation == "update" and "void" in options:
        return Operation("void", WRITE, entity, options=options)
    if operation in ("", "update", "create"):
        return Operation("save", WRITE, entity, options=options)
    raise gateway_fault("500", operation[:100])


def settle_save(operation: Operation, body: dict[str, Any]) -> None:
    """Decide between create and update by the body: an object with an Id is there already."""
    if operation.name == "save":
        there = id_in(operation.entity, body) not in ("", "0") or operation.entity in ALWAYS_UPDATED
        operation.name = "update" if there else "create"
        if operation.name == "update":
            operation.id = id_in(operation.entity, body)
            if "void" in operation.options:
                operation.name = "void"


def id_in(entity: str, body: dict[str, Any]) -> str:
    """The Id in a body: of a template of a recurring transaction it is inside, with the transaction."""
    holder = inner_of(body) if entity == "RecurringTransaction" else body
    return str(holder.get("Id") or "")


def read_options(text: str) -> frozenset[str]:
    """The options of `include=` or of a batch item's `optionsData`: comma-separated, case-insensitive."""
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


def read_json(request: ApiRequest) -> dict[str, Any]:
    """The request's JSON object, decimals exact. Raises fault 1050 or 2010."""
    media = request.content_type.partition(";")[0].strip().lower()
    if media not in ("application/json", "text/json"):
        raise gateway_fault("1050", media[:100] or "none")
    return parse_object(request.body)


def parse_object(text: bytes) -> dict[str, Any]:
    """A JSON object with exact decimals; raises fault 2010 for anything else."""
    try:
        decoded = text.decode("utf-8")
        value = _DECODER.decode(decoded)
        usable = isinstance(value, dict)
        if usable and "\\ud" in decoded.lower():
            json.dumps(value, default=str, ensure_ascii=False).encode()  # half a surrogate pair has no UTF-8 form
    except (ValueError, RecursionError):
        usable = False
    if not usable:
        raise faults.fault("2010", what=PARSE_FAILED)
    return value  # type: ignore[no-any-return]  # what JSON holds is only known once it is checked


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not -1_000 < value.adjusted() < 1_000:
        raise ValueError("a number of more than a thousand digits")
    return value


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(parse_float=_decimal, parse_constant=_refuse_constant)
