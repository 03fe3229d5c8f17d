"""The first look of a store at its company: whatever carries another's marker is found, however old and of what kind;
what is voided stops nothing; a look that takes too long goes on in the next run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select as select_rows

from qbo_pipeline.accounting.schema import SCHEMAS
from qbo_pipeline.pipeline import first_look
from qbo_pipeline.pipeline.first_look import MARKED, kinds_with_markers
from qbo_pipeline.pipeline.ownership import CompanyOfAnother, NotLookedAt, Proof, prove_company
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.reversal import COUNTERPART
from qbo_pipeline.quickbooks.changes import LOOK_BACK
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import is_stock
from qbo_pipeline_tests.pipeline.shop import draft, open_shop

MARKER = "from elsewhere [qp:ABCDEFGHIJKLMNOP.ZZZZ]"
DATED: dict[str, Any] = {"TxnDate": "2024-03-01"}


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """The company is older than what change data capture tells."""
    monkeypatch.setattr(first_look, "company_made", lambda run: datetime.now(UTC) - LOOK_BACK)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """The shop's week drafted in a new store; its company is nobody's yet."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        with shop.run() as opened:
            draft(opened)
            yield opened


def create(run: Run, entity: str, body: dict[str, Any]) -> dict[str, Any]:
    done = run.quickbooks().create(entity, body)
    assert isinstance(done, Done), done
    return done.object


def account(run: Run, type_: str) -> dict[str, str]:
    found = next(thing for thing in run.quickbooks().query(select("Account")) if thing["AccountType"] == type_)
    return {"value": found["Id"]}


def made(run: Run, entity: str, note: str = MARKER) -> dict[str, Any]:
    """An object of this kind with a note."""
    body = DATED | {"PrivateNote": note}
    if entity == "JournalEntry":
        return create(run, entity, body | {"Line": sides(run)})
    if entity == "InventoryAdjustment":
        detail = {"ItemRef": {"value": tracked_item(run)["Id"]}, "QtyDiff": 1}
        line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
        return create(run, entity, body | {"AdjustAccountRef": account(run, "Expense"), "Line": [line]})
    if "CustomerRef" in SCHEMAS.get(entity, SCHEMAS["Invoice"]):
        body |= {"CustomerRef": {"value": create(run, "Customer", {"DisplayName": f"C {entity}"})["Id"]}}
        if entity == "Payment":
            return create(run, entity, body | {"TotalAmt": Decimal("5.00")})
        income = account(run, "Income")
        item = create(run, "Item", {"Name": f"I {entity}", "Type": "Service", "IncomeAccountRef": income})
        detail = {"ItemRef": {"value": item["Id"]}}
        line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("5.00"), "SalesItemLineDetail": detail}
        if entity == "RefundReceipt":
            body |= {"DepositToAccountRef": account(run, "Bank")}
        return create(run, entity, body | {"Line": [line]})
    body |= {"VendorRef": {"value": create(run, "Vendor", {"DisplayName": f"V {entity}"})["Id"]}}
    if entity == "BillPayment":
        line = {"Amount": Decimal("5.00"), "LinkedTxn": [{"TxnId": bill(run, body)["Id"], "TxnType": "Bill"}]}
        paid = {"PayType": "Check", "CheckPayment": {"BankAccountRef": account(run, "Bank")}}
        return create(run, entity, body | paid | {"TotalAmt": Decimal("5.00"), "Line": [line]})
    if entity == "PurchaseOrder":
        income = account(run, "Income")
        item = create(run, "Item", {"Name": "P", "Type": "Service", "IncomeAccountRef": income,
                                       "ExpenseAccountRef": account(run, "Expense")})  # fmt: skip
        detail = {"ItemRef": {"value": item["Id"]}, "Qty": 1, "UnitPrice": Decimal("5.00")}
        line = {"DetailType": "ItemBasedExpenseLineDetail", "Amount": Decimal("5.00")}
        return create(run, entity, body | {"Line": [line | {"ItemBasedExpenseLineDetail": detail}]})
    return create(run, entity, body | {"Line": [expense(run)]})


def tracked_item(run: Run) -> dict[str, Any]:
    accounts = list(run.quickbooks().query(select("Account")))
    stock = next(thing["Id"] for thing in accounts if is_stock(thing))
    body = {"Name": "T", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 5, "InvStartDate": "2024-01-01"}
    body |= {"IncomeAccountRef": account(run, "Income"), "ExpenseAccountRef": account(run, "Cost of Goods Sold")}
    return create(run, "Item", body | {"AssetAccountRef": {"value": stock}})


