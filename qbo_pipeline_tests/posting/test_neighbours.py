"""What the trouble of one posting leaves to its neighbours: bytes, verdicts, reads, and what a run takes along."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbo_pipeline.posting.asking import Intent
from qbo_pipeline.posting.decisions import approve
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.quickbooks.errors import QuotaExhausted
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import DAY, drafted, intent, journal_entry

SOMEBODY = Person("a controller", "checked with the warehouse")


def test_a_narrower_run_leaves_the_frozen_bytes_of_the_others(room: Room) -> None:
    """What was frozen together and never left is sent by runs of one day each."""
    days = [DAY.replace(day=number) for number in (1, 2, 3)]
    room.take_in(*(intent(journal_entry(day.day, "81", "82", Decimal("1.00"), day=day)) for day in days))
    room.company.script.extend(["not_sent"] * 6)
    assert room.run().states == {"ready": 3}
    room.company.script.clear()
    room.clock.sleep(600)
    assert room.run(last_day=days[0]).states == {"posted": 1}
    assert room.run().states == {"posted": 3}
    assert len(room.company.live()) == 3


@pytest.mark.parametrize("what", ["update", "delete"])
def test_not_found_is_read_back_and_not_taken_for_the_objects_absence(room: Room, what: str) -> None:
    """It may be another object that the request names; and one such answer to a whole batch is its neighbour's."""
    room.journals(2)
    room.run()
    for number in (1, 2):
        changed = [journal_entry(number, "81", "82", Decimal("13.00"))] if what == "update" else []
        room.take_in(Intent(f"movement/{number}", "hash", changed))
    room.company.script.extend(["not_found", "not_found"])
    room.run()
    assert sorted(room.state(f"movement/{number}") for number in (1, 2)) == [("parked", "missing"), ("posted", None)]
    amounts = [thing["Line"][0]["Amount"] for thing in room.company.live()]
    assert amounts == ([Decimal("12.50"), Decimal("13.00")] if what == "update" else [Decimal("12.50")])
    assert all(room.history(f"movement/{number}").link for number in (1, 2) if what == "update")


def test_the_keys_of_a_run_bring_the_master_data_that_they_need(room: Room) -> None:
    customer = drafted("party/customer:7", "Customer", {"DisplayName": "Acme"}, None)
    invoice = {"TxnDate": "2026-03-02", "CustomerRef": {"value": "$party/customer:7"}, "Line": []}
    room.take_in(intent(drafted("document/9", "Invoice", invoice, DAY)), intent(customer))
    room.journals(1)
    room.run(keys=["document/9"])
    assert room.state("document/9") == ("posted", None)
    assert room.state("movement/1") == ("ready", None)


def test_an_object_that_cannot_be_read_holds_up_its_own_posting_alone(room: Room) -> None:
    """Fault 43."""
    room.company.script.append("committed")
    room.journals(3)
    room.settings = replace(room.settings, patience=0)
    room.run()
    room.company.live()[0]["Line"][0]["Amount"] = None
    room.clock.sleep(500)
    room.run()
    assert [room.state(f"movement/{number}")[0] for number in (1, 2, 3)] == ["unknown", "posted", "posted"]


def test_with_the_reads_of_the_month_used_up_posting_goes_on_and_doubts_wait(room: Room) -> None:
    """Fault 46."""
    room.company.script.append("lost")
    room.journals(1)
    looks: list[float] = []

    def exhausted(query: object, *, until: float) -> None:
        looks.append(room.clock.monotonic())
        raise QuotaExhausted("the reads of this month are used up")

    room.company.query = exhausted  # type: ignore[method-assign, assignment]
    summary = room.run()
    assert (len(looks), summary.complete, summary.degraded) == (1, False, None)
    room.journals(5)
    assert room.run().states == {"unknown": 1, "posted": 4}


def test_a_new_request_after_an_approval_has_a_requestid_of_its_own(room: Room) -> None:
    """I6: one requestid, one payload."""
    seen: list[str] = []
    room.company.before_send = seen.append
    room.company.closed_through = "2026-03-31"
    room.journals(1)
    room.run()
    assert room.state("movement/1") == ("parked", "closed_period")
    room.company.closed_through = ""
    approve(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(set(seen)) == 2
