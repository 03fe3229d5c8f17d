"""GET and POST /emulator/company: the settings of the company itself, the points where QBO's behaviour is not known."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.settings import CompanySettings

_ADAPTER: Final = TypeAdapter(CompanySettings)
_FIXED: Final = ("time_zone", "download_base_url")
"""What is settled when the company is opened."""


def as_json(company: Company) -> dict[str, Any]:
    """The settings in force: durations as ISO 8601 texts, decimals as texts, sets as lists."""
    found: dict[str, Any] = _ADAPTER.dump_python(company.settings, mode="json")
    return {name: sorted(value) if isinstance(value, list) else value for name, value in found.items()}


def change(company: Company, body: dict[str, Any]) -> dict[str, Any]:
    """Change some settings, all of them or none; durations may be given in seconds.

    Raises ValueError (pydantic's for a bad value) that says what can be written instead.
    """
    known = {each.name for each in fields(CompanySettings)} - set(_FIXED)
    unknown = sorted(set(body) - known)
    if unknown or not body:
        wrong = ", ".join(unknown) or "nothing"
        raise ValueError(f"not to be set here: {wrong}; write one of {', '.join(sorted(known))}")
    company.change_settings(_ADAPTER.validate_python({**as_json(company), **body}))
    return as_json(company)
