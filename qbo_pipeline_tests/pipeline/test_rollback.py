"""Rollback of a day, a run or a kind: shown, carried out in order, resumed after a kill, reconciled, posted again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qbo_pipeline.pipeline import rolling_back
from qbo_pipeline.pipeline.choosing import Filter
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.posting_again import post_again, taken_out
from qbo_pipeline.pipeline.rollback import Step, planned
from qbo_pipeline.pipeline.rolling_back import reconciled_after, roll_back
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import POSTING_TABLES, carry, content_of, rows
from qbo_pipeline_tests.pipeline.shop import DATED, FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.test_closed_periods import close_books
from qbo_pipeline_tests.pipeline.without_qbo import states
from qbo_pipeline_tests.tampering.people import Bookkeeper

WHO = ("Dana", "the wrong price list")
ALL = Filter(first=FIRST_DAY, last=LAST_DAY)


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, store_url=quick_store_url)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
        yield shop


def of(steps: list[Step]) -> dict[str, tuple[str, str]]:
    return {step.key: (step.operation, step.stays) for step in steps}


def in_quickbooks(run: Run) -> set[str]:
    return {row["key"] for row in rows(run, "SELECT key FROM posting_links")} & set(DATED)


def test_shown_with_what_rests_on_each_and_nothing_changed(shop: Shop) -> None:
    with shop.run() as run:
        before = content_of(run, *POSTING_TABLES)
        steps = planned(run, ALL)
        assert content_of(run, *POSTING_TABLES) == before
    found = {step.key: step for step in steps}
    assert set(found) == set(DATED)
    assert found["document/i1"].needed_by == ("payment/y1",)
    assert found["movement/r1"].needed_by == ("document/b1",)
    assert {step.key: step.operation for step in steps} == {
        "document/b1": "delete", "document/i1": "void", "movement/a1": "delete", "movement/d1": "delete",
        "movement/r1": "delete", "payment/y1": "void",
    }  # fmt: skip
    order = [step.key for step in steps]
    assert order.index("payment/y1") < order.index("document/i1")
    assert order.index("document/b1") < order.index("movement/r1")
    assert {step.stays for step in steps} == {""}


def test_everything_leaves_is_explained_and_is_not_posted_again_unasked(shop: Shop) -> None:
    with shop.run() as run:
        outcomes = roll_back(run, ALL, *WHO)
        assert [(one.step.key, one.message) for one in outcomes if not one.done] == []
        assert in_quickbooks(run) == set()
        result = reconciled_after(run, outcomes)
        assert result is not None
        assert (result.status, result.unexplained, result.ledger_balance) == ("explained", 0, 0)
        assert set(result.differences["cause"]) == {Cause.SKIPPED}
        assert set(result.differences["detail"]) == {"reversed by a person"}
        journal = rows(run, "SELECT DISTINCT who, why FROM attempts WHERE event = 'reverse'")
        assert [tuple(row.values()) for row in journal] == [WHO]

        night = carry(run, FIRST_DAY, LAST_DAY)
        assert (night.touched["posted"], night.result.unexplained) == (0, 0)
        assert in_quickbooks(run) == set()
        assert roll_back(run, ALL, *WHO) == []


def test_a_paid_invoice_stays_unless_its_payment_goes_as_well(shop: Shop) -> None:
    of_the_day = Filter(first=date(2024, 3, 4), last=date(2024, 3, 4))
    with shop.run() as run:
        assert of(planned(run, of_the_day)) == {
            "movement/d1": ("delete", ""),
            "document/i1": ("void", "it is settled by payment/y1: roll that back as well (--dependents)"),
        }
        outcomes = {one.step.key: one.done for one in roll_back(run, of_the_day, *WHO)}
        assert outcomes == {"movement/d1": True, "document/i1": False}
        assert in_quickbooks(run) == set(DATED) - {"movement/d1"}
        rest = {one.step.key: one.done for one in roll_back(run, of_the_day, *WHO, dependents=True)}
        assert rest == {"payment/y1": True, "document/i1": True}


def test_a_kind_and_a_run(shop: Shop) -> None:
    with shop.run() as run:
        (run_id,) = {row["run_id"] for row in rows(run, "SELECT run_id FROM records")}
        assert {step.key for step in planned(run, Filter(kinds=("assembly",)))} == {"movement/a1"}
        assert {step.key for step in planned(run, Filter(run_id=run_id))} == set(DATED)
        with pytest.raises(NotPossible, match="everything out of the books"):
            roll_back(run, Filter(), *WHO)
        with pytest.raises(NotPossible, match="name and a reason"):
            roll_back(run, ALL, "Dana", "")


def test_what_a_person_changed_since_stays_with_what_it_settles(shop: Shop) -> None:
    assert shop.emulator is not None
    with shop.run() as run:
        (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'movement/a1'")
        people = Bookkeeper(shop.emulator)
        journal = people.get("JournalEntry", link["qbo_id"])
        people.save("JournalEntry", journal | {"TxnDate": "2024-03-07"})
        people.close()
        (step,) = planned(run, Filter(kinds=("assembly",)))
        assert "2024-03-07" in step.in_quickbooks
        assert step.stays.startswith("a person changed it in QuickBooks")
        (outcome,) = roll_back(run, Filter(kinds=("assembly",)), *WHO)
        assert not outcome.done
        assert states(run)["movement/a1"][0] == "drifted"


def test_a_closed_period_is_reversed_on_the_first_open_day(shop: Shop) -> None:
    """What has no counterpart stays and says so; what QuickBooks lets reverse stands twice, with opposite signs."""
    close_books(shop.emulator, date(2024, 3, 6))
    with shop.run() as run:
        with pytest.raises(NotPossible, match="the first open day is 2024-03-07"):
            planned(run, ALL, dated=date(2024, 3, 6))
        of_movements = Filter(kinds=("shipment", "assembly"))
        assert {(step.operation, step.on) for step in planned(run, of_movements)} == {("reverse", date(2024, 3, 7))}
        outcomes = roll_back(run, of_movements, *WHO)
        assert {one.message for one in outcomes} == {
            f"reversed on 2024-03-07 by movement/{key}#reversal-1" for key in ("a1", "d1")
        }
        result = reconciled_after(run, outcomes)
        assert result is not None
        assert (result.status, result.unexplained) == ("explained", 0)
        assert set(result.differences["detail"]) == {"reversed by a person"}
        assert roll_back(run, of_movements, *WHO) == []
        close_books(shop.emulator, LAST_DAY)
        (payment,) = planned(run, Filter(kinds=("payment",)))
        assert payment.stays.endswith("QuickBooks has no counterpart of a Payment: a person settles it there")


@pytest.mark.parametrize("at", ["before the first decision", "decided and not sent", "after the first level"])
def test_killed_in_the_middle_the_same_order_goes_on(shop: Shop, at: str) -> None:
    """A real process killed with SIGKILL; the next order, and no other, brings the rest out, each once."""
    child = os.fork()
    if child == 0:
        _die(at)
        with shop.run() as run:
            roll_back(run, ALL, *WHO)
        os._exit(0)
    _, waited = os.waitpid(child, 0)
    assert os.WIFSIGNALED(waited)
    with shop.run() as run:
        left = in_quickbooks(run)
        assert left
        outcomes = roll_back(run, ALL, *WHO)
        assert {one.step.key for one in outcomes if one.done} == left
        assert [one.message for one in outcomes if not one.done] == []
        assert in_quickbooks(run) == set()
        reversed_ = rows(run, "SELECT key FROM attempts WHERE event = 'reverse' ORDER BY key")
        assert [row["key"] for row in reversed_] == sorted(DATED)
        result = reconciled_after(run, outcomes)
        assert result is not None
        assert result.unexplained == 0


def _die(at: str) -> None:
    """Have this process killed at a place of the rollback."""

    def kill(*_arguments: object, **_options: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if at == "before the first decision":
        rolling_back.decide = kill  # type: ignore[assignment]
    elif at == "decided and not sent":
        rolling_back.load = kill  # type: ignore[assignment]
    else:
        plain = rolling_back._carried_out

        def first_only(*arguments: object) -> object:
            rolling_back._carried_out = kill  # type: ignore[assignment]
            return plain(*arguments)  # type: ignore[arg-type]

        rolling_back._carried_out = first_only  # type: ignore[assignment]


def test_a_rollback_is_the_decision_by_key(shop: Shop) -> None:
    """What `reverse` of a key leaves unsent, a rollback takes along and sends."""
    with shop.run() as run:
        decide(run, "reverse", "movement/a1", "Ann", "by hand")
        (step,) = planned(run, Filter(kinds=("assembly",)))
        assert (step.ordered, step.stays) == (True, "")
        (outcome,) = roll_back(run, Filter(kinds=("assembly",)), *WHO)
        assert (outcome.done, outcome.message) == (True, "deleted")


def test_again_posts_what_was_rolled_back_as_its_records_are_today(shop: Shop) -> None:
    with shop.run() as run:
        roll_back(run, ALL, *WHO)
        assert {one.key for one in taken_out(run, ALL)} == set(DATED)
        returned = post_again(run, ALL, *WHO)
        assert [(one.key, one.refused) for one in returned if one.refused] == []
        assert {one.now for one in returned} == {"posted again"}
        assert in_quickbooks(run) == set(DATED)
        night = carry(run, FIRST_DAY, LAST_DAY)
        assert (night.result.status, night.result.difference) == ("balanced", 0)
        assert broken_counts(run) == []
        assert post_again(run, ALL, *WHO) == []


def test_again_takes_a_reversal_out_and_the_document_stands_again(shop: Shop) -> None:
    close_books(shop.emulator, date(2024, 3, 6))
    of_movements = Filter(kinds=("shipment", "assembly"))
    with shop.run() as run:
        roll_back(run, of_movements, *WHO)
        returned = post_again(run, of_movements, *WHO)
        assert {one.now.split(" ", 1)[1] for one in returned} == {"is out of the books: it stands again"}
        night = carry(run, FIRST_DAY, LAST_DAY)
        assert (night.result.status, night.result.difference) == ("balanced", 0)


def test_what_a_person_settled_there_stays_until_it_is_removed_there(shop: Shop) -> None:
    """Also --dependents takes along nothing that is not ours."""
    assert shop.emulator is not None
    with shop.run() as run:
        roll_back(run, Filter(kinds=("payment",)), *WHO)
        (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")
        people = Bookkeeper(shop.emulator)
        invoice = people.get("Invoice", link["qbo_id"])
        line = {"Amount": 50, "LinkedTxn": [{"TxnId": link["qbo_id"], "TxnType": "Invoice"}]}
        paid = people.save("Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 50, "Line": [line]})
        people.close()
        (step,) = planned(run, Filter(kinds=("sales_invoice",)), dependents=True)
        assert step.stays == f"it is settled by QuickBooks' Payment {paid['Id']}: remove it there first"
        (outcome,) = roll_back(run, Filter(kinds=("sales_invoice",)), *WHO, dependents=True)
        assert not outcome.done
        assert "document/i1" in in_quickbooks(run)


def test_a_record_that_changes_later_waits_and_is_not_posted(shop: Shop) -> None:
    with shop.run() as run:
        roll_back(run, Filter(kinds=("shipment",)), *WHO)
        shop.change(
            "UPDATE movement_lines SET value = '-41.00' WHERE movement_id = 'd1'",
            "UPDATE stock_values SET value = '-41.00' WHERE business_date = '2024-03-04'",
        )
        night = carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)["movement/d1"] == ("parked", "reversed")
        assert night.result.unexplained == 0
        (returned,) = post_again(run, Filter(kinds=("shipment",)), *WHO)
        assert (returned.now, returned.refused) == ("posted again", "")
        assert carry(run, FIRST_DAY, LAST_DAY).result.difference == 0
