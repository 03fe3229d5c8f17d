"""Which tests reach a mutant: those that execute the statement in which it stands.

What belongs here: the one run of all tests without a mutant, in which the lines of the mutated files that each test
executes are taken down, and the way from the text that a mutant changes to the lines of its statement. A test that does
not execute the statement cannot tell the mutant from the code.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from _pytest.runner import runtestprotocol


class Target(NamedTuple):
    """Where a mutant stands: its function by mutmut's name, the file, and the text that it changes."""

    function: str
    file: str
    was: str


class Reach(NamedTuple):
    """What one run without a mutant shows: by test the lines that it executes of each file, and its seconds."""

    lines: dict[str, dict[str, set[int]]]
    seconds: dict[str, float]
    failed: list[str]

    def of(self, target: Target) -> set[str]:
        """The tests that execute the statement."""
        wanted = lines_of(target)
        return {test for test, files in self.lines.items() if not wanted.isdisjoint(files.get(target.file, ()))}


def observe(items: Sequence[Any], files: Iterable[str]) -> Reach:
    """Run every test once; `files` are relative to the working folder."""
    import coverage  # comes with mutmut, which is no dependency

    paths = {file: str(Path(file).resolve()) for file in files}
    watch = coverage.Coverage(data_file=None, config_file=False, include=list(paths.values()))
    watch.start()
    seconds: dict[str, float] = {}
    failed = []
    for item, following in pairwise([*items, None]):
        watch.switch_context(item.nodeid)
        started = time.process_time()
        reports = runtestprotocol(item, nextitem=following, log=False)
        if any(report.failed for report in reports):
            failed.append(item.nodeid)
        elif all(report.passed for report in reports):
            seconds[item.nodeid] = time.process_time() - started
    watch.stop()
    lines: dict[str, dict[str, set[int]]] = {test: {file: set() for file in paths} for test in seconds}
    for file, path in paths.items():
        for line, tests in watch.get_data().contexts_by_lineno(path).items():
            for test in seconds.keys() & set(tests):
                lines[test][file].add(line)
    return Reach(lines, seconds, failed)


def lines_of(target: Target) -> set[int]:
    """The lines of the statements in which the mutant's text stands; where it is nowhere, those of the function."""
    texts, functions = _parsed(target.file)
    function = functions[f"{target.function.rpartition('.')[2]}__mutmut_orig"]
    was = {line for line in target.was.splitlines() if line}
    first, last = _span(function)
    found = [number for number in range(first, last + 1) if texts[number - 1].strip() in was]
    if not found:
        return set(range(first, last + 1))
    return {line for number in found for line in range(*_statement(function, number))}


@cache
def _parsed(file: str) -> tuple[list[str], dict[str, ast.stmt]]:
    text = Path(file).read_text(encoding="utf-8")
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return text.splitlines(), dict(functions)


def _span(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _statement(inside: ast.stmt, number: int) -> tuple[int, int]:
    """First line and the line after the last of the innermost statement; of one with a body, of its head alone."""
    best = inside
    for node in ast.walk(inside):  # outer statements come before inner ones
        if isinstance(node, ast.stmt) and _span(node)[0] <= number <= _span(node)[1]:
            best = node
    first, last = _span(best)
    body = getattr(best, "body", None)
    if body and number < body[0].lineno and best is not inside:
        last = body[0].lineno - 1
    return first, last + 1
