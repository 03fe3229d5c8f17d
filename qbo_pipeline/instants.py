"""Instants from the wire to the page: read in one way, shown in one way.

What belongs here: reading an instant as a system writes it, and writing it for people in the company's time zone with
the zone's name. In between an instant is an aware `datetime` in UTC. Nothing else of ours is imported, so that every
room may use it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, in UTC.

    The offset is applied here: who keeps an aware instant in another zone and hands it to a column of UTC may lose it.
    Raises `ValueError` for text that is no instant, or that names no offset and so may mean any hour.
    """
    instant = datetime.fromisoformat(text.strip())
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no offset from UTC")
    return instant.astimezone(UTC)


def parse_instant_or_utc(text: str) -> datetime:
    """The same for a writer known to mean UTC where it names no offset."""
    instant = datetime.fromisoformat(text.strip())
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def in_zone(instant: datetime, time_zone: str) -> datetime:
    """The instant as a clock of the zone (IANA name) shows it; raises `ValueError` for one that is not aware."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; pass an aware instant")
    return instant.astimezone(ZoneInfo(time_zone))


def show_instant(instant: datetime, time_zone: str, *, seconds: bool = False) -> str:
    """`2026-11-01 01:30 America/New_York (-04:00)`: by the company's clock, to the minute or second, with the zone.

    The offset tells the two hours apart that a clock shows twice when it is set back; UTC needs none.
    """
    local = in_zone(instant, time_zone)
    offset = f"{local:%z}"
    clock = f"{local:%Y-%m-%d %H:%M:%S}" if seconds else f"{local:%Y-%m-%d %H:%M}"
    return f"{clock} UTC" if time_zone == "UTC" else f"{clock} {time_zone} ({offset[:3]}:{offset[3:5]})"
