"""Whatever a list's pages are like, and whatever people do while it is read: what stayed is there, nothing is twice.

The styles are those of the systems' own lists.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any, cast

import pytest

from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.cin7_core.lists import PAPERS as CIN7
from qbo_pipeline.sources.errors import SourceUnavailable
from qbo_pipeline.sources.http.reader import Api, HttpReader
from qbo_pipeline.sources.http_contract.lists import LISTINGS as CONTRACT
from qbo_pipeline.sources.landed.listing import Listing, Lists
from qbo_pipeline.sources.syncro.lists import PAPERS as SYNCRO
from qbo_pipeline.sources.unleashed.lists import PAPERS as UNLEASHED
from qbo_pipeline.sources.zuper.lists import PAPERS as ZUPER
from qbo_pipeline.store.database import Database, open_database

SIZE = 3
API = Api(system="Shop", limited=frozenset(), rest=0.0, calls_per_minute=1_000.0, credentials="none")
# By style, a list of that system, and what its answers say of how many there are.
STYLES: dict[str, tuple[Listing, str]] = {
    "number in the query, total": (CIN7[0], "total"),
    "number in the path, total": (UNLEASHED[0], "total"),
    "number in the query, total and pages": (ZUPER[0], "both"),
    "pages of the system's size, total": (SYNCRO[0], "total"),
    "pages of the system's size, pages alone": (SYNCRO[1], "pages"),
    "pages of the system's size, nothing said": (SYNCRO[2], "nothing"),
    "cursor over a key that stays": (CONTRACT[1], "cursor"),
}  # fmt: skip
_NAMES = count()


class Shop:
    """A system with one list in that style, the newest first but with a cursor; people work before each page but the
    first."""

    def __init__(self, listing: Listing, says: str, dice: Random, busy: int) -> None:
        self.listing, self.says, self.dice, self.busy = listing, says, dice, busy
        self.api, self.calls = API, 0
        self.names = [f"{n:04}" for n in range(dice.randrange(0, 14))]
        self.ever = set(self.names)
        self.deleted: set[str] = set()
        self.versions = dict.fromkeys(self.names, 0)

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        listing, paging = self.listing, self.listing.paging
        if (last := path.rpartition("/")[2]).startswith("id-"):
            return self._one(last)
        if paging.cursor:
            return self._by_cursor(params.get(paging.cursor, ""))
        number = int(last if paging.in_path else params[str(paging.number)])
        if number > 1:
            self._work()
        page = self.names[(number - 1) * SIZE : number * SIZE]
        return {listing.items: [self._entry(name) for name in page], **self._counts()}

    def _by_cursor(self, after: str) -> Any:
        if after:
            self._work()
        left = sorted(name for name in self.names if name > after)
        page = left[:SIZE]
        return {
            self.listing.items: [self._entry(name) for name in page],
            "next": page[-1] if len(left) > SIZE else None,
        }

    def _entry(self, name: str) -> dict[str, Any]:
        return {self.listing.id_field: f"id-{name}", "version": self.versions[name]}

    def _one(self, object_id: str) -> Any:
        name = object_id.removeprefix("id-")
        if name not in self.names:
            return None
        return {self.listing.within: self._entry(name)} if self.listing.within else self._entry(name)

    def _counts(self) -> dict[str, Any]:
        total, pages = len(self.names), -(-len(self.names) // SIZE)
        wanted = {"total": (self.listing.paging.total, total), "pages": (self.listing.paging.pages, pages)}
        said = {"total": ("total",), "pages": ("pages",), "both": ("total", "pages"), "nothing": ()}[self.says]
        found: dict[str, Any] = {}
        for what in said:
            field, value = wanted[what]
            *outer, name = str(field).split(".")
            into = found
            for part in outer:
                into = into.setdefault(part, {})
            into[name] = value
        return found

    def _work(self) -> None:
        if self.busy <= 0:
            return
        self.busy -= 1
        what = self.dice.choice(("enter", "delete", "touch", "nothing"))
        if what == "enter":
            name = f"{len(self.ever):04}"
            self.ever.add(name)
            self.versions[name] = 0
            self.names.insert(0, name)
        elif what == "delete" and self.names:
            name = self.names.pop(self.dice.randrange(len(self.names)))
            self.deleted.add(name)
        elif what == "touch" and self.names:  # the newest change comes first
            name = self.names.pop(self.dice.randrange(len(self.names)))
            self.versions[name] += 1
            self.names.insert(0, name)


def read_whole(shop: Shop, landing: StoredLanding) -> None:
    lists = Lists(cast(HttpReader, shop), landing, lambda what, count: None, lambda: None)
    begun = landing.now()
    time.sleep(0.002)  # the store's clock has milliseconds
    lists.read(shop.listing, None)
    if shop.listing.paging.cursor:
        landing.vanish(shop.listing.kind, begun)  # a cursor misses nothing that stays
    elif shop.listing.one is None:
        lists.gone_from([shop.listing], begun)
    else:
        lists.gone(shop.listing, begun)


def landed(landing: StoredLanding, kind: str) -> dict[str, int]:
    return {found.object_id.removeprefix("id-"): found.content["version"] for found in landing.each(kind)}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}")
    yield found
    found.close()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 60), marks=pytest.mark.torture)])
def test_what_stayed_is_there_and_a_quiet_reading_has_all_of_it(style: str, seeds: range, database: Database) -> None:
    listing, says = STYLES[style]
    listing = replace(listing, page_size=SIZE, detail=None, changed=None)
    for seed in seeds:
        shop = Shop(listing, says, Random(seed), busy=0)
        landing = StoredLanding(database, f"shop{next(_NAMES)}", "shop")
        read_whole(shop, landing)
        assert landed(landing, listing.kind) == {name: shop.versions[name] for name in shop.names}, seed
        before, shop.busy = set(shop.names), 6
        with suppress(SourceUnavailable):  # it does not hold still, and nothing is taken for gone
            read_whole(shop, landing)
        stayed = before - shop.deleted
        assert stayed <= landed(landing, listing.kind).keys(), seed
        shop.busy = 0
        read_whole(shop, landing)
        assert landed(landing, listing.kind) == {name: shop.versions[name] for name in shop.names}, seed
