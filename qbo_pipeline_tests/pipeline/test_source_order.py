"""What the source delivers twice or out of order: one record, as it was read last, and reading again heals.

Nothing in a record says which of two versions is the newer; what is proved is that an old one does no lasting harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from qbo_pipeline.inventory.records import Document, DocumentLine
from qbo_pipeline.pipeline.counts import broken_counts
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.sources.source import Batch
from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read, states

DAYS = [date(2024, 3, day) for day in (1, 2, 3)]


class Delivering:
    """A source that delivers these batches, however often it is read."""

    def __init__(self, batches: list[Batch]) -> None:
        self._batches = batches

    def read_days(self, *_: Any, **__: Any) -> Iterator[Batch]:
        yield from self._batches

    def existing(self, _record_type: str, _ids: Any) -> set[str]:
        return set()


def deliver(run: Run, *delivered: tuple[date, Document]) -> None:
    """Read the days from a source that delivers these, a batch each."""
    batches = [
        Batch(record_type="document", records=[document], set_aside=[], warnings=[], rows_read=1, day=day)
        for day, document in delivered
    ]

    @contextmanager
    def source() -> Iterator[Any]:
        yield Delivering(batches)

    run.source = source  # type: ignore[method-assign]
    extract_days(run, FIRST_DAY, LAST_DAY, ("document",))


def version(number: int, day: date = DAYS[1], document_id: str = "b1") -> Document:
    """A version of a bill of the shop's supplier; each has an amount of its own."""
    amount = Decimal(100 + number)
    line = DocumentLine(line_id=f"{document_id}-1", line_number=1, product_id="p1", net_amount=amount)
    return Document(
        document_id=document_id, kind="bill", number=document_id, business_date=day, party_id="s1", currency="USD",
        net_amount=amount, total_amount=amount, memo=f"version {number}", lines=(line,),
    )  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    shop = open_shop(tmp_path, None, store_url=store_url)
    with shop.run() as run:
        chart(run)
        extract_master_data(run)
    return shop


def stored(run: Run) -> list[tuple[Any, ...]]:
    query = (
        "SELECT record_id, amount, business_date, revision FROM records "
        "WHERE record_type = 'document' AND vanished_at IS NULL ORDER BY record_id"
    )
    return [tuple(row.values()) for row in rows(run, query)]


def test_an_older_version_counts_until_its_day_is_read_again(shop: Shop) -> None:
    """A stale copy of the source gives way at the next reading; each step is a revision of one posting."""
    with shop.run() as run:
        for number in (1, 2, 1, 2):
            deliver(run, (DAYS[1], version(number)))
            build(run)
            query = "SELECT amount FROM postings WHERE key = 'document/b1' AND superseded_by IS NULL"
            assert [Decimal(row["amount"]) for row in rows(run, query)] == [100 + number]
            assert broken_counts(run) == []
        assert [row[3] for row in stored(run)] == [4]
        assert len({row["key"] for row in rows(run, "SELECT key FROM postings WHERE key LIKE 'document/%'")}) == 1
        deliver(run, (DAYS[1], version(2)))
        assert build(run).totals()["postings_changed"] == 0


def test_a_record_twice_in_one_reading_is_one_record_as_it_came_last(shop: Shop) -> None:
    """It changed, or its day moved, while the days were read."""
    with shop.run() as run:
        deliver(run, (DAYS[0], version(1, DAYS[0])), (DAYS[0], version(2, DAYS[0])), (DAYS[2], version(3, DAYS[2])))
        assert [(row[0], Decimal(row[1]), str(row[2])) for row in stored(run)] == [("b1", 103, "2024-03-03")]
        assert broken_counts(run) == []
        build(run)
        assert set(states(run)) == {"document/b1"}


@given(
    st.lists(
        st.tuples(st.sampled_from(DAYS), st.integers(1, 4), st.sampled_from(["b1", "b2"])), min_size=1, max_size=8
    ),
    st.sampled_from([1, 3, 100]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_ends_with_what_was_read_last(
    shop: Shop, delivered: list[tuple[date, int, str]], batch_size: int
) -> None:
    """And the counts add up, whether the versions come in one transaction or in several."""
    with shop.run() as run:
        with run.database.transaction() as connection:
            for name in ("records", "record_revisions", "record_references", "reads"):
                connection.execute(delete(metadata.tables[name]))
        source = run.settings.source.model_copy(update={"batch_size": batch_size})
        run.settings = run.settings.model_copy(update={"source": source})
        deliver(run, *((day, version(number, day, record_id)) for day, number, record_id in delivered))
        last = {record_id: (Decimal(100 + number), day.isoformat()) for day, number, record_id in delivered}
        assert {row[0]: (Decimal(row[1]), str(row[2])) for row in stored(run)} == last
        assert broken_counts(run) == []


def test_the_same_reading_twice_changes_nothing(shop: Shop) -> None:
    with shop.run() as run:
        read(run)
        build(run)
        before = stored(run)
        read(run)
        again = build(run).totals()
        assert stored(run) == before
    assert (again["postings_new"], again["postings_changed"]) == (0, 0)
