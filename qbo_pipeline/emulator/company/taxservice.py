"""TaxService: the one way in which tax codes and rates are made."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.cleaning import clean, missing
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.preparing import raise_all
from qbo_pipeline.emulator.company.schema.setup import TAX_SERVICE


def create(book: Book, body: Mapping[str, Any]) -> Body:
    """Make a tax code with its rates. Raises 2020, 2240, 2500 (agency or rate unknown) and 6240 (name taken)."""
    errors: list[QboError] = []
    cleaned = {k: v for k, v in clean(body, TAX_SERVICE, errors).items() if v is not None}
    missing(cleaned, TAX_SERVICE, errors)
    raise_all(errors)
    _check(book, cleaned, errors)
    raise_all(errors)
    lists: dict[str, list[Body]] = {"Sales": [], "Purchase": []}
    answered = []
    for detail in cleaned["TaxRateDetails"]:
        side = detail.get("TaxApplicableOn", "Sales")
        rate = detail.get("TaxRateId") or _make_rate(book, detail)
        reference = {"TaxRateRef": {"value": rate}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
        lists[side].append(reference)
        found = book.entries["TaxRate"][rate].body
        answered.append(
            {
                "TaxRateName": found["Name"],
                "TaxRateId": rate,
                "RateValue": found["RateValue"],
                "TaxAgencyId": found["AgencyRef"]["value"],
                "TaxApplicableOn": side,
            }
        )
    code = make_code(book, cleaned["TaxCode"], lists["Sales"], lists["Purchase"])
    return {"TaxCode": cleaned["TaxCode"], "TaxCodeId": code, "TaxRateDetails": answered}


def _check(book: Book, cleaned: Body, errors: list[QboError]) -> None:
    names = book.names
    taken = names["TaxCode"].get(cleaned["TaxCode"].casefold())
    if taken is not None:
        errors.append(error("6240", "TaxCode", kind="tax code", id=taken[1]))
    seen: set[str] = set()
    for detail in cleaned["TaxRateDetails"]:
        if detail.get("TaxRateId"):
            if detail["TaxRateId"] not in book.entries["TaxRate"]:
                errors.append(error("2500", "TaxRateId", what=f"TaxRates element id {detail['TaxRateId']} not found"))
            continue
        errors.extend(
            error("2020", name, what=f"Required parameter {name} is missing in the request")
            for name in ("TaxRateName", "RateValue", "TaxAgencyId")
            if detail.get(name) is None
        )
        if detail.get("TaxAgencyId") and detail["TaxAgencyId"] not in book.entries["TaxAgency"]:
            errors.append(
                error("2500", "TaxAgencyId", what=f"TaxAgencies element id {detail['TaxAgencyId']} not found")
            )
        name = detail.get("TaxRateName", "").casefold()
        if name in seen or name in names["TaxRate"]:
            errors.append(error("6240", "TaxRateName", kind="tax rate", id=names["TaxRate"].get(name, ("", ""))[1]))
        seen.add(name)


def _make_rate(book: Book, detail: Body) -> str:
    return make_rate(book, detail["TaxRateName"], Decimal(detail["RateValue"]), detail["TaxAgencyId"])


def make_rate(book: Book, name: str, percent: Decimal, agency: str, special: str = "NONE") -> str:
    """Enter a tax rate; returns its id. `special` is its SpecialTaxType."""
    body: Body = {
        "Name": name,
        "Description": name,
        "RateValue": percent,
        "AgencyRef": {"value": agency},
        "SpecialTaxType": special,
        "DisplayType": "ReadOnly",
    }
    return _save(book, "TaxRate", body)


def make_code(book: Book, name: str, sales: list[Body], purchases: list[Body]) -> str:
    """Enter a tax code with the rates of its two sides; returns its id."""
    body: Body = {
        "Name": name,
        "Description": name,
        "Taxable": bool(sales or purchases),
        "TaxGroup": True,
        "Hidden": False,
        "SalesTaxRateList": {"TaxRateDetail": sales},
        "PurchaseTaxRateList": {"TaxRateDetail": purchases},
    }
    return _save(book, "TaxCode", body)


def _save(book: Book, kind: str, body: Body) -> str:
    now = book.now()
    entry = Entry(str(book.next_id(kind)), True, 0, now, now, body)
    book.save_entry(kind, entry, is_new=True)
    return entry.id
