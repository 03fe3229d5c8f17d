"""Templates of recurring transactions: kept and changed through the API, and carried out as virtual time passes.

A template posts nothing. An active one whose RecurType is Automated makes its transaction on each date of its schedule
(DaysBefore days earlier where it says so), with the template's number in RecurDataRef.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from qbo_pipeline.emulator.company import documents, entries, schedules
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.cleaning import clean, refuse_unknown
from qbo_pipeline.emulator.company.cleaning import missing as check_required
from qbo_pipeline.emulator.company.faults import QboError, error, fault
from qbo_pipeline.emulator.company.money import major
from qbo_pipeline.emulator.company.preparing import BY_AMOUNT, TEMPLATE, prepare, raise_all, rules_of
from qbo_pipeline.emulator.company.schema.entities import entity
from qbo_pipeline.emulator.company.schema.recurring import AUTOMATED, KINDS, RECURRING_INFO

NAME: Final = "RecurringTransaction"
_COMPUTED: Final = ("RecurDataRef", "LinkedTxn", "TxnDate", "DocNumber", "Deposit")
# What a transaction made from a template works out anew.
_ANEW: Final = ("TotalAmt", "Balance", "DueDate", "ExchangeRate", "TxnTaxDetail", "RecurringInfo")


def create(book: Book, body: Mapping[str, Any], options: frozenset[str]) -> Entry:
    """Keep a template: `{"Invoice": {..., "RecurringInfo": {...}}}`. Raises its transaction's faults and its own."""
    kind, given = _inner(body)
    content, info = _checked(book, kind, given)
    _name_is_free(book, info, None)
    now = book.now()
    entry = Entry(str(book.next_id("Transaction")), True, 0, now, now, {})
    entry.body = _written(book, kind, content, info, str(book.next_id("RecurringTemplate")), None)
    book.save_entry(NAME, entry, is_new=True)
    return entry


def update(book: Book, body: Mapping[str, Any], options: frozenset[str]) -> Entry:
    """Replace a template, or with `"sparse": true` some of its transaction's properties."""
    kind, given = _inner(body)
    old = entries.existing(book, entity(NAME), given)
    if kind != old.body["Type"]:
        raise fault("6000", kind, what=f"This recurring transaction is of type {old.body['Type']}.")
    if given.get("sparse") in (True, "true"):
        before = old.body[kind]
        given = {k: v for k, v in before.items() if k not in ("TotalAmt", "Balance")} | dict(given)
    content, info = _checked(book, kind, given)
    _name_is_free(book, info, old)
    number, previous = old.body["RecurDataRef"]["value"], old.body[kind]["RecurringInfo"]
    entry = Entry(old.id, True, old.sync + 1, old.created, book.now(), {})
    entry.body = _written(book, kind, content, info, number, previous) | {"Made": old.body.get("Made", 0)}
    book.save_entry(NAME, entry, is_new=False)
    return entry


def delete(book: Book, body: Mapping[str, Any]) -> Body:
    """Take a template away; what it made stays. Returns the answer's content."""
    kind, given = _inner(body)
    id = entries.delete(book, entity(NAME), given)
    return {"status": "Deleted", "domain": "QBO", kind: {"Id": id}}


