"""Summaries: the records of one kind and business date as one object in QBO instead of one each.

What belongs here: which kinds can be summed up, the keys of a day's summaries, and the journal of movements as the sum
of those that they would have been by themselves: the ledger is the same to the cent either way, whatever the rules are.
The forms of sales are in `summarised_sales.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import get_args

from qbo_pipeline.accounting.books import Books, SummarisedMovement
from qbo_pipeline.accounting.drafts import Draft, Effect, Excluded, Refused, Stop
from qbo_pipeline.accounting.journals import Group, Heading, journal_lines, signed_lines
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.movements import MOVEMENT_RULES
from qbo_pipeline.accounting.payloads import currency_fields, finish, note, number_field, shorten
from qbo_pipeline.accounting.summarised_sales import SALES_KINDS, group_of, sum_of_sales

SUMMARISED_MOVEMENTS: tuple[str, ...] = get_args(SummarisedMovement)
SUMMARISED_KINDS = (*SUMMARISED_MOVEMENTS, *SALES_KINDS)
PREFIX = "summary/"
_GROUP = "#by "  # what follows tells apart the forms of one day and kind
REVERSAL = "#reversal-"  # in the key of what takes a summary back
_END = 100  # characters that tell the forms of a day apart
_NUMBER_WORDS = 14  # with the day it fits QBO's 21 characters


def summary_key(kind: str, day: date) -> str:
    """The key of what sums up a kind's records of a day; a day never reaches over a month's end."""
    return f"{PREFIX}{day.isoformat()}/{kind}"


def day_of_summary(key: str) -> str:
    """The `summary_key` of a summary: those of several forms of one day and kind have an end that tells them apart."""
    return key.partition(_GROUP)[0]


def is_summary(key: str) -> bool:
    """Whether a key is that of a summary, and not of a record nor of a summary's reversal."""
    if not key.startswith(PREFIX) or REVERSAL in key:
        return False
    return day_of_summary(key).rpartition("/")[2] in SUMMARISED_KINDS


def summed_up(key: str) -> tuple[str, date]:
    """Kind and day of a summary's key."""
    day, _, kind = day_of_summary(key).removeprefix(PREFIX).partition("/")
    return kind, date.fromisoformat(day)


def is_summarised(kind: str, day: date, books: Books) -> bool:
    """Whether the settings of that day have this kind of movement summed up."""
    return kind in books.on(day).policies.summarise


def in_groups(key: str, drafts: Mapping[str, Draft], channels: Mapping[str, str]) -> dict[str, dict[str, Draft]]:
    """By the key of each summary of a day and kind, the drafts that it adds up: movements have one journal, sales one
    form for each of what QBO keeps one of. `channels` are the sales channels by record."""
    kind = summed_up(key)[0]
    if kind not in SALES_KINDS:
        return {key: dict(drafts)} if drafts else {}
    found: dict[str, dict[str, Draft]] = {}
    for of, draft in drafts.items():
        group = group_of(kind, draft, channels.get(of, ""))
        end = ", ".join(f"{name} {value}" for name, value in group)
        found.setdefault(key + (_GROUP + shorten(end, _END) if end else ""), {})[of] = draft
    return found


def summarise(
    key: str, drafts: Mapping[str, Draft], books: Books, channels: Mapping[str, str] | None = None
) -> Draft | Excluded | Refused:
    """The journal entry, or the form of sales, that does what these of single records do, in home currency.

    `drafts` are by the key of their record. Debits and credits of one account, class, department and name are netted,
    as within one movement. The effects say whose share each is. `Excluded` where the day's movements cancel out on
    every account; `Refused` where QBO would not take the entry.
    """
    try:
        kind, day = summed_up(key)
        if kind in SALES_KINDS:
            of, first = next(iter(drafts.items()))
            return sum_of_sales(key, kind, group_of(kind, first, (channels or {}).get(of, "")), drafts, books.on(day))
        return _summed(key, drafts, books)
    except Stop as stop:
        return stop.outcome


def _summed(key: str, drafts: Mapping[str, Draft], books: Books) -> Draft | Excluded:
    kind, day = summed_up(key)
    books, label = books.on(day), MOVEMENT_RULES[kind].label
    totals: dict[Group, Decimal] = {}
    for draft in drafts.values():
        for group, amount in signed_lines(draft.payload):
            totals[group] = totals.get(group, ZERO) + amount
    heading = Heading(
        key=key,
        number=f"{label[:_NUMBER_WORDS].strip()} {day:%y%m%d}",
        label=f"{label} of {day.isoformat()}, {len(drafts):,} {'record' if len(drafts) == 1 else 'records'}",
        business_date=day,
        currency=books.home_currency,
    )
    lines = journal_lines(totals, heading)
    effects = [replace(effect, record_key=of) for of, draft in drafts.items() for effect in draft.effects]
    if not lines:
        message = f"{heading.label}: they cancel out on every account, there is nothing to post"
        return Excluded(rule="nil_effect", message=message, effects=_without_record(effects))
    return finish(
        key=key,
        entity="JournalEntry",
        payload={
            **number_field(books, "JournalEntry", heading.number),
            "TxnDate": day.isoformat(),
            "PrivateNote": note(heading.label, None),
            **currency_fields(books, heading.currency, heading.rate),
            "Line": lines,
        },
        business_date=day,
        amount=sum((amount for amount in totals.values() if amount > 0), ZERO),
        currency=heading.currency,
        effects=effects,
    )


def _without_record(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    return tuple(replace(effect, record_key=None) for effect in effects)
