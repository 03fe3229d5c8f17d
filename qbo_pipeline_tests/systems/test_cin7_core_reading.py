"""Cin7 Core read night after night: what changes, what costs a call, what fails on the way, what moves meanwhile."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.demo import changes
from qbo_pipeline.demo.company import advance, generate
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.systems.boxes import RunningBox
from qbo_pipeline_tests.systems.readings import FIRST, Reading, both, money, next_day

pytestmark = pytest.mark.torture  # of the long run: it takes a minute or more

LAST = FIRST + timedelta(days=13)


@dataclass(frozen=True, slots=True)
class Company:
    """Two weeks of the company, read by both doors."""

    path: Path
    sql: Reading
    cin7: Reading
    box: RunningBox

    def equal(self, last: date = LAST) -> None:
        """Read both, and compare all that the books and the reconciliation take from them."""
        self.sql.read(last)
        self.cin7.read(last)
        assert self.cin7.facts() == self.sql.facts()
        for day in (last, last - timedelta(days=5)):
            assert self.cin7.stock(day) == self.sql.stock(day)
        with open_run(load_settings(self.sql.file)) as sql, open_run(load_settings(self.cin7.file)) as cin7:
            assert money(cin7) == money(sql)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    path = tmp_path / "inventory.sqlite"
    generate(path, seed=11, first_day=FIRST, days=14)
    with both(tmp_path, path) as (sql, cin7, box):
        yield Company(path, sql, cin7, box)


def first(reading: Reading, kind: str) -> str:
    """The number of the first record of a kind, by SQL."""
    query = (
        "SELECT number FROM records WHERE kind = :kind AND disposition <> 'set_aside' ORDER BY business_date, number"
    )
    with open_run(load_settings(reading.file)) as run:
        return str(rows(run, query, kind=kind)[0]["number"])


def _write(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


CHANGES: dict[str, Callable[[Company], object]] = {
    "dearer shipment": lambda c: changes.change_cost(c.path, first(c.sql, "shipment"), Decimal("3.21")),
    "dearer receipt": lambda c: changes.change_cost(c.path, first(c.sql, "receipt"), Decimal("1.07")),
    "redated shipment": lambda c: changes.move_to_day(c.path, first(c.sql, "shipment"), LAST - timedelta(days=2)),
    "redated adjustment": lambda c: changes.move_to_day(c.path, first(c.sql, "adjustment"), LAST - timedelta(days=3)),
    "redated invoice": lambda c: changes.move_to_day(c.path, first(c.sql, "sales_invoice"), LAST - timedelta(days=2)),
    "voided shipment": lambda c: changes.void(c.path, first(c.sql, "shipment")),
    "voided write-off": lambda c: changes.void(c.path, first(c.sql, "write_off")),
    "voided transfer": lambda c: changes.void(c.path, first(c.sql, "transfer")),
    "voided invoice": lambda c: changes.void(c.path, first(c.sql, "sales_invoice")),
    "deleted adjustment": lambda c: changes.delete(c.path, first(c.sql, "adjustment")),
    "deleted payment": lambda c: changes.delete(c.path, first(c.sql, "payment_received")),
    "deleted quote": lambda c: (changes.delete(c.path, first(c.sql, "quote")), next_day(c.cin7)),
    "late bill": lambda c: changes.late_bill(c.path, FIRST + timedelta(days=2), Decimal("87.65")),
    "renamed place": lambda c: _write(c.path, "UPDATE warehouses SET name = 'Westbrook hall' WHERE code = 'WEST'"),
    "renamed product": lambda c: _write(c.path, "UPDATE items SET sku = 'TEN-2X' WHERE sku = 'TEN-2P'"),
    "four more days": lambda c: advance(c.path, LAST + timedelta(days=4)),
}


@pytest.mark.torture  # each change reads a whole company twice; the suite holds the rows and the books
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_read_as_it_is(company: Company, change: str) -> None:
    company.equal()
    before = company.sql.facts()

    CHANGES[change](company)

    company.equal(LAST + timedelta(days=4))
    assert company.sql.facts() != before or change == "deleted payment"


def test_drift_of_the_interface_is_read_or_set_aside(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that comes as text is read, a new field is passed over, a missing one sets its record aside."""
    from qbo_pipeline.systems.cin7_core import world

    real = world.sales

    def drifted(*given: Any) -> dict[str, Any]:
        found = real(*given)
        invoices = [part for sale in found.values() for part in sale["Invoices"]]
        for part in invoices:
            part["Total"], part["Loyalty"] = str(part["Total"]), {"Points": 3}
        del invoices[0]["InvoiceDate"]
        invoices[1]["Lines"][0]["Quantity"] = "a few"
        return found

    monkeypatch.setattr(world, "sales", drifted)
    company.sql.read(LAST)
    company.cin7.read(LAST)
    invoices = {key: count for key, count in company.sql.facts().items() if key[0] == "sales_invoice" and len(key) == 4}
    read = {key: count for key, count in company.cin7.facts().items() if key[0] == "sales_invoice" and len(key) == 4}
    with open_run(load_settings(company.cin7.file)) as run:
        aside = rows(run, "SELECT record_type, rule, message FROM records WHERE disposition = 'set_aside'")
    assert sum(read.values()) == sum(invoices.values()) - 2
    assert sorted(row["rule"] for row in aside) == ["not_a_number", "required"]


