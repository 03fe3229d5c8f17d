"""The list of mutants that change nothing: an entry fits exactly the mutants that it names, or it is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbo_pipeline_tests.mutants.judging import Judgement, Mutant, equivalent, judgements

ROOT = Path(__file__).parent.parent.parent
KEY = ("rules.py", "total", "return a + b", "return b + a")
SAME = Mutant("rules.x_total__mutmut_1", *KEY, "1")
OTHER = Mutant("rules.x_total__mutmut_2", "rules.py", "total", "return a + b", "return a - b", "2")


@pytest.mark.parametrize("entry", judgements(), ids=lambda entry: " ".join(entry.key[:2]))
def test_what_is_judged_still_stands_in_the_code(entry: Judgement) -> None:
    file, function, was, becomes = entry.key
    lines = [line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    assert set(was.splitlines()) <= set(lines)
    assert any(line.startswith(f"def {function.rpartition('.')[2]}(") for line in lines)
    assert was != becomes
    assert entry.because


def test_no_mutant_is_judged_twice() -> None:
    keys = [entry.key for entry in judgements()]
    assert len(keys) == len(set(keys))


def test_an_entry_gives_its_reason_to_its_mutant_alone() -> None:
    assert equivalent([SAME, OTHER], [Judgement(KEY, "a sum has no order", 1)]) == (
        {SAME.name: "a sum has no order"}, [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mutants", "times", "wrong"),
    [
        ([OTHER], 1, ["rules.py, total: 0 mutants, not 1: 'return b + a'"]),
        ([SAME], 2, ["rules.py, total: 1 mutants, not 2: 'return b + a'"]),
        (
            [SAME, SAME._replace(name="rules.x_total__mutmut_3")],
            1,
            ["rules.py, total: 2 mutants, not 1: 'return b + a'"],
        ),
        ([Mutant("other.x_f__mutmut_1", "other.py", "f", "a", "b", "3")], 1, []),
    ],
    ids=["none left", "fewer", "more", "a run without its file"],
)
def test_an_entry_that_fits_others_than_it_says_is_an_error(
    mutants: list[Mutant], times: int, wrong: list[str]
) -> None:
    assert equivalent(mutants, [Judgement(KEY, "a sum has no order", times)])[1] == wrong


def test_an_entry_without_a_reason_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text('[["rules.py"]]\nfunction = "f"\nwas = "a"\nbecomes = "b"\nbecause = " "\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"^rules\.py, f: an entry without a reason$"):
        judgements(file)


def test_each_text_of_a_list_is_one_mutant(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    text = '[["rules.py"]]\nfunction = "f"\nwas = " a "\nbecomes = ["b", "c"]\nbecause = "x"\ntimes = 2\n'
    file.write_text(text, encoding="utf-8")
    assert judgements(file) == [Judgement(("rules.py", "f", "a", to), "x", 2) for to in ("b", "c")]
