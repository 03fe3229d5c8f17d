"""What is sent to systems that are written by their API, by what they have already; and that it is as they describe."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.write_backs import API_POLICY
from qbo_pipeline.returning.targets import NotTaken, NotWritten, TargetEntry, Unclear, Written
from qbo_pipeline.sources.api_target import ApiTarget, Doors
from qbo_pipeline.sources.cin7_core.lists import API
from qbo_pipeline.sources.cin7_core.lists_writing import writer as Cin7CoreLists
from qbo_pipeline.sources.cin7_core.writing import writer as Cin7Core
from qbo_pipeline.sources.entries import REFERENCE_LENGTH, with_mark
from qbo_pipeline.sources.http.reader import HttpReader, NoReply, Reply
from qbo_pipeline.sources.http.writer import WRITE_SECONDS, WRITES_WITHIN, HttpWriter
from qbo_pipeline.sources.http_contract.lists import API as CONTRACT_API
from qbo_pipeline.sources.http_contract.writing import HttpInbox
from qbo_pipeline.sources.syncro.lists import API as SYNCRO_API
from qbo_pipeline.sources.syncro.lists_writing import party_writer as SyncroParties
from qbo_pipeline.sources.syncro.writing import writer as Syncro
from qbo_pipeline.sources.unleashed.lists import API as UNLEASHED_API
from qbo_pipeline.sources.unleashed.writing import writer as UnleashedParties
from qbo_pipeline_tests.systems.openapi import misfits, operations, read_description

MARKER = "ABCDEFGHIJKLMNOP.WXYZ"
DAY = date(2026, 10, 2)
Sent = tuple[str, str, Any]


def entry(settles: Mapping[str, str], amount: str | None = None, **more: Any) -> TargetEntry:
    whole = Decimal(amount or sum((Decimal(item) for item in settles.values()), Decimal(0)))
    content = {
        "payment_id": "Payment/7", "kind": "payment_received", "account": "718", "amount": str(whole),
        "allocations": [{"document_id": name, "amount": item} for name, item in settles.items()],
    }  # fmt: skip
    given: dict[str, Any] = {
        "marker": MARKER, "revision": 1, "operation": "create", "kind": "payment_received", "business_date": DAY,
        "party_id": "17", "number": "BANK 7", "currency": "USD", "amount": whole, "content": json.dumps(content),
        "content_hash": "0",
    }  # fmt: skip
    return TargetEntry(**{**given, **more})


@dataclass
class System:
    """A system's wire: it answers GETs by their address, and keeps what is written. `reply` is its answer to writes."""

    there: Mapping[str, Any]
    reply: Reply | NoReply = field(default_factory=lambda: Reply(200, b"[]"))
    sent: list[Sent] = field(default_factory=list)
    seconds: float = 0.0
    slow: float = 0.0  # seconds that each turn at the account's limit takes

    def get(self, url: str, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Reply:
        found = self.there.get(url.removeprefix("https://system/"))
        return Reply(404, b"") if found is None else Reply(200, json.dumps(found).encode())

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, seconds: float, max_bytes: int
    ) -> Reply:
        self.sent.append((method, url.removeprefix("https://system/"), body and json.loads(body, parse_float=Decimal)))
        if isinstance(self.reply, NoReply):
            raise self.reply
        return self.reply

    def wait(self) -> None:
        self.seconds += self.slow

    def quiet(self, seconds: float) -> None: ...

    def owner(self, document_id: str) -> str | None:
        return {"i1": "sale/s1", "i2": "sale/s1", "i3": "sale/s2"}.get(document_id)

    def owners_marked(self, marker: str) -> list[str]:
        return []

    def has(self, kind: str, object_id: str) -> bool:
        return True

    def version(self, kind: str, object_id: str) -> str | None:
        return {"payments/P9": "v3", "documents/D1": "v1"}.get(f"{kind}/{object_id}")

    def carrying(self, kind: str, marker: str) -> list[str]:
        return []

    def told(self, marker: str) -> list[TargetEntry]:
        return []


def target(system: System, writer: Any = Cin7Core, api: Any = API) -> ApiTarget:
    reader = HttpReader(api, "https://system", system, system, lambda _query: {}, lambda _seconds: None)
    writer_of = HttpWriter(api, "https://system", system, system, lambda _query: {}, lambda: system.seconds)
    doors = Doors(reader, writer_of, system)
    return ApiTarget([writer(doors)], doors, lambda: None)


def sale(**payments: tuple[str, str]) -> dict[str, Any]:
    """A sale with two invoices; payments by invoice: id and amount."""
    held = {
        name: [{"ID": own, "Amount": float(amount), "DatePaid": f"{DAY}T00:00:00", "Reference": with_mark("", MARKER)}]
        for name, (own, amount) in payments.items()
    }
    return {"Invoices": [{"TaskID": name, "Payments": held.get(name, [])} for name in ("i1", "i2")]}


