"""A person was in QBO while an outcome was unknown: what the read-back finds then, and what may follow it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.posting.asking import IntakePolicy, Intent
from qbo_pipeline.posting.decisions import approve, relink, retry, reverse, skip, unlink
from qbo_pipeline.posting.drift import compare
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline_tests.posting.conftest import ONE_WORKER, Room
from qbo_pipeline_tests.posting.harness import DAY, drafted, intent, journal_entry

SOMEBODY = Person("a controller", "looked at it in QuickBooks")


def in_doubt(room: Room) -> None:
    """One journal that QBO has made, and nobody knows."""
    room.company.script.append("committed")
    room.journals(1)
    room.settings = replace(room.settings, patience=0)
    room.run()
    assert room.state("movement/1") == ("unknown", None)
    room.settings = ONE_WORKER


def edit(room: Room) -> None:
    [thing] = room.company.live()
    lines = [line | {"Amount": Decimal("99.00")} for line in thing["Line"]]
    room.company.edit("JournalEntry", thing["Id"], Line=lines)


def test_an_object_found_with_other_content_is_ours_and_drifted(room: Room) -> None:
    """Fault 28 before we knew that it was there."""
    in_doubt(room)
    edit(room)
    room.run()
    assert room.state("movement/1") == ("drifted", "edited")
    link = room.history("movement/1").link
    assert link is not None
    assert link.qbo_id == room.company.live()[0]["Id"]
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    assert room.state("movement/1") == ("parked", "changed_in_qbo")
    assert room.run().calls == 0
    # An approval alone says nothing of what is there now: that takes a relink.
    approve(room.database, "shop", "movement/1", SOMEBODY)
    room.run()
    assert room.state("movement/1") == ("parked", "conflict")
    [there] = room.company.live()
    assert there["Line"][0]["Amount"] == Decimal("99.00")


@pytest.mark.parametrize("wanted", ["another content", "nothing"])
def test_what_a_person_did_to_an_older_revision_in_doubt_holds_the_newer_one(room: Room, wanted: str) -> None:
    in_doubt(room)
    drafts = [journal_entry(1, "81", "82", Decimal("13.00"))] if wanted != "nothing" else []
    room.take_in(Intent("movement/1", "hash", drafts))
    edit(room)
    room.run()
    assert room.state("movement/1") == ("parked", "changed_in_qbo")
    assert "released" in room.events("movement/1")
    [thing] = room.company.live()
    assert thing["Line"][0]["Amount"] == Decimal("99.00")


def test_what_a_person_deleted_under_an_update_in_doubt_is_not_posted_again_unasked(room: Room) -> None:
    room.journals(1)
    room.run()
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    room.company.script.append("committed")
    room.settings = replace(room.settings, patience=0)
    room.run()
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("14.00"))))
    room.company.live()[0]["deleted"] = True
    room.settings = ONE_WORKER
    room.run()
    assert room.state("movement/1") == ("parked", "deleted_in_qbo")
    assert room.company.live() == []


def found_twice(room: Room) -> None:
    room.company.script.append("committed")
    room.journals(1)

    def double(request_id: str) -> None:
        [row] = room.history("movement/1").revisions
        room.company._carry_out(
            "create", "JournalEntry", {"PrivateNote": f"[qp:{row['marker']}]", "DocNumber": row["number"]}
        )

    room.company.before_send = double
    room.run()
    room.company.before_send = lambda request_id: None
    assert room.state("movement/1") == ("parked", "found_twice")
    assert len(room.company.live()) == 2


def test_found_twice_is_an_alarm_and_nothing_is_deleted_or_added(room: Room) -> None:
    found_twice(room)
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))
    assert room.state("movement/1") == ("parked", "found_twice")
    assert room.run().calls == 0
    retry(room.database, "shop", "movement/1", SOMEBODY)
    room.run()
    assert room.state("movement/1") == ("parked", "found_twice")
    assert len(room.company.live()) == 2


def test_found_twice_is_settled_by_a_retry_once_a_person_has_removed_one(room: Room) -> None:
    found_twice(room)
    [other, _] = room.company.live()
    other["deleted"] = True
    retry(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(room.company.live()) == 1


def test_found_twice_and_gone_from_the_source_waits_for_a_person(room: Room) -> None:
    found_twice(room)
    room.take_in(Intent("movement/1", "hash"))
    assert room.state("movement/1") == ("parked", "changed_in_qbo")
    room.run()
    assert len(room.company.live()) == 2


def delete_in_qbo(room: Room) -> None:
    [thing] = room.company.live()
    thing["deleted"] = True
    with room.database.transaction() as transaction:
        compare(transaction, "shop", "JournalEntry", (), [thing["Id"]], now=room.database.now(transaction))


def changed(room: Room) -> None:
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("13.00"))))


def refused_for_a_while(room: Room) -> None:
    refusal = Refused(reason="unmapped_account", message="no account", field="account")
    room.take_in(Intent("movement/1", "hash", (), refusal, DAY, Decimal("12.50"), "USD"))
    changed(room)


def test_an_update_of_what_a_person_deleted_before_it_was_sent_is_not_posted_anew(room: Room) -> None:
    room.journals(1)
    room.run()
    changed(room)
    delete_in_qbo(room)
    room.run()
    assert room.state("movement/1") == ("parked", "deleted_in_qbo")
    assert room.company.live() == []


def skipped(room: Room) -> None:
    room.take_in(intent(journal_entry(1, "81", "82", Decimal("12.50"))), policy=IntakePolicy(approval=True))
    skip(room.database, "shop", "movement/1", SOMEBODY)


def deleted(room: Room) -> None:
    room.journals(1)
    room.run()
    delete_in_qbo(room)


def taken_out(room: Room) -> None:
    room.journals(1)
    room.run()
    reverse(room.database, "shop", "movement/1", SOMEBODY, identity=room.identity)
    room.run()


@pytest.mark.parametrize("then", [changed, refused_for_a_while])
@pytest.mark.parametrize(
    ("before", "reason"),
    [(skipped, "skipped_before"), (deleted, "deleted_in_qbo"), (taken_out, "reversed")],
)
def test_what_a_person_left_out_is_posted_only_when_ordered(room: Room, before: Any, reason: str, then: Any) -> None:
    before(room)
    then(room)
    assert room.state("movement/1") == ("parked", reason)
    assert room.run().calls == 0
    assert room.company.live() == []
    approve(room.database, "shop", "movement/1", SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(room.company.live()) == 1


def test_the_same_draft_again_after_a_persons_reversal_waits(room: Room) -> None:
    taken_out(room)
    room.journals(1)
    assert room.state("movement/1") == ("parked", "reversed")
    assert room.run().calls == 0


@pytest.mark.parametrize("then", ["changed", "gone"])
def test_what_was_reversed_on_another_date_is_left_to_a_person(room: Room, then: str) -> None:
    """The original and its reversal cancel out: touching one of them alone would not."""
    room.journals(1)
    room.run()
    reverse(room.database, "shop", "movement/1", SOMEBODY, identity=room.identity, dated=DAY.replace(month=4))
    room.run()
    if then == "changed":
        changed(room)
    else:
        room.take_in(Intent("movement/1", "hash"))
    assert room.state("movement/1") == ("parked", "reversed")
    assert room.run().calls == 0
    assert len(room.company.live()) == 2


def test_what_was_unlinked_is_posted_anew_only_when_ordered(room: Room) -> None:
    room.journals(1)
    room.run()
    unlink(room.database, "shop", "movement/1", SOMEBODY)
    changed(room)
    assert room.state("movement/1") == ("parked", "unlinked")
    assert room.run().calls == 0


def test_relinking_what_is_being_sent_is_refused(room: Room) -> None:
    other = room.company._carry_out("create", "JournalEntry", {"TxnDate": "2026-03-05", "Line": []})
    room.journals(1)

    def meddle(request_id: str) -> None:
        with pytest.raises(NotPossible, match="still open"):
            relink(room.database, "shop", "movement/1", other, SOMEBODY)

    room.company.before_send = meddle
    assert room.run().states == {"posted": 1}
    link = room.history("movement/1").link
    assert link is not None
    assert link.qbo_id != other["Id"]


def test_what_became_another_kind_of_document_is_unlinked_first(room: Room) -> None:
    invoice = {"TxnDate": "2026-03-02", "CustomerRef": {"value": "5"}, "Line": []}
    room.take_in(intent(drafted("document/9", "Invoice", invoice, DAY, Decimal("15.00"))))
    room.run()
    journal = journal_entry(9, "81", "82", Decimal("15.00")).payload
    room.take_in(intent(drafted("document/9", "JournalEntry", journal, DAY, Decimal("15.00"))))
    room.take_in(
        intent(drafted("document/9", "JournalEntry", journal | {"TxnDate": "2026-03-03"}, DAY, Decimal("15.00")))
    )
    assert room.state("document/9") == ("parked", "entity_changed")
    with pytest.raises(NotPossible, match="is in QBO as Invoice 1: void it there"):
        retry(room.database, "shop", "document/9", SOMEBODY)
    unlink(room.database, "shop", "document/9", SOMEBODY)
    retry(room.database, "shop", "document/9", SOMEBODY)
    assert room.run().states == {"posted": 1}
    assert len(room.company.live()) == 1
