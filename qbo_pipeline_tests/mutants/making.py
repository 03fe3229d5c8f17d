"""The mutants of a file, made by mutmut: every function beside its mutants, and a switch that chooses between them.

What belongs here: the call of mutmut's own mutation of a file (it needs the settings that `__main__` writes into the
working folder), and what a mutant is called: its file, its function, the text that was there and the text that takes
its place. mutmut mutates functions and methods; what stands at the level of the module or is decorated it leaves alone.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name, orig_function_and_class_names_from_key

from qbo_pipeline_tests.mutants.judging import Mutant


def make(folder: Path, file: str) -> list[Mutant]:
    """Write the file of the working folder anew with all its mutants in it, and list these.

    What was made once is kept in `.made`: the next run of the same text takes it from there.
    """
    text = (folder / file).read_text(encoding="utf-8")
    digest = hashlib.sha256(file.encode() + text.encode()).hexdigest()
    kept = folder.parent / ".made" / f"{digest}.json"
    if not kept.exists():
        made = mutate_file_contents(file, text)
        lines = made.code.splitlines()
        spans = {name: lines[span.start - 1 : span.end] for name, span in made.line_span_by_function_name.items()}
        found = [_mutant(file, name, spans) for name in made.mutant_names]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"code": made.code, "mutants": found}), encoding="utf-8")
    stored = json.loads(kept.read_text(encoding="utf-8"))
    (folder / file).write_text(stored["code"], encoding="utf-8")
    return [Mutant(*mutant) for mutant in stored["mutants"]]


def reached_as(mutant: Mutant) -> str:
    """The name under which mutmut's switch says that the mutant's function was called."""
    return mutant.name.partition("__mutmut_")[0]


def _mutant(file: str, name: str, spans: dict[str, list[str]]) -> Mutant:
    full = get_mutant_name(Path(file), name)
    function, owner = orig_function_and_class_names_from_key(full)
    before = _named(spans[f"{name.partition('__mutmut_')[0]}__mutmut_orig"], function)
    after = _named(spans[name], function)
    was, becomes = [], []
    for line in difflib.ndiff(before, after):
        if line.startswith("- "):
            was.append(line[2:].strip())
        elif line.startswith("+ "):
            becomes.append(line[2:].strip())
    place = f"{owner}.{function}" if owner else function
    digest = hashlib.sha256("\n".join(after).encode()).hexdigest()[:16]
    return Mutant(full, file, place, "\n".join(was), "\n".join(becomes), digest)


def _named(lines: list[str], function: str) -> list[str]:
    """The function's lines under its own name, without the blank lines and comments above it."""
    first = next(number for number, line in enumerate(lines) if line.lstrip().startswith(("def ", "async def ")))
    head = lines[first]
    opening = head.index("def ") + 4
    return [head[:opening] + function + head[head.index("(", opening) :], *lines[first + 1 :]]
