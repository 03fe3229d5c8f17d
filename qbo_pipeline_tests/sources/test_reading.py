"""Reading in pages: any page size gives the same, in date order, and nothing falls between two pages."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.source import Batch
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import Rows, all_of, good_company, write_company

DATES = st.one_of(
    st.dates(date(2024, 2, 25), date(2024, 3, 5)).map(str),
    st.sampled_from(
        ["2024-02-30", "2024-02-31 10:00:00", "2024-03-00", "2024-13-45", None, "", "31/02/2024", "2024/03/01"]
    ),
)
IDS = st.one_of(st.integers(0, 12).map(lambda number: f"m{number}"), st.none())


@contextmanager
def _source(rows: Rows) -> Iterator[SqlSource]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'source.sqlite'}"
        write_company(url, rows)
        yield SqlSource(url)


def _movements(headers: list[tuple[str | None, str | None]]) -> Rows:
    rows = good_company()
    for kind in ("documents", "document_lines", "bill_matches", "payments", "payment_allocations"):
        rows[kind] = []
    rows["movements"] = [
        {"movement_id": i, "kind": "adjustment", "number": "1", "business_date": day, "currency": "EUR"}
        for i, day in headers
    ]
    rows["movement_lines"] = [
        {
            "movement_id": i, "line_id": f"{i}-{n}", "product_id": "p1", "location_id": "w1",
            "quantity": "1", "value": "2",
        }
        for i in {i for i, _ in headers if i} for n in range(2)
    ]  # fmt: skip
    return rows


def _content(batches: list[Batch]) -> list[tuple[Any, ...]]:
    records = [
        ("record", batch.day, record.record_id, record.to_content()) for batch in batches for record in batch.records
    ]
    asides = [("aside", batch.day, str(found.content), found.rule) for batch in batches for found in batch.set_aside]
    return sorted([*records, *asides], key=str)


@settings(max_examples=25, deadline=None)
@given(headers=st.lists(st.tuples(IDS, DATES), max_size=25), size=st.integers(1, 8))
def test_tiny_pages_give_what_one_page_gives(headers: list[tuple[str | None, str | None]], size: int) -> None:
    days = (date(2024, 1, 1), date(2024, 12, 31))
    unique = list({header[0] or number: header for number, header in enumerate(headers)}.values())
    with _source(_movements(unique)) as source:
        whole = list(source.read_days(*days, batch_size=1000))
        tiny = list(source.read_days(*days, batch_size=size))

    assert _content(tiny) == _content(whole)
    assert sum(batch.rows_read for batch in whole) == len(unique)
    assert all(batch.rows_read <= size for batch in tiny)
    ordered = [batch.day or date.min for batch in tiny]
    assert ordered == sorted(ordered)


@settings(max_examples=15, deadline=None)
@given(headers=st.lists(st.tuples(IDS, DATES), max_size=25), size=st.integers(1, 5))
def test_copies_of_an_id_are_never_lost_between_pages(headers: list[tuple[str | None, str | None]], size: int) -> None:
    with _source(_movements(headers)) as source:
        batches = list(source.read_days(date(2024, 1, 1), date(2024, 12, 31), batch_size=size))

    assert sum(batch.rows_read for batch in batches) == len(headers)


@settings(max_examples=10, deadline=None)
@given(headers=st.lists(st.tuples(IDS, DATES), max_size=15), cut=st.integers(1, 300))
def test_days_read_one_by_one_give_what_a_range_gives(headers: list[tuple[str | None, str | None]], cut: int) -> None:
    unique = list({header[0] or number: header for number, header in enumerate(headers)}.values())
    first, last = date(2024, 1, 1), date(2024, 12, 31)
    middle = first + timedelta(days=cut)
    with _source(_movements(unique)) as source:
        whole = list(source.read_days(first, last, batch_size=100))
        parts = [*source.read_days(first, middle, batch_size=100)]
        parts += [b for b in source.read_days(middle + timedelta(days=1), last, batch_size=100) if b.day is not None]

    assert _content(parts) == _content(whole)


def test_kinds_come_together_day_by_day() -> None:
    with _source(good_company()) as source:
        batches = list(source.read_days(date(2024, 3, 1), date(2024, 3, 31), batch_size=2))

    assert [(batch.day.day if batch.day else 0, batch.record_type) for batch in batches] == [
        (1, "movement"), (2, "document"), (4, "document"), (4, "movement"), (5, "movement"), (6, "movement"),
        (7, "payment"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3])
def test_master_data_in_tiny_pages(size: int) -> None:
    with _source(good_company()) as source:
        assert all_of(source.read_master_data(batch_size=size)) == all_of(source.read_master_data(batch_size=1000))


def test_memory_is_that_of_a_page_and_not_of_the_table() -> None:
    start = date(2024, 1, 1)

    def peak(count: int, size: int) -> int:
        headers: list[tuple[str | None, str | None]] = [
            (f"m{n:05}", str(start + timedelta(days=n // 50))) for n in range(count)
        ]
        read = 0
        with _source(_movements(headers)) as source:
            list(source.read_days(start - timedelta(days=9), start, batch_size=size))  # what is loaded once
            gc.freeze()
            tracemalloc.start()
            for batch in source.read_days(start, date(2024, 12, 31), batch_size=size):
                read += batch.rows_read
                gc.collect()  # so that the peak does not depend on when garbage is collected
            _, highest = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            gc.unfreeze()
        assert read == count
        return highest

    assert peak(600, size=25) < 2 * peak(75, size=25) < peak(600, size=600)


def test_a_page_is_over_before_it_comes_out(postgresql_url: str) -> None:
    """No transaction stays open in the source while somebody works on a batch."""
    write_company(postgresql_url, good_company())
    engine = create_engine(normalise_url(postgresql_url))
    open_now = text("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'qbo-pipeline'")

    counts = []
    with engine.connect() as connection:
        batches = SqlSource(postgresql_url).read_days(date(2024, 3, 1), date(2024, 3, 31), batch_size=1)
        counts.extend(connection.execute(open_now).scalar_one() for _ in batches)
    engine.dispose()

    assert len(counts) == 7
    assert set(counts) == {0}


def test_order_within_a_day_is_that_of_ids() -> None:
    rows = _movements([(f"m{n}", "2024-03-01") for n in (9, 2, 5)])
    with _source(rows) as source:
        ids = [
            r.record_id for b in source.read_days(date(2024, 3, 1), date(2024, 3, 1), batch_size=1) for r in b.records
        ]

    assert all(one < other for one, other in pairwise(ids))
    assert ids == ["m2", "m5", "m9"]
