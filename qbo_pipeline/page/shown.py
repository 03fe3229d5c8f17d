"""How the page shows things: the templates and what they are given besides their values.

What belongs here: the environment of the templates. They escape every text; text of others goes through `visible`.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from qbo_pipeline.instants import in_zone, show_instant
from qbo_pipeline.page import words
from qbo_pipeline.surfaces import visible

_HERE = Path(__file__).parent
_TYPES = {"page.css": "text/css", "mark.svg": "image/svg+xml"}


def _named(name: str, content: bytes) -> str:
    """The address of a file, another one with each content, so that browsers may keep it."""
    stem, _, ending = name.partition(".")
    return f"/static/{stem}-{hashlib.sha256(content).hexdigest()[:16]}.{ending}"


_CONTENTS = {name: (_HERE / "static" / name).read_bytes() for name in _TYPES}
PATHS = {name: _named(name, content) for name, content in _CONTENTS.items()}
FILES = {PATHS[name]: (_CONTENTS[name], kind) for name, kind in _TYPES.items()}
"""By address the content and the type of each file that is served as it is."""


def render(template: str, **values: Any) -> str:
    """A template as text."""
    return _environment().get_template(template).render(**values)


def figure(amount: Decimal | None) -> str:
    """As accountants write it: (1,234.56) is negative; empty where there is none."""
    if amount is None:
        return ""
    rounded = amount.quantize(Decimal("0.01")) if amount == amount.quantize(Decimal("0.01")) else amount
    return f"({-rounded:,})" if rounded < 0 else f"{rounded:,}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": lambda text: visible("" if text is None else str(text)),
        "figure": figure,
        "decimal": Decimal,
        "count": lambda number: f"{number:,}",
        "plural": lambda number, one, many=None: f"{number:,} {one if number == 1 else many or one + 's'}",
        "day": lambda day: "" if day is None or day == date.min else day.isoformat(),
        "instant": _instant,
        "local_day": lambda value, zone: "" if value is None else in_zone(value, zone).date().isoformat(),
        "state": words.state,
        "kind": words.plain,
        "setting": _setting,
        "sentence": _sentence,
        "segment": lambda text: quote(str(text), safe=""),
    }
    environment.globals |= {"static": PATHS}
    return environment


def _sentence(text: str) -> str:
    """What the settings file says about a setting, for a form in which yes and no are chosen."""
    said = text.replace("`", "").replace("true:", "yes:").replace("false:", "no:")
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _setting(value: Any) -> str:
    """A value of the settings for people."""
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return ", ".join(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _instant(value: datetime | None, zone: str) -> str:
    """Date and time by the clock of a zone, which the page names once; with the offset in the hour that the clock shows
    twice when it is set back."""
    if value is None:
        return ""
    clock, _, offset = show_instant(value, zone).partition(f" {zone}")
    local = in_zone(value, zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return clock + (offset if twice else "")
