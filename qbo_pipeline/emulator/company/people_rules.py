"""Customers, vendors and employees: names composed from their parts, currency, opening balance, jobs."""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.emulator.company import filling
from qbo_pipeline.emulator.company.account_rules import FollowUp, Then, opening_balance_equity
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.references import CURRENCY_NAMES, known_currency
from qbo_pipeline.emulator.company.trees import place_in_tree, refuse_characters

_NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


def _name(book: Book, entry: Entry, errors: list[QboError]) -> None:
    body = entry.body
    if not body.get("DisplayName"):
        composed = " ".join(body[part] for part in _NAME_PARTS if body.get(part))
        if not composed:
            errors.append(error("6080"))
        body["DisplayName"] = composed
    refuse_characters(book, body["DisplayName"], "DisplayName", errors)
    body.setdefault("PrintOnCheckName", body.get("CompanyName") or body["DisplayName"])


def _currency(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    body = entry.body
    code = (body.get("CurrencyRef") or {}).get("value") or book.home_currency
    if not known_currency(code):
        errors.append(error("2220", "CurrencyRef", what=code))
    elif code != book.home_currency and not book.multi_currency:
        errors.append(error("6000", "CurrencyRef", what="Multicurrency must be turned on to use another currency."))
    body["CurrencyRef"] = {"value": code}


def add_currency(book: Book, code: str) -> None:
    """Enter a currency in the company's list when it is first used."""
    if code == book.home_currency or any(e.body["Code"] == code for e in book.entries["CompanyCurrency"].values()):
        return
    now = book.now()
    entry = Entry(str(book.next_id("CompanyCurrency")), True, 0, now, now, {"Code": code, "Name": CURRENCY_NAMES[code]})
    book.save_entry("CompanyCurrency", entry, is_new=True)


def _deactivation(book: Book, kind: str, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    if old is None or not old.active or entry.active or book.settings.deactivate_with_balance == "allow":
        return
    if book.balances.party[(kind, int(old.id))]:
        errors.append(
            error("6220", "Active", what=f"{old.name} has a balance that is not zero and can't be made inactive.")
        )


def customer(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> Then | None:
    """Defaults and rules of a customer; an opening balance becomes an invoice against Opening Balance Equity."""
    body = entry.body
    _name(book, entry, errors)
    parent = body.get("ParentRef")
    above = book.entries["Customer"].get(parent["value"]) if parent else None
    if above is not None and "CurrencyRef" not in body:
        body["CurrencyRef"] = dict(above.body["CurrencyRef"])
    _currency(book, entry, old, errors)
    level = place_in_tree(book, "Customer", "", entry, errors)
    body.pop("Level", None)
    if level:
        body["Level"] = level
    body["Job"] = level > 0
    body.setdefault("BillWithParent", False)
    body.setdefault("Taxable", True)
    code = filling.default_tax_code(book)
    if code and body["Taxable"]:
        body.setdefault("DefaultTaxCodeRef", code)
    filling.addresses(book, body, ("BillAddr", "ShipAddr"))
    body.setdefault("PreferredDeliveryMethod", "Print")
    _deactivation(book, "Customer", entry, old, errors)
    opening = _opening(body, old, errors)
    if old is not None:
        return None
    return lambda made: _after(book, made, opening, "Invoice")


def vendor(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> Then | None:
    """Defaults and rules of a vendor; an opening balance becomes a bill against Opening Balance Equity."""
    _name(book, entry, errors)
    _currency(book, entry, old, errors)
    entry.body.setdefault("Vendor1099", False)
    filling.addresses(book, entry.body, ("BillAddr",))
    _deactivation(book, "Vendor", entry, old, errors)
    opening = _opening(entry.body, old, errors)
    if old is not None:
        return None
    return lambda made: _after(book, made, opening, "Bill")


def employee(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    """Defaults of an employee."""
    _name(book, entry, errors)
    entry.body.setdefault("BillableTime", False)
    filling.addresses(book, entry.body, ("PrimaryAddr",))


def _opening(body: Body, old: Entry | None, errors: list[QboError]) -> tuple[Decimal, str] | None:
    amount, day = body.pop("Balance", None), body.pop("OpenBalanceDate", None)
    if old is not None or not amount:
        return None
    if not day:
        errors.append(error("6060", "OpenBalanceDate"))
    return amount, str(day)


def _after(book: Book, made: Entry, opening: tuple[Decimal, str] | None, document: str) -> list[FollowUp]:
    add_currency(book, made.body["CurrencyRef"]["value"])
    if opening is None:
        return []
    amount, day = opening
    equity = {"value": opening_balance_equity(book)}
    detail = "SalesItemLineDetail" if document == "Invoice" else "AccountBasedExpenseLineDetail"
    account = "ItemAccountRef" if document == "Invoice" else "AccountRef"
    party = "CustomerRef" if document == "Invoice" else "VendorRef"
    line = {"Amount": amount, "DetailType": detail, "Description": "Opening Balance", detail: {account: equity}}
    untaxed = {} if book.country == "US" else {"GlobalTaxCalculation": "NotApplicable"}
    return [(document, {party: {"value": made.id}, "TxnDate": day, "Line": [line]} | untaxed)]
