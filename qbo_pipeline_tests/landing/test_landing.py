"""The landing in the store, on SQLite and PostgreSQL: exact contents, versions, changes in order, one reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.landing.turns import HELD, SIGN_EVERY, SignsOfLife, Turn
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.landed.objects import SeenObject
from qbo_pipeline.store.database import Database


def landing(database: Database) -> StoredLanding:
    return StoredLanding(database, "shop", "cin7_core")


def sale(key: str, total: str, mark: str = "m") -> SeenObject:
    return SeenObject("sale", key, {"ID": key, "Total": Decimal(total)}, mark)


def test_contents_come_back_with_their_digits(database: Database) -> None:
    landed = landing(database)
    assert landed.put([sale("a", "1.10"), sale("b", "0.3")], calls=3) == {("sale", "a"), ("sale", "b")}

    found = {item.object_id: item.content["Total"] for item in landed.each("sale")}

    assert found == {"a": Decimal("1.10"), "b": Decimal("0.3")}
    assert str(found["a"]) == "1.10"


def test_only_a_change_is_a_change(database: Database) -> None:
    landed = landing(database)
    landed.put([sale("a", "1.10")], calls=1)
    assert landed.put([sale("a", "1.10", mark="n")], calls=1) == set()
    assert landed.marks("sale", ["a", "x"]) == {"a": "n"}
    assert landed.put([sale("a", "1.11")], calls=1) == {("sale", "a")}
    with database.reading() as connection:
        versions = connection.execute(text("SELECT object_id, content FROM landed_versions")).all()
        calls = connection.execute(text("SELECT calls FROM landings")).scalar_one()
    assert [tuple(row) for row in versions] == [("a", '{"ID":"a","Total":1.10}')]
    assert calls == 3


def test_changes_come_in_order_and_once(database: Database) -> None:
    landed = landing(database)
    landed.put([sale("a", "1"), sale("b", "2"), sale("c", "3")], calls=0)
    first = list(landed.changed_after(0))
    assert [item.object_id for item in first] == ["a", "b", "c"]
    landed.put([sale("a", "9")], calls=0)
    assert [item.object_id for item in landed.changed_after(first[-1].change_number)] == ["a"]
    assert [item.object_id for item in landed.changed_after(0)] == ["b", "c", "a"]


def test_the_newest_change_is_that_of_any_kind_but_one(database: Database) -> None:
    landed = landing(database)
    assert landed.newest_change(but="stock") == 0
    landed.put([sale("a", "1")], calls=0)
    newest = landed.newest_change(but="stock")
    landed.put([SeenObject("stock", "today", {"Lines": []})], calls=0)
    assert landed.newest_change(but="stock") == newest < landed.newest_change(but="sale")


def test_what_an_object_was_before_and_what_was_not_seen_since(database: Database) -> None:
    landed = landing(database)
    landed.put([sale("a", "1"), sale("b", "2")], calls=0)
    assert landed.former("sale", "a") is None
    landed.put([sale("a", "3")], calls=0)
    landed.put([sale("a", "9")], calls=0)
    assert landed.former("sale", "a") == {"ID": "a", "Total": Decimal("3")}
    assert landed.former("sale", "b") is None
    assert landed.unseen("sale", landed.now() + timedelta(seconds=5)) == ["a", "b"]
    assert landed.unseen("sale", landed.now() - timedelta(hours=1)) == []


def test_what_a_list_no_longer_shows_is_gone_and_may_come_back(database: Database) -> None:
    landed = landing(database)
    landed.put([sale("a", "1"), sale("b", "2")], calls=0)
    begun = landed.now() + timedelta(milliseconds=5)
    while landed.now() < begun:
        pass
    begun = landed.now()
    landed.marks("sale", ["a"])

    assert landed.vanish("sale", begun) == ["b"]
    assert landed.vanish("sale", begun) == []
    assert landed.get("sale", "b") is None
    assert [(item.object_id, item.vanished) for item in landed.changed_after(2)] == [("b", True)]
    assert landed.put([sale("b", "2")], calls=0) == {("sale", "b")}
    assert landed.get("sale", "b") is not None


def test_landings_of_others_are_not_seen(database: Database) -> None:
    landing(database).put([sale("a", "1")], calls=0)
    other = StoredLanding(database, "other", "cin7_core")
    assert list(other.each("sale")) == []
    assert other.identity() != landing(database).identity() == landing(database).identity()
    other.keep_watermark("since", "2026-01-01")
    assert landing(database).watermark("since") is None
    other.keep_watermark("since", "2026-01-02")
    assert other.watermark("since") == "2026-01-02"


def test_one_reads_and_the_others_wait(database: Database) -> None:
    first, second = (Turn(database, "shop", "cin7_core", f"run {n}", f"reader {n}") for n in (1, 2))
    same_run = Turn(database, "shop", "cin7_core", "run 1", "reader 3")
    assert first.take() == "taken"
    assert second.take() == same_run.take() == "wait"
    first.go_on()
    first.finish()
    assert same_run.take() == "done"
    assert second.take() == "taken"
    second.give_up()
    assert Turn(database, "shop", "cin7_core", "run 4", "reader 4").take() == "taken"


def test_who_died_while_reading_is_followed_and_cannot_finish_for_the_next(database: Database) -> None:
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    database._clock = lambda: clock[0]
    dead, next_one = (Turn(database, "shop", "cin7_core", f"run {n}", f"reader {n}") for n in (1, 2))
    assert dead.take() == "taken"
    clock[0] += HELD + timedelta(seconds=1)
    assert next_one.take() == "taken"
    dead.finish()
    assert Turn(database, "shop", "cin7_core", "run 3", "reader 3").take() == "wait"


@pytest.mark.parametrize("number", ["1.10", "0.000000001", "123456789012345678901234567890.5", "-7", "1.0"])
def test_numbers_are_written_as_they_came(number: str) -> None:
    assert write_exact(read_exact(f'{{"a":[{number}]}}')) == f'{{"a":[{number}]}}'


@pytest.mark.parametrize("body", ["NaN", "[1e999999999]", "[" * 5000, "<html>", "1" * 70])
def test_what_is_no_exact_json_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        read_exact(body)


def test_a_float_is_never_written() -> None:
    with pytest.raises(TypeError, match="float"):
        write_exact({"Total": 1.5})


def test_a_sign_of_life_is_given_when_one_is_due_and_not_with_each_call() -> None:
    now, given = [100.0], []
    signs = SignsOfLife(lambda: given.append(now[0]), lambda: now[0])
    for now[0] in (100.0, 129.9, 130.0, 131.0, 159.0, 500.0):
        signs.give()
    assert given == [130.0, 500.0]
    assert SIGN_EVERY * 10 < HELD
