"""What is wrong with a settings file, in plain words: file, line, setting, what is wrong, what would be right."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from qbo_pipeline.errors import PermanentError


class SettingsError(PermanentError):
    """The settings cannot be used; the text says where and why, one line for each mistake."""


def in_plain_words(path: Path, text: str, error: ErrorDetails, model: type[BaseModel]) -> str:
    """One mistake in one line: file, line, setting, what is wrong, what would be right."""
    names = [str(part) for part in error["loc"]]
    named = re.match(r"'([^']+)'", str(error.get("ctx", {}).get("error", "")))
    line = (_line_of(text, names, named[1]) if named else None) or _line_of(text, names)
    place = f"{path}:{line}" if line else str(path)
    setting = f"[{'.'.join(names[:-1])}] {names[-1]}" if len(names) > 1 else f"[{'.'.join(names)}]"
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(names[-1], _known_names(model, names[:-1]), n=1)
            return f"{place}: {setting}: there is no such setting" + (f", did you mean {near[0]!r}?" if near else "")
        case "missing":
            return f"{place}: {setting}: is missing"
        case "value_error":
            return f"{place}: {setting}: {error['ctx']['error']!s}"
        case "string_pattern_mismatch":
            meant = _PATTERNS.get(".".join(names), f"text like {error['ctx']['pattern']}")
            return f"{place}: {setting}: must be {meant} (got {_shown(error['input'])})"
        case _:
            return f"{place}: {setting}: {error['msg']} (got {_shown(error['input'])})"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _known_names(whole: type[BaseModel], parents: list[str]) -> list[str]:
    model: Any = whole
    for name in parents:
        field = getattr(model, "model_fields", {}).get(name)
        model = field.annotation if field else None
        model = next(iter(get_args(model)), model)  # a section that may be missing is a union with None
    return [name for name in getattr(model, "model_fields", {}) if name != "file"]


_PATTERNS = {
    "connection.name": "lower-case letters, digits and underscores, beginning with a letter",
    "connection.currency": "a currency code of three capital letters, such as USD",
    "quickbooks.realm": "the company's realm id: digits only",
    "schedule.at": "a time of day, such as 02:30",
}


def _line_of(text: str, names: list[str], key_named: str | None = None) -> int | None:
    """The line (from 1) on which a setting stands, or its section where the setting itself is missing; with
    `key_named`, the line of that key anywhere below the section."""
    section: list[str] = []
    best = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            section = [part.strip().strip("\"'") for part in header[1].split(".")]
            if section == names[: len(section)]:
                best = number
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            full = section + [part.strip("\"'") for part in key[1].split(".")]
            if key_named is not None:
                if full[-1] == key_named and full[: len(names)] == names:
                    return number
            elif full == names or full == names[: len(full)]:
                return number
    return best if key_named is None else None
