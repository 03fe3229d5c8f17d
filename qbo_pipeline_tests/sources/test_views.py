"""A source that offers tables with the contract's names needs no mapping: read on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.inventory.records import Allocation, Document, DocumentLine, Match, Movement, MovementLine
from qbo_pipeline.sources.source import ChangedDay, ChangedDays
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import all_of, errors_of, good_company, write_company

MARCH = (date(2024, 3, 1), date(2024, 3, 31))


@pytest.fixture
def source(source_url: str) -> SqlSource:
    write_company(source_url, good_company())
    return SqlSource(source_url)


def test_a_good_company_has_no_problem(source: SqlSource) -> None:
    assert errors_of(source) == []


def test_all_records_come_with_their_lines(source: SqlSource) -> None:
    records, set_aside, warnings = all_of(source.read_days(*MARCH, batch_size=100))

    assert set_aside == {}
    assert warnings == []
    assert sorted(records) == [
        "document/b1", "document/i1", "movement/a1", "movement/d1", "movement/r1", "movement/t1", "payment/y1",
    ]  # fmt: skip
    assert records["document/b1"] == Document(
        document_id="b1", kind="bill", number="B1", business_date=date(2024, 3, 2), party_id="s1", currency="EUR",
        net_amount=Decimal(100), tax_amount=Decimal(0), total_amount=Decimal(100),
        lines=(
            DocumentLine(
                line_id="b1-1", line_number=1, product_id="p1", quantity=Decimal(10), net_amount=Decimal(100)
            ),
        ),
        matches=(Match(line_id="b1-1", movement_id="r1", movement_line_id="r1-1", quantity=Decimal(10)),),
    )  # fmt: skip
    assert records["movement/a1"] == Movement(
        movement_id="a1", kind="assembly", number="A1", business_date=date(2024, 3, 6), currency="EUR",
        lines=(
            MovementLine(
                line_id="a1-1", line_number=1, product_id="p1", location_id="w1",
                quantity=Decimal(-1), value=Decimal(-10),
            ),
            MovementLine(
                line_id="a1-2", line_number=2, product_id="p2", location_id="w1",
                quantity=Decimal(1), value=Decimal("12.5"),
            ),
            MovementLine(line_id="a1-3", line_number=3, role="labour", value=Decimal("2.5")),
        ),
    )  # fmt: skip
    assert records["payment/y1"].allocations == (
        Allocation(allocation_id="y1-1", document_id="i1", amount=Decimal("108.91")),
    )


def test_master_data_comes_whole(source: SqlSource) -> None:
    records, set_aside, _ = all_of(source.read_master_data(batch_size=1))

    assert set_aside == {}
    assert sorted(records) == [
        "location/w1", "location/w2", "party/customer:c1", "party/supplier:s1", "product/p1", "product/p2",
    ]  # fmt: skip


def test_only_the_days_asked_for_are_read(source: SqlSource) -> None:
    records, _, _ = all_of(source.read_days(date(2024, 3, 4), date(2024, 3, 5), batch_size=100))

    assert sorted(records) == ["document/i1", "movement/d1", "movement/t1"]


def test_stock_values_are_those_of_the_day(source: SqlSource) -> None:
    def values(day: date) -> list[tuple[str, str, Decimal, Decimal]]:
        return [(v.product_id, v.location_id, v.quantity, v.value) for v in source.stock_values(day)]

    assert values(date(2024, 2, 29)) == []
    assert values(date(2024, 3, 4)) == [("p1", "w1", Decimal(6), Decimal(60))]
    assert values(date(2024, 3, 31)) == [
        ("p1", "w1", Decimal(3), Decimal(30)),
        ("p1", "w2", Decimal(2), Decimal(20)),
        ("p2", "w1", Decimal(1), Decimal("12.5")),
    ]


def test_stock_in_another_currency_is_converted_row_by_row(source_url: str) -> None:
    rows = good_company()
    rows["stock_values"] = [
        {
            "business_date": "2024-03-01", "product_id": "p1", "location_id": "w1", "quantity": "1", "value": value,
            "currency": "USD", "exchange_rate": "0.9", "direction": direction,
        }
        for value, direction in (("0.05", 1), ("0.05", 1), ("0.05", -1))
    ]  # fmt: skip
    write_company(source_url, rows)

    (value,) = SqlSource(source_url).stock_values(date(2024, 3, 31))

    assert (value.value, value.home_value) == (Decimal("0.05"), Decimal("0.05"))  # 0.045 is 0.05, each time


def test_changed_days_overlap_their_watermark(source: SqlSource) -> None:
    everything = source.changed_days(None)
    again = source.changed_days(everything.watermark)

    assert [(changed.day, changed.changed_at[:19]) for changed in everything.days] == [
        (date(2024, 3, 1), "2024-03-08 11:00:00"),
        (date(2024, 3, 4), "2024-03-08 12:00:00"),
    ]
    assert again == ChangedDays(
        days=(ChangedDay(day=date(2024, 3, 4), changed_at="2024-03-08 12:00:00.5"),), watermark="2024-03-08 12:00:00.5"
    )


def test_ids_may_be_numbers(source_url: str) -> None:
    rows = good_company()
    del rows["payments"], rows["payment_allocations"], rows["bill_matches"]
    for kind in ("documents", "document_lines"):
        rows[kind] = [{**row, "document_id": {"b1": 17, "i1": 4}[row["document_id"]]} for row in rows[kind]]
    types = {"documents.document_id": "INTEGER", "document_lines.document_id": "INTEGER"}
    write_company(source_url, rows, types)

    records, set_aside, _ = all_of(SqlSource(source_url).read_days(*MARCH, batch_size=1))

    assert set_aside == {}
    assert {key for key in records if key.startswith("document/")} == {"document/17", "document/4"}
    assert len(records["document/4"].lines) == 2
    assert SqlSource(source_url).existing("document", ["17", "18", "4"]) == {"17", "4"}


def test_one_type_can_be_read_alone(source: SqlSource) -> None:
    records, _, _ = all_of(source.read_days(*MARCH, batch_size=100, record_types=["payment"]))

    assert sorted(records) == ["payment/y1"]


def test_what_exists_is_known_whatever_its_day(source: SqlSource) -> None:
    assert source.existing("movement", ["r1", "gone", "a1"]) == {"r1", "a1"}
    assert source.existing("payment", []) == set()


def test_views_over_tables_of_ones_own_need_no_mapping(tmp_path: Path) -> None:
    """Cents in integers become decimal text in the view, without a binary float on the way."""
    path = tmp_path / "shop.sqlite"
    rows = good_company()
    del rows["documents"], rows["locations"]
    write_company(f"sqlite:///{path}", rows)
    shop = sqlite3.connect(path)
    shop.executescript(
        """
        CREATE TABLE warehouses (code TEXT PRIMARY KEY, city TEXT);
        INSERT INTO warehouses VALUES ('w1', 'North'), ('w2', 'South');
        CREATE VIEW locations AS SELECT code AS location_id, city AS name FROM warehouses;
        CREATE TABLE papers (id TEXT, sort TEXT, day TEXT, partner TEXT, net INTEGER, tax INTEGER);
        INSERT INTO papers VALUES ('b1', 'bill', '2024-03-02', 's1', 10000, 0);
        INSERT INTO papers VALUES ('i1', 'sales_invoice', '2024-03-04', 'c1', 9000, 1891);
        CREATE VIEW documents AS
        SELECT id AS document_id, sort AS kind, id AS number, day AS business_date, partner AS party_id,
          'EUR' AS currency, printf('%d.%02d', net / 100, net % 100) AS net_amount,
          printf('%d.%02d', (net + tax) / 100, (net + tax) % 100) AS total_amount
        FROM papers;
        """
    )
    shop.close()
    source = SqlSource(f"sqlite:///{path}")

    assert source.check() == []
    records, set_aside, _ = all_of(source.read_days(*MARCH, batch_size=100))
    assert set_aside == {}
    assert records["document/i1"].total_amount == Decimal("108.91")
    assert records["document/i1"].tax_amount == Decimal("18.91")
