"""What happens beside the stock accounts is told all the same: changes of people there, and every type of record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.store.account_names import former_names
from qbo_pipeline.store.reference import references
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop, shop_rows
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing, journal_line, money, ref, sale_line


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)


@pytest.fixture
def people(shop: Shop) -> Iterator[Bookkeeper]:
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    yield people
    people.close()


def looked_again(run: Run) -> Reconciliation:
    find_drift(run)
    read_ledger(run, LAST_DAY)
    return reconcile_as_at(run, LAST_DAY)


def ours(run: Run, people: Bookkeeper, key: str) -> tuple[str, Thing]:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return link["entity"], people.get(link["entity"], link["qbo_id"])


def found(result: Reconciliation) -> list[tuple[str, str, str, str]]:
    frame = result.differences
    columns = (frame["document_key"], frame["cause"], frame["business_date"].astype(str), frame["amount"].astype(str))
    return sorted(zip(*columns, strict=True))


def accounts(people: Bookkeeper) -> dict[str, str]:
    return {account["Name"]: account["Id"] for account in people.all("Account")}


def test_a_voided_invoice_is_among_the_changes_and_in_the_work_list(
    shop: Shop, people: Bookkeeper, tmp_path: Path
) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        entity, invoice = ours(run, people, "document/i1")
        people.void(entity, invoice)
        result = looked_again(run)
        told = {row.posting_key: row for row in result.changed_after_posting.itertuples()}
        change = told["document/i1"]
        assert (change.qbo_type, change.field, change.now, change.effect) == ("Invoice", "all", "voided", 0)
        assert result.status == "balanced"
        page = write_reports(run, result, tmp_path / "reports").page.read_text(encoding="utf-8")
    assert "it was voided in QuickBooks" in page
    assert "Relink it to accept what was done in QuickBooks" in page


def test_the_certification_counts_every_type_of_record(shop: Shop) -> None:
    with shop.run() as run:
        result = carry(run, FIRST_DAY, LAST_DAY).result
    counted = {row.kind: row for row in result.counts.itertuples()}
    assert {"document", "payment", "party", "product"} <= set(counted)
    assert counted["payment"].read == counted["payment"].posted == 1
    assert all(row.holds for row in counted.values())


def test_a_refused_record_that_a_person_skips_is_skipped_in_every_count(tmp_path: Path) -> None:
    given = shop_rows()
    given["document_lines"][-1]["account"] = "nowhere"  # a hint that the settings do not map
    with running_emulator("--limits", "off") as emulator, open_shop(tmp_path, emulator, given).run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        (row,) = rows(run, "SELECT key FROM postings WHERE record_key = 'document/i1' AND state = 'parked'")
        decide(run, "skip", row["key"], "A. Controller", "not ours")
        counted = {row.kind: row for row in looked_again(run).counts.itertuples()}
        assert (counted["document"].parked, counted["document"].skipped) == (0, 1)


def test_a_day_before_the_first_is_named(shop: Shop, people: Bookkeeper) -> None:
    """A journal of ours that a person moved there, and one entered there by hand: each by its document."""
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        entity, journal = ours(run, people, "movement/d1")
        people.save(entity, journal | {"TxnDate": "2024-02-28"})
        assert shop.emulator is not None
        shop.emulator.advance(60)  # QuickBooks tells when in seconds
        ids = accounts(people)
        lines = [journal_line(ids["Inventory Asset"], 2500), journal_line(ids["Uncategorized Expense"], -2500)]
        entered = people.save("JournalEntry", {"TxnDate": "2024-02-29", "Line": lines})
        result = looked_again(run)
    assert found(result) == [
        ("movement/d1", "changed_in_qbo", "2024-02-28", "-40.00"),
        ("movement/d1", "changed_in_qbo", "2024-03-04", "40.00"),
        (f"qbo/JournalEntry/{entered['Id']}", "qbo_only", "2024-02-29", "25.00"),
    ]


def test_entries_on_the_stock_account_are_told_by_what_they_are(shop: Shop, people: Bookkeeper) -> None:
    """A sale of an ordinary item whose income account is the stock account; a journal from the bank."""
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        ids = accounts(people)
        item = people.save(
            "Item", {"Name": "Odd", "Type": "NonInventory", "IncomeAccountRef": ref(ids["Inventory Asset"])}
        )
        sale = people.save(
            "SalesReceipt",
            {
                "TxnDate": "2024-03-05",
                "CustomerRef": ref(people.all("Customer")[0]["Id"]),
                "Line": [sale_line(item["Id"], 1, money(700))],
            },
        )
        lines = [journal_line(ids["Inventory Asset"], 6000), journal_line(ids["Checking"], -6000)]
        bank = people.save("JournalEntry", {"TxnDate": "2024-03-06", "Line": lines})
        result = looked_again(run)
    assert found(result) == [
        (f"qbo/JournalEntry/{bank['Id']}", "qbo_only", "2024-03-06", "60.00"),
        (f"qbo/SalesReceipt/{sale['Id']}", "qbo_only", "2024-03-05", "-7.00"),
    ]


def test_without_accrual_a_receipt_and_its_bill_are_one(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        text = shop.settings.read_text(encoding="utf-8")
        shop.settings.write_text(text.replace("accrue_receipts = true", "accrue_receipts = false"), encoding="utf-8")
        with shop.run() as run:
            result = carry(run, FIRST_DAY, LAST_DAY).result
    assert "receipt" not in set(result.differences["kind"].dropna()) or result.difference == 0
    causes = list(result.differences["cause"])
    assert ("invoiced_not_received" in causes) + ("received_not_invoiced" in causes) < 2


def test_a_stock_account_renamed_in_quickbooks_is_followed_by_its_id(shop: Shop, people: Bookkeeper) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        account = people.get("Account", accounts(people)["Inventory Asset"])
        people.save("Account", account | {"Name": "Stock on hand"})
        result = carry(run, FIRST_DAY, LAST_DAY).result
    assert result.status == "balanced"
    assert list(result.accounts["account_name"]) == ["Stock on hand"]
    (note,) = [note for note in result.notes if "Inventory Asset" in note]
    assert "is called 'Stock on hand' in QuickBooks now" in note


def test_a_name_that_another_account_has_now_is_that_accounts(shop: Shop, people: Bookkeeper) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        ids = accounts(people)
        people.save("Account", people.get("Account", ids["Prepaid Expenses"]) | {"Name": "Paid ahead"})
        other = {"Name": "Prepaid Expenses", "AccountType": "Other Current Asset", "AccountSubType": "PrepaidExpenses"}
        made = people.save("Account", other)
        read_reference_data(run)
        with run.database.reading() as connection:
            chart = references(connection, run.name, "Account")
            assert [former.name for former in former_names(connection, run.name, chart)] == []
    assert made["Id"] in {account.qbo_id for account in chart if account.name == "Prepaid Expenses"}
