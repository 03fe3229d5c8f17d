"""Payments: money received and paid, linked to the documents that they settle; the rest is on account.

What belongs here: which forms a payment becomes: a payment, a payment on account to a supplier, a refund, a fee that
was kept back. What can be linked is in `allocations.py`, the forms are in `payment_forms.py`, prepayments on an
account of their own in `deposits.py`.

Linked is what is posted now or later: not a voided, excluded or unknown document, nor one in another currency. An
allocation that settles a credit counts against the others, as in QBO. What is not linked is on account, and the
private note says which documents it was for; when such a document comes later, building the payment again links it.
What settles documents that stand in a day's summary is a payment of the summary customer, on account: his receivable is
what the summarised documents have open, however often their days are revised. The rest is its own customer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from qbo_pipeline.accounting.accounts import BANK_TYPES, Place, bank_for, money_account_for
from qbo_pipeline.accounting.allocations import Portion, links_of
from qbo_pipeline.accounting.books import Books, rate_on
from qbo_pipeline.accounting.converting import converted_payment, exchange_difference
from qbo_pipeline.accounting.deposits import has_own_account, with_deposit
from qbo_pipeline.accounting.documents import check_party_currency, party_of
from qbo_pipeline.accounting.drafts import Draft, Excluded, exclude, refuse
from qbo_pipeline.accounting.journals import Leg, journal_entry
from qbo_pipeline.accounting.money import ZERO, cents
from qbo_pipeline.accounting.parties import party_key
from qbo_pipeline.accounting.payment_forms import Paid, heading, on_account, settlement
from qbo_pipeline.accounting.summarised_sales import SUMMARY_CUSTOMER
from qbo_pipeline.inventory.records import Payment


def build_payment(payment: Payment, books: Books) -> Draft | list[Draft] | Excluded:
    """The Payment or BillPayment of a payment, or journal entries where QBO has no other form for it.

    A payment to a supplier that settles nothing is a journal entry Dr payable / Cr bank in the vendor's name, for a
    BillPayment needs a line; what it settles later is linked to that entry. A negative payment (a refund) is a journal
    entry, and a second object of amount 0.00 that links it to the credits which it settles. A fee that was kept back
    is a journal entry of its own.
    """
    payment, gain = converted_payment(payment, books)
    money = _money(payment, books)
    made = _forms(money, books)
    beside = [*exchange_difference(payment, gain, money.bank, money.label, books), *_fee(money, books)]
    if not beside or isinstance(made, Excluded):
        return made
    return [*(made if isinstance(made, list) else [made]), *beside]


def _forms(money: Paid, books: Books) -> Draft | list[Draft] | Excluded:
    if not money.amount and not money.links:
        exclude("nil_effect", f"{money.label} has no amount and settles nothing")
    built = [_of_party(part, books) for part in _by_party(money)]
    if not built:
        exclude("nil_effect", f"{money.label} settles documents that stand in a day's summary with one another")
    if len(built) == 1:
        return built[0]
    drafts = [one if isinstance(one, list) else [one] for one in built if not isinstance(one, Excluded)]
    return [draft for its in drafts for draft in its]


def _by_party(money: Paid) -> list[Paid]:
    """The payment by whose it is in QBO: what settles summarised sales is the summary customer's, the rest its own."""
    summed = [link for link in money.links if link.summed]
    if not summed:
        return [money]
    settled = _settled(summed)
    own = replace(money, amount=money.amount - settled, links=tuple(link for link in money.links if not link.summed))
    alone = not own.amount and not own.links
    part = replace(
        money,
        part="#summary",
        name=SUMMARY_CUSTOMER,
        amount=settled,
        links=(),
        unlinked=(),
        within=", ".join(f"{link.number} {link.settles}" for link in summed),
        numbered=alone,
    )
    return ([] if alone else [own]) + ([part] if settled else [])


def _settled(links: Sequence[Portion]) -> Decimal:
    return sum((link.settles for link in links), ZERO)


def _of_party(money: Paid, books: Books) -> Draft | list[Draft] | Excluded:
    if money.amount < 0:
        return _refund(money, books)
    if has_own_account(money, books) and money.name != SUMMARY_CUSTOMER:
        return with_deposit(money, books)
    if not money.received and not money.links:
        return on_account(money, books, money.key)
    if not money.received and money.amount and books.posted_as(money.key) == "JournalEntry":
        return _linked_later(money, books)
    return settlement(money, books, money.key, money.amount, money.links)


def _money(payment: Payment, books: Books) -> Paid:
    received = payment.kind == "payment_received"
    label = f"{'Payment from customer' if received else 'Payment to supplier'} {payment.number}"
    if payment.status == "voided":
        exclude("voided_in_source", f"{label} was voided in the source")
    party = party_of(books, "customer" if received else "supplier", payment.party_id, label)
    check_party_currency(books, party, payment.currency, label)
    place = Place(field=label, document_hint=payment.account, party=party.record_id)
    bank = bank_for(books, place, payment.currency, BANK_TYPES[payment.kind])
    links, unlinked = links_of(payment, books)
    return Paid(
        payment=payment,
        party=party,
        name=party_key(party, payment.currency, books),
        bank=bank,
        label=label,
        amount=cents(payment.amount),
        rate=rate_on(books, payment.currency, payment.business_date, payment.exchange_rate),
        links=links,
        unlinked=unlinked,
    )


def _linked_later(money: Paid, books: Books) -> Draft | list[Draft] | Excluded:
    """A payment on account that stands in QBO as a journal entry stays one: what it settles is linked to it."""
    entry = on_account(money, books, money.key)
    if isinstance(entry, Excluded):
        return entry
    settled = _settled(money.links)
    paid = (Portion(key=money.key, entity="JournalEntry", amount=settled),) if settled else ()
    return [entry, settlement(money, books, f"{money.key}#apply", ZERO, paid + money.links)]


def _refund(money: Paid, books: Books) -> list[Draft] | Excluded:
    entry = on_account(money, books, money.key)
    if isinstance(entry, Excluded):
        return entry
    if not money.links:
        return [entry]
    settled = -sum((item.settles for item in money.links), ZERO)
    refunded = (Portion(key=money.key, entity="JournalEntry", amount=settled),) if settled else ()
    return [entry, settlement(money, books, f"{money.key}#apply", ZERO, refunded + money.links)]


def _fee(money: Paid, books: Books) -> list[Draft]:
    """What a processor kept back of the money: Dr fees / Cr bank, so that the bank moves by the net amount.

    A negative fee is one that was given back. `Refused` where the fee is more than the payment.
    """
    fee = cents(money.payment.fee_amount or Decimal(0))
    if not fee:
        return []
    if abs(fee) > abs(money.amount):
        refuse(
            "fee_above_payment",
            f"the fee of {money.label} is {fee}, more than the payment of {money.amount}: deliver `amount` before the "
            "fee, and `fee_amount` as what was kept back of it",
            "fee_amount",
        )
    place = Place(field=f"the fee of {money.label}", party=money.party.record_id)
    legs = [
        Leg(account=money_account_for(books, "payment_fees", place), amount=fee, role="payment_fees"),
        Leg(account=money.bank, amount=-fee, role="bank"),
    ]
    made = journal_entry(books, heading(money, f"{money.key}#fee", "fee kept back", number=""), legs)
    return [made] if isinstance(made, Draft) else []
