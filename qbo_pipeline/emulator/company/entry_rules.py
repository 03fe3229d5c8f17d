"""What differs between list entities: defaults, computed names, rules of their own, and what follows a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qbo_pipeline.emulator.company import account_rules, filling, item_rules, people_rules, planning_rules
from qbo_pipeline.emulator.company.account_rules import FollowUp, Then
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.cleaning import clean
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.fields import BOOL, DATE, Field, rows, text
from qbo_pipeline.emulator.company.references import CURRENCY_NAMES, known_currency
from qbo_pipeline.emulator.company.schema.entities import Entity
from qbo_pipeline.emulator.company.store import row_id
from qbo_pipeline.emulator.company.trees import place_in_tree

Rule = Callable[[Book, Entry, Entry | None, list[QboError]], Then | None]


def complete(book: Book, entity: Entity, entry: Entry, old: Entry | None, errors: list[QboError]) -> Then:
    """Fill in defaults and computed parts of an entity about to be written, append its faults.

    Returns what is to be done once it is saved; that answers with the documents that QBO makes by itself.
    """
    if entity.plans and book.settings.plan not in entity.plans:
        feature = f"{entity.name} is not available in QuickBooks Online {book.settings.plan}."
        errors.append(error("5020", what=feature))
    rule = _RULES.get(entity.name)
    found = rule(book, entry, old, errors) if rule else None
    return found or _nothing


def _nothing(entry: Entry) -> list[FollowUp]:
    return []


def _tracking_category(kind: str, flag: str) -> Rule:
    def rule(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
        place_in_tree(book, kind, flag, entry, errors)
        count = len(book.entries["Class"]) + len(book.entries["Department"])
        limit = book.settings.class_and_location_limit
        if old is None and count >= limit and book.settings.plan != "Advanced":
            text = f"You've reached the limit of {limit} classes and locations of your plan."
            errors.append(error("6000", what=text))

    return rule


def _term(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    body = entry.body
    body.setdefault("Type", "DATE_DRIVEN" if "DayOfMonthDue" in body else "STANDARD")
    if body["Type"] == "STANDARD":
        body.setdefault("DueDays", 0)


def _payment_method(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    entry.body.setdefault("Type", "NON_CREDIT_CARD")


def _company_currency(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    code = entry.body["Code"]
    if not known_currency(code):
        errors.append(error("2220", "Code", what=code))
    entry.body.setdefault("Name", CURRENCY_NAMES.get(code, code))


def _tax_agency(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> Then | None:
    body = entry.body
    body.setdefault("TaxTrackedOnSales", True)
    body.setdefault("TaxTrackedOnPurchases", book.country != "US")
    if old is not None:
        return None
    return lambda made: account_rules.make_agency_account(book, made)


def _attachable(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    body = entry.body
    if not body.get("FileName") and not body.get("Note"):
        errors.append(error("2020", "Note", what="Required parameter FileName or Note is missing in the request"))
    for link in body.get("AttachableRef", []):
        link.setdefault("IncludeOnSend", False)
        reference = link.get("EntityRef") or {}
        if not isinstance(reference, dict):
            errors.append(error("2120", "EntityRef", expected="a reference", what=reference))
            continue
        kind, id = str(reference.get("type") or ""), str(reference.get("value") or "")
        sql = "SELECT 1 FROM txns WHERE id = ? AND entity = ?"
        is_known = id in book.entries.get(kind, {}) or book.store.row(sql, (row_id(id), kind)) is not None
        if reference and not is_known:
            errors.append(error("2500", "EntityRef", what=f"{kind or 'Entity'} element id {id} not found"))


# Preferences that the company itself reads, with their types; the others are kept as given.
_PREFERENCES: Final[dict[str, dict[str, Field]]] = {
    "AccountingInfoPrefs": {"BookCloseDate": DATE},
    "CurrencyPrefs": {"HomeCurrency": Field("ref"), "MultiCurrencyEnabled": BOOL},
    "OtherPrefs": {"NameValue": rows({"Name": text(100, required=True), "Value": text(4000, required=True)})},
    "SalesFormsPrefs": {"CustomTxnNumbers": BOOL},
    "TaxPrefs": {"PartnerTaxEnabled": BOOL, "UsingSalesTax": BOOL},
}


def _preferences(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    for group, values in entry.body.items():
        if not isinstance(values, dict):
            errors.append(error("2120", group, expected="an object", what=values))
            continue
        typed = _PREFERENCES.get(group, {})
        values.update(clean({k: v for k, v in values.items() if k in typed}, typed, errors))
    if errors:
        return
    new: Body = entry.body.get("CurrencyPrefs", {})
    before: Body = (old.body if old else {}).get("CurrencyPrefs", {})
    if before.get("MultiCurrencyEnabled") and not new.get("MultiCurrencyEnabled"):
        errors.append(error("6000", "MultiCurrencyEnabled", what="Multicurrency can't be turned off."))
    if new.get("HomeCurrency") != before.get("HomeCurrency"):
        errors.append(error("6000", "HomeCurrency", what="The home currency can't be changed."))
    if new.get("MultiCurrencyEnabled") and book.settings.plan == "SimpleStart":
        errors.append(error("5020", what="Multicurrency is not available in QuickBooks Online SimpleStart."))


def _company_info(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    filling.addresses(book, entry.body, filling.COMPANY_ADDRESSES)


_RULES: Final[dict[str, Rule]] = {
    "Account": account_rules.complete,
    "Attachable": _attachable,
    "Budget": planning_rules.budget,
    "Class": _tracking_category("Class", "SubClass"),
    "CompanyCurrency": _company_currency,
    "CompanyInfo": _company_info,
    "Customer": people_rules.customer,
    "Department": _tracking_category("Department", "SubDepartment"),
    "Employee": people_rules.employee,
    "Item": item_rules.complete,
    "JournalCode": planning_rules.journal_code,
    "PaymentMethod": _payment_method,
    "Preferences": _preferences,
    "TaxAgency": _tax_agency,
    "Term": _term,
    "TimeActivity": planning_rules.time_activity,
    "Vendor": people_rules.vendor,
}
