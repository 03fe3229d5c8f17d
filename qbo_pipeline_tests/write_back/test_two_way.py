"""The two-way tie-out knows a record by whatever forms it has in QuickBooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qbo_pipeline.pipeline.two_way import two_way
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.write_back.inbox_shop import night, ours, shop_with_inbox

KINDS = ("payments_received", "payments_made", "sales_invoices", "sales_credits", "bills")


def compared(shop: Shop) -> dict[str, tuple[int, list[dict[str, Any]]]]:
    with shop.run() as run:
        return {kind.kind: (kind.agree, kind.differ) for kind in two_way(run)}


def test_what_has_another_form_in_quickbooks_agrees_all_the_same(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    """Paid in advance and paid back are journals there, a deposit is one beside its payment, an invoice of less than
    nothing is a credit, and an order makes its bill."""
    shop = shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=KINDS)
    people.save("Account", {"Name": "Customer Deposits", "AccountType": "Other Current Liability"})
    point_to(shop.settings, 'customer_deposits = "on_account"', 'customer_deposits = "own_account"')
    point_to(shop.settings, "[accounts.roles]", '[accounts.roles]\ncustomer_deposits = "Customer Deposits"')
    point_to(shop.settings, "bills_from_orders = false", "bills_from_orders = true")
    shop.change(
        "INSERT INTO documents (document_id, kind, number, business_date, finished_on, party_id, currency, net_amount,"
        " tax_amount, total_amount) VALUES ('o1', 'purchase_order', 'o1', '2024-03-05', '2024-03-06', 's1', 'USD',"
        " '8.00', '0', '8.00')",
        "INSERT INTO document_lines (document_id, line_id, description, quantity, net_amount, tax_amount)"
        " VALUES ('o1', 'o1-1', 'Cups', '1', '8.00', '0')",
        "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount)"
        " VALUES ('y2', 'payment_made', 'Y2', '2024-03-05', 's1', 'USD', '55.00'),"
        " ('y3', 'payment_received', 'Y3', '2024-03-05', 'c1', 'USD', '-7.00'),"
        " ('y4', 'payment_received', 'Y4', '2024-03-05', 'c1', 'USD', '100.00')",
        "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount)"
        " VALUES ('y4', '1', 'i1', '60')",
        "INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount, tax_amount,"
        " total_amount) VALUES ('i2', 'sales_invoice', 'i2', '2024-03-05', 'c1', 'USD', '-9.00', '0', '-9.00')",
        "INSERT INTO document_lines (document_id, line_id, product_id, quantity, net_amount, tax_amount)"
        " VALUES ('i2', 'i2-1', 'p1', '-1', '-9.00', '0')",
    )
    night(shop)
    with shop.run() as run:
        assert rows(run, "SELECT entity FROM posting_links WHERE key = 'document/o1#bill'") == [{"entity": "Bill"}]
    assert compared(shop) == {
        "payments_received": (2, []), "payments_made": (1, []), "sales_invoices": (2, []), "sales_credits": (0, []),
        "bills": (1, []),
    }  # fmt: skip

    with shop.run() as run:
        journal = ours(run, people, "payment/y2")
        for line in journal["Line"]:
            line["Amount"] = 50
        people.save("JournalEntry", journal)
    ((differs,),) = [differ for _, differ in compared(shop).values() if differ]
    assert (differs["key"], differs["here"], differs["there"]) == ("payment/y2", 55, 50)
