"""The reference of all settings, `docs/settings.md`: made of the model (names, values, defaults) and of what the
template of `init` says about each.

    python -m qbo_pipeline.commands.settings_reference > docs/settings.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qbo_pipeline.accounting.books import DIMENSIONS, ROLES
from qbo_pipeline.accounting.likenesses import Sign
from qbo_pipeline.commands.template import settings_text
from qbo_pipeline.settings import Settings

_HEADER = re.compile(r"(?:# )?\[+([\w.]+)[^\]]*\]+\s*(?:# (.*))?$")
_SETTING = re.compile(r"(?:# )?(\w+) = .*? # (.*)$")
_EXAMPLE = {
    "name": "acme",
    "currency": "USD",
    "time_zone": "America/New_York",
    "first_day": "2026-01-01",
    "environment": "sandbox",
    "realm": "1234567890",
}
_WORDS: dict[Any, str] = {
    bool: "`true` or `false`",
    str: "text",
    int: "whole number",
    Path: "path",
    date: "date",
    Decimal: "decimal number in quotes",
    tuple[tuple[Sign, ...], ...]: "a list of such lists",
}
_OPENING = """\
# The settings of a connection

Made of the model in the code by `python -m qbo_pipeline.commands.settings_reference`; a test keeps it so. One TOML
file is one connection; `qbo-pipeline init` writes it with every setting in it. Secrets never stand there: they are the
variables `QBO_<CONNECTION>_…` of the environment, or of a file `.env` beside the settings. A setting that does not
exist is refused with the nearest name that does.
"""


def reference_text() -> str:
    """The whole of `docs/settings.md`."""
    said = all_explanations()
    parts = [_OPENING]
    for name, info in Settings.model_fields.items():
        if info.exclude:
            continue
        model = _section(info.annotation)
        table = "[[{}]]" if get_origin(info.annotation) is tuple else "[{}]"
        parts.append(f"\n## `{table.format(name)}`\n")
        if remark := said.get(name):
            parts.append(f"{_sentence(remark)}\n")
        if model is None:
            parts.append(f"\nEach line is {_values(info)}.\n")
            continue
        parts.append("\n| setting | values | without it | meaning |\n|---|---|---|---|\n")
        parts.extend(_row(name, own, field, said) for own, field in model.model_fields.items())
        if name == "accounts":
            parts.append(f"\nThe roles are: {_listed(ROLES)}. More particular than a role by itself there is also ")
            parts.append(f"{_listed(DIMENSIONS)}.\n")
    return "".join(parts)


def explanations(text: str) -> dict[str, str]:
    """What a settings file says about its settings: `section` or `section.name`, and the remark behind it."""
    found: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        if header := _HEADER.match(line):
            section = header[1].strip(".")
            if header[2]:
                found[section] = header[2]
        elif setting := _SETTING.match(line):
            found.setdefault(f"{section}.{setting[1]}", setting[2])
    return found


def all_explanations() -> dict[str, str]:
    """The remarks of the template about every setting that it writes, by `section.name`."""
    return explanations(settings_text(_EXAMPLE))


def settings_names() -> Iterator[tuple[str, str]]:
    """Every setting that the model takes, as (section, name)."""
    for section, info in Settings.model_fields.items():
        model = _section(info.annotation)
        if model is not None:
            yield from ((section, name) for name in model.model_fields)


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model of a section, or of one block where it may be there several times; `None` for a table of any names."""
    candidates = [annotation, *get_args(annotation)]
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _row(section: str, name: str, info: FieldInfo, said: dict[str, str]) -> str:
    without = "*needed*" if info.is_required() else _shown(info.get_default(call_default_factory=True))
    meaning = said[f"{section}.{name}"]
    return f"| `{name}` | {_values(info)} | {without} | {meaning.replace('|', 'or')} |\n"


def _values(info: FieldInfo) -> str:
    bounds = {type(bound): bound for bound in info.metadata if isinstance(bound, Ge | Le)}
    if info.annotation is int:
        return f"{bounds[Ge].ge} to {bounds[Le].le}"  # type: ignore[union-attr]  # each has both bounds
    return _words(info.annotation)


def _words(annotation: Any) -> str:
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a table of {_listed(tuple(annotation.model_fields))}"
    if origin is Literal:
        return _listed(arguments, "or")
    if origin is dict:
        inner = arguments[1]
        return "a table for each" if get_origin(inner) is dict else f"`name = value`, a value is {_words(inner)}"
    if origin in (tuple, list):
        return f"list of {_words(arguments[0])}s"
    if origin in (Union, UnionType):
        return " or ".join(_words(one) for one in arguments if one is not type(None))
    raise TypeError(f"the reference has no words for {annotation}")


def _shown(default: Any) -> str:
    if default in (None, {}, ()) or isinstance(default, BaseModel):
        return "none"
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def _listed(names: tuple[str, ...], joint: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}" if len(quoted) > 1 else quoted[0]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    print(reference_text(), end="")
