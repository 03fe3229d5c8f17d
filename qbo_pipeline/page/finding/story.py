"""One document's whole history as a bookkeeper reads it: from the row of the source to the ledger line.

What belongs here: the rows of `pipeline.trace` in words and in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import orjson

from qbo_pipeline.accounting.preview import PreviewLine
from qbo_pipeline.page import words
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.page.finding.facts import NAMED, Called, names_in
from qbo_pipeline.page.finding.work_list import Item, of_keys
from qbo_pipeline.pipeline.previewing import lines_of
from qbo_pipeline.pipeline.report_files import QBO_PAGES
from qbo_pipeline.pipeline.trace import journal_message, trace
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.reports.header import qbo_link
from qbo_pipeline.settings import LINK_PLACES, Settings

_SHOWN_LINES = 200
_HIDDEN = (
    "line_id", "line_number", "matches", "lines", "allocations", "movement_id", "document_id", "payment_id", "kind",
    "number", "business_date",
)  # fmt: skip
"""What the heading says already, or nobody reads."""


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """Something that happened at an instant; `who` and `why` where a person decided it."""

    at: datetime
    what: str
    said: str
    who: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """One posting: how it stands, its object in QuickBooks with the link, and the ledger lines that it makes there."""

    item: Item
    link: str | None
    lines: tuple[PreviewLine, ...]
    versions: int


@dataclass(frozen=True, slots=True)
class CameBack:
    """A revision of what was written to the inventory system, or an object of QuickBooks of which nothing was."""

    key: str
    what: str
    state: str
    said: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """A record, or an order without one, with all that became of it."""

    key: str
    record: dict[str, Any] | None
    fields: list[tuple[str, str]]
    columns: list[str]
    rows: list[list[str]]
    cut: int
    postings: list[Posted]
    events: list[StoryEvent]
    shares: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    source_link: str | None
    back: list[CameBack]


def stories(company: PageCompany, key: str) -> list[Story]:
    """What the store knows under a key or a number; empty where nothing has it."""
    found = trace(company.run, key)
    with company.database.reading() as connection:
        keys = sorted({row["key"] for one in found for row in one["postings"]})
        items = {item.key: item for item in of_keys(connection, company.name, keys)}
        newest = {row["key"]: row for one in found for row in one["postings"]}  # in order of revision
        built = [(key, row) for key, row in newest.items() if row["payload"] is not None]
        objects = [(row["entity"], from_wire(row["payload"])) for _, row in built]
        called = names_in(connection, company.name, [one["record"] for one in found if one["record"]])
        lines = dict(zip((key for key, _ in built), lines_of(connection, company.run, objects), strict=True))
    return [_story(company, one, items, newest, lines, called) for one in found]


def _story(
    company: PageCompany,
    one: dict[str, Any],
    items: dict[str, Item],
    newest: dict[str, Any],
    lines: dict[str, tuple[PreviewLine, ...]],
    called: Called,
) -> Story:
    base = QBO_PAGES[company.settings.quickbooks.environment]
    mine = list(dict.fromkeys(row["key"] for row in one["postings"]))
    posted = [
        Posted(
            items[key], qbo_link(base, newest[key]["entity"], newest[key]["qbo_id"]), lines.get(key, ()),
            newest[key]["revision"],
        )
        for key in mine
        if key in items
    ]  # fmt: skip
    fields, columns, rows, cut = _content(one["record"], called)
    shares = [share for share in one["shares"] if share["key"] in mine]
    several = {share["key"] for share in shares if share["record_key"] != one["key"]}
    return Story(
        key=one["key"], record=one["record"], fields=fields, columns=columns, rows=rows, cut=cut, postings=posted,
        events=_events(company, one), shares=[share for share in shares if share["key"] in several],
        ledger=[line | {"link": qbo_link(base, line["qbo_type"], line["qbo_id"])} for line in one["ledger_lines"]],
        source_link=source_link(company.settings, one["record"]),
        back=_back(base, one["way_back"]),
    )  # fmt: skip


def _back(base: str | None, found: dict[str, Any]) -> list[CameBack]:
    """What came back from QuickBooks: the revisions that were written, and the objects that were not."""
    rows = []
    for entry in found["entries"]:
        entity, _, qbo_id = entry["key"].partition("/")
        answer = "taken" if entry["taken_as"] else "refused" if entry["refused"] else entry["state"]
        said = f"as {entry['taken_as']}" if entry["taken_as"] else entry["refused"] or entry["message"] or ""
        what = f"version {entry['revision']}: {entry['operation']}"
        rows.append(CameBack(entry["key"], what, answer, said, qbo_link(base, entity, qbo_id)))
    for row in found["objects"]:
        if row["disposition"] != "written_back":
            key = f"{row['entity']}/{row['qbo_id']}"
            link = qbo_link(base, row["entity"], row["qbo_id"])
            rows.append(CameBack(key, "in QuickBooks", row["disposition"], row["message"] or "", link))
    return rows


def source_link(settings: Settings, record: dict[str, Any] | None) -> str | None:
    """The record's own page in the inventory system, where the settings say how its address is made."""
    template = settings.source.document_url
    if template is None or record is None:
        return None
    values = (record["record_type"], record["kind"], record["record_id"].rpartition(":")[2], record["number"] or "")
    for place, value in zip(LINK_PLACES, values, strict=True):
        template = template.replace(f"{{{place}}}", quote(str(value), safe=""))
    return template


