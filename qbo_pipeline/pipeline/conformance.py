"""Whether a server speaks the HTTP contract: asked from outside, and read to the end as a run would.

What belongs here: the questions. Everything that is read lies in a folder of its own that is gone afterwards.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from qbo_pipeline.inventory.records import Document
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.pipeline.conformance_inbox import InboxOfServer, inbox_findings
from qbo_pipeline.pipeline.landed import ReadingWire
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.sources.errors import SourceFailure
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.http.reader import HttpReader
from qbo_pipeline.sources.http_contract.lists import API, COMPANY, LISTINGS, STOCK_VALUES
from qbo_pipeline.sources.http_contract.system import HttpContract, fetch
from qbo_pipeline.sources.http_contract.writing import LISTS
from qbo_pipeline.sources.landed.anchor import BEFORE_ALL
from qbo_pipeline.sources.landed.listing import Listing, Lists, object_id
from qbo_pipeline.sources.landed.projection import catch_up
from qbo_pipeline.sources.landed.values import text
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.store.opening import make_store

_SMALL_PAGE = 7
_API = replace(API, waits=(0.0, 1.0))  # somebody waits for the answer
_NAMED = 3  # records in one finding
_COME_BACK = frozenset(side.kind for side in SIDES.values())  # kinds of documents that are made on both sides


class _NoPace:
    def wait(self) -> None:
        """Conformance is asked of a server of one's own: no limit but its own."""

    def quiet(self, seconds: float) -> None:
        """The reader waits between its attempts anyway."""


@dataclass(frozen=True, slots=True)
class _Server:
    """The server under test; `with_token` makes a reader that enters with that token."""

    url: str
    token: str
    wire: ReadingWire
    landing: StoredLanding

    def lists(self, token: str | None = None) -> Lists:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        reader = HttpReader(_API, self.url, self.wire, _NoPace(), lambda _query: headers, SystemClock().sleep)
        return Lists(reader, self.landing, lambda _what, _count: None, lambda: None)

    def status(self, path: str, query: str = "", token: str | None = None) -> int:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        url = f"{self.url.rstrip('/')}/{path}" + (f"?{query}" if query else "")
        return self.wire.get(url, headers, seconds=_API.seconds, max_bytes=_API.max_bytes).status


def conform(url: str, token: str, *, write: bool = False) -> list[PreflightFinding]:
    """All findings, good ones too; with `write` entries that take nothing in are put into the server's inbox.

    Raises as the reader does where the server cannot be reached at all.
    """
    transport = Transport()
    try:
        with tempfile.TemporaryDirectory(prefix="qbo-pipeline-conformance-") as folder:
            database = make_store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
            try:
                landing = StoredLanding(database, "conformance", "http_contract")
                server = _Server(url, token, ReadingWire(transport), landing)
                harmless: list[Document] = []
                found = [*_doors(server), *_paging(server), *_content(server, Path(folder), harmless)]
                inbox = InboxOfServer(url, token, server.wire)
                versions = _Versions(server.lists(), min(harmless, key=_weight, default=None))
                return [*found, *inbox_findings(inbox, versions, write=write)]
            finally:
                database.close()
    finally:
        transport.close()


@dataclass(slots=True)
class _Versions:
    """What the server tells of the version of one of its documents: one that counts for nothing where there is one."""

    lists: Lists
    document: Document | None

    def told(self) -> str | None:
        """The version that the document has now; `None` where none is told."""
        listing = next(one for one in LISTINGS if one.path == LISTS["bill"])
        with suppress(SourceFailure):  # what of the list is wrong is another finding
            for entries, _ in self.lists.pages(listing, {}):
                for entry in entries:
                    if self.document is not None and object_id(listing, entry) == self.document.document_id:
                        return text(entry, "version")
        return None


def _weight(document: Document) -> tuple[bool, Decimal]:
    """How much of the books a document is: nothing where it is voided."""
    return (document.status != "voided", abs(document.total_amount))


def _doors(server: _Server) -> Iterator[PreflightFinding]:
    company = server.lists().reader.get(COMPANY) or {}
    zone = company.get("time_zone")
    good = bool(company.get("currency")) and (zone is None or zone in available_timezones())
    yield PreflightFinding("company", good, f"currency {company.get('currency')}, time zone {zone}",
                  "Answer /company with currency and an IANA time zone")  # fmt: skip
    for name, query, token, wanted in (
        ("a wrong token", "", "no-such-token", (401, 403)),
        ("limit=0", "limit=0", None, (400,)),
        ("changed_since=soon", "changed_since=soon", None, (400,)),
    ):
        status = server.status("parties", query, token)
        yield PreflightFinding(name, status in wanted, f"answered {status}", f"Answer {' or '.join(map(str, wanted))}")
    status = server.status("no_such_list")
    yield PreflightFinding("a list that is not there", status == 404, f"answered {status}", "Answer 404")