def new(task: str, amount: str) -> Sent:
    body = {"TaskID": task, "Type": "Payment", "Amount": Decimal(amount), "DatePaid": f"{DAY} 00:00:00",
            "Account": "718", "CurrencyRate": 1, "Reference": f"BANK 7 [qp:{MARKER}]"}  # fmt: skip
    return "POST", "sale/payment", body


@pytest.mark.parametrize(
    ("there", "wanted", "expected"),
    [
        (sale(), {"i1": "10.00", "i2": "2.50"}, [new("i1", "10.00"), new("i2", "2.50")]),
        (sale(i1=("p1", "10.00")), {"i1": "10.00", "i2": "2.50"}, [new("i2", "2.50")]),
        (sale(i1=("p1", "10.00"), i2=("p2", "2.50")), {"i1": "10.00", "i2": "2.50"}, []),
        (sale(i1=("p1", "10.00"), i2=("p2", "2.50")), {"i1": "10.00"}, [("DELETE", "sale/payment?ID=p2", None)]),
    ],
)
def test_what_is_missing_is_written_and_nothing_else(
    there: dict[str, Any], wanted: dict[str, str], expected: list[Sent]
) -> None:
    system = System({"sale?ID=s1": there})
    assert target(system).put([entry(wanted)]) == [Written()]
    assert system.sent == expected


def test_a_payment_of_another_amount_is_changed_under_its_id() -> None:
    system = System({"sale?ID=s1": sale(i1=("p1", "10.00"))})
    assert target(system).put([entry({"i1": "8.00"})]) == [Written()]
    ((method, path, body),) = system.sent
    assert (method, path, body["ID"], body["Amount"]) == ("PUT", "sale/payment", "p1", Decimal("8.00"))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, b'"too much"'), NotTaken),
        (Reply(503, b""), NotWritten),
        (Reply(502, b""), Unclear),
        (Reply(200, b"<html>"), Unclear),
        (NoReply("it hung up", sent=True), Unclear),
        (NoReply("it is not there", sent=False), NotWritten),
    ],
)
def test_what_is_known_of_a_write_by_its_answer(reply: Reply | NoReply, kind: type[Any]) -> None:
    system = System({"sale?ID=s1": sale()}, reply)
    first, second = target(system).put([entry({"i1": "10.00"}), entry({"i2": "1.00"})])
    assert isinstance(first, kind)
    stops = kind is not NotTaken
    assert isinstance(second, NotWritten if stops else kind)
    assert len(system.sent) == (1 if stops else 2)


def test_nothing_leaves_after_the_time_for_which_an_entry_is_claimed() -> None:
    """Whoever comes then may look and write it too: what is late is not sent, and is certain not to be there."""
    system = System({"sale?ID=s1": sale()}, slow=60.0)
    (outcome,) = target(system).put([entry({"i1": "10.00"})])
    assert isinstance(outcome, NotWritten)
    assert system.sent == []
    assert API_POLICY.deadline >= WRITES_WITHIN + WRITE_SECONDS
    assert API_POLICY.settle >= API_POLICY.leave_within + API_POLICY.works_on


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (entry({"i1": "10.00"}, "12.00"), "2.00 of it settles nothing"),
        (entry({"i1": "10.00", "i2": "-1.00"}), "it uses credits"),
        (entry({"i9": "10.00"}), "document/i9, which it settles, is no sale"),
        (entry({"i1": "10.00"}, kind="sales_invoice"), "no way to take sales invoice"),
    ],
)
def test_what_cannot_be_held_is_left_to_a_person(given: TargetEntry, said: str) -> None:
    system = System({"sale?ID=s1": sale()})
    (outcome,) = target(system).put([given])
    assert isinstance(outcome, NotTaken)
    assert said in outcome.message
    assert system.sent == []


def payment(**more: Any) -> dict[str, Any]:
    return {"payments": [{"id": 5, "payment_amount": 12.5, "ref_num": with_mark("", MARKER), "success": True, **more}]}


def test_syncro_takes_one_payment_for_all_invoices() -> None:
    system = System({})
    assert target(system, Syncro, SYNCRO_API).put([entry({"1": "10.00", "2": "2.50"})]) == [Written()]
    body = {"customer_id": 17, "amount_cents": 1250, "payment_method": "718", "ref_num": f"BANK 7 [qp:{MARKER}]",
            "apply_payments": {"1": Decimal("10.00"), "2": Decimal("2.50")}}  # fmt: skip
    assert system.sent == [("POST", "payments", body)]


