"""Documents are found by what people know of them, on both databases; and of very many in a few queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from qbo_pipeline.page.companies import Companies, PageCompany
from qbo_pipeline.page.finding import documents
from qbo_pipeline.page.finding.documents import AT_ONCE, Found, TooManyParties, Wanted, search
from qbo_pipeline.page.finding.story import source_link, stories
from qbo_pipeline.page.finding.work_list import groups, of_cause
from qbo_pipeline.page.shown import _environment
from qbo_pipeline.pipeline.report_files import QBO_PAGES
from qbo_pipeline.reports.header import qbo_link
from qbo_pipeline.settings import SettingsError, load_settings
from qbo_pipeline_tests.page.many import amount, counted, write_many
from qbo_pipeline_tests.page.site import Visitor, grant, opened, served, signed_in
from qbo_pipeline_tests.pipeline.connections import point_to, write_connection
from qbo_pipeline_tests.pipeline.shop import Shop

MANY = 100_000
GOES_THROUGH = re.compile(
    r"(SCAN (records|postings|posting_records|attempts|ledger_lines)"
    r"|SEARCH (records|postings|posting_records|attempts|ledger_lines) USING .*\(connection=\?\)$)"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


def found(company: PageCompany, **wanted: object) -> list[Found]:
    with company.database.reading() as connection:
        return search(connection, company.name, Wanted(**wanted))  # type: ignore[arg-type]


def keys(company: PageCompany, **wanted: object) -> list[str]:
    return [one.key for one in found(company, **wanted)]


def test_the_shop_s_documents_are_found(companies: Companies) -> None:
    shop = companies.by_name["shop"]
    everything = keys(shop)
    assert everything[0] == "payment/y1"
    assert {"document/b1", "document/i1", "movement/a1", "movement/d1", "movement/r1"} < set(everything)
    assert keys(shop, number="I1") == ["document/i1"]
    assert keys(shop, number="i1") == ["document/i1"]
    assert keys(shop, number="I") == ["document/i1"]
    assert keys(shop, number="%") == keys(shop, number="_") == []
    assert "document/i1" in keys(shop, party="sol")
    assert "document/b1" not in keys(shop, party="sol")
    assert keys(shop, party="nobody") == []
    assert keys(shop, amount=Decimal("90.00"), first=date(2024, 3, 4), last=date(2024, 3, 4)) == ["document/i1"]
    assert keys(shop, amount=Decimal("-90")) == keys(shop, amount=Decimal("90"))
    assert keys(shop, amount=Decimal("0.0000001")) == []
    assert keys(shop, state="parked", number="I1") == ["document/i1"]
    assert keys(shop, state="posted") == []
    assert keys(shop, state="skipped", number="I1") == []
    waiting = keys(shop, state="parked")
    assert {"document/i1", "movement/d1"} < set(waiting)
    assert {one.reason for one in found(shop, state="parked")} == {"awaiting_approval", "cost_pending"}
    (invoice,) = found(shop, number="I1")
    assert (invoice.party, invoice.amount, invoice.currency, invoice.state) == (
        "Café Sol", Decimal("90.00"), "USD", "parked",
    )  # fmt: skip


def test_the_number_in_quickbooks_finds_it_too(companies: Companies) -> None:
    shop = companies.by_name["shop"]
    with shop.database.transaction() as connection:
        connection.execute(text("UPDATE postings SET qbo_number = 'Q-77' WHERE key = 'document/i1'"))
    assert keys(shop, number="Q-77") == ["document/i1"]


def test_records_are_found_by_what_became_of_them(shop: Shop, companies: Companies) -> None:
    company = companies.by_name["shop"]
    with company.database.transaction() as connection:
        connection.execute(text("UPDATE records SET disposition = 'set_aside', message = 'no' WHERE record_id = 'r1'"))
        connection.execute(
            text("UPDATE records SET vanished_at = changed_at, disposition = 'new' WHERE record_id = 'a1'")
        )
    assert keys(company, state="set_aside") == ["movement/r1"]
    assert keys(company, state="vanished") == ["movement/a1"]


def test_pages_follow_each_other_without_a_gap(companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = companies.by_name["shop"]
    whole, waiting = keys(shop), keys(shop, state="parked")
    monkeypatch.setattr(documents, "AT_ONCE", 2)
    for state, wanted in (("", whole), ("parked", waiting)):
        gone_through: list[str] = []
        after = None
        while True:
            page = found(shop, state=state, after=after)
            gone_through += [one.key for one in page[:2]]
            if len(page) <= 2:
                break
            after = page[1].place
        assert gone_through == wanted


def test_the_party_of_records_from_before_is_filled_in_by_the_migration(companies: Companies) -> None:
    """The migration's own statement, on what was written before it."""
    database = companies.by_name["shop"].database
    folder = Path(__file__).parents[2] / "sql" / "store" / database.dialect
    (file,) = folder.glob("*_page.sql")
    statement = next(part for part in file.read_text(encoding="utf-8").split(";") if "SET party_id" in part)
    statement = statement[statement.index("UPDATE") :]
    query = text("SELECT record_id, party_id FROM records WHERE record_type <> 'party' ORDER BY record_type, record_id")
    with database.transaction() as connection:
        then = connection.execute(query).all()
        assert ("i1", "c1") in {tuple(row) for row in then}
        connection.execute(text("UPDATE records SET party_id = NULL"))
        connection.exec_driver_sql(statement)
        assert connection.execute(query).all() == then


@pytest.mark.parametrize(
    ("environment", "host"),
    [("production", "app.qbo.intuit.com"), ("sandbox", "app.sandbox.qbo.intuit.com"), ("emulator", None)],
)
def test_an_object_leads_to_its_page_in_quickbooks(environment: str, host: str | None) -> None:
    link = qbo_link(QBO_PAGES[environment], "Invoice", "77")
    assert link == (None if host is None else f"https://{host}/app/invoice?txnId=77")


