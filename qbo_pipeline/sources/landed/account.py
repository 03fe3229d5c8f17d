"""What a person is told of an account before its data is read, and what the settings say of it.

What belongs here: values that every system fills.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Expected:
    """What the settings say of the company."""

    currency: str
    time_zone: str
    first_day: date


@dataclass(frozen=True, slots=True)
class ListShown:
    """One list: where it is, how many entries it has (`None`: it does not say), and the first of them."""

    path: str
    total: int | None
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountLook:
    """What an account shows. `calls` is about how many a first load takes."""

    company: Mapping[str, str | None]
    lists: tuple[ListShown, ...]
    calls: int
