"""The demo's QuickBooks company, before anything is sent: its name, and what the demo's settings name in it.

What belongs here: what a bookkeeper does once in a company of their own, by the API. What of it is the boatyard's is in
`demo_boatyard.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qbo_pipeline.commands.demo_boatyard import TAKEN_NAMES, lists
from qbo_pipeline.commands.demo_choices import STOCK_ACCOUNTS, DemoCountry
from qbo_pipeline.commands.demo_servers import DemoFolder

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run
    from qbo_pipeline.quickbooks.outcomes import Outcome


def open_books(folder: DemoFolder, country: DemoCountry = DemoCountry.US, *, boatyard: bool = False) -> None:
    """Name the company, and make the accounts and lists that the demo's settings name; one's own company has all that.

    Raises `RuntimeError` for what QuickBooks does not take.
    """
    from qbo_pipeline.pipeline.going_live import accept_preflight
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.posting.persons import Person
    from qbo_pipeline.settings import load_settings

    with open_run(load_settings(folder.settings)) as run:
        # The emulated company comes with items that track their quantity; the demo uses none of them.
        accept_preflight(run, [], Person("the demo", "a made-up company"))
        set_up(run, country, boatyard=boatyard)


def set_up(run: Run, country: DemoCountry, *, boatyard: bool) -> None:
    """The company's name, the stock accounts, and what the boatyard needs.

    Raises `RuntimeError` for what QuickBooks does not take.
    """
    from qbo_pipeline.demo.catalogue import COMPANY

    company = run.quickbooks().company_info()
    named = {"Id": company["Id"], "SyncToken": company["SyncToken"], "CompanyName": COMPANY}
    _id(COMPANY, run.quickbooks().update("CompanyInfo", named))
    for name in STOCK_ACCOUNTS.values():
        payload = {"Name": name, "AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        _id(name, run.quickbooks().create("Account", payload))
    if boatyard:
        _free_names(run)
    made: dict[str, str] = {}
    for entity, body in lists(country) if boatyard else ():
        if "ParentRef" in body:
            body |= {"ParentRef": {"value": made[body["ParentRef"]]}}
        made[body["Name"]] = _id(body["Name"], run.quickbooks().create(entity, body))


def _free_names(run: Run) -> None:
    """Rename the items that the emulated company came with, where categories of the demo have their names."""
    from qbo_pipeline.quickbooks.query import select as select_objects

    for item in list(run.quickbooks().query(select_objects("Item").where("Name", "IN", TAKEN_NAMES))):
        _id(item["Name"], run.quickbooks().update("Item", {**item, "Name": f"{item['Name']} (sample)"}))


def _id(name: str, outcome: Outcome) -> str:
    from qbo_pipeline.quickbooks.outcomes import Done

    if not isinstance(outcome, Done):
        raise RuntimeError(f"{name!r} could not be set up: {outcome.reason}")
    return outcome.id
