"""Reading what a copy of a company is made of, through a client that cannot write.

What belongs here: which lists are read, the balances of the day before, and the file that the emulator makes a company
of (`emulator --copy`). A metered read for each 1,000 entries of a list, one for each currency, one for the balances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.pipeline.connect import open_quickbooks
from qbo_pipeline.pipeline.run import Opened, Run, Surroundings, open_run
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.errors import AccessDenied, InvalidRequest
from qbo_pipeline.quickbooks.meter import CallTotals
from qbo_pipeline.quickbooks.only_reads import OnlyReads
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.reports import Report
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline.settings import Settings

LISTS = (
    "Account", "TaxAgency", "TaxRate", "TaxCode", "CompanyCurrency", "Term", "PaymentMethod", "Class", "Department",
    "Customer", "Vendor", "Employee", "Item",
)  # fmt: skip
# Of people who work there nothing but the name is needed: it is taken, as those of customers and vendors are.
_OF_PEOPLE = ("Id", "SyncToken", "DisplayName", "Active")

Balances = dict[str, Decimal]  # account Id -> home currency, debit positive
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class CompanyCopy:
    """What was read of a company: its name, how many entries each list has, the balances that are brought forward, by
    account, and the calls that it cost. `refused` are the lists that it would not
    give, with its words. `content` is the emulator's file."""

    name: str
    counts: Mapping[str, int]
    refused: Mapping[str, str]
    accounts: Mapping[str, str]
    balances: Balances
    calls: CallTotals
    content: bytes


def open_reader(run: Run) -> Opened:
    """The client for the connection's own company, through which nothing can be written."""
    return open_quickbooks(run.settings, run.secrets, run.database, run.tokens, transport=OnlyReads())


def read_company(settings: Settings, day: date, progress: Progress) -> CompanyCopy:
    """Read the connection's company as a copy begins with it: the lists of now, the balances at the end of `day`.

    Only our own access stays in the store: a refreshed token, and the calls. Raises the client's errors.
    """
    with open_run(settings, only_look=True, surroundings=Surroundings(open_client=open_reader)) as run:
        quickbooks = run.quickbooks()
        info, preferences = quickbooks.company_info(), quickbooks.preferences()
        lists: dict[str, list[dict[str, Any]]] = {}
        refused: dict[str, str] = {}
        for entity in LISTS:
            lists[entity] = []
            try:
                for found in quickbooks.query(select(entity, with_inactive=entity_named(entity).inactive)):
                    lists[entity].append(found)
                    progress(f"{entity} read from QuickBooks", len(lists[entity]))
            except (AccessDenied, InvalidRequest) as error:  # its plan or country does not have the list
                refused[entity] = str(error)
        progress("balances read from QuickBooks", 0)
        balances = balances_of(quickbooks, day)
        rates = _rates(quickbooks, lists["CompanyCurrency"], day)
        calls = run.api_calls()
    lists["Employee"] = [{name: one[name] for name in _OF_PEOPLE if name in one} for one in lists["Employee"]]
    content = {
        "time_zone": settings.connection.time_zone,
        "CompanyInfo": info,
        "Preferences": preferences,
        "lists": lists,
        "rates": rates,
        "opening": {
            "day": day.isoformat(),
            "balances": [{"account": id, "amount": format(amount, "f")} for id, amount in sorted(balances.items())],
        },
    }
    return CompanyCopy(
        name=str(info.get("CompanyName") or settings.connection.name),
        counts={entity: len(found) for entity, found in lists.items()},
        refused=refused,
        accounts={str(one["Id"]): str(one.get("FullyQualifiedName") or one["Name"]) for one in lists["Account"]},
        balances=balances,
        calls=CallTotals(write=calls["api_writes"], metered_read=calls["api_metered_reads"],
                         free=calls["api_calls"] - calls["api_writes"] - calls["api_metered_reads"]),
        content=to_wire(content),
    )  # fmt: skip


def balances_of(quickbooks: QuickBooks, day: date) -> Balances:
    """What the trial balance says at the end of a day, accounts at zero left out."""
    report: Report = quickbooks.report("TrialBalance", {"start_date": day.isoformat(), "end_date": day.isoformat()})
    found: Balances = {}
    for row in report.rows:
        if row.kind != "data" or not row.first.id:
            continue
        amount = (row.cell("debit").amount or Decimal(0)) - (row.cell("credit").amount or Decimal(0))
        if amount:
            found[row.first.id] = found.get(row.first.id, Decimal(0)) + amount
    return found


def _rates(quickbooks: QuickBooks, currencies: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """The exchange rate of each of the company's currencies on the first day, where it has one."""
    found: list[dict[str, Any]] = []
    for currency in currencies:
        query = select("ExchangeRate").where("SourceCurrencyCode", "=", str(currency["Code"]))
        with suppress(AccessDenied, InvalidRequest):
            for rate in quickbooks.query(query.where("AsOfDate", "=", day)):
                if rate.get("Rate"):
                    shown = {name: rate[name] for name in ("SourceCurrencyCode", "Rate")}
                    found.append({**shown, "AsOfDate": day.isoformat()})
    return found
