"""Unleashed read night after night: what changes, what costs a call, what fails on the way, what moves meanwhile."""

from __future__ import annotations

import base64
import hmac
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import pytest

from qbo_pipeline.demo import changes
from qbo_pipeline.demo.company import advance, generate
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import SettingsError, load_settings
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.unleashed import fetching, lists
from qbo_pipeline.sources.unleashed.signing import signed
from qbo_pipeline.systems.unleashed import app, world
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.systems.boxes import API_KEY, RunningUnleashed
from qbo_pipeline_tests.systems.knowledge import as_known
from qbo_pipeline_tests.systems.readings import FIRST, Reading, by_unleashed, next_day

DAYS = 10
LAST = FIRST + timedelta(days=DAYS - 1)
_ADJUSTMENTS = {"opening": "adjustment", "write_off": "adjustment"}


@dataclass(frozen=True, slots=True)
class Company:
    """Some days of the company, read by both doors."""

    path: Path
    known: Path
    sql: Reading
    unleashed: Reading
    box: RunningUnleashed

    def equal(self) -> None:
        """Read both, and compare all that the books and the reconciliation take from them."""
        as_known(self.path, self.known, "unleashed")
        last = LAST + timedelta(days=4)
        self.sql.read(last)
        self.unleashed.read(last)
        assert comparable(self.unleashed.facts()) == comparable(self.sql.facts())
        for day in (FIRST, LAST, last):
            assert self.unleashed.stock(day) == self.sql.stock(day)

    def set_aside(self) -> list[Any]:
        with open_run(load_settings(self.unleashed.file)) as run:
            return list(rows(run, "SELECT record_type, rule, message FROM records WHERE disposition = 'set_aside'"))


