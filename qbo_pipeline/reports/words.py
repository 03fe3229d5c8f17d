"""The words of the reports: names for people of codes, amounts and dates as text, and the verdict in sentences.

What belongs here: everything a reader reads that is not data. Page and workbook take it from here, so that both say
the same.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.counted import number_of
from qbo_pipeline.instants import show_instant
from qbo_pipeline.reconciliation.causes import CAUSES, Cause
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.groups import Groups
from qbo_pipeline.reports.header import ReportHeader
from qbo_pipeline.verdicts import OF_STATUS

STATUS_WORDS = {status: verdict.word.capitalize() for status, verdict in OF_STATUS.items()}

GROUP_WORDS = {
    "timing": "Timing", "not_posted": "Not posted", "parked": "Waiting for a person",
    "changed_in_qbo": "Changed in QuickBooks", "deleted_in_qbo": "Deleted in QuickBooks",
    "qbo_only": "Entered in QuickBooks by others", "back_dated": "Back-dated / late",
    "cost": "Cost / FX / landed", "source": "Source changed", "opening": "Opening balance", "rounding": "Rounding",
    "unexplained": "Unexplained",
}  # fmt: skip

LINE_WORDS = {
    "issues": "Issues / COGS", "landed_cost": "Landed cost", "opening_stock": "Opening stock",
    "documents": "Documents", "entries_by_others": "Entries by others", "outside_movements": "Outside movements",
}  # fmt: skip

STATE_WORDS = {
    "ready": "goes with the next run",
    "sending": "on its way to QuickBooks",
    "posted": "in QuickBooks",
    "unknown": "sent, and not known yet whether it arrived",
    "parked": "waits for a person",
    "drifted": "changed in QuickBooks",
    "deleted_in_qbo": "deleted in QuickBooks",
    "superseded": "replaced by a later version",
    "skipped": "left out by a person",
    "set_aside": "set aside: its data breaks a rule",
    "excluded": "not to be posted, by a rule",
    "refused": "cannot be posted yet",
    "new": "read, not built yet",
    "posting": "to be posted",
    "vanished": "no longer in the inventory system",
}

CAUSE_WORDS = {cause.value: meaning.label for cause, meaning in CAUSES.items()}
CAUSE_GROUPS = {cause.value: GROUP_WORDS[meaning.group] for cause, meaning in CAUSES.items()}


def plain(code: str | None) -> str | None:
    """A code as words: `write_off` becomes `Write off`; `JournalEntry` becomes `Journal Entry`."""
    if not code:
        return code
    if "_" in code or code.islower():
        return code.replace("_", " ").capitalize()
    letters = [f" {c}" if c.isupper() and i and code[i - 1].islower() else c for i, c in enumerate(code)]
    return "".join(letters)


def state(code: str | None) -> str | None:
    """A state of a posting or record as a bookkeeper says it."""
    return STATE_WORDS.get(code or "") or plain(code)


def cause_words(codes: str | None) -> str | None:
    """Codes joined by `, ` as their names joined by `; `."""
    return "; ".join(CAUSE_WORDS[Cause(code)] for code in codes.split(", ")) if codes else codes


def money(amount: Decimal) -> str:
    """Two decimals, thousands apart, a minus where it is negative: for sentences."""
    return f"{amount:,.2f}".replace("-", "−")


def figure(amount: Decimal) -> str:
    """As accountants write it: (1,234.56) is negative."""
    return f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f}"


def quantity(value: Decimal) -> str:
    """Thousands apart, no zeros at the end."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(value: date) -> str:
    """31 October 2026."""
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime, header: ReportHeader) -> str:
    """2026-11-01 02:15, by the company's clock: for cells under a heading that names the zone."""
    return f"{header.local(value):%Y-%m-%d %H:%M}"


NOT_CHECKED = "not checked"  # where the number that it would be held against is not known


class Said(NamedTuple):
    """The certification in words: verdict and its tone, one sentence about the difference, one about when it began."""

    tone: str
    word: str
    sentence: str
    since: str


