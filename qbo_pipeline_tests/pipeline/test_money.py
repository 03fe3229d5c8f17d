"""Payments and orders through the whole pipeline: what exceeds an invoice together, what was on account before its bill
came, an order that makes its bill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.choosing import Filter
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.posting_again import post_again
from qbo_pipeline.pipeline.rolling_back import roll_back
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import states

PAYMENT = "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, method) VALUES "
ALLOCATION = "INSERT INTO payment_allocations (payment_id, allocation_id, document_id, amount) VALUES "


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)


def in_quickbooks(run: Run, key: str) -> dict[str, Any]:
    """The object that a posting is, as QuickBooks has it."""
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return run.quickbooks().read(link["entity"], link["qbo_id"])


def test_what_stands_in_quickbooks_keeps_what_it_settles(shop: Shop) -> None:
    """A payment of an earlier day that comes late gets what is left of the invoice, the rest is on account."""
    shop.change("UPDATE payments SET amount = '70.00'", "UPDATE payment_allocations SET amount = '70.00'")
    point_to(shop.settings, 'payment_methods = "noted"', 'payment_methods = "by_name"')
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        shop.change(
            PAYMENT + "('y0', 'payment_received', 'Y0', '2024-03-05', 'c1', 'USD', '50.00', 'Check')",
            ALLOCATION + "('y0', 'y0-1', 'i1', '50.00')",
        )
        done = carry(run, FIRST_DAY, LAST_DAY)
        assert [in_quickbooks(run, key)["UnappliedAmt"] for key in ("payment/y0", "payment/y1")] == [30, 0]
        assert in_quickbooks(run, "document/i1")["Balance"] == 0
        method = in_quickbooks(run, "payment/y0")["PaymentMethodRef"]["value"]
        assert run.quickbooks().read("PaymentMethod", method)["Name"] == "Check"
        shop.change("UPDATE payments SET status = 'voided' WHERE payment_id = 'y1'")
        carry(run, FIRST_DAY, LAST_DAY)
        decide(run, "approve", "payment/y1", "Ann", "it bounced")
        carry(run, FIRST_DAY, LAST_DAY)
        decide(
            run, "retry", "payment/y0", "Ann", "there is room now"
        )  # QuickBooks had refused it while the other stood
        again = carry(run, FIRST_DAY, LAST_DAY)
        assert in_quickbooks(run, "payment/y0")["UnappliedAmt"] == 0
        assert in_quickbooks(run, "document/i1")["Balance"] == 40
    assert (done.result.unexplained, again.result.unexplained) == (0, 0)


def test_a_payment_to_a_supplier_is_linked_to_the_bill_that_comes_later(shop: Shop) -> None:
    shop.change(
        "UPDATE documents SET business_date = '2024-03-06' WHERE document_id = 'b1'",
        PAYMENT + "('y2', 'payment_made', 'Y2', '2024-03-01', 's1', 'USD', '100.00', NULL)",
        ALLOCATION + "('y2', 'y2-1', 'b1', '100.00')",
        "UPDATE documents SET status = 'draft' WHERE document_id = 'b1'",
    )
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        entry = in_quickbooks(run, "payment/y2")
        shop.change("UPDATE documents SET status = 'completed' WHERE document_id = 'b1'")
        carry(run, FIRST_DAY, LAST_DAY)
        again = carry(run, FIRST_DAY, LAST_DAY)
        assert in_quickbooks(run, "payment/y2")["Id"] == entry["Id"]
        assert in_quickbooks(run, "document/b1")["Balance"] == 0
        assert states(run)["payment/y2#apply"] == ("posted", None)
    assert set(again.touched.values()) == {0}


def test_an_order_makes_its_bill_once_it_is_finished_and_never_twice(shop: Shop) -> None:
    point_to(shop.settings, "bills_from_orders = false", "bills_from_orders = true")
    shop.change(
        "UPDATE documents SET kind = 'purchase_order', business_date = '2024-03-02' WHERE document_id = 'b1'",
        PAYMENT + "('y2', 'payment_made', 'Y2', '2024-03-07', 's1', 'USD', '100.00', NULL)",
        ALLOCATION + "('y2', 'y2-1', 'b1', '100.00')",
    )
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        assert "document/b1" not in states(run)
        shop.change("UPDATE documents SET finished_on = '2024-03-05' WHERE document_id = 'b1'")
        done = carry(run, FIRST_DAY, LAST_DAY)
        made = in_quickbooks(run, "document/b1#bill")
        assert (made["TxnDate"], made["TotalAmt"], made["Balance"]) == ("2024-03-05", 100, 0)
        assert done.result.unexplained == 0
        shop.change(
            "INSERT INTO documents (document_id, kind, number, business_date, party_id, currency, net_amount,"
            " tax_amount, total_amount)"
            " VALUES ('b9', 'bill', 'B9', '2024-03-06', 's1', 'USD', '100.00', '0', '100.00')",
            "INSERT INTO document_lines (document_id, line_id, product_id, net_amount, order_id, order_line_id)"
            " VALUES ('b9', 'b9-1', 'p1', '100.00', 'b1', 'b1-1')",
        )
        again = carry(run, FIRST_DAY, LAST_DAY)
        found = states(run)
        assert found["document/b9"] == ("parked", "order_billed_twice")
        assert found["document/b1#bill"] == ("posted", None)
    assert again.result.unexplained == 0


def test_what_stays_out_by_the_settings_and_what_is_posted_already(shop: Shop) -> None:
    """Not approved it waits, approved it goes; what is posted stays when the settings switch its channel off."""
    point_to(shop.settings, "approved_statuses = []", 'approved_statuses = ["Approved"]')
    shop.change(
        "UPDATE documents SET source_status = 'Approved' WHERE document_id = 'b1'",
        "UPDATE documents SET source_status = 'Parked', channel = 'Market' WHERE document_id = 'i1'",
    )
    with shop.run() as run:
        first = carry(run, FIRST_DAY, LAST_DAY)
        assert "document/i1" not in states(run)
        assert in_quickbooks(run, "payment/y1")["UnappliedAmt"] == 120
        shop.change("UPDATE documents SET source_status = 'Approved' WHERE document_id = 'i1'")
        carry(run, FIRST_DAY, LAST_DAY)
        assert in_quickbooks(run, "document/i1")["Balance"] == 0
    text = shop.settings.read_text(encoding="utf-8")
    shop.settings.write_text(text + '\n[[not_exported]]\nchannels = ["Market"]\n', encoding="utf-8")
    shop.change("UPDATE documents SET memo = 'changed' WHERE document_id = 'i1'")
    with shop.run() as run:
        last = carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)["document/i1"] == ("posted", None)
        assert in_quickbooks(run, "document/i1")["Balance"] == 0
        assert broken_counts(run) == []
    assert (first.result.unexplained, last.result.unexplained) == (0, 0)


@pytest.mark.torture
def test_a_deposit_its_application_and_a_fee_leave_the_books_together_and_stand_again(shop: Shop) -> None:
    """Each object of a payment leaves before what it rests on; what is posted again is settled as before."""
    for name in ("customer_deposits", "supplier_deposits"):
        point_to(shop.settings, f'{name} = "on_account"', f'{name} = "own_account"')
    roles = {
        "customer_deposits": "Customer Deposits",
        "supplier_deposits": "Prepaid Expenses",
        "payment_fees": "Purchases",
    }
    with shop.run() as run:
        run.quickbooks().create(
            "Account", {"Name": "Customer Deposits", "AccountType": "Other Current Liability"}, request_id="a-person"
        )
    for role, account in roles.items():
        text = shop.settings.read_text(encoding="utf-8")
        old = next(line for line in text.splitlines() if line.startswith(f"# {role} ="))
        shop.settings.write_text(text.replace(old, f'{role} = "{account}"'), encoding="utf-8")
    shop.change(
        PAYMENT + "('y2', 'payment_made', 'Y2', '2024-03-01', 's1', 'USD', '120.00', NULL)",
        ALLOCATION + "('y2', 'y2-1', 'b1', '100.00')",
        "UPDATE payments SET business_date = '2024-03-02', fee_amount = '2.00' WHERE payment_id = 'y1'",
        "UPDATE payment_allocations SET business_date = '2024-03-02' WHERE payment_id = 'y1'",
    )
    everything = Filter(first=FIRST_DAY, last=LAST_DAY)
    with shop.run() as run:
        done = carry(run, FIRST_DAY, LAST_DAY)
        assert {key for key, state in states(run).items() if state != ("posted", None)} == set()
        settled = [in_quickbooks(run, key)["Balance"] for key in ("document/b1", "document/i1")]
        assert settled == [0, 0]
        outcomes = roll_back(run, everything, "Ann", "the wrong month")
        assert [(one.step.key, one.message) for one in outcomes if not one.done] == []
        kinds = ("document/", "movement/", "payment/")
        assert [row for row in rows(run, "SELECT key FROM posting_links") if row["key"].startswith(kinds)] == []
        assert [one.refused for one in post_again(run, everything, "Ann", "the right month")] == [""] * len(outcomes)
        assert [in_quickbooks(run, key)["Balance"] for key in ("document/b1", "document/i1")] == settled
        assert broken_counts(run) == []
    assert done.result.unexplained == 0
