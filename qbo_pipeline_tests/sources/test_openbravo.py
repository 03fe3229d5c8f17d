"""The Openbravo mapping on its sample company: every fact of SOURCE.md, from CSV files and from PostgreSQL."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.inventory.records import Document, Movement
from qbo_pipeline.sources.csv_folder import CsvFolderSource
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.source import Batch, Source
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import all_of, errors_of
from qbo_pipeline_tests.sources.openbravo import completed, load_openbravo

US, SPAIN = "F&B US, Inc.", "F&B España, S.A"
EAST, WEST = "9CF98A18BC754B99998E421F91C5FE12", "4D45FE4C515041709047F51D139A21AC"
ALL_DAYS = (date(2011, 1, 1), date(2013, 12, 31))
KINDS = {
    US: {
        "bill": 231, "sales_invoice": 113, "receipt": 89, "shipment": 115, "stock_count": 8, "transfer": 6,
        "payment_made": 181, "payment_received": 107,
    },
    SPAIN: {
        "bill": 226, "sales_invoice": 92, "receipt": 86, "shipment": 92, "stock_count": 6, "transfer": 3,
        "payment_made": 191, "payment_received": 86,
    },
}  # fmt: skip
SET_ASIDE = {
    US: {("payment_made", "required", "party_id"): 12, ("payment_made", "draft", "status"): 1},
    SPAIN: {("payment_made", "required", "party_id"): 8},
}


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return completed(shared_data / "openbravo_fb", tmp_path_factory.mktemp("openbravo") / "fb")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def batches(folder: Path, cache: Path) -> dict[str, list[Batch]]:
    """All of both legal entities, read once from the CSV files."""
    return {name: list(_csv(folder, cache, name).read_days(*ALL_DAYS, batch_size=500)) for name in (US, SPAIN)}


def _csv(folder: Path, cache: Path, legal_entity: str) -> CsvFolderSource:
    return CsvFolderSource(folder, "openbravo", {"legal_entity": legal_entity}, cache)


def _rows(folder: Path, table: str) -> Iterator[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _documents(batches: list[Batch]) -> dict[str, Document]:
    return {r.document_id: r for batch in batches for r in batch.records if isinstance(r, Document)}


def _movements(batches: list[Batch]) -> dict[str, Movement]:
    return {r.movement_id: r for batch in batches for r in batch.records if isinstance(r, Movement)}


@pytest.mark.parametrize("legal_entity", [US, SPAIN])
def test_the_source_has_no_problem(folder: Path, cache: Path, legal_entity: str) -> None:
    assert _csv(folder, cache, legal_entity).check() == []


@pytest.mark.parametrize("legal_entity", [US, SPAIN])
def test_every_record_is_read_or_set_aside_with_a_rule(batches: dict[str, list[Batch]], legal_entity: str) -> None:
    records, set_aside, _ = all_of(batches[legal_entity])

    assert Counter(record.kind for record in records.values()) == KINDS[legal_entity]
    found = Counter((aside.kind, aside.rule, aside.column) for aside in set_aside.values())
    assert found == SET_ASIDE[legal_entity]


def test_nothing_of_either_company_is_lost(folder: Path, batches: dict[str, list[Batch]]) -> None:
    """The ids of both legal entities together are those of the ERP's tables."""
    ids: dict[str, set[str]] = defaultdict(set)
    lines = 0
    for own in batches.values():
        for batch in own:
            ids[batch.record_type] |= {row.record_id for row in (*batch.records, *batch.set_aside)}
            lines += sum(len(record.lines) for record in batch.records if isinstance(record, Movement))

    def column(table: str, name: str) -> set[str]:
        return {row[name] for row in _rows(folder, table)}

    assert ids["document"] == column("C_INVOICE", "C_INVOICE_ID")
    assert ids["payment"] == column("FIN_PAYMENT", "FIN_PAYMENT_ID")
    assert ids["movement"] == (
        column("M_INOUT", "M_INOUT_ID")
        | column("M_INVENTORY", "M_INVENTORY_ID")
        | column("M_MOVEMENT", "M_MOVEMENT_ID")
    )
    assert lines == len(column("M_TRANSACTION", "M_TRANSACTION_ID")) == 3082


def test_batches_come_in_date_order(batches: dict[str, list[Batch]]) -> None:
    days = [batch.day for batch in batches[US]]

    assert all(one <= other for one, other in pairwise(day for day in days if day is not None))
    assert {row.business_date for batch in batches[US] for row in (*batch.records, *batch.set_aside)} == set(days)


