"""The forms that money takes in QBO: Payment and BillPayment with their links, journal entries in a party's name.

What belongs here: the shape of each form. Which of them a payment becomes is in `payments.py` and `deposits.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, known_payment_method
from qbo_pipeline.accounting.allocations import Portion
from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.drafts import Draft, Excluded, Payload
from qbo_pipeline.accounting.journals import Heading, Leg, journal_entry
from qbo_pipeline.accounting.payloads import currency_fields, doc_number, finish, key_ref, note, number_field, ref
from qbo_pipeline.inventory.records import Party, Payment, record_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment, or its part for one party in QBO, on its way to a payload; `amount` in cents, negative for money that
    goes the other way. `part` ends the key of a part, and `numbered` says whether it bears the payment's number."""

    payment: Payment
    party: Party
    name: str  # the key of the customer or vendor, in the payment's currency
    bank: AccountRef
    label: str
    amount: Decimal
    rate: Decimal
    links: tuple[Portion, ...]
    unlinked: tuple[str, ...]
    within: str = ""  # what it settles within summaries
    part: str = ""
    numbered: bool = True

    @property
    def received(self) -> bool:
        return self.payment.kind == "payment_received"

    @property
    def key(self) -> str:
        return record_key(self.payment) + self.part

    @property
    def outward(self) -> bool:
        """Whether money leaves the company: paid to a supplier, or back to a customer."""
        return self.received == (self.amount < 0)

    def details(self) -> str:
        """What the private note says besides the label."""
        on_account = f"on account, not linked: {', '.join(self.unlinked)}" if self.unlinked else None
        within = f"for what stands in the days' summaries: {self.within}" if self.within else None
        return note(self.payment.reference, self.payment.method, on_account, within, self.payment.memo)


def settlement(
    money: Paid,
    books: Books,
    key: str,
    amount: Decimal,
    links: tuple[Portion, ...],
    *,
    day: date | None = None,
) -> Draft:
    """The Payment or BillPayment of an amount with its links, on the payment's day or on `day`."""
    payment, day = money.payment, day or money.payment.business_date
    payload: Payload = {
        **({} if money.received else number_field(books, "BillPayment", payment.number if key == money.key else "")),
        "TxnDate": day.isoformat(),
        "PrivateNote": note(money.label, money.details()),
        **currency_fields(books, payment.currency, money.rate),
        "TotalAmt": amount,
        **(_received_fields(money, books) if money.received else _paid_fields(money, books)),
    }
    # Also where it is empty: an update is sparse, and what it leaves out would stay linked in QBO.
    payload["Line"] = [
        {"Amount": item.amount, "LinkedTxn": [{"TxnId": f"${item.key}", "TxnType": item.entity}]} for item in links
    ]
    return finish(
        key=key,
        entity="Payment" if money.received else "BillPayment",
        payload=payload,
        business_date=day,
        amount=amount,
        currency=payment.currency,
    )


def on_account(money: Paid, books: Books, key: str) -> Draft | Excluded:
    """Money between bank and the party's account, in the party's name, as a journal entry.

    Paid to a supplier or back to a customer: debit the party's account; received back from a supplier: credit it.
    """
    amount = abs(money.amount) if money.outward else -abs(money.amount)
    legs = [party_leg(money, books, amount), Leg(account=money.bank, amount=-amount, role="bank")]
    return journal_entry(books, heading(money, key, money.details()), legs)


def heading(money: Paid, key: str, memo: str | None, *, number: str | None = None, day: date | None = None) -> Heading:
    """What a journal entry of a payment says about itself."""
    own_number = money.payment.number if money.numbered else ""
    return Heading(
        key=key,
        number=own_number if number is None else number,
        label=money.label,
        business_date=day or money.payment.business_date,
        currency=money.payment.currency,
        rate=money.rate,
        memo=memo,
    )


def party_leg(money: Paid, books: Books, amount: Decimal) -> Leg:
    """The leg on the receivable or payable account, in the party's name; debit positive."""
    role = "accounts_receivable" if money.received else "accounts_payable"
    return Leg(account=control_account(money, books), amount=amount, role=role, name=money.name)


def control_account(money: Paid, books: Books) -> AccountRef:
    """The receivable or payable account of the payment's party."""
    role = "accounts_receivable" if money.received else "accounts_payable"
    return account_for(books, role, Place(field=money.label, party=money.party.record_id))


def method_field(books: Books, method: str | None, label: str) -> Payload:
    """`PaymentMethodRef`, where the policy `payment_methods` asks for it and the source names a method."""
    if books.policies.payment_methods != "by_name" or not method:
        return {}
    return {"PaymentMethodRef": ref(known_payment_method(books, method, label))}


def _received_fields(money: Paid, books: Books) -> Payload:
    fields: Payload = {
        "CustomerRef": key_ref(money.name),
        "DepositToAccountRef": ref(money.bank.id),
        **method_field(books, money.payment.method, money.label),
    }
    number = doc_number(money.payment.reference or money.payment.number)
    return fields | ({"PaymentRefNum": number} if number else {})


def _paid_fields(money: Paid, books: Books) -> Payload:
    fields: Payload = {"VendorRef": key_ref(money.name)}
    if money.payment.currency == books.home_currency and books.accounts_of("accounts_payable"):
        fields["APAccountRef"] = ref(control_account(money, books).id)
    if money.bank.type == "Credit Card":
        return fields | {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": ref(money.bank.id)}}
    return fields | {"PayType": "Check", "CheckPayment": {"BankAccountRef": ref(money.bank.id)}}
