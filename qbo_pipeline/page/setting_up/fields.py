"""The settings that the page offers: by section their names, how each is asked for, and what a form's answer means.

What belongs here: the model of the settings as fields of a form, and which of them decide what is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qbo_pipeline.page.asked import NotUnderstood
from qbo_pipeline.page.setting_up.toml_file import Edit, Value
from qbo_pipeline.settings import Settings

RULE_SECTIONS: dict[str, tuple[str, ...] | None] = {"posting": None, "reconciliation": ("tolerance",)}
OTHER_SECTIONS: dict[str, tuple[str, ...] | None] = {
    "schedule": None,
    "alerts": ("digest_at", "quiet_from", "quiet_to", "waiting_days", "silent_hours", "metered_reads_a_month"),
    "reconciliation": ("report_readers",),
    "quickbooks": ("requests_per_minute", "requests_per_second", "batches_per_minute"),
    "source": ("batch_size", "calls_per_minute", "document_url"),
}
"""By section the settings that are offered; all of the section where none is named. What ties the connection to its
company, its source and its store, and what names secrets, is changed in the file alone."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One setting in a form. `way` is how it is asked for: choice, several, whole, day, text; a choice of yes and no is
    `true` and `false`. `value` is what counts now, `given` whether the file says it."""

    section: str
    name: str
    way: str
    value: Value
    default: Value
    optional: bool
    given: bool
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def key(self) -> str:
        """Its name in the form."""
        return f"{self.section}.{self.name}"

    @property
    def shown(self) -> str:
        """The value as a form has it."""
        return in_form(self.value)


def in_form(value: Value) -> str:
    """A value as the form writes it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def fields_of(settings: Settings, sections: Mapping[str, tuple[str, ...] | None]) -> list[FormField]:
    """The fields of these sections in the order of the model."""
    return [field for section, names in sections.items() for field in _of_section(settings, section, names)]


def changes_of(fields: list[FormField], answered: Callable[[str], list[str] | None]) -> list[Edit]:
    """What a form changes; what it does not hold stays. Raises `NotUnderstood` for an answer that is none."""
    found = []
    for field in fields:
        answer = answered(field.key)
        if answer is None and field.way != "several":
            continue
        after = _meant(field, answer or [])
        if after != field.value:
            found.append(Edit((field.section, field.name), field.value if field.given else None, after))
    return found


def _of_section(settings: Settings, section: str, names: tuple[str, ...] | None) -> Iterator[FormField]:
    part: BaseModel = getattr(settings, section)
    for name, info in type(part).model_fields.items():
        if names is None or name in names:
            yield _field(part, section, name, info)


def _field(part: BaseModel, section: str, name: str, info: FieldInfo) -> FormField:
    optional, inner = _without_none(info.annotation)
    value, given = _plain(getattr(part, name)), name in part.model_fields_set
    default = _plain(info.get_default())
    way, choices = "text", cast(tuple[str, ...], ())
    least = most = None
    if inner is bool:
        way, choices = "choice", ("true", "false")
    elif get_origin(inner) is Literal:
        way, choices = "choice", get_args(inner)
    elif get_origin(inner) is tuple:
        way, choices = "several", get_args(get_args(inner)[0])
    elif inner is date:
        way = "day"
    elif int in (inner, *get_args(inner)):
        way = "whole"
        bounds = {type(bound): bound for bound in (*info.metadata, *_metadata(inner)) if isinstance(bound, Ge | Le)}
        least = getattr(bounds.get(Ge), "ge", None)
        most = getattr(bounds.get(Le), "le", None)
    return FormField(section, name, way, value, default, optional, given, choices, least, most)


def _without_none(annotation: Any) -> tuple[bool, Any]:
    if get_origin(annotation) in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        return len(rest) < len(get_args(annotation)), rest[0]
    return False, annotation


def _metadata(annotation: Any) -> tuple[Any, ...]:
    """What stands in `Annotated` within an optional type."""
    found: list[Any] = []
    for one in getattr(annotation, "__metadata__", ()):
        found += getattr(one, "metadata", [])
    return tuple(found)


def _plain(value: Any) -> Value:
    """A value of the model as TOML holds it."""
    if isinstance(value, tuple):
        return [str(one) for one in value]
    if isinstance(value, Decimal):
        return str(value)
    found: Value = value
    return found


def _meant(field: FormField, answer: list[str]) -> Value:
    """The value that an answer means; whether it is a right one, the settings themselves say."""
    given = answer[0].strip() if answer else ""
    if field.way == "several":
        return [one for one in field.choices if one in answer]
    if not given:
        return None if field.optional else field.default
    try:
        match field.way:
            case "choice" if field.choices == ("true", "false"):
                return {"true": True, "false": False}[given]
            case "whole":
                return int(given)
            case "day":
                return date.fromisoformat(given)
            case _:
                return given
    except (ValueError, KeyError):
        raise NotUnderstood(f"[{field.section}] {field.name}: “{given[:40]}” is no value of it.") from None
