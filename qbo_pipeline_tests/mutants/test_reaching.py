"""Which lines belong to a mutant's statement, and which tests execute them."""

from __future__ import annotations

import pytest

from qbo_pipeline_tests.mutants.reaching import Reach, Target, lines_of

CODE = """\
def x_other__mutmut_orig(a):
    return a + 1


def x_rule__mutmut_orig(a, b):
    if (
        a > b
    ):
        a += 1
        return total(
            a,
            b,
        )
    elif a == b:
        a -= 1
    for one in b:
        a += 1
    with open(a) as file:
        b = [
            line for line in file
        ]
    return lambda: (
        a + 1
    )
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("reaching") / "rules.py"
    path.write_text(CODE, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("was", "lines"),
    [
        ("a > b", {6, 7, 8}),  # the head of an if, not what it guards
        ("b,", {10, 11, 12, 13}),  # one statement on four lines
        ("elif a == b:", {14}),
        ("a -= 1", {15}),
        ("a += 1", {9, 17}),  # the text stands twice: either may be meant
        ("for one in b:", {16}),
        ("with open(a) as file:", {18}),
        ("line for line in file", {19, 20, 21}),
        ("a + 1", {22, 23, 24}),
        ("a -= 1\nfor one in b:", {15, 16}),
        ("not there", set(range(5, 25))),
        ("def rule(a, b):", set(range(5, 25))),
        ("", set(range(5, 25))),
    ],
)
def test_the_lines_of_a_mutant_are_those_of_its_statement(file: str, was: str, lines: set[int]) -> None:
    assert lines_of(Target("rules.x_rule", file, was)) == lines


def test_a_test_reaches_a_mutant_whose_statement_it_executes(file: str) -> None:
    lines = {"one": {file: {6, 9, 10}}, "two": {file: {6, 14}}, "three": {"other.py": {15}}, "four": {file: {15, 16}}}
    reach = Reach(lines, {}, [])
    assert reach.of(Target("rules.x_rule", file, "b,")) == {"one"}
    assert reach.of(Target("rules.x_rule", file, "if (")) == {"one", "two"}
    assert reach.of(Target("rules.x_rule", file, "a -= 1")) == {"four"}
    assert reach.of(Target("rules.x_other", file, "return a + 1")) == set()
