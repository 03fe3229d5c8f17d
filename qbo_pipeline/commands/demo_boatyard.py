"""The demo's boatyard: what the connection's settings say of it, and what its QuickBooks company has to have.

What belongs here: the policies by which the month uses each rule once. Where two rules exclude each other, the three
countries and modes differ, so that each is used by one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode

ROLES = {
    "landed_cost": "Landed Cost Clearing",
    "work_in_progress": "Work in Progress",
    "exchange_difference": "Exchange Gain or Loss",
    "customer_deposits": "Deposits Received",
    "supplier_deposits": "Supplier Deposits",
    "payment_fees": "Bank Charges",
    "discounts": "Discounts given",
    "freight": "Shipping Income",
    "charges": "Other Charges",
    "purchase_discounts": "Discounts Received",
    "freight_in": "Freight and Delivery",
    "overhead_absorbed": "Overhead Absorbed",
}
ABROAD = "ABROAD"
"""What the boatyard calls its bank account in foreign currency."""
_BANKS = {DemoCountry.US: "Checking", DemoCountry.UK: "EUR Account", DemoCountry.EU: "USD Account"}
_ACCOUNTS = (
    ("Other Charges", "Income", "SalesOfProductIncome"),
    ("Discounts Received", "Other Income", "OtherMiscellaneousIncome"),
    ("Overhead Absorbed", "Other Current Liability", "OtherCurrentLiabilities"),
)
_ACCOUNTS_OF: Mapping[DemoCountry, tuple[tuple[str, str, str], ...]] = {
    DemoCountry.US: (("Deposits Received", "Other Current Liability", "OtherCurrentLiabilities"),),
}
_ALWAYS: Mapping[str, Any] = {
    "link_orders": "true",
    "bills_from_orders": "true",
    "unknown_terms": '"make"',
    "payment_methods": '"by_name"',
    "inactive": '"deactivated"',
    "categories": '"kept"',
    "master_data": '"all"',
    "vanished": '"void"',
}
_OF_COUNTRY: Mapping[DemoCountry, Mapping[str, Any]] = {
    DemoCountry.US: {"foreign_documents": '"home_currency"'},
    DemoCountry.UK: {
        "party_currencies": '"each"',
        "customer_deposits": '"own_account"',
        "supplier_deposits": '"own_account"',
        "freight": '"shipping"',
    },
    DemoCountry.EU: {
        "party_currencies": '"each_named"',
        "customer_deposits": '"own_account"',
        "supplier_deposits": '"own_account"',
        "tax_total": '"by_document"',
        "vanished": '"delete"',
    },
}
BILLS_COME_AFTER = timedelta(days=7)
"""So long after the first day an order that was finished makes its bill itself."""
TAKEN_NAMES = ("Lighting", "Services")
"""Items of the emulated company in the US whose names categories of the demo need."""


def policies(mode: DemoMode, country: DemoCountry) -> dict[str, Any]:
    """The settings of posting that differ from the template's, as TOML writes them."""
    found = {**_ALWAYS, **_OF_COUNTRY[country]}
    if mode is not DemoMode.TRACKED:
        found |= {"unmatched_bill_lines": '"in_transit"'}
    if mode is not DemoMode.TRACKED and country is DemoCountry.EU:
        found |= {"products": '"lines"', "categories": '"off"', "landed_cost_by": '"weight"'}
    if mode is DemoMode.SUMMARISED:
        found |= {"sales_channel": '"channel"'}
    if mode is DemoMode.SUMMARISED and country is not DemoCountry.US:
        found |= {"summarised_channels": '["WEB"]'}  # the others go one by one; in the US all of a day is one
    return found


def hints(country: DemoCountry) -> dict[str, str]:
    """The boatyard's own names of accounts."""
    return {ABROAD: _BANKS[country]}


def with_boatyard(settings: str, first_day: date, mode: DemoMode, country: DemoCountry) -> str:
    """The demo's settings with the boatyard's policies, and with the marketplace that keeps its own books left out;
    from some day on finished orders have bills."""
    before, posting = settings.split("[posting]", 1)
    posting, after = posting.split("[ownership]", 1)
    for name, value in policies(mode, country).items():
        line = re.compile(rf"^(?:# )?{name} = [^#\n]*", re.MULTILINE)
        (found,) = line.finditer(posting)
        posting = f"{posting[: found.start()]}{name} = {value}  {posting[found.end() :]}"
    left_out = '[[not_exported]]\nchannels = ["MARKET"]\n\n'
    left_out += (
        f"[[changes]]\nfirst_day = {first_day + BILLS_COME_AFTER}\nposting = {{ bills_from_orders = false }}\n\n"
    )
    return f"{before}[posting]{posting}{left_out}[ownership]{after}"


def lists(country: DemoCountry) -> list[tuple[str, dict[str, Any]]]:
    """Entity and body of what the boatyard's month needs in QuickBooks, parents first."""
    from qbo_pipeline.demo.boatyard.trade import QUAY, REPAIRS, SALES, YARD

    accounts = (*_ACCOUNTS, *_ACCOUNTS_OF.get(country, ()))
    return [
        *(("Account", {"Name": name, "AccountType": kind, "AccountSubType": below}) for name, kind, below in accounts),
        ("PaymentMethod", {"Name": "Card", "Type": "CREDIT_CARD"}),
        ("Department", {"Name": QUAY}),
        ("Class", {"Name": YARD}),
        *(
            ("Class", {"Name": name.partition(":")[2], "SubClass": True, "ParentRef": YARD})
            for name in (REPAIRS, SALES)
        ),
    ]
