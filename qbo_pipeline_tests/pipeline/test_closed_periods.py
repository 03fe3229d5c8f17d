"""Records of a closed period: QBO's own closing date, or a sign-off that holds; held, and posted only with approval."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline.pipeline.closing import Closed, closed_period
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.sign import sign
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DATED, FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import message, states

CLOSED_THROUGH = date(2024, 3, 4)
FIRST_OPEN = date(2024, 3, 5)
CLOSED = {"document/b1", "document/i1", "movement/r1", "movement/d1"}  # the shop's, up to that day
LATE, LATE_DAY = "movement/d2", date(2024, 3, 4)


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator, store_url=quick_store_url)


def close_books(emulator: RunningEmulator | None, through: date | None) -> None:
    """Set the company's closing date, as its owner does."""
    assert emulator is not None
    with httpx.Client(base_url=emulator.api(""), headers=emulator.bearer()) as http:
        now = http.get("preferences").json()["Preferences"]
        closing = {"BookCloseDate": through.isoformat() if through else None}
        body = {"Id": now["Id"], "SyncToken": now["SyncToken"], "sparse": True, "AccountingInfoPrefs": closing}
        assert http.post("preferences", json=body).status_code == 200


def dated(run: Run, key: str) -> tuple[str, str]:
    """Date and memo of what QBO has for a posting."""
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    thing: dict[str, Any] = run.quickbooks().read(link["entity"], link["qbo_id"])
    return thing["TxnDate"], thing["PrivateNote"]


def a_late_shipment(shop: Shop) -> None:
    """A shipment that is entered after everything was read, for an earlier day."""
    shop.change(
        "INSERT INTO movements (movement_id, kind, number, business_date, currency, party_id) "
        f"VALUES ('d2', 'shipment', 'D2', '{LATE_DAY}', 'USD', 'c1')",
        "INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value) "
        "VALUES ('d2', 'd2-1', 'p1', 'w1', '-1', '-10.00')",
        "INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency) "
        f"VALUES ('{LATE_DAY}', 'p1', 'w1', '-1', '-10.00', 'USD')",
    )


def test_the_closing_date_of_qbo_holds_what_is_dated_in_it(shop: Shop) -> None:
    """Nothing dated in it is sent; the rest is, and what was held goes once the books are open again and approved."""
    close_books(shop.emulator, CLOSED_THROUGH)
    with shop.run() as run:
        held = carry(run, FIRST_DAY, LAST_DAY)
        found = states(run)
        assert {key for key, state in found.items() if state == ("parked", "closed_period")} == CLOSED
        assert {key for key, state in found.items() if state == ("posted", None)} == set(DATED) - CLOSED - {
            "payment/y1"
        }
        assert message(run, "document/b1") == "the books are closed through 2024-03-04: approve it, or let it wait"
        assert shop.emulator is not None
        assert shop.emulator.meter()["refused"] == 0
        assert broken_counts(run) == []
        assert held.result.unexplained == 0

        close_books(shop.emulator, None)
        for key in sorted(CLOSED):
            decide(run, "approve", key, "Ann", "the books are open again")
        opened = carry(run, FIRST_DAY, LAST_DAY)
        assert dated(run, "document/b1")[0] == "2024-03-02"
    assert (opened.result.difference, opened.result.status) == (0, "balanced")


def test_by_policy_an_approval_posts_on_the_first_open_day(shop: Shop) -> None:
    """It says so before and in the memo, the day that a person names comes first, and nothing moves unasked."""
    point_to(shop.settings, 'closed_period = "hold"', 'closed_period = "first_open_day"')
    close_books(shop.emulator, CLOSED_THROUGH)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        assert {key for key, state in states(run).items() if state == ("parked", "closed_period")} == CLOSED
        assert message(run, "movement/r1") == (
            "the books are closed through 2024-03-04: approving it posts it on the first open day, now 2024-03-05, "
            "and says so in its memo"
        )
        decide(run, "approve", "movement/r1", "Ann", "as agreed")
        decide(run, "approve", "document/b1", "Ann", "as agreed", dated=date(2024, 3, 6))
        carry(run, FIRST_DAY, LAST_DAY)
        receipt, bill = dated(run, "movement/r1"), dated(run, "document/b1")
        assert states(run)["movement/d1"] == ("parked", "closed_period")
        approvals = rows(run, "SELECT key, who FROM attempts WHERE event = 'approve' ORDER BY key")
        again = carry(run, FIRST_DAY, LAST_DAY)

    assert receipt[0] == FIRST_OPEN.isoformat()
    assert "dated 2024-03-05, originally 2024-03-01: the books were closed" in receipt[1]
    assert bill[0] == "2024-03-06"
    assert [tuple(row.values()) for row in approvals] == [("document/b1", "Ann"), ("movement/r1", "Ann")]
    assert set(again.touched.values()) == {0}


