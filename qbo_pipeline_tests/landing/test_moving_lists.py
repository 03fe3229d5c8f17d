"""A list that moves while it is read: an entry that slipped from page to page is not taken for one that is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

import pytest

from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.errors import SourceUnavailable
from qbo_pipeline.sources.http.reader import Api, HttpReader
from qbo_pipeline.sources.landed.listing import Listing, Lists
from qbo_pipeline.store.database import Database

SALES = Listing("sale", "saleList", "SaleList", "ID", page_size=2)
API = Api(system="Shop", limited=frozenset(), rest=0.0, calls_per_minute=1_000.0, credentials="none")


class Shop:
    """A system with one list; `work` is what people do there before each page but the first."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.work: Callable[[], None] = lambda: None
        self.api, self.calls, self.asked = API, 0, 0

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        self.asked += 1
        number, size = int(params["Page"]), int(params["Limit"])
        if number > 1:
            self.work()
        page = self.names[(number - 1) * size : number * size]
        return {"SaleList": [{"ID": name} for name in page], "Total": len(self.names)}


class Restless(StoredLanding):
    """A landing of which each reading misses other entries."""

    def unseen(self, kind: str, since: datetime) -> list[str]:
        return [str(time.monotonic_ns())]


def lists(database: Database, shop: Shop, landing: StoredLanding | None = None) -> Lists:
    landing = landing or StoredLanding(database, "shop", "cin7_core")
    return Lists(cast(HttpReader, shop), landing, lambda what, count: None, lambda: None)


def there(reading: Lists) -> set[str]:
    return {found.object_id for found in reading.landing.each("sale")}


def read_whole(reading: Lists) -> None:
    begun = reading.landing.now()
    time.sleep(0.01)  # the store's clock has milliseconds
    reading.read(SALES, None)
    reading.gone_from([SALES], begun)


def test_an_entry_that_slipped_to_a_page_before_is_not_gone(database: Database) -> None:
    shop = Shop("a", "b", "c", "d", "e")
    reading = lists(database, shop)
    read_whole(reading)
    once = ["a"]  # somebody deletes it when it was seen: c slips onto the first page

    def deletes() -> None:
        if once:
            shop.names.remove(once.pop())

    shop.work = deletes
    read_whole(reading)
    assert there(reading) == {"a", "b", "c", "d", "e"}
    read_whole(reading)
    assert there(reading) == {"b", "c", "d", "e"}


def test_what_two_readings_miss_is_gone(database: Database) -> None:
    shop = Shop("a", "b", "c")
    reading = lists(database, shop)
    read_whole(reading)
    shop.names.remove("b")
    before = shop.asked
    read_whole(reading)
    assert there(reading) == {"a", "c"}
    assert shop.asked - before == 2  # a page each


def test_a_list_of_which_each_reading_misses_another_entry_takes_nothing_for_gone(database: Database) -> None:
    shop = Shop("a", "b", "c")
    read_whole(lists(database, shop))
    shop.names.remove("b")
    with pytest.raises(SourceUnavailable, match="does not hold still"):
        read_whole(lists(database, shop, Restless(database, "shop", "cin7_core")))
    assert there(lists(database, shop)) == {"a", "b", "c"}


KEPT = Listing("sale", "saleList", "SaleList", "ID", page_size=2, one=lambda key: (f"sale/{key}", {}), within="data",
               removed="is_deleted")  # fmt: skip


class Keeper(Shop):
    """A system that keeps what was deleted, by id what it answers of it."""

    kept: Mapping[str, Any] = {}

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        return super().get(path, params) if path == "saleList" else self.kept.get(path)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (None, {"a"}),
        ({"data": {"ID": "b", "is_deleted": True}}, {"a"}),
        ({"data": {"ID": "b", "is_deleted": False}}, {"a", "b"}),
    ],
)
def test_what_is_only_still_kept_is_gone(database: Database, answer: Any, left: set[str]) -> None:
    shop = Keeper("a", "b")
    reading = lists(database, shop)
    for kept in ({}, {"sale/b": answer}):
        begun = reading.landing.now()
        time.sleep(0.01)  # the store's clock has milliseconds
        reading.read(KEPT, None)
        shop.kept = kept
        reading.gone(KEPT, begun)
        shop.names = ["a"]
    assert there(reading) == left
