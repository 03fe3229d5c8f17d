"""How what the source delivers is gathered into transactions: a type by itself, however its days come between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from qbo_pipeline.inventory.records import Movement, Payment, Record, record_type
from qbo_pipeline.pipeline.extract import _grouped
from qbo_pipeline.sources.errors import Problem, SourceUnavailable
from qbo_pipeline.sources.source import Batch

FIRST = date(2026, 1, 1)
DAYS, A_DAY, SIZE = 90, 11, 250  # 990 records of each of two types


def _of_day(day: date) -> tuple[list[Record], list[Record]]:
    known = {"number": "1", "business_date": day, "currency": "USD"}
    moved: list[Record] = [Movement(movement_id=f"{day}:{n}", kind="receipt", **known) for n in range(A_DAY)]
    paid: list[Record] = [
        Payment(payment_id=f"{day}:{n}", kind="payment_made", party_id="p", amount=Decimal(1), **known)
        for n in range(A_DAY)
    ]
    return moved, paid


def _batches() -> Iterator[Batch]:
    """As a source delivers them: the types of a day one after the other, and the days after one another."""
    for offset in range(DAYS):
        day = FIRST + timedelta(days=offset)
        for records in _of_day(day):
            kind = record_type(records[0])
            rows = len(records)
            yield Batch(record_type=kind, day=day, records=records, set_aside=[], warnings=[], rows_read=rows)


def test_a_type_is_gathered_over_its_days() -> None:
    groups = list(_grouped(_batches(), SIZE))
    assert len(groups) == 2 * -(-DAYS * A_DAY // SIZE)  # as few as the size of a batch allows
    assert all(len({batch.record_type for batch in group}) == 1 for _, group in groups)
    for kind in ("movement", "payment"):
        ids = [row.record_id for rows, group in groups if group[0].record_type == kind for row in rows]
        assert len(ids) == DAYS * A_DAY
        assert ids == [row.record_id for batch in _batches() if batch.record_type == kind for row in batch.records]


def test_what_was_delivered_before_the_source_went_away_is_kept() -> None:
    def broken() -> Iterator[Batch]:
        for number, batch in enumerate(_batches()):
            if number == 5:
                raise SourceUnavailable(Problem("the source went away", "payments", "nobody answers", "Wait"))
            yield batch

    kept: list[str] = []

    def keep() -> None:
        for rows, _ in _grouped(broken(), SIZE):
            kept.extend(row.record_id for row in rows)

    with pytest.raises(SourceUnavailable):
        keep()
    assert len(kept) == len(set(kept)) + 2 * A_DAY == 5 * A_DAY  # ids of both types are alike here