def test_a_wrong_address_takes_nothing_for_gone(company: Company) -> None:
    company.equal()
    text = company.cin7.file.read_text()
    company.cin7.file.write_text(text.replace(company.box.url, company.box.url.replace("/v2", "/v3")))
    with pytest.raises(SourceError, match=r"does not say what company|Correct \[source\] url"):
        company.cin7.read(LAST)
    company.cin7.file.write_text(text)
    company.equal()


def test_whoever_has_somebody_waiting_takes_what_has_landed(company: Company) -> None:
    with open_run(load_settings(company.cin7.file), patience=0.0) as run, run.source() as source:
        assert source.changed_days(None).days == ()
    with open_run(load_settings(company.cin7.file)) as run:
        (state,) = rows(run, "SELECT finished_at, reader FROM landings")
    assert state == {"finished_at": None, "reader": None}
    company.equal()


def test_a_second_night_without_news_asks_for_lists_alone(company: Company) -> None:
    company.cin7.read(LAST)
    company.box.box.calls.clear()

    again = company.cin7.read(LAST)

    assert all(item.counts.new == item.counts.changed == item.counts.vanished == 0 for item in again)
    asked = Counter(company.box.box.calls)
    assert not asked.keys() & {"sale", "purchase", "advanced-purchase", "stockadjustment", "inventoryWriteOff"}
    assert asked.total() < 40


def test_a_run_reads_the_system_once(company: Company) -> None:
    with open_run(load_settings(company.cin7.file)) as run:
        for _ in range(3):
            with run.source() as source:
                source.stock_values(LAST)
    assert Counter(company.box.box.calls)["me"] == 1
    with open_run(load_settings(company.cin7.file)) as run:
        (state,) = rows(run, "SELECT calls, reader FROM landings")
    assert state == {"calls": len(company.box.box.calls), "reader": None}


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


rested: list[float] = []


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize(
    "fault", ["503", *(pytest.param(name, marks=pytest.mark.torture) for name in ("500", "garbage", "cut"))]
)
def test_a_fault_in_every_third_call_loses_nothing(company: Company, fault: str) -> None:
    company.box.box.faults.extend([fault, "", ""] * 200)
    company.equal()
    assert bool(rested) == (fault == "503")
    assert set(rested) <= {60.0}


