"""What is paid with a sales form: a receipt or refund whole, of an invoice the deposit.

What belongs here: those fields of the form. What is paid before or after it is a payment (`payments.py`).
"""

from __future__ import annotations

from qbo_pipeline.accounting.accounts import BANK_TYPES, Place, bank_for
from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.documents import PAID_AT_ONCE, Subject
from qbo_pipeline.accounting.drafts import Payload, refuse
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.payloads import doc_number, ref
from qbo_pipeline.accounting.payment_forms import method_field


def paid_with_it(subject: Subject, books: Books) -> Payload:
    """Where the money went, by which method, and of an invoice how much; nothing where it is open.

    `Refused` for an account that takes no money, a deposit above its invoice, or one on another form.
    """
    document = subject.document
    if subject.entity in PAID_AT_ONCE:
        number = doc_number(document.reference or "")
        return {
            "DepositToAccountRef": ref(_bank(subject, books).id),
            **method_field(books, document.method, subject.label),
            **({"PaymentRefNum": number} if number else {}),
        }
    deposit = cents(document.deposit_amount) if document.deposit_amount else None
    if not deposit:
        return {}
    total = subject.amount(document.total_amount)
    if subject.entity != "Invoice" or deposit < 0 or deposit > total:
        refuse(
            "deposit_above_total",
            f"{subject.label} of {total} {document.currency} has a deposit of {deposit}, and QuickBooks takes one "
            "on an invoice alone, of at most its total: deliver the rest as a payment of its own",
            "deposit_amount",
        )
    return {"Deposit": deposit, "DepositToAccountRef": ref(_bank(subject, books).id)}


def _bank(subject: Subject, books: Books) -> AccountRef:
    document = subject.document
    place = Place(field=subject.label, document_hint=document.account, party=subject.party.record_id)
    return bank_for(books, place, document.currency, BANK_TYPES["payment_received"])
