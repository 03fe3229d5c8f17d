"""Discounts on sales forms: which of them QBO takes as the form's own discount, and how it is told.

What belongs here: the discount line of a form. A discount that is no such line is an ordinary line of negative amount,
on the item of its account (`sales.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, dimension_for, role_or
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.documents import Subject
from qbo_pipeline.accounting.drafts import Payload
from qbo_pipeline.accounting.money import ZERO, cents
from qbo_pipeline.accounting.payloads import DESCRIPTION_LENGTH, ref
from qbo_pipeline.accounting.products import income_account
from qbo_pipeline.inventory.records import DocumentLine


def discount_of_the_form(subject: Subject, books: Books, amounts: Sequence[Decimal]) -> DocumentLine | None:
    """The line that QBO takes as the discount of the whole form, or `None`.

    QBO has one for a form, at its foot, without a tax code of its own: the document's only discount, of the right sign
    and without product. Outside the US a taxed one stays a line, for there each amount before tax has its code.
    """
    lines = subject.document.lines
    discounts = [(line, amount) for line, amount in zip(lines, amounts, strict=True) if line.role == "discount"]
    if len(discounts) != 1 or len(lines) == 1:
        return None
    (line, amount) = discounts[0]
    coded = books.policies.tax_regime == "global" and (subject.tax or line.tax_code or line.tax_amount)
    return None if amount >= 0 or line.product_id is not None or coded else line


def discount_line(subject: Subject, books: Books, line: DocumentLine, amounts: Sequence[Decimal]) -> Payload:
    """The DiscountLineDetail: by its percentage where QBO computes the same amount from it, else by the amount."""
    by_line = list(zip(subject.document.lines, amounts, strict=True))
    amount = -next(own for other, own in by_line if other is line)
    others = sum((own for other, own in by_line if other is not line), ZERO)
    ships = any(other.role == "freight" for other, _ in by_line)  # whether QBO discounts its shipping line is not known
    place = Place(
        field=f"line {line.line_number} of {subject.label}",
        line_hint=line.account,
        party=subject.party.record_id,
        line=line,
        document=subject.document,
    )
    account = income_account(books, place, role_or(books, "discounts", "sales", place))
    detail: Payload = {"DiscountAccountRef": ref(account.id)}
    percent = line.discount_percent
    if percent is not None and not ships and cents(others * percent / 100) == amount:
        detail |= {"PercentBased": True, "DiscountPercent": percent}
    else:
        detail["PercentBased"] = False
    if (class_id := dimension_for(books, "class", place)) is not None:
        detail["ClassRef"] = ref(class_id)
    described: Payload = {"Description": line.description[:DESCRIPTION_LENGTH]} if line.description else {}
    return {"Amount": amount, **described, "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}
