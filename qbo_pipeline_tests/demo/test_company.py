"""The company as a whole: the same every time, worked in one go or by the night, with every kind of document."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_pipeline.demo import company, plan
from qbo_pipeline_tests.demo.conftest import DAYS, FIRST_DAY

EVERY_DAY_KINDS = {
    "documents": {"sales_invoice", "sales_credit", "bill", "purchase_credit", "quote", "purchase_order"},
    "movements": {
        "receipt", "shipment", "customer_return", "supplier_return", "adjustment", "write_off", "stock_count",
        "assembly", "disassembly", "transfer",
    },
    "payments": {"payment_received", "payment_made"},
}  # fmt: skip

# What must be there besides the kinds, as SELECTs that find the business dates of such documents.
VARIANTS = {
    "bill before its goods": "SELECT b.business_date FROM bills AS b JOIN purchase_orders AS o ON o.id = b.order_id"
    " WHERE o.billed_first = 1",
    "bill after its goods": "SELECT b.business_date FROM bills AS b JOIN purchase_orders AS o ON o.id = b.order_id"
    " WHERE o.billed_first = 0",
    "bill at another price": "SELECT b.business_date FROM bills AS b JOIN bill_lines AS l ON l.bill_id = b.id"
    " JOIN purchase_order_lines AS o ON o.id = l.order_line_id WHERE o.unit_cents <> l.unit_cents",
    "bill for services only": "SELECT business_date FROM bills WHERE order_id IS NULL",
    "invoice for services only": "SELECT business_date FROM invoices WHERE shipment_id IS NULL",
    "invoice with tax": "SELECT business_date FROM invoices WHERE tax_cents > 0",
    "invoice without tax": "SELECT business_date FROM invoices WHERE tax_cents = 0",
    "credit of returned goods": "SELECT business_date FROM credit_notes WHERE return_id IS NOT NULL",
    "credit without return": "SELECT business_date FROM credit_notes WHERE return_id IS NULL",
    "count up": "SELECT h.business_date FROM stock_entries AS h JOIN stock_entry_lines AS l ON l.entry_id = h.id"
    " WHERE h.kind = 'stock_count' AND l.quantity_milli > 0",
    "count down": "SELECT h.business_date FROM stock_entries AS h JOIN stock_entry_lines AS l ON l.entry_id = h.id"
    " WHERE h.kind = 'stock_count' AND l.quantity_milli < 0",
    "adjustment up": "SELECT business_date FROM stock_entries WHERE reason = 'FOUND'",
    "adjustment down": "SELECT business_date FROM stock_entries WHERE reason = 'SAMPLES'",
    "assembly with labour": "SELECT business_date FROM stock_entries WHERE kind = 'assembly' AND labour_cents > 0",
    **{
        f"{kind}, {name}": f"SELECT h.business_date FROM bank_entries AS h WHERE h.kind = '{kind}' AND {condition}"
        for kind, documents in (("payment_received", "invoices"), ("payment_made", "bills"))
        for name, condition in {
            "several documents": "(SELECT count(*) FROM bank_entry_allocations WHERE entry_id = h.id) > 1",
            "on account": "h.amount_cents > (SELECT coalesce(sum(amount_cents), 0) FROM bank_entry_allocations"
            " WHERE entry_id = h.id)",
            "in part": f"EXISTS (SELECT 1 FROM bank_entry_allocations AS l JOIN {documents} AS d"
            " ON d.id = l.document_id WHERE l.entry_id = h.id AND l.amount_cents < d.total_cents)",
        }.items()
    },
}


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def kinds_by_day(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The business dates on which each kind and variant occurs."""
    found: dict[str, list[str]] = {}
    for view, kinds in EVERY_DAY_KINDS.items():
        for kind in kinds:
            rows = db.execute(f"SELECT business_date FROM {view} WHERE kind = ?", (kind,))
            found[kind] = [day for (day,) in rows]
    for name, select in VARIANTS.items():
        found[name] = [day for (day,) in db.execute(select)]
    return found


def test_the_shares_of_the_kinds_are_thousandths() -> None:
    assert sum(kind.share for kind in plan.KINDS) == 1000
    assert len({kind.name for kind in plan.KINDS}) == len(plan.KINDS)


def test_a_month_of_a_small_company_has_about_five_hundred_documents(db: sqlite3.Connection) -> None:
    last = (FIRST_DAY + timedelta(days=30)).isoformat()
    ((documents,),) = db.execute(
        "SELECT (SELECT count(*) FROM documents WHERE business_date < :last)"
        " + (SELECT count(*) FROM movements WHERE business_date < :last)"
        " + (SELECT count(*) FROM payments WHERE business_date < :last)"
        " + (SELECT count(*) FROM sales_orders WHERE business_date < :last)",
        {"last": last},
    )
    assert 420 <= documents <= 580


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), first_day=st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_every_kind_comes_in_the_first_thirty_days(
    tmp_path_factory: pytest.TempPathFactory, seed: int, first_day: date
):
    path = tmp_path_factory.mktemp("seed") / "company.db"
    company.generate(path, seed=seed, first_day=first_day, days=30)
    with closing(sqlite3.connect(path)) as db:
        assert [kind for kind, days in kinds_by_day(db).items() if not days] == []
        assert {row[0] for row in db.execute("SELECT business_date FROM movements WHERE kind = 'opening'")} == {
            first_day.isoformat()
        }


