"""Reading a system's lists page by page, and what stands behind each entry where it is new or changed.

What belongs here: the reading, which is the same for every list of every system; the lists themselves are data
(`Listing`). A stop loses at most a handful of calls: what was read is landed as it comes, and an entry that the list
still shows as it was is not asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qbo_pipeline.inventory.records import text_hash
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable
from qbo_pipeline.sources.http.exact import write_exact
from qbo_pipeline.sources.http.reader import HttpReader
from qbo_pipeline.sources.landed.objects import Landing, SeenObject

OVERLAP = timedelta(hours=1)
"""How far a list is read behind its watermark: our clock and the system's need not agree, and work takes its time."""
TRIES = 3  # a list that changes while it is read is read again
AT_ONCE = 20  # objects behind entries that are landed together

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a system pages its lists: by number (`Page`, `Limit`, `Total`), or by a cursor that each page gives."""

    size: str
    number: str | None = None
    total: str | None = None
    cursor: str | None = None
    next: str | None = None

    def first(self, size: int) -> dict[str, str]:
        """The parameters of the first page."""
        return {self.size: str(size)} | ({self.number: "1"} if self.number else {})

    def stated(self, answer: Entry) -> int | None:
        """How many entries the list says that it has in all, where it says so."""
        return int(answer[self.total]) if self.total and answer.get(self.total) is not None else None

    def following(self, answer: Entry, before: Mapping[str, str], got: int, came: int) -> dict[str, str] | None:
        """The parameters of the page after this one, which had `got` entries; `came` were there in all until now."""
        if self.cursor and self.next:
            return {**before, self.cursor: str(answer[self.next])} if answer.get(self.next) else None
        stated = self.stated(answer)
        # A page may be shorter than was asked for: where the list says how many there are, that counts.
        if not got or (got < int(before[self.size]) if stated is None else came >= stated):
            return None
        assert self.number is not None
        return {**before, self.number: str(int(before[self.number]) + 1)}


NUMBERED = Paging(size="Limit", number="Page", total="Total")


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: where it is, how it is paged, what an entry is called, and what stands behind it.

    `items` names the array in the answer, `id_field` an entry's id. `since` is the parameter for what changed since an
    instant, where the list knows it. `detail` answers path and parameters of the object behind an entry, or `None`
    where the entry is all of it; `changed` then names the field that says when that changed last (without it, the whole
    entry does). `any_case` where the system changes the case of letters in ids; `also` are fields that stand before the
    id where that alone does not tell entries apart.
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


Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Lists:
    """Reads lists into a landing. `alive` is called before each call, so that a claim on the reading holds."""

    reader: HttpReader
    landing: Landing
    progress: Progress
    alive: Callable[[], None]

    def read(self, listing: Listing, since: datetime | None) -> None:
        """Land what a list shows: all of it, or what changed since an instant (less `OVERLAP`).

        Raises `SourceUnavailable` where the list changed under every attempt to read it whole: then nothing that it
        did not show may be taken for gone.
        """
        params = dict(listing.params)
        if since is not None and listing.since is not None:
            params[listing.since] = (since - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for _ in range(TRIES):
            seen: set[str] = set()
            total = 0
            for entries, stated in self.pages(listing, params):
                total = stated
                seen |= {object_id(listing, entry) for entry in entries}
                self._land(listing, entries)
                self.progress(f"{listing.kind.replace('_', ' ')} read", len(seen))
            if len(seen) >= total or listing.since in params:
                return
        raise SourceUnavailable(
            Problem(
                f"the list {listing.path} does not hold still",
                self.reader.api.system,
                f"it says that it has {total:,} entries, and {len(seen):,} different ones came ({TRIES} times)",
                "Run it again when nobody is working in it",
            )
        )

    def pages(self, listing: Listing, params: Mapping[str, str]) -> Iterator[tuple[list[Entry], int]]:
        """The list's pages, each with how many entries the list says that it has in all."""
        came = 0
        page: Mapping[str, str] | None = listing.paging.first(listing.page_size)
        while page is not None:
            self.alive()
            answer = self.reader.get(listing.path, {**params, **page})
            entries = answer.get(listing.items) if isinstance(answer, dict) else None
            if entries is None:  # never taken for an empty list: then everything would be gone
                raise _no_list(self.reader.api.system, listing, answer)
            came += len(entries)
            stated = listing.paging.stated(answer)
            yield entries, came if stated is None else stated
            page = listing.paging.following(answer, page, len(entries), came)

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
