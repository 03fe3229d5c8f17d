"""Each mutant against the tests that reach it: the tests are collected once, and a process is forked for each mutant.

What belongs here: what happens in the working folder, in a process of its own: which tests call which function and how
long each takes, and then mutant by mutant the tests of its function, to the first that fails: those first that have
noticed most so far, then the quickest. A
function that a module calls while it is imported (a schema built from a table) was called before the fork; those of
its mutants that are not noticed get a process that imports everything anew. Properties run a few examples, always the
same, and do not shrink what they find.

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
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

EXAMPLES = 10
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


class Reach(NamedTuple):
    """What one run without a mutant shows: by function the tests that call it, and by test its seconds."""

    tests: dict[str, set[str]]
    seconds: dict[str, float]
    at_import: set[str]
    modules: list[str]


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
        """How often each test has noticed a mutant: what noticed many is tried first."""
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)

    def try_one(self, name: str, seconds: float, work: Callable[[], str]) -> None:
        """Fork for one mutant; `work` says which test noticed it, if any. Far beyond `seconds` it is stopped."""
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
            self.noticed_by.update(os.read(self.reading, 1 << 16).decode().splitlines())
        if name := self.running.pop(pid, None):
            self.said(name, _verdict(os.waitstatus_to_exitcode(status)))

    def _child(self, name: str, seconds: float, work: Callable[[], str]) -> None:
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
            os.write(self.writing, f"{by}\n".encode())
        os._exit(1 if by else 0)


def _verdict(code: int) -> str:
    if code in (-signal.SIGALRM, -signal.SIGPROF):
        return TIMED_OUT
    return SURVIVED if code == 0 else NOTICED


class Session:
    """The plugin of pytest that takes the place of its loop over the tests."""

    def __init__(self, at_import: set[str], then: Callable[[Any, Reach], None]) -> None:
        self.at_import, self.then = at_import, then

    def pytest_runtestloop(self, session: Any) -> bool:
        """Collected is everything: see which test calls what, then go on with the mutants."""
        for item in session.items:
            _few_examples(item)
        gc.collect()
        gc.freeze()
        tests, seconds, failed = in_a_fork(lambda: _observe(session.items))
        if failed:
            raise RuntimeError(f"without any mutant these tests fail already: {', '.join(failed)}")
        items = _quickest_first(session.items, seconds)
        _must_pass(sum(seconds.values()), lambda: _noticed_by(items))
        self.then(session, Reach(tests, seconds, self.at_import, list(sys.modules)))
        return True


def _must_pass(seconds: float, work: Callable[[], str]) -> None:
    """Where no mutant is chosen, nothing may be noticed: otherwise every verdict would be worthless."""
    verdicts: dict[str, str] = {}
    control = Pool(1, verdicts.__setitem__)
    control.try_one(NO_MUTANT, seconds, work)
    control.finish()
    if verdicts != {NO_MUTANT: SURVIVED}:
        raise RuntimeError(f"the tests do not pass in a process of their own without a mutant: {verdicts}")


def _called_at_import(mutants: dict[str, str]) -> set[str]:
    """The functions that the modules with mutants call while they are imported."""
    set_mutant_under_test("stats")
    for module in sorted({name.rpartition(".")[0] for name in mutants}):
        importlib.import_module(module)
    return set(state()._stats)


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


def _observe(items: list[Any]) -> tuple[dict[str, set[str]], dict[str, float], list[str]]:
    tests: dict[str, set[str]] = defaultdict(set)
    seconds: dict[str, float] = {}
    failed = []
    set_mutant_under_test("stats")
    for item, following in pairwise([*items, None]):
        state()._stats.clear()
        started = time.process_time()
        reports = runtestprotocol(item, nextitem=following, log=False)
        if any(report.failed for report in reports):
            failed.append(item.nodeid)
        elif all(report.passed for report in reports):
            seconds[item.nodeid] = time.process_time() - started
            for function in state()._stats:
                tests[function].add(item.nodeid)
    return dict(tests), seconds, failed


def _noticed_by(items: list[Any]) -> str:
    """The first test that fails, empty where none does."""
    for item, following in pairwise([*items, None]):
        if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
            return str(item.nodeid)
    return ""


def _quickest_first(items: list[Any], seconds: dict[str, float]) -> list[Any]:
    return sorted((item for item in items if item.nodeid in seconds), key=lambda item: seconds[item.nodeid])


def _after_import(session: Any, reach: Reach, mutants: dict[str, str], pool: Pool) -> list[str]:
    """Try each mutant with the tests of its function; the answer: those that may only be seen by importing anew."""
    left = []
    said = pool.said

    def first_of_two(name: str, verdict: str) -> None:
        if verdict in (SURVIVED, NOT_REACHED) and mutants[name] in reach.at_import:
            left.append(name)
        else:
            said(name, verdict)

    pool.said = first_of_two
    quickest = _quickest_first(session.items, reach.seconds)
    for name, function in mutants.items():
        chosen = reach.tests.get(function, set())
        items = [item for item in quickest if item.nodeid in chosen]
        if not items:
            pool.said(name, NOT_REACHED)
            continue
        items.sort(key=lambda item: -pool.noticed_by[item.nodeid])
        pool.try_one(name, sum(reach.seconds[item.nodeid] for item in items), partial(_noticed_by, items))
    pool.finish()
    pool.said = said
    return left


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
    mutants, tests = wanted["mutants"], wanted["tests"]
    with verdicts.open("a", encoding="utf-8") as file:

        def said(name: str, verdict: str) -> None:
            file.write(json.dumps([name, verdict]) + "\n")
            file.flush()

        pool = Pool(wanted["processes"], said)
        result: list[Any] = []

        def collected() -> Any:
            at_import = _called_at_import(mutants)
            session = Session(at_import, lambda *seen: result.extend((seen[1], _after_import(*seen, mutants, pool))))
            code = pytest.main([*OPTIONS, *tests], plugins=[session])
            return code, *result

        code, *rest = in_a_fork(collected)
        if not rest:
            return int(code)
        reach, left = rest
        if left:
            _libraries(reach.modules)
            gc.freeze()
            _must_pass(sum(reach.seconds.values()), lambda: _from_import_on(tests, reach.seconds))
        for name in left:
            pool.try_one(name, sum(reach.seconds.values()), lambda: _from_import_on(tests, reach.seconds))
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
