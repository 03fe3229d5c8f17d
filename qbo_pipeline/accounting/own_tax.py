"""QuickBooks' own tax of a document, where it is needed beside the source's: its rates, its way of rounding.

What belongs here: the policy `tax_total`, and documents whose source states its prices with tax in them. Outside the US
only: in a US company the source's total stands (`tax.py`). Rates are those of QBO's tax codes, each line's code taken
whole: a code with several rates is a group, one with a rate and its negative is a reverse charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.documents import CREDIT_ENTITIES, Subject
from qbo_pipeline.accounting.drafts import Payload, refuse
from qbo_pipeline.accounting.money import ROUNDING_LIMIT, ZERO, apportion, cents
from qbo_pipeline.inventory.records import DocumentLine

TAX_ROUNDING = "Tax rounding"  # begins the text of a line that takes the cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """A document's amounts as its form has them: the subject with its tax, the lines before tax, and with tax where the
    form states them so."""

    subject: Subject
    nets: Sequence[Decimal]
    grosses: Sequence[Decimal] | None = None

    @property
    def differs(self) -> Decimal:
        """The source's tax less that of the form."""
        return self.subject.amount(self.subject.document.tax_amount) - self.subject.tax


def amounts_of(subject: Subject, books: Books, *, as_told: bool = False) -> Amounts:
    """The amounts of a document's form; `Refused` as `tax_differs` where QBO's own tax is further from the source's
    than rounding explains.

    A sales form states its lines with tax in them where the source does and every code's rates are known: QBO takes the
    tax out of each line by itself. A purchase form never does, for what its lines do to stock has to be exact.
    `as_told`: the source's own tax, for a form whose tax follows from more than its lines (a discount of all of it).
    """
    lines = subject.document.lines
    plain = Amounts(subject=subject, nets=apportion(line.net_amount * subject.sign for line in lines))
    if as_told or books.policies.tax_regime != "global" or not subject.document.tax_amount:
        return plain
    rates = [_rates(line, subject, books) for line in lines]
    known = [found for found in rates if found is not None]
    if len(known) < len(rates):
        return plain
    if subject.document.tax_inclusive and subject.party.kind == "customer":
        return _checked(_inclusive(plain, known))
    if books.policies.tax_total == "source":
        return plain
    own = _by_line(plain.nets, known) if books.policies.tax_total == "by_line" else _by_code(plain, known)
    return _checked(replace(plain, subject=replace(subject, tax=own)))


def with_tax_in_it(payload: Payload, gross: Decimal) -> Payload:
    """A line of a sales form with what it comes to with its tax."""
    detail = payload[payload["DetailType"]]
    return payload | {payload["DetailType"]: detail | {"TaxInclusiveAmt": gross}}


def rounding_text(amounts: Amounts) -> str:
    """What the line of the cents says."""
    if not amounts.differs:
        return "Rounding"
    tax = amounts.subject.amount(amounts.subject.document.tax_amount)
    return f"{TAX_ROUNDING}: {tax} in the inventory system, {amounts.subject.tax} in QuickBooks"


def tax_rounding_of(payload: Payload) -> Decimal:
    """The cents by which a form's tax is another than its source's, without sign; 0 for any other object."""
    texts = (line.get("Description", "") for line in payload.get("Line", ()))
    for text in texts:
        if text.startswith(TAX_ROUNDING):
            theirs, _, own = text.removeprefix(f"{TAX_ROUNDING}: ").partition(" in the inventory system, ")
            return abs(Decimal(theirs) - Decimal(own.split()[0]))
    return ZERO


def _rates(line: DocumentLine, subject: Subject, books: Books) -> tuple[Decimal, ...] | None:
    """The percentages of a line's code on the document's side; `None` where they are not known."""
    code = books.tax_codes.get(line.tax_code or "")
    found = books.tax_rates.get(code) if code is not None else None
    if found is None:
        return None
    sales, purchases = found
    return sales if subject.party.kind == "customer" else purchases


def _inclusive(plain: Amounts, rates: Sequence[tuple[Decimal, ...]]) -> Amounts:
    subject = plain.subject
    lines = subject.document.lines
    grosses = apportion((line.net_amount + line.tax_amount) * subject.sign for line in lines)
    nets = [cents(gross * 100 / (100 + sum(found, Decimal(0)))) for gross, found in zip(grosses, rates, strict=True)]
    tax = sum(grosses, ZERO) - sum(nets, ZERO)
    return Amounts(subject=replace(subject, tax=tax), nets=nets, grosses=grosses)


def _by_line(nets: Sequence[Decimal], rates: Sequence[tuple[Decimal, ...]]) -> Decimal:
    parts = (cents(net * rate / 100) for net, found in zip(nets, rates, strict=True) for rate in found)
    return sum(parts, ZERO)


def _by_code(plain: Amounts, rates: Sequence[tuple[Decimal, ...]]) -> Decimal:
    totals: dict[str, Decimal] = {}
    of: dict[str, tuple[Decimal, ...]] = {}
    for line, net, found in zip(plain.subject.document.lines, plain.nets, rates, strict=True):
        code = line.tax_code or ""
        totals[code], of[code] = totals.get(code, ZERO) + net, found
    return sum((cents(net * rate / 100) for code, net in totals.items() for rate in of[code]), ZERO)


def _checked(amounts: Amounts) -> Amounts:
    if abs(amounts.differs) > ROUNDING_LIMIT:
        subject = amounts.subject
        told = subject.amount(subject.document.tax_amount)
        what = "credit" if subject.entity in CREDIT_ENTITIES else "document"
        refuse(
            "tax_differs",
            f"{subject.label} has tax {told}, and QuickBooks reckons {subject.tax} {subject.document.currency} by the "
            f"rates of its codes: more than the {ROUNDING_LIMIT} that rounding explains; see the rates of the codes in "
            f"QuickBooks and in [tax_codes], or correct the {what} in the source",
            "tax_amount",
        )
    return amounts