def test_movements_add_up_to_stock_on_hand_in_all_keys(folder: Path) -> None:
    """The fact about the data itself, by product, bin and lot; the next tests hold the records against it."""
    moved: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in _rows(folder, "M_TRANSACTION"):
        lot = row["M_ATTRIBUTESETINSTANCE_ID"] or "0"
        moved[row["M_PRODUCT_ID"], row["M_LOCATOR_ID"], lot] += Decimal(row["MOVEMENTQTY"])
    on_hand = {
        (row["M_PRODUCT_ID"], row["M_LOCATOR_ID"], row["M_ATTRIBUTESETINSTANCE_ID"] or "0"): Decimal(row["QTYONHAND"])
        for row in _rows(folder, "M_STORAGE_DETAIL")
    }

    keys = set(moved) | set(on_hand)
    assert len(keys) == 193
    assert all(moved[key] == on_hand.get(key, 0) for key in keys)


def test_records_add_up_to_stock_on_hand(folder: Path, batches: dict[str, list[Batch]]) -> None:
    warehouse = {row["M_LOCATOR_ID"]: row["M_WAREHOUSE_ID"] for row in _rows(folder, "M_LOCATOR")}
    on_hand: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in _rows(folder, "M_STORAGE_DETAIL"):
        on_hand[row["M_PRODUCT_ID"], warehouse[row["M_LOCATOR_ID"]]] += Decimal(row["QTYONHAND"])
    moved: dict[tuple[str | None, str | None], Decimal] = defaultdict(Decimal)
    for own in batches.values():
        for movement in _movements(own).values():
            for line in movement.lines:
                moved[line.product_id, line.location_id] += line.quantity

    keys = set(moved) | set(on_hand)
    assert len(keys) > 50
    assert all(moved[product, location] == on_hand.get((product, location), 0) for product, location in keys)


def test_stock_value_at_the_end(folder: Path, cache: Path, batches: dict[str, list[Batch]]) -> None:
    expected = {EAST: Decimal("4127879.30"), WEST: Decimal("3091769.16")}
    values: dict[str, Decimal] = defaultdict(Decimal)
    for value in _csv(folder, cache, US).stock_values(ALL_DAYS[1]):
        assert value.currency == "USD"
        assert value.home_value == value.value
        values[value.location_id] += value.value
    lines: dict[str | None, Decimal] = defaultdict(Decimal)
    for movement in _movements(batches[US]).values():
        for line in movement.lines:
            lines[line.location_id] += line.value

    assert values == expected
    assert lines == expected
    assert sum(expected.values()) == Decimal("7219648.46")


