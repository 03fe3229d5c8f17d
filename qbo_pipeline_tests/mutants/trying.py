"""Each mutant against the tests that reach it: the tests are collected once, and a process is forked for each mutant.

What belongs here: what happens in the working folder, in a process of its own: one run that shows which test reaches
which mutant (`reaching.py`), and then mutant by mutant the tests that reach it, to the first that fails: those first
that have noticed most by the second of their time, in this function above all, and those that execute most of the
file. A function that a module calls while it is imported (a schema built from a table, a table of cases) was called
before the fork; those of its mutants that are not noticed get a process that imports everything anew. Properties run a
few examples, always the same, and do not shrink what they find.

    python -m qbo_pipeline_tests.mutants.trying TASK VERDICTS     (JSON in, lines of JSON out; __main__ calls it)
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from qbo_pipeline_tests.mutants.reaching import Reach, Target, observe

EXAMPLES = 10
START = 0.005  # seconds that any test takes, however quick it is
IN_FUNCTION = 20  # a mutant noticed in the function itself counts as so many elsewhere
OPTIONS = [
    "-n0",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-q",
    "-x",
    "--tb=no",
    "-p",
    "no:cacheprovider",
    "-m",
    "not benchmark and not torture",
]
NO_MUTANT = "none.none"
NOTICED, SURVIVED, NOT_REACHED, TIMED_OUT = "noticed", "survived", "not reached", "timed out"
GIVEN_UP = "not noticed in the time that it was given"
_GIVES_UP = 2  # exit status of a process that stops before its tests are through


def in_a_fork(work: Callable[[], Any]) -> Any:
    """The value of the work, done in a process of its own, whose modules and threads end with it."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        os.close(reading)
        try:
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        value = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise SystemExit("the run before the mutants did not end well: see above")
    return pickle.loads(value)


class Pool:
    """At most so many processes at once, each with one mutant; their verdicts as they end."""

    def __init__(self, processes: int, said: Callable[[str, str], None]) -> None:
        self.processes, self.said = processes, said
        self.running: dict[int, str] = {}
        self.noticed_by: Counter[str] = Counter()
        """How often each test has noticed a mutant, and `function test` one of that function: these are tried first."""
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)

    def try_one(self, name: str, seconds: float, work: Callable[[], str | None]) -> None:
        """Fork for one mutant; `work` says which test noticed it, if any, None where it gave up. Far beyond `seconds`
        it is stopped."""
        while len(self.running) >= self.processes:
            self._one_ends()
        if not (pid := os.fork()):
            self._child(name, seconds, work)
        self.running[pid] = name

    def finish(self) -> None:
        """Wait for those that are still running."""
        while self.running:
            self._one_ends()

    def _one_ends(self) -> None:
        pid, status = os.wait()
        with suppress(BlockingIOError):
            for line in os.read(self.reading, 1 << 16).decode().splitlines():
                function, _, test = line.partition(" ")
                self.noticed_by.update((test, f"{function} {test}"))
        if name := self.running.pop(pid, None):
            self.said(name, _verdict(os.waitstatus_to_exitcode(status)))

    def _child(self, name: str, seconds: float, work: Callable[[], str | None]) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        allowed = 5 + 20 * seconds
        signal.setitimer(signal.ITIMER_PROF, allowed)
        signal.setitimer(signal.ITIMER_REAL, 60 + 10 * allowed)
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        set_mutant_under_test(name)
        try:
            by = work()
        except BaseException:
            by = "an error outside the tests"
        if by:
            os.write(self.writing, f"{name.partition('__mutmut_')[0]} {by}\n".encode())
        os._exit(1 if by else _GIVES_UP if by is None else 0)


def _verdict(code: int) -> str:
    if code in (-signal.SIGALRM, -signal.SIGPROF):
        return TIMED_OUT
    if code == _GIVES_UP:
        return GIVEN_UP
    return SURVIVED if code == 0 else NOTICED


class Session:
    """The plugin of pytest that takes the place of its loop over the tests."""

    def __init__(self, files: list[str], then: Callable[[Any, Reach, set[str]], None]) -> None:
        self.files, self.then = files, then

    def pytest_runtestloop(self, session: Any) -> bool:
        """Collected is everything: see which test executes what, then go on with the mutants."""
        at_import = set(state()._stats)
        set_mutant_under_test(NO_MUTANT)  # to take calls down is slow
        for item in session.items:
            _few_examples(item)
        gc.collect()
        gc.freeze()
        reach: Reach = in_a_fork(lambda: observe(session.items, self.files))
        if reach.failed:
            raise RuntimeError(f"without any mutant these tests fail already: {', '.join(reach.failed)}")
        items = _quickest_first(session.items, reach.seconds)
        _must_pass(sum(reach.seconds.values()), lambda: _noticed_by(items))
        self.then(session, reach, at_import)
        return True