@pytest.mark.parametrize(
    ("there", "given", "outcome"),
    [
        (payment(), entry({"1": "12.50"}), Written),
        (payment(), entry({"1": "11.00"}), NotTaken),
        (payment(), entry({}, "12.50", operation="void"), NotTaken),
        (payment(success=False), entry({}, "12.50", operation="void"), Written),
    ],
)
def test_syncro_writes_nothing_where_a_payment_carries_the_marker(
    there: dict[str, Any], given: TargetEntry, outcome: type[Any]
) -> None:
    system = System({f"payments?query={MARKER}": there})
    (found,) = target(system, Syncro, SYNCRO_API).put([given])
    assert isinstance(found, outcome)
    assert system.sent == []


def party(kind: str, own: str = "Customer/12", **more: Any) -> TargetEntry:
    content = {"kind": kind, "party_id": own, "name": "Oak & Co", "email": "a@oak.test", "city": "Bath", "active": True}
    return entry({}, "0", kind=kind, content=json.dumps({**content, **more.pop("says", {})}), **more)


PLACE = {"address": "1 High Street", "address_2": "Back door", "city": "Bath"}
OAK = {"business_name": "Oak & Co", "email": "a@oak.test", "city": "Bath"}
MARKED = {**OAK, "notes": f"[qp:{MARKER}]"}


@pytest.mark.parametrize(
    ("there", "given", "expected"),
    [
        ({}, party("customer"), [("POST", "customers", MARKED)]),
        ({"customers?page=1": {"customers": [{"id": 4, **MARKED, "city": "Leeds"}]}}, party("customer"),
         [("PUT", "customers/4", OAK)]),
        ({"customers?page=2": {"customers": [{"id": 4, **MARKED}]}, "customers?page=1": {"customers": [{"id": 3}]}},
         party("customer"), []),
        ({"customers/9": {"customer": {"id": 9, **OAK, "notes": "VIP", "city": None}}}, party("customer", "9"),
         [("PUT", "customers/9", OAK)]),
        ({"customers/9": {"customer": {"id": 9, **OAK}}}, party("customer", "9"), []),
        # A person without a business is called by the full name, and reached by the mobile.
        ({"customers/9": {"customer": {"id": 9, "fullname": "Ann Oak", "mobile": "07", **PLACE}}},
         party("customer", "9", says={"phone": "08", "changed": {"name": "Ann Oak", "phone": "07"}}),
         [("PUT", "customers/9", {"business_name": "Oak & Co", "phone": "08"})]),
    ],
)  # fmt: skip
def test_a_customer_of_syncro_is_made_once_and_written_over(
    there: dict[str, Any], given: TargetEntry, expected: list[Sent]
) -> None:
    system = System(there)
    assert target(system, SyncroParties, SYNCRO_API).put([given]) == [Written()]
    assert system.sent == expected


@pytest.mark.parametrize("given", [party("customer", "9", operation="void"), party("supplier", says={"active": False})])
def test_syncro_has_no_way_to_take_out_a_party(given: TargetEntry) -> None:
    system = System({"customers/9": {"customer": {"id": 9, **OAK}}})
    (found,) = target(system, SyncroParties, SYNCRO_API).put([given])
    assert isinstance(found, NotTaken)
    assert "disable it there by hand" in found.message


CUSTOMER = {"ID": "C1", "Name": "Oak", "Status": "Active", "TaxRule": "TAX", "LastModifiedOn": "2026-10-01"}
ASKED = "ID=c1&Page=1&Limit=1000&IncludeDeprecated=true"


def test_a_customer_of_cin7_core_is_put_whole_with_what_changed() -> None:
    changed = {"changed": {"name": "Oak", "city": None, "email": None}}
    system = System({f"customer?{ASKED}": {"CustomerList": [CUSTOMER]}})
    assert target(system, Cin7CoreLists).put([party("customer", "c1", says=changed)]) == [Written()]
    address = {"Type": "Billing", "DefaultForType": True, "City": "Bath"}
    body = {"ID": "C1", "Name": "Oak & Co", "Status": "Active", "TaxRule": "TAX", "Addresses": [address],
            "Contacts": [{"Name": "Oak & Co", "Default": True, "Email": "a@oak.test"}]}  # fmt: skip
    assert system.sent == [("PUT", "customer", body)]
    held = System({f"customer?{ASKED}": {"CustomerList": [{**CUSTOMER, **body}]}})
    assert target(held, Cin7CoreLists).put([party("customer", "c1", says=changed)]) == [Written()]
    assert held.sent == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (party("customer"), "asks for TaxRule, PaymentTerm, AccountReceivable, RevenueAccount of each new customer"),
        (party("supplier", "s9"), "supplier s9 is not there any more"),
        (party("customer", "c1", says={"changed": {"name": "Elm"}}), "its name is 'Oak' there by now, and was 'Elm'"),
        (party("customer", "c1", says={"changed": {"parent_id": None}}), "has no place for parent id"),
    ],
)
def test_what_cin7_core_cannot_take_of_a_list_is_left_to_a_person(given: TargetEntry, said: str) -> None:
    system = System({f"customer?{ASKED}": {"CustomerList": [CUSTOMER]}})
    (found,) = target(system, Cin7CoreLists).put([given])
    assert isinstance(found, NotTaken)
    assert said in found.message
    assert system.sent == []


