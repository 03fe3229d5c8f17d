"""A business date as people type it into Dagster's launchpad."""

from __future__ import annotations

from datetime import date

import dagster as dg


def day_of(text: str, field: str) -> date:
    """The day of a launchpad's field; ends the run in plain words for what is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = f"{field}: {text!r} is no date: write it as 2026-03-31"
        raise dg.Failure(description=said, allow_retries=False) from None
