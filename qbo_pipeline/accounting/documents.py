"""What sales and purchase documents have in common: direction, currency, the other side, what becomes of them.

What belongs here: facts of a document that more than one subject asks for (a payment asks which QBO entity a
document became). Lines are the business of `sales.py` and `purchases.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, dimension_for, named
from qbo_pipeline.accounting.books import Books, rate_on
from qbo_pipeline.accounting.drafts import Payload, exclude, refuse
from qbo_pipeline.accounting.money import ROUNDING_LIMIT, cents
from qbo_pipeline.accounting.parties import currency_in_qbo, party_key
from qbo_pipeline.accounting.payloads import currency_fields, key_ref, note, number_field, ref
from qbo_pipeline.accounting.terms import terms_field
from qbo_pipeline.inventory.records import Document, Party

# kind -> (entity, the counterpart that a negative document becomes, kind of party)
ENTITIES: dict[str, tuple[str, str, str]] = {
    "sales_invoice": ("Invoice", "CreditMemo", "customer"),
    "sales_credit": ("CreditMemo", "Invoice", "customer"),
    "bill": ("Bill", "VendorCredit", "supplier"),
    "purchase_credit": ("VendorCredit", "Bill", "supplier"),
    "quote": ("Estimate", "Estimate", "customer"),
    "purchase_order": ("PurchaseOrder", "PurchaseOrder", "supplier"),
    "sales_receipt": ("SalesReceipt", "RefundReceipt", "customer"),
    "sales_refund": ("RefundReceipt", "SalesReceipt", "customer"),
}
LABELS = {
    "sales_invoice": "Sales invoice",
    "sales_credit": "Sales credit",
    "bill": "Bill",
    "purchase_credit": "Purchase credit",
    "quote": "Quote",
    "purchase_order": "Purchase order",
    "sales_receipt": "Sales receipt",
    "sales_refund": "Sales refund",
}
CREDIT_ENTITIES = ("CreditMemo", "VendorCredit")
PAID_AT_ONCE = ("SalesReceipt", "RefundReceipt")
_OPEN_TO_NOBODY = ("quote", "purchase_order", "sales_receipt", "sales_refund")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A document on its way to a payload. `sign` turns the document's own amounts into the entity's."""

    document: Document
    entity: str
    sign: int
    label: str
    party: Party
    rate: Decimal
    tax: Decimal

    def amount(self, value: Decimal) -> Decimal:
        """An amount of the document in the entity's direction, in cents."""
        return cents(value * self.sign)


def entity_of(document: Document) -> str:
    """The QBO entity that a document becomes; one with a negative total becomes its counterpart."""
    plain, counterpart, _ = ENTITIES[document.kind]
    return counterpart if _sign(document) < 0 else plain


def can_be_settled(document: Document | None) -> bool:
    """Whether a payment can settle it, now or later: known, posted, with amounts; no order, and not paid at once."""
    return (
        document is not None
        and document.kind not in _OPEN_TO_NOBODY
        and document.status not in ("voided", "not_posted")
        and _has_amounts(document)
    )


def subject_of(document: Document, books: Books) -> Subject:
    """The document with its party, rate and direction.

    Ends with `Excluded` for a voided, nil or kept out document, with `Refused` for an unknown party, a party in another
    currency (QBO gives each customer and vendor one for ever) or a missing rate.
    """
    label = f"{LABELS[document.kind]} {document.number}"
    if document.status == "voided":
        exclude("voided_in_source", f"{label} was voided in the source")
    if document.status == "not_posted":
        exclude("kept_out_by_source", f"{label} is marked in the source as one that is not posted")
    free_goods = books.policies.mode == "tracked" and any(line.quantity for line in document.lines)
    if _is_nil(document) and not document.matches and not free_goods:
        exclude("nil_effect", f"{label} has no amount on any line: there is nothing to post")
    party = party_of(books, ENTITIES[document.kind][2], document.party_id, label)
    check_party_currency(books, party, document.currency, label)
    sign = _sign(document)
    return Subject(
        document=document,
        entity=entity_of(document),
        sign=sign,
        label=label,
        party=party,
        rate=rate_on(books, document.currency, document.business_date, document.exchange_rate),
        tax=cents(document.tax_amount * sign),
    )


