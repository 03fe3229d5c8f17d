"""Carrying out one operation on the company: from a request's parameters and body to the answer's payload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from qbo_pipeline.emulator.company import faults, tax_classifications
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.schema.entities import wrapper
from qbo_pipeline.emulator.http.fault_texts import gateway_fault
from qbo_pipeline.emulator.http.multipart import parse_upload
from qbo_pipeline.emulator.http.requests import ApiRequest, Operation, id_in, read_json, read_options, settle_save
from qbo_pipeline.emulator.http.xml_bodies import MEDIA, read_xml

Payload = dict[str, Any]

TIMED = frozenset(
    {"create", "update", "delete", "void", "read", "query", "cdc", "batch", "upload", "exchange_rate", "send"}
)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is not JSON: its bytes and media type."""

    content: bytes
    media: bytes


def read_request_body(operation: Operation, request: ApiRequest) -> Payload:
    """The body of an operation that has one, JSON or XML, and what it decides about the operation."""
    if operation.name in ("save", "create", "update", "delete", "void", "batch", "tax_service"):
        media = request.content_type.partition(";")[0].strip().lower()
        name = {"batch": "batch", "tax_service": "TaxService"}.get(operation.name, operation.entity)
        body = read_xml(name, request.body) if media in MEDIA else read_json(request)
        settle_save(operation, body)
        if operation.name in ("delete", "void"):
            operation.id = id_in(operation.entity, body)
        return body
    return {}


def perform(company: Company, operation: Operation, request: ApiRequest, body: Payload) -> Payload | Raw:
    """Do it. Raises QboFault; whatever it raises, the company is unchanged."""
    match operation.name:
        case "create" | "update" | "delete" | "void":
            return {wrapper(operation.entity): save(company, operation.name, operation.entity, body, operation.options)}
        case "read":
            found = company.read(operation.entity, operation.id)
            if operation.entity == "Invoice" and "invoicelink" in read_options(request.params.get("include", "")):
                found["InvoiceLink"] = f"{company.settings.download_base_url}/emulator/invoice/{found['Id']}"
            return {wrapper(operation.entity): found}
        case "tax_classifications":
            return tax_classifications.several(operation.id or None, request.params.get("level"))
        case "query":
            return {"QueryResponse": company.query(query_text(request))}
        case "cdc":
            entities, since = request.params.get("entities", ""), request.params.get("changedsince", "")
            return company.changes(*read_changes(entities, since))
        case "report":
            return company.report(operation.id, _without_gateway_parameters(request.params))
        case "exchange_rate":
            return {"ExchangeRate": _exchange_rate(company, request.params)}
        case "tax_service":
            return company.tax_service(body)
        case "upload":
            return {"AttachableResponse": [_upload(company, part) for part in parse_upload(request)]}
        case "download":
            uri = company.read("Attachable", operation.id).get("TempDownloadUri")
            if not uri:
                raise faults.fault("610", what=faults.NOT_FOUND_INACTIVE)
            return Raw(str(uri).encode(), b"text/plain;charset=UTF-8")
        case "pdf":
            return Raw(company.pdf(operation.entity, operation.id), b"application/pdf")
        case _:
            raise AssertionError(f"operation {operation.name} has no way of being carried out")


def save(company: Company, name: str, entity: str, body: Payload, options: frozenset[str]) -> Payload:
    """Create, update, delete or void one object; returns it."""
    match name:
        case "create":
            return company.create(entity, body, options)
        case "update":
            return company.update(entity, body, options)
        case "delete":
            return company.delete(entity, body)
        case "void":
            return company.void(entity, body)
    raise gateway_fault("500", name[:100])


def query_text(request: ApiRequest) -> str:
    """The statement of a query: the parameter of a GET, the body of a POST with type application/text."""
    if request.method == "GET":
        text = request.params.get("query", "")
    else:
        media = request.content_type.partition(";")[0].strip().lower()
        if media not in ("application/text", "text/plain"):
            raise gateway_fault("1050", media[:100] or "none")
        try:
            text = request.body.decode("utf-8")
        except UnicodeDecodeError:
            raise faults.fault("4000", what="Invalid content. The statement is not UTF-8 text.") from None
    if not text.strip():
        raise gateway_fault("2020", "query", "query")
    return text


def read_changes(entities: str, since: str) -> tuple[list[str], datetime]:
    """The entities and the instant of a change data capture request; an instant without zone is taken as UTC."""
    names = [name.strip() for name in entities.split(",") if name.strip()]
    if not names:
        raise gateway_fault("2020", "entities", "entities")
    if not since:
        raise gateway_fault("2020", "changedSince", "changedSince")
    try:
        # A plus sign in a URL arrives as a blank unless it was encoded.
        instant = datetime.fromisoformat(since.strip().replace(" ", "+"))
    except ValueError:
        raise faults.fault("2060", "changedSince", what=since[:100]) from None
    return names, instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _exchange_rate(company: Company, params: dict[str, str]) -> Payload:
    currency = params.get("sourcecurrencycode", "")
    if not currency:
        raise gateway_fault("2020", "sourcecurrencycode", "sourcecurrencycode")
    as_of = params.get("asofdate")
    try:
        day = date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise faults.fault("2060", "asofdate", what=str(as_of)[:100]) from None
    return company.exchange_rate(currency, day)


def _upload(company: Company, part: tuple[Payload | None, str, str, bytes]) -> Payload:
    """One entry of AttachableResponse: what is refused is told there, under HTTP 200, as recorded."""
    try:
        return {"Attachable": company.upload(*part)}
    except faults.QboFault as fault:
        return {"Fault": fault.as_json()}


def _without_gateway_parameters(params: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if name not in ("minorversion", "requestid")}