def test_a_party_of_unleashed_has_the_same_guid_however_often_it_is_sent() -> None:
    system = System({})
    again = target(system, UnleashedParties, UNLEASHED_API)
    assert again.abilities.finds
    assert again.put([party("customer")]) == again.put([party("customer")]) == [Written()]
    first, second = system.sent
    assert first == second
    method, path, body = first
    guid = path.partition("/")[2]
    assert (method, path, body["CustomerName"], body["Obsolete"]) == ("POST", f"Customers/{guid}", "Oak & Co", False)
    held = System({f"Customers/{guid}": body})
    assert target(held, UnleashedParties, UNLEASHED_API).put([party("customer")]) == [Written()]
    assert held.sent == []
    target(held, UnleashedParties, UNLEASHED_API).put([party("customer", operation="void")])
    ((_, _, taken_back),) = held.sent
    assert (taken_back["Obsolete"], taken_back["CustomerCode"]) == (True, body["CustomerCode"])


def test_a_marker_is_found_again_by_the_posting_rules() -> None:
    text = with_mark("x" * 500, MARKER)
    assert marker_in(text) == MARKER
    assert len(text) <= REFERENCE_LENGTH
    assert with_mark(text, MARKER) == text


def test_what_is_sent_to_cin7_core_is_described(shared_data: Path) -> None:
    described = read_description(shared_data / "vendor_apis" / "cin7_core_openapi.yaml.gz")
    system = System({"sale?ID=s1": sale(i1=("p1", "10.00"))})
    target(system).put([entry({"i1": "8.00", "i2": "1.00"})])
    assert len(system.sent) == 2
    for method, path, body in system.sent:
        (operation,) = operations(described, path, method.lower())
        (content,) = operation["requestBody"]["content"].values()
        plain = json.loads(json.dumps(body, default=float))
        assert list(misfits(described, content["schema"], plain)) == []
    deleting = list(operations(described, "sale/payment", "delete"))
    assert any(parameter["name"] == "ID" for found in deleting for parameter in found["parameters"])


def test_what_is_sent_to_syncro_is_described(shared_data: Path) -> None:
    with gzip.open(shared_data / "vendor_apis" / "syncro_swagger.json.gz", "rb") as file:
        described = json.load(file)
    system = System({})
    target(system, Syncro, SYNCRO_API).put([entry({"1": "10.00"})])
    ((_, path, body),) = system.sent
    schema = described["paths"][f"/{path}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    plain = json.loads(json.dumps(body, default=float))
    assert list(misfits(described, {**schema, "properties": {**schema["properties"]}}, plain)) == []


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (entry({"i1": "5"}, revision=3, operation="update"), ["v2", "v3"]),
        (entry({"i1": "5"}, revision=3, operation="void"), ["v2", "v3"]),
        (entry({"i1": "5"}), None),
        (entry({}, marker="OTHER", operation="void", kind="sales_invoice",
               content=json.dumps({"document_id": "D1", "kind": "sales_invoice"})), ["v1"]),
        (party("customer", "17", says={"changed": {"name": "Elm"}}), None),
    ],
)  # fmt: skip
def test_a_change_goes_to_the_http_contract_for_the_versions_that_are_known(
    given: TargetEntry, known: list[str] | None
) -> None:
    held = {"marker": MARKER, "revision": 1, "operation": "create", "content": "{}", "content_hash": "0"}
    of_it = [{**held, "taken_as": "P9", "version": "v2", "revision": 2}, {**held, "taken_as": "P9", "version": "v1"}]
    there = {f"inbox?marker={MARKER}": {"items": of_it}, "inbox?marker=OTHER": {"items": []}}  # newest first
    system = System(there, Reply(412, b'{"error": "it was changed here since it was read"}'))
    reader = HttpReader(CONTRACT_API, "https://system", system, system, lambda _query: {}, lambda _seconds: None)
    writer = HttpWriter(CONTRACT_API, "https://system", system, system, lambda _query: {}, lambda: system.seconds)
    (outcome,) = HttpInbox(Doors(reader, writer, system), lambda: None).put([given])
    ((_, _, body),) = system.sent
    assert body.get("known_versions") == known
    assert isinstance(outcome, NotTaken)
    assert "it was changed here since it was read" in outcome.message
