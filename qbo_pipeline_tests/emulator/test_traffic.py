"""Traffic that was recorded is played again: on the same company, on another one with other ids, at its own pace."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.in_process import RunningEmulator, running
from qbo_pipeline.emulator.traffic.exchanges import UnreadableTraffic, read_traffic
from qbo_pipeline_tests.emulator.server import running_emulator


def _balances(company: Company) -> dict[str, Decimal]:
    assert sum(row["balance"] for row in company.accounts()) == 0
    return {row["name"]: row["balance"] for row in company.accounts() if row["balance"]}


class Office:
    """A client that works on a company over HTTP."""

    def __init__(self, qbo: RunningEmulator) -> None:
        self.qbo = qbo

    def post(self, path: str, body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.post(self.qbo.url(path), json=body, headers=self.qbo.headers()).json()
        return answer

    def query(self, statement: str) -> dict[str, Any]:
        answer = httpx.get(self.qbo.url("query"), params={"query": statement}, headers=self.qbo.headers()).json()
        return dict(answer["QueryResponse"])

    def week(self) -> None:
        """Seven days: a customer, sales, changes, a payment, a batch, what is refused, an upload, a void."""
        customer = self.post("customer?requestid=c1", {"DisplayName": "A new customer"})["Customer"]
        item = self.query("select * from Item where Name = 'Design'")["Item"][0]["Id"]
        line = {"Amount": 75, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": item}}}
        for day in range(7):
            body = {"CustomerRef": {"value": customer["Id"]}, "Line": [line]}
            invoice = self.post(f"invoice?requestid=i{day}", body)["Invoice"]
            changed = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"], "sparse": True, "PrivateNote": "x"}
            invoice = self.post("invoice", changed)["Invoice"]
            self.post("invoice", changed)  # stale by now
            link = {"Amount": 75, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
            paid = {"CustomerRef": {"value": customer["Id"]}, "TotalAmt": 75, "Line": [link]}
            if day % 2:
                self.post("payment", paid)
            self.query(f"select * from Invoice where CustomerRef = '{customer['Id']}'")
            self.qbo.advance(days=1)
            self.qbo.expire_tokens()
        items = [
            {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Of a batch"}},
            {"bId": "2", "operation": "void", "Invoice": {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]}},
            {"bId": "3", "Query": f"select * from Customer where Id = '{customer['Id']}'"},
        ]
        self.post("batch?requestid=b1", {"BatchItemRequest": items})
        self.post("invoice", {"nonsense": True})


def test_a_week_on_the_same_company_and_on_another(tmp_path: Path) -> None:
    recording = tmp_path / "week.jsonl"
    with running(company="us") as qbo:
        qbo.record(recording)
        Office(qbo).week()
        expected, asked = _balances(qbo.company), qbo.company.query("select count(*) from Invoice")
    assert "Bearer" not in recording.read_text()
    exchanges = read_traffic(recording)
    with running(company="us") as qbo:
        begun = time.perf_counter()
        outcome = qbo.replay(recording)
        assert time.perf_counter() - begun < 60, "a week at speed"
        assert (outcome["requests"], outcome["different"]) == (len(exchanges), 0), outcome["told"]
        assert outcome["virtual_seconds"] >= 7 * 86_400
        assert (_balances(qbo.company), qbo.company.query("select count(*) from Invoice")) == (expected, asked)
        assert qbo.requests()[0]["note"] == "replayed from a recording"
    with running(company="us") as qbo:  # ids are other ones there
        for n in range(5):
            qbo.company.create("Customer", {"DisplayName": f"In between {n}"})
            qbo.company.create("Estimate", {"CustomerRef": {"value": "1"}, "Line": _line(qbo)})
        outcome = qbo.replay(recording)
        assert outcome["different"] == 0, outcome["told"]
        assert _balances(qbo.company) == expected
        names = [c["DisplayName"] for c in qbo.company.query("select * from Customer maxresults 1000")["Customer"]]
        assert {"A new customer", "Of a batch"} <= set(names)
        outcome = qbo.replay(recording)
        told = {(each["path"].partition("?")[0], each["answered"][1]) for each in outcome["told"]}
        assert ("customer", "6240") in told, "a second time the customer is there already"


def _line(qbo: RunningEmulator) -> list[dict[str, Any]]:
    item = qbo.company.query("select * from Item where Name = 'Design'")["Item"][0]["Id"]
    return [{"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": item}}}]


def _har(*entries: tuple[str, str, str, int, str]) -> dict[str, Any]:
    return {
        "log": {
            "entries": [
                {
                    "startedDateTime": f"2026-03-0{n}T10:00:00Z",
                    "request": {
                        "method": method,
                        "url": url,
                        "postData": {"mimeType": "application/json; charset=utf-8", "text": text},
                    },
                    "response": {"status": status, "content": {"text": answer}},
                }
                for n, (method, url, text, status, answer) in enumerate(entries, 1)
            ]
        }
    }


def test_a_har_file_of_another_company(tmp_path: Path) -> None:
    """A customer that was made as number 900 is another one here, and the invoice for 900 is that one's."""
    base = "https://quickbooks.api.intuit.com/v3/company/123/"
    made = json.dumps({"Customer": {"Id": "900", "SyncToken": "0"}})
    path = tmp_path / "week.har"
    with running(company="us") as qbo:
        invoice = json.dumps({"CustomerRef": {"value": "900"}, "Line": _line(qbo)})
        entries = _har(
            ("GET", "https://example.com/page", "", 200, "{}"),
            ("POST", base + "customer?minorversion=75", '{"DisplayName": "From afar"}', 200, made),
            ("POST", base + "invoice", invoice, 200, '{"Invoice": {"Id": "77", "SyncToken": "0"}}'),
            ("GET", base + "invoice/77", "", 200, "{}"),
            ("POST", base + "invoice?operation=delete", '{"Id": "77", "SyncToken": "3"}', 200, "{}"),
            ("GET", base + "customer/900", "", 404, "{}"),
        )
        path.write_text(json.dumps(entries))
        outcome = qbo.replay(path)
        assert (outcome["requests"], outcome["same"]) == (5, 4)
        assert [(each["path"], each["recorded"][0], each["answered"][0]) for each in outcome["told"]] == [
            ("customer/900", 404, 200)
        ]
        assert qbo.company.query("select * from Customer where DisplayName = 'From afar'")["maxResults"] == 1


