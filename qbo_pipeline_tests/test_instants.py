"""Instants are read at the wire with their offset and shown by the company's clock, with the zone's name."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.instants import in_zone, parse_instant, parse_instant_or_utc, show_instant
from qbo_pipeline.pipeline.trace import journal_message
from qbo_pipeline.reconciliation.frames import INSTANT, FrameError, array

NEW_YORK, LOS_ANGELES, AUCKLAND = "America/New_York", "America/Los_Angeles", "Pacific/Auckland"


@pytest.mark.parametrize(
    ("written", "zone", "shown"),
    [
        ("2026-11-05T09:11:41-08:00", LOS_ANGELES, f"2026-11-05 09:11 {LOS_ANGELES} (-08:00)"),
        ("2026-11-05T09:11:41-08:00", NEW_YORK, f"2026-11-05 12:11 {NEW_YORK} (-05:00)"),
        ("2026-06-30T22:30:00-07:00", NEW_YORK, f"2026-07-01 01:30 {NEW_YORK} (-04:00)"),  # the day after
        ("2026-07-01T00:30:00+12:00", NEW_YORK, f"2026-06-30 08:30 {NEW_YORK} (-04:00)"),  # the day before
        ("2026-06-30T23:59:59Z", AUCKLAND, f"2026-07-01 11:59 {AUCKLAND} (+12:00)"),
        ("2026-11-01T05:30:00Z", NEW_YORK, f"2026-11-01 01:30 {NEW_YORK} (-04:00)"),  # the hour that comes twice,
        ("2026-11-01T06:30:00Z", NEW_YORK, f"2026-11-01 01:30 {NEW_YORK} (-05:00)"),  # told apart by its offset
        ("2026-03-08T06:59:00Z", NEW_YORK, f"2026-03-08 01:59 {NEW_YORK} (-05:00)"),
        ("2026-03-08T07:00:00Z", NEW_YORK, f"2026-03-08 03:00 {NEW_YORK} (-04:00)"),
        ("2026-01-01T00:00:00+05:45", "Asia/Kathmandu", "2026-01-01 00:00 Asia/Kathmandu (+05:45)"),
    ],
)
def test_what_the_wire_says_is_what_the_company_reads(written: str, zone: str, shown: str) -> None:
    instant = parse_instant(written)
    (kept,) = array([instant], INSTANT).to_pylist()

    assert instant.utcoffset() == timedelta(0)
    assert kept == instant
    assert show_instant(instant, zone) == show_instant(kept, zone) == shown


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from([NEW_YORK, LOS_ANGELES, AUCKLAND, "UTC", "Europe/Madrid", "Asia/Kathmandu"]),
)
def test_no_offset_is_lost_between_the_wire_and_a_frame(clock: datetime, minutes: int, zone: str) -> None:
    there = clock.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse_instant(there.isoformat()) == there
    assert array([there, None, there.astimezone(ZoneInfo(zone))], INSTANT).to_pylist() == [there, None, there]
    assert in_zone(there, zone) == there


def test_an_offset_survives_once_pandera_is_there() -> None:
    """Arrow alone takes the other clock's time for UTC as soon as pandas' types are registered."""
    script = (
        "import pandera.pandas, pyarrow as pa; from datetime import *;"
        "from qbo_pipeline.reconciliation.frames import INSTANT, array;"
        "there = datetime(2026, 11, 5, 9, 11, 41, tzinfo=timezone(timedelta(hours=-8)));"
        "assert array([there], INSTANT).to_pylist() == [there]"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_an_instant_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="names no offset"):
        parse_instant("2026-11-05T09:11:41")
    with pytest.raises(FrameError, match="without a time zone"):
        array([datetime(2026, 11, 5)], INSTANT)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        show_instant(datetime(2026, 11, 5), NEW_YORK)  # noqa: DTZ001
    assert parse_instant_or_utc("2026-11-05T09:11:41") == datetime(2026, 11, 5, 9, 11, 41, tzinfo=UTC)
    assert pa.types.is_timestamp(array([], INSTANT).type)


def test_the_journal_says_a_change_in_quickbooks_in_the_companys_zone() -> None:
    """Lines of before hold the instant as QuickBooks wrote it; both are shown alike."""
    shown = f"QuickBooks says that it changed at 2026-11-05 12:11 {NEW_YORK} (-05:00)"
    for message in ("2026-11-05T09:11:41-08:00", "2026-11-05T17:11:41+00:00"):
        assert journal_message({"event": "edited_in_qbo", "message": message}, NEW_YORK) == shown
    assert journal_message({"event": "voided_in_qbo", "message": "odd"}, NEW_YORK) == "odd"
    assert journal_message({"event": "posted", "message": None}, NEW_YORK) is None
