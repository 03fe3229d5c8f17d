"""Tax on documents: sales tax in the US, tax codes with rates elsewhere; what is owed to each agency."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from qbo_pipeline.emulator.company.account_rules import system_account
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft
from qbo_pipeline.emulator.company.faults import error
from qbo_pipeline.emulator.company.money import major, minor, prorate, share
from qbo_pipeline.emulator.company.references import US_TAX_CODES

Side = Literal["Sales", "Purchase"]
_NO_VAT_RATE: Final = "Make sure all your transactions have a VAT rate before you save."
_SALES_TAX_OFF: Final = "Sales tax is turned off. Turn it on before you charge it."
_PPM: Final = 10_000_000
"""Percentages are kept as whole ten-millionths of a percent while amounts are computed."""


@dataclass(slots=True)
class TaxedLine:
    """A line's amount in minor units, as given, and its tax code; `net` is what is posted without tax."""

    amount: int
    code: str | None
    detail: Body
    net: int = 0


@dataclass(slots=True)
class RateTotal:
    """What one tax rate charges on one document, in minor units."""

    rate: str | None
    percent: Decimal
    account: str
    net: int = 0
    tax: int = 0


@dataclass(slots=True)
class Tax:
    """The tax of one document: by rate, and in total."""

    rates: dict[str, RateTotal] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All tax, in minor units."""
        return sum(rate.tax for rate in self.rates.values())


def compute(draft: Draft, rows: list[TaxedLine], side: Side, discount: int = 0) -> Tax:
    """The tax of a document's lines; sets each line's `net`, and the document's TxnTaxDetail.

    An explicit TotalTax is honoured and divided over the rates in proportion. Appends 6170 and 2020.
    """
    book, body = draft.book, draft.body
    given = body.get("TxnTaxDetail", {}).get("TotalTax")
    for row in rows:
        row.net = row.amount
    if book.country == "US":
        tax = _of_the_us(draft, rows, side, discount, given)
    else:
        tax = _by_code(draft, rows, side, discount, given)
    _describe(draft, tax)
    return tax


def _of_the_us(draft: Draft, rows: list[TaxedLine], side: Side, discount: int, given: Decimal | None) -> Tax:
    """Sales tax of a US company: automated, by hand, or none, as its preferences say. Purchases carry none.

    Automated tax charges one percentage of what is taxable. By hand, a form names its tax code (TxnTaxCodeRef), whose
    rates are charged one by one; a form that names none is not taxed. A form may name its code with automated tax too.
    """
    tax = Tax()
    book, body = draft.book, draft.body
    if side == "Purchase":
        return tax
    prefs = book.single("Preferences").get("TaxPrefs", {})
    if not prefs.get("UsingSalesTax") and book.settings.tax_when_off == "refuse":
        if given:
            draft.errors.append(error("6000", "TxnTaxDetail", what=_SALES_TAX_OFF))
        return tax
    taxable = sum(row.net for row in rows if row.code not in (None, "NON"))
    whole = sum(row.net for row in rows)
    if discount and whole and body.get("ApplyTaxAfterDiscount"):
        taxable -= share(discount, taxable, whole)
    customer = book.entries["Customer"].get(str(draft.party[1])) if draft.party else None
    base = 0 if customer is not None and customer.body.get("Taxable") is False else taxable
    named = (body.get("TxnTaxDetail", {}).get("TxnTaxCodeRef") or {}).get("value")
    if named is not None and (named not in book.entries["TaxCode"] or named in US_TAX_CODES):
        draft.errors.append(error("2500", "TxnTaxCodeRef", what=f"TaxCodes element id {named} not found"))
        return tax
    for rate, percent in code_rates(book, named, side):
        _add(book, tax, rate, percent, base, _percent_of(base, percent))
    if not tax.rates and (prefs.get("PartnerTaxEnabled") or given):
        _automated(draft, tax, base)
    if given is not None and (given or not taxable) and minor(given) != tax.total:
        _override(draft, tax, minor(given))
    tax.rates = {key: total for key, total in tax.rates.items() if total.tax}
    return tax


def _automated(draft: Draft, tax: Tax, base: int) -> None:
    book = draft.book
    percent = book.settings.us_sales_tax_percent
    own = next(iter(book.entries["TaxRate"].values()), None)
    account = agency_account(book, own.body if own else None)
    amount = _percent_of(base, percent)
    tax.rates["automated"] = RateTotal(own.id if own else None, percent, account, base, amount)


def _percent_of(amount: int, percent: Decimal) -> int:
    return share(amount, int(percent * _PPM), 100 * _PPM)


def _by_code(draft: Draft, rows: list[TaxedLine], side: Side, discount: int, given: Decimal | None) -> Tax:
    book, method = draft.book, draft.body.get("GlobalTaxCalculation")
    tax = Tax()
    if method is None and book.settings.require_global_tax_calculation:
        text = "Required parameter GlobalTaxCalculation is missing in the request"
        draft.errors.append(error("2020", "GlobalTaxCalculation", what=text))
    if method == "NotApplicable":
        if given:
            draft.errors.append(error("6170", "TxnTaxDetail"))
        return tax
    if book.country == "GB" and book.settings.vat_rate_required and any(row.code is None for row in rows):
        draft.errors.append(error("6000", "TaxCodeRef", what=_NO_VAT_RATE))
    draft.body["GlobalTaxCalculation"] = method or "TaxExcluded"
    nets: dict[str, int] = {}
    for row in rows:
        rates = code_rates(draft.book, row.code, side)
        if method == "TaxInclusive":
            _split_inclusive(row, rates, tax, draft.book)
        elif row.code is not None:
            nets[row.code] = nets.get(row.code, 0) + row.net
    whole = sum(nets.values())
    by_line = book.settings.tax_rounding == "line" and not discount and method != "TaxInclusive"
    for row in rows if by_line else ():
        for rate, percent in code_rates(book, row.code, side):
            _add(book, tax, rate, percent, row.net, _percent_of(row.net, percent))
    for code, net in () if by_line else nets.items():
        base = net - (share(discount, net, whole) if discount and whole else 0)
        for rate, percent in code_rates(draft.book, code, side):
            _add(draft.book, tax, rate, percent, base, _percent_of(base, percent))
    if given is not None and minor(given) != tax.total:
        _override(draft, tax, minor(given))
    return tax


def _split_inclusive(row: TaxedLine, rates: list[tuple[str, Decimal]], tax: Tax, book: Book) -> None:
    gross = minor(row.detail["TaxInclusiveAmt"]) if row.detail.get("TaxInclusiveAmt") else row.amount
    percent = sum((p for _, p in rates), Decimal(0))
    if percent:
        row.net = share(gross, 100 * _PPM, 100 * _PPM + int(percent * _PPM))
        row.detail["TaxInclusiveAmt"] = major(gross)
    else:
        row.net = gross
    if percent:
        parts = prorate(gross - row.net, [int(p * _PPM) for _, p in rates])
    else:  # no rate, or reverse charge: what the buyer owes, and the same amount that the buyer gets back
        parts = [_percent_of(row.net, p) for _, p in rates]
    for (rate, rate_percent), part in zip(rates, parts, strict=True):
        _add(book, tax, rate, rate_percent, row.net, part)


def _override(draft: Draft, tax: Tax, given: int) -> None:
    totals = list(tax.rates.values())
    if not totals:
        for line in draft.body["TxnTaxDetail"].get("TaxLine", []):
            reference = line.get("TaxLineDetail", {}).get("TaxRateRef")
            if reference and reference["value"] in draft.book.entries["TaxRate"]:
                rate = draft.book.entries["TaxRate"][reference["value"]].body
                _add(draft.book, tax, reference["value"], rate["RateValue"], 0, minor(line.get("Amount", Decimal(0))))
        totals = list(tax.rates.values())
    if not totals:
        draft.errors.append(
            error("6000", "TxnTaxDetail", what="Select a tax code for the lines to which the tax belongs.")
        )
        return
    told = _told_lines(draft)
    if set(told) == set(tax.rates) and sum(told.values()) == given:
        for id, amount in told.items():
            tax.rates[id].tax = amount
        return
    weights = [total.tax for total in totals]
    for total, part in zip(totals, prorate(given, weights if sum(weights) else [1] * len(weights)), strict=True):
        total.tax = part


def _told_lines(draft: Draft) -> dict[str, int]:
    """Tax by rate as the request itself divides it (TaxLine)."""
    out: dict[str, int] = {}
    for line in draft.body.get("TxnTaxDetail", {}).get("TaxLine", []):
        rate = ((line.get("TaxLineDetail") or {}).get("TaxRateRef") or {}).get("value", "")
        out[rate] = out.get(rate, 0) + minor(line.get("Amount") or Decimal(0))
    return out


def _add(book: Book, tax: Tax, rate: str, percent: Decimal, net: int, amount: int) -> None:
    total = tax.rates.get(rate)
    if total is None:
        account = agency_account(book, book.entries["TaxRate"][rate].body)
        total = tax.rates[rate] = RateTotal(rate, percent, account)
    total.net += net
    total.tax += amount


def code_rates(book: Book, code: str | None, side: Side) -> list[tuple[str, Decimal]]:
    """Ids and percentages of the rates in a tax code, for sales or for purchases."""
    entry = book.entries["TaxCode"].get(code) if code else None
    if entry is None:
        return []
    listed = (entry.body.get(f"{side}TaxRateList") or {}).get("TaxRateDetail", [])
    ids = [detail["TaxRateRef"]["value"] for detail in listed]
    return [(id, Decimal(book.entries["TaxRate"][id].body["RateValue"])) for id in ids]


def agency_account(book: Book, rate: Body | None) -> str:
    """The liability account of the agency that a tax rate belongs to."""
    reference = (rate or {}).get("AgencyRef")
    agency = book.entries["TaxAgency"].get(reference["value"]) if reference else None
    account = (agency.body if agency else {}).get("TaxTrackedOnSalesAccountRef")
    return str(account["value"]) if account else system_account(book, "Other Current Liability", "GlobalTaxPayable")


def _describe(draft: Draft, tax: Tax) -> None:
    given = draft.body.get("TxnTaxDetail", {})
    detail: Body = {k: given[k] for k in ("TxnTaxCodeRef",) if given.get(k)}
    detail["TotalTax"] = major(tax.total)
    lines = [
        {
            "Amount": major(total.tax),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": total.rate},
                "PercentBased": True,
                "TaxPercent": total.percent,
                "NetAmountTaxable": major(total.net),
            },
        }
        for total in tax.rates.values()
        if total.rate is not None
    ]
    if lines:
        detail["TaxLine"] = lines
    if tax.rates or draft.entity.name in ("Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"):
        draft.body["TxnTaxDetail"] = detail
    else:
        draft.body.pop("TxnTaxDetail", None)


def post(draft: Draft, tax: Tax, sign: int) -> None:
    """Post each rate's tax to its agency's account; `sign` +1 debits (tax on purchases), -1 credits (on sales)."""
    for total in tax.rates.values():
        if total.tax:
            draft.post(total.account, sign * total.tax, memo=f"{total.percent:f}% tax" if total.rate else "Sales tax")
