"""What a person decides about a refused record is what it is counted as, and what is behind it stays in sight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import broken_counts, day_counts, open_postings, total_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import states
from qbo_pipeline_tests.tampering.people import Bookkeeper

INVOICE, WASTE = "document/i1", "movement/w9"
TO_A_WRONG_ACCOUNT = "UPDATE document_lines SET account = 'nowhere' WHERE document_id = 'i1'"
WASTED = (
    """INSERT INTO movements (movement_id, kind, number, business_date, currency, account)
       VALUES ('w9', 'adjustment', 'W9', '2024-03-05', 'USD', 'nowhere')""",
    """INSERT INTO movement_lines (movement_id, line_id, product_id, location_id, quantity, value)
       VALUES ('w9', 'w9-1', 'p1', 'w1', '-1', '-10.00')""",
    """INSERT INTO stock_values (business_date, product_id, location_id, quantity, value, currency)
       VALUES ('2024-03-05', 'p1', 'w1', '-1', '-10.00', 'USD')""",
)
WAITING = ("parked", "unknown", "drifted", "deleted_in_qbo")


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def shop(tmp_path: Path, store_url: str, emulator: RunningEmulator) -> Shop:
    return open_shop(tmp_path, emulator, store_url=store_url)


def counted(run: Run, record_type: str) -> tuple[int, int, int]:
    """How many records are parked, skipped, posted; and the identity holds."""
    assert broken_counts(run) == []
    became = total_counts(day_counts(run))[record_type]
    return became["parked"], became["skipped"], became["posted"]


def listed(run: Run) -> list[tuple[str, str]]:
    return [(row["key"], row["state"]) for row in open_postings(run, WAITING)]


def test_a_skipped_refusal_is_skipped_and_no_longer_parked(shop: Shop) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        shop.change(TO_A_WRONG_ACCOUNT, *WASTED)
        carry(run, FIRST_DAY, LAST_DAY)
        assert (counted(run, "document"), counted(run, "movement")[:2]) == ((1, 0, 1), (1, 0))
        assert listed(run) == [(INVOICE, "parked"), (WASTE, "parked")]
        for key in (INVOICE, WASTE):
            decide(run, "skip", key, "Dana", "it is settled by hand")
        again = carry(run, FIRST_DAY, LAST_DAY)
        assert (counted(run, "document"), counted(run, "movement")[:2]) == ((0, 1, 1), (0, 1))
        assert listed(run) == []
        (stands,) = rows(run, "SELECT stands FROM report_documents WHERE record_id = 'w9'")
        assert stands == {"stands": "skipped"}
    assert (again.result.difference, again.result.unexplained) == (10, 0)
    assert list(again.result.causes["cause"]) == ["skipped"]
    parked = {row["kind"]: (row["parked"], row["skipped"]) for row in again.result.counts.to_dict("records")}
    assert (parked["document"], parked["adjustment"]) == ((0, 1), (0, 1))


@pytest.mark.parametrize("change", ["edited", "voided", "deleted"])
def test_what_people_do_to_the_object_behind_a_skipped_revision_is_listed(
    shop: Shop, emulator: RunningEmulator, change: str
) -> None:
    with closing(Bookkeeper(emulator)) as people, shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        shop.change(TO_A_WRONG_ACCOUNT)
        carry(run, FIRST_DAY, LAST_DAY)
        decide(run, "skip", INVOICE, "Dana", "QuickBooks has it as it should be")
        (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=INVOICE)
        invoice = people.get("Invoice", link["qbo_id"])
        if change == "edited":
            people.save("Invoice", {**invoice, "TxnDate": "2024-03-05"})
        elif change == "voided":
            people.void("Invoice", invoice)
        else:
            (paid,) = rows(run, "SELECT qbo_id FROM posting_links WHERE entity = 'Payment'")
            people.delete("Payment", people.get("Payment", paid["qbo_id"]))
            people.delete("Invoice", people.get("Invoice", link["qbo_id"]))
        carry(run, FIRST_DAY, LAST_DAY)
        assert states(run)[INVOICE][0] == "skipped"
        assert (INVOICE, "deleted_in_qbo" if change == "deleted" else "drifted") in listed(run)


def test_a_refused_record_that_is_linked_by_a_person_is_posted(shop: Shop) -> None:
    """No list would show what is counted as parked and is not."""
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = :key", key=INVOICE)
        shop.change(TO_A_WRONG_ACCOUNT)
        carry(run, FIRST_DAY, LAST_DAY)
        decide(run, "relink", INVOICE, "Dana", "QuickBooks has it as it should be", qbo_id=link["qbo_id"])
        assert listed(run) == []
        assert counted(run, "document") == (0, 0, 2)
        (stands,) = rows(run, "SELECT stands FROM report_documents WHERE record_id = 'i1'")
        assert stands == {"stands": "posted"}
