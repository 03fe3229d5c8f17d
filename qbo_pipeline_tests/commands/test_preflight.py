"""`qbo-pipeline preflight` finds everything at once: accounts, codes of the days ahead, and all else that it checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from qbo_pipeline.accounting.books import AccountRef
from qbo_pipeline.commands import common
from qbo_pipeline.inventory.records import record_key
from qbo_pipeline.pipeline import preflight
from qbo_pipeline.pipeline.foresight import days_ahead, foresee
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.sources.source import Batch
from qbo_pipeline_tests.accounting.company import books, document, item
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, Shop, draft


def failed(qbo: CommandLine, shop: Shop) -> list[dict[str, Any]]:
    answer = qbo("preflight", "--settings", shop.settings, "--json")
    assert answer.status == 1
    return [item for item in answer.json if not item["ok"] and item["check"] != "tracked items"]


def test_every_misspelt_account_and_tax_code_is_told_and_the_rest_is_checked(shop: Shop, qbo: CommandLine) -> None:
    for right, wrong in (
        ('bank = "Checking"', 'bank = "Chequing"'),
        ('cost_of_goods_sold = "Cost of Goods Sold"', 'cost_of_goods_sold = "COGS"'),
        ("[accounts.hints]", '[accounts.hints]\n"SAFE" = "Strongbox of the shop"\n# '),
        ('"" = "NON"', '"" = "NONE"'),
    ):
        point_to(shop.settings, right, wrong)
    found = failed(qbo, shop)
    told = [item["finding"] for item in found if item["check"] == "accounts"]
    for setting, name in (
        ("[accounts.roles] bank", "Chequing"), ("[accounts.roles] cost_of_goods_sold", "COGS"),
        ("[accounts.hints] SAFE", "Strongbox of the shop"), ("[tax_codes] ''", "NONE"),
    ):  # fmt: skip
        assert len([text for text in told if f"{setting}: QuickBooks has no " in text and repr(name) in text]) == 1
    assert any(text.endswith("accounts have a name like it") or "none of the" in text for text in told)
    assert all(len(text) < 300 for text in told)  # the nearest name, not all sixty
    checked = {item["check"] for item in qbo("preflight", "--settings", shop.settings, "--json").json}
    assert {"opening balance", "account of inventory", "account of sales", "tracked items"} <= checked

    run = qbo("run", *DAYS, "--settings", shop.settings)
    assert run.status == 2
    assert all(repr(name) in run.err for name in ("Chequing", "COGS", "Strongbox of the shop", "NONE"))


@pytest.mark.parametrize(
    ("role", "account", "remedy"),
    [
        ("inventory_adjustment", "Accounts Receivable (A/R)", "whose lines need a name"),
        ("write_off", "Inventory Asset", "none that keeps stock"),
        ("rounding", "Inventory Asset", "none that keeps stock"),
        ("goods_received_not_invoiced", "Checking", "It must be of type Other Current Liability"),
        ("sales", "Cost of Goods Sold", "It must be of type Income or Other Income"),
    ],
)
def test_an_account_that_a_role_cannot_have_is_told(role: str, account: str, remedy: str) -> None:
    chart = {account: AccountRef(id="1", name=account, type=TYPES[account], currency="USD")}
    roles = {role: "1"} | ({"inventory": "1"} if account == "Inventory Asset" else {})
    in_books = replace(books(), roles=roles, overrides={}, further={}, chart={"1": chart[account]})
    found = [one for one in preflight._accounts(in_books, []) if one.name == f"account of {role}"]
    assert [one.ok for one in found] == [False]
    assert remedy in found[0].remedy


TYPES = {
    "Accounts Receivable (A/R)": "Accounts Receivable", "Inventory Asset": "Other Current Asset",
    "Checking": "Bank", "Cost of Goods Sold": "Cost of Goods Sold",
}  # fmt: skip


def test_after_the_opening_stock_is_held_to_the_ledger_too(shop: Shop, qbo: CommandLine) -> None:
    def stock_value() -> list[tuple[bool, str]]:
        told = qbo("preflight", "--settings", shop.settings, "--json").json
        return [(item["ok"], item["finding"]) for item in told if item["check"] == "stock value"]

    assert stock_value() == []
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    [(well, says)] = stock_value()
    assert (well, "stock is worth 62.50, QuickBooks has 62.50" in says) == (True, True)
    shop.change("UPDATE stock_values SET value = '20.00' WHERE product_id = 'p2'")
    [(well, says)] = stock_value()
    assert not well
    assert "of difference, and nothing explains it yet" in says


def test_codes_of_the_days_ahead_that_no_setting_maps(shop: Shop, qbo: CommandLine) -> None:
    """Two codes on one payment and one line, and two tax codes: all of them at once, before anything is stored."""
    shop.change(
        "UPDATE payments SET account = 'SAFE'",
        "UPDATE products SET kind = 'service' WHERE product_id = 'p2'",
        "UPDATE document_lines SET product_id = NULL, account = 'ADVERTS' WHERE line_id = 'i1-2'",
        "UPDATE document_lines SET tax_code = 'VAT21', tax_amount = '0' WHERE line_id = 'i1-1'",
    )
    found = failed(qbo, shop)
    hints = {item["finding"].split("'")[2]: item for item in found if item["check"] == "unmapped account"}
    assert set(hints) == {"SAFE", "ADVERTS"}
    assert hints["SAFE"]["finding"] == "the source's account 'SAFE' is on 1 record of 2024-03-01 to 2024-03-07"
    assert hints["SAFE"]["remedy"] == 'Name its QuickBooks account in [accounts.hints]: "SAFE" = "..."'
    with shop.run() as run:
        assert rows(run, "SELECT COUNT(*) AS n FROM records") == [{"n": 0}]
        assert rows(run, "SELECT COUNT(*) AS n FROM postings") == [{"n": 0}]

    point_to(
        shop.settings,
        "[accounts.hints]",
        '[accounts.hints]\n"SAFE" = "Checking"\n"ADVERTS" = "Sales of Product Income"\n# ',
    )
    assert not [item for item in failed(qbo, shop) if item["check"] == "unmapped account"]


def test_what_would_be_set_aside_or_parked_is_told_with_its_number(shop: Shop, qbo: CommandLine) -> None:
    shop.change(
        "UPDATE documents SET currency = 'EUR' WHERE document_id = 'i1'",
        "UPDATE movement_lines SET quantity = 'many' WHERE line_id = 'd1-1'",
    )
    texts = [item["finding"] for item in failed(qbo, shop) if item["check"] == "days ahead"]
    assert any("no exchange rate from EUR to USD on 2024-03-04" in text for text in texts)
    assert any(
        "1 record of 2024-03-01 to 2024-03-07 would be set aside: " in text and "'many'" in text for text in texts
    )


class Listed:
    """A source of records that are at hand."""

    def __init__(self, *records: Any) -> None:
        self.batches = [
            Batch(
                record_type=record_key(record).partition("/")[0],
                day=getattr(record, "business_date", None),
                records=[record],
                set_aside=[],
                rows_read=1,
                warnings=[],
            )
            for record in records
        ]

    def read_master_data(self, *, batch_size: int) -> list[Batch]:
        return [batch for batch in self.batches if batch.day is None]

    def read_days(self, first: date, last: date, *, batch_size: int) -> list[Batch]:
        return [batch for batch in self.batches if batch.day is not None and first <= batch.day <= last]


def test_tax_codes_and_hints_of_one_record_are_found_together() -> None:
    invoice = document(
        "sales_invoice",
        item(None, 1, "10", "10", tax_code="VAT21", tax_amount=D("2.10"), account="web"),
        item(None, 1, "10", "10", tax_code="VAT10", tax_amount=D("1.00"), account="shop"),
        tax_amount=D("3.10"),
        total_amount=D("23.10"),
    )
    in_books = books(policies={"tax_regime": "global"})
    customer = in_books.party("customer", invoice.party_id or "")
    source: Any = Listed(customer, invoice)
    seen = foresee(source, in_books, invoice.business_date, invoice.business_date, 10)
    assert dict(seen.unmapped_hints) == {"web": 1, "shop": 1}
    assert dict(seen.unmapped_tax_codes) == {"VAT21": 1, "VAT10": 1}
    assert seen.records == 2
    assert seen.refused == ()


FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)


@pytest.mark.parametrize(
    ("last_day", "read_through", "today", "expected"),
    [
        (None, None, date(2024, 1, 10), (date(2024, 1, 1), date(2024, 1, 10))),
        (None, None, date(2025, 1, 10), (date(2024, 1, 1), date(2024, 1, 31))),
        (None, date(2024, 3, 1), date(2025, 1, 10), (date(2024, 3, 2), date(2024, 4, 1))),
        (LAST, LAST, date(2025, 1, 10), (date(2024, 12, 1), LAST)),
        (None, date(2024, 1, 5), date(2024, 1, 5), (date(2024, 1, 1), date(2024, 1, 5))),
    ],
)
def test_the_days_ahead_are_at_most_a_month(
    last_day: date | None, read_through: date | None, today: date, expected: tuple[date, date]
) -> None:
    assert days_ahead(FIRST, last_day, read_through, today) == expected


def test_a_first_day_that_is_still_to_come() -> None:
    first, last = days_ahead(FIRST, None, None, date(2023, 12, 1))
    assert first > last


def person_makes(shop: Shop, entity: str, **fields: Any) -> None:
    with shop.run() as run:
        assert isinstance(run.quickbooks().create(entity, fields), Done)


def test_names_that_somebody_has_in_quickbooks_are_told_before_anything_is_linked(shop: Shop, qbo: CommandLine) -> None:
    person_makes(shop, "Customer", DisplayName="Café Sol")
    person_makes(shop, "Customer", DisplayName="ROASTERY")  # where a supplier of ours has that name

    (waiting,) = [item for item in failed(qbo, shop) if item["check"] == "names"]
    assert waiting["finding"].startswith("2 of our names taken in QuickBooks by entries of others: ")
    assert "Customer 'Café Sol'" in waiting["finding"]
    assert '[posting] link_existing = "same_name"' in waiting["remedy"]

    point_to(shop.settings, 'link_existing = "never"', 'link_existing = "same_name"')
    answer = qbo("preflight", "--settings", shop.settings, "--json").json
    (linked,) = [item for item in answer if item["check"] == "names" and item["ok"]]
    (blocked,) = [item for item in answer if item["check"] == "names" and not item["ok"]]
    assert "1 will be linked, not made anew: Customer 'Café Sol'" in linked["finding"]
    assert "Customer 'ROASTERY'" in blocked["finding"]
    assert blocked["remedy"] == "a Vendor cannot have the name of a Customer"


def test_what_another_integration_posted_is_told_before_it_is_posted_twice(shop: Shop, qbo: CommandLine) -> None:
    """One of the same number and amount stops the first send, and of the same day and amount where QuickBooks gives
    the numbers; the same number with another amount is another's."""

    def told() -> tuple[bool, str, str]:
        answer = qbo("preflight", "--settings", shop.settings, "--json").json
        ((ok, finding, remedy),) = [(item["ok"], item["finding"], item["remedy"]) for item in answer
                                    if item["check"] == "documents there"]  # fmt: skip
        return ok, finding, remedy

    assert told()[0]
    with shop.run() as run:
        item = next(iter(run.quickbooks().query(select("Item").where("Type", "=", "Service"))))["Id"]
        customer = next(iter(run.quickbooks().query(select("Customer"))))["Id"]
    detail = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": "NON"}}
    for number, day, amount in (("1", "2024-03-04", 91), ("2", "2024-03-05", 90), ("3", "2024-03-04", 90)):
        line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        person_makes(shop, "Invoice", CustomerRef={"value": customer}, TxnDate=day, DocNumber=number, Line=[line])
    for number, amount in (("Y1", 120), ("Y1", 121)):
        person_makes(
            shop, "Payment", CustomerRef={"value": customer}, TxnDate="2024-03-06", PaymentRefNum=number,
            TotalAmt=amount,
        )  # fmt: skip
    ok, finding, remedy = told()
    assert (ok, "2 already that look like ours of 2024-03-01 to 2024-03-07" in finding) == (False, True)
    assert "such as Invoice 3 of 2024-03-04" in finding
    assert "`qbo-pipeline link-documents --from 2024-03-01 --to 2024-03-07`" in remedy
    # What was read and waits to be sent is held against QuickBooks too.
    with shop.run() as run:
        draft(run)
    assert told()[0] is False


