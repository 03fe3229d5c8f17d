"""Filters of lists of transactions by what a document itself says: terms, dates, amounts, whether it is paid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.cleaning import exact_number
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.money import minor
from qbo_pipeline.emulator.company.reports.choosing import account_types, ids
from qbo_pipeline.emulator.company.reports.periods import days

DUE: Final = ("start_duedate", "end_duedate", "duedate_macro")
CREATED: Final = ("start_createdate", "end_createdate", "createdate_macro")
MODIFIED: Final = ("start_moddate", "end_moddate", "moddate_macro")
PAID: Final = ("arpaid", "appaid")
OPEN: Final = ("shipvia", "term", "custom1", "custom2", "custom3", *PAID, *DUE)
"""The filters of reports of open documents."""
LISTED: Final = (
    *("term", "memo", "name", "payment_method", "cleared", "printed", *PAID, "bothamount"),
    *("source_account_type", *DUE, *CREATED, *MODIFIED),
)
"""Those of lists of transactions."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a filter looks at: amounts in minor units; `is_open` is None where it is never paid by another document.

    `source` is the account of its first line; `created` and `modified` are business dates.
    """

    entity: str
    day: str
    party: int | None
    total: int
    is_open: bool | None
    is_deposited: bool
    source: int | None
    created: str
    modified: str
    body: Body


Test = Callable[[Document], bool]
_RECEIVABLE: Final = ("Invoice", "CreditMemo", "Payment", "JournalEntry")
_PAYABLE: Final = ("Bill", "VendorCredit", "BillPayment", "JournalEntry")
_PAID: Final = {"all": None, "paid": False, "unpaid": True}
_PRINTED: Final = {"printed": "PrintComplete", "to_be_printed": "NeedToPrint"}
_CLEARED: Final = ("cleared", "uncleared", "reconciled", "deposited")


def chosen(book: Book, params: Mapping[str, str], start: str = "", end: str = "9999-12-31") -> set[int] | None:
    """The transactions of some days that pass every filter given; None where none is.

    Raises 2030, 2060, 2070, 2080, 2170 and 6000.
    """
    tests = _tests(book, params)
    if not tests:
        return None
    sql = """SELECT t.id, t.entity, t.date, t.party, t.total, t.balance <> 0, t.created, t.updated, t.body,
                    EXISTS (SELECT 1 FROM links k WHERE k.target = t.id AND k.kind = 'deposit'),
                    (SELECT l.account FROM lines l WHERE l.txn = t.id AND l.n = 0)
             FROM txns t WHERE t.date BETWEEN ? AND ?"""
    out = set()
    for id, entity, day, party, total, balance, made, changed, body, deposited, source in book.store.execute(
        sql, (start, end)
    ):
        is_open = None if balance is None else bool(balance)
        instants = book.local(made)[:10], book.local(changed)[:10]
        document = Document(
            entity, day, party, total, is_open, bool(deposited), source, *instants, jsontext.loads(body)
        )
        if all(test(document) for test in tests):
            out.add(id)
    return out


def excludes_open(params: Mapping[str, str]) -> bool:
    """Whether a report of open documents is asked for the paid ones: it has none. Raises 2170."""
    return any(_PAID[_word(params, name, _PAID)] is False for name in PAID if params.get(name))


def of_chosen(book: Book, params: Mapping[str, str]) -> tuple[str, list[Any]]:
    """` AND …` for ledger lines `l` of the transactions that the filters choose, and its values; "" where none does."""
    found = chosen(book, params)
    if found is None:
        return "", []
    return " AND l.txn IN (SELECT value FROM json_each(?))", [json.dumps(sorted(found))]


def _tests(book: Book, params: Mapping[str, str]) -> list[Test]:
    tests = [make(book, params, name) for name, make in _MAKERS.items() if params.get(name)]
    for name, of in (("duedate", _due), ("createdate", attrgetter("created")), ("moddate", attrgetter("modified"))):
        span = days(book, params, name)
        if span is not None:
            tests.append(partial(_within, span.start, span.end, of))
    return tests


def _due(document: Document) -> str:
    """The day on which a document is due: its own day where it names none."""
    return str(document.body.get("DueDate") or document.day)


def _within(start: str, end: str, of: Callable[[Document], str], document: Document) -> bool:
    return start <= of(document) <= end


def _word(params: Mapping[str, str], name: str, known: Iterable[str]) -> str:
    """The word in a parameter, in lower case. Raises 2170 for one that is not known."""
    word = params[name].strip().lower().replace(" ", "_")
    if word not in known:
        raise fault("2170", name, what=params[name])
    return word


def _texts(params: Mapping[str, str], name: str) -> set[str]:
    return {part.strip().casefold() for part in params[name].split(",")}


def _reference(name: str, book: Book, params: Mapping[str, str], parameter: str) -> Test:
    """Documents whose reference is one of the Ids, or one of the names, in a parameter."""
    wanted = _texts(params, parameter)

    def test(document: Document) -> bool:
        found = document.body.get(name) or {}
        return bool({str(found.get(part, "")).casefold() for part in ("value", "name")} & wanted)

    return test


def _method(book: Book, params: Mapping[str, str], name: str) -> Test:
    """Documents paid by a method of one of the names."""
    wanted = _texts(params, name)
    methods = {id for id, entry in book.entries["PaymentMethod"].items() if entry.name.casefold() in wanted}
    return lambda document: (document.body.get("PaymentMethodRef") or {}).get("value") in methods


def _names(book: Book, params: Mapping[str, str], name: str) -> Test:
    wanted = ids(params, name) or set()
    return lambda document: document.party in wanted


def _memo(book: Book, params: Mapping[str, str], name: str) -> Test:
    wanted = _texts(params, name)
    return lambda document: str(document.body.get("PrivateNote") or "").strip().casefold() in wanted


def _paid(entities: tuple[str, ...], book: Book, params: Mapping[str, str], name: str) -> Test:
    wanted = _PAID[_word(params, name, _PAID)]
    if wanted is None:
        return lambda document: True
    return lambda document: document.entity in entities and document.is_open is wanted


def _is_printed(book: Book, params: Mapping[str, str], name: str) -> Test:
    wanted = _PRINTED[_word(params, name, _PRINTED)]
    return lambda document: document.body.get("PrintStatus") == wanted


def _cleared(book: Book, params: Mapping[str, str], name: str) -> Test:
    """Nothing is ever cleared or reconciled: there is no bank here. What was deposited is known."""
    word = _word(params, name, _CLEARED)
    if word == "deposited":
        return lambda document: document.is_deposited
    return lambda document: word == "uncleared" and not document.is_deposited


def _amount(book: Book, params: Mapping[str, str], name: str) -> Test:
    number = exact_number(params[name])
    if number is None:
        raise fault("2080", name, what=params[name])
    wanted = abs(minor(number))
    return lambda document: abs(document.total) == wanted


def _source(book: Book, params: Mapping[str, str], name: str) -> Test:
    wanted = account_types(book, params, name) or set()
    return lambda document: document.source in wanted


def _custom(number: str, book: Book, params: Mapping[str, str], name: str) -> Test:
    wanted = _texts(params, name)

    def test(document: Document) -> bool:
        fields = document.body.get("CustomField") or []
        own = (f.get("StringValue") for f in fields if str(f.get("DefinitionId")) == number)
        return any(str(text or "").casefold() in wanted for text in own)

    return test


_MAKERS: Final[dict[str, Callable[[Book, Mapping[str, str], str], Test]]] = {
    "term": partial(_reference, "SalesTermRef"),
    "shipvia": partial(_reference, "ShipMethodRef"),
    "memo": _memo,
    "name": _names,
    "payment_method": _method,
    "cleared": _cleared,
    "printed": _is_printed,
    "arpaid": partial(_paid, _RECEIVABLE),
    "appaid": partial(_paid, _PAYABLE),
    "bothamount": _amount,
    "source_account_type": _source,
    **{f"custom{number}": partial(_custom, number) for number in "123"},
}
