"""Comparing QBO's objects with what was posted: what is a change, what says nothing, what an update may do then."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.posting.drift import Drift, compare, unseen
from qbo_pipeline.store.postings import Link, links
from qbo_pipeline_tests.posting.conftest import ONE_WORKER, Room
from qbo_pipeline_tests.posting.harness import CONNECTION, DAY, drafted, intent, journal_entry

KEY = "document/9"
LINE = {
    "DetailType": "SalesItemLineDetail",
    "Amount": Decimal("10.00"),
    "SalesItemLineDetail": {"ItemRef": {"value": "3"}, "TaxCodeRef": {"value": "TAX"}},
}
INVOICE = {
    "TxnDate": DAY.isoformat(),
    "CustomerRef": {"value": "5"},
    "DocNumber": "I1",
    "TxnTaxDetail": {"TotalTax": Decimal("5.00")},
    "Line": [LINE],
}


def want(room: Room, **changes: Any) -> None:
    room.take_in(intent(drafted(KEY, "Invoice", INVOICE | changes, DAY, Decimal("15.00"))))


def posted(room: Room) -> dict[str, Any]:
    want(room)
    assert room.run().states == {"posted": 1}
    [thing] = room.company.live("Invoice")
    return thing


def compared(room: Room, *things: dict[str, Any]) -> list[Drift]:
    with room.database.transaction() as transaction:
        now = room.database.now(transaction)
        return compare(transaction, CONNECTION, "Invoice", things or room.company.live("Invoice"), now=now)


def link(room: Room) -> Link:
    with room.database.reading() as reading:
        return links(reading, CONNECTION, [KEY])[KEY]


def test_a_change_of_tax_is_shown_in_words_and_holds_back_our_update(room: Room) -> None:
    thing = posted(room)
    before = link(room)
    room.company.edit("Invoice", thing["Id"], TxnTaxDetail={"TotalTax": Decimal("9.99")})
    [drift] = compared(room)
    assert (drift.what, drift.facts) == ("edited", ("tax 5.00 → 9.99",))
    assert room.history(KEY).revisions[-1]["message"] == "it was changed in QuickBooks: tax 5.00 → 9.99"
    assert link(room) == before, "the link stays that of what we posted"
    want(room, DocNumber="I2")
    assert room.state(KEY) == ("parked", "changed_in_qbo")
    assert room.run().calls == 0


@pytest.mark.parametrize(
    "field",
    [
        {"TxnTaxDetail": {"TotalTax": Decimal("6.00")}},
        {"DocNumber": "I2"},
        {"Line": [LINE | {"Description": "said otherwise"}]},
    ],
    ids=["tax", "number", "description"],
)
def test_an_update_over_a_touched_object_is_carried_out(room: Room, field: dict[str, Any]) -> None:
    """Also where it changes nothing that posts, so that before and after look alike to the books."""
    thing = posted(room)
    room.company.edit("Invoice", thing["Id"], Balance=Decimal("3.00"))  # a payment was applied
    want(room, **field)
    assert room.run().states == {"posted": 1}
    [there] = room.company.live("Invoice")
    [(name, value)] = field.items()
    assert there[name] == value


@pytest.mark.parametrize("changed", [{"TotalTax": Decimal("6.00")}, {"TotalTax": Decimal("5.00")}], ids=["tax", "note"])
def test_an_update_whose_answer_was_lost_is_recovered_or_sent_once_more(room: Room, changed: dict[str, Any]) -> None:
    posted(room)
    want(room, TxnTaxDetail=changed, PrivateNote="corrected")
    room.company.script.append("committed")
    assert room.run().states == {"posted": 1}
    [there] = room.company.live("Invoice")
    assert there["TxnTaxDetail"] == changed
    assert there["PrivateNote"].startswith("corrected")
    assert compared(room) == []


def test_an_older_version_says_nothing(room: Room) -> None:
    """Fault 40: the query lags, or was read before our update."""
    old = deepcopy(posted(room))
    want(room, TxnTaxDetail={"TotalTax": Decimal("6.00")})
    room.run()
    before = link(room)
    assert compared(room, old) == []
    assert (room.state(KEY), link(room)) == (("posted", None), before)


def test_the_version_that_we_posted_says_nothing_however_it_is_shown(room: Room) -> None:
    thing = posted(room)
    assert compared(room, thing | {"DepositToAccountRef": {"value": "4"}, "SyncToken": "0"}) == []


def test_an_object_that_cannot_be_read_is_shown_and_the_others_are_compared(room: Room) -> None:
    """Fault 43."""
    posted(room)
    room.take_in(intent(drafted("document/10", "Invoice", INVOICE | {"DocNumber": "I10"}, DAY, Decimal("15.00"))))
    room.run()
    odd, other = room.company.live("Invoice")
    room.company.edit("Invoice", odd["Id"], TotalAmt="a dozen")
    room.company.edit("Invoice", other["Id"], TxnDate="2026-03-09")
    found = {drift.key: drift.facts for drift in compared(room)}
    assert found["document/10"] == ("date 2026-03-02 → 2026-03-09",)
    assert "unreadable none → an amount holds 'a dozen' instead of a number" in found[KEY]


def test_a_touched_object_gives_its_link_the_new_version_and_nothing_else(room: Room) -> None:
    thing = posted(room)
    before = link(room)
    room.company.edit("Invoice", thing["Id"], Balance=Decimal("3.00"))
    assert compared(room) == []
    assert link(room) == replace(before, sync_token="1")


def test_what_was_adopted_as_changed_is_restored_by_what_our_payload_says(room: Room) -> None:
    """Then all of it is known, and a change of what the payload never said is seen too."""
    want(room)
    room.company.script.append("committed")
    room.settings = replace(room.settings, patience=0)
    room.run()
    [thing] = room.company.live("Invoice")
    room.company.edit("Invoice", thing["Id"], TxnTaxDetail={"TotalTax": Decimal("9.99")})
    room.settings = ONE_WORKER
    room.run()
    assert room.state(KEY) == ("drifted", "edited")
    terms = {"DepositToAccountRef": {"value": "4"}}
    room.company.edit("Invoice", thing["Id"], TxnTaxDetail={"TotalTax": Decimal("5.00")}, **terms)
    assert [drift.what for drift in compared(room)] == ["restored"]
    room.company.edit("Invoice", thing["Id"], DepositToAccountRef={"value": "6"})
    [drift] = compared(room)
    assert drift.facts == ("deposit account 4 → 6",)


def test_after_a_full_read_only_links_older_than_it_count_as_unseen(room: Room) -> None:
    """Faults 40 and 44: what was posted while QBO was read need not be in what was read."""
    old, shown, young = ("movement/1", "movement/2", "movement/3")
    room.journals(2)
    room.run()
    room.clock.sleep(600)
    began = room.clock.now()
    room.take_in(intent(journal_entry(3, "81", "82", Decimal("12.50"))))
    room.run()
    with room.database.reading() as reading:
        ids = {key: one.qbo_id for key, one in links(reading, CONNECTION, [old, shown, young]).items()}

        def missed(seen: set[str], margin: timedelta) -> list[str]:
            return unseen(reading, CONNECTION, "JournalEntry", seen, linked_before=began - margin)

        assert missed({ids[shown]}, timedelta(minutes=2)) == [ids[old]]
        assert missed(set(), timedelta(minutes=15)) == []
        assert missed(set(ids.values()), timedelta(0)) == []
