"""What changed or went in a closed period: by one approval it is reversed on the first open day, posted again there.

The old object stays as it was signed off; before and after, each difference has its cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.test_closed_periods import close_books, dated
from qbo_pipeline_tests.pipeline.without_qbo import message, states

CLOSED_THROUGH, OPEN = date(2024, 3, 4), "2024-03-05"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        point_to(shop.settings, 'closed_period = "hold"', 'closed_period = "first_open_day"')
        yield shop


def object_of(run: Run, key: str) -> tuple[str, str]:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return link["entity"], link["qbo_id"]


def test_a_change_is_reversed_and_posted_again_by_one_approval(shop: Shop) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        before = {key: object_of(run, key) for key in ("movement/d1", "document/i1")}
        close_books(shop.emulator, CLOSED_THROUGH)
        shop.change(
            "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
            "UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'",
            "UPDATE document_lines SET net_amount = '60.00' WHERE line_id = 'i1-1'",
            "UPDATE documents SET net_amount = '100.00', total_amount = '100.00' WHERE document_id = 'i1'",
        )
        held = carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)["movement/d1"] == states(run)["document/i1"] == ("parked", "closed_period")
        assert message(run, "movement/d1") == (
            "the books are closed through 2024-03-04: approving it reverses what stands in the closed period on the "
            "first open day, now 2024-03-05, and posts it again as it is now"
        )
        assert (held.result.difference, held.result.unexplained) == (5, 0)
        for key in before:
            decide(run, "approve", key, "Ann", "the cost came late")
        done = carry(run, FIRST_DAY, LAST_DAY)
        assert (done.result.difference, done.result.unexplained) == (0, 0)
        for key, (entity, qbo_id) in before.items():
            assert object_of(run, key)[1] != qbo_id
            assert run.quickbooks().read(entity, qbo_id)["TxnDate"] == "2024-03-04"
            assert dated(run, key)[0] == OPEN
            (reversal,) = rows(run, f"SELECT key, state FROM postings WHERE key LIKE '{key}#reversal-%'")
            assert reversal["state"] == "posted"
            assert dated(run, reversal["key"])[0] == OPEN
        assert run.quickbooks().read(*object_of(run, "document/i1"))["TotalAmt"] == 100
        assert rows(run, "SELECT * FROM posting_copies") == []
        assert broken_counts(run) == []
        assert verify_attempts(run).findings == ()
        closed = reconcile_as_at(run, CLOSED_THROUGH)
        assert (closed.difference, closed.unexplained) == (5, 0)

        again = carry(run, FIRST_DAY, LAST_DAY)
        assert set(again.touched.values()) == {0}
        shop.change(
            "UPDATE movement_lines SET value = '-46.00' WHERE line_id = 'd1-1'",
            "UPDATE stock_values SET value = '-46.00' WHERE value = '-45.00'",
        )
        carry(run, FIRST_DAY, LAST_DAY)
        decide(run, "approve", "movement/d1", "Ann", "once more")  # it stands on an open day by now: updated there
        last = carry(run, FIRST_DAY, LAST_DAY)
        assert len(rows(run, "SELECT key FROM postings WHERE key LIKE 'movement/d1#reversal-%'")) == 1
        assert dated(run, "movement/d1")[0] == OPEN
    assert (last.result.difference, last.result.unexplained) == (0, 0)


@pytest.mark.parametrize("how", ["voided", pytest.param("vanished", marks=pytest.mark.torture)])
def test_what_is_gone_is_reversed_by_one_approval(shop: Shop, how: str) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        entity, qbo_id = object_of(run, "movement/d1")
        close_books(shop.emulator, CLOSED_THROUGH)
        if how == "voided":
            shop.change("UPDATE movements SET status = 'voided' WHERE movement_id = 'd1'")
        else:
            shop.change("DELETE FROM movements WHERE movement_id = 'd1'")
        shop.change("DELETE FROM stock_values WHERE value = '-40.00'")
        held = carry(run, FIRST_DAY, LAST_DAY)
        assert held.result.unexplained == 0
        assert "reverses what stands in the closed period on the first open day" in (message(run, "movement/d1") or "")
        decide(run, "approve", "movement/d1", "Ann", "it never left")
        done = carry(run, FIRST_DAY, LAST_DAY)
        assert (done.result.difference, done.result.unexplained) == (0, 0)
        assert run.quickbooks().read(entity, qbo_id)["TxnDate"] == "2024-03-04"
        assert broken_counts(run) == []
        assert verify_attempts(run).findings == ()
        again = carry(run, FIRST_DAY, LAST_DAY)
        assert set(again.touched.values()) == {0}


@pytest.mark.torture
def test_what_comes_late_keeps_its_effects_on_its_new_day(shop: Shop) -> None:
    with shop.run() as run:
        close_books(shop.emulator, CLOSED_THROUGH)
        carry(run, FIRST_DAY, LAST_DAY)
        for key in ("movement/r1", "movement/d1", "document/b1"):
            decide(run, "approve", key, "Ann", "as agreed")
        done = carry(run, FIRST_DAY, LAST_DAY)
    assert (done.result.difference, done.result.unexplained) == (0, 0)


@pytest.mark.torture
def test_a_payment_has_no_counterpart_and_waits(shop: Shop) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        close_books(shop.emulator, LAST_DAY)
        shop.change("UPDATE payments SET amount = '121.00'")
        carry(run, FIRST_DAY, LAST_DAY)
        assert message(run, "payment/y1") == "the books are closed through 2024-03-07: approve it, or let it wait"
        with pytest.raises(NotPossible, match="no posting"):
            decide(run, "approve", "payment/y9", "Ann", "as agreed")
