"""The differences of a reconciliation page after page: on both databases as a plain list has them; by link, by key."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.page.companies import Companies, PageCompany
from qbo_pipeline.page.finding import differences, over_time, reconciled
from qbo_pipeline.page.finding.differences import Wanted, compared, listed
from qbo_pipeline.reconciliation.causes import CAUSES, Cause
from qbo_pipeline.reconciliation.result_frames import AGEING_BUCKETS
from qbo_pipeline.store.tables.reconciliation import differences as table
from qbo_pipeline.store.tables.reconciliation import ledger_balances, reconciliations
from qbo_pipeline_tests.page.browser import CHROMIUM, browsing
from qbo_pipeline_tests.page.many import counted, kept
from qbo_pipeline_tests.page.site import PASSWORD, grant, opened, served, signed_in
from qbo_pipeline_tests.pipeline.connections import write_connection

AS_AT, AT = date(2026, 10, 31), datetime(2026, 11, 1, tzinfo=UTC)
ADDRESS = "/c/crowd/reconciliations/1/differences"
SOME = [Cause.WAITING, Cause.CHANGED_IN_QBO, Cause.QBO_ONLY]
Row = dict[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def companies(tmp_path: Path, store_url: str) -> Iterator[Companies]:
    values = {"currency": "USD", "first_day": "2026-01-01", "source_url": "sqlite:///source.sqlite"}
    with opened(write_connection(tmp_path, "crowd", None, store_url=store_url, **values)) as companies:
        yield companies


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Companies]:
    """One company, in SQLite."""
    values = {"currency": "USD", "first_day": "2026-01-01", "source_url": "sqlite:///source.sqlite"}
    with opened(
        write_connection(tmp_path, "crowd", None, store_url=f"sqlite:///{tmp_path / 's.sqlite'}", **values)
    ) as companies:
        keep(companies.by_name["crowd"], 1, made(230))
        grant(companies, "ann", "viewer")
        yield companies


def made(count: int, seed: int = 1) -> list[Row]:
    """Differences as a reconciliation keeps them; amounts and days stand more than once."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        key = f"movement/{number // 2}"
        ago = chance.choice([0, 7, 8, 30, 31, 60, 61, 90, 91])
        row = {
            "connection": "crowd", "difference_key": f"k{number:04}", "scope": "document", "document_key": key,
            "record_key": key, "kind": "shipment", "source_number": f"M_{number}" if number % 3 else None,
            "qbo_number": f"Q-{number}", "business_date": AS_AT - timedelta(days=ago), "detail": "amount",
            "account_id": chance.choice(["130", "131"]), "cause": chance.choice(SOME).value, "first_seen": AT,
            "amount": Decimal(chance.randint(-300, 300) * chance.choice([1, 1, 1000])) / 100,
            "explanation": "somebody changed it", "remedy": "post again", "who": "accountant",
        }  # fmt: skip
        found.append(row)
    return found


def keep(company: PageCompany, number: int, rows: list[Row]) -> None:
    """A reconciliation with these differences."""
    whole = kept("crowd", number, AS_AT) | {"difference": sum((row["amount"] for row in rows), Decimal("0.00"))}
    balance = {"connection": "crowd", "as_at": AS_AT, "balance": Decimal(0), "read_at": AT, "run_id": "r"}
    with company.database.transaction() as connection:
        connection.execute(reconciliations.insert(), whole)
        connection.execute(table.insert(), [row | {"number": number} for row in rows])
        if number == 1:
            names = {"130": "Inventory <Asset>", "131": None}
            connection.execute(
                ledger_balances.insert(),
                [balance | {"account_id": key, "account_name": name} for key, name in names.items()],
            )


WANTED = (
    Wanted(),
    Wanted(by_day=True),
    Wanted(cause="waiting", account="131"),
    Wanted(document="m_1"),
    Wanted(document="Q-22"),
    Wanted(document="%"),
    Wanted(least=Decimal("2.999")),
    Wanted(least=Decimal("-900"), first=AS_AT - timedelta(days=31), last=AS_AT - timedelta(days=7)),
    Wanted(cause="nothing"),
)


def fits(row: Row, wanted: Wanted) -> bool:
    numbers = [row["source_number"] or "", row["qbo_number"], row["document_key"]]
    return (
        wanted.cause in ("", row["cause"])
        and wanted.account in ("", row["account_id"])
        and any(wanted.document.lower() in one.lower() for one in numbers)
        and (wanted.least is None or abs(row["amount"]) >= abs(wanted.least))
        and (wanted.first or date.min) <= row["business_date"] <= (wanted.last or date.max)
    )


def test_pages_are_those_of_a_sorted_list(companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "AT_ONCE", 7)
    company, rows = companies.by_name["crowd"], made(60)
    keep(company, 1, rows)
    for wanted in WANTED:
        mine = [row for row in rows if fits(row, wanted)]
        mine.sort(
            key=lambda row: (
                row["business_date"] if wanted.by_day else -abs(row["amount"]),
                row["document_key"],
                row["difference_key"],
            )
        )
        with company.database.reading() as connection:
            first = listed(connection, "crowd", 1, wanted, 1)
            pages = [listed(connection, "crowd", 1, wanted, page + 1) for page in range(first.pages)]
            beyond = listed(connection, "crowd", 1, wanted, 10**6)
        assert [row["difference_key"] for page in pages for row in page.rows] == [row["difference_key"] for row in mine]
        assert [page.first for page in pages] == list(range(1, max(len(mine), 1) + 1, 7))
        assert {(page.number, page.amount) for page in pages} == {
            (len(mine), sum((row["amount"] for row in mine), Decimal("0.00")))
        }
        assert beyond == pages[-1]


def test_two_reconciliations_and_ages_are_those_of_plain_sums(
    companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "AT_ONCE", 7)
    company, before = companies.by_name["crowd"], made(60)
    after = [row | {"amount": row["amount"] + place % 2} for place, row in enumerate(before[10:])]
    after += [row | {"difference_key": f"n{row['difference_key']}"} for row in made(5, seed=2)]
    keep(company, 1, before)
    keep(company, 2, after)
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for place, rows in enumerate((before, after)):
        for row in rows:
            sums[row["document_key"], row["cause"]][place] += row["amount"]
    moved = [(*names, *pair) for names, pair in sums.items() if pair[0] != pair[1]]
    moved.sort(key=lambda one: (-abs(one[3] - one[2]), one[0], one[1]))
    with company.database.reading() as connection:
        count = compared(connection, "crowd", 1, 2, 1).pages
        pages = [compared(connection, "crowd", 1, 2, page + 1) for page in range(count)]
        assert compared(connection, "crowd", 1, 2, 99) == pages[-1]
        assert compared(connection, "crowd", 2, 2, 99).number == 0
        second = reconciled.one(connection, "crowd", 2)
        assert second is not None
        aged = over_time.ageing(connection, "crowd", second.row)
        causes = reconciled.causes(connection, "crowd", 2)
    found = [(one.document, one.cause, one.before, one.after) for page in pages for one in page.rows]
    assert found == moved
    assert pages[0].number == len(moved) > 14
    limits = [7, 30, 60, 90, 10**6]
    for cause in SOME:
        mine = [row for row in after if row["cause"] == cause]
        (one,) = (one for one in aged if one.label == CAUSES[cause].label)
        days = [(AS_AT - row["business_date"]).days for row in mine]
        ages = [next(at for at, most in enumerate(limits) if age <= most) for age in days]
        for bucket in range(len(AGEING_BUCKETS)):
            amounts = [row["amount"] for row, age in zip(mine, ages, strict=True) if age == bucket]
            assert one.cells[bucket] == (len(amounts), sum(amounts, Decimal(0)))
        keys = {row["difference_key"] for row in before}
        assert one.new == sum(row["difference_key"] not in keys for row in mine)
        assert one.new + one.carried == len(mine)
        assert one.cleared == sum(row["cause"] == cause for row in before[:10])
        (said,) = (one for one in causes if one.code == cause)
        assert (said.count, said.amount) == (len(mine), sum((row["amount"] for row in mine), Decimal(0)))


def keys_on(page: str) -> list[str]:
    """The documents of a page's table, in its order."""
    return re.findall(r"reconciliations/document\?key=movement%2F(\d+)", page)


def test_links_go_through_all_rows_that_were_looked_for(on_sqlite: Companies) -> None:
    database = on_sqlite.by_name["crowd"].database
    with served(on_sqlite) as url:
        visitor = signed_in(url, "ann")
        whole = visitor.get("/c/crowd/reconciliations/1").text
        assert f'href="{ADDRESS}">All 230 lines, the largest first' in whole
        page, seen = visitor.get(ADDRESS, document="q-").text, list[str]()
        assert "Rows 1 to 100 of 230; page 1 of 3" in page
        assert 'rel="prev"' not in page
        assert "Inventory &lt;Asset&gt;" in page
        while True:
            seen += keys_on(page)
            following = re.search(r'<a href="([^"]+)" rel="next">Next', page)
            if not following:
                break
            page = visitor.client.get(following[1].replace("&amp;", "&")).text
        assert len(seen) == 230
        assert "page 3 of 3" in page
        assert 'name="document" value="q-"' in page
        with counted(database) as statements:
            last = visitor.get(ADDRESS, page="3").text
        assert keys_on(last) == seen[200:]
        assert len([one for one in statements if "FROM differences" in one]) == 4  # causes, sums, keys, these rows
        assert "Rows 201 to 230" in visitor.get(ADDRESS, page="99").text
        assert keys_on(visitor.get(ADDRESS, order="day").text) != seen[:100]
        assert "Nothing fits" in visitor.get(ADDRESS, document="nobody").text
        for path in ("page=0", "page=-1", "page=x", f"page={'9' * 30}", "least=x", "first=x"):
            assert visitor.client.get(f"{ADDRESS}?{path}").status_code == 400, path
        for path in ("1/cause", "1/cause?cause=nothing", "1/differences?cause=nothing", "9/differences"):
            assert visitor.client.get(f"/c/crowd/reconciliations/{path}").status_code == 404, path


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_pages_are_turned_by_keyboard(on_sqlite: Companies, tmp_path: Path) -> None:
    with served(on_sqlite) as url, browsing(tmp_path / "browser") as browser:
        browser.size(390, 844)
        browser.go(f"{url}{ADDRESS}")
        browser.type("ann")
        browser.press("Tab")
        browser.type(PASSWORD)
        browser.enter()
        browser.go(f"{url}{ADDRESS}")
        assert browser.see("document.documentElement.scrollWidth <= innerWidth")
        browser.tab_to("a[rel=next]", most=30)
        browser.enter()
        assert "Rows 101 to 200 of 230; page 2 of 3" in browser.text
        browser.tab_to("nav.pages input[name=page]", most=30)
        browser.type("3")
        browser.enter()
        assert "Rows 201 to 230 of 230" in browser.text
        browser.tab_to("a[rel=prev]", most=30)
        browser.enter()
        assert "page 2 of 3" in browser.text
        assert browser.console == []
