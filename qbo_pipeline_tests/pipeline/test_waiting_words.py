"""What waits says the true reason, and which of our entries QuickBooks did not take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import open_postings
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper

NEW_INVOICE = (
    """INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount, tax_amount,
    total_amount) VALUES ('i2', 'sales_invoice', 'I2', '2024-03-06', 'c1', 'USD', '12.00', '0', '12.00')""",
    """INSERT INTO document_lines (document_id, line_id, product_id, net_amount, tax_amount)
    VALUES ('i2', 'i2-1', 'p1', '12.00', '0')""",
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE documents SET status = 'voided' WHERE document_id = 'i1'", "it was voided in the source"),
        ("DELETE FROM documents WHERE document_id = 'i1'", "its record is no longer in the source"),
    ],
    ids=["voided", "gone"],
)
def test_what_is_to_leave_quickbooks_says_why(shop: Shop, change: str, why: str) -> None:
    way_on = ": approve to take it out of QBO, or skip to keep it"
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        shop.change(change)
        carry(run, FIRST_DAY, LAST_DAY)
        (waiting,) = open_postings(run)
        assert waiting["reason"] == f"gone_from_source: {why}{way_on}"
    point_to(shop.settings, 'same_number = "hold_bills"', 'same_number = "hold"')
    with shop.run() as run:  # the policies are others, the reason is the same
        carry(run, FIRST_DAY, LAST_DAY)
        (waiting,) = open_postings(run)
    assert waiting["reason"] == f"gone_from_source: {why}{way_on}"


def test_an_inactive_item_is_named(shop: Shop, tmp_path: Path) -> None:
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        item = next(item for item in people.all("Item") if item.get("Sku") == "p1")
        people.save("Item", item | {"Active": False})
        shop.change(*NEW_INVOICE)
        result = carry(run, FIRST_DAY, LAST_DAY).result
        (waiting,) = open_postings(run)
        files = write_reports(run, result, tmp_path / "reports")
    people.close()
    named = f"Its ItemRef is product/p1 ('{item['Name']}', Id {item['Id']} in QuickBooks)."
    assert waiting["reason"].endswith(named)
    assert named in (files.tables / "exceptions.csv").read_text(encoding="utf-8-sig")
