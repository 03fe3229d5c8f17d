"""Random requests: whatever comes in, the answer has QBO's shape, nothing breaks, and the books stay balanced."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbo_pipeline_tests.emulator.http.serving import REALM, Served, serving

ENTITIES = re.findall(
    r"\S+",
    "account attachable bill billpayment class companycurrency companyinfo creditmemo customer department "
    "deposit employee estimate exchangerate inventoryadjustment invoice item journalentry payment "
    "paymentmethod preferences purchase purchaseorder refundreceipt salesreceipt taxagency taxcode taxrate "
    "term transfer vendor vendorcredit frob %00",
)
FIELDS = re.findall(
    r"\S+",
    "Id SyncToken sparse Line Amount DetailType CustomerRef VendorRef AccountRef DocNumber TxnDate TotalAmt "
    "DisplayName Name Active CurrencyRef ExchangeRate LinkedTxn PrivateNote SalesItemLineDetail "
    "JournalEntryLineDetail AccountBasedExpenseLineDetail ItemRef Qty UnitPrice PostingType TaxCodeRef Type "
    "AccountType QtyOnHand InvStartDate MetaData TxnTaxDetail value",
)
QUERIES = [
    "select * from {e}",
    "select count(*) from {e}",
    "select * from {e} where Id = '{v}'",
    "select * from {e} where {f} {v}",
    "select * from {e} where {f} like '%{v}%' orderby {f} desc startposition {v} maxresults {v}",
    "select * from {e} where {f} in ('{v}', \"{v}\")",
    "drop table txns; select * from {e}",
    "select * from {e} where {f} = ' or '1'='1",
    "select {v}",
    "{v}",
]
REPORTS = ["TrialBalance", "GeneralLedger", "BalanceSheet", "ProfitAndLoss", "InventoryValuationSummary", "Frob"]
CONTENT_TYPES = ["application/json"] * 8 + ["application/text", "text/xml", "multipart/form-data; boundary=x", "", "é"]
TEXTS = ["", "1", "2", "35", "0", "-1", "USD", "EUR", "XXX", "2026-01-31", "2026-02-30", "true"]
WORDS = ["Debit", "Credit", "Bank", "SalesItemLineDetail", "JournalEntryLineDetail", "Inventory"]
NUMBERS = [0, 1, -1, 10**30, True, False, None, 0.1, -5.55, 99999999999]


class Fuzzer:
    """Draws requests from a seed; each is (method, path, query, content type, body)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def value(self, depth: int = 0) -> Any:
        draw = self.random
        simple = [
            lambda: draw.choice(TEXTS),
            lambda: draw.choice(NUMBERS),
            lambda: "".join(draw.choices(string.printable + "é漢😀'\\\x00\x7f", k=draw.randrange(30))),
            lambda: draw.choice(WORDS),
            lambda: "x" * draw.choice([21, 22, 101, 4_001]),
            lambda: {"value": str(draw.randrange(120))},
        ]
        if depth < 4 and draw.random() < 0.35:
            if draw.random() < 0.4:
                return [self.value(depth + 1) for _ in range(draw.randrange(4))]
            return {draw.choice(FIELDS): self.value(depth + 1) for _ in range(draw.randrange(6))}
        return draw.choice(simple)()

    def body(self) -> dict[str, Any]:
        draw = self.random
        return {draw.choice(FIELDS): self.value() for _ in range(draw.randrange(8))}

    def document(self) -> tuple[str, dict[str, Any]]:
        """Nearly a right body for an entity: one that often gets through, or fails late."""
        draw = self.random
        amount = draw.choice(["10", "0.01", "-3", "99.999", "1e3", 7])
        name = f"N{draw.randrange(40)}"
        lines = [
            {
                "Amount": amount,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": posting, "AccountRef": {"value": str(draw.randrange(1, 90))}},
            }
            for posting in ("Debit", "Credit")
        ]
        detail = {"ItemRef": {"value": str(draw.randrange(1, 20))}, "Qty": draw.choice([1, 2, -1, "x"])}
        sale = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        customer = {"value": str(draw.randrange(1, 30))}
        entity, body = draw.choice(
            [
                ("customer", {"DisplayName": name}),
                ("vendor", {"DisplayName": name}),
                ("account", {"Name": name, "AccountType": draw.choice(["Bank", "Expense", "Frob"])}),
                ("journalentry", {"Line": lines}),
                ("invoice", {"CustomerRef": customer, "Line": [sale]}),
                ("salesreceipt", {"CustomerRef": customer, "Line": [sale]}),
                ("payment", {"CustomerRef": customer, "TotalAmt": amount}),
            ]
        )
        if draw.random() < 0.2:
            body |= {"Id": str(draw.randrange(60)), "SyncToken": "0", "sparse": True}
        if draw.random() < 0.3:
            body |= self.body()
        return entity, body

    def query(self) -> str:
        draw = self.random
        return draw.choice(QUERIES).format(e=draw.choice(ENTITIES), f=draw.choice(FIELDS), v=self.value(9))

    def request(self) -> tuple[str, str, dict[str, str], str, bytes]:
        draw, kind = self.random, self.random.random()
        entity, content_type = draw.choice(ENTITIES), draw.choice(CONTENT_TYPES)
        params = {draw.choice(["requestid", "operation", "include", "minorversion", "frob"]): str(self.value(9))}
        if draw.random() < 0.6:
            params = {}
        if kind < 0.15:
            return (
                "GET",
                f"{entity}/{draw.choice(['1', '9', 'x', '-1', '99999999999999999999', '%27'])}",
                params,
                "",
                b"",
            )
        if kind < 0.3:
            return "GET", "query", {"query": self.query()}, "", b""
        if kind < 0.36:
            return "GET", "cdc", {"entities": f"{entity},Invoice", "changedSince": str(self.value(9))}, "", b""
        if kind < 0.42:
            dates = {"start_date": str(self.value(9)), "summarize_column_by": str(self.value(9))}
            return "GET", f"reports/{draw.choice(REPORTS)}", dates if draw.random() < 0.7 else {}, "", b""
        if kind < 0.5:
            operations = ["create", "update", "delete", "void", "x"]
            items = [
                {"bId": str(n), "operation": draw.choice(operations), "Invoice": self.body()}
                for n in range(draw.randrange(4))
            ]
            return "POST", "batch", params, content_type, json.dumps({"BatchItemRequest": items}).encode()
        if kind < 0.55:
            return "POST", "upload", params, content_type, draw.randbytes(draw.randrange(300))
        if kind < 0.8:
            entity, made = self.document()
            return "POST", entity, params, "application/json", json.dumps(made).encode()
        body = json.dumps(self.body()).encode()
        if draw.random() < 0.1:
            body = body[: draw.randrange(len(body) + 1)]
        if draw.random() < 0.05:
            body = draw.randbytes(200)
        method = draw.choice(["POST"] * 12 + ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
        return method, draw.choice([entity, f"{entity}/1", f"{entity}/1/send"]), params, content_type, body


def check_shape(answer: httpx.Response, request: Any) -> None:
    """QBO's shape, whatever the outcome; 5xx would be the emulator's own failure."""
    assert answer.status_code < 500, (request, answer.text)
    assert "Traceback" not in answer.text
    assert answer.headers["intuit_tid"]
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        fault = answer.json()["Fault"]
        assert fault["Error"], request
        for error in fault["Error"]:
            assert int(error["code"]) > 0
            assert isinstance(error["Message"], str)
            assert isinstance(error["Detail"], str)


def ledger_total(served: Served) -> Decimal:
    return sum((account["balance"] for account in served.company.accounts()), Decimal(0))


def run(served: Served, seed: int, count: int) -> int:
    """Send `count` requests; returns how many were accepted."""
    fuzzer, accepted = Fuzzer(seed), 0
    for _ in range(count):
        method, path, params, content_type, body = request = fuzzer.request()
        before = served.company.change_counter
        headers = {"Content-Type": content_type.encode("latin-1", "replace")} if content_type else {}
        answer = served.client.request(method, served.url(path), params=params, headers=headers, content=body)
        check_shape(answer, request)
        changed = served.company.change_counter != before
        accepted += changed
        assert not (changed and answer.status_code >= 400), ("a refused request changed the books", request)
        assert not (changed and method != "POST"), request
    assert ledger_total(served) == 0
    return accepted


@pytest.mark.parametrize("seed", [1, 2])
def test_500_random_requests(seed: int) -> None:
    with serving("us") as served:
        accepted = run(served, seed, 250)
        assert accepted > 5, "the fuzzer also gets through, or it would test refusals alone"


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10, 20))
def test_10_000_random_requests(seed: int) -> None:
    with serving("us") as served:
        assert run(served, seed, 1_000) > 20


