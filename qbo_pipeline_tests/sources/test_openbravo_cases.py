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
from qbo_pipeline_tests.sources.openbravo import completed

US, WEST = "F&B US, Inc.", "4D45FE4C515041709047F51D139A21AC"
LAST = date(2013, 12, 31)
VOIDED, REVERSAL = "103DEAD73785416B8B2688FA03D7CB43", "901A7E11C6744666B35359705753D2C0"


@pytest.fixture(scope="module")
def loaded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openbravo")
    database = folder / "company.sqlite"
    load_folder(completed(shared_data / "openbravo_fb", folder / "fb"), database)
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
        "UPDATE C_INVOICE SET C_CURRENCY_ID = '9999' WHERE DOCUMENTNO = '10000003' AND ISSOTRX = 'N'",
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


LINE = "SELECT C_INVOICELINE_ID FROM C_INVOICELINETAX WHERE CAST(TAXAMT AS DECIMAL) = 0 LIMIT 1"


def test_a_line_with_two_taxes_carries_their_sum_and_its_own_tax(database: Path) -> None:
    """The line's own tax names both; 0.10 and 0.20 are 0.30, which binary floating point would not add up to."""
    connection = sqlite3.connect(database)
    (line,) = connection.execute(LINE).fetchone()
    (invoice,) = connection.execute(
        f"SELECT C_INVOICE_ID FROM C_INVOICELINE WHERE C_INVOICELINE_ID = '{line}'"
    ).fetchone()
    (total,) = connection.execute(f"SELECT GRANDTOTAL FROM C_INVOICE WHERE C_INVOICE_ID = '{invoice}'").fetchone()
    (org,) = connection.execute(f"SELECT AD_ORG_ID FROM C_INVOICE WHERE C_INVOICE_ID = '{invoice}'").fetchone()
    legal_entity = next(
        name for name in (US, "F&B España, S.A")
        if org in {row[0] for row in connection.execute(
            "SELECT AD_ORG_ID FROM AD_ORG WHERE NAME LIKE ?", (name.split(",")[0] + "%",))}
    )  # fmt: skip
    connection.close()
    _change(
        database,
        "INSERT INTO C_TAX (C_TAX_ID, NAME) VALUES ('both', 'IVA 21% + RE 5.2%')",
        f"UPDATE C_INVOICELINE SET C_TAX_ID = 'both' WHERE C_INVOICELINE_ID = '{line}'",
        f"UPDATE C_INVOICELINETAX SET TAXAMT = '0.10' WHERE C_INVOICELINE_ID = '{line}'",
        "INSERT INTO C_INVOICELINETAX (C_INVOICELINETAX_ID, C_INVOICE_ID, C_INVOICELINE_ID, C_TAX_ID, TAXAMT)"
        f" VALUES ('second', '{invoice}', '{line}', 'other', '0.20')",
        f"UPDATE C_INVOICE SET GRANDTOTAL = '{Decimal(total) + Decimal('0.30')}' WHERE C_INVOICE_ID = '{invoice}'",
    )
    source = SqlSource(f"sqlite:///{database}", "openbravo", {"legal_entity": legal_entity})
    records, set_aside, _ = all_of(source.read_days(date(2011, 1, 1), LAST, batch_size=500, record_types=["document"]))
    assert f"document/{invoice}" not in set_aside
    (found,) = [row for row in records[f"document/{invoice}"].lines if row.line_id == line]
    assert (found.tax_amount, found.tax_code) == (Decimal("0.30"), "IVA 21% + RE 5.2%")


def test_taxes_are_added_up_exactly_whatever_their_sign_and_size(database: Path) -> None:
    connection = sqlite3.connect(database)
    lines = [row[0] for row in connection.execute("SELECT C_INVOICELINE_ID FROM C_INVOICELINETAX LIMIT 5")]
    connection.close()
    amounts = ("-0.05", "-12345.6789", "0", "999999999.99", "0.1")
    source = _change(
        database,
        *(f"UPDATE C_INVOICELINETAX SET TAXAMT = '{amount}' WHERE C_INVOICELINE_ID = '{line}'"
          for line, amount in zip(lines, amounts, strict=True)),
    )  # fmt: skip
    rows = [
        row
        for legal_entity in (US, "F&B España, S.A")
        for row in _raw_lines(SqlSource(f"sqlite:///{database}", "openbravo", {"legal_entity": legal_entity}))
    ]
    found = {row["line_id"]: Decimal(row["tax_amount"]) for row in rows if row["line_id"] in lines}
    assert found == dict(zip(lines, map(Decimal, amounts), strict=True))
    source.close()


def _raw_lines(source: SqlSource) -> list[dict[str, object]]:
    reader = source._ready()
    with reader.database.reading("the test") as connection:
        return list(reader.rows(connection, "document_lines"))