def test_every_month_end_agrees_by_product_and_warehouse(folder: Path, cache: Path) -> None:
    names = {"US East Coast": EAST, "US West Coast": WEST, "US West coast": WEST}
    expected: dict[str, dict[tuple[str, str], tuple[Decimal, Decimal]]] = defaultdict(dict)
    for row in _rows(folder, "expected_us_month_end_stock"):
        key = (row["M_PRODUCT_ID"], names[row["warehouse"]])
        expected[row["month_end"]][key] = (Decimal(row["qty"]), Decimal(row["value_usd"]))
    source = _csv(folder, cache, US)

    for month, own in expected.items():
        year, number = (int(part) for part in month.split("-"))
        last = date.fromordinal(date(year + number // 12, number % 12 + 1, 1).toordinal() - 1)
        found = {(v.product_id, v.location_id): (v.quantity, v.value) for v in source.stock_values(last)}
        nonzero = {key: value for key, value in found.items() if key in own or value != (0, 0)}
        assert nonzero == own, month
    assert sum(len(own) for own in expected.values()) == 650


def test_matched_receipts_cost_what_their_bill_lines_say(batches: dict[str, list[Batch]]) -> None:
    """540 matches in one currency: the receipt's cost of the matched quantity is the bill's line, to the cent."""
    same, other = 0, 0
    for own in batches.values():
        lines = {line.line_id: (m, line) for m in _movements(own).values() for line in m.lines}
        for document in _documents(own).values():
            billed = {line.line_id: line for line in document.lines}
            for match in document.matches:
                movement, line = lines[match.movement_line_id]
                assert (movement.movement_id, match.quantity) == (match.movement_id, line.quantity)
                if movement.currency == document.currency:
                    same += 1
                    assert line.value == billed[match.line_id].net_amount
                else:
                    other += 1

    assert (same, other) == (540, 162)


def test_the_negative_invoice_comes_as_it_is(batches: dict[str, list[Batch]]) -> None:
    negative = [document for document in _documents(batches[US]).values() if document.total_amount < 0]

    (invoice,) = negative
    assert (invoice.kind, invoice.number, invoice.total_amount) == ("sales_invoice", "1000041", Decimal("-6536.22"))
    assert sum(line.net_amount for line in invoice.lines) == invoice.net_amount


def test_the_voided_shipment_and_its_reversal_balance(batches: dict[str, list[Batch]]) -> None:
    voided = [movement for movement in _movements(batches[US]).values() if movement.status == "voided"]
    _, _, warnings = all_of(batches[US])

    assert sorted(movement.number for movement in voided) == ["1000025", "1000028"]
    assert {movement.business_date for movement in voided} == {date(2012, 9, 25)}
    assert sum(line.value for movement in voided for line in movement.lines) == 0
    assert Counter(warning.rule for warning in warnings) == {"against_its_kind": 15}


def test_spanish_costs_keep_their_currency_and_get_the_sources_own_rate(
    folder: Path, cache: Path, batches: dict[str, list[Batch]]
) -> None:
    change = date(2012, 7, 13)
    for movement in _movements(batches[SPAIN]).values():
        if movement.business_date < change:
            assert movement.currency == "USD"
            assert movement.exchange_rate is not None
            assert Decimal("0.6") < movement.exchange_rate < Decimal("0.85")  # EUR for one USD
        else:
            assert (movement.currency, movement.exchange_rate) == ("EUR", None)
    home = sum(value.home_value for value in _csv(folder, cache, SPAIN).stock_values(ALL_DAYS[1]))
    converted = Decimal(0)
    for movement in _movements(batches[SPAIN]).values():
        rate = movement.exchange_rate or Decimal(1)
        for line in movement.lines:
            cents = (abs(line.value) * rate).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            converted += cents.copy_sign(line.value)
    assert home == converted


def test_parties_products_and_locations_are_those_of_the_legal_entity(folder: Path, cache: Path) -> None:
    records, set_aside, _ = all_of(_csv(folder, cache, US).read_master_data(batch_size=7))

    assert set_aside == {}
    assert Counter(key.split("/")[0] for key in records) == {"party": 11, "product": 21, "location": 2}
    assert Counter(record.kind for key, record in records.items() if key.startswith("product/")) == {
        "stocked": 13, "non_stocked": 1, "service": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"legal_entity": "F&B España, S.A."}, "there is no legal_entity 'F&B España, S.A.'"),
        ({"legal_entity": "F&B España, S.A."}, "did you mean 'F&B España, S.A'?"),
        ({}, "parameter 'legal_entity' needs one name"),
        ({"legal_entity": US, "warehouses": ["US Middle"]}, "there is no warehouses 'US Middle'"),
        ({"legal_entity": US, "warehouse": ["US East Coast"]}, "did you mean 'warehouses'?"),
    ],
)
def test_wrong_parameters_name_what_there_is(
    folder: Path, cache: Path, parameters: dict[str, Any], message: str
) -> None:
    source = CsvFolderSource(folder, "openbravo", parameters, cache)

    with pytest.raises(SourceError) as caught:
        source.stock_values(ALL_DAYS[1])

    assert message in str(caught.value)
    assert [str(problem) for problem in source.check()] == [str(caught.value)]


def test_warehouses_can_be_chosen(folder: Path, cache: Path) -> None:
    source = CsvFolderSource(folder, "openbravo", {"legal_entity": US, "warehouses": ["US East Coast"]}, cache)

    assert sum(value.value for value in source.stock_values(ALL_DAYS[1])) == Decimal("4127879.30")


@pytest.mark.parametrize("legal_entity", [US, SPAIN])
def test_postgresql_says_the_same(
    folder: Path, cache: Path, postgresql_url: str, batches: dict[str, list[Batch]], legal_entity: str
) -> None:
    load_openbravo(folder, postgresql_url)
    source: Source = SqlSource(postgresql_url, "openbravo", {"legal_entity": legal_entity})
    files = _csv(folder, cache, legal_entity)

    assert errors_of(source) == []
    records, set_aside, warnings = all_of(source.read_days(*ALL_DAYS, batch_size=300))
    expected, aside, warned = all_of(batches[legal_entity])
    assert records == expected
    assert {key: found.rule for key, found in set_aside.items()} == {key: found.rule for key, found in aside.items()}
    assert len(warnings) == len(warned)
    assert all_of(source.read_master_data(batch_size=5)) == all_of(files.read_master_data(batch_size=50))
    for day in (date(2011, 12, 31), date(2012, 7, 13), ALL_DAYS[1]):
        assert source.stock_values(day) == files.stock_values(day)
    assert [found.day for found in source.changed_days("2013-11-26 17:00:00").days] == [
        found.day for found in files.changed_days("2013-11-26 17:00:00").days
    ]
