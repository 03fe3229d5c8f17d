"""What an object does in the books, as facts: to tell an object of ours from one that a person changed.

What belongs here: which fields count, and in which form. `fingerprint` takes all facts of an object as QBO answers
it, with its defaults and computed totals; two fingerprints of one object differ where anything that posts was
changed. `stated` takes of a payload only what it says itself, for QBO fills in the rest: `agrees` asks whether an
object has that.

Facts are what moves an account, an open balance, a quantity, or a report by party, item, class or location. A price
is none beside quantity and amount, which it follows from. Numbers, notes, descriptions, due dates, addresses, payment
methods, least quantities of items and whether an order is closed are none: a person may change them, and an update of
ours writes them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, exact, objects, odd

STATED = "stated"  # the first line of what a payload states: nothing is said about facts that are not in it
# Lines that QBO computes or that carry no amount to the books.
_COMPUTED = frozenset({"SubTotalLineDetail", "DescriptionOnly"})
_REFERENCES = {
    "CustomerRef": "customer",
    "VendorRef": "vendor",
    "EntityRef": "payee",
    "DepositToAccountRef": "deposit account",
    "AccountRef": "account",
    "FromAccountRef": "account from",
    "ToAccountRef": "account to",
    "AdjustAccountRef": "adjustment account",
    "APAccountRef": "payable account",
    "ARAccountRef": "receivable account",
    "ClassRef": "class",
    "DepartmentRef": "location",
}
_PAID_FROM = (("CheckPayment", "BankAccountRef", "bank account"), ("CreditCardPayment", "CCAccountRef", "credit card"))
_LINE_TARGETS = ("AccountRef", "ItemRef", "DiscountAccountRef")
_LINE_CLASS, _LINE_LOCATION, _LINE_NAME = "classes of lines", "locations of lines", "names on lines"
_LINE_TAX = "tax codes of lines"
_NONE = "none"
_NO_TAX = "NON"  # what QBO puts where a US line has no code
# In these entities the linked transaction of a line decides what is posted: which document is paid or deposited. In
# the others it only says from which document the line was copied.
_LINKING = frozenset({"Payment", "BillPayment", "Deposit"})
_PARENT, _DEPOSIT, _QUANTITIES = "parent", "deposit taken", "quantities of lines"
# Facts that fingerprints had no word of once: one that was stored then says nothing about them.
_LATER = frozenset({_PARENT, _DEPOSIT, _QUANTITIES})
_PARENTS = frozenset({"Customer", "Item"})  # a sub-customer's, a category's: sums in reports go by it
_LISTS = {
    "DisplayName": "name",
    "Name": "name",
    "Type": "type",
    "IncomeAccountRef": "income account",
    "ExpenseAccountRef": "expense account",
    "AssetAccountRef": "asset account",
}
_DIGESTED = frozenset({"name", "lines", "tax lines", _LINE_TAX, _LINE_CLASS, _LINE_LOCATION, _LINE_NAME, _QUANTITIES})
_NO_RATE = Decimal(1)
_RATE = Decimal("0.000001")  # QBO rounds the rates that it is given
_CENT = Decimal("0.01")
_QUANTITY = Decimal("0.00001")  # QBO keeps five decimals of a quantity
_BEYOND = Decimal(10) ** 20  # QBO's own limits are far below


def fingerprint(entity: str, thing: JsonObject) -> str:
    """All facts of an object as QBO answered it, one a line; equal exactly where they all are.

    Lines are compared without their order: QBO may give them back in another one. An exchange rate of 1 is none, so
    that switching multicurrency on changes nothing. Raises `OddShape` for what is no object of QBO's making.
    """
    return "\n".join(f"{name}={value}" for name, value in _facts(entity, thing, whole=True))


def stated(entity: str, payload: JsonObject) -> str:
    """The facts that a payload says itself, to be compared by `agrees`."""
    return "\n".join([STATED, *(f"{name}={value}" for name, value in _facts(entity, payload, whole=False))])


def agrees(expected: str, seen: str) -> bool:
    """Whether an object's fingerprint has everything that is expected: a fingerprint, or what a payload states."""
    if not expected.startswith(STATED):
        return expected == seen or expected == _without(seen, _LATER - set(_by_name(expected)))
    return set(expected.split("\n")[1:]) <= set(seen.split("\n"))


