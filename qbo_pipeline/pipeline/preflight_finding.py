"""One finding of preflight: what was checked, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """One check: what was found, and what to do where it is not as it must be."""

    name: str
    ok: bool
    finding: str
    remedy: str = ""
    code: str | None = None  # of the source, where that is what has no account or tax code yet