def _paging(server: _Server) -> Iterator[PreflightFinding]:
    for listing in (*LISTINGS, STOCK_VALUES):
        try:
            yield from _pages_of(server.lists(), listing)
        except SourceFailure as error:
            yield PreflightFinding(f"{listing.path} in pages", False, str(error), "Correct that, and ask again")


def _pages_of(lists: Lists, listing: Listing) -> Iterator[PreflightFinding]:
    large = _entries(lists, listing)
    small = _entries(lists, replace(listing, page_size=_SMALL_PAGE))
    keys = [_key(listing, entry) for entry in large]
    twice = [key for key, count in Counter(keys).items() if count > 1]
    same = Counter(map(write_exact, large)) == Counter(map(write_exact, small))
    why = f"{len(large):,} entries"
    if twice:
        why = f"{len(twice):,} ids come twice, {twice[0]!r} for one"
    elif not same:
        why = f"{len(large):,} entries in large pages, {len(small):,} in pages of {_SMALL_PAGE}, and not the same"
    yield PreflightFinding(f"{listing.path} in pages", same and not twice, why, "Page by a cursor over a unique key")
    if listing.path in LISTS.values():
        versioned = sum(text(entry, "version") is not None for entry in large)
        why = f"{versioned:,} of {len(large):,} entries tell theirs" if versioned else "none are told"
        yield PreflightFinding(
            f"{listing.path} with versions", versioned in (0, len(large)), why,
            "Tell a version of every entry, or of none",
        )  # fmt: skip
    if listing.since is None:
        return
    later = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    none = _entries(lists, listing, {listing.since: later})
    ever = _entries(lists, listing, {listing.since: "1970-01-01T00:00:00Z"})
    good = not none and len(ever) == len(large)
    why = f"{len(ever):,} changed since 1970, {len(none):,} since tomorrow"
    remedy = "Answer the entries that changed at or after the instant"
    yield PreflightFinding(f"{listing.path} by {listing.since}", good, why, remedy)


def _content(server: _Server, folder: Path, harmless: list[Document]) -> Iterator[PreflightFinding]:
    """Read everything as a run does, and say what would be set aside; `harmless` is given the document that counts for
    the least, if there is any that could come back."""
    zone = ZoneInfo("UTC")
    path = folder / "rows.sqlite"
    try:
        fetch(server.lists(), zone, _DAY_BEFORE_ALL)
        catch_up(path, server.landing, HttpContract(zone))
        source = SqlSource(f"sqlite:///{path}")
        try:
            yield from _records(source, harmless)
            yield _stock(source)
        finally:
            source.close()
    except SourceFailure as error:
        yield PreflightFinding("reading everything", False, str(error), "Correct that, and ask again")


def _records(source: SqlSource, harmless: list[Document]) -> Iterator[PreflightFinding]:
    read: Counter[str] = Counter()
    aside: dict[str, list[str]] = defaultdict(list)
    days = source.read_days(date(1900, 1, 1), date(2199, 12, 31), batch_size=1_000)
    for batches in (source.read_master_data(batch_size=1_000), days):
        for batch in batches:
            read[batch.record_type] += batch.rows_read
            come_back = [one for one in batch.records if isinstance(one, Document) and one.kind in _COME_BACK]
            harmless[:] = sorted([*harmless, *come_back], key=_weight)[:1]
            for item in batch.set_aside:
                aside[item.record_type].append(f"{item.record_id}: {item.column}: {item.message}")
    for record_type in ("party", "product", "location", "document", "movement", "payment"):
        found = aside[record_type]
        why = f"{read[record_type]:,} read, {len(found):,} would be set aside"
        shown = "; ".join(found[:_NAMED])
        yield PreflightFinding(f"{record_type} records", not found, f"{why}: {shown}" if found else why,
                      "Serve what the columns say: docs/systems/http_contract.json")  # fmt: skip


def _stock(source: SqlSource) -> PreflightFinding:
    """Stock that no movement accounts for: right only for what was there before the first one that is served."""
    before = {(item.product_id, item.location_id): item.value for item in source.stock_values(_DAY_BEFORE_ALL)}
    open_value = sum(before.values(), Decimal(0))
    why = f"{len(before):,} products and places have {open_value:,.2f} that no movement accounts for"
    return PreflightFinding(
        "stock against movements", not before, why, "Serve an opening movement for what was there before"
    )


_DAY_BEFORE_ALL = date.fromisoformat(BEFORE_ALL)


def _entries(lists: Lists, listing: Listing, params: Mapping[str, str] | None = None) -> list[Mapping[str, Any]]:
    return [entry for entries, _ in lists.pages(listing, params or {}) for entry in entries]


def _key(listing: Listing, entry: Mapping[str, Any]) -> str:
    if listing is STOCK_VALUES:
        return f"{entry.get('product_id')}:{entry.get('location_id')}:{entry.get('currency')}"
    return object_id(listing, entry)
