"""What the sample company of Openbravo does not have, and other companies do: each case is one change of its tables."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.sources.csv_folder import load_folder
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import all_of

US, WEST = "F&B US, Inc.", "4D45FE4C515041709047F51D139A21AC"
LAST = date(2013, 12, 31)
VOIDED, REVERSAL = "103DEAD73785416B8B2688FA03D7CB43", "901A7E11C6744666B35359705753D2C0"


@pytest.fixture(scope="module")
def loaded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("openbravo") / "company.sqlite"
    load_folder(shared_data / "openbravo_fb", database)
    return database


@pytest.fixture
def database(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(loaded, tmp_path / "company.sqlite"))


def _change(database: Path, *statements: str) -> SqlSource:
    connection = sqlite3.connect(database)
    for statement in statements:
        assert connection.execute(statement).rowcount > 0, statement
    connection.commit()
    connection.close()
    return SqlSource(f"sqlite:///{database}", "openbravo", {"legal_entity": US})


def test_a_reversal_on_another_day_counts_on_its_own_day(database: Path) -> None:
    lines = f"(SELECT M_INOUTLINE_ID FROM M_INOUTLINE WHERE M_INOUT_ID = '{REVERSAL}')"
    source = _change(
        database,
        f"UPDATE M_INOUT SET MOVEMENTDATE = '2012-10-02 00:00:00.0' WHERE M_INOUT_ID = '{REVERSAL}'",
        f"UPDATE M_TRANSACTION SET MOVEMENTDATE = '2012-10-02 00:00:00.0' WHERE M_INOUTLINE_ID IN {lines}",
    )
    records, set_aside, _ = all_of(source.read_days(date(2011, 1, 1), LAST, batch_size=500))

    assert {records[f"movement/{identity}"].status for identity in (VOIDED, REVERSAL)} == {"completed"}
    assert {found.record_type for found in set_aside.values()} == {"payment"}
    between = date(2012, 9, 30)
    movements = [record for key, record in records.items() if key.startswith("movement/")]
    moved = [line.value for record in movements if record.business_date <= between for line in record.lines]
    assert sum(moved) == sum(value.value for value in source.stock_values(between))


def test_a_movement_of_two_currencies_is_set_aside(database: Path) -> None:
    lines = "SELECT MAX(M_INOUTLINE_ID) FROM M_INOUTLINE JOIN M_INOUT s USING (M_INOUT_ID)"
    east = "s.DOCUMENTNO = '1000029' AND s.ISSOTRX = 'Y' AND s.AD_ORG_ID = '7BABA5FF80494CAFA54DEBD22EC46F01'"
    source = _change(
        database,
        f"UPDATE M_TRANSACTION SET C_CURRENCY_ID = '102' WHERE M_INOUTLINE_ID = ({lines} WHERE {east})",
    )
    set_aside = [
        found
        for batch in source.read_days(date(2011, 1, 1), LAST, batch_size=500)
        for found in batch.set_aside
        if found.record_type == "movement"
    ]

    (aside,) = set_aside
    assert (aside.number, aside.rule, aside.value) == ("1000029", "line_currency", "EUR")
    assert len({line["currency"] for line in aside.content["movement_lines"]}) == 2


def test_an_origin_that_is_not_known_is_set_aside_by_name(database: Path) -> None:
    source = _change(
        database,
        "INSERT INTO M_TRANSACTION (M_TRANSACTION_ID, MOVEMENTTYPE, M_LOCATOR_ID, M_PRODUCT_ID, MOVEMENTDATE,"
        " MOVEMENTQTY, TRANSACTIONCOST, C_CURRENCY_ID)"
        " SELECT 'made', 'P+', MAX(b.M_LOCATOR_ID), MAX(t.M_PRODUCT_ID), '2012-01-10 00:00:00.0', '5', '7.50', '100'"
        f" FROM M_TRANSACTION t JOIN M_LOCATOR b USING (M_LOCATOR_ID) WHERE b.M_WAREHOUSE_ID = '{WEST}'",
    )

    set_aside = {}
    for batch in source.read_days(date(2012, 1, 10), date(2012, 1, 10), batch_size=500):
        set_aside |= {found.record_id: (found.rule, found.value) for found in batch.set_aside if batch.day}

    assert set_aside == {"made": ("choice", "P+")}


def test_drafts_and_unknown_currencies_are_set_aside(database: Path) -> None:
    source = _change(
        database,
        "UPDATE C_INVOICE SET PROCESSED = 'N' WHERE C_INVOICE_ID = '679768CF920E4A6A917167473AE34593'",
        f"UPDATE M_INOUT SET PROCESSED = 'N' WHERE M_INOUT_ID = '{VOIDED}'",
        "UPDATE C_INVOICE SET C_CURRENCY_ID = '114' WHERE DOCUMENTNO = '10000003' AND ISSOTRX = 'N'",
    )
    rules = Counter(
        (found.record_type, found.rule)
        for batch in source.read_days(date(2011, 1, 1), LAST, batch_size=500) for found in batch.set_aside
    )  # fmt: skip

    assert rules[("movement", "draft")] == 1
    assert rules[("document", "draft")] == 1
    assert rules[("document", "currency")] >= 1
    assert rules[("payment", "reference")] == 0


def test_a_cost_that_is_not_calculated_yet_sets_its_movement_aside_and_counts_as_nothing(database: Path) -> None:
    one = f"(SELECT MAX(M_INOUTLINE_ID) FROM M_INOUTLINE WHERE M_INOUT_ID = '{VOIDED}')"
    source = _change(database, f"UPDATE M_TRANSACTION SET TRANSACTIONCOST = NULL WHERE M_INOUTLINE_ID = {one}")

    _, set_aside, _ = all_of(source.read_days(date(2012, 9, 25), date(2012, 9, 25), batch_size=500))

    aside = set_aside[f"movement/{VOIDED}"]
    assert (aside.rule, aside.column) == ("required", "value")
    assert len(aside.content["movement_lines"]) == 15
    assert sum(value.value for value in source.stock_values(LAST)) != Decimal("7219648.46")


def test_a_shipment_of_services_alone_moves_no_stock(database: Path) -> None:
    source = _change(
        database,
        "DELETE FROM M_TRANSACTION WHERE M_INOUTLINE_ID IN (SELECT M_INOUTLINE_ID FROM M_INOUTLINE"
        f" WHERE M_INOUT_ID IN ('{VOIDED}', '{REVERSAL}'))",
        "UPDATE M_INOUTLINE SET M_PRODUCT_ID = (SELECT M_PRODUCT_ID FROM M_PRODUCT WHERE PRODUCTTYPE = 'S' LIMIT 1)"
        f" WHERE M_INOUT_ID = '{REVERSAL}'",
    )
    records, set_aside, _ = all_of(source.read_days(date(2012, 9, 25), date(2012, 9, 25), batch_size=500))

    assert f"movement/{REVERSAL}" not in {**records, **set_aside}  # nothing of it is stocked
    assert records[f"movement/{VOIDED}"].lines == ()  # stocked, and voided: its lines no longer matter
    assert source.check() == []
