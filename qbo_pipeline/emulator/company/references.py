"""References between objects: finding them in a body, checking what they point to, and giving them names on reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.faults import NOT_FOUND_INACTIVE, QboError, error
from qbo_pipeline.emulator.company.fields import Field
from qbo_pipeline.emulator.company.schema.entities import ENTITIES
from qbo_pipeline.emulator.company.store import row_id

_WORDS: Final = {"Customer": "Names", "Vendor": "Names", "Employee": "Names", "Class": "Klasses"}
US_TAX_CODES: Final = ("TAX", "NON")
"""The tax codes that every US company has beside its own, with words for Ids; its lines take no others."""
SHIPPING_ITEM: Final = "SHIPPING_ITEM_ID"
_SPECIAL: Final = {"Item": (SHIPPING_ITEM,)}
CURRENCY_NAMES: Final = {
    "USD": "United States Dollar",
    "GBP": "British Pound Sterling",
    "EUR": "Euro",
    "CAD": "Canadian Dollar",
    "AUD": "Australian Dollar",
    "NZD": "New Zealand Dollar",
    "CHF": "Swiss Franc",
    "SEK": "Swedish Krona",
    "NOK": "Norwegian Krone",
    "DKK": "Danish Krone",
    "PLN": "Polish Zloty",
    "CZK": "Czech Koruna",
    "JPY": "Japanese Yen",
    "CNY": "Chinese Yuan",
    "HKD": "Hong Kong Dollar",
    "SGD": "Singapore Dollar",
    "INR": "Indian Rupee",
    "ZAR": "South African Rand",
    "MXN": "Mexican Peso",
    "BRL": "Brazilian Real",
    "TRY": "Turkish Lira",
    "THB": "Thai Baht",
    "KRW": "South Korean Won",
    "HUF": "Hungarian Forint",
    "RON": "Romanian Leu",
    "ILS": "Israeli Shekel",
}


_NAMELESS: Final = ("DefaultTaxCodeRef", "TermRef")
"""References of customers and vendors that were recorded without a name beside them."""


class _Plan:
    """Where references stand in a table of fields, worked out once per table."""

    __slots__ = ("fields", "nested", "refs")

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self.refs = {n: (f, len(f.target) > 1) for n, f in fields.items() if f.kind == "ref" and f.target}
        self.nested = {
            name: _plan(f.fields)
            for name, f in fields.items()
            if f.kind in ("object", "list") and f.fields is not None and _has_refs(f.fields)
        }


def _has_refs(fields: Mapping[str, Field]) -> bool:
    return any(
        (f.kind == "ref" and f.target) or (f.fields is not None and _has_refs(f.fields)) for f in fields.values()
    )


_PLANS: dict[int, _Plan] = {}


def _plan(fields: Mapping[str, Field]) -> _Plan:
    found = _PLANS.get(id(fields))
    if found is None:
        found = _PLANS[id(fields)] = _Plan(fields)
    return found


Found = tuple[str, Field, Body, str | None]


def walk(body: Body, fields: Mapping[str, Field]) -> list[Found]:
    """Every reference in a body that points to an entity: its property name, its rule, and the reference itself.

    Last comes the entity that it says it points to, where several are possible: in the reference, or beside it as in a
    journal's `{"Type": "Vendor", "EntityRef": …}`.
    """
    out: list[Found] = []
    _collect(body, _plan(fields), out)
    return out


def _collect(body: Body, plan: _Plan, out: list[Found]) -> None:
    refs, nested = plan.refs, plan.nested
    for name, value in body.items():
        if not value:
            continue
        if name in refs:
            field, is_one_of_many = refs[name]
            out.append((name, field, value, (value.get("type") or body.get("Type")) if is_one_of_many else None))
        elif name in nested:
            for entry in value if type(value) is list else (value,):
                _collect(entry, nested[name], out)


def find(book: Book, reference: Body, targets: tuple[str, ...], wanted: str | None) -> Entry | None:
    """The list entity that a reference points to, or None; `wanted` names it among several possible ones."""
    for target in targets:
        if wanted and len(targets) > 1 and wanted.lower() != target.lower():
            continue
        entry = book.entries.get(target, {}).get(reference["value"])
        if entry is not None:
            return entry
    return None


def check(book: Book, body: Body, fields: Mapping[str, Field], errors: list[QboError], old: Body | None = None) -> None:
    """Append fault 2500 for each reference to nothing, or to something inactive that `old` did not refer to already.

    A tax code on a US line that is not TAX or NON is 6100.
    """
    allowed: set[tuple[tuple[str, ...], str]] | None = None
    is_us = book.country == "US"
    for name, field, reference, wanted in walk(body, fields):
        value = reference["value"]
        target = field.target[0]
        if target in _SPECIAL and value in _SPECIAL[target]:
            continue
        if is_us and name == "TaxCodeRef":
            if value not in US_TAX_CODES:
                errors.append(error("6100", name, what=value))
            continue
        if target in ENTITIES and ENTITIES[target].kind == "transaction":
            if not book.store.row("SELECT 1 FROM txns WHERE id = ? AND entity = ?", (row_id(value), target)):
                errors.append(error("2500", name, what=f"{target} element id {value} not found"))
            continue
        entry = find(book, reference, field.target, wanted)
        if entry is None:
            errors.append(error("2500", name, what=f"{_WORDS.get(target, target + 's')} element id {value} not found"))
        elif not entry.active:
            if allowed is None:
                allowed = {(f.target, r["value"]) for _, f, r, _ in walk(old, fields)} if old else set()
            if (field.target, value) not in allowed:
                errors.append(error("2500", name, what=NOT_FOUND_INACTIVE))


def name_references(book: Book, body: Body, fields: Mapping[str, Field]) -> None:
    """Put the present name beside each reference, as QBO answers them."""
    for name, field, reference, wanted in walk(body, fields):
        if reference["value"] in US_TAX_CODES or name in _NAMELESS:
            continue
        entry = find(book, reference, field.target, wanted)
        if entry is not None:
            reference["name"] = entry.name
            if len(field.target) > 1 and wanted is None:
                reference["type"] = next(t for t in field.target if book.entries[t].get(entry.id) is entry)
    currency = body.get("CurrencyRef")
    if currency:
        currency["name"] = CURRENCY_NAMES.get(currency["value"], currency["value"])


def known_currency(code: str) -> bool:
    """Whether a currency code is one that QBO's list (as far as it is kept here) knows."""
    return code in CURRENCY_NAMES