def inner_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The transaction in the body of a template, which carries its Id; {} where there is none."""
    return next((value for name, value in body.items() if name in KINDS and isinstance(value, Mapping)), {})


def _inner(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    kinds = [name for name in body if name in KINDS]
    if len(kinds) != 1 or not isinstance(body[kinds[0]], Mapping):
        raise fault("2010", NAME, what="failed to parse json object: it holds one transaction, such as Invoice")
    return kinds[0], body[kinds[0]]


def _checked(book: Book, kind: str, given: Mapping[str, Any]) -> tuple[Body, Body]:
    """The transaction as it would be entered, and its RecurringInfo. Raises every fault found in the two."""
    errors: list[QboError] = []
    rules = rules_of(kind)
    told = given.get("RecurringInfo")
    if not isinstance(told, Mapping):
        raise fault("2020", "RecurringInfo", what="Required parameter RecurringInfo is missing in the request")
    plain = {name: value for name, value in given.items() if name not in (*_COMPUTED, "RecurringInfo")}
    cleaned = {k: v for k, v in clean(plain, rules.fields, errors).items() if v is not None}
    info = {k: v for k, v in clean(told, RECURRING_INFO, errors, "RecurringInfo.").items() if v is not None}
    refuse_unknown(errors)
    check_required(info, RECURRING_INFO, errors, "RecurringInfo.")
    if info.get("RecurType") == AUTOMATED and not told.get("ScheduleInfo"):
        text = "Required parameter RecurringInfo.ScheduleInfo is missing in the request"
        errors.append(error("2020", "ScheduleInfo", what=text))
    draft = prepare(book, rules, 0, cleaned, None, frozenset({"reposting", TEMPLATE}), errors)
    content = draft.body
    content["Amount" if kind in BY_AMOUNT else "TotalAmt"] = major(draft.total)
    if draft.balance is not None and "Balance" in rules.fields:
        content["Balance"] = major(draft.balance)
    raise_all(errors)
    return content, info


def _name_is_free(book: Book, info: Body, old: Entry | None) -> None:
    taken = book.names[NAME].get(str(info["Name"]).casefold())
    if taken is not None and (old is None or taken[1] != old.id) and book.holds("template_name"):
        raise fault("6240", "Name", kind="recurring transaction", id=taken[1])


def _written(book: Book, kind: str, content: Body, info: Body, number: str, previous: Body | None) -> Body:
    info.setdefault("Active", False)
    schedule = info.get("ScheduleInfo")
    out: Body = {"Type": kind, "Name": info["Name"], "RecurDataRef": {"value": number}}
    if schedule:
        schedule.setdefault("NumInterval", 1)
        _set(out, info, schedules.first(schedule, book.today()))
        last = ((previous or {}).get("ScheduleInfo") or {}).get("PreviousDate")
        if last:
            schedule["PreviousDate"] = last
            if schedule.get("NextDate") and schedule["NextDate"] <= last:
                _set(out, info, schedules.following(schedule, date.fromisoformat(schedule["NextDate"])))
    out[kind] = content | {"RecurringInfo": info}
    return out


def _set(out: Body, info: Body, day: date | None) -> None:
    """Enter the next date of a schedule, and when the transaction is made (`Due`), where it is by itself."""
    schedule = info["ScheduleInfo"]
    schedule.pop("NextDate", None)
    out.pop("Due", None)
    if day is None:
        return
    schedule["NextDate"] = day.isoformat()
    if info["RecurType"] == AUTOMATED and info["Active"]:
        out["Due"] = (day - timedelta(days=int(schedule.get("DaysBefore") or 0))).isoformat()


def due(book: Book) -> str | None:
    """The id of the template that is to be carried out next, or None where none is due today."""
    if book.next_recurring is None or book.next_recurring > book.today().isoformat():
        return None
    waiting = [(e.body["Due"], int(e.id)) for e in book.entries[NAME].values() if e.body.get("Due")]
    return str(min(waiting)[1])


def carry_out(book: Book, id: str) -> None:
    """Make the transaction of a template for its next date, and set the date after it."""
    template = book.entries[NAME][id]
    kind: str = template.body["Type"]
    content: Body = template.body[kind]
    day = content["RecurringInfo"]["ScheduleInfo"]["NextDate"]
    body = {k: v for k, v in content.items() if k not in _ANEW} | {"TxnDate": day}
    documents.create(book, kind, body, frozenset(), {"RecurDataRef": dict(template.body["RecurDataRef"])})
    _move_on(book, template, day, made=1)


def skip(book: Book, id: str) -> None:
    """Leave out the next date of a template, whose transaction QBO's rules refuse."""
    template = book.entries[NAME][id]
    schedule = template.body[template.body["Type"]]["RecurringInfo"]["ScheduleInfo"]
    _move_on(book, template, schedule["NextDate"], made=0)


def _move_on(book: Book, old: Entry, day: str, *, made: int) -> None:
    kind = old.body["Type"]
    info = old.body[kind]["RecurringInfo"]
    schedule = dict(info["ScheduleInfo"])
    info = info | {"ScheduleInfo": schedule}
    if made:
        schedule["PreviousDate"] = day
    body = old.body | {kind: old.body[kind] | {"RecurringInfo": info}, "Made": old.body.get("Made", 0) + made}
    is_over = body["Made"] >= int(schedule.get("MaxOccurrences") or 10**9)
    _set(body, info, None if is_over else schedules.following(schedule, date.fromisoformat(day)))
    book.save_entry(NAME, Entry(old.id, True, old.sync, old.created, book.now(), body), is_new=False)
