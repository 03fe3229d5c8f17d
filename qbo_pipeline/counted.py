"""Numbers with what they count."""

from __future__ import annotations


def number_of(count: int, one: str, many: str | None = None) -> str:
    """1 document, 1,000 documents."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
