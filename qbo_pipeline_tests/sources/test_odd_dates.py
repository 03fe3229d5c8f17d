"""Whatever stands in a date column, a header is counted under the day under which it is kept, or it is set aside.

What belongs here: the counting identity over odd date texts, from the source to the store's counts.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.pipeline.counts import broken_counts, day_counts
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.sources.cells import BadCell, parse_date
from qbo_pipeline.sources.days import day_of
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows
from qbo_pipeline_tests.sources.company import good_company, write_company

_SPACES = st.text(st.sampled_from(" \t\n\u00a0\u2003"), max_size=2)
_DATES = st.one_of(
    st.dates(date(2024, 2, 27), date(2024, 3, 9)).map(date.isoformat),
    st.sampled_from(
        ["2024-03-00", "2024-02-31", "2024-13-01", "2024-3-4", "04/03/2024", "soon", "0000-00-00", "٢٠٢٤-٠٣-٠٤"]
    ),
)
ODD = st.builds("{}{}{}{}".format, _SPACES, _DATES, st.sampled_from(["", "T10:00:00", " 23:59:59.9", "Z"]), _SPACES)


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(ODD, min_size=1, max_size=6))
def test_a_header_counts_under_the_day_under_which_it_is_kept(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    rows = good_company()
    payment = rows["payments"][0]
    rows["payments"] = [{**payment, "payment_id": f"y{n}", "business_date": text} for n, text in enumerate(texts)]
    rows["payment_allocations"] = []
    url = f"sqlite:///{tmp_path_factory.mktemp('odd') / 'source.sqlite'}"
    write_company(url, rows)
    source = SqlSource(url)
    batches = list(source.read_days(date(2024, 1, 1), date(2024, 12, 31), batch_size=100, record_types=("payment",)))
    source.close()

    assert sum(batch.rows_read for batch in batches) == len(texts)
    assert all(record.business_date == batch.day for batch in batches for record in batch.records)
    kept = Counter(record.record_id for batch in batches for record in batch.records)
    kept.update(item.record_id for batch in batches for item in batch.set_aside)
    assert kept == Counter(f"y{n}" for n in range(len(texts)))


@given(ODD)
def test_a_date_that_reads_well_is_found_under_its_day_or_refused(text: str) -> None:
    try:
        day = parse_date(text)
    except BadCell:
        return
    assert day_of(text) in (day, None)  # None: `assemble` sets it aside


@pytest.mark.parametrize("text", [" 2024-03-04", "\t2024-03-04", "\u00a02024-03-04"])
def test_a_space_before_a_date_leaves_no_day_that_does_not_add_up(tmp_path: Path, text: str) -> None:
    rows = shop_rows()
    rows["documents"][1]["business_date"] = text
    shop = open_shop(tmp_path, None, rows)
    with shop.run() as run:
        extract_master_data(run)
        for _ in range(2):
            extract_days(run, FIRST_DAY, LAST_DAY)
            extract_days(run, date(2024, 3, 4), date(2024, 3, 4))
            assert broken_counts(run) == []
        undated = [count for count in day_counts(run) if count.day is None and count.record_type == "document"]
    assert [(count.rows_read, count.became["set_aside"]) for count in undated] == [(1, 1)]
