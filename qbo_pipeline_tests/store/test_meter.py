"""The count of calls in the store."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from qbo_pipeline.quickbooks.meter import CallTotals
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.meter import FLUSH_CALLS, FLUSH_SECONDS, StoredMeter
from qbo_pipeline_tests.quickbooks.fakes import VirtualClock
from qbo_pipeline_tests.store.calls import calls_between


def test_counts_of_several_runs_and_connections_add_up(database: Database) -> None:
    for connection in ("acme", "acme", "acme_retail"):
        meter = StoredMeter(database, connection, "1")
        meter.count("write", items=30)
        meter.count("write")
        meter.count("metered_read", calls=3)
        assert meter.totals() == CallTotals(write=2, metered_read=3, batch_items=30)
        meter.close()
        meter.close()
    StoredMeter(database, "other", "2").count("free")
    found = calls_between(database, "1", date(2000, 1, 1), date(2999, 1, 1))
    assert found == CallTotals(write=6, metered_read=9, batch_items=90)


def test_counts_are_kept_by_day(store_url: str) -> None:
    clock = VirtualClock()
    database = open_database(store_url, clock=clock.now)
    meter = StoredMeter(database, "acme", "1", clock=clock)
    meter.count("write")
    meter.flush()
    clock.advance(86_400)
    meter.count("write", calls=2)
    meter.close()
    first = clock.now().date().replace(day=1)
    assert calls_between(database, "1", first, first).write == 1
    assert calls_between(database, "1", first, clock.now().date()).write == 3
    database.close()


@pytest.mark.parametrize(
    ("calls", "seconds", "stored"), [(FLUSH_CALLS, 0.0, True), (1, FLUSH_SECONDS, True), (1, 0.0, False)]
)
def test_the_store_is_written_now_and_then(store_url: str, calls: int, seconds: float, stored: bool) -> None:
    clock = VirtualClock()
    database = open_database(store_url, clock=clock.now)
    meter = StoredMeter(database, "acme", "1", clock=clock)
    clock.advance(seconds)
    meter.count("write", calls=calls)
    assert calls_between(database, "1", date(2000, 1, 1), date(2999, 1, 1)).write == (calls if stored else 0)
    database.close()


def test_a_store_that_fails_loses_no_count_and_no_call(database: Database) -> None:
    clock = VirtualClock()
    meter = StoredMeter(database, "acme", "1", clock=clock)
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE api_calls RENAME TO elsewhere"))
    clock.advance(FLUSH_SECONDS)
    meter.count("write")
    with pytest.raises(SQLAlchemyError):
        meter.close()
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO api_calls"))
    meter.close()
    assert calls_between(database, "1", date(2000, 1, 1), date(2999, 1, 1)).write == 1
