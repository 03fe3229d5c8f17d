"""Sales documents: invoices, credits and quotes with item lines at net amounts.

What belongs here: the lines of sales forms. Items keep no quantity in QBO, so these documents touch receivables,
income and sales tax only; what leaves the stock is posted by the shipment.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, dimension_for, money_account_for, product_of, role_or
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.discounts import discount_line, discount_of_the_form
from qbo_pipeline.accounting.documents import (
    Subject,
    due_field,
    header,
    residue_of,
    subject_of,
)
from qbo_pipeline.accounting.drafts import Draft, Payload, exclude
from qbo_pipeline.accounting.money import ZERO, apportion, quantity_and_price
from qbo_pipeline.accounting.own_tax import amounts_of, rounding_text, with_tax_in_it
from qbo_pipeline.accounting.payloads import DESCRIPTION_LENGTH, MEMO_LENGTH, finish, numbers_by_itself, ref
from qbo_pipeline.accounting.products import LINE_ROLES_OF_SALES, account_item, sales_item
from qbo_pipeline.accounting.sales_paid import paid_with_it
from qbo_pipeline.accounting.schema import SHIPPING_ITEM
from qbo_pipeline.accounting.tax import regime_of
from qbo_pipeline.inventory.records import Document, DocumentLine, decimal_text, record_key

# A line of a document, with its amount in the entity's direction, as the lines of its form.
SalesLines = Callable[[Subject, Books, DocumentLine, Decimal], list[Payload]]


def build_sales_document(document: Document, books: Books) -> Draft:
    """The Invoice or CreditMemo of a sales document, by the sign of its total.

    Lines of either sign stay lines of either sign; only the total decides the entity. Amounts are in the
    document's currency.
    """
    return sales_form(document, books, _lines)


def build_quote(document: Document, books: Books) -> Draft:
    """The Estimate of a quote, where the policy `quotes` asks for it; it posts to no account."""
    mind_quotes(document, books)
    return sales_form(document, books, _lines)


def mind_quotes(document: Document, books: Books) -> None:
    """`Excluded` where quotes are not sent."""
    if not books.policies.quotes:
        exclude("quote_not_posted", f"Quote {document.number}: quotes are not sent ([posting] quotes is off)")


def sales_form(document: Document, books: Books, lines_of: SalesLines) -> Draft:
    """The sales form of a document, with what `lines_of` makes of each of its lines."""
    subject = subject_of(document, books)
    before_tax = apportion(line.net_amount * subject.sign for line in document.lines)
    discounted = discount_of_the_form(subject, books, before_tax)
    amounts = amounts_of(subject, books, as_told=discounted is not None)
    lines: list[Payload] = []
    for position, (line, amount) in enumerate(zip(document.lines, amounts.nets, strict=True)):
        made = lines_of(subject, books, line, amount) if line is not discounted else []
        if amounts.grosses is not None:
            made[0] = with_tax_in_it(made[0], amounts.grosses[position])
        lines += made
    subject = amounts.subject
    if residue := residue_of(subject, sum(amounts.nets, ZERO)):
        lines.append(_rounding_line(subject, books, residue, rounding_text(amounts)))
    if discounted is not None:
        lines.append(discount_line(subject, books, discounted, before_tax))
    payload = {
        **header(subject, books, document.number),
        **_printed_number(subject, books),
        **(_expiry(subject) if subject.entity == "Estimate" else due_field(subject, books)),
        **regime_of(books).form(subject, books, inclusive=amounts.grosses is not None),
        **paid_with_it(subject, books),
        "Line": [{"LineNum": number, **line} for number, line in enumerate(lines, start=1)],
    }
    return finish(
        key=record_key(document),
        entity=subject.entity,
        payload=payload,
        business_date=document.business_date,
        amount=subject.amount(document.total_amount),
        currency=document.currency,
    )


def _printed_number(subject: Subject, books: Books) -> Payload:
    """Our number in the message that the form prints, where QBO numbers the form by itself."""
    if not numbers_by_itself(books, subject.entity):
        return {}
    return {"CustomerMemo": {"value": f"Our number: {subject.document.number}"[:MEMO_LENGTH]}}


def _expiry(subject: Subject) -> Payload:
    due = subject.document.due_date
    return {"ExpirationDate": due.isoformat()} if due else {}


def _lines(subject: Subject, books: Books, line: DocumentLine, amount: Decimal) -> list[Payload]:
    place = sales_place(subject, books, line)
    return [sales_line(subject, books, line, amount, place, item_of_line(books, place, line))]


def item_of_line(books: Books, place: Place, line: DocumentLine) -> Payload:
    """The item of a line: QBO's own for freight, by policy; else the product's or the account's, by the line's role."""
    if line.role == "freight" and books.policies.freight == "shipping" and line.account is None:
        return ref(SHIPPING_ITEM)
    return sales_item(books, place, role_of_line(books, place, line))


def role_of_line(books: Books, place: Place, line: DocumentLine) -> str:
    """The role of a sales line's account, by the line's own role."""
    return role_or(books, LINE_ROLES_OF_SALES.get(line.role or "", "sales"), "sales", place)


def sales_place(subject: Subject, books: Books, line: DocumentLine) -> Place:
    """Where a line of a sales form stands."""
    field = f"line {line.line_number} of {subject.label}"
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    return Place(
        field=field,
        line_hint=line.account,
        product=product,
        location_id=line.location_id or subject.document.location_id,
        party=subject.party.record_id,
        line=line,
        document=subject.document,
    )


def sales_line(
    subject: Subject, books: Books, line: DocumentLine, amount: Decimal, place: Place, item: Payload,
    priced: tuple[Decimal, Decimal] | None = None,
) -> Payload:  # fmt: skip
    """One line of a sales form with this item: with quantity and price where they make its amount, and else with the
    quantity in its text."""
    detail: Payload = {"ItemRef": item}
    text = line.description or (place.product.name if place.product else "")
    priced = priced or quantity_and_price(amount, line.quantity, line.unit_price)
    if priced is not None:
        detail["Qty"], detail["UnitPrice"] = priced
    elif line.quantity:
        text = f"{text} ({decimal_text(line.quantity)} pieces)".strip()
    detail |= regime_of(books).line(subject, books, line)
    if (class_id := dimension_for(books, "class", place)) is not None:
        detail["ClassRef"] = ref(class_id)
    return _sales_line(amount, text, detail)


def _rounding_line(subject: Subject, books: Books, residue: Decimal, text: str) -> Payload:
    account = money_account_for(books, "rounding", Place(field=f"the cents left from rounding {subject.label}"))
    code = regime_of(books).line(subject, books, None)
    return _sales_line(residue, text, {"ItemRef": account_item(account)} | code)


def _sales_line(amount: Decimal, text: str, detail: Payload) -> Payload:
    described: Payload = {"Description": text[:DESCRIPTION_LENGTH]} if text else {}
    return {"Amount": amount, **described, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
