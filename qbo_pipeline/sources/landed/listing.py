"""Reading a system's lists page by page, and what stands behind each entry where it is new or changed.

What belongs here: the reading, which is the same for every list of every system; the lists themselves are data
(`Listing`). A stop loses at most a handful of calls: what was read is landed as it comes, and an entry that the list
still shows as it was is not asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qbo_pipeline.inventory.records import text_hash
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.http.reader import HttpReader
from qbo_pipeline.sources.landed.objects import Landing, SeenObject

OVERLAP = timedelta(hours=1)  # how far a list is read behind its watermark
TRIES = 3  # a list that changes while it is read is read again
AT_ONCE = 20  # objects behind entries that are landed together

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a system pages its lists: by number, which stands in the query or in the path, or by a cursor that each page
    gives.

    `size` is the parameter for a page's length (without it the system's own counts), `total` the field that says how
    many entries there are in all, `pages` how many pages; a point leads into an object (`Pagination.NumberOfItems`).
    """

    size: str | None = None
    number: str | None = None
    total: str | None = None
    pages: str | None = None
    cursor: str | None = None
    next: str | None = None
    in_path: bool = False

    def first(self, size: int) -> dict[str, str]:
        """The parameters of the first page."""
        return ({self.size: str(size)} if self.size else {}) | ({_NUMBER: "1"} if self.is_numbered else {})

    @property
    def is_numbered(self) -> bool:
        return self.number is not None or self.in_path

    def address(self, path: str, page: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Where a page is: the path and its parameters."""
        params = {name: value for name, value in page.items() if name != _NUMBER}
        if self.in_path:
            return f"{path}/{page[_NUMBER]}", params
        return path, params | ({self.number: page[_NUMBER]} if self.number else {})

    def stated(self, answer: Entry) -> int | None:
        """How many entries the list says that it has in all, where it says so."""
        return _counted(answer, self.total)

    def stated_pages(self, answer: Entry) -> int | None:
        """How many pages the list says that it has, where it says so."""
        return _counted(answer, self.pages)

    def following(self, answer: Entry, before: Mapping[str, str], got: int, came: int) -> dict[str, str] | None:
        """The parameters of the page after this one, which had `got` entries; `came` were there in all until now."""
        if self.cursor and self.next:
            return {**before, self.cursor: str(answer[self.next])} if answer.get(self.next) else None
        stated, pages = self.stated(answer), self.stated_pages(answer)
        if stated is None and pages is not None:
            return None if int(before[_NUMBER]) >= pages else {**before, _NUMBER: str(int(before[_NUMBER]) + 1)}
        # A page may be shorter than was asked for: where the list says how many there are, that counts.
        ended = came >= stated if stated is not None else self.size is not None and got < int(before[self.size])
        return None if not got or ended else {**before, _NUMBER: str(int(before[_NUMBER]) + 1)}


def _counted(answer: Entry, field_path: str | None) -> int | None:
    found: Any = answer if field_path else None
    for name in (field_path or "").split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return int(found) if isinstance(found, int | str) and str(found).isascii() and str(found).isdigit() else None


_NUMBER = "number of the page"  # no system's parameter
NUMBERED = Paging(size="Limit", number="Page", total="Total")


def as_instant(since: datetime) -> str:
    """An instant as most systems take it, an hour earlier: our clock and theirs need not agree, and work takes its
    time."""
    return (since - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def as_day(since: datetime) -> str:
    """The day before an instant (UTC), for systems that take dates alone."""
    return (since - timedelta(days=1)).date().isoformat()


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: where it is, how it is paged, what an entry is called, and what stands behind it.

    `items` names the array in the answer, `id_field` an entry's id. `since` is the parameter for what changed since an
    instant, where the list knows it, `since_text` how that is written. `detail` answers path and parameters of the
    object behind an entry, or `None` where the entry is all of it; `changed` then names the field that says when that
    changed last (without it, the whole entry does). `one` answers where a single entry is found by its id: what a list
    read to its end did not show is asked for there before it is taken for gone. `within` names the field that holds the
    object in such an answer, `removed` a field of it that is true where the entry is only still kept. `any_case` where
    the system changes the case of letters in ids; `also` are fields that stand before the id where that alone does not
    tell entries apart.
    """

    kind: str
    path: str
    items: str
    id_field: str
    since: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    detail: Callable[[Entry], tuple[str, Mapping[str, str]]] | None = None
    changed: str | None = None
    page_size: int = 1000
    paging: Paging = NUMBERED
    any_case: bool = True
    also: tuple[str, ...] = ()
    since_text: Callable[[datetime], str] = as_instant
    one: Callable[[str], tuple[str, Mapping[str, str]]] | None = None
    within: str | None = None
    removed: str | None = None


Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Lists:
    """Reads lists into a landing. `alive` is called before each call, so that a claim on the reading holds."""

    reader: HttpReader
    landing: Landing
    progress: Progress
    alive: Callable[[], None]

    def read(self, listing: Listing, since: datetime | None) -> None:
        """Land what a list shows: all of it, or what changed since an instant.

        A list that changed under every attempt to read it whole is left at that where each entry can be asked for by
        itself (`gone`); elsewhere `SourceUnavailable` is raised, as nothing that it did not show may be taken for gone.
        """
        params = dict(listing.params)
        if since is not None and listing.since is not None:
            params[listing.since] = listing.since_text(since)
        for _ in range(TRIES):
            seen: set[str] = set()
            total = 0
            for entries, stated in self.pages(listing, params):
                total = stated
                seen |= {object_id(listing, entry) for entry in entries}
                self._land(listing, entries)
                self.progress(f"{listing.kind.replace('_', ' ')} read", len(seen))
            if len(seen) >= total or (since is not None and listing.since is not None):
                return
        if listing.one is not None:
            return
        why = f"it says that it has {total:,} entries, and {len(seen):,} different ones came ({TRIES} times)"
        raise _restless(self.reader.api.system, listing.path, why)

    def pages(self, listing: Listing, params: Mapping[str, str]) -> Iterator[tuple[list[Entry], int]]:
        """The list's pages, each with how many entries the list says that it has in all."""
        came = 0
        before: Any = None
        page: Mapping[str, str] | None = listing.paging.first(listing.page_size)
        while page is not None:
            self.alive()
            path, place = listing.paging.address(listing.path, page)
            answer = self.reader.get(path, {**params, **place})
            entries = answer.get(listing.items) if isinstance(answer, dict) else None
            if not isinstance(entries, list):  # never taken for an empty list: then everything would be gone
                raise _no_list(self.reader.api.system, listing, answer)
            if entries and entries == before:  # a list that does not know pages answers all of it each time
                return
            before = entries
            came += len(entries)
            stated = listing.paging.stated(answer)
            yield entries, came if stated is None else stated
            page = listing.paging.following(answer, page, len(entries), came)

    def gone(self, listing: Listing, begun: datetime) -> None:
        """After a kind's lists were read to their end: what they did not show is asked for by itself, for entries slip
        from page to page while people work, and only what is not there either is gone."""
        if listing.one is not None:
            for key in self.landing.unseen(listing.kind, begun):
                self.alive()
                path, params = listing.one(key)
                answer = self.reader.get(path, params)
                if not isinstance(answer, Mapping) or not answer:
                    continue
                bare = answer.get(listing.within, answer) if listing.within else answer
                if not (listing.removed and isinstance(bare, Mapping) and bare.get(listing.removed) is True):
                    # As the list would have brought it: an entry, or what stands behind one.
                    self.put([SeenObject(listing.kind, key, answer if listing.detail else bare)])
        self.landing.vanish(listing.kind, begun)

    def gone_from(self, listings: Sequence[Listing], begun: datetime) -> None:
        """The same for a kind whose entries cannot be asked for by themselves: its lists are read again, until one more
        reading misses the same entries as the one before.

        Raises `SourceUnavailable` where none does: nothing may be taken for gone then.
        """
        kind = listings[0].kind
        missed = self.landing.unseen(kind, begun)
        for _ in range(TRIES):
            if not missed:
                break
            before = missed
            for listing in listings:
                self.read(listing, None)
            missed = self.landing.unseen(kind, begun)
            if missed == before:
                break
        else:
            raise _restless(self.reader.api.system, listings[0].path, "each reading misses other entries")
        self.landing.vanish(kind, begun)

    def _land(self, listing: Listing, entries: list[Entry]) -> None:
        by_id = {object_id(listing, entry): entry for entry in entries}
        known = self.landing.marks(listing.kind, by_id)
        fresh: list[SeenObject] = []
        for key, entry in by_id.items():
            mark = text_hash(write_exact(entry if listing.changed is None else entry.get(listing.changed)))
            if known.get(key) == mark:
                continue
            content: Any = entry
            if listing.detail is not None:
                content = self.behind(listing, entry)
                if content is None:
                    continue
            fresh.append(SeenObject(listing.kind, key, content, mark))
            if len(fresh) >= AT_ONCE:
                self.put(fresh)
                fresh = []
        self.put(fresh)

    def behind(self, listing: Listing, entry: Entry) -> Any:
        """The object behind an entry; `None` where it is gone since the list was read."""
        assert listing.detail is not None
        self.alive()
        path, params = listing.detail(entry)
        content = self.reader.get(path, params)
        return content or None

    def put(self, objects: list[SeenObject]) -> set[tuple[str, str]]:
        """Land objects, and note the calls that were made."""
        calls, self.reader.calls = self.reader.calls, 0
        return self.landing.put(objects, calls=calls) if objects or calls else set()


def _restless(system: str, path: str, why: str) -> SourceUnavailable:
    remedy = "Run it again when nobody is working in it"
    return SourceUnavailable(Problem(f"the list {path} does not hold still", system, why, remedy))


def _no_list(system: str, listing: Listing, answer: Any) -> SourceError:
    if answer is None:
        why, remedy = (
            "there is nothing at this address",
            "Correct [source] url, or report it: the interface has changed",
        )
    else:
        why, remedy = f"the answer has no {listing.items!r}", "Report it: the interface has changed"
    return SourceError(Problem(f"{system} answers otherwise than it is known to", listing.path, why, remedy))


def object_id(listing: Listing, entry: Entry) -> str:
    """An entry's id in the one way that it is written."""
    found = ":".join(str(entry.get(name) or "").strip() for name in (*listing.also, listing.id_field))
    return found.lower() if listing.any_case else found
