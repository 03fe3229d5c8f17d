"""PostgreSQL: who decides, takes in or claims keeps the others out until it is committed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from qbo_pipeline.posting import claiming, decisions, persons
from qbo_pipeline.posting.claiming import Claims
from qbo_pipeline.posting.rows import WriteTurns
from qbo_pipeline.posting.settling import Settlements
from qbo_pipeline.store import claims
from qbo_pipeline.store.postings import alone_with_intents, latest
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import drafted, intent

SOMEBODY = persons.Person("a controller", "as agreed")


@pytest.fixture
def store_url(postgresql_url: str) -> str:
    return postgresql_url


def test_a_decision_keeps_intake_and_claims_away_from_its_posting(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.journals(1)
    plain = decisions.posting_of
    seen: list[bool] = []

    def row(*arguments: object) -> object:
        found = plain(*arguments)  # type: ignore[arg-type]
        with room.database.transaction() as other:
            other.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
            free = claims.fresh(other, claims.Scope("shop"), room.clock.now(), 30, alone=False)
            seen.append(free == [])
            with pytest.raises(Exception, match="lock timeout"):
                alone_with_intents(other, "shop")
        return found

    monkeypatch.setattr(decisions, "posting_of", row)
    decisions.skip(room.database, "shop", "movement/1", SOMEBODY)
    assert seen == [True]


def test_a_decision_sees_what_a_claim_has_just_committed(room: Room) -> None:
    room.journals(1)
    Claims(WriteTurns(room.database), claims.Scope("shop"), room.identity, room.settings.policy).to_send("batch")
    with pytest.raises(persons.NotPossible, match="it is sending"):
        decisions.skip(room.database, "shop", "movement/1", SOMEBODY)


def test_two_workers_that_share_a_frozen_batch_leave_each_other_its_bytes(room: Room) -> None:
    room.company.script.extend(["not_sent"] * 6)
    room.journals(3)
    assert room.run().states == {"ready": 3}
    room.company.script.clear()
    room.clock.sleep(100)
    with room.database.transaction() as one:  # has the first row, so the other takes the rest
        one.execute(select(postings).where(postings.c.key == "movement/1").with_for_update())
        unit = Claims(WriteTurns(room.database), claims.Scope("shop"), room.identity, room.settings.policy).to_send(
            "batch"
        )
    assert unit is not None
    assert [row.key for row in unit.rows] == ["movement/2", "movement/3"]
    Settlements(WriteTurns(room.database), "shop", room.settings.policy).give_up(unit.rows)
    summary = room.run(keys=["movement/2"])
    assert summary.posted == 1
    assert room.run().states == {"posted": 3}
    with room.database.reading() as reading:
        row = latest(reading, "shop", "movement/1")
        assert row is not None
        frozen = claims.frozen_request(reading, "shop", unit.request_id)
    assert frozen is not None
    assert frozen["body"] is None


def test_what_began_to_wait_while_it_was_being_posted_is_woken_in_the_same_run(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = drafted("party/1", "Customer", {"DisplayName": "Acme"}, None)
    payload = {"CustomerRef": {"value": "$party/1"}, "TxnDate": "2026-03-02", "Line": []}
    room.take_in(intent(customer), intent(drafted("document/1", "Invoice", payload)))
    with room.database.transaction() as transaction:
        transaction.execute(postings.update().where(postings.c.key == "document/1").values(waits_for=None))
    really = claiming.links

    def links(*arguments: Any) -> Any:
        """The claim looks for the customer in vain; before it commits, another worker posts that."""
        found = really(*arguments)
        monkeypatch.setattr(claiming, "links", really)
        room.run(keys=["party/1"])
        return found

    monkeypatch.setattr(claiming, "links", links)
    assert room.run().states == {"posted": 2}
