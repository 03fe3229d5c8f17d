"""The HTTP contract: its description, its reference server, its source, and the command that holds a server to it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.demo import changes
from qbo_pipeline.demo.company import advance, generate
from qbo_pipeline.inventory.records import Document
from qbo_pipeline.pipeline import preflight
from qbo_pipeline.pipeline.conformance import conform
from qbo_pipeline.pipeline.conformance_inbox import InboxOfServer, _old_version, inbox_findings
from qbo_pipeline.pipeline.landed import ReadingWire
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.settings import SettingsError, load_settings
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.http_contract.description import description, description_text
from qbo_pipeline.systems.http_contract import app, inbox
from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.systems.boxes import TOKEN, RunningContract, running_http_contract
from qbo_pipeline_tests.systems.openapi import misfits
from qbo_pipeline_tests.systems.readings import FIRST, Reading, by_contract, money, next_day

LAST = FIRST + timedelta(days=9)


@pytest.fixture
def company(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.sqlite"
    generate(path, seed=11, first_day=FIRST, days=10)
    return path


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda company: None,
    "dearer shipment": lambda company: changes.change_cost(company, "SHP-000001", Decimal("3.21")),
    "redated shipment": lambda company: changes.move_to_day(company, "SHP-000002", LAST - timedelta(days=2)),
    "voided shipment": lambda company: changes.void(company, "SHP-000001"),
    "deleted payment": lambda company: changes.delete(company, "PMT-000001"),
    "late bill": lambda company: changes.late_bill(company, FIRST + timedelta(days=2), Decimal("87.65")),
    "two more days": lambda company: advance(company, LAST + timedelta(days=2)),
}


@pytest.mark.parametrize(
    "change", [pytest.param(name, marks=pytest.mark.torture if number else ()) for number, name in enumerate(CHANGES)]
)
def test_it_says_what_the_database_says(company: Path, tmp_path: Path, change: str) -> None:
    def equal(sql: Reading, http: Reading) -> None:
        last = LAST + timedelta(days=2)
        sql.read(last)
        http.read(last)
        assert http.facts() == sql.facts()
        assert http.stock(last) == sql.stock(last)
        assert http.stock(FIRST + timedelta(days=4)) == sql.stock(FIRST + timedelta(days=4))
        with open_run(load_settings(sql.file)) as one, open_run(load_settings(http.file)) as other:
            assert money(one) == money(other)

    with by_contract(tmp_path, company) as (sql, http, box):
        equal(sql, http)
        before = http.facts()
        CHANGES[change](company)
        next_day(http)
        box.box.calls.clear()
        equal(sql, http)
        assert (http.facts() == before) == (change in ("nothing", "deleted payment"))
        # Three runs (records, stock twice), each of them little more than a call a list.
        assert len(box.box.calls) <= 3 * 22


def test_a_wrong_token_is_told_with_its_remedy(company: Path, tmp_path: Path) -> None:
    with by_contract(tmp_path, company) as (_, http, box):
        box.box.token = "another"
        with pytest.raises(SourceError, match=r"refused our key \(401\)\. Set its token anew"):
            http.read(LAST)
        with open_run(load_settings(http.file)) as run, run.source() as source:
            (problem,) = source.check()
        # Whoever asks again waits as long again: what cannot be read is asked once, and told once.
        nothing: Any = None
        (finding,) = preflight._stock(nothing, nothing, frozenset({problem}))
        assert "the source cannot be read, as its own check says" in finding.finding
        (http.file.parent / ".env").write_text("")
        with pytest.raises(SettingsError, match="QBO_DEMO_SOURCE_TOKEN"):
            http.read(LAST)


def test_a_server_of_another_currency_is_told_by_the_check(company: Path, tmp_path: Path) -> None:
    with by_contract(tmp_path, company) as (_, http, _box):
        text = http.file.read_text()
        http.file.write_text(text.replace('currency = "USD"', 'currency = "EUR"'))
        with open_run(load_settings(http.file)) as run, run.source() as source:
            (problem,) = [problem for problem in source.check() if problem.severity == "error"]
    assert problem.what == "another currency"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningContract]:
    path = tmp_path_factory.mktemp("served") / "inventory.sqlite"
    generate(path, seed=11, first_day=FIRST, days=2)
    with running_http_contract(path) as running:
        yield running


def test_the_description_is_made_of_the_columns() -> None:
    assert (ROOT / "docs" / "systems" / "http_contract.json").read_text(encoding="utf-8") == description_text()


def test_the_reference_server_answers_as_described(served: RunningContract) -> None:
    found = description()
    for path, operations in found["paths"].items():
        if "get" not in operations:
            continue  # an entry is put there: by the tests of the way back
        query = "marker=none" if path == "/inbox" else "limit=1000"
        schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"{served.url}{path}?{query}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert list(misfits(found, schema, json.load(answer), path)) == []


def test_the_reference_server_conforms(served: RunningContract) -> None:
    def money() -> list[Any]:
        return served.box.served.company.rows("SELECT * FROM bank_entries")

    before = money()
    found = conform(served.url, TOKEN, write=True)
    assert [item for item in found if not item.ok] == []
    assert len(found) > 35
    (tried,) = [item.finding for item in found if item.name == "a change for another version"]
    assert tried.startswith("answered 412")
    assert money() == before  # what it put there took nothing in


Put = Callable[..., tuple[dict[str, Any], int]]
Broken = dict[str, tuple[str, Callable[[Put], Put]]]


def _keeps_nothing(real: Put) -> Put:
    def put(db: Any, company: Any, row: list[Any]) -> tuple[dict[str, Any], int]:
        answer = real(db, company, row)
        db.execute("DELETE FROM http_inbox WHERE marker = ?", (row[0],))
        return answer

    return put


def _takes_the_last(real: Put) -> Put:
    def put(db: Any, company: Any, row: list[Any], *more: Any) -> tuple[dict[str, Any], int]:
        db.execute("DELETE FROM http_inbox WHERE marker = ? AND revision = ?", row[:2])
        return real(db, company, row, *more)

    return put


def _holds_any(real: Put) -> Put:
    return lambda company, sha256, content: ({"sha256": sha256}, 200)


def _knows_no_marker(real: Put) -> Put:
    return lambda db, params: ({"entries": []}, 200)


def _forgets_versions(real: Put) -> Put:
    return lambda db, company, row, _versions, version_of: real(db, company, row, [], version_of)


def _holds_what_it_refuses(real: Put) -> Put:
    def put(db: Any, company: Any, row: list[Any], versions: list[str], version_of: Any) -> tuple[dict[str, Any], int]:
        answer = real(db, company, row, versions, version_of)
        if answer[1] == 412:
            db.execute("INSERT INTO http_inbox (marker, revision) VALUES (?, ?)", row[:2])
        return answer

    return put


NOT_BOOKED = "purchase_credit"  # a kind that the box takes no entries of: a broken one books nothing of it either


@dataclass
class OfOneDocument:
    """The versions that the box tells, by the first of its invoices; none where it is to tell none."""

    served: app.Served
    tells: bool = True

    @property
    def document(self) -> Document:
        self.served.refresh()
        found = next(one for one in self.served.entries["documents"].values() if one["kind"] == "sales_invoice")
        return Document(
            document_id=str(found["document_id"]), kind=NOT_BOOKED, number=found["number"], business_date=FIRST,
            party_id=str(found["party_id"]), currency="USD", net_amount=Decimal(0), tax_amount=Decimal(0),
            total_amount=Decimal(0),
        )  # fmt: skip

    def told(self) -> str | None:
        return self.served.version_of(NOT_BOOKED, self.document.document_id) if self.tells else None


BROKEN_INBOX: Broken = {
    "a change for another version": ("_put", _forgets_versions),
    "an entry is held": ("_put", _keeps_nothing),
    "another content under its name": ("_put", _takes_the_last),
    "a file under another hash": ("hold_file", _holds_any),
    "inbox": ("_list", _knows_no_marker),
}


@pytest.mark.parametrize("name", BROKEN_INBOX)
def test_an_inbox_that_breaks_the_contract_is_told_where(
    served: RunningContract, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, change = BROKEN_INBOX[name]
    monkeypatch.setattr(inbox, function, change(getattr(inbox, function)))
    with closing(Transport()) as transport:
        server = InboxOfServer(served.url, TOKEN, ReadingWire(transport))
        versions = OfOneDocument(served.box.served)
        found = list(inbox_findings(server, versions, write=True))
        assert name in [item.name for item in found if not item.ok]
        # Nothing is put there unless that is asked for.
        (told,) = [item for item in inbox_findings(server, versions, write=False) if item.name == "inbox, writing"]
        assert told.ok


@pytest.mark.parametrize(("tells", "change", "said", "good"), [
    (True, None, "answered 412, and left document and inbox as they were", True),
    (True, _holds_what_it_refuses, "answered 412 and holds the entry all the same", False),
    (False, _forgets_versions, "no versions are told", True),
])  # fmt: skip
def test_what_a_server_does_for_an_old_version_is_told(
    served: RunningContract,
    tells: bool,
    change: Callable[[Put], Put] | None,
    said: str,
    good: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if change is not None:
        monkeypatch.setattr(inbox, "_put", change(inbox._put))
    with closing(Transport()) as transport:
        server = InboxOfServer(served.url, TOKEN, ReadingWire(transport))
        found = _old_version(server, OfOneDocument(served.box.served, tells))
    assert (said in found.finding, found.ok) == (True, good), found


def _broken(answer: Callable[[app.Served, str, Any], Any]) -> Callable[..., Any]:
    real = app._found

    def found(served: app.Served, path: str, params: Any) -> Any:
        return answer(served, path, params) or real(served, path, params)

    return found


def _with_items(path: str, change: Callable[[list[dict[str, Any]]], object]) -> Callable[..., Any]:
    real = app._found

    def found(served: app.Served, asked: str, params: Any) -> Any:
        answer = real(served, asked, params)
        if asked == path and answer:
            answer = json.loads(json.dumps(answer))
            change(answer["items"])
        return answer

    return found


def _fails(served: app.Served, path: str, params: Any) -> Any:
    if path == "payments":
        raise app.BadRequest("not today")
    return None


BROKEN: dict[str, tuple[Callable[..., Any], str]] = {
    "parties in pages": (_with_items("parties", lambda items: items and items.append(items[0])), "ids come twice"),
    "documents by changed_since": (
        _broken(lambda served, path, params: path == "documents" and app._page(served.entries[path], params)),
        "since tomorrow",
    ),
    "document records": (
        _with_items("documents", lambda items: items and items[0]["lines"][0].update(net_amount="ten")),
        "1 would be set aside",
    ),
    "movement records": (
        _with_items("movements", lambda items: items and items[0].pop("kind")),
        "would be set aside",
    ),
    "payments in pages": (_broken(_fails), "not today"),
    "stock against movements": (
        _with_items("stock_values", lambda items: items and items[0].update(value="99999.99")),
        "that no movement accounts for",
    ),
    "company": (_broken(lambda served, path, params: path == "company" and {"currency": "USD", "time_zone": "Here"}),
                "time zone Here"),
    "a list that is not there": (_broken(lambda served, path, params: path == "no_such_list" and {"items": []}),
                                 "answered 200"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_breaks_the_contract_is_told_where(
    served: RunningContract, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, said = BROKEN[name]
    monkeypatch.setattr(app, "_found", answer)
    failed = {item.name: item.finding for item in conform(served.url, TOKEN) if not item.ok}
    assert said in failed[name]
