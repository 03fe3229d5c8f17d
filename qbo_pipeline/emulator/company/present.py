"""Objects as QBO answers them: the envelope, names beside references, and everything that is computed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.money import convert, major, quantity
from qbo_pipeline.emulator.company.references import name_references
from qbo_pipeline.emulator.company.schema.entities import ENTITIES
from qbo_pipeline.emulator.company.schema.lists import BALANCE_SHEET_CLASSES

TXN_COLUMNS = "id, entity, number, date, party_kind, party, currency, total, balance, sync, created, updated, body"


_TOTALS = {"CreditCardPayment": "Amount", "InventoryAdjustment": "", "ReimburseCharge": "Amount",
           "TaxPayment": "PaymentAmount", "Transfer": "Amount"}  # fmt: skip
"""What a transaction's total is called where it is not TotalAmt; "" where it has none."""
_HOME_TOTAL = ("CreditMemo", "Deposit", "Estimate", "Invoice", "RefundReceipt", "ReimburseCharge", "SalesReceipt")
_HOME_BALANCE = ("Bill", "CreditMemo", "Invoice", "RefundReceipt", "SalesReceipt")
"""Which transactions tell their total and what is open in home currency too: those for which the schemas have it."""


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


def _envelope(book: Book, id: str, sync: int, created: str, updated: str) -> Body:
    times = {"CreateTime": book.local(created), "LastUpdatedTime": book.local(updated)}
    return {"domain": "QBO", "sparse": False, "Id": id, "SyncToken": str(sync), "MetaData": times}


def entry(book: Book, kind: str, found: Entry) -> Body:
    """A list entity with its computed properties."""
    if kind == "RecurringTransaction":
        return _template(book, found)
    body: Body = _envelope(book, found.id, found.sync, found.created, found.updated) | _copy(found.body)
    if "Active" in ENTITIES[kind].fields:
        body["Active"] = found.active
    name_references(book, body, ENTITIES[kind].fields)
    for field, shown in _MASKED.items():
        if field in body:
            body[field] = "X" * (len(body[field]) - shown) + body[field][-shown:]
    add = _COMPUTED.get(kind)
    if add:
        add(book, found, body)
    return body


_MASKED: Final = {"PrimaryTaxIdentifier": 5, "TaxIdentifier": 4}
"""Tax numbers of customers and vendors, and how many of their last characters an answer shows (Intuit's reference)."""


def _template(book: Book, found: Entry) -> Body:
    """A template of a recurring transaction: that transaction under its kind, with the template's Id and schedule."""
    kind = found.body["Type"]
    envelope = _envelope(book, found.id, found.sync, found.created, found.updated)
    inner: Body = envelope | _copy(found.body[kind]) | {"RecurDataRef": _copy(found.body["RecurDataRef"])}
    name_references(book, inner, ENTITIES[kind].fields)
    return {kind: inner}


def transaction(book: Book, row: tuple[Any, ...]) -> Body:
    """A transaction from its row (`TXN_COLUMNS`; the body as stored or parsed), with its present balances and links."""
    id, kind, number, day, _, _, currency, total, balance, sync, created, updated, stored = row
    body = _envelope(book, str(id), sync, created, updated)
    if number is not None:
        body["DocNumber"] = number
    body["TxnDate"] = day
    body.update(jsontext.loads(stored) if isinstance(stored, bytes) else stored)
    name_references(book, body, ENTITIES[kind].fields)
    total_name = _TOTALS.get(kind, "TotalAmt")
    if total_name:
        body[total_name] = Decimal(0) if kind == "JournalEntry" else major(total)
    if kind == "TaxPayment":
        body["PaymentDate"] = body.pop("TxnDate")
    if balance is not None:
        name = "UnappliedAmt" if kind == "Payment" else "Balance"
        body[name] = major(balance)
        if kind == "CreditMemo":
            body["RemainingCredit"] = major(balance)
    if currency != book.home_currency:
        rate = Decimal(body.get("ExchangeRate", 1))
        if kind in _HOME_TOTAL:
            body["HomeTotalAmt"] = major(convert(total, rate))
        if kind in _HOME_BALANCE and balance is not None:
            body["HomeBalance"] = major(convert(balance, rate))
    _add_links(book, id, kind, body)
    return body


_LINKED_ALONE: Final = ("SalesReceipt",)
"""Forms that were recorded without LinkedTxn where nothing is linked."""