def test_by_policy_what_was_opened_meanwhile_keeps_its_day(shop: Shop) -> None:
    point_to(shop.settings, 'closed_period = "hold"', 'closed_period = "first_open_day"')
    close_books(shop.emulator, CLOSED_THROUGH)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        close_books(shop.emulator, None)
        read_reference_data(run)
        decide(run, "approve", "movement/r1", "Ann", "open again")
        carry(run, FIRST_DAY, LAST_DAY)
        assert dated(run, "movement/r1")[0] == "2024-03-01"


def test_a_signed_period_holds_what_comes_late(shop: Shop) -> None:
    """The sign-off is void, late arrivals list the record, and it is posted when a person approves it."""
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        sign(run, LAST_DAY, "Dana", "March")
        assert _closed(run) is None  # one signature closes nothing
        sign(run, LAST_DAY, "Robin")
        assert _closed(run) == Closed(LAST_DAY, "the period through 2024-03-07 is signed off by Dana and Robin")

        a_late_shipment(shop)
        late = carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)[LATE] == ("parked", "closed_period")
        assert message(run, LATE) == (
            "the period through 2024-03-07 is signed off by Dana and Robin: approve it, or let it wait"
        )
        assert list(late.result.late_arrivals["document_key"]) == [LATE]
        assert [
            (row["cause"], row["amount"]) for row in late.result.causes[["cause", "amount"]].to_dict("records")
        ] == [("back_dated", 10)]
        assert [row["void_why"] is None for row in rows(run, "SELECT void_why FROM sign_offs ORDER BY step")] == [
            True, True, False,
        ]  # fmt: skip

        assert _closed(run) is None  # the void one closes nothing more, what it held still waits
        carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)[LATE] == ("parked", "closed_period")
        decide(run, "approve", LATE, "Robin", "it belongs to March")
        approved = carry(run, FIRST_DAY, LAST_DAY)
        assert dated(run, LATE)[0] == LATE_DAY.isoformat()
    assert (approved.result.difference, approved.result.status) == (0, "balanced")


def test_a_signed_period_holds_what_changed_in_it(shop: Shop) -> None:
    """The object in QBO stays as it was signed until a person decides."""
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        sign(run, LAST_DAY, "Dana")
        sign(run, LAST_DAY, "Robin")
        shop.change("UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'")
        shop.change("UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'")
        changed = carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)["movement/d1"] == ("parked", "closed_period")
        assert (changed.touched["postings"], changed.touched["posted"]) == (1, 0)
        assert (changed.result.difference, changed.result.unexplained) == (5, 0)


def test_the_later_of_the_two_closings_counts(shop: Shop) -> None:
    """After the last of them everything goes by itself."""
    with shop.run() as run:
        carry(run, FIRST_DAY, date(2024, 3, 5))
        for name in ("Dana", "Robin"):
            sign(run, date(2024, 3, 5), name)
        close_books(shop.emulator, date(2024, 3, 2))
        read_reference_data(run)
        signed = _closed(run)
        close_books(shop.emulator, date(2024, 3, 6))
        read_reference_data(run)
        closed = _closed(run)
        carry(run, FIRST_DAY, LAST_DAY)
        found = states(run)
        reconcile_as_at(run, LAST_DAY)

    assert signed is not None
    assert (signed.through, signed.first_open_day) == (date(2024, 3, 5), date(2024, 3, 6))
    assert closed == Closed(date(2024, 3, 6), "the books are closed through 2024-03-06")
    assert (found["movement/a1"], found["payment/y1"]) == (("parked", "closed_period"), ("posted", None))


def _closed(run: Run) -> Closed | None:
    with run.database.reading() as connection:
        return closed_period(connection, run.name)
