"""What QuickBooks' own preferences say of a company: through which day it is closed, who numbers, how it is taxed.

What belongs here: the reading of `Preferences`, `CompanyInfo` and tax rates as they were stored last. What the settings
say is `resolving.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from qbo_pipeline.accounting.books import TaxRegimeName
from qbo_pipeline.store.reference import lists_of, references


def preferences_of(connection: Connection, name: str) -> list[dict[str, Any]]:
    """QBO's preferences as they were read last; none where they never were."""
    return [item.content for item in references(connection, name, "Preferences")]


def company_facts(company: dict[str, Any], preferences: dict[str, Any]) -> dict[str, str]:
    """What a source may need to know of the company, by name: each as text, empty where QBO says nothing of it."""
    told = {str(pair.get("Name")): str(pair.get("Value") or "") for pair in company.get("NameValue", [])}
    currency = preferences.get("CurrencyPrefs", {})
    closed = closing_date([preferences])
    numbered = numbered_by_quickbooks(preferences)
    return {
        "company": str(company.get("CompanyName") or ""),
        "country": str(company.get("Country") or ""),
        "plan": told.get("OfferingSku", ""),
        "subscription": told.get("SubscriptionStatus", ""),
        "home currency": str((currency.get("HomeCurrency") or {}).get("value") or ""),
        "several currencies": "yes" if currency.get("MultiCurrencyEnabled") else "no",
        "sales tax": tax_regime([company], preferences),
        "closed through": closed.isoformat() if closed else "",
        "numbered by QuickBooks": ", ".join(numbered),
    }


def closing_date(preferences: Sequence[dict[str, Any]]) -> date | None:
    """Through which day the company's books are closed, as QBO's preferences say."""
    text = preferences[0].get("AccountingInfoPrefs", {}).get("BookCloseDate") if preferences else None
    return date.fromisoformat(text[:10]) if text else None


def numbered_by_quickbooks(preferences: dict[str, Any]) -> tuple[str, ...]:
    """The entities that QBO numbers by itself, each form by its own preference; bills and journals never are.

    The preference of supplier credits and purchase orders is a name and value under `OtherPrefs`.
    """
    others = {pair.get("Name"): pair.get("Value") for pair in preferences.get("OtherPrefs", {}).get("NameValue", [])}
    found: set[str] = set()
    if not preferences.get("SalesFormsPrefs", {}).get("CustomTxnNumbers", True):
        found |= {"Invoice", "CreditMemo", "Estimate"}
    if others.get("VendorAndPurchasesPrefs.UseCustomTxnNumbers") == "false":
        found |= {"VendorCredit", "PurchaseOrder"}
    return tuple(sorted(found))


def tax_regime(companies: Sequence[dict[str, Any]], preferences: dict[str, Any]) -> TaxRegimeName:
    """The country decides whether it is a US company, its tax preferences how sales tax is kept there; where the
    country is not known, automated sales tax still tells that it is a US one."""
    country = str(companies[0].get("Country") or "") if companies else ""
    taxes = preferences.get("TaxPrefs", {})
    automated = bool(taxes.get("PartnerTaxEnabled"))
    if country != "US" and not (automated and not country):
        return "global"
    if automated:
        return "us"
    return "us_none" if taxes.get("UsingSalesTax") is False else "us_manual"


def rates_of_codes(connection: Connection, name: str) -> dict[str, tuple[tuple[Decimal, ...], tuple[Decimal, ...]]]:
    """By Id of a tax code, the percentages that it charges on sales and on purchases; a code with a rate that is not
    known is left out."""
    lists = lists_of(connection, name, "TaxRate", "TaxCode")
    percent = {
        rate.qbo_id: Decimal(str(rate.content["RateValue"]))
        for rate in lists["TaxRate"]
        if rate.content.get("RateValue") is not None
    }
    found = {}
    for code in lists["TaxCode"] if percent else ():
        sides = [
            [detail["TaxRateRef"]["value"] for detail in (code.content.get(side) or {}).get("TaxRateDetail", ())]
            for side in ("SalesTaxRateList", "PurchaseTaxRateList")
        ]
        if all(rate in percent for side in sides for rate in side):
            found[code.qbo_id] = (tuple(percent[rate] for rate in sides[0]), tuple(percent[rate] for rate in sides[1]))
    return found