@pytest.mark.usefixtures("_no_waiting")
def test_an_outage_keeps_what_has_landed_and_the_next_run_goes_on(company: Company) -> None:
    company.box.box.faults.extend([""] * 60 + ["500"] * 5)
    with pytest.raises(SourceUnavailable, match=r"answered 500.*5 attempts"):
        company.cin7.read(LAST)
    kept = Counter(company.box.box.calls)["sale"]
    assert kept > 20
    company.box.box.calls.clear()

    company.equal()

    # At most what was on its way in one bundle is asked for again.
    assert Counter(company.box.box.calls)["sale"] + kept <= _sales(company) + 20


def _sales(company: Company) -> int:
    company.box.box.world.refresh()
    return len(company.box.box.world.objects["sale"])


def test_a_revoked_key_is_told_with_its_remedy(company: Company) -> None:
    company.cin7.read(LAST)
    company.box.box.application_key = "another"
    with pytest.raises(SourceError) as raised:
        company.cin7.read(LAST)
    assert "refused our key (403)" in str(raised.value)
    assert "Make an API application in Cin7 Core" in str(raised.value)
    assert "9c1e44d0" not in str(raised.value)


def test_a_missing_key_names_the_variables(company: Company) -> None:
    (company.cin7.file.parent / ".env").write_text("")
    from qbo_pipeline.settings import SettingsError

    with pytest.raises(SettingsError, match="QBO_DEMO_SOURCE_ACCOUNT_ID and QBO_DEMO_SOURCE_APPLICATION_KEY"):
        company.cin7.read(LAST)


def test_an_answer_without_its_list_is_a_change_of_the_interface(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qbo_pipeline.systems.cin7_core import resources

    monkeypatch.setitem(resources.RESOURCES, "saleList", lambda world, params: {"Sales": [], "Total": 0})
    with pytest.raises(SourceError, match=r"answers otherwise.*saleList.*'SaleList'"):
        company.cin7.read(LAST)


def test_rows_can_be_made_anew_without_asking(company: Company) -> None:
    company.equal()
    before = company.cin7.facts()
    with open_run(load_settings(company.cin7.file)) as run, run.source() as source:
        source.stock_values(LAST)
        (cache,) = (company.cin7.file.parent / ".cache").glob("cin7_core_demo.sqlite")
        assert cache.stat().st_mode & 0o077 == 0
        cache.unlink()
        company.box.box.calls.clear()
        source.close()
        assert source.changed_days(None).days[0].day == FIRST
    assert company.box.box.calls == []
    company.cin7.read(LAST)
    assert company.cin7.facts() == before


def test_former_versions_are_kept(company: Company) -> None:
    company.equal()
    number = first(company.sql, "sales_invoice")
    changes.move_to_day(company.path, number, LAST)
    company.equal()
    with open_run(load_settings(company.cin7.file)) as run:
        query = "SELECT content FROM landed_versions WHERE kind = 'sale'"
        (version,) = rows(run, query)
        assert f'"InvoiceNumber":"{number}"' in version["content"]


def test_pages_that_move_while_they_are_read_lose_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deletes and enters papers between two pages of a list: entries slip from one page to another."""
    from qbo_pipeline.sources.cin7_core import lists
    from qbo_pipeline.sources.landed import listing

    monkeypatch.setattr(
        "qbo_pipeline.sources.cin7_core.fetching.LISTINGS",
        tuple(_small(item) for item in lists.LISTINGS),
    )
    assert listing.TRIES == 3
    papers = ["ADJ-000001", "WO-000001", "TRF-000001", "ADJ-000002"]

    def work(path: str) -> None:
        if papers and path == "stockadjustmentList":
            changes.delete(company.path, papers.pop(0))

    company.box.box.between_pages = work
    company.cin7.read(LAST)
    assert len(papers) < 4
    # What was deleted after it was seen goes with the next reading; nothing that is there was taken for gone.
    company.sql.read(LAST)
    assert company.sql.facts() - company.cin7.facts() == Counter()
    company.box.box.between_pages = None
    company.equal()


def _small(item):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(item, page_size=2)
