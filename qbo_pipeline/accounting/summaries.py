"""Summaries: the movements of one kind and business date as one journal entry instead of one each.

What belongs here: which kinds can be summed up, the key of a summary, and its journal as the sum of the journals that
the movements would have been by themselves. So the ledger is the same to the cent either way, whatever the rules are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import get_args

from qbo_pipeline.accounting.books import Books, SummarisedKind
from qbo_pipeline.accounting.drafts import Draft, Effect, Excluded, Refused, Stop
from qbo_pipeline.accounting.journals import Group, Heading, journal_lines, signed_lines
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.movements import MOVEMENT_RULES
from qbo_pipeline.accounting.payloads import currency_fields, finish, note, number_field

SUMMARISED_KINDS: tuple[str, ...] = get_args(SummarisedKind)
PREFIX = "summary/"
_NUMBER_WORDS = 14  # with the day it fits QBO's 21 characters


def summary_key(kind: str, day: date) -> str:
    """The key of the journal that sums up a kind's movements of a day; a day never reaches over a month's end."""
    return f"{PREFIX}{day.isoformat()}/{kind}"


def is_summary(key: str) -> bool:
    """Whether a key is that of a summary, and not of a record nor of a summary's reversal."""
    return key.startswith(PREFIX) and key.rpartition("/")[2] in SUMMARISED_KINDS


def summed_up(key: str) -> tuple[str, date]:
    """Kind and day of a summary's key."""
    day, _, kind = key.removeprefix(PREFIX).partition("/")
    return kind, date.fromisoformat(day)


def is_summarised(kind: str, day: date, books: Books) -> bool:
    """Whether the settings of that day have this kind of record summed up."""
    return kind in books.on(day).policies.summarise


def summarise(key: str, drafts: Mapping[str, Draft], books: Books) -> Draft | Excluded | Refused:
    """The journal entry that does what these journals of single movements do, in home currency.

    `drafts` are by the key of their record. Debits and credits of one account, class, department and name are netted,
    as within one movement. The effects say whose share each is. `Excluded` where the day's movements cancel out on
    every account; `Refused` where QBO would not take the entry.
    """
    try:
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
