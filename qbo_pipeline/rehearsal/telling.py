"""What a rehearsal found, told: reasons for the exit status, Markdown, and JSON.

What belongs here: words. The Markdown is what the terminal shows too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from qbo_pipeline.counted import number_of
from qbo_pipeline.rehearsal.findings import FailureFindings, Rehearsal, WaitingGroup
from qbo_pipeline.rehearsal.objects import ObjectDifference
from qbo_pipeline.settings_sections import QuickBooksSettings
from qbo_pipeline.surfaces import markdown, one_line
from qbo_pipeline.verdicts import OF_STATUS, Ground, Verdict, conclude

_ESCAPED = re.compile(r"\\(.)")
_NAMED = 20  # differences, and reasons to wait, that are written out one by one


def grounds(found: Rehearsal) -> list[Ground]:
    """Why it is not all well: what would wait, what the books would say, what failures changed."""
    reasons = [Ground(Verdict.WAITING, f"before going live: {one['finding']}") for one in found.run.night["preflight"]]
    reasons += [Ground(Verdict.UNAVAILABLE, text) for text in found.run.night["unfinished"]]
    waiting = sum(one.count for one in found.run.waits if one.why != "set aside: draft")
    if waiting:
        reasons.append(Ground(Verdict.WAITING, f"{waiting:,} documents or records would wait for a person"))
    reasons += _of_books(found.run.night.get("books"), "the books would not agree")
    if found.run.night["lost_days"]:
        reasons.append(Ground(Verdict.UNEXPLAINED, "the counts of records do not add up"))
    if found.twice:
        reasons.append(Ground(Verdict.UNEXPLAINED, f"{found.twice:,} objects were made twice"))
    return reasons + (_of_failures(found.failures) if found.failures else [])


def _of_books(books: Any, words: str) -> list[Ground]:
    if books is None:
        return [Ground(Verdict.UNAVAILABLE, "the books could not be reconciled")]
    verdict = OF_STATUS[books["status"]]
    if verdict is Verdict.IN_BALANCE:
        return []
    return [Ground(verdict, f"{words}: difference {books['difference']}, unexplained {books['unexplained']}")]


def _of_failures(found: FailureFindings) -> list[Ground]:
    reasons = []
    if found.differences or found.states:
        count = len({one.key for one in found.differences} | set(found.states))
        reasons.append(Ground(Verdict.UNEXPLAINED, f"failures changed {count:,} objects or how they stand"))
    if found.twice:
        reasons.append(Ground(Verdict.UNEXPLAINED, f"failures made {found.twice:,} objects twice"))
    if found.overwritten:
        reasons.append(Ground(Verdict.UNEXPLAINED, f"{len(found.overwritten):,} edits of people were overwritten"))
    after = found.books_after
    if after is None or OF_STATUS[after["status"]] is Verdict.UNEXPLAINED:
        reasons.append(Ground(Verdict.UNEXPLAINED, "what people edited is not explained"))
    return reasons


def report_lines(found: Rehearsal, settings: QuickBooksSettings) -> Iterator[str]:
    """The report as lines of Markdown."""
    verdict = conclude(grounds(found))
    yield from (f"# Rehearsal of {_text(found.connection)}, {found.first} to {found.last}", "")
    yield f"**{verdict.verdict.word}** (exit {verdict.verdict.value})"
    yield from ("", *(f"- {_text(one.why)}" for one in verdict.reasons), *([""] if verdict.reasons else []))
    yield from _copied(found)
    yield from _posted(found)
    yield from _waiting(found.run.waits)
    yield from _books(found)
    yield from _failing(found)
    yield from _calls(found, settings)


def _copied(found: Rehearsal) -> Iterator[str]:
    lists = ", ".join(f"{count:,} {kind}" for kind, count in found.copied.items() if count)
    calls = found.company_calls
    yield from ("## What was rehearsed on", "")
    yield f"A copy of {_text(found.company)}: {lists}; balances of {found.brought_forward:,} accounts brought forward."
    reads, writes = number_of(calls.metered_read, "metered read"), number_of(calls.write, "write")
    yield f"It was read in {reads} and {writes}. No document was copied."
    yield from (f"- not copied: {entity}: {_text(why)}" for entity, why in found.refused.items())
    for account, amount in found.not_brought_forward.items():
        yield f"- not brought forward: {_text(account)}, {amount:,.2f}"
    if found.read["already_there"]:
        yield f"- {found.read['already_there']:,} customers, vendors and items are there by this connection already"
    yield from ("", f"Read from the inventory system: {found.read['records_read']:,} records.")
    yield from (f"- worth a look: {_text(text)}" for text in found.read["warnings"][:_NAMED])
    for one in found.run.night["preflight"]:
        yield f"- before going live: {_text(one['finding'])}. {_text(one['remedy'])}"
    yield ""


def _posted(found: Rehearsal) -> Iterator[str]:
    yield from ("## What would be posted", "")
    rows = [(one.kind, f"{one.count:,}", f"{one.amount:,.2f} {one.currency}") for one in found.run.posted]
    yield from _table(("kind", "documents", "amount"), rows)
    accounts = [
        (f"{one.number} {one.account}".strip(), f"{one.debit:,.2f}", f"{one.credit:,.2f}", one.currency)
        for one in found.run.accounts
    ]
    yield from _table(("account", "debit", "credit", "currency"), accounts)


def _waiting(waits: Sequence[WaitingGroup]) -> Iterator[str]:
    yield from ("## What would wait, and why", "")
    if not waits:
        yield from ("Nothing.", "")
        return
    rows = [(one.kind, f"{one.count:,}", one.why, one.example, one.words) for one in waits[:_NAMED]]
    yield from _table(("kind", "how many", "why", "for example", "in words"), rows)
    if len(waits) > _NAMED:
        yield from (f"… and {len(waits) - _NAMED:,} more reasons: they are in the JSON.", "")


def _books(found: Rehearsal) -> Iterator[str]:
    books = found.run.night.get("books")
    yield from ("## What the books would say", "")
    if books is None:
        yield from ("They could not be reconciled.", "")
        return
    yield f"As at {books['as_at']}: **{OF_STATUS[books['status']].word}**."
    names = ("stock_value", "ledger_balance", "difference", "unexplained")
    shown = [(name.replace("_", " "), f"{_money(books[name])} {books['currency']}") for name in names]
    yield from ("", *_table(("", "amount"), shown))
    causes = [(one["label"], f"{one['count']:,}", _money(one["amount"])) for one in books["causes"]]
    if causes:
        yield from _table(("cause", "documents", "amount"), causes)
    yield from (f"- {_text(note)}" for note in books["notes"])
    objects = len(found.run.objects.by_key)
    yield from (f"{objects:,} objects are in the company, each of one posting; made twice: {found.twice:,}.", "")


def _failing(found: Rehearsal) -> Iterator[str]:
    failures = found.failures
    if failures is None:
        return
    yield from ("## What failures change", "")
    came = [f"{words}: {count:,}" for words, count in failures.failures.items()]
    came.append(f"the run's process killed: {failures.kills:,}")
    yield from ("On a second copy, by the same records:", "", *(f"- {one}" for one in came), "")
    same = not failures.differences and not failures.states
    yield (
        f"After {failures.runs:,} runs {len(found.run.objects.by_key):,} objects were compared: "
        + ("**all are the same.**" if same else f"{len(failures.differences):,} differ.")
        + f" Made twice: {failures.twice:,}."
    )
    yield from _differences(failures.differences)
    yield from (f"- {_text(key)}: {_text(state)}" for key, state in list(failures.states.items())[:_NAMED])
    yield from ("", "People then edited what was posted:", "", *(f"- {_text(text)}" for text in failures.edits), "")
    after = failures.books_after
    verdict = "not reconciled" if after is None else OF_STATUS[after["status"]].word
    yield (
        f"The next night found {failures.noticed:,} of our documents changed, overwrote {len(failures.overwritten):,}, "
        f"and the books said: {verdict}" + ("." if after is None else f", unexplained {_money(after['unexplained'])}.")
    )
    yield from (*_differences(failures.overwritten), "")


def _differences(found: Sequence[ObjectDifference]) -> Iterator[str]:
    for one in found[:_NAMED]:
        yield f"- {_text(one.key)}, {_text(one.field)}: {_text(one.one)} / {_text(one.other)}"
    if len(found) > _NAMED:
        yield f"- … and {len(found) - _NAMED:,} more: they are in the JSON."


def _calls(found: Rehearsal, settings: QuickBooksSettings) -> Iterator[str]:
    night = found.run.night
    others = night["api_calls"] - night["api_writes"] - night["api_metered_reads"]
    slowest = max(night["api_writes"] / settings.batches_per_minute, night["api_calls"] / settings.requests_per_minute)
    held = f"{slowest:,.0f} minutes" if slowest >= 1 else "less than a minute"
    yield from ("## Calls and time", "")
    writes, reads = number_of(night["api_writes"], "write"), number_of(night["api_metered_reads"], "metered read")
    rest = number_of(others, "other")
    yield (
        f"Such a run makes {night['api_calls']:,} calls of QuickBooks: {writes}, {reads}, {rest}. "
        f"Here it took {night['seconds']:.0f} s; under your settings' limits its calls alone take {held}. The whole "
        f"rehearsal took {found.seconds:.0f} s."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return ["Nothing.", ""]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows]
    return [*lines, ""]


def _text(value: str) -> str:
    return markdown(one_line(value))


def _money(value: Any) -> str:
    return f"{Decimal(str(value)):,.2f}"


def as_json(found: Rehearsal) -> bytes:
    """The report as data; amounts are text, and objects are counted, not told."""
    said = conclude(grounds(found))
    plain = ("connection", "company", "first", "last", "seed", "copied", "refused", "brought_forward",
             "not_brought_forward", "read", "twice", "seconds")  # fmt: skip
    run = {name: getattr(found.run, name) for name in ("night", "posted", "accounts", "waits")}
    told = {
        "verdict": said.verdict.word,
        "exit": said.verdict.value,
        "why": [one.why for one in said.reasons],
        **{name: getattr(found, name) for name in plain},
        "company_calls": found.company_calls,
        "run": {**run, "objects": len(found.run.objects.by_key)},
        "failures": found.failures,
    }
    return orjson.dumps(told, default=_plain, option=orjson.OPT_INDENT_2)


def terminal_lines(found: Rehearsal, settings: QuickBooksSettings) -> Iterator[str]:
    """The same lines for a terminal, where nothing of Markdown's needs its backslash."""
    return (_ESCAPED.sub(r"\1", line) for line in report_lines(found, settings))


def write_files(found: Rehearsal, settings: QuickBooksSettings, folder: Path) -> tuple[Path, Path]:
    """Write the report as Markdown and as JSON, for their owner alone; answers where they are."""
    stem = f"rehearsal-{found.first}-{found.last}"
    files = (folder / f"{stem}.md", folder / f"{stem}.json")
    texts = ("\n".join(report_lines(found, settings)).encode() + b"\n", as_json(found))
    for file, text in zip(files, texts, strict=True):
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_bytes(text)
    return files


def _plain(value: Any) -> str:
    """What JSON has no form for, as text."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