def test_at_a_pace(tmp_path: Path) -> None:
    path = tmp_path / "slow.jsonl"
    lines = [{"at": f"2027-03-01T10:00:0{n}Z", "method": "GET", "path": "customer/1", "status": 200} for n in (0, 2, 4)]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    with running(company="us") as qbo:
        outcome = qbo.replay(path, speed=8)
        assert outcome["seconds"] >= 0.5
        answer = httpx.post(f"{qbo.base_url}/emulator/replay", json={"traffic": lines}).json()
        assert (answer["requests"], answer["same"]) == (3, 3)
        for wrong in ({"traffic": []}, {"traffic": [{"at": "x"}]}, {"traffic": lines, "speed": -1}):
            assert httpx.post(f"{qbo.base_url}/emulator/replay", json=wrong).status_code == 400


UNREADABLE = [
    ("", "holds no request"),
    ("{", "line 1 is no recorded request"),
    ("[]", "it is no JSON object"),
    ('{"at": "2026-01-01T00:00:00Z"}', "method, path, status is missing"),
    ('{"at": "2026-01-01T00:00:00", "method": "GET", "path": "x", "status": 200}', "no time zone"),
    ('{"at": "2026-01-01T00:00:00Z", "method": "GET", "path": "x", "status": "ok"}', "status is no number"),
    ('{"at": "2026-01-01T00:00:00Z", "method": "GET", "path": "x", "status": 200, "body64": "?"}', "no base64"),
    ('{"log": {}}', "no HAR file"),
    ('{"log": {"entries": [7]}}', "entry 1 of the HAR file"),
]


@pytest.mark.parametrize(("text", "said"), UNREADABLE)
def test_what_is_no_recording_is_told(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_text(text)
    with pytest.raises(UnreadableTraffic, match=said):
        read_traffic(path)


def test_the_command_records_and_replays(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    with running_emulator("--company", "empty", "--limits", "off", "--record", str(path)) as emulator:
        httpx.post(emulator.api("customer"), json={"DisplayName": "Recorded"}, headers=emulator.bearer())
    assert path.stat().st_mode & 0o077 == 0
    with running_emulator("--company", "empty", "--limits", "off", "--replay", str(path)) as emulator:
        statement = {"query": "select * from Customer"}
        for _ in range(100):
            answer = httpx.get(emulator.api("query"), params=statement, headers=emulator.bearer()).json()
            if answer["QueryResponse"]:
                break
            time.sleep(0.05)
        assert answer["QueryResponse"]["Customer"][0]["DisplayName"] == "Recorded"
        assert '"different": 0' in emulator.stderr()
