"""Prepayments on an account of their own: what is paid before its document, and what is applied once it is there.

What belongs here: the entries of the policies `customer_deposits` and `supplier_deposits` = "own_account". What a
payment settles of documents of its own day or earlier is no deposit and stays an ordinary payment.

A payment that is made before its document is a deposit on its day: money against the deposit account. On the
document's day the deposit becomes a payment: deposit account against the party's account, in its name, linked to the
document by a payment of 0.00.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, money_account_for
from qbo_pipeline.accounting.allocations import Portion
from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.drafts import Draft, Excluded, refuse
from qbo_pipeline.accounting.journals import Leg, journal_entry
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payment_forms import Paid, heading, party_leg, settlement

# What the account of each side has to be in QBO: a liability to customers, a claim on suppliers.
DEPOSIT_TYPES = {"customer_deposits": "Other Current Liability", "supplier_deposits": "Other Current Asset"}


def has_own_account(money: Paid, books: Books) -> bool:
    """Whether prepayments of this side stand on an account of their own."""
    policies = books.policies
    policy = policies.customer_deposits if money.received else policies.supplier_deposits
    return policy == "own_account"


def with_deposit(money: Paid, books: Books) -> list[Draft]:
    """The forms of a payment (not a refund) of which what comes before its documents is a deposit.

    `Refused` where the deposit account is missing or of another type. Credits among the links are of now, whatever
    their day: no money moves by them.
    """
    now = [link for link in money.links if not _is_later(money, link)]
    later = sorted((link for link in money.links if _is_later(money, link)), key=lambda link: link.day or date.min)
    while later and sum(link.settles for link in now) < 0:
        now.append(later.pop(0))  # credits need something to settle
    paid_now = sum((link.settles for link in now), ZERO)
    made: list[Draft | Excluded] = []
    if now or not money.amount:
        made.append(settlement(money, books, money.key, paid_now, tuple(now)))
    if deposit := money.amount - paid_now:
        made.append(_taken(money, books, deposit))
    for link in later:
        made += _applied(money, books, link)
    return [draft for draft in made if isinstance(draft, Draft)]


def _is_later(money: Paid, link: Portion) -> bool:
    return link.settles > 0 and link.day is not None and link.day > money.payment.business_date


def _taken(money: Paid, books: Books, amount: Decimal) -> Draft | Excluded:
    signed = amount if money.outward else -amount
    legs = [_deposit_leg(money, books, signed), Leg(account=money.bank, amount=-signed, role="bank")]
    return journal_entry(books, heading(money, f"{money.key}#deposit", f"deposit; {money.details()}".strip("; ")), legs)


def _applied(money: Paid, books: Books, link: Portion) -> list[Draft | Excluded]:
    """The deposit becomes a payment on the document's day, and the payment is linked to the document."""
    what = link.key.partition("/")[2]
    signed = link.amount if money.outward else -link.amount
    key = f"{money.key}#applied-{what}"
    legs = [party_leg(money, books, signed), _deposit_leg(money, books, -signed)]
    own = heading(money, key, f"deposit applied to {link.number}", number="", day=link.day)
    entry = journal_entry(books, own, legs)
    linked = (Portion(key=key, entity="JournalEntry", amount=link.amount), link)
    return [entry, settlement(money, books, f"{money.key}#apply-{what}", ZERO, linked, day=link.day)]


def _deposit_leg(money: Paid, books: Books, amount: Decimal) -> Leg:
    role = "customer_deposits" if money.received else "supplier_deposits"
    return Leg(account=_deposit_account(money, books, role), amount=amount, role=role)


def _deposit_account(money: Paid, books: Books, role: str) -> AccountRef:
    account = money_account_for(books, role, Place(field=money.label, party=money.party.record_id))
    if account.type != DEPOSIT_TYPES[role]:
        refuse(
            "account_type",
            f"the deposit of {money.label} would go to '{account.name}', a {account.type} account: map it to an "
            f"account of type {DEPOSIT_TYPES[role]}",
            f"role:{role}",
        )
    return account
