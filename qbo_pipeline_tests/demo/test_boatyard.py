"""The boatyard: its month has every row of docs/what-is-posted.md, and its papers and its stock agree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode
from qbo_pipeline.demo import company, schema
from qbo_pipeline.demo.boatyard.story import CALENDAR
from qbo_pipeline.inventory.columns import COLUMNS, ONE_OF
from qbo_pipeline_tests.accounting.table.in_the_books import not_in_papers
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.sections import SECTIONS
from qbo_pipeline_tests.accounting.table.used import PLACES, UNUSED, USED, is_used

FIRST_DAY = date(2026, 10, 1)
DAYS = 31
ROWS = [row for rows in SECTIONS.values() for row in rows]
# A state or province, draft papers' words and dimensions of lines are kept by no part of the company.
NOT_KEPT = {("parties", "region"), ("document_lines", "department"), ("movements", "department")}
NOT_KEPT |= {("products", "sales_price"), ("products", "purchase_cost"), ("products", "minimum_quantity")}
NOT_KEPT |= {("movement_lines", "class"), ("movement_lines", "department"), ("stock_values", "exchange_rate")}


def made(folder: Path, days: int, country: str = "us") -> Path:
    path = folder / f"{country}.db"
    company.generate(path, first_day=FIRST_DAY, days=days, country=country, boatyard=True, size=1)
    return path


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of the whole company, of the size of the demo's."""
    path = tmp_path_factory.mktemp("boatyard") / "us.db"
    company.generate(path, first_day=FIRST_DAY, days=DAYS, boatyard=True)
    return path


@pytest.fixture
def db(month: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{month}?mode=ro", uri=True)) as connection:
        yield connection


def test_every_row_is_used_somewhere_or_it_is_said_why_not() -> None:
    assert {row.what for row in ROWS} == USED.keys() | UNUSED.keys()
    assert USED.keys() & UNUSED.keys() == set()
    used = [row.what for row in ROWS if any(is_used(row, mode, country) for mode, country in PLACES)]
    assert used == [row.what for row in ROWS if row.what not in UNUSED]


@pytest.mark.parametrize("row", [row for row in ROWS if row.shown and row.what in USED], ids=lambda row: row.what)
def test_each_record_of_a_row_has_a_select(row: Row) -> None:
    assert len(USED[row.what].selects) == len(row.shown)


@pytest.mark.parametrize("mode", DemoMode)
def test_the_month_has_every_row(month: Path, mode: DemoMode) -> None:
    assert not_in_papers(month, ROWS, mode, DemoCountry.US) == []


@pytest.mark.torture
@pytest.mark.parametrize("country", ["uk", "eu"])
def test_elsewhere_too(country: str, tmp_path: Path) -> None:
    path = tmp_path / "company.db"
    company.generate(path, first_day=FIRST_DAY, days=DAYS, boatyard=True, country=country)
    for mode in DemoMode:
        assert not_in_papers(path, ROWS, mode, DemoCountry(country)) == []


def test_it_fills_every_column_of_the_contract(db: sqlite3.Connection) -> None:
    columns = [(kind, column.name) for kind in COLUMNS for column in COLUMNS[kind]]
    columns = [place for place in columns if place[1] not in ONE_OF.get(place[0], ())]
    empty = []
    for kind, name in columns:
        offered = {row[1] for row in db.execute(f"PRAGMA table_info({kind})")}
        if name not in offered or not db.execute(f"SELECT 1 FROM {kind} WHERE {name} IS NOT NULL LIMIT 1").fetchone():
            empty.append((kind, name))
    assert set(empty) == NOT_KEPT


def test_the_stock_is_what_its_movements_say(db: sqlite3.Connection) -> None:
    """By product and place, in thousandths and cents of home currency; a cost to be shared has its own share there."""
    moved = (
        "SELECT l.product_id, l.location_id, SUM(l.quantity_milli), SUM(CAST(round(l.cost_cents *"
        " coalesce(h.exchange_rate, 1)) AS INTEGER)) FROM yard_movement_lines AS l"
        " JOIN yard_movements AS h ON h.id = l.movement_id JOIN yard_products AS p ON p.id = l.product_id"
        " WHERE l.role = 'stock' AND p.kind = 'stocked' AND h.status = 'completed' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    kept = (
        "SELECT b.item_id, b.warehouse_id, b.quantity_milli, b.value_cents - coalesce((SELECT SUM(s.value_cents) FROM"
        " stock_ledger AS s JOIN yard_movement_lines AS l ON l.id = s.source_line_id WHERE l.role = 'to_share'"
        " AND s.item_id = b.item_id AND s.warehouse_id = b.warehouse_id), 0)"
        " FROM stock_balances AS b JOIN yard_products AS p ON p.id = b.item_id ORDER BY 1, 2"
    )
    assert db.execute(moved).fetchall() == db.execute(kept).fetchall()
    balances = "SELECT item_id, warehouse_id, SUM(quantity_milli), SUM(value_cents) FROM stock_ledger GROUP BY 1, 2"
    assert set(db.execute(balances)) == set(db.execute("SELECT * FROM stock_balances"))


def test_documents_add_up_and_nothing_is_paid_beyond_its_document(db: sqlite3.Connection) -> None:
    sums = (
        "SELECT d.number FROM yard_documents AS d WHERE (d.net_cents, d.tax_cents) <> (SELECT SUM(net_cents),"
        " SUM(tax_cents) FROM yard_document_lines WHERE document_id = d.id)"
        " OR d.total_cents <> d.net_cents + d.tax_cents"
    )
    assert db.execute(sums).fetchall() == []
    paid = (
        "SELECT d.number FROM yard_documents AS d WHERE abs(d.total_cents) - coalesce(d.deposit_cents, 0) <"
        " (SELECT abs(SUM(amount_cents)) FROM yard_payment_allocations WHERE document_id = d.id)"
    )
    assert db.execute(paid).fetchall() == []


@pytest.mark.parametrize("last", [9, pytest.param(max(CALENDAR) + 1, marks=pytest.mark.torture)])
def test_the_night_by_night_company_is_that_of_one_go(last: int, tmp_path: Path) -> None:
    once = made(tmp_path, last)
    nightly = tmp_path / "nightly.db"
    company.generate(nightly, first_day=FIRST_DAY, days=0, boatyard=True, size=1)
    for days in (3, last - 1, last):
        company.advance(nightly, FIRST_DAY + timedelta(days=days - 1))
    with closing(sqlite3.connect(once)) as one, closing(sqlite3.connect(nightly)) as other:
        assert list(one.iterdump()) == list(other.iterdump())


def test_what_is_changed_afterwards_is_noted_and_so_is_plain_sql(month: Path, tmp_path: Path) -> None:
    """The day on which papers were changed that the night before had posted, and their own."""
    path = tmp_path / "company.db"
    path.write_bytes(month.read_bytes())
    with company.open_company(path) as db:
        haste, better = (FIRST_DAY + timedelta(days=day) for day in (28, 29))
        times = dict(db.execute("SELECT business_date, changed_at FROM changed_days"))
        assert times[haste.isoformat()] >= better.isoformat()
        last = max(times.values())
        db.execute("UPDATE yard_document_lines SET net_cents = net_cents + 1 WHERE id = (SELECT max(id) FROM"
                   " yard_document_lines)")  # fmt: skip
        changed = db.execute("SELECT business_date FROM changed_days WHERE changed_at > ?", (last,)).fetchall()
    assert changed == [(haste.isoformat(),)]


def test_without_it_the_company_has_no_paper_of_its() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        schema.create(db)
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE name LIKE '%yard%'")] == []
