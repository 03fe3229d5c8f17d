"""Records that come in the wrong order: a bill before its receipt, an allocation after its payment."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, STOCK_VALUE, Shop, open_shop, shop_rows


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop, whose receipt and whose payment's allocation are not entered yet."""
    source = shop_rows()
    source["movements"] = [row for row in source["movements"] if row["movement_id"] != "r1"]
    for kind in ("movement_lines", "bill_matches"):
        source[kind] = [row for row in source[kind] if row["movement_id"] != "r1"]
    source["stock_values"] = source["stock_values"][1:]
    source["payment_allocations"] = []
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator, source)


def _not_invoiced(run: Run) -> Decimal:
    """The balance of goods received not invoiced, in QBO's own ledger."""
    with run.database.reading() as connection:
        accounts = sorted(StoredBooks(connection, run.settings).books.accounts_of("goods_received_not_invoiced"))
    report = run.quickbooks().ledger(accounts, FIRST_DAY, LAST_DAY)
    return sum((item.balance for item in report.balances), Decimal(0))


def _object(run: Run, key: str) -> dict[str, Any]:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return dict(run.quickbooks().read(link["entity"], link["qbo_id"]))


def test_a_bill_before_its_receipt_clears_when_the_receipt_comes(shop: Shop) -> None:
    early = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    assert (early.result.stock_value, early.result.difference) == (STOCK_VALUE - 100, 0)
    with shop.run() as run:
        assert _not_invoiced(run) == 100  # billed and not received
        bill = _object(run, "document/b1")

    shop.change(
        "INSERT INTO movements (movement_id, kind, number, business_date, currency, party_id) "
        "VALUES ('r1', 'receipt', 'R1', '2024-03-05', 'USD', 's1')",
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value) "
        "VALUES ('r1', 'r1-1', 'p1', 'w1', '10', '100.00')",
        "INSERT INTO bill_matches (document_id, line_id, movement_id, movement_line_id, quantity) "
        "VALUES ('b1', 'b1-1', 'r1', 'r1-1', '10')",
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency) "
        "VALUES ('2024-03-05', 'p1', 'w1', '10', '100.00', 'USD')",
    )
    late = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        assert _not_invoiced(run) == 0
        assert broken_counts(run) == []
        assert _object(run, "document/b1")["Id"] == bill["Id"]
    assert (late.touched["new"], late.touched["changed"], late.touched["vanished"]) == (1, 1, 0)
    assert (late.result.stock_value, late.result.difference, late.result.status) == (STOCK_VALUE, 0, "balanced")


def test_an_allocation_after_its_payment_updates_the_payment(shop: Shop) -> None:
    carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        unapplied = _object(run, "payment/y1")
    assert Decimal(str(unapplied["UnappliedAmt"])) == 120

    shop.change(
        "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount) "
        "VALUES ('y1', 'y1-1', 'i1', '90.00')"
    )
    late = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
    with shop.run() as run:
        applied, invoice = _object(run, "payment/y1"), _object(run, "document/i1")

    assert late.touched == {"new": 0, "changed": 1, "vanished": 0, "postings": 1, "posted": 1}
    assert (applied["Id"], Decimal(str(applied["UnappliedAmt"]))) == (unapplied["Id"], 30)
    assert Decimal(str(invoice["Balance"])) == 0