@pytest.mark.parametrize("seed", range(3))
def test_bytes_that_are_no_http_at_all(served: Served, seed: int) -> None:
    import socket

    draw = random.Random(seed)
    host, port = served.state.base_url.removeprefix("http://").split(":")
    for junk in (
        draw.randbytes(500),
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: zz\r\n\r\n",
        b"\r\n" * 50,
        b"POST",
    ):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(junk)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        assert b"Traceback" not in answer
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert served.customer("still served").status_code == 200


@pytest.mark.parametrize("path", ["/emulator/clock", "/emulator/faults", "/emulator/settings", "/emulator/webhooks"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"a":1}', b"\xff", b'{"fault": 5}', b'{"limits": {}}'])
def test_the_control_endpoints_explain_what_is_wrong(served: Served, path: str, body: bytes) -> None:
    url = served.state.base_url + path
    answer = served.client.post(url, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["/oauth2/v1/tokens/bearer", "/v2/oauth2/tokens/revoke", "/connect/oauth2"])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a=1&a=2", b"{}", b"[1]", b"x" * 100_000])
def test_the_identity_endpoints_survive_anything(served: Served, path: str, body: bytes) -> None:
    basic = base64.b64encode(f"{served.state.client_id}:{served.state.client_secret}".encode()).decode()
    for header in (f"Basic {basic}", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xff").decode(), "nothing", ""):
        answer = httpx.post(served.state.base_url + path, content=body, headers={"Authorization": header})
        assert 400 <= answer.status_code < 500
    assert served.get(f"companyinfo/{REALM}").status_code == 200
