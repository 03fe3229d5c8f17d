"""Payments of customers and to vendors: what they settle, what stays unapplied, realised exchange gain and loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbo_pipeline.emulator.company.account_rules import control_account, exchange_account, undeposited_funds
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft, Link, Party
from qbo_pipeline.emulator.company.faults import NOT_FOUND_DELETED, error
from qbo_pipeline.emulator.company.money import minor, share
from qbo_pipeline.emulator.company.posting import lines as rules
from qbo_pipeline.emulator.company.posting.banking import MIXED_CURRENCIES, bank_line
from qbo_pipeline.emulator.company.store import row_id

# Words of LinkedTxn.TxnType -> entity.
_TYPES = {
    "Invoice": "Invoice",
    "CreditMemo": "CreditMemo",
    "JournalEntry": "JournalEntry",
    "Bill": "Bill",
    "VendorCredit": "VendorCredit",
    "Deposit": "Deposit",
    "Expense": "Purchase",
    "Purchase": "Purchase",
    "Check": "Purchase",
    "CreditCardCredit": "Purchase",
}


@dataclass(slots=True)
class OpenItem:
    """What a document leaves open on the control account, in minor units: debit positive, before this settlement."""

    amount: int
    home: int
    account: int


def open_item(book: Book, txn: int, party: tuple[str, int], currency: str, without: int) -> OpenItem | None:
    """The open amount of a transaction towards a party; what transaction `without` settles does not count."""
    sql = """SELECT account, SUM(amount), SUM(home) FROM lines
             WHERE txn = ? AND party = ? AND party_kind = ? AND currency = ? GROUP BY account"""
    found = [r for r in book.store.rows(sql, (txn, party[1], party[0], currency)) if r[0] in book.control]
    if not found:
        return None
    account, amount, home = found[0]
    settled = book.store.row(
        "SELECT COALESCE(SUM(amount), 0) FROM links WHERE target = ? AND source <> ? AND kind = 'settle'",
        (txn, without),
    )
    applied = settled[0] if settled else 0
    if amount == 0:
        return OpenItem(0, 0, account)
    sign = 1 if amount > 0 else -1
    rest = amount - sign * applied
    return OpenItem(rest, share(home, rest, amount), account)


def payment(draft: Draft) -> None:
    """Dr bank or undeposited funds / Cr accounts receivable; credit memos in the lines are used up against invoices."""
    body = draft.body
    target = rules.ref_id(body, "DepositToAccountRef") or undeposited_funds(draft.book)
    body["DepositToAccountRef"] = {"value": target}
    given = rules.ref_id(body, "ARAccountRef")
    _check_control(draft, given, "Accounts Receivable")
    _settle(draft, 1, target, given or control_account(draft.book, "Accounts Receivable", draft.currency))


def bill_payment(draft: Draft) -> None:
    """Dr accounts payable / Cr bank or credit card; vendor credits in the lines are used up against bills."""
    body = draft.body
    part, name, kinds = (
        ("CheckPayment", "BankAccountRef", ("Bank",))
        if body["PayType"] == "Check"
        else ("CreditCardPayment", "CCAccountRef", ("Credit Card",))
    )
    target = rules.ref_id(body.get(part) or {}, name)
    if target is None:
        draft.errors.append(error("2020", name, what=f"Required parameter {part}.{name} is missing in the request"))
        return
    entry = draft.book.entries["Account"].get(target)
    if entry is not None and entry.body["AccountType"] not in kinds:
        draft.errors.append(error("6430", name, what=f"{entry.name} is of type {entry.body['AccountType']}"))
    given = rules.ref_id(body, "APAccountRef")
    _check_control(draft, given, "Accounts Payable")
    _settle(draft, -1, target, given or control_account(draft.book, "Accounts Payable", draft.currency))


def _check_control(draft: Draft, given: str | None, kind: str) -> None:
    entry = draft.book.entries["Account"].get(given) if given else None
    if entry is None:
        return
    if entry.body["AccountType"] != kind:
        draft.errors.append(error("6430", what=f"{entry.name} is not of type {kind}"))
    elif draft.book.currency_of(entry.body) != draft.currency:
        draft.errors.append(error("6000", what=MIXED_CURRENCIES))


def _settle(draft: Draft, sign: int, bank: str, control: str) -> None:
    """`sign` +1: money in, settles debits of A/R; -1: money out, settles credits of A/P."""
    body = draft.body
    draft.total = minor(body["TotalAmt"])
    if draft.total < 0:
        draft.errors.append(error("2290", "TotalAmt"))
    if draft.total:
        bank_line(draft, bank, sign * draft.total)
    used = 0
    for n, line in enumerate(body.get("Line") or []):
        amount = minor(line.get("Amount") or Decimal(0))
        if amount < 0:
            draft.errors.append(error("2290", "Line"))
        for linked in line.get("LinkedTxn", []):
            if linked.get("TxnId") in (None, "", "0"):
                continue
            used += _apply(draft, sign, n, linked, amount)
    unapplied = draft.total - used
    if unapplied < 0:
        text = "The amount applied can't be more than the amount received and the credits used."
        draft.errors.append(error("6000", "TotalAmt", what=text))
    if unapplied:
        draft.post(control, -sign * unapplied)
    exchange = -sum(line.home for line in draft.lines)
    if exchange:
        if draft.currency == draft.book.home_currency:
            draft.balance_home(0)
        else:
            draft.post(exchange_account(draft.book), 0, home=exchange, in_home=True)
    draft.balance = unapplied if draft.entity.name == "Payment" else None


def _with_jobs(book: Book, party: Party) -> Iterator[Party]:
    """A customer and, since it may pay for them, its sub-customers; a vendor alone."""
    yield party
    for id in sorted(book.children[(party[0], str(party[1]))]):
        yield from _with_jobs(book, (party[0], int(id)))


def _apply(draft: Draft, sign: int, n: int, linked: Body, amount: int) -> int:
    """Settle one document; returns the amount of the payment used (negative for a credit that adds to it)."""
    id, kind = str(linked["TxnId"]), str(linked.get("TxnType") or "")
    entity = _TYPES.get(kind)
    sql = "SELECT entity FROM txns WHERE id = ?"
    found = draft.book.store.value(sql, (row_id(id),))
    if entity is None:
        draft.errors.append(error("2170", "TxnType", what=kind))
        return 0
    if found != entity or draft.party is None:
        draft.errors.append(error("610", "LinkedTxn", what=NOT_FOUND_DELETED))
        return 0
    item = None
    party = draft.party
    for party in _with_jobs(draft.book, draft.party):
        item = open_item(draft.book, int(id), party, draft.currency, draft.id)
        if item is not None:
            break
    if item is None:
        draft.errors.append(
            error("620", "LinkedTxn", what=f"{kind} {id} has nothing open in this currency for this name.")
        )
        return 0
    already = sum(link.amount for link in draft.links if link.target == int(id))
    rest = abs(item.amount) - already
    if amount > rest:
        text = f"You can't apply more to {kind} {id} than is open."
        draft.errors.append(error("6000", "Amount", what=text))
        return 0
    if amount == 0:
        return 0
    direction = 1 if item.amount > 0 else -1
    home = item.home if amount == abs(item.amount) else direction * share(abs(item.home), amount, abs(item.amount))
    draft.post(item.account, -direction * amount, home=-home, party=party)
    draft.links.append(Link(n, int(id), str(linked.get("TxnLineId") or ""), "settle", amount))
    return direction * sign * amount