def comparable(facts: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    """A bill is one for each order that was received: their sums a day are compared. Orders are split as well."""
    found: Counter[tuple[Any, ...]] = Counter()
    for fact, count in facts.items():
        kind = _ADJUSTMENTS.get(fact[0], fact[0])
        if kind == "bill" and len(fact) == 4 and fact[2] == "completed":
            found[kind, fact[1]] += Decimal(fact[3]) * count  # type: ignore[assignment]
        elif kind not in ("bill", "purchase_order", "quote") and "voided" not in fact:
            found[kind, *fact[1:]] += count
    return found


@pytest.fixture
def company(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Company]:
    """Ten days of it, in which every kind of paper comes; a few in the suite's short tests."""
    path, known = tmp_path / "inventory.sqlite", tmp_path / "known.sqlite"
    days = DAYS if request.node.get_closest_marker("torture") else 3
    generate(path, seed=11, first_day=FIRST, days=days)
    as_known(path, known, "unleashed")
    with by_unleashed(tmp_path, path, known) as (sql, unleashed, box):
        yield Company(path, known, sql, unleashed, box)


def first(company: Company, prefix: str) -> str:
    """The number of the company's first document of a series."""
    paper = changes.PAPERS[prefix]
    with closing(sqlite3.connect(company.path)) as db:
        query = f"SELECT number FROM {paper.headers} WHERE number LIKE ? ORDER BY business_date, number"
        return str(db.execute(query, (f"{prefix}-%",)).fetchone()[0])


def _write(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


CHANGES: dict[str, Callable[[Company], object]] = {
    "dearer shipment": lambda c: changes.change_cost(c.path, first(c, "SHP"), Decimal("3.21")),
    "dearer receipt": lambda c: changes.change_cost(c.path, first(c, "GRN"), Decimal("1.07")),
    "dearer adjustment": lambda c: changes.change_cost(c.path, first(c, "ADJ"), Decimal("-0.55")),
    "redated shipment": lambda c: changes.move_to_day(c.path, first(c, "SHP"), LAST),
    "redated adjustment": lambda c: changes.move_to_day(c.path, first(c, "ADJ"), LAST),
    "redated transfer": lambda c: changes.move_to_day(c.path, first(c, "TRF"), LAST),
    "redated invoice": lambda c: changes.move_to_day(c.path, first(c, "INV"), LAST),
    "voided shipment": lambda c: changes.void(c.path, first(c, "SHP")),
    "voided write-off": lambda c: changes.void(c.path, first(c, "WO")),
    "voided transfer": lambda c: changes.void(c.path, first(c, "TRF")),
    "voided invoice": lambda c: changes.void(c.path, first(c, "INV")),
    "deleted adjustment": lambda c: (changes.delete(c.path, first(c, "ADJ")), next_day(c.unleashed)),
    "renamed place": lambda c: _write(c.path, "UPDATE warehouses SET name = 'Westbrook hall' WHERE code = 'WEST'"),
    "renamed product": lambda c: _write(c.path, "UPDATE items SET sku = 'TEN-2X' WHERE sku = 'TEN-2P'"),
    "four more days": lambda c: advance(c.path, LAST + timedelta(days=4)),
}


@pytest.mark.torture  # each change reads a whole company twice; the suite holds the rows and the books
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_read_as_it_is(company: Company, change: str) -> None:
    company.equal()
    before = company.unleashed.facts()

    CHANGES[change](company)

    company.equal()
    assert company.unleashed.facts() != before


def test_the_second_night_asks_for_lists_and_three_days_of_stock(company: Company) -> None:
    company.unleashed.read(LAST)
    company.box.box.door.asked.clear()

    again = company.unleashed.read(LAST)

    assert all(item.counts.new == item.counts.changed == item.counts.vanished == 0 for item in again)
    asked = company.box.box.door.asked
    assert len(asked) < 45
    days = {value for path in asked for name, value in parse_qsl(path.partition("?")[2]) if name == "asAtDate"}
    assert len(days) <= 4
    since = {value for path in asked for name, value in parse_qsl(path.partition("?")[2]) if name == "modifiedSince"}
    assert since
    assert all(len(value) == len("2026-10-01") for value in since)  # dates alone, of the day before


@pytest.mark.torture  # the suite holds its row
def test_a_deleted_invoice_must_be_asked_for(company: Company) -> None:
    number = first(company, "INV")
    changes.void(company.path, number)
    company.unleashed.read(LAST)
    with open_run(load_settings(company.unleashed.file)) as run:
        query = "SELECT content FROM records WHERE record_type = 'document' AND number = :number"
        (record,) = rows(run, query, number=number)
    assert '"status":"voided"' in record["content"].replace(" ", "")
    assert any("invoiceStatus=Deleted" in path for path in company.box.box.door.asked)


@pytest.mark.torture
def test_invoices_are_found_under_their_other_name(company: Company) -> None:
    company.box.box.invoices = "SalesInvoices"
    company.unleashed.read(LAST)
    company.unleashed.read(LAST)
    asked = Counter(path.split("/")[0] for path in company.box.box.door.calls)
    assert asked["Invoices"] == 1
    assert asked["SalesInvoices"] >= 4
    assert any(fact[0] == "sales_invoice" for fact in company.unleashed.facts())


@pytest.mark.parametrize(
    "code", ["NORTH & CO+1@ü", *(pytest.param(code, marks=pytest.mark.torture) for code in ("a@b/ü", "50%"))]
)
def test_what_is_signed_is_what_is_sent(company: Company, code: str) -> None:
    """A warehouse's code stands in the query: whatever is in it, the signature is of the bytes on the wire."""
    with closing(sqlite3.connect(company.path)) as db, db:
        db.execute("UPDATE warehouses SET code = ? WHERE code = 'WEST'", (code,))
    company.unleashed.read(LAST)
    assert sum(company.unleashed.stock(LAST).values()) > 0


def test_the_signature() -> None:
    headers = signed(["id", API_KEY])
    for query in ("", "pageSize=200&modifiedSince=2026-10-01", "warehouseCode=a%40b+c"):
        digest = hmac.new(API_KEY.encode(), query.encode(), sha256).digest()
        assert headers(query)["api-auth-signature"] == base64.b64encode(digest).decode()
        assert API_KEY not in str(headers(query))


@pytest.mark.torture  # the suite holds the rows
def test_drift_of_the_interface_is_read_or_set_aside(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that comes as text is read, a new field is passed over, a missing one sets its record aside."""
    real = world.sales

    def drifted(*given: Any) -> dict[str, dict[str, Any]]:
        found = real(*given)
        invoices = list(found["invoice"].values())
        for part in invoices:
            part["Total"], part["Loyalty"] = str(part["Total"]), {"Points": 3}
        del invoices[0]["InvoiceDate"]
        invoices[1]["InvoiceLines"][0]["InvoiceQuantity"] = "a few"
        return found

    monkeypatch.setattr(world, "sales", drifted)
    company.sql.read(LAST)
    company.unleashed.read(LAST)
    kinds = [Counter(fact[0] for fact in reading.facts().elements() if len(fact) == 4)["sales_invoice"]
             for reading in (company.sql, company.unleashed)]  # fmt: skip
    assert kinds[1] == kinds[0] - 2
    assert sorted(row["rule"] for row in company.set_aside()) == ["not_a_number", "required"]


def test_an_answer_without_its_list_is_a_change_of_the_interface(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_page", lambda items, params, page: {"Rows": [], "Pagination": {"NumberOfItems": 0}})
    with pytest.raises(SourceError, match=r"answers otherwise.*Warehouses.*'Items'"):
        company.unleashed.read(LAST)


@pytest.mark.torture
def test_a_revoked_key_is_told_with_its_remedy(company: Company) -> None:
    company.unleashed.read(LAST)
    before = company.unleashed.facts()
    company.box.box.api_key = "another"
    with pytest.raises(SourceError) as raised:
        company.unleashed.read(LAST)
    assert "refused our key (403)" in str(raised.value)
    assert "Look up API id and key in Unleashed" in str(raised.value)
    assert API_KEY not in str(raised.value)
    assert company.unleashed.facts() == before


def test_a_missing_key_names_the_variables(company: Company) -> None:
    (company.unleashed.file.parent / ".env").write_text("")
    with pytest.raises(SettingsError, match="QBO_DEMO_SOURCE_API_ID and QBO_DEMO_SOURCE_API_KEY"):
        company.unleashed.read(LAST)


rested: list[float] = []


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits between attempts, and the rest after a refusal, are not waited for."""
    from qbo_pipeline.pipeline import landed
    from qbo_pipeline.quickbooks.clock import SystemClock

    class Impatient(SystemClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(min(seconds, 0.01))

    monkeypatch.setattr(landed, "SystemClock", Impatient)
    monkeypatch.setattr(landed._Pace, "quiet", lambda self, seconds: rested.append(seconds))
    rested.clear()


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=pytest.mark.torture) for name in ("limit", "500", "503", "garbage", "cut")]
)
def test_a_fault_in_every_third_call_loses_nothing(company: Company, fault: str) -> None:
    company.box.box.door.faults.extend([fault, "", ""] * 200)
    company.equal()
    assert bool(rested) == (fault == "limit")


@pytest.mark.torture
@pytest.mark.usefixtures("_no_waiting")
def test_an_outage_keeps_what_has_landed_and_the_next_run_goes_on(company: Company) -> None:
    company.box.box.door.faults.extend([""] * 12 + ["500"] * 5)
    with pytest.raises(SourceUnavailable, match=r"answered 500.*5 attempts"):
        company.unleashed.read(LAST)
    with open_run(load_settings(company.unleashed.file)) as run:
        (kept,) = rows(run, "SELECT count(*) AS n FROM landed_objects")
    assert kept["n"] > 100
    company.equal()


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(12))
def test_pages_that_move_while_they_are_read_lose_nothing(
    company: Company, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest changes come first: whatever people touch, enter and delete between two pages moves everything behind it.
    Nothing that is there is taken for gone, and in the end all is read."""
    small = [replace(item, page_size=3) for item in lists.PAPERS]
    monkeypatch.setattr(fetching, "PAPERS", tuple(small))
    company.equal()
    next_day(company.unleashed)  # every list is read whole
    dice = Random(seed)
    busy = 25

    def work(path: str) -> None:
        nonlocal busy
        if busy and path != "StockOnHand":
            busy -= 1
            dice.choice(WORK)(company, dice)

    company.box.box.door.between_pages = work
    landed_before = _landed_of(company, "sales_order")
    company.unleashed.read(LAST)
    assert busy < 25
    company.box.box.world.refresh()
    there = company.box.box.world.objects["sales_order"].keys()
    assert landed_before & there <= _landed_of(company, "sales_order")
    company.box.box.door.between_pages = None
    company.equal()


def _landed_of(company: Company, kind: str) -> set[str]:
    with open_run(load_settings(company.unleashed.file)) as run:
        found = rows(run, "SELECT object_id FROM landed_objects WHERE kind = :kind AND vanished_at IS NULL", kind=kind)
    return {row["object_id"] for row in found}


def _touch(company: Company, dice: Random) -> None:
    """Somebody writes a customer's reference on an order."""
    chosen = f"SELECT id FROM sales_orders ORDER BY (id * {dice.randrange(1, 97)}) % 101 LIMIT 2"
    _write(company.path, f"UPDATE sales_orders SET customer_reference = 'X{dice.random()}' WHERE id IN ({chosen})")


def _delete(company: Company, dice: Random) -> None:
    numbers = []
    with closing(sqlite3.connect(company.path)) as db:
        for prefix in ("ADJ", "WO", "TRF"):
            found = db.execute("SELECT number FROM stock_entries WHERE number LIKE ?", (f"{prefix}-%",)).fetchall()
            numbers += [number for (number,) in found]
    if numbers:
        changes.delete(company.path, dice.choice(numbers))


def _redate(company: Company, dice: Random) -> None:
    changes.move_to_day(company.path, first(company, "SHP"), FIRST + timedelta(days=dice.randrange(DAYS)))


WORK = (_touch, _touch, _delete, _redate)