def differences(expected: str, seen: str) -> list[str]:
    """What `agrees` missed, in words for a person: `total 120.00 → 500.00`, `lines`."""
    before, after = _by_name(expected), _by_name(seen)
    after = {name: value for name, value in after.items() if name in before or name not in _LATER}
    names = list(before) if expected.startswith(STATED) else list(dict.fromkeys([*before, *after]))
    return [
        name if name in _DIGESTED else f"{name} {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def amount(value: Any) -> str:
    """An amount as text of two decimal places; QBO answers 5, 5.0 and 5.00 for the same amount."""
    number = exact(value, "an amount")
    if abs(number) >= _BEYOND:
        raise odd("an amount", "an amount that books can hold", value)
    return format(number.quantize(_CENT), "f")


def is_voided(thing: JsonObject) -> bool:
    """Whether an object was voided: QBO sets its amounts to nil and says so in its note."""
    note = str(thing.get("PrivateNote") or "")
    try:
        nil = all(exact(thing.get(name, 0), name) == 0 for name in ("TotalAmt", "Balance"))
    except OddShape:
        return False
    return nil and note.startswith("Voided")


def counts_for_nothing(thing: JsonObject) -> bool:
    """Whether an object is voided, each of its lines as well: a journal has no total of its own, and a note alone is
    soon written."""
    try:
        nil = all(exact(line.get("Amount", 0), "Amount") == 0 for line in objects(thing.get("Line"), "Line"))
    except OddShape:
        return False
    return nil and is_voided(thing)


def item_ids(thing: Mapping[str, Any]) -> set[str]:
    """The Ids of the items on an object's lines, those inside a group among them."""
    return {_ref(detail["ItemRef"]) for _, detail in _posting_lines(thing.get("Line")) if detail.get("ItemRef")}


def _facts(entity: str, thing: JsonObject, *, whole: bool) -> Iterator[tuple[str, str]]:
    """The facts as name and value; with `whole`, what may be missing stands with what its absence means."""
    if not entity_named(entity).transaction:
        for field, name in _LISTS.items():
            if field in thing:
                yield name, _digest([_ref(thing[field])]) if name == "name" else _ref(thing[field])
        if entity in _PARENTS and (whole or thing.get("ParentRef")):
            yield _PARENT, _ref(thing.get("ParentRef") or _NONE)
        return
    if whole or "TxnDate" in thing:
        yield "date", str(thing.get("TxnDate", ""))
    for field, name in _REFERENCES.items():
        if thing.get(field):
            yield name, _ref(thing[field])
    for holder, field, name in _PAID_FROM:
        if paid_from := an_object(thing.get(holder), holder).get(field):
            yield name, _ref(paid_from)
    yield from _totals(entity, thing, whole=whole)
    if whole or "Line" in thing:
        yield from _lines(entity, thing.get("Line"), whole=whole)


def _totals(entity: str, thing: JsonObject, *, whole: bool) -> Iterator[tuple[str, str]]:
    total = next((thing[field] for field in ("TotalAmt", "Amount") if thing.get(field) is not None), None)
    if entity != "JournalEntry" and (whole or total is not None):  # of a journal QBO answers 0
        yield "total", amount(total or 0)
    if entity == "Invoice" and (whole or thing.get("Deposit") is not None):
        yield _DEPOSIT, amount(thing.get("Deposit") or 0)
    given = thing.get("ExchangeRate") or 1
    rate = _NO_RATE if given == 1 else _rounded_rate(given)
    if rate != 1 and thing.get("CurrencyRef"):
        yield "currency", _ref(thing["CurrencyRef"])
    if whole or thing.get("ExchangeRate") is not None:
        yield "exchange rate", format(rate, "f")
    if thing.get("GlobalTaxCalculation"):
        yield "tax method", str(thing["GlobalTaxCalculation"])
    tax = an_object(thing.get("TxnTaxDetail"), "TxnTaxDetail")
    if whole or tax.get("TotalTax") is not None:
        yield "tax", amount(tax.get("TotalTax") or 0)
    if rates := [text for line in objects(tax.get("TaxLine"), "TaxLine") if (text := _tax_line(line))]:
        yield "tax lines", _digest(rates)


def _rounded_rate(given: Any) -> Decimal:
    rate = exact(given, "ExchangeRate")
    if abs(rate) >= _BEYOND:
        raise odd("ExchangeRate", "a rate", given)
    return rate.quantize(_RATE).normalize()


def _tax_line(line: JsonObject) -> str:
    detail = an_object(line.get("TaxLineDetail"), "TaxLineDetail")
    value = amount(line.get("Amount") or 0)
    return f"{_ref(detail.get('TaxRateRef') or '')} {value}" if Decimal(value) else ""


def _lines(entity: str, given: Any, *, whole: bool) -> Iterator[tuple[str, str]]:
    cores: list[str] = []
    codes: list[str] = []
    classes: list[str] = []
    locations: list[str] = []
    names: list[str] = []
    quantities: list[str] = []
    coded = counted = True
    for line, detail in _posting_lines(given):
        cores.append(_core(entity, line, detail))
        coded = coded and "TaxCodeRef" in detail
        codes.append(_ref(found) if (found := detail.get("TaxCodeRef")) else _NO_TAX)
        if detail.get("ItemRef") and "QtyDiff" not in detail:
            counted = counted and detail.get("Qty") is not None
            quantities.append(f"{cores[-1]} | {_quantity(detail.get('Qty'))}")
        classes.append(_ref(found) if (found := detail.get("ClassRef")) else "")
        locations.append(_ref(found) if (found := detail.get("DepartmentRef")) else "")
        names.append(_name(detail))
    yield "lines", _digest(cores)
    if whole or coded:
        yield _LINE_TAX, _digest(_beside(cores, codes)) if set(codes) - {_NO_TAX} else _NONE
    if quantities and (whole or counted):
        yield _QUANTITIES, _digest(quantities)
    for name, values in ((_LINE_CLASS, classes), (_LINE_LOCATION, locations), (_LINE_NAME, names)):
        if any(values):
            yield name, _digest(_beside(cores, values))


def _posting_lines(given: Any) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Each line that posts with its detail; those inside a group of items stand for the group."""
    for line in objects(given, "Line"):
        kind = str(line.get("DetailType") or "")
        if kind in _COMPUTED:
            continue
        detail = an_object(line.get(kind), kind)
        if detail.get("Line"):
            yield from _posting_lines(detail["Line"])
        else:
            yield line, detail


def _core(entity: str, line: JsonObject, detail: JsonObject) -> str:
    account = ""
    for target in _LINE_TARGETS:
        if target in detail:
            account = f"{target}:{_ref(detail[target])}"
            break
    links = quantity = ""
    if entity in _LINKING:
        linked = objects(line.get("LinkedTxn"), "LinkedTxn")
        links = ",".join(sorted(f"{link.get('TxnType')}:{link.get('TxnId')}" for link in linked))
    if "QtyDiff" in detail:
        quantity = f" x{exact(detail['QtyDiff'], 'QtyDiff').normalize():f}"
    return f"{detail.get('PostingType', '')} {account} {amount(line.get('Amount', 0))}{quantity} {links}".strip()


def _quantity(given: Any) -> str:
    """A line's quantity; QBO takes a line that says none for one of a single piece, and may answer so."""
    quantity = exact(1 if given is None else given, "Qty")
    if abs(quantity) >= _BEYOND:
        raise odd("Qty", "a quantity", given)
    return format(quantity.quantize(_QUANTITY, ROUND_HALF_UP).normalize(), "f")


def _name(detail: JsonObject) -> str:
    """Whose line it is: a journal's customer or vendor, the customer whom an expense is charged on to."""
    entity = detail.get("Entity")
    named = (None if entity is None else an_object(entity, "Entity").get("EntityRef")) or detail.get("CustomerRef")
    return _ref(named) if named else ""


def _beside(cores: list[str], values: list[str]) -> list[str]:
    return [f"{core} | {value}" for core, value in zip(cores, values, strict=True)]


def _digest(values: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(values)).encode()).hexdigest()[:32]


def _ref(value: Any) -> str:
    text = value.get("value", "") if isinstance(value, dict) else value
    if type(text) is str and text.isalnum():  # nearly every Id: nothing in it to be put right
        return text
    return " ".join(str(text).split())


def _without(facts: str, names: AbstractSet[str]) -> str:
    return "\n".join(line for line in facts.split("\n") if line.partition("=")[0] not in names)


def _by_name(facts: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in facts.split("\n")) if name != STATED}