def verdict(reconciliation: Reconciliation) -> Said:
    """What a reader must understand first."""
    status = reconciliation.status
    tone, sentence = OF_STATUS[status].tone, _about_the_difference(reconciliation)
    counted = [bool(holds) for holds in reconciliation.counts["holds"].dropna()]
    if not all(counted):
        tone, sentence = "bad", f"{sentence} The counts of the records do not add up."
    elif len(counted) < len(reconciliation.counts):
        tone = "attention" if tone == "good" else tone
        sentence = f"{sentence} How many records were read is not known for every day."
    return Said(tone, STATUS_WORDS[status], sentence, _since(reconciliation))


def signed(given: Reconciliation) -> str:
    """What the two signatures are about."""
    return (
        f"Signed is what stands above: a difference of {money(given.difference)} {given.currency}, of it "
        f"{money(given.unexplained)} {given.currency} without a known cause."
    )


def _about_the_difference(given: Reconciliation) -> str:
    if given.status == "balanced":
        return "Stock value and the Inventory account agree to the cent."
    documents = _how_many(given)
    if given.difference:
        more = "more" if given.difference > 0 else "less"
        found = f"QuickBooks shows {money(abs(given.difference))} {given.currency} {more} than the stock is worth."
    else:
        found = "The totals agree, but only because differences cancel each other."
    if given.status == "unexplained":
        rest = given.differences.loc[given.differences["cause"] == Cause.UNEXPLAINED.value, "amount"].abs().sum()
        return f"{found} No cause is known for {money(rest)} {given.currency} of it; {documents} in all."
    if given.status == "doubled":
        return f"{found} A document stands twice in QuickBooks; {documents} in all."
    known = [cause for cause in given.causes["cause"] if cause != Cause.UNEXPLAINED.value]
    causes = number_of(len(known), "cause")
    if given.unexplained:
        rest = f"{money(given.unexplained)} {given.currency}, within the tolerance, has no known cause"
        return f"{found} All but {rest}: {documents}, {causes}."
    return f"{found} Every cent of it is explained: {documents}, {causes}."


def _how_many(given: Reconciliation) -> str:
    """Documents that differ; where an amount belongs to no document, findings."""
    found = pa.Table.from_pandas(given.differences[["scope", "document_key"]], preserve_index=False)
    real = pc.all(pc.is_in(found["scope"], value_set=pa.array(["document", "ledger_entry"]))).as_py()
    return number_of(len(Groups(found, ["document_key"]).firsts), "document" if real else "finding")


def _since(given: Reconciliation) -> str:
    first = given.first_divergence
    if first is None:
        if given.status == "balanced":
            return f"In balance on every day up to {given.as_at.isoformat()}."
        return "The two sides agree at the end of every day; the differences lie within single days or in the balances."
    if len(given.by_date) and given.by_date["business_date"].iloc[0] < first.business_date:
        so_far = f"In balance up to {(first.business_date - timedelta(days=1)).isoformat()}; first break "
    else:
        so_far = "Out of balance from the first day, "
    documents = f"{number_of(len(first.documents), 'document')}, " if first.documents else ""
    return f"{so_far}{first.business_date.isoformat()}, {documents}{money(first.amount)} {given.currency}."


def standing(header: ReportHeader) -> list[tuple[str, str]]:
    """As at when the numbers are, as names and values: what a reader of any sheet must know."""
    return [
        ("As at", f"{header.as_at.isoformat()} ({header.time_zone})"),
        ("Currency", header.currency),
        (
            "Inventory system read up to",
            show_instant(header.source_cut_off, header.time_zone) if header.source_cut_off else "not stated",
        ),
        (
            "QuickBooks read at",
            show_instant(header.qbo_read_at, header.time_zone) if header.qbo_read_at else "not stated",
        ),
    ]


def identity(header: ReportHeader) -> list[tuple[str, str]]:
    """What the page and the certificate state about themselves at their foot, as names and values."""
    return [
        ("Company", header.company),
        *standing(header),
        ("Connection", header.connection),
        ("Realm", f"…{header.realm}"),
        ("Run", header.run_id),
        ("Content hash", header.content_hash),
        *([("Journal of attempts", f"line {header.journal[0]:,}, {header.journal[1]}")] if header.journal else []),
    ]
