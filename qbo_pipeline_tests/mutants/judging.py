"""Mutants that change nothing, by name and with the reason, so that the score counts only those that change something.

What belongs here: what a mutant is known by, the reading of `equivalent.toml`, and the check of it against the mutants
that there are: an entry that fits no mutant, another number of them than it says, or one that a test has noticed after
all, is an error.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "equivalent.toml"
Key = tuple[str, str, str, str]


class Mutant(NamedTuple):
    """One small mistake; `name` is mutmut's, `digest` is of the whole function with the mistake in it."""

    name: str
    file: str
    function: str
    was: str
    becomes: str
    digest: str


class Judgement(NamedTuple):
    """One entry: the mutants whose change it names (`times` of them) change nothing, because of a reason."""

    key: Key
    because: str
    times: int


def judgements(file: Path = FILE) -> list[Judgement]:
    """All entries; ValueError where one lacks its reason."""
    found = []
    for path, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
        for entry in entries:
            if not entry["because"].strip():
                raise ValueError(f"{path}, {entry['function']}: an entry without a reason")
            becomes = entry["becomes"] if isinstance(entry["becomes"], list) else [entry["becomes"]]
            for text in becomes:
                key = (path, entry["function"], _plain(entry["was"]), _plain(text))
                found.append(Judgement(key, entry["because"], entry.get("times", 1)))
    return found


def equivalent(mutants: Iterable[Mutant], entries: Iterable[Judgement]) -> tuple[dict[str, str], list[str]]:
    """The reasons by the name of the mutant, and what is wrong with the entries for these mutants' files."""
    by_key: dict[Key, list[str]] = defaultdict(list)
    files = set()
    for mutant in mutants:
        by_key[(mutant.file, mutant.function, _plain(mutant.was), _plain(mutant.becomes))].append(mutant.name)
        files.add(mutant.file)
    reasons: dict[str, str] = {}
    wrong = []
    for entry in entries:
        names = by_key.get(entry.key, [])
        if entry.key[0] in files and len(names) != entry.times:
            wrong.append(f"{entry.key[0]}, {entry.key[1]}: {len(names)} mutants, not {entry.times}: {entry.key[3]!r}")
        reasons |= dict.fromkeys(names, entry.because)
    return reasons, wrong


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
