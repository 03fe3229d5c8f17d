"""A company made after another one: its lists with their Ids, its preferences, and its balances of one day.

What belongs here: planting what somebody has read of a QuickBooks company through its API, as it answered. Nothing is
checked as a write would be: what a real company holds is right. Documents are not copied: one journal entry stands for
all of them, with the balances as they were at the end of a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import documents, entries, rates
from qbo_pipeline.emulator.company.account_rules import opening_balance_equity
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.posting.banking import CONTROL_PARTY
from qbo_pipeline.emulator.company.references import known_currency
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, entity
from qbo_pipeline.emulator.company.schema.lists import ACCOUNT_TYPES

SEED: Final = "copy"
COPIED: Final = (
    "Account", "TaxAgency", "TaxRate", "TaxCode", "CompanyCurrency", "Term", "PaymentMethod", "Class", "Department",
    "Customer", "Vendor", "Employee", "Item",
)  # fmt: skip
OPENING_PARTY: Final = "Opening balance, not by name"
_OF_THE_LEDGER: Final = frozenset({
    "Id", "SyncToken", "MetaData", "domain", "sparse", "Active", "Balance", "BalanceWithJobs", "CurrentBalance",
    "CurrentBalanceWithSubAccounts", "OpenBalanceDate", "OpeningBalance", "OpeningBalanceDate", "QtyOnHand",
})  # fmt: skip


def plant_copy(book: Book, copy: Mapping[str, Any]) -> None:
    """Fill an empty book. `copy` has `CompanyInfo`, `Preferences`, `lists` (objects by entity), `rates`, and `opening`
    with its `day` and `balances` (`account`, `amount` in home currency, debit positive).

    Raises `ValueError` for what cannot be a company.
    """
    preferences = {name: value for name, value in copy["Preferences"].items() if name in ENTITIES["Preferences"].fields}
    accounting = preferences.get("AccountingInfoPrefs", {})
    still_open = {name: value for name, value in accounting.items() if name != "BookCloseDate"}
    _save(book, "CompanyInfo", copy["CompanyInfo"] | {"Id": "1"})
    _save(book, "Preferences", preferences | {"Id": "1", "AccountingInfoPrefs": still_open})
    listed = copy.get("lists", {})
    if unknown := sorted(set(listed) - set(COPIED)):
        raise ValueError(f"lists that are not copied: {', '.join(unknown)}; copied are {', '.join(COPIED)}")
    for kind in COPIED:
        for body in listed.get(kind, ()):
            _save(book, kind, body | {"Active": True})  # what is inactive may have a balance
        numbers = [int(id) for id in book.entries[kind] if id.isascii() and id.isdigit()]
        book.counters[kind] = max(numbers, default=0)
    for rate in copy.get("rates", ()):
        if known_currency(rate["SourceCurrencyCode"]) and rate["SourceCurrencyCode"] != book.home_currency:
            rates.put(book, rate)
    _opening(book, copy.get("opening", {}))
    for kind in COPIED:
        for body in listed.get(kind, ()):
            if body.get("Active") is False:
                _save(book, kind, body, is_new=False)
    _save(book, "Preferences", preferences | {"Id": "1"}, is_new=False)


def _save(book: Book, kind: str, body: Mapping[str, Any], *, is_new: bool = True) -> None:
    fields = ENTITIES[kind].fields
    kept: Body = {name: value for name, value in body.items() if name in fields and name not in _OF_THE_LEDGER}
    if kind == "Account":
        account_type = kept.get("AccountType")
        if account_type not in ACCOUNT_TYPES:
            raise ValueError(f"the account {kept.get('Name')!r} has the type {account_type!r}, which no account has")
        classification, subtype = ACCOUNT_TYPES[account_type]
        kept = {"Classification": classification, "AccountSubType": subtype} | kept
    if kind in ("Account", "Customer", "Vendor"):
        kept.setdefault("CurrencyRef", {"value": book.home_currency})
    if "FullyQualifiedName" in fields:
        kept.setdefault("FullyQualifiedName", kept.get(ENTITIES[kind].name_field))
    now = book.now()
    entry = Entry(str(body["Id"]), body.get("Active") is not False, int(body.get("SyncToken") or 0), now, now, kept)
    book.save_entry(kind, entry, is_new=is_new)


def _opening(book: Book, opening: Mapping[str, Any]) -> None:
    """One journal entry with the balances. Those of accounts in another currency are left out, since their amount in it
    is not known; opening balance equity takes what is missing to zero."""
    lines: list[Body] = []
    left = Decimal(0)
    for balance in opening.get("balances", ()):
        amount = Decimal(balance["amount"])
        account = book.entries["Account"].get(str(balance["account"]))
        if account is None or book.currency_of(account.body) != book.home_currency or not amount:
            continue
        lines.append(_line(book, account, amount))
        left -= amount
    if left:
        lines.append(_line(book, book.entries["Account"][opening_balance_equity(book)], left))
    if lines:
        untaxed = {} if book.country == "US" else {"GlobalTaxCalculation": "NotApplicable"}
        body = {"TxnDate": opening["day"], "PrivateNote": "Balances brought forward", "Line": lines}
        documents.create(book, "JournalEntry", body | untaxed, frozenset())


def _line(book: Book, account: Entry, amount: Decimal) -> Body:
    detail: Body = {"PostingType": "Debit" if amount > 0 else "Credit", "AccountRef": {"value": account.id}}
    if account.body["AccountType"] in CONTROL_PARTY:
        kind = CONTROL_PARTY[account.body["AccountType"]][0]
        detail["Entity"] = {"Type": kind, "EntityRef": {"value": _party(book, kind)}}
    return {"DetailType": "JournalEntryLineDetail", "Amount": abs(amount), "JournalEntryLineDetail": detail}


def _party(book: Book, kind: str) -> str:
    """The customer or vendor that stands for all of them in the opening entry."""
    name = f"{OPENING_PARTY} ({kind})"
    taken = book.names["Names"].get(name.casefold())
    if taken is not None:
        return taken[1]
    entry, _ = entries.create(book, entity(kind), {"DisplayName": name})
    return entry.id
