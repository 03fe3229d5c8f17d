"""Tax regimes: how each kind of company tells QuickBooks a document's tax.

What belongs here: one class a regime behind one interface, and the table of them. The source's tax is told, never
computed. Which regime a company has is read from its country and preferences
(`pipeline.company_preferences.tax_regime`).
"""

from __future__ import annotations

from typing import NoReturn, Protocol

from qbo_pipeline.accounting.books import Books, TaxRegimeName
from qbo_pipeline.accounting.documents import Subject
from qbo_pipeline.accounting.drafts import Payload, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import ref
from qbo_pipeline.inventory.records import DocumentLine


class TaxRegime(Protocol):
    """What a form says about tax. `line` is `None` for the line that takes the cents left from rounding."""

    taxes_purchases: bool  # whether bills carry tax as tax; where not, what was charged is a line on `input_tax`

    def form(self, subject: Subject, books: Books, *, inclusive: bool = False) -> Payload:
        """The fields of a form as a whole; `inclusive`: its lines state their tax in them."""
        ...

    def line(self, subject: Subject, books: Books, line: DocumentLine | None) -> Payload:
        """The tax code of a line, or nothing; `Refused` for a code that the settings do not map."""
        ...


class UnitedStates:
    """Automated sales tax: lines are TAX or NON, and the source's total stands (Intuit's API reference, Invoice).

    Where a source gives its tax on the header only, every line of a taxed document is TAX.
    """

    taxes_purchases = False

    def form(self, subject: Subject, books: Books, *, inclusive: bool = False) -> Payload:
        return {"TxnTaxDetail": {"TotalTax": subject.tax}} if subject.tax else {}

    def line(self, subject: Subject, books: Books, line: DocumentLine | None) -> Payload:
        on_header = subject.tax != ZERO and not any(one.tax_amount for one in subject.document.lines)
        taxed = on_header or (line is not None and line.tax_amount != ZERO)
        return {"TaxCodeRef": ref("TAX" if taxed else "NON")}


class ManualSalesTax(UnitedStates):
    """Manual sales tax: as above, and the form names its tax code, one for all its taxed lines, where the settings map
    each of theirs to a real one; else the total stands alone. A code that is not mapped is refused where others are:
    its tax would be in no return."""

    def form(self, subject: Subject, books: Books, *, inclusive: bool = False) -> Payload:
        told = super().form(subject, books)
        mapped = {code: books.tax_codes.get(code) for code in _codes(subject)}
        if told and set(books.tax_codes.values()) - {"TAX", "NON"}:
            for line in subject.document.lines:
                if line.tax_amount and line.tax_code and mapped[line.tax_code] is None:
                    _refuse_code(subject, line)
        real = sorted({qbo_id for qbo_id in mapped.values() if qbo_id not in (None, "TAX", "NON")})
        if not told or not real or {None, "TAX", "NON"} & set(mapped.values()):
            return told
        if len(real) > 1:
            refuse(
                "several_tax_codes",
                f"{subject.label} has the tax codes {', '.join(sorted(mapped))}: with manual sales tax a form takes "
                "one for all its lines; map them to a combined rate in [tax_codes], or split the document",
                "tax_code",
            )
        return {"TxnTaxDetail": {"TxnTaxCodeRef": ref(real[0]), "TotalTax": subject.tax}}


class WithoutSalesTax:
    """A US company whose sales tax is switched off: QuickBooks takes no tax on its forms."""

    taxes_purchases = False

    def form(self, subject: Subject, books: Books, *, inclusive: bool = False) -> Payload:
        if subject.tax and subject.party.kind == "customer":
            refuse(
                "sales_tax_off",
                f"{subject.label} has tax {subject.tax}, and sales tax is switched off in QuickBooks: set it up there "
                "(Taxes, Sales tax), then read the reference data again",
                "tax_amount",
            )
        return {}

    def line(self, subject: Subject, books: Books, line: DocumentLine | None) -> Payload:
        return {}


class Elsewhere:
    """Outside the US: a tax code on each line, amounts before tax, and the source's total (GlobalTaxCalculation)."""

    taxes_purchases = True

    def form(self, subject: Subject, books: Books, *, inclusive: bool = False) -> Payload:
        if not _is_taxed(subject):
            return {"GlobalTaxCalculation": "NotApplicable"}
        method = "TaxInclusive" if inclusive else "TaxExcluded"
        return {"GlobalTaxCalculation": method, "TxnTaxDetail": {"TotalTax": subject.tax}}

    def line(self, subject: Subject, books: Books, line: DocumentLine | None) -> Payload:
        if not _is_taxed(subject):
            return {}
        source_code = (line.tax_code if line is not None else None) or ""
        code = books.tax_codes.get(source_code)
        if code is None:
            _refuse_code(subject, line)
        return {"TaxCodeRef": ref(code)}


REGIMES: dict[TaxRegimeName, TaxRegime] = {
    "us": UnitedStates(),
    "us_manual": ManualSalesTax(),
    "us_none": WithoutSalesTax(),
    "global": Elsewhere(),
}


def regime_of(books: Books) -> TaxRegime:
    """The regime of the company whose books these are."""
    return REGIMES[books.policies.tax_regime]


def purchase_form(subject: Subject, books: Books) -> Payload:
    """The tax fields of a bill, supplier credit or purchase order; none where purchases carry no tax."""
    regime = regime_of(books)
    return regime.form(subject, books) if regime.taxes_purchases else {}


def purchase_line(subject: Subject, books: Books, line: DocumentLine | None) -> Payload:
    """The tax code of a purchase line; none where purchases carry no tax."""
    regime = regime_of(books)
    return regime.line(subject, books, line) if regime.taxes_purchases else {}


def _refuse_code(subject: Subject, line: DocumentLine | None) -> NoReturn:
    code = (line.tax_code if line is not None else None) or ""
    where = f"line {line.line_number}" if line is not None else "the rounding line"
    refuse(
        "unknown_tax_code",
        f"{where} of {subject.label} has "
        + (f"the tax code '{code}', which is not mapped" if code else "no tax code")
        + ": name its QBO tax code in [tax_codes]",
        f"tax_code:{code}",
    )


def _codes(subject: Subject) -> list[str]:
    return list(dict.fromkeys(line.tax_code or "" for line in subject.document.lines if line.tax_amount))


def _is_taxed(subject: Subject) -> bool:
    return bool(subject.document.tax_amount) or any(line.tax_code or line.tax_amount for line in subject.document.lines)
