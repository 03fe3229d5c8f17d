"""The nightly schedule: which days it asks for, by run key and tags; and the windows of days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.partitions import windows
from qbo_pipeline.schedules import CATCH_UP, nights
from qbo_pipeline.settings import load_settings
from qbo_pipeline_tests.dagster_face.company import Company, make_company

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return make_company(tmp_path_factory.mktemp("company"), days=1)


@pytest.fixture(scope="module")
def new_instance() -> Iterator[dg.DagsterInstance]:
    """An instance that has run nothing yet."""
    with dg.instance_for_test() as instance:
        yield instance


def tick(company: Company, instance: dg.DagsterInstance, at: datetime) -> dg.RunRequest | str:
    """What the schedule asks for at an instant; or why it asks for nothing."""
    (schedule,) = company.definitions().schedules or ()
    assert isinstance(schedule, dg.ScheduleDefinition)
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at)
    data = schedule.evaluate_tick(context)
    if data.run_requests:
        (request,) = data.run_requests
        return request
    assert data.skip_message is not None
    return data.skip_message


def asked(request: dg.RunRequest | str) -> tuple[str | None, str, str]:
    assert isinstance(request, dg.RunRequest), request
    tags = request.tags
    return (
        request.run_key,
        tags["dagster/asset_partition_range_start"],
        tags["dagster/asset_partition_range_end"],
    )


def done(instance: dg.DagsterInstance, *days: str) -> None:
    key = dg.AssetKey(["shop", "quickbooks_documents"])
    for key_of_day in days:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=key_of_day))


@pytest.mark.parametrize(
    ("why", "at", "expected"),
    [
        (
            "the night after an ordinary day",
            datetime(2026, 3, 20, 2, 30, tzinfo=NEW_YORK),
            ("shop-2026-03-20", "2026-03-16", "2026-03-19"),
        ),
        (
            "clocks go forward: 02:30 does not exist, Dagster runs at 03:00",
            datetime(2026, 3, 8, 3, 0, tzinfo=NEW_YORK),
            ("shop-2026-03-08", "2026-03-04", "2026-03-07"),
        ),
        (
            "clocks go back: the day has 25 hours and one night",
            datetime(2026, 11, 1, 2, 30, tzinfo=NEW_YORK),
            ("shop-2026-11-01", "2026-10-28", "2026-10-31"),
        ),
        (
            "the same instant, told in UTC",
            datetime(2026, 3, 20, 6, 30, tzinfo=ZoneInfo("UTC")),
            ("shop-2026-03-20", "2026-03-16", "2026-03-19"),
        ),
        (
            "the night after the first day: nothing before it is asked for",
            datetime(2026, 3, 3, 2, 30, tzinfo=NEW_YORK),
            ("shop-2026-03-03", "2026-03-02", "2026-03-02"),
        ),
    ],
)
def test_nights(
    company: Company, new_instance: dg.DagsterInstance, why: str, at: datetime, expected: tuple[str, str, str]
) -> None:
    assert asked(tick(company, new_instance, at)) == expected, why


def test_before_the_first_day_is_over_it_waits(company: Company, new_instance: dg.DagsterInstance) -> None:
    found = tick(company, new_instance, datetime(2026, 3, 2, 2, 30, tzinfo=NEW_YORK))
    assert found == "the connection's first day, 2026-03-02, is not over yet"


def test_missed_nights_are_caught_up_in_one_run(company: Company, kept_instance: dg.DagsterInstance) -> None:
    done(kept_instance, "2026-03-02", "2026-03-03", "2026-03-04")
    request = tick(company, kept_instance, datetime(2026, 3, 20, 2, 30, tzinfo=NEW_YORK))
    assert asked(request) == ("shop-2026-03-20", "2026-03-05", "2026-03-19")


def test_a_hole_between_nights_is_caught_up_even_after_a_later_day_was_run(
    company: Company, kept_instance: dg.DagsterInstance
) -> None:
    done(kept_instance, "2026-03-02", "2026-03-03", "2026-03-05", "2026-03-18")
    request = tick(company, kept_instance, datetime(2026, 3, 20, 2, 30, tzinfo=NEW_YORK))
    assert asked(request) == ("shop-2026-03-20", "2026-03-04", "2026-03-19")


def test_history_before_the_oldest_day_that_was_run_is_never_posted_unasked(
    company: Company, kept_instance: dg.DagsterInstance
) -> None:
    done(kept_instance, "2026-03-18", "2026-03-19", "2026-03-20")
    request = tick(company, kept_instance, datetime(2026, 3, 25, 2, 30, tzinfo=NEW_YORK))
    assert asked(request) == ("shop-2026-03-25", "2026-03-21", "2026-03-24")


def test_a_closed_history_is_finished_once(tmp_path: Path, kept_instance: dg.DagsterInstance) -> None:
    company = make_company(tmp_path, days=1, last_day="2026-03-05")
    late = datetime(2026, 5, 1, 2, 30, tzinfo=NEW_YORK)
    assert asked(tick(company, kept_instance, late)) == ("shop-2026-05-01", "2026-03-02", "2026-03-05")
    done(kept_instance, "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")
    assert tick(company, kept_instance, late) == "the connection's last day, 2026-03-05, is done"
    soon = datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK)
    assert asked(tick(company, kept_instance, soon)) == ("shop-2026-03-07", "2026-03-02", "2026-03-05")


DAYS = st.integers(0, 120).map(lambda offset: date(2026, 3, 2) + timedelta(days=offset))


@given(today=DAYS, done=st.sets(DAYS, max_size=60))
def test_a_night_covers_yesterday_the_look_back_and_every_recent_hole(
    company: Company, today: date, done: set[date]
) -> None:
    settings = load_settings(company.settings)
    found = nights(settings, today, done)
    yesterday = today - timedelta(days=1)
    if yesterday < settings.connection.first_day:
        assert isinstance(found, str)
        return
    assert not isinstance(found, str)
    first, last = found
    assert last == yesterday
    assert settings.connection.first_day <= first <= max(settings.connection.first_day, last - timedelta(days=3))
    assert first >= max(settings.connection.first_day, last - CATCH_UP)
    holes = {
        day
        for day in (last - timedelta(days=n) for n in range(CATCH_UP.days + 1))
        if done and min(done) < day and day not in done
    }
    assert all(first <= day for day in holes)


@given(days=st.sets(DAYS, max_size=80), longest=st.none() | st.integers(1, 40))
def test_windows_hold_each_day_once_in_order_and_none_is_too_long(days: set[date], longest: int | None) -> None:
    found = windows((day.isoformat() for day in days), longest=longest)
    covered = [first + timedelta(days=n) for first, last in found for n in range((last - first).days + 1)]
    assert covered == sorted(days)
    if longest is not None:
        assert all((last - first).days < longest for first, last in found)
    else:
        assert all(after[0] - before[1] > timedelta(days=1) for before, after in pairwise(found))
