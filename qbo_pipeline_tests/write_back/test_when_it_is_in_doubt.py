"""The way back in doubt: a lost store, an inbox that does not answer, a refusal, a look-alike, money twice."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_standing import decide_write_back
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.quickbooks.errors import QuotaExhausted
from qbo_pipeline.sources.errors import Problem, SourceUnavailable
from qbo_pipeline.sources.inbox import SqlInbox
from qbo_pipeline.store.evidence import altered
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import DAYS, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper
from qbo_pipeline_tests.write_back.inbox_shop import (
    PAID,
    entry_key,
    in_the_inbox,
    night,
    operations,
    ours,
    outcome,
    owned_by,
    paid,
    pay,
    payments,
    take,
    taken,
)


def test_a_look_alike_is_held_until_the_inventory_system_has_said_what_it_is(shop: Shop, people: Bookkeeper) -> None:
    there = paid(shop, people)
    entry = in_the_inbox(shop)[-1]
    shop.change(
        "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, status) VALUES "
        f"('P9', 'payment_received', 'P9', '2024-03-06', '{entry['party_id']}', 'USD', '90.00', 'completed')"
    )
    night(shop)
    with shop.run() as run:
        (record,) = rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'")
    assert (record["disposition"], record["rule"]) == ("refused", "may_be_from_quickbooks")
    assert len(payments(people)) == 1
    with shop.run() as run, pytest.raises(NotPossible, match="refused before it became a payload"):
        decide(run, "relink", "payment/P9", "Dana", "they are one", qbo_id=there["Id"])

    # Another payment of the same amount it was: a person says so, and it is posted.
    with shop.run() as run:
        with pytest.raises(NotPossible, match="--who"):
            decide_write_back(run, entry_key(run), "skip", who="", why="")
        decide_write_back(run, entry_key(run), "skip", who="Dana", why="paid twice, both are real")
    night(shop)
    assert len(payments(people)) == 2
    assert night(shop)["waiting"] == []


@pytest.mark.torture
def test_what_the_inventory_system_refuses_waits_with_its_words(
    shop: Shop, people: Bookkeeper, qbo: CommandLine
) -> None:
    payment = paid(shop, people)
    shop.change("UPDATE qbo_inbox SET refused = 'the period is closed'")
    night(shop)
    done = qbo("write-back", "list", "--settings", shop.settings, "--json")
    assert done.status == 1
    (waiting,) = done.json["waiting"]
    assert (waiting["key"], waiting["why"]) == (f"Payment/{payment['Id']}", "the period is closed")
    assert "the period is closed" in qbo("status", "--settings", shop.settings).plain
    # It changes its mind: what it says last counts.
    shop.change("UPDATE qbo_inbox SET taken_as = 'P1'")
    assert night(shop)["waiting"] == []
    assert qbo("write-back", "list", "--settings", shop.settings).status == 0


@pytest.mark.torture
def test_taken_as_what_was_posted_already_is_money_that_stands_twice(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, qbo: CommandLine
) -> None:
    shop = open_shop(tmp_path, emulator)
    owned_by(shop, "both")
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()
    night(shop)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
        own = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": PAID, "TxnDate": "2024-03-06"}
        people.save("Payment", own)
    night(shop)
    shop.change("UPDATE qbo_inbox SET taken_as = 'y1'")
    night(shop)
    done = qbo("write-back", "list", "--settings", shop.settings)
    assert done.status == 4
    assert (
        "payment/y1, which is posted there as well"
        in qbo("status", "--settings", shop.settings, "--json").json["why"][0]
    )


@pytest.mark.parametrize("lost", ["the store", "the newest rows"])
def test_a_store_that_is_behind_its_inbox_goes_on_from_there(shop: Shop, people: Bookkeeper, lost: str) -> None:
    payment = paid(shop, people)
    with shop.run() as run, run.database.transaction() as connection:
        connection.execute(text("DELETE FROM write_backs"))
        connection.execute(text("DELETE FROM quickbooks_objects"))
        connection.execute(text("DELETE FROM watermarks WHERE name LIKE 'write_back%'"))
    if lost == "the newest rows":
        changed = {**people.get("Payment", payment["Id"]), "PaymentRefNum": "CHQ-8"}
        people.save("Payment", changed)
    night(shop)
    expected = [(1, "create")] if lost == "the store" else [(1, "create"), (2, "update")]
    assert operations(shop) == expected
    with shop.run() as run:
        found = rows(run, "SELECT revision, state, recovered FROM write_backs ORDER BY revision")
    assert [(row["revision"], bool(row["recovered"])) for row in found] == [
        (revision, revision == 1) for revision, _ in expected
    ]


@pytest.mark.parametrize("lost", ["all of it", "what was taken"])
def test_a_store_that_was_lost_knows_by_the_inbox_what_the_inventory_system_took(
    shop: Shop, people: Bookkeeper, lost: str
) -> None:
    """Also where it took the entry after the copy was made that is put back."""
    if lost == "all of it":
        taken(shop, people)
        with shop.run() as run, run.database.transaction() as connection:
            for table in ("write_backs", "quickbooks_objects"):
                connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text("DELETE FROM watermarks WHERE name LIKE 'write_back%'"))
            connection.execute(text("DELETE FROM records WHERE record_type = 'payment'"))
            connection.execute(text("DELETE FROM record_references WHERE record_key LIKE 'payment/%'"))
    else:
        night(shop)
        store = shop.folder / "store.sqlite"
        before = store.read_bytes()
        taken(shop, people)
        store.write_bytes(before)
        for beside in ("-wal", "-shm"):
            store.with_name(store.name + beside).unlink(missing_ok=True)
    night(shop)
    assert outcome(shop) == ("excluded", "made_in_quickbooks")
    assert len(payments(people)) == 1
    assert operations(shop) == [(1, "create")]


@pytest.mark.usefixtures("queries_without_lag")
def test_where_the_inbox_does_not_answer_its_payments_are_held_and_the_rest_goes_on(
    shop: Shop, people: Bookkeeper, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid(shop, people)
    take(shop)
    shop.change("UPDATE documents SET memo = 'seen again' WHERE document_id = 'i1'")

    def away(*_: object) -> None:
        raise SourceUnavailable(Problem("the inbox does not answer", "there", "no route", "The next run goes on"))

    with monkeypatch.context() as patched:
        for asks in ("answers", "newest"):
            patched.setattr(SqlInbox, asks, away)
        with shop.run() as run:
            pay(run, people, Decimal("1.00"), Line=[])
        done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert done.status == 3
    assert sum("the inbox does not answer" in text for text in done.json["warnings"]) == 2  # before, and after posting
    assert done.json["difference"] == "0.00"
    assert outcome(shop) == ("refused", "inbox_not_asked")
    assert len(payments(people)) == 2  # the two that the bookkeeper entered
    night(shop)
    assert outcome(shop) == ("excluded", "made_in_quickbooks")
    assert len(in_the_inbox(shop)) == 2
    assert len(payments(people)) == 2


def test_what_the_inventory_system_refused_holds_no_look_alike(shop: Shop, people: Bookkeeper) -> None:
    paid(shop, people)
    entry = in_the_inbox(shop)[-1]
    shop.change(
        "UPDATE qbo_inbox SET refused = 'we have it already'",
        "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, status) VALUES "
        f"('P9', 'payment_received', 'P9', '2024-03-06', '{entry['party_id']}', 'USD', '90.00', 'completed')",
    )
    night(shop)
    assert outcome(shop)[0] == "posting"
    assert len(payments(people)) == 2


def test_who_skips_what_is_withheld_stands_in_the_journal(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        stranger = people.save("Customer", {"DisplayName": "Somebody Else"})
        invoice = ours(run, people, "document/i1")
        people.save("Invoice", {**invoice, "CustomerRef": {"value": stranger["Id"]}})
        pay(run, people)
    (waiting,) = night(shop)["waiting"]
    assert (waiting["state"], "link the party" in waiting["why"]) == ("withheld", True)
    with shop.run() as run:
        decide_write_back(run, waiting["key"], "skip", who="Dana", why="not our customer")
        (line,) = rows(run, "SELECT who, why, event FROM attempts WHERE key LIKE 'write_back/%'")
        with run.database.reading() as connection:
            assert list(altered(connection, run.name)) == []
    assert line == {"who": "Dana", "why": "not our customer", "event": "skip"}
    assert night(shop)["waiting"] == []


@pytest.mark.usefixtures("queries_without_lag")
def test_quickbooks_that_takes_no_reads_stops_no_night(
    shop: Shop, people: Bookkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(shop)

    def used_up(*_: object) -> None:
        raise QuotaExhausted("the month's reads are used up")

    with shop.run() as run:
        monkeypatch.setattr(type(run.quickbooks()), "changes", used_up)
        assert "the month's reads are used up" in str(write_back(run).degraded)