def test_goods_without_cost_and_products_of_one_number_are_told_as_a_run_would(shop: Shop, qbo: CommandLine) -> None:
    shop.change(
        "UPDATE movement_lines SET value = '0' WHERE movement_id = 'd1'",
        "INSERT INTO products (product_id, kind, number, name)"
        " SELECT 'twin', kind, number, 'Another of that number' FROM products WHERE product_id = 'p1'",
    )
    told = [item["finding"] for item in failed(qbo, shop) if item["check"] == "days ahead"]
    assert any("have cost 0 in the inventory system" in finding for finding in told), told
    assert not any("a posting rule fails" in finding for finding in told), told


def test_all_master_data_is_looked_at_where_all_of_it_goes(shop: Shop, qbo: CommandLine) -> None:
    shop.change("INSERT INTO parties (party_id, kind, name, currency) VALUES ('n', 'customer', 'Newcomer', 'USD')")
    person_makes(shop, "Customer", DisplayName="Newcomer")
    assert not [item for item in failed(qbo, shop) if item["check"] == "names"]
    point_to(shop.settings, 'master_data = "when_needed"', 'master_data = "all"')
    (waiting,) = [item for item in failed(qbo, shop) if item["check"] == "names"]
    assert "Customer 'Newcomer'" in waiting["finding"]


def test_a_source_that_fails_is_told_once(shop: Shop, qbo: CommandLine) -> None:
    shop.change("ALTER TABLE documents RENAME COLUMN net_amount TO nett", "ALTER TABLE stock_values DROP COLUMN value")
    found = failed(qbo, shop)
    told = [item["finding"] for item in found if "net_amount" in item["finding"]]
    assert len(told) == 1
    assert {item["check"] for item in found} >= {"source", "days ahead", "opening balance"}
    assert all("as its own check says" in item["finding"] for item in found if item["check"] != "source")


def test_what_takes_longer_is_told_in_lines_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr("qbo_pipeline.commands.common.time.monotonic", lambda: now[0])
    lines = common._Lines()
    for at, what, count in ((1, "at once", 1), (2, "sales", 1000), (11, "sales", 2000), (12, "purchases", 0)):
        now[0] = at
        lines.progress(what, count)
    assert capsys.readouterr().err.splitlines() == ["sales: 1,000", "purchases"]
