"""From a vendor's own integration to ours, by each profile: stock checked, documents adopted, nothing stands twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.profiles import PROFILES, decided, with_choices
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.linking_documents import documents_there, link_documents
from qbo_pipeline.pipeline.preflight import preflight
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import load_settings
from qbo_pipeline.systems.cin7_core.chart import BY_REASON
from qbo_pipeline.systems.unleashed.words import ACCOUNT_OF_REASON
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows, write_connection
from qbo_pipeline_tests.pipeline.shop import draft_days
from qbo_pipeline_tests.pipeline.vendors_integration import create, post_as_the_vendor
from qbo_pipeline_tests.systems import evenings
from qbo_pipeline_tests.systems.boxes import (
    ACCOUNT_ID,
    API_ID,
    API_KEY,
    APPLICATION_KEY,
    TOKEN,
    running_cin7_core,
    running_http_contract,
    running_syncro,
    running_unleashed,
    running_zuper,
)
from qbo_pipeline_tests.systems.readings import FIRST

CUT_OVER, LAST = FIRST + timedelta(days=1), FIRST + timedelta(days=4)  # a Friday to the Monday after
KEYS = {
    "cin7_core": {"ACCOUNT_ID": ACCOUNT_ID, "APPLICATION_KEY": APPLICATION_KEY},
    "http_contract": {"TOKEN": TOKEN}, "syncro": {"TOKEN": TOKEN}, "zuper": {"API_KEY": API_KEY},
    "unleashed": {"API_ID": API_ID, "API_KEY": API_KEY},
}  # fmt: skip
ACCOUNTS = {
    "cin7_core": {BY_REASON[reason]: account for reason, account in HINTS.items()}
    | {"4000": DEFAULT_ROLES["sales"], "1300": DEFAULT_ROLES["purchases"]},
    "http_contract": HINTS,
    "unleashed": {code: HINTS[reason] for reason, code in ACCOUNT_OF_REASON.items()},
    "syncro": evenings.HINTS,
    "zuper": evenings.HINTS,
}
BOXES: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    "cin7_core": running_cin7_core,
    "http_contract": running_http_contract,
    "unleashed": running_unleashed,
}
_DATED = ("document/", "movement/", "payment/")
DATED = ("Invoice", "CreditMemo", "Bill", "VendorCredit", "Estimate", "PurchaseOrder", "Payment", "BillPayment",
         "JournalEntry")  # fmt: skip


@contextmanager
def connected(profile: str, folder: Path, emulator: RunningEmulator) -> Iterator[Path]:
    """A connection as the profile begins, to a company that is worked up to the last day."""
    system = PROFILES[profile].system

    def write(url: str) -> Path:
        file = write_connection(
            folder, "demo", emulator, currency="USD", first_day=CUT_OVER.isoformat(), source_kind=system,
            source_url=url, calls_per_minute=1_000_000, hints=ACCOUNTS[system],
            tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
            roles={**DEFAULT_ROLES, "customer_deposits": "Customer Deposits", "supplier_deposits": "Supplier Deposits"},
            parameters={"inventory_accounts": ["1300"]} if system == "cin7_core" else {},
        )  # fmt: skip
        choices = decided(PROFILES[profile], system, CUT_OVER.isoformat())
        file.write_text(with_choices(file.read_text(encoding="utf-8"), choices), encoding="utf-8")
        with (folder / ".env").open("a") as out:
            out.writelines(f"QBO_DEMO_SOURCE_{name}={value}\n" for name, value in KEYS[system].items())
        return file

    if system in BOXES:
        company = folder / "inventory.sqlite"
        generate(company, seed=7, first_day=FIRST, days=5)
        with BOXES[system](company) as box:
            yield write(box.url)
        return
    running: Callable[[Path], AbstractContextManager[Any]] = running_syncro if system == "syncro" else running_zuper
    with evenings.company(folder, 7, running) as (path, evening_box):
        file = write(evening_box.url)
        evenings.nights(path, file, evenings.Evenings(evening_box), LAST)
        yield file


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
                found = documents_there(run, CUT_OVER, CUT_OVER)
                assert [doubt.why for doubt in found.doubts] == []
                dated = {key: qbo_id for key, qbo_id in posted.items() if key.startswith(_DATED)}
                assert {match.ours.id: match.theirs.id for match in found.matches} == dated
                assert len(dated) > 3
                before = count(run)
                link_documents(run, CUT_OVER, CUT_OVER, Person("Ann", "we move over"))
                carry(run, CUT_OVER, CUT_OVER)
                assert count(run) == before
                carried = carry(run, CUT_OVER, LAST)
                assert carried.result.status == "balanced", carried.result.causes.to_string()
                assert not carried.result.unexplained
                assert carried.result.stock_value == carried.result.ledger_balance > 10_000
                assert rows(run, "SELECT key, message FROM postings WHERE reason = 'doubtful_match'") == []
                for entity, numbers in count(run).items():
                    assert max(numbers.values(), default=1) == 1, entity


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
