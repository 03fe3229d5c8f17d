"""The tree of errors: every error of ours hangs on one branch of it, and the drawing shows them all."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

import qbo_pipeline
from qbo_pipeline import errors
from qbo_pipeline.errors import PermanentError, PipelineError, Signal, TransientError
from qbo_pipeline.pipeline.failures import PlainFailure, plain_failure
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.posting.shell import WrongCompany
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable

STAND_ALONE = ("qbo_pipeline.emulator", "qbo_pipeline.systems", "qbo_pipeline.demo", "qbo_pipeline.serving")
ACROSS = {"QuickBooksError", "SourceFailure"}
# A float where an exact number was promised; a write through a client that was promised to read.
DEFECTS = {"NotExact", "WriteRefused"}
_LINE = re.compile(r"^[ │├└─]*── (\w+) {2,}(?:([\w.]+) {2,})?\S", re.MULTILINE)


def classes() -> Iterator[type[BaseException]]:
    for found in pkgutil.walk_packages(qbo_pipeline.__path__, "qbo_pipeline."):
        if found.name.startswith(STAND_ALONE) or found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for _, value in inspect.getmembers(module, inspect.isclass):
            # What is no Exception is a signal of the system to the whole program, such as an interrupt.
            if issubclass(value, Exception) and value.__module__ == found.name:
                yield value


OURS = sorted(set(classes()), key=lambda one: (one.__module__, one.__name__))


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_every_error_says_how_one_recovers(error: type[BaseException]) -> None:
    branches = [branch for branch in (PermanentError, TransientError, Signal) if issubclass(error, branch)]
    if error in (PipelineError, *(getattr(errors, name) for name in ("PermanentError", "TransientError", "Signal"))):
        return
    if error.__name__ in ACROSS:
        assert issubclass(error, PipelineError)
        assert not branches
    elif error.__name__ in DEFECTS:
        assert not branches
        assert not issubclass(error, PipelineError)
    else:
        assert len(branches) == 1, f"{error.__module__}.{error.__name__} is none or several of the three"


def test_the_drawing_shows_every_error_and_where_it_lives() -> None:
    drawn = dict(_LINE.findall(errors.__doc__ or ""))
    leaves = {error.__name__: error.__module__ for error in OURS if issubclass(error, PermanentError | TransientError)}
    expected = {name: module.removeprefix("qbo_pipeline.") for name, module in leaves.items()}
    expected |= {"PermanentError": "", "TransientError": ""}
    assert drawn == expected


def test_the_drawing_hangs_each_error_on_its_parent() -> None:
    stack: list[tuple[int, str]] = [(0, "PipelineError")]
    by_name = {error.__name__: error for error in OURS}
    for line in (errors.__doc__ or "").splitlines():
        if (found := re.match(r"^([ │]*[├└]── )(\w+)", line)) is None:
            continue
        depth, name = len(found[1]), found[2]
        while stack[-1][0] >= depth:
            stack.pop()
        assert by_name[stack[-1][1]] in by_name[name].__bases__, f"{name} does not hang on {stack[-1][1]}"
        stack.append((depth, name))


PROBLEM = Problem("the source went away", "movements", "nobody answers", "Wait")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (WrongCompany("another company"), PlainFailure("another company", transient=False)),
        (NotPossible("it is posted"), PlainFailure("it is posted", transient=False)),
        (SourceError(PROBLEM), PlainFailure(str(PROBLEM), transient=False)),
        (SourceUnavailable(PROBLEM), PlainFailure(str(PROBLEM), transient=True)),
        (ValueError("a defect"), None),
        (KeyError("a defect"), None),
        (Signal("nobody caught it"), None),
    ],
)
def test_an_error_is_told_in_its_own_words_and_a_defect_keeps_its_traceback(
    error: Exception, expected: PlainFailure | None
) -> None:
    assert plain_failure(error) == expected


def test_a_database_that_is_away_passes_by_itself() -> None:
    failure = plain_failure(OperationalError("SELECT 1", {}, Exception("nobody listens")))
    assert failure is not None
    assert failure.transient
    assert "nobody listens" in failure.text