def test_every_kind_comes_in_any_thirty_days(db: sqlite3.Connection) -> None:
    for kind, found in kinds_by_day(db).items():
        days = [date.fromisoformat(day) for day in sorted(found)]
        edges = [FIRST_DAY - timedelta(days=1), *days, FIRST_DAY + timedelta(days=DAYS)]
        longest = max(later - earlier for earlier, later in pairwise(edges))
        assert longest <= timedelta(days=30), kind


def test_weekends_are_quieter(db: sqlite3.Connection) -> None:
    counts = dict(
        db.execute("SELECT CAST(strftime('%w', business_date) AS INTEGER), count(*) FROM invoices GROUP BY 1")
    )
    assert max(counts.get(0, 0), counts.get(6, 0)) < min(counts[day] for day in range(1, 6))


def test_the_same_seed_makes_the_same_rows(tmp_path: Path) -> None:
    for name in ("one", "two"):
        company.generate(tmp_path / name, seed=11, first_day=FIRST_DAY, days=12)
    company.generate(tmp_path / "other", seed=12, first_day=FIRST_DAY, days=12)
    assert dump(tmp_path / "one") == dump(tmp_path / "two")
    assert dump(tmp_path / "one") != dump(tmp_path / "other")


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_nights_one_by_one_make_the_same_rows_as_one_go(tmp_path_factory: pytest.TempPathFactory, nights: list[int]):
    folder = tmp_path_factory.mktemp("nights")
    company.generate(folder / "once", first_day=FIRST_DAY, days=sum(nights))
    company.generate(folder / "nightly", first_day=FIRST_DAY, days=0)
    day = FIRST_DAY - timedelta(days=1)
    for count in nights:
        worked = company.advance(folder / "nightly", day + timedelta(days=count))
        assert worked == [day + timedelta(days=n) for n in range(1, count + 1)]
        day += timedelta(days=count)
    assert dump(folder / "nightly") == dump(folder / "once")


def test_a_day_is_worked_once(fresh: Path) -> None:
    before = dump(fresh)
    assert company.advance(fresh, FIRST_DAY + timedelta(days=DAYS - 1)) == []
    assert dump(fresh) == before


@pytest.mark.parametrize("size", ["medium", 45])
def test_a_size_is_a_name_or_a_number_of_documents(tmp_path: Path, size: str | int) -> None:
    company.generate(tmp_path / "company.db", first_day=FIRST_DAY, days=3, size=size)
    with closing(sqlite3.connect(tmp_path / "company.db")) as db:
        ((ordered,),) = db.execute("SELECT count(*) FROM sales_orders")
    expected = {"medium": 200, 45: 45}[size] * 3 * 160 / 1000
    assert 0.8 * expected <= ordered <= 1.2 * expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": "huge"}, "one of small, medium, large"),
        ({"size": 0}, "number of documents a day from 1"),
        ({"size": True}, "one of small"),
        ({"days": -1}, "days is -1"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, arguments: dict[str, object], message: str) -> None:
    wanted = {"first_day": FIRST_DAY, "days": 1, **arguments}
    with pytest.raises(ValueError, match=message):
        company.generate(tmp_path / "company.db", **wanted)  # type: ignore[arg-type]
    assert not (tmp_path / "company.db").exists()


def test_a_file_that_is_there_is_not_overwritten(fresh: Path) -> None:
    before = dump(fresh)
    with pytest.raises(FileExistsError, match="choose another file"):
        company.generate(fresh, first_day=FIRST_DAY, days=1)
    assert dump(fresh) == before


def test_a_company_that_is_not_there_cannot_advance(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="generate"):
        company.advance(tmp_path / "nowhere.db", FIRST_DAY)
    assert not (tmp_path / "nowhere.db").exists()


def test_a_day_that_fails_leaves_nothing_behind(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(fresh)

    def fail(work: object) -> bool:
        raise RuntimeError("the lights went out")

    kinds = [kind if kind.name != "shipment" else kind._replace(do=fail) for kind in plan.KINDS]
    monkeypatch.setattr(plan, "KINDS", kinds)
    with pytest.raises(RuntimeError, match="lights"):
        company.advance(fresh, FIRST_DAY + timedelta(days=DAYS))
    assert dump(fresh) == before