def _events(company: PageCompany, one: dict[str, Any]) -> list[StoryEvent]:
    found = []
    if record := one["record"]:
        found.append(StoryEvent(record["first_seen"], "read from the inventory system", ""))
        if record["revision"] > 1:
            said = f"version {record['revision']:,}"
            gone = record["vanished_at"] is not None
            what = "found no longer there in the inventory system" if gone else "read anew from it, changed"
            found.append(StoryEvent(record["changed_at"], what, said))
    several = len({line["key"] for line in one["attempts"]}) > 1
    for line in one["attempts"]:
        said = journal_message(line, company.time_zone) or ""
        if several:
            said = f"{line['key']}: {said}" if said else line["key"]
        found.append(StoryEvent(line["at"], words.event(line["event"]), said, line["who"] or "", line["why"] or ""))
    return sorted(found, key=lambda event: event.at)


def _content(
    record: dict[str, Any] | None, called: Called
) -> tuple[list[tuple[str, str]], list[str], list[list[str]], int]:
    """What the source said: the fields of the head, then its lines as a table, and how many of them are not shown."""
    if record is None:
        return [], [], [], 0
    try:
        content = orjson.loads(record["content"])
    except orjson.JSONDecodeError:
        content = {}
    if not isinstance(content, dict):
        return [], [], [], 0
    head = [
        (_title(name), _said(name, value, called))
        for name, value in content.items()
        if value not in (None, "") and not isinstance(value, list | dict) and name not in _HIDDEN
    ]
    lines = [line for line in content.get("lines") or content.get("allocations") or [] if isinstance(line, dict)]
    names = [name for name in dict.fromkeys(name for line in lines for name in line) if name not in _HIDDEN]
    names = [name for name in names if any(line.get(name) not in (None, "") for line in lines)]
    rows = [[_said(name, line.get(name), called) for name in names] for line in lines[:_SHOWN_LINES]]
    return head, [_title(name) for name in names], rows, max(0, len(lines) - _SHOWN_LINES)


def _title(name: str) -> str:
    """A field's name; where an id is shown by what it is called, without that word."""
    return words.plain(name.removesuffix("_id") if name in NAMED else name)


def _said(name: str, value: Any, called: Called) -> str:
    """A value as people read it: an id of a list entry with what the entry is called."""
    if value is None:
        return ""
    found = called.get((NAMED[name], str(value))) if name in NAMED else None
    return f"{found} ({value})" if found and found != value else str(value)


def day_of(record: dict[str, Any]) -> date | None:
    """A record's business date; `None` for one without."""
    day: date = record["business_date"]
    return None if day == date.min else day