def _must_pass(seconds: float, work: Callable[[], str | None]) -> None:
    """Where no mutant is chosen, nothing may be noticed: otherwise every verdict would be worthless."""
    verdicts: dict[str, str] = {}
    control = Pool(1, verdicts.__setitem__)
    control.try_one(NO_MUTANT, seconds, work)
    control.finish()
    if verdicts != {NO_MUTANT: SURVIVED}:
        raise RuntimeError(f"the tests do not pass in a process of their own without a mutant: {verdicts}")


def _few_examples(item: Any) -> None:
    test = getattr(item.obj, "__func__", item.obj)
    if (given := getattr(test, "_hypothesis_internal_use_settings", None)) is not None:
        test._hypothesis_internal_use_settings = hypothesis.settings(
            given,
            max_examples=min(given.max_examples, EXAMPLES),
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )


def _noticed_by(items: list[Any], seconds: float | None = None) -> str | None:
    """The first test that fails, empty where none does; None where the seconds are over before they are through."""
    started = time.process_time()
    for item, following in pairwise([*items, None]):
        if seconds is not None and time.process_time() - started > seconds:
            return None
        if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
            return str(item.nodeid)
    return ""


def _quickest_first(items: list[Any], seconds: dict[str, float]) -> list[Any]:
    return sorted((item for item in items if item.nodeid in seconds), key=lambda item: seconds[item.nodeid])


def _after_import(
    session: Any, reach: Reach, mutants: dict[str, Target], at_import: set[str], pool: Pool, seconds: float | None
) -> list[str]:
    """Try each mutant with the tests that reach it; the answer: those that may only be seen by importing anew."""
    left = []
    said = pool.said

    def first_of_two(name: str, verdict: str) -> None:
        if verdict in (SURVIVED, NOT_REACHED) and mutants[name].function in at_import:
            left.append(name)
        else:
            said(name, verdict)

    pool.said = first_of_two
    quickest = _quickest_first(session.items, reach.seconds)
    for name, target in mutants.items():
        chosen = reach.of(target)
        items = [item for item in quickest if item.nodeid in chosen]
        if not items:
            pool.said(name, NOT_REACHED)
            continue
        items.sort(key=partial(_merit, pool.noticed_by, reach, target))
        each = [reach.seconds[item.nodeid] for item in items]
        expected = sum(each) if seconds is None else min(sum(each), seconds + max(each))
        pool.try_one(name, expected, partial(_noticed_by, items, seconds))
    pool.finish()
    pool.said = said
    return left


def _merit(noticed_by: Counter[str], reach: Reach, target: Target, item: Any) -> tuple[float, int]:
    """What comes first: by its second most mutants noticed, those of the function above all; then lines executed."""
    test = item.nodeid
    noticed = IN_FUNCTION * noticed_by[f"{target.function} {test}"] + noticed_by[test] + 1
    return -noticed / (reach.seconds[test] + START), -len(reach.lines[test][target.file])


class _Ordered:
    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = _quickest_first(items, self.seconds)
        for item in items:
            _few_examples(item)


def _from_import_on(tests: list[str], seconds: dict[str, float]) -> str:
    return "some test" if pytest.main([*OPTIONS, *tests], plugins=[_Ordered(seconds)]) else ""


def _libraries(modules: list[str]) -> None:
    """Import what the tests import and is not ours, so that the processes to come need not."""
    for name in modules:
        if not name.startswith(("qbo_pipeline", "_pytest", "pytest", "__main__")):
            with suppress(Exception):
                importlib.import_module(name)


def main(task: Path, verdicts: Path) -> int:
    """Try the mutants of the task; a line of JSON for each verdict, written at once, so that a run can go on later."""
    wanted = json.loads(task.read_text(encoding="utf-8"))
    mutants = {name: Target(*target) for name, target in wanted["mutants"].items()}
    tests = wanted["tests"]
    with verdicts.open("a", encoding="utf-8") as file:

        def said(name: str, verdict: str) -> None:
            file.write(json.dumps([name, verdict]) + "\n")
            file.flush()

        pool = Pool(wanted["processes"], said)
        result: list[Any] = []

        def collected() -> Any:
            set_mutant_under_test("stats")  # takes down which functions modules call while they are imported

            def then(session: Any, reach: Reach, at_import: set[str]) -> None:
                left = _after_import(session, reach, mutants, at_import, pool, wanted["seconds"])
                result.extend((reach.seconds, left, list(sys.modules)))

            files = sorted({target.file for target in mutants.values()})
            return pytest.main([*OPTIONS, *tests], plugins=[Session(files, then)]), *result

        code, *rest = in_a_fork(collected)
        if not rest:
            return int(code)
        seconds, left, modules = rest
        if left:
            _libraries(modules)
            gc.freeze()
            _must_pass(sum(seconds.values()), lambda: _from_import_on(tests, seconds))
        for name in left:
            pool.try_one(name, sum(seconds.values()), lambda: _from_import_on(tests, seconds))
        pool.finish()
    return 0


def progress(verdicts: Path) -> Iterator[tuple[str, str]]:
    """The verdicts written so far: name and verdict."""
    if verdicts.exists():
        for line in verdicts.read_text(encoding="utf-8").splitlines():
            name, verdict = json.loads(line)
            yield name, verdict


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
