"""Payments: money received and paid, linked to the documents that they settle; the rest is on account.

What belongs here: which allocations can be linked in QBO, and the shape of a payment, a payment on account to a
supplier, and a refund.

Linked is what is posted now or later: not a voided, excluded or unknown document, nor one in another currency. An
allocation that settles a credit counts against the others, as in QBO. What is not linked is on account, and the
private note says which documents it was for; when such a document comes later, building the payment again links it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, money_account_for
from qbo_pipeline.accounting.books import AccountRef, Books, rate_on
from qbo_pipeline.accounting.converting import converted_document, converted_payment, exchange_difference
from qbo_pipeline.accounting.documents import CREDIT_ENTITIES, can_be_settled, check_party_currency, entity_of, party_of
from qbo_pipeline.accounting.drafts import Draft, Excluded, Payload, exclude, refuse
from qbo_pipeline.accounting.journals import Heading, Leg, journal_entry
from qbo_pipeline.accounting.money import ZERO, cents
from qbo_pipeline.accounting.parties import party_key
from qbo_pipeline.accounting.payloads import currency_fields, doc_number, finish, key_ref, note, number_field, ref
from qbo_pipeline.inventory.records import Document, Party, Payment, record_key

_SIDES = {"payment_received": ("Invoice", "CreditMemo"), "payment_made": ("Bill", "VendorCredit")}
BANK_TYPES = {"payment_received": ("Bank", "Other Current Asset"), "payment_made": ("Bank", "Credit Card")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    key: str
    entity: str
    amount: Decimal  # positive
    number: str = ""

    @property
    def settles(self) -> Decimal:
        """What it takes of the payment: a credit gives."""
        return -self.amount if self.entity in CREDIT_ENTITIES else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class _Money:
    """A payment on its way to a payload; `amount` in cents, negative for money that goes the other way."""

    payment: Payment
    party: Party
    name: str  # the key of the customer or vendor, in the payment's currency
    bank: AccountRef
    label: str
    amount: Decimal
    rate: Decimal
    links: tuple[_Link, ...]
    unlinked: tuple[str, ...]

    @property
    def received(self) -> bool:
        return self.payment.kind == "payment_received"

    def details(self) -> str:
        """What the private note says besides the label."""
        on_account = f"on account, not linked: {', '.join(self.unlinked)}" if self.unlinked else None
        return note(self.payment.reference, self.payment.method, on_account, self.payment.memo)


def build_payment(payment: Payment, books: Books) -> Draft | list[Draft] | Excluded:
    """The Payment or BillPayment of a payment, or journal entries where QBO has no other form for it.

    A payment to a supplier that settles nothing is a journal entry Dr payable / Cr bank in the vendor's name, for a
    BillPayment needs a line. A negative payment (a refund) is a journal entry, and a second object of amount 0.00
    that links it to the credits which it settles.
    """
    payment, gain = converted_payment(payment, books)
    money = _money(payment, books)
    made = _made(money, books)
    difference = exchange_difference(payment, gain, money.bank, money.label, books)
    if not difference or isinstance(made, Excluded):
        return made
    return [*(made if isinstance(made, list) else [made]), *difference]


def _made(money: _Money, books: Books) -> Draft | list[Draft] | Excluded:
    payment = money.payment
    if money.amount < 0:
        return _refund(money, books)
    if not money.amount and not money.links:
        exclude("nil_effect", f"{money.label} has no amount and settles nothing")
    if not money.received and not money.links:
        return _on_account(money, books, record_key(payment))
    return _settlement(money, books, record_key(payment), money.amount, money.links)


def _money(payment: Payment, books: Books) -> _Money:
    received = payment.kind == "payment_received"
    label = f"{'Payment from customer' if received else 'Payment to supplier'} {payment.number}"
    if payment.status == "voided":
        exclude("voided_in_source", f"{label} was voided in the source")
    party = party_of(books, "customer" if received else "supplier", payment.party_id, label)
    check_party_currency(books, party, payment.currency, label)
    bank = money_account_for(books, "bank", Place(field=label, document_hint=payment.account, party=party.record_id))
    if bank.type not in BANK_TYPES[payment.kind]:
        refuse(
            "account_type",
            f"{label} would go through '{bank.name}', a {bank.type} account: "
            f"map it to an account of type {' or '.join(BANK_TYPES[payment.kind])}",
            "role:bank",
        )
    if bank.currency not in (payment.currency, books.home_currency):
        refuse(
            "account_currency",
            f"{label} is in {payment.currency}, but '{bank.name}' is kept in {bank.currency}: "
            f"map it to an account in {payment.currency} or {books.home_currency}",
            "role:bank",
        )
    links, unlinked = _links(payment, books)
    return _Money(
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


def _links(payment: Payment, books: Books) -> tuple[tuple[_Link, ...], tuple[str, ...]]:
    """What is linked, and what is not, as texts: a document's number (its id where unknown) and the amount.

    A document is settled up to its total. Charges (invoices, bills) and credits hold each other up: a payment settles
    charges up to its amount and the credits, a refund settles credits up to its amount and the charges. What exceeds
    that is not linked.
    """
    linkable: list[_Link] = []
    left: dict[str, Decimal] = {}  # by key, how much of a document is not settled yet
    unlinked: list[str] = []
    for allocation in payment.allocations:
        document = _document(allocation.document_id, books)
        number = document.number if document is not None else allocation.document_id
        amount = cents(allocation.amount)
        if document is not None and (entity := _linkable_as(payment, document, amount)) is not None:
            key = f"document/{allocation.document_id}"
            settled = min(abs(amount), left.setdefault(key, abs(cents(document.total_amount))))
            left[key] -= settled
            linkable.append(_Link(key=key, entity=entity, amount=settled, number=number))
            if settled < abs(amount):
                unlinked.append(f"{number} {abs(amount) - settled}")
        elif amount:
            unlinked.append(f"{number} {amount}")
    charges = [item for item in linkable if item.settles > 0]
    credits = [item for item in linkable if item.settles < 0]
    paid = cents(payment.amount)
    if paid >= 0:
        credits = _capped(credits, _sum(charges), unlinked)
        charges = _capped(charges, paid + _sum(credits), unlinked)
    else:
        charges = _capped(charges, _sum(credits), unlinked)
        credits = _capped(credits, -paid + _sum(charges), unlinked)
    return tuple(credits + charges), tuple(unlinked)


def _document(document_id: str, books: Books) -> Document | None:
    """The document as it is posted."""
    document = books.document(document_id)
    return document if document is None else converted_document(document, books.on(document.business_date))


def _linkable_as(payment: Payment, document: Document | None, amount: Decimal) -> str | None:
    """The entity that an allocation links to: charges by positive amounts, credits by negative ones."""
    if document is None or not can_be_settled(document) or document.currency != payment.currency or not amount:
        return None
    entity = entity_of(document)
    charge, credit = _SIDES[payment.kind]
    return entity if entity == (charge if amount > 0 else credit) else None


def _capped(links: list[_Link], limit: Decimal, unlinked: list[str]) -> list[_Link]:
    """The links up to a limit in all, one for each document; what exceeds it is added to `unlinked`."""
    taken: dict[str, _Link] = {}
    left = limit
    for item in links:
        amount = min(item.amount, left)
        left -= amount
        if amount < item.amount:
            unlinked.append(f"{item.number} {item.amount - amount}")
        if amount:
            earlier = taken[item.key].amount if item.key in taken else ZERO
            taken[item.key] = replace(item, amount=earlier + amount)
    return list(taken.values())


def _sum(links: list[_Link]) -> Decimal:
    return sum((item.amount for item in links), ZERO)


def _settlement(money: _Money, books: Books, key: str, amount: Decimal, links: tuple[_Link, ...]) -> Draft:
    """The Payment or BillPayment of an amount with its links."""
    payment = money.payment
    payload: Payload = {
        **_number_field(money, books, payment.number if key == record_key(payment) else ""),
        "TxnDate": payment.business_date.isoformat(),
        "PrivateNote": note(money.label, money.details()),
        **currency_fields(books, payment.currency, money.rate),
        "TotalAmt": amount,
        **(_received_fields(money) if money.received else _paid_fields(money, books)),
    }
    # Also where it is empty: an update is sparse, and what it leaves out would stay linked in QBO.
    payload["Line"] = [
        {"Amount": item.amount, "LinkedTxn": [{"TxnId": f"${item.key}", "TxnType": item.entity}]} for item in links
    ]
    return finish(
        key=key,
        entity="Payment" if money.received else "BillPayment",
        payload=payload,
        business_date=payment.business_date,
        amount=amount,
        currency=payment.currency,
    )


def _number_field(money: _Money, books: Books, number: str) -> Payload:
    return {} if money.received else number_field(books, "BillPayment", number)


def _received_fields(money: _Money) -> Payload:
    fields: Payload = {
        "CustomerRef": key_ref(money.name),
        "DepositToAccountRef": ref(money.bank.id),
    }
    number = doc_number(money.payment.reference or money.payment.number)
    return fields | ({"PaymentRefNum": number} if number else {})


def _paid_fields(money: _Money, books: Books) -> Payload:
    fields: Payload = {"VendorRef": key_ref(money.name)}
    if money.payment.currency == books.home_currency and books.accounts_of("accounts_payable"):
        fields["APAccountRef"] = ref(_control_account(money, books).id)
    if money.bank.type == "Credit Card":
        return fields | {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": ref(money.bank.id)}}
    return fields | {"PayType": "Check", "CheckPayment": {"BankAccountRef": ref(money.bank.id)}}


def _on_account(money: _Money, books: Books, key: str) -> Draft | Excluded:
    """Money between bank and the party's account, in the party's name, as a journal entry.

    Paid to a supplier or back to a customer: debit the party's account; received back from a supplier: credit it.
    """
    outward = money.received == (money.amount < 0)
    amount = abs(money.amount) if outward else -abs(money.amount)
    control = _control_account(money, books)
    role = "accounts_receivable" if money.received else "accounts_payable"
    heading = Heading(
        key=key,
        number=money.payment.number,
        label=money.label,
        business_date=money.payment.business_date,
        currency=money.payment.currency,
        rate=money.rate,
        memo=money.details(),
    )
    legs = [
        Leg(account=control, amount=amount, role=role, name=money.name),
        Leg(account=money.bank, amount=-amount, role="bank"),
    ]
    return journal_entry(books, heading, legs)


def _refund(money: _Money, books: Books) -> list[Draft] | Excluded:
    key = record_key(money.payment)
    entry = _on_account(money, books, key)
    if isinstance(entry, Excluded):
        return entry
    if not money.links:
        return [entry]
    settled = -sum((item.settles for item in money.links), ZERO)
    refunded = (_Link(key=key, entity="JournalEntry", amount=settled),) if settled else ()
    return [entry, _settlement(money, books, f"{key}#apply", ZERO, refunded + money.links)]


def _control_account(money: _Money, books: Books) -> AccountRef:
    role = "accounts_receivable" if money.received else "accounts_payable"
    return account_for(books, role, Place(field=money.label, party=money.party.record_id))