def test_the_hour_that_a_clock_shows_twice_is_told_apart() -> None:
    shown = _environment().filters["instant"]
    zone = "America/New_York"
    assert shown(datetime(2026, 7, 1, 16, 30, tzinfo=UTC), zone) == "2026-07-01 12:30"
    twice = [shown(datetime(2026, 11, 1, hour, 30, tzinfo=UTC), zone) for hour in (5, 6)]
    assert twice == ["2026-11-01 01:30 (-04:00)", "2026-11-01 01:30 (-05:00)"]
    assert shown(datetime(2026, 7, 1, 16, 30, tzinfo=UTC), "UTC") == "2026-07-01 16:30"


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "https://", "https://erp.example.com/{nothing}", "//x/{id}"])
def test_an_address_that_leads_nowhere_is_refused(shop: Shop, wrong: str) -> None:
    point_to(shop.settings, '# document_url = "https://erp.example.com/{kind}/{id}"', f'document_url = "{wrong}"')
    with pytest.raises(SettingsError, match="document_url"):
        load_settings(shop.settings)


def test_a_document_leads_to_its_page_in_the_inventory_system(shop: Shop) -> None:
    address = "https://erp.example.com/{kind}/{id}?n={number}&t={type}"
    point_to(shop.settings, '# document_url = "https://erp.example.com/{kind}/{id}"', f'document_url = "{address}"')
    settings = load_settings(shop.settings)
    record = {"record_type": "document", "kind": "sales_invoice", "record_id": "a/1", "number": "I 7&\u202e"}
    made = "https://erp.example.com/sales_invoice/a%2F1?n=I%207%26%E2%80%AE&t=document"
    assert source_link(settings, record) == made
    assert source_link(settings, None) is None


def test_too_many_parties_are_said(companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_PARTIES", 0)
    with pytest.raises(TooManyParties):
        found(companies.by_name["shop"], party="Sol")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companies]:
    """A company of a hundred thousand documents."""
    folder = tmp_path_factory.mktemp("crowd")
    values = {"currency": "USD", "first_day": "2022-01-01", "source_url": "sqlite:///source.sqlite"}
    with opened(write_connection(folder, "crowd", None, store_url="sqlite:///store.sqlite", **values)) as companies:
        write_many(companies.by_name["crowd"].database, "crowd", MANY)
        yield companies


SEARCHES: dict[str, tuple[dict[str, object], int]] = {
    "all": ({}, 50),
    "number": ({"number": "INV-0123"}, 50),
    "one number": ({"number": "INV-012345"}, 1),
    "number in QuickBooks": ({"number": "Q054321"}, 1),
    "party": ({"party": "company 042"}, 50),
    "amount": ({"amount": amount(777)}, 1),
    "state": ({"state": "parked"}, 50),
    "state and party": ({"state": "parked", "party": "Company 040"}, 50),
    "a day": ({"first": date(2022, 2, 1), "last": date(2022, 2, 1)}, 50),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_page_of_very_many_takes_a_few_queries(crowd: Companies, name: str) -> None:
    wanted, expected = SEARCHES[name]
    company = crowd.by_name["crowd"]
    with counted(company.database) as statements:
        rows = found(company, **wanted)
    assert min(len(rows), AT_ONCE) == expected
    assert len(statements) <= 6
    if len(rows) > AT_ONCE:
        following = found(company, **{**wanted, "after": rows[AT_ONCE - 1].place})
        assert following[0].key == rows[AT_ONCE].key


def test_no_query_for_a_few_documents_goes_through_all_of_them(crowd: Companies) -> None:
    """By the plan of SQLite, which without statistics takes an index by the connection alone for a good one."""
    company = crowd.by_name["crowd"]
    with counted(company.database) as statements:
        assert len(found(company, number="INV-012345")) == len(found(company, number="Q054321")) == 1
        found(company, state="parked", first=date(2022, 2, 1))
        assert stories(company, "document/d501")
    plans = {}
    with company.database.reading() as connection:
        for statement in statements:
            marks = tuple(None for _ in range(statement.count("?")))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", marks)
            plans[statement] = [row[3] for row in plan if GOES_THROUGH.match(row[3])]
    assert {statement: slow for statement, slow in plans.items() if slow} == {}


def test_each_page_of_very_many_takes_a_few_queries(crowd: Companies) -> None:
    company = crowd.by_name["crowd"]
    grant(crowd, "ann", "preparer", "reviewer")
    most = {
        "/": 22, "/c/crowd/work-list": 8, "/c/crowd/work-list/cause?state=parked&reason=awaiting_approval": 8,
        "/c/crowd/documents": 10, "/c/crowd/documents/history?key=document/d500": 27, "/c/crowd/preview": 18,
        "/c/crowd/reconciliations": 8,
    }  # fmt: skip
    with served(crowd) as url:
        visitor: Visitor = signed_in(url, "ann")
        for path, allowed in most.items():
            with counted(company.database) as statements:
                answer = visitor.client.get(path)
            assert answer.status_code == 200, path
            assert len(statements) <= allowed, (path, len(statements))


def test_the_work_list_of_very_many_is_counted_whole_and_shown_in_part(crowd: Companies) -> None:
    with crowd.by_name["crowd"].database.reading() as connection:
        (group,) = groups(connection, "crowd")
        page = of_cause(connection, "crowd", group.state, group.reason)
        last = page[99]
        following = of_cause(connection, "crowd", group.state, group.reason, (last.day or date.min, last.key))
    assert (group.count, len(group.items), len(page)) == (MANY // 10, 25, 101)
    assert following[0].key == page[100].key
