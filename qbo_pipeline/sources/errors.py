"""What can go wrong with a source as a whole, in plain words.

What belongs here: `Problem` (a value, from `check`) and the errors (drawn in `qbo_pipeline.errors`).
What is wrong with one record is a `SetAside`, not an exception.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from qbo_pipeline.errors import PermanentError, PipelineError, TransientError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, why, and what to do about it.

    An `error` stops the reading; a `warning` is worth a look.
    """

    what: str
    where: str
    why: str
    remedy: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.what} ({self.where}): {self.why}. {self.remedy}."


class SourceFailure(PipelineError):
    """What ended the reading of a source; `problem` says it in parts."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class SourceError(SourceFailure, PermanentError):
    """The source cannot be read until a person acts."""


class SourceUnavailable(SourceFailure, TransientError):
    """The source went away or is busy: nothing of the reading is lost, and reading the same days again is safe."""


def nearest(wanted: str, names: Iterable[str]) -> str | None:
    """The name most like `wanted`, letter case aside; `None` where nothing is alike."""
    by_fold = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(wanted.casefold(), by_fold, n=1, cutoff=0.5)
    return by_fold[found[0]] if found else None


def did_you_mean(wanted: str, names: Iterable[str], what: str) -> str:
    """Words for a remedy: the nearest name, then the others."""
    known = sorted(names)
    if not known:
        return f"there are no {what} at all"
    near = nearest(wanted, known)
    shown = ", ".join(repr(name) for name in known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return (f"did you mean {near!r}? " if near else "") + f"{what} there are: {shown}"


_SECRETS = re.compile(r"(://[^:/@\s]*:)[^@\s]*(@)|(?i:(password|passwd|pwd)\s*[=:]\s*)('[^']*'|\S+)")


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every password replaced: those given, and what looks like one in a URL or a `password=`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _SECRETS.sub(lambda found: f"{found[1]}***{found[2]}" if found[1] else f"{found[3]}=***", text)