def test_every_currency_comes_by_its_iso_code(database: Path) -> None:
    source = _change(
        database,
        "INSERT INTO C_CURRENCY (C_CURRENCY_ID, ISO_CODE) VALUES ('4711', 'MXN')",
        "UPDATE C_INVOICE SET C_CURRENCY_ID = '4711' WHERE C_INVOICE_ID = (SELECT MIN(C_INVOICE_ID) FROM C_INVOICE)",
        "UPDATE FIN_PAYMENT SET C_CURRENCY_ID = '114' WHERE DOCUMENTNO = (SELECT MIN(DOCUMENTNO) FROM FIN_PAYMENT)",
    )
    for kind in ("documents", "payments", "movements", "parties"):
        reader = source._ready()
        with reader.database.reading("the test") as connection:
            codes = {row["currency"] for row in reader.rows(connection, kind)}
        assert codes <= {"USD", "EUR", "MXN", "GBP", None}


def paid(database: Path) -> tuple[str, str, Decimal, str]:
    """A payment of the US company that settles one invoice: its id, the invoice's, the amount, the schedule's."""
    connection = sqlite3.connect(database)
    row = connection.execute(
        "SELECT d.FIN_PAYMENT_ID, s.C_INVOICE_ID, p.AMOUNT, MIN(a.FIN_PAYMENT_SCHEDULEDETAIL_ID)"
        " FROM FIN_PAYMENT_SCHEDULEDETAIL a JOIN FIN_PAYMENT_DETAIL d USING (FIN_PAYMENT_DETAIL_ID)"
        " JOIN FIN_PAYMENT p ON p.FIN_PAYMENT_ID = d.FIN_PAYMENT_ID"
        " JOIN FIN_PAYMENT_SCHEDULE s ON s.FIN_PAYMENT_SCHEDULE_ID = a.FIN_PAYMENT_SCHEDULE_INVOICE"
        " WHERE p.ISRECEIPT = 'Y' AND p.PROCESSED = 'Y' AND a.AMOUNT = p.AMOUNT AND p.AD_ORG_ID IN"
        " (SELECT AD_ORG_ID FROM AD_ORG WHERE NAME LIKE 'F&B US%')"
        " GROUP BY d.FIN_PAYMENT_ID HAVING COUNT(*) = 1"
    ).fetchone()
    connection.close()
    return row[0], row[1], Decimal(row[2]), row[3]


def test_what_a_payment_by_credit_settles_is_settled_by_the_payment_that_left_the_credit(database: Path) -> None:
    payment, invoice, amount, _ = paid(database)
    source = _change(
        database,
        "INSERT INTO FIN_PAYMENT (FIN_PAYMENT_ID, AD_ORG_ID, ISRECEIPT, C_BPARTNER_ID, PAYMENTDATE, C_CURRENCY_ID,"
        " AMOUNT, DOCUMENTNO, STATUS, PROCESSED, GENERATED_CREDIT, FIN_FINANCIAL_ACCOUNT_ID, UPDATED)"
        " SELECT 'prepaid', AD_ORG_ID, ISRECEIPT, C_BPARTNER_ID, '2011-05-02 00:00:00.0', C_CURRENCY_ID, AMOUNT,"
        " 'PRE-1', STATUS, 'Y', AMOUNT, FIN_FINANCIAL_ACCOUNT_ID, UPDATED FROM FIN_PAYMENT"
        f" WHERE FIN_PAYMENT_ID = '{payment}'",
        f"UPDATE FIN_PAYMENT SET AMOUNT = '0', USED_CREDIT = '{amount}' WHERE FIN_PAYMENT_ID = '{payment}'",
        "INSERT INTO FIN_PAYMENT_CREDIT (FIN_PAYMENT_CREDIT_ID, FIN_PAYMENT_ID, FIN_PAYMENT_ID_USED, AMOUNT, UPDATED)"
        f" VALUES ('c1', '{payment}', 'prepaid', '{amount}', '2013-11-27 09:00:00.0')",
    )
    records, set_aside, _ = all_of(source.read_days(date(2011, 1, 1), LAST, batch_size=500, record_types=["payment"]))
    assert not {f"payment/{payment}", "payment/prepaid"} & set(set_aside)
    assert records[f"payment/{payment}"].allocations == ()
    earlier = records["payment/prepaid"]
    assert [(item.document_id, item.amount) for item in earlier.allocations] == [(invoice, amount)]
    assert earlier.amount == amount
    assert date(2011, 5, 2) in [found.day for found in source.changed_days("2013-11-27 08:59:00").days]


def test_credit_of_two_payments_is_set_aside_and_not_settled_twice(database: Path) -> None:
    payment, _, amount, _ = paid(database)
    source = _change(
        database,
        f"UPDATE FIN_PAYMENT SET AMOUNT = '0', USED_CREDIT = '{amount}' WHERE FIN_PAYMENT_ID = '{payment}'",
        "INSERT INTO FIN_PAYMENT_CREDIT (FIN_PAYMENT_CREDIT_ID, FIN_PAYMENT_ID, FIN_PAYMENT_ID_USED, AMOUNT) VALUES"
        f" ('c1', '{payment}', 'one', '1'), ('c2', '{payment}', 'two', '1')",
    )
    _, set_aside, _ = all_of(source.read_days(date(2011, 1, 1), LAST, batch_size=500, record_types=["payment"]))
    assert set_aside[f"payment/{payment}"].rule == "over_allocated"
