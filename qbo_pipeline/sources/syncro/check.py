"""Whether a Syncro account fits the settings.

What belongs here: the questions to what has landed; they take no call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import available_timezones

from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.snapshots import history_begins
from qbo_pipeline.sources.landed.values import part, text
from qbo_pipeline.sources.syncro.lists import COMPANY


def check_account(landing: Landing, expected: Expected, parameters: Mapping[str, str | Sequence[str]]) -> list[Problem]:
    """What is worth a look: another time zone, and stock that was first looked at after the first day."""
    landed = landing.get(COMPANY, COMPANY)
    zone = text(part(landed.content, "locale"), "time_zone") if landed else None
    problems = []
    if zone in available_timezones() and zone != expected.time_zone:
        why = f"Syncro's is {zone}, the settings say {expected.time_zone}"
        remedy = "Moments fall on another day near midnight: write the same zone in both"
        problems.append(Problem("another time zone", "Syncro, /settings", why, remedy, severity="warning"))
    return [*problems, *history_begins(landing, expected, "Syncro, /products")]
