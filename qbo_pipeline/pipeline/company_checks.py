"""What must be right in the QuickBooks company before a connection goes live, as it was read last.

What belongs here: plan, currencies, tax, numbers, closed books; and the accounts that a policy needs. The accounts
themselves, the source and the days ahead are `preflight.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.accounting.books import DIMENSIONS, Policies, TaxRegimeName
from qbo_pipeline.accounting.deposits import DEPOSIT_TYPES
from qbo_pipeline.pipeline.company_preferences import numbered_by_quickbooks, rates_of_codes, tax_regime
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.reference import references

# Least first; names as the company tells them, in lower case without spaces (CompanyInfo.NameValue.OfferingSku).
PLANS = ("simplestart", "essentials", "plus", "advanced")
_TAX_WORDS: dict[TaxRegimeName, str] = {
    "us": "automated sales tax: the inventory system's total of each document stands",
    "us_manual": "manual sales tax: the inventory system's total of each document stands",
    "us_none": "sales tax is off: a sale with tax would wait",
    "global": "a tax code on each line",
}


def plan_of(company: Mapping[str, Any]) -> str:
    """The plan's name, such as `Essentials`; empty where the company does not say it."""
    told = {pair.get("Name"): str(pair.get("Value") or "") for pair in company.get("NameValue") or ()}
    return told.get("OfferingSku", "").removeprefix("QuickBooks Online").strip()


def needed_by(policies: Policies) -> dict[str, str]:
    """The roles that need an account because of a policy, each with the setting that asks for it."""
    needed = {}
    if policies.unmatched_bill_lines == "in_transit" and policies.accrue_receipts:
        needed["in_transit"] = '[posting] unmatched_bill_lines = "in_transit"'
    if policies.foreign_documents == "home_currency":
        needed["exchange_difference"] = '[posting] foreign_documents = "home_currency"'
    for role in DEPOSIT_TYPES:
        if getattr(policies, role) == "own_account":
            needed[role] = f'[posting] {role} = "own_account"'
    if policies.tax_total != "source":
        needed["rounding"] = f'[posting] tax_total = "{policies.tax_total}"'
    return needed


def company_findings(connection: Connection, settings: Settings) -> Iterator[PreflightFinding]:
    """The company as it was read last: plan, country, currency, tax, numbers, closed books."""
    name = settings.connection.name
    company = references(connection, name, "CompanyInfo")[0]
    preferences = references(connection, name, "Preferences")[0].content
    yield PreflightFinding("company", True, f"{company.name}, {company.content.get('Country', 'country not stated')}")
    home = preferences.get("CurrencyPrefs", {}).get("HomeCurrency", {}).get("value", settings.connection.currency)
    yield PreflightFinding(
        "currency",
        home == settings.connection.currency,
        f"QuickBooks' home currency is {home}, the settings say {settings.connection.currency}",
        f"Set [connection] currency to {home}; it cannot be changed in QuickBooks",
    )
    yield _plan(plan_of(company.content), settings)
    yield _currencies(preferences, settings)
    regime = tax_regime([company.content], preferences)
    codes = [item for item in references(connection, name, "TaxCode") if item.active]
    yield _tax(regime, preferences, len(codes), bool(rates_of_codes(connection, name)), settings)
    by_itself = ", ".join(numbered_by_quickbooks(preferences))
    yield PreflightFinding(
        "document numbers",
        True,
        f"QuickBooks numbers {by_itself} by itself: our number stands in the private note, and on sales forms in the "
        "message that they print; custom transaction numbers in its Account and settings let ours through"
        if by_itself
        else "every form takes our number",
    )
    if any(its.posting.freight == "shipping" for _, its in settings.by_date()):
        yield PreflightFinding(
            "shipping",
            bool(preferences.get("SalesFormsPrefs", {}).get("AllowShipping")),
            "freight goes on QuickBooks' own shipping line, by [posting] freight",
            'Switch Shipping on in QuickBooks (Account and settings, Sales), or say freight = "line"',
        )
    closed = preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate")
    yield PreflightFinding(
        "closed books",
        closed is None or date.fromisoformat(closed[:10]) < settings.connection.first_day,
        f"the books are closed through {closed}" if closed else "the books are open",
        "Choose a later first_day: postings of a closed period wait for approval",
    )


def _plan(plan: str, settings: Settings) -> PreflightFinding:
    """Bills are in no plan below Essentials; tracked items, purchase orders, classes and departments need Plus."""
    needed, why = "essentials", "bills"
    posting = settings.posting
    if posting.mode == "tracked":
        needed, why = "plus", 'inventory items ([posting] mode = "tracked")'
    elif posting.purchase_orders:
        needed, why = "plus", "purchase orders ([posting] purchase_orders)"
    elif any(role in DIMENSIONS for role, _, _ in settings.accounts.overrides()):
        needed, why = "plus", "classes and departments ([accounts.by_...])"
    key, level = plan.lower().replace(" ", ""), needed.capitalize()
    if key not in PLANS:
        told = f"QuickBooks names it {plan!r}" if plan else "QuickBooks does not say it"
        return PreflightFinding("plan", True, f"{told}: see that it has {why}, as {level} and higher have")
    return PreflightFinding(
        "plan",
        PLANS.index(key) >= PLANS.index(needed),
        f"{plan}; {why} are in {level} and higher",
        f"Change the company's plan to {level} or higher (Account and settings, Billing), or post less",
    )


def _currencies(preferences: Mapping[str, Any], settings: Settings) -> PreflightFinding:
    """A company of one currency takes foreign documents converted only; which there are, the days ahead say."""
    if settings.posting.foreign_documents == "home_currency":
        text = f"documents in a foreign currency go in {settings.connection.currency}, at the inventory system's rates"
    elif preferences.get("CurrencyPrefs", {}).get("MultiCurrencyEnabled"):
        text = "the company keeps several: documents go in theirs"
    else:
        text = (
            "the company keeps one: a document in another would wait, unless Multicurrency is switched on (Account and "
            'settings, Advanced; there is no way back), or [posting] foreign_documents is "home_currency"'
        )
    return PreflightFinding("currencies", True, text)


def _tax(
    regime: TaxRegimeName, preferences: Mapping[str, Any], codes: int, rates: bool, settings: Settings
) -> PreflightFinding:
    own, words = settings.posting.tax_total != "source", _TAX_WORDS[regime]
    if regime != "global":
        told = f"; [posting] tax_total = {settings.posting.tax_total!r} says nothing here" if own else ""
        remedy = 'Leave [posting] tax_total at "source": it is for companies outside the US'
        return PreflightFinding("tax", not own, words + told, remedy)
    if preferences.get("TaxPrefs", {}).get("UsingSalesTax") is False or not codes:
        named = bool({*settings.tax_codes.values()} - {"TAX", "NON"})
        told = ", and [tax_codes] names some of its codes" if named else ""
        remedy = "Set it up there (Taxes), or take out the lines of [tax_codes]"
        return PreflightFinding("tax", not named, f"tax is not set up in QuickBooks{told}", remedy)
    told = "" if rates or not own else ", and their rates are not known"
    remedy = "See the rates of the codes in QuickBooks (Taxes), then read the reference data again"
    return PreflightFinding("tax", not told, f"{words}, {codes} of them{told}", remedy)