def bill(run: Run, body: dict[str, Any]) -> dict[str, Any]:
    return create(run, "Bill", body | {"PrivateNote": "", "Line": [expense(run)]})


def expense(run: Run) -> dict[str, Any]:
    detail = {"AccountRef": account(run, "Expense")}
    amount = Decimal("5.00")
    return {"DetailType": "AccountBasedExpenseLineDetail", "Amount": amount, "AccountBasedExpenseLineDetail": detail}


def sides(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "DetailType": "JournalEntryLineDetail",
            "Amount": Decimal("5.00"),
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": account(run, kind)},
        }
        for side, kind in (("Debit", "Expense"), ("Credit", "Bank"))
    ]


def test_all_that_we_post_is_looked_at() -> None:
    posted = {name for name in SCHEMAS if entity_named(name).transaction}
    reversals = {COUNTERPART[name] for name in posted if name in COUNTERPART}
    assert posted | reversals <= set(MARKED)


@pytest.mark.parametrize("entity", MARKED)
def test_a_marker_of_another_is_found_on_every_kind(run: Run, entity: str, request: pytest.FixtureRequest) -> None:
    if entity not in kinds_with_markers(run):  # it is a kind of the other mode
        posting = run.settings.posting.model_copy(update={"mode": "tracked"})
        run.settings = run.settings.model_copy(update={"posting": posting})
    thing = made(run, entity)
    before = run.api_calls()["api_metered_reads"]
    with pytest.raises(CompanyOfAnother, match=rf"{entity}.*\(Id {thing['Id']},.*tag ZZZZ"):
        prove_company(run)
    assert run.api_calls()["api_metered_reads"] - before == 1  # the changes of a company that is new
    request.getfixturevalue("old")
    with pytest.raises(CompanyOfAnother, match=rf"{entity}.*\(Id {thing['Id']},.*tag ZZZZ"):
        prove_company(run)


def test_by_a_clock_that_is_behind_an_old_company_is_not_taken_for_a_new_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing = made(run, "JournalEntry")
    monkeypatch.setattr(first_look, "company_made", lambda run: datetime.now(UTC) - timedelta(days=1))
    emulator = run.settings.quickbooks.base_url
    httpx.post(f"{emulator}/emulator/clock", json={"advance_seconds": 40 * 86_400}).raise_for_status()
    with pytest.raises(CompanyOfAnother, match=rf"\(Id {thing['Id']},"):
        prove_company(run)


def test_a_marker_under_a_thousand_newer_objects_is_found(run: Run, request: pytest.FixtureRequest) -> None:
    oldest = made(run, "JournalEntry")
    company, body = run.quickbooks(), to_wire(DATED | {"Line": sides(run)}).decode()
    for start in range(0, 1020, 30):
        items = ",".join(
            f'{{"bId":"{n}","operation":"create","JournalEntry":{body}}}' for n in range(start, start + 30)
        )
        company.send_batch((), f'{{"BatchItemRequest":[{items}]}}'.encode())
    assert company.count(select("JournalEntry")) > 1000  # more than an answer of changes holds
    with pytest.raises(CompanyOfAnother, match=rf"Id {oldest['Id']}"):
        prove_company(run)
    request.getfixturevalue("old")
    with pytest.raises(CompanyOfAnother, match=rf"Id {oldest['Id']}"):
        prove_company(run)


def test_what_is_voided_stops_nothing_and_is_told(run: Run) -> None:
    thing = made(run, "Invoice")
    run.quickbooks().void("Invoice", thing["Id"], thing["SyncToken"])
    proof = prove_company(run)
    assert proof.remark is None
    assert any("tag ZZZZ" in note and "are voided" in note for note in proof.notes)


def test_a_note_that_says_voided_is_no_void(run: Run) -> None:
    made(run, "JournalEntry", f"Voided - {MARKER}")
    with pytest.raises(CompanyOfAnother, match="tag ZZZZ"):
        prove_company(run)


@pytest.mark.usefixtures("old")
def test_a_look_without_time_goes_on_in_the_next_run(run: Run) -> None:
    for entity in ("JournalEntry", "Invoice", "Bill"):
        made(run, entity, "a person's")
    for _ in range(3):  # a page of another kind each time
        with pytest.raises(NotLookedAt, match=r"objects in \d metered reads\. The next run goes on"):
            prove_company(run, patience=-1)
    proof = prove_company(run)
    assert proof.notes[0].startswith("QuickBooks was searched for documents of other stores, once for this store: ")
    assert "metered reads" in proof.notes[0]
    with run.database.reading() as reading:
        left = select_rows(watermarks.c.name).where(watermarks.c.name.startswith("company searched"))
        assert reading.execute(left).all() == []
    assert prove_company(run) == Proof()
