"""From a vendor's own integration to ours, by each profile: stock checked, documents adopted, nothing stands twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from qbo_pipeline.commands.profiles import PROFILES
from qbo_pipeline.pipeline.linking_documents import documents_there, link_documents
from qbo_pipeline.pipeline.preflight import preflight
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import draft_days
from qbo_pipeline_tests.pipeline.vendors_integration import create, post_as_the_vendor
from qbo_pipeline_tests.systems.moved_over import CUT_OVER, LAST, connected

_DATED = ("document/", "movement/", "payment/")
DATED = ("Invoice", "CreditMemo", "Bill", "VendorCredit", "Estimate", "PurchaseOrder", "Payment", "BillPayment",
         "JournalEntry")  # fmt: skip


def opening(run: Run) -> PreflightFinding:
    (found,) = (finding for finding in preflight(run) if finding.name == "opening balance")
    return found


@pytest.mark.torture
@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_stands_twice_after_moving_over(profile: str, tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        create(emulator, "Item", {"Name": "Stock", "Type": "Category"})  # it has categories on
        create(emulator, "Account", {"Name": "Customer Deposits", "AccountType": "Other Current Liability"})
        with connected(profile, tmp_path, emulator) as file:
            settings = load_settings(file)
            with open_run(settings) as run:
                finding = opening(run)
                assert not finding.ok
                enter_opening(run, emulator, finding)
                assert opening(run).ok
            posted = post_as_the_vendor(settings, emulator, CUT_OVER, CUT_OVER)
            with open_run(settings) as run:
                draft_days(run, CUT_OVER, CUT_OVER)
                assert not documents_are_new(run)
                found = documents_there(run, CUT_OVER, CUT_OVER)
                assert [doubt.why for doubt in found.doubts] == []
                dated = {key: qbo_id for key, qbo_id in posted.items() if key.startswith(_DATED)}
                assert {match.ours.id: match.theirs.id for match in found.matches} == dated
                assert len(dated) > 3
                before = count(run)
                link_documents(run, CUT_OVER, CUT_OVER, Person("Ann", "we move over"))
                assert documents_are_new(run)
                carry(run, CUT_OVER, CUT_OVER)
                assert count(run) == before
                carried = carry(run, CUT_OVER, LAST)
                assert carried.result.status == "balanced", carried.result.causes.to_string()
                assert not carried.result.unexplained
                assert carried.result.stock_value == carried.result.ledger_balance > 10_000
                assert rows(run, "SELECT key, message FROM postings WHERE reason = 'doubtful_match'") == []
                for entity, numbers in count(run).items():
                    assert max(numbers.values(), default=1) == 1, entity


def documents_are_new(run: Run) -> bool:
    """Whether preflight says that nothing of ours is in QuickBooks already."""
    (found,) = (finding for finding in preflight(run) if finding.name == "documents there")
    return found.ok


def enter_opening(run: Run, emulator: RunningEmulator, finding: PreflightFinding) -> None:
    """What preflight says that has to be entered."""
    names = {account["Name"]: account["Id"] for account in run.quickbooks().query(select("Account"))}
    amount = float(finding.remedy.split()[1].replace(",", ""))
    sides = {"Debit": "Inventory Asset", "Credit": "Opening Balance Equity"}
    lines = [
        {
            "DetailType": "JournalEntryLineDetail",
            "Amount": amount,
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": names[account]}},
        }
        for side, account in sides.items()
    ]
    day = (CUT_OVER - timedelta(days=1)).isoformat()
    create(emulator, "JournalEntry", {"TxnDate": day, "DocNumber": "OPENING", "Line": lines})


def count(run: Run) -> dict[str, Counter[str]]:
    """By entity, how often each number is there, the company's own data of before aside."""
    found = {}
    for entity in DATED:
        query = select(entity).where("TxnDate", ">=", CUT_OVER)
        things = [thing for thing in run.quickbooks().query(query) if thing["TxnDate"] <= LAST.isoformat()]
        found[entity] = Counter(str(thing.get("DocNumber") or thing["Id"]) for thing in things)
    return found
