"""What is inactive in the source is deactivated in QuickBooks once nothing needs it, and active again where it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows

NEW_INVOICE = (
    (
        "INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount, tax_amount, "
        f"total_amount) VALUES ('i9', 'sales_invoice', 'I9', '{LAST_DAY}', 'c1', 'USD', '5.00', '0', '5.00')"
    ),
    (
        "INSERT INTO document_lines (document_id, line_id, product_id, net_amount, quantity) "
        "VALUES ('i9', 'i9-1', 'p1', '5.00', '1')"
    ),
)


def there(run: Run, key: str, entity: str) -> dict[str, Any]:
    (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=key)
    return dict(run.quickbooks().read(entity, link["qbo_id"]))


def test_an_entry_is_deactivated_and_comes_back_with_its_next_document(tmp_path: Path) -> None:
    source = shop_rows()
    source["parties"][0]["active"] = "no"
    source["products"][0]["active"] = "no"
    source["payments"][0]["amount"] = "90.00"  # all that the customer owes
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        point_to(shop.settings, 'inactive = "kept_active"', 'inactive = "deactivated"')
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            assert there(run, "party/customer:c1", "Customer")["Active"] is True  # its documents had to be posted
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert carried.touched["posted"] == 2
            assert there(run, "party/customer:c1", "Customer")["Active"] is False
            assert there(run, "product/p1", "Item")["Active"] is False
        with shop.run() as run:
            assert not any(carry(run, FIRST_DAY, LAST_DAY).touched.values())
        shop.change(*NEW_INVOICE)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            assert not rows(run, "SELECT key, message FROM postings WHERE state = 'parked'")
            assert there(run, "document/i9", "Invoice")["Balance"] == 5
            customer = there(run, "party/customer:c1", "Customer")
            assert (customer["Active"], customer["DisplayName"]) == (True, "Café Sol")
        with shop.run() as run:  # QuickBooks keeps a customer with an open balance active, and a person is told
            carry(run, FIRST_DAY, LAST_DAY)
            (refused,) = rows(run, "SELECT key, message FROM postings WHERE state = 'parked'")
            assert refused["key"] == "party/customer:c1"
            assert "balance" in refused["message"]
            assert there(run, "party/customer:c1", "Customer")["Active"] is True
            assert there(run, "product/p1", "Item")["Active"] is False
