"""Whole ways over the emulator: goods that are made, moved, written down; a company that keeps one currency."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry_file, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, STOCK_VALUE, Shop, open_shop, shop_rows

DAY = "2024-03-06"


def _balance(run: Run, role: str) -> Decimal:
    """Of the accounts of a role, in QuickBooks' own ledger."""
    with run.database.reading() as connection:
        accounts = sorted(StoredBooks(connection, run.settings).books.accounts_of(role))
    report = run.quickbooks().ledger(accounts, FIRST_DAY, LAST_DAY)
    return sum((item.balance for item in report.balances), Decimal(0))


def _moved(movement_id: str, kind: str, *lines: tuple[str, str | None, str, str, str]) -> tuple[dict[str, Any], Any]:
    """A movement in USD of one day, and its lines of (role, product, location, quantity, value)."""
    header = {
        "movement_id": movement_id, "kind": kind, "number": movement_id, "business_date": DAY, "currency": "USD",
    }  # fmt: skip
    own = [
        {
            "movement_id": movement_id, "line_id": f"{movement_id}-{number}", "role": role, "product_id": product,
            "location_id": location or None, "quantity": quantity, "value": value,
        }
        for number, (role, product, location, quantity, value) in enumerate(lines, start=1)
    ]  # fmt: skip
    return header, own


def _stock(product: str, location: str, quantity: str, value: str) -> dict[str, Any]:
    return {
        "business_date": DAY, "product_id": product, "location_id": location, "quantity": quantity, "value": value,
        "currency": "USD",
    }  # fmt: skip


def test_what_is_made_moved_and_written_down_is_in_balance(tmp_path: Path) -> None:
    """Two beans go into work with labour and a service, one gift box comes out of it with waste; one bean is on its way
    to the other warehouse; the gift boxes are written down, and an assembly takes a service in."""
    source = shop_rows()
    source["products"].append({"product_id": "p3", "kind": "service", "name": "Roasting"})
    made = (
        _moved(
            "m1", "production_issue",
            ("stock", "p1", "w1", "-2", "-20.00"), ("stock", "p3", "w1", "-1", "-3.00"),
            ("labour", None, "", "0", "4.00"),
        ),
        _moved("m2", "production_receipt", ("stock", "p2", "w1", "1", "22.00"), ("waste", None, "", "0", "5.00")),
        _moved("m3", "transfer_out", ("stock", "p1", "w2", "-1", "-10.00")),
        _moved("m4", "write_down", ("stock", "p2", "w1", "0", "-6.00")),
        _moved("m5", "assembly", ("stock", "p3", "w1", "-1", "-2.00"), ("stock", "p2", "w1", "1", "2.00")),
    )  # fmt: skip
    source["movements"] += [header for header, _ in made]
    source["movement_lines"] += [line for _, lines in made for line in lines]
    source["stock_values"] += [
        _stock("p1", "w1", "-2", "-20.00"), _stock("p2", "w1", "1", "22.00"), _stock("p1", "w2", "-1", "-10.00"),
        _stock("p2", "w1", "0", "-6.00"), _stock("p2", "w1", "1", "2.00"),
    ]  # fmt: skip
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        point_to(shop.settings, '# work_in_progress = "Work in Progress"', 'work_in_progress = "Work in Progress"')
        carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
        with shop.run() as run:
            assert (_balance(run, "work_in_progress"), _balance(run, "in_transit")) == (0, 10)
            assert broken_counts(run) == []
            states = {row["state"] for row in rows(run, "SELECT state FROM postings WHERE superseded_by IS NULL")}
            assert states == {"posted"}
    assert (carried.result.stock_value, carried.result.difference) == (STOCK_VALUE - 12, 0)
    assert carried.result.status == "balanced"