def _add_links(book: Book, id: int, kind: str, body: Body) -> None:
    if "LinkedTxn" not in ENTITIES[kind].fields:
        return
    sql = "SELECT DISTINCT t.id, t.entity FROM links l JOIN txns t ON t.id = l.source WHERE l.target = ?"
    linked = [{"TxnId": str(i), "TxnType": link_type(e, book, i)} for i, e in book.store.execute(sql, (id,))]
    linked += _charged(book, id, kind, bool(linked))
    own = body.pop("LinkedTxn", None) or []
    given = [named for named in own if named.get("TxnId") not in {x["TxnId"] for x in linked}]
    if given or linked or kind not in _LINKED_ALONE:
        body["LinkedTxn"] = given + linked
    if kind == "ReimburseCharge":
        for line in body["Line"]:
            line["LinkedTxn"] = _copy(body["LinkedTxn"])


def _charged(book: Book, id: int, kind: str, is_invoiced: bool) -> list[Body]:
    """The charges on an invoice; of a charge that is on none yet, the line that it came from."""
    if kind == "Invoice" and book.counters.get("charges"):
        sql = "SELECT target FROM links WHERE source = ? AND kind = 'billed' ORDER BY target"
        return [{"TxnId": str(target), "TxnType": "ReimburseCharge"} for (target,) in book.store.execute(sql, (id,))]
    if kind == "ReimburseCharge" and not is_invoiced:
        sql = """SELECT t.id, t.entity, l.target_line FROM links l JOIN txns t ON t.id = l.target
                 WHERE l.source = ? AND l.kind = 'charge'"""
        return [
            {"TxnId": str(i), "TxnType": link_type(e, book, i), "TxnLineId": line}
            for i, e, line in book.store.execute(sql, (id,))
        ]
    return []


def link_type(kind: str, book: Book, id: int) -> str:
    """The word by which LinkedTxn names a transaction."""
    if kind == "BillPayment":
        body = jsontext.loads(book.store.value("SELECT body FROM txns WHERE id = ?", (id,)))
        return "BillPaymentCreditCard" if body.get("PayType") == "CreditCard" else "BillPaymentCheck"
    if kind == "Purchase":
        body = jsontext.loads(book.store.value("SELECT body FROM txns WHERE id = ?", (id,)))
        return {"Check": "Check", "CreditCard": "CreditCardExpense"}.get(str(body.get("PaymentType")), "CashPurchase")
    return kind


def _account(book: Book, found: Entry, body: Body) -> None:
    own = account_balance(book, found)
    body["CurrentBalance"] = major(own)
    body["CurrentBalanceWithSubAccounts"] = major(own + _below(book, found.id))


def _below(book: Book, parent: str) -> int:
    accounts = book.entries["Account"]
    return sum(account_balance(book, accounts[id]) + _below(book, id) for id in book.children[("Account", parent)])


def account_balance(book: Book, found: Entry) -> int:
    """CurrentBalance in minor units of the account's currency.

    As in Intuit's sandbox company: debit positive, but credit cards show what is owed, and income and expense zero.
    """
    body = found.body
    if body["Classification"] not in BALANCE_SHEET_CLASSES:
        return 0
    foreign = book.currency_of(body) != book.home_currency
    balance = (book.balances.foreign if foreign else book.balances.home)[int(found.id)]
    return -balance if body["AccountType"] == "Credit Card" else balance


def _customer(book: Book, found: Entry, body: Body) -> None:
    own = book.balances.party[("Customer", int(found.id))]
    body["Balance"] = major(own)
    body["BalanceWithJobs"] = major(own + _jobs(book, found.id))


def _jobs(book: Book, parent: str) -> int:
    balances = book.balances.party
    return sum(balances[("Customer", int(id))] + _jobs(book, id) for id in book.children[("Customer", parent)])


def _vendor(book: Book, found: Entry, body: Body) -> None:
    body["Balance"] = major(-book.balances.party[("Vendor", int(found.id))])


def _item(book: Book, found: Entry, body: Body) -> None:
    if found.body["Type"] == "Inventory":
        body["QtyOnHand"] = quantity(book.balances.quantity[int(found.id)])


def _attachable(book: Book, found: Entry, body: Body) -> None:
    if "FileAccessUri" in found.body:
        body["TempDownloadUri"] = f"{book.settings.download_base_url}/download/{found.id}"


_COMPUTED = {"Account": _account, "Customer": _customer, "Vendor": _vendor, "Item": _item, "Attachable": _attachable}