def party_of(books: Books, kind: str, party_id: str, label: str) -> Party:
    """The stored customer or supplier, or `Refused` where it is unknown."""
    party = books.party(kind, party_id)
    if party is None:
        refuse(
            "unknown_party",
            f"{label} is for {kind} {party_id}, which is not among the records: "
            "see whether it was set aside, then extract it again",
            "party_id",
        )
    return party


def check_party_currency(books: Books, party: Party, currency: str, label: str) -> None:
    """`Refused` where the party's currency in QBO is not the document's, and policy gives it no other name."""
    own, policies = currency_in_qbo(party, books), books.policies
    if policies.multicurrency and own != currency and policies.party_currencies == "one":
        refuse(
            "party_currency",
            f"{label} is in {currency}, but {party.kind} '{party.name}' is kept in {own}, and QuickBooks gives each "
            "name one currency: give the source a party of its own for this currency, or say [posting] "
            'party_currencies = "each"',
            "currency",
        )


def header(subject: Subject, books: Books, number: str) -> Payload:
    """The fields that every document has: number, date, note, currency, location, the other side."""
    document = subject.document
    numbered = number_field(books, subject.entity, number)
    told_by_number = bool(numbered) and document.reference == number
    payload: Payload = {
        **numbered,
        "TxnDate": document.business_date.isoformat(),
        "PrivateNote": note(
            subject.label,
            f"reference {document.reference}" if document.reference and not told_by_number else None,
            f"a negative {LABELS[document.kind].lower()}, posted as its counterpart" if subject.sign < 0 else None,
            document.memo,
        ),
        **currency_fields(books, document.currency, subject.rate),
    }
    if (department := _department(subject, books)) is not None:
        payload["DepartmentRef"] = ref(department)
    payload["CustomerRef" if subject.party.kind == "customer" else "VendorRef"] = key_ref(
        party_key(subject.party, document.currency, books)
    )
    return payload


def _department(subject: Subject, books: Books) -> str | None:
    """The one department that a form has in QBO: its lines' where all that name one name the same, else the document's.

    `Refused` where lines name several and the document none: QBO keeps a department for the form, not for its lines.
    """
    document = subject.document
    place = Place(
        field=subject.label, location_id=document.location_id, party=subject.party.record_id, document=document
    )
    names = {name.strip().casefold(): line for line in document.lines if (name := named(line, "department"))}
    if len(names) == 1:
        return dimension_for(books, "department", replace(place, line=next(iter(names.values()))))
    if names and document.department is None:
        told = ", ".join(f"'{line.department}'" for line in names.values())
        refuse(
            "several_departments",
            f"the lines of {subject.label} name the departments {told}, and QuickBooks keeps one for a form: name one "
            "on the document, or split it in the source",
            "lines.department",
        )
    return dimension_for(books, "department", place)


def due_field(subject: Subject, books: Books) -> Payload:
    """`DueDate` and payment terms of an invoice or bill that has them; a credit has none, nor what is paid at once."""
    document = subject.document
    if subject.entity in (*CREDIT_ENTITIES, *PAID_AT_ONCE):
        return {}
    due = {"DueDate": document.due_date.isoformat()} if document.due_date is not None else {}
    if subject.entity not in ("Invoice", "Bill"):
        return due
    return due | terms_field(books, "SalesTermRef", document.payment_terms, document.payment_days, subject.label)


def residue_of(subject: Subject, lines: Decimal) -> Decimal:
    """What header and lines differ by, in the entity's direction: at most 0.05, else `Refused`."""
    total = subject.amount(subject.document.total_amount)
    residue = total - lines - subject.tax
    if abs(residue) > ROUNDING_LIMIT:
        refuse(
            "unbalanced",
            f"{subject.label}: lines {subject.amount(lines)} and tax {subject.amount(subject.tax)} do not add up to "
            f"the total {subject.amount(total)} {subject.document.currency}; correct the document in the source",
            "total_amount",
        )
    return residue


def _is_nil(document: Document) -> bool:
    """A bill or supplier credit without any amount; a sales form only where it has no line: free goods are told."""
    if document.lines and ENTITIES[document.kind][2] == "customer":
        return False
    return not _has_amounts(document)


def _has_amounts(document: Document) -> bool:
    amounts = (document.total_amount, document.net_amount, document.tax_amount)
    return any(amounts) or any(line.net_amount or line.tax_amount for line in document.lines)


def _sign(document: Document) -> int:
    return -1 if (document.total_amount or document.tax_amount or document.net_amount) < 0 else 1
