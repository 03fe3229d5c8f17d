"""The client against the emulator over real HTTP: every operation, each fault on the wire, OAuth and the limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from qbo_pipeline.quickbooks.auth import InvalidGrant, OAuth
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.errors import NotFound, ReconnectNeeded
from qbo_pipeline.quickbooks.hosts import environment
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.meter import MemoryMeter
from qbo_pipeline.quickbooks.outcomes import Done, NotSent, Outcome, Refusal, Unknown
from qbo_pipeline.quickbooks.pacing import MemoryPacer, Pacer
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.requests import BatchItem, batch_request
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import Tokens
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock
from qbo_pipeline_tests.quickbooks.in_memory import MemoryTokenStore, Unpaced

DAY = date(2026, 1, 15)


@dataclass
class Company:
    """A client of an emulator, and two accounts of its company."""

    qbo: QuickBooks
    keeper: TokenKeeper
    oauth: OAuth
    emulator: RunningEmulator
    meter: MemoryMeter
    stock: str
    received: str

    def journal(self, number: str, amount: str = "10.50", day: date = DAY) -> dict[str, Any]:
        """Dr stock, Cr goods received."""
        lines = [
            {
                "DetailType": "JournalEntryLineDetail",
                "Amount": Decimal(amount),
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
            }
            for side, account in (("Debit", self.stock), ("Credit", self.received))
        ]
        return {"DocNumber": number, "TxnDate": day, "PrivateNote": f"note {number}", "Line": lines}


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as running:
        yield running


def _company(emulator: RunningEmulator, pacer: Pacer, clock: VirtualClock | None = None) -> Company:
    hosts = environment("custom", base_url=emulator.base_url, discovery_url=emulator.discovery_url)
    transport = Transport(clock=clock)
    oauth = OAuth(hosts, emulator.client_id, Secret(emulator.client_secret), transport)
    now = datetime.now(UTC)
    given = Tokens(
        emulator.realm, Secret("none"), now, Secret(emulator.refresh_token), now + timedelta(days=100), now
    )  # fmt: skip
    keeper = TokenKeeper(MemoryTokenStore(given), oauth)
    meter = MemoryMeter()
    qbo = QuickBooks(
        emulator.realm, hosts, keeper, transport=transport, pacer=pacer, meter=meter, clock=clock
    )  # fmt: skip
    return Company(qbo, keeper, oauth, emulator, meter, *_accounts(qbo))


def _accounts(qbo: QuickBooks) -> tuple[str, str]:
    found = {account["Name"]: account for account in qbo.query(select("Account"))}
    assert found["Inventory Asset"]["Classification"] == "Asset"
    assert found["Goods Received Not Invoiced"]["Classification"] == "Liability"
    return found["Inventory Asset"]["Id"], found["Goods Received Not Invoiced"]["Id"]


@pytest.fixture(scope="module")
def shared(emulator: RunningEmulator) -> Iterator[Company]:
    company = _company(emulator, Unpaced())
    yield company
    company.qbo.close()


@pytest.fixture
def company(shared: Company) -> Iterator[Company]:
    """The company without any fault ordered."""
    shared.emulator.order()
    yield shared
    shared.emulator.order()


def _done(outcome: Outcome) -> Done:
    assert isinstance(outcome, Done), outcome
    assert outcome.intuit_tid
    return outcome


# Operations


def test_the_life_of_a_journal(company: Company) -> None:
    qbo = company.qbo
    made = _done(qbo.create("JournalEntry", company.journal("LIFE"), request_id="life-1"))
    assert _done(qbo.create("JournalEntry", company.journal("LIFE"), request_id="life-1")).id == made.id
    assert made.object["Line"][0]["Amount"] == Decimal("10.5")
    assert qbo.read("JournalEntry", made.id)["PrivateNote"] == "note LIFE"

    change = {"Id": made.id, "SyncToken": made.sync_token, "PrivateNote": "changed"}
    changed = _done(qbo.update("JournalEntry", change))
    assert changed.sync_token != made.sync_token
    assert len(changed.object["Line"]) == 2
    stale = qbo.update("JournalEntry", change)
    assert isinstance(stale, Refusal)
    assert (stale.kind, stale.http_status) == ("stale", 400)

    assert _done(qbo.delete("JournalEntry", made.id, changed.sync_token)).sync_token == ""
    with pytest.raises(NotFound):
        qbo.read("JournalEntry", made.id)


def test_an_invoice_is_voided(company: Company) -> None:
    qbo = company.qbo
    customer = _done(qbo.create("Customer", {"DisplayName": "Void & Sons 'Ltd'"}))
    assert [row["Id"] for row in qbo.query(select("Customer").where("DisplayName", "=", "Void & Sons 'Ltd'"))] == [
        customer.id
    ]
    again = qbo.create("Customer", {"DisplayName": "Void & Sons 'Ltd'"})
    assert isinstance(again, Refusal)
    assert again.kind == "duplicate_name"
    item = next(iter(qbo.query(select("Item").where("Type", "=", "Service"))))
    line = {
        "Amount": Decimal("12.34"),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}},
    }
    invoice = _done(qbo.create("Invoice", {"CustomerRef": {"value": customer.id}, "Line": [line]}))
    voided = _done(qbo.void("Invoice", invoice.id, invoice.sync_token))
    assert voided.object["TotalAmt"] == 0


def test_a_batch_goes_item_by_item(company: Company) -> None:
    items = [BatchItem(f"i{n}", "create", "JournalEntry", company.journal(f"BATCH-{n}")) for n in range(29)]
    unbalanced = company.journal("BATCH-BAD")
    unbalanced["Line"][0]["JournalEntryLineDetail"]["AccountRef"] = {"value": "999999"}
    items.insert(7, BatchItem("bad", "create", "JournalEntry", unbalanced))
    request = batch_request(items, request_id="batch-1")
    first = company.qbo.send_batch(request.params, request.body)
    second = company.qbo.send_batch(request.params, request.body)
    assert first.whole is None
    refused = first.items.pop("bad")
    assert isinstance(refused, Refusal)
    assert refused.kind == "invalid_reference"
    assert {_done(item).object["DocNumber"] for item in first.items.values()} == {f"BATCH-{n}" for n in range(29)}
    second.items.pop("bad")
    assert {bid: _done(item).id for bid, item in second.items.items()} == {
        bid: _done(item).id for bid, item in first.items.items()
    }
    numbers = select("JournalEntry").where("DocNumber", "LIKE", "BATCH-%")
    assert company.qbo.count(numbers) == 29
    assert len({row["Id"] for row in company.qbo.query(numbers, page_size=4)}) == 29


def test_changes_name_what_was_made_and_what_was_deleted(company: Company) -> None:
    qbo = company.qbo
    since = qbo.changes(["JournalEntry"], datetime.now(UTC) - timedelta(hours=1)).as_at - timedelta(seconds=1)
    kept, gone = (_done(qbo.create("JournalEntry", company.journal(f"CDC-{n}"))) for n in range(2))
    qbo.delete("JournalEntry", gone.id, gone.sync_token)
    found = qbo.changes(["JournalEntry", "Account"], since)
    assert found.complete
    assert kept.id in {row["Id"] for row in found.objects["JournalEntry"]}
    assert gone.id in {row["Id"] for row in found.deleted["JournalEntry"]}
    assert gone.id not in {row["Id"] for row in found.objects["JournalEntry"]}


def test_the_ledger_is_read_and_proved(company: Company) -> None:
    qbo = company.qbo
    days = [date(2024, 3, 31), date(2024, 4, 1), date(2025, 7, 4)]
    made = [_done(qbo.create("JournalEntry", company.journal(f"GL-{day}", "100.01", day))) for day in days]
    found = qbo.ledger([company.stock, company.received], date(2024, 1, 1), date(2025, 12, 31))
    lines = {(line.account_id, line.qbo_id): line for line in found.lines if line.qbo_number.startswith("GL-")}
    assert len(lines) == 6
    for day, journal in zip(days, made, strict=True):
        stock, received = lines[company.stock, journal.id], lines[company.received, journal.id]
        assert (stock.business_date, stock.qbo_type, stock.amount) == (day, "JournalEntry", Decimal("100.01"))
        assert received.amount == Decimal("-100.01")
        assert stock.created_at is not None
        assert stock.created_at.tzinfo is UTC
        assert stock.memo
    for balance in found.balances:
        own = [line.amount for line in found.lines if line.account_id == balance.account_id]
        assert balance.balance == balance.opening + sum(own, Decimal(0))


def test_a_ledger_that_is_cut_off_is_read_in_pieces(company: Company) -> None:
    for n in range(12):
        day = date(2023, 5, 1) + timedelta(days=n)
        _done(company.qbo.create("JournalEntry", company.journal(f"CUT-{n}", day=day)))
    company.emulator.order(
        {"kind": "truncated_report", "path": "*/reports/GeneralLedger", "items": 0, "nth": [1, 2, 4]}
    )
    found = company.qbo.ledger([company.stock], date(2023, 5, 1), date(2023, 5, 31))
    assert [line.qbo_number for line in found.lines] == [f"CUT-{n}" for n in range(12)]


def test_an_attachment_goes_up_and_comes_down(company: Company) -> None:
    journal = _done(company.qbo.create("JournalEntry", company.journal("PAPER")))
    content = bytes(range(256)) * 40
    up = _done(
        company.qbo.upload("delivery note.pdf", content, attach_to=[("JournalEntry", journal.id)], note="signed")
    )
    assert up.object["AttachableRef"][0]["EntityRef"]["value"] == journal.id
    assert company.qbo.download(up.id) == content


def test_company_and_preferences(company: Company) -> None:
    assert company.qbo.company_info()["CompanyName"]
    assert company.qbo.preferences()["CurrencyPrefs"]["HomeCurrency"]["value"] == "USD"


# Faults on the wire: (the rule, what the outcome is, whether the journal is in QBO afterwards)
WIRE: list[tuple[str, dict[str, Any], type, str, bool]] = [
    ("lost", {"kind": "lost_answer", "commit": True, "how": "reset"}, Unknown, "", True),
    ("never", {"kind": "lost_answer", "commit": False, "how": "reset"}, Unknown, "", False),
    ("reset", {"kind": "reset", "commit": True}, Unknown, "", True),
    ("half", {"kind": "half_body", "commit": True}, Unknown, "", True),
    ("longer", {"kind": "wrong_length", "commit": True, "extra": 10}, Unknown, "", True),
    ("shorter", {"kind": "wrong_length", "commit": True, "extra": -10}, Unknown, "", True),
    ("drip", {"kind": "slow_drip", "chunk": 1, "seconds": 0.05}, Unknown, "", True),
    ("html", {"kind": "html", "commit": True}, Unknown, "", True),
    ("500", {"kind": "server_error", "commit": True, "status": 500}, Unknown, "", True),
    ("503", {"kind": "server_error", "commit": False, "status": 503}, Unknown, "", False),
    ("closed", {"kind": "refusal", "code": "6210"}, Refusal, "closed_period", False),
    ("number", {"kind": "refusal", "code": "6140"}, Refusal, "duplicate_number", False),
    ("busy", {"kind": "fault_200", "code": "2020", "commit": False}, Refusal, "validation", False),
    ("expired", {"kind": "expire_token"}, Done, "", True),
    ("strange", {"kind": "unknown_fields"}, Done, "", True),
]


@pytest.mark.parametrize(("name", "rule", "expected", "kind", "made"), WIRE, ids=[case[0] for case in WIRE])
def test_outcome_of_each_fault(
    company: Company, name: str, rule: dict[str, Any], expected: type, kind: str, made: bool
) -> None:
    company.emulator.order({"path": "*/journalentry", "times": 1, **rule})
    deadline = 1.5 if name == "drip" else 30.0
    outcome = company.qbo.create(
        "JournalEntry", company.journal(f"W-{name}"), request_id=f"w-{name}", deadline=deadline
    )
    assert type(outcome) is expected, outcome
    if isinstance(outcome, Refusal):
        assert outcome.kind == kind
    company.emulator.order()
    assert company.qbo.count(select("JournalEntry").where("DocNumber", "=", f"W-{name}")) == made


@pytest.mark.parametrize(
    ("rule", "unknown"),
    [({"kind": "torn_batch", "items": 2}, 3), ({"kind": "torn_batch", "items": 0}, 5), ({"kind": "shuffled_batch"}, 0)],
)
def test_a_torn_or_shuffled_batch(company: Company, rule: dict[str, Any], unknown: int) -> None:
    company.emulator.order({"operation": "batch", "times": 1, **rule})
    items = [BatchItem(str(n), "create", "JournalEntry", company.journal(f"TORN{n}")) for n in range(5)]
    outcome = company.qbo.batch(items)
    assert sum(isinstance(item, Unknown) for item in outcome.items.values()) == unknown
    for bid, item in outcome.items.items():
        assert isinstance(item, Unknown) or _done(item).object["DocNumber"] == f"TORN{bid}"


def test_a_silent_server_is_given_up_at_the_deadline(company: Company) -> None:
    company.emulator.order({"kind": "lost_answer", "how": "hang", "seconds": 600, "path": "*/journalentry", "times": 1})
    outcome = company.qbo.create("JournalEntry", company.journal("HANG"), deadline=1.2)
    assert isinstance(outcome, Unknown)
    assert "no whole answer within" in outcome.reason


def test_a_stopped_server_is_not_sent_to(emulator: RunningEmulator) -> None:
    with running_emulator("--limits", "off", "--company", "empty") as other:
        hosts = environment("custom", base_url=other.base_url, discovery_url=other.discovery_url)
        client = QuickBooks(other.realm, hosts, _Static(other.access_token()), pacer=Unpaced())
    outcome = client.create("JournalEntry", {"Line": []})
    client.close()
    assert isinstance(outcome, NotSent)
    assert outcome.kind == "network"


class _Static:
    def __init__(self, token: str) -> None:
        self._token = Secret(token)

    def access_token(self) -> Secret:
        return self._token

    def renew(self, rejected: Secret) -> Secret:
        raise AssertionError("nothing was rejected")


# OAuth and limits


def test_connecting_as_a_browser_does(company: Company) -> None:
    redirect_uri = "http://127.0.0.1:8000/callback"
    asked = company.oauth.authorisation(redirect_uri)
    with httpx.Client() as browser:
        page = browser.get(asked.url)
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert ticket, page.text
        endpoint = asked.url.partition("?")[0]
        back = browser.post(endpoint, data={"ticket": ticket[1], "decision": "connect"})
    query = {name: values[0] for name, values in parse_qs(urlsplit(back.headers["location"]).query).items()}
    code, realm = Secret(query["code"]), query["realmId"]
    assert realm == company.emulator.realm
    given = company.oauth.exchange_code(code, realm, redirect_uri, state=query["state"], asked=asked)
    assert given.hard_expires_at is not None
    company.keeper.connect(given)
    assert company.qbo.company_info()["CompanyName"]
    with pytest.raises(InvalidGrant):
        company.oauth.exchange_code(code, realm, redirect_uri, state=query["state"], asked=asked)
    refreshed = company.oauth.refresh(given)
    assert refreshed.realm == realm
    company.keeper.connect(refreshed)


def test_a_revoked_connection_says_that_it_must_be_made_again() -> None:
    with running_emulator("--limits", "off") as emulator:
        company = _company(emulator, Unpaced())
        company.keeper.keep_alive()
        company.emulator.order({"kind": "revoke_token", "path": "*/journalentry", "times": 1})
        outcome = company.qbo.create("JournalEntry", company.journal("GONE"))
        assert isinstance(outcome, NotSent)
        assert outcome.kind == "reconnect"
        assert "reconnect the company" in outcome.reason
        with pytest.raises(ReconnectNeeded):
            company.qbo.company_info()
        company.qbo.close()


class EmulatorClock(VirtualClock):
    """A client's clock whose sleep lets the emulator's time pass; nobody waits."""

    def __init__(self, emulator: RunningEmulator) -> None:
        super().__init__()
        self._emulator = emulator

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if seconds > 0:
            self._emulator.advance(seconds)


def test_at_the_real_limits_nothing_is_refused() -> None:
    """Three minutes of batches and single calls on virtual time; the emulator counts in its own windows."""
    with running_emulator("--limits", "qbo") as emulator:
        clock = EmulatorClock(emulator)
        company = _company(emulator, MemoryPacer(clock=clock), clock)
        started = clock.monotonic()
        numbers = iter(range(10_000))
        while clock.monotonic() < started + 180:
            item = BatchItem("1", "create", "JournalEntry", company.journal(f"P{next(numbers)}"))
            assert isinstance(company.qbo.batch([item]).items["1"], Done)
            _done(company.qbo.create("JournalEntry", company.journal(f"P{next(numbers)}")))
        meter = company.emulator.meter()
        company.qbo.close()
    assert meter["refused"] == 0, meter
    assert company.meter.totals().write >= 2 * 0.98 * 40 * 3
