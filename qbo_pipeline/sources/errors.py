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

    An `error` stops the reading; a `warning` is worth a look. Where nothing of the source can be read, `unreadable`,
    nothing else needs to be asked of it now.
    """

    what: str
    where: str
    why: str
    remedy: str
    severity: Literal["error", "warning"] = "error"
    unreadable: bool = False

    def __str__(self) -> str:
        return f"{self.what} ({self.where}): {self.why}. {self.remedy}."


class SourceFailure(PipelineError):
    """What ended the reading of a source; a line for each problem, and `problem` is the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problem = problems[0]
        self.problems = list(problems)


class SourceError(SourceFailure, PermanentError):
    """The source cannot be read until a person acts."""


class SourceUnavailable(SourceFailure, TransientError):
    """The source went away or is busy: nothing of the reading is lost, and reading the same days again is safe."""


def nearest(wanted: str, names: Iterable[str]) -> str | None:
    """The name most like `wanted`, letter case aside; `None` where nothing is alike."""
    by_fold = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(wanted.casefold(), by_fold, n=1, cutoff=0.5)
    return by_fold[found[0]] if found else None


_LISTED = 8  # names that a person takes in at a glance


def did_you_mean(wanted: str, names: Iterable[str], what: str) -> str:
    """Words for a remedy: the nearest name, and all of them where they are few."""
    known = sorted(names)
    if not known:
        return f"there are no {what} at all"
    near = nearest(wanted, known)
    if len(known) <= _LISTED:
        shown = f"{what} there are: {', '.join(repr(name) for name in known)}"
        return f"did you mean {near!r}? {shown}" if near else shown
    return f"did you mean {near!r}?" if near else f"none of the {len(known)} {what} has a name like it"


_SECRETS = re.compile(r"(://[^:/@\s]*:)[^@\s]*(@)|(?i:(password|passwd|pwd)\s*[=:]\s*)('[^']*'|\S+)")


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every password replaced: those given, and what looks like one in a URL or a `password=`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _SECRETS.sub(lambda found: f"{found[1]}***{found[2]}" if found[1] else f"{found[3]}=***", text)
