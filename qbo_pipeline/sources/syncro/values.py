"""What is peculiar to the values of Syncro's objects: money as text, as a number and in cents; ids that are numbers.

What belongs here: one function for each kind of value. What all systems have in common is in `landed/values.py`.
"""

from __future__ import annotations

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.values import MAIN, Object, amount, cents, exact, text


def money(source: Object, *names: str) -> str | None:
    """An amount, rounded half up to cents, however it came: `"64.99"`, `64.99`, or `6499` under a name in cents."""
    for name in names:
        number = exact(source, name)
        if number is None and amount(source, name) is not None:
            return amount(source, name)
        if number is not None:
            return decimal_text(cents(number / 100 if name.endswith("_cents") else number))
    return None


def place(source: Object, *names: str) -> str:
    """Where something is; `MAIN` where it does not say."""
    return text(source, *(names or ("location_id",))) or MAIN


def ident(source: Object, name: str) -> str | None:
    """An id: a whole number, kept as text."""
    found = text(source, name)
    return None if found in (None, "0") else found