def test_a_company_of_one_currency_has_a_foreign_sale_and_its_payment_in_its_own(tmp_path: Path) -> None:
    """90.00 EUR at 1.10 are paid at 1.20: the invoice is settled, 9.00 are gained, 30.00 more are on account."""
    source = shop_rows()
    for kind, rate in (("documents", "1.10"), ("payments", "1.20")):
        for row in source[kind]:
            if row.get("document_id") != "b1":
                row |= {"currency": "EUR", "exchange_rate": rate}
    source["parties"][0]["currency"] = "EUR"
    with running_emulator("--limits", "off") as emulator:
        shop: Shop = open_shop(tmp_path, emulator, source)
        point_to(shop.settings, 'foreign_documents = "own_currency"', 'foreign_documents = "home_currency"')
        point_to(
            shop.settings,
            '# exchange_difference = "Exchange Gain or Loss"',
            'exchange_difference = "Miscellaneous"',
        )
        carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
        with shop.run() as run:
            links = {row["key"]: row for row in rows(run, "SELECT key, entity, qbo_id FROM posting_links")}
            invoice = run.quickbooks().read("Invoice", links["document/i1"]["qbo_id"])
            paid = run.quickbooks().read("Payment", links["payment/y1"]["qbo_id"])
            gained = run.quickbooks().read("JournalEntry", links["payment/y1#exchange"]["qbo_id"])
            assert broken_counts(run) == []
            assert _balance(run, "bank") == 144
    assert (Decimal(str(invoice["TotalAmt"])), Decimal(str(invoice["Balance"]))) == (99, 0)
    assert (Decimal(str(paid["TotalAmt"])), Decimal(str(paid["UnappliedAmt"]))) == (135, 36)
    assert {Decimal(str(line["Amount"])) for line in gained["Line"]} == {9}
    assert carried.result.status == "balanced"


def test_a_british_sale_has_quickbooks_own_tax_and_its_cents_are_counted(tmp_path: Path) -> None:
    """Three lines of 0.13 with 0.03 each: QuickBooks reckons 0.08 together, and 0.01 is on the account of rounding."""
    source = shop_rows()
    for kind in source.values():
        for row in kind:
            if "currency" in row:
                row["currency"] = "GBP"
    lines = [row for row in source["document_lines"] if row["document_id"] != "i1"]
    taxed = {"document_id": "i1", "product_id": "p1", "net_amount": "0.13", "tax_amount": "0.03", "tax_code": "S20"}
    source["document_lines"] = [*lines, *(taxed | {"line_id": f"i1-{number}"} for number in (1, 2, 3))]
    source["documents"][1] |= {"net_amount": "0.39", "tax_amount": "0.09", "total_amount": "0.48"}
    source["payment_allocations"][0]["amount"] = "0.48"
    source["documents"].append(source["documents"][1] | {"document_id": "odd", "number": "ODD"})
    odd = [line | {"document_id": "odd", "line_id": f"odd-{line['line_id']}"} for line in source["document_lines"][-3:]]
    source["document_lines"] += [odd[0], odd[1] | {"tax_code": "X9"}, odd[2]]
    with running_emulator("--limits", "off", "--company", "uk") as emulator:
        codes = {"S20": "20.0% S", "": "No VAT"}
        shop = open_shop(tmp_path, emulator, source, currency="GBP", tax_codes=codes)
        point_to(shop.settings, 'tax_total = "source"', 'tax_total = "by_document"')
        carried = carry_file(shop.settings, FIRST_DAY, LAST_DAY)
        with shop.run() as run:
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")
            invoice = run.quickbooks().read("Invoice", link["qbo_id"])
            (waits,) = rows(run, "SELECT key, reason, message FROM postings WHERE state = 'parked'")
    assert (waits["key"], waits["reason"]) == ("document/odd", "unknown_tax_code")
    assert all(words in waits["message"] for words in ("line 2 of", "ODD", "'X9'", "[tax_codes]"))
    totals = carried.transformed.totals()
    assert (totals["documents_with_tax_rounding"], totals["tax_rounding"]) == (1, Decimal("0.01"))
    assert Decimal(str(invoice["TotalAmt"])) == Decimal("0.48")
    assert Decimal(str(invoice["TxnTaxDetail"]["TotalTax"])) == Decimal("0.08")
    assert Decimal(str(invoice["Balance"])) == 0
    assert carried.result.status == "balanced"
