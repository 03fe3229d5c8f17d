"""What each system takes of what comes back from QuickBooks, as docs/systems/taken.md says it.

python -m qbo_pipeline_tests.systems.what_is_taken > docs/systems/taken.md
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from qbo_pipeline.returning.abilities import ACTIONS, KindAbility
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.sources.systems import SYSTEMS

_HEAD = """# What each system takes of what comes back

Made of the tables of abilities in the code (`sources/<system>/abilities.py`) by
`python -m qbo_pipeline_tests.systems.what_is_taken`; a test keeps it so. Another carries an entry of every row to the
system's server in a box: once, though its answer was lost, at the limit, after a failure, with a key that was taken
back, with two processes at it, killed between any two effects. What a kind is and how it comes back:
[write-back.md](../write-back.md).

- **made, changed, taken out**: whether the API has a way; where not, the entry is parked with the reason, for a person.
- **found by**: before anything is written the system is asked whether it is there already.
- **twice**: what the same request a second time would come to. It is sent a second time only after it was not found.
- **versions**: whether the system tells one, so that nothing is written over what changed in between. Where it does
  not, the present value is read just before, and a field that is neither as it was nor as it shall be stays.

[?] is what is not published, and was never seen.
"""


def text() -> str:
    """The whole page."""
    parts = [_HEAD]
    for system, door in SYSTEMS.items():
        parts.append(f"\n## `{system}`\n\n{_ROW_HEAD}")
        for kinds, ability in _joined(door.takes):
            parts.append(_row(kinds, ability))
        parts += _notes(door.takes)
    return "".join(parts)


_COLUMNS = ("made", "changed", "taken out", "found by", "twice", "versions", "after approval")
_ROW_HEAD = f"| | {' | '.join(_COLUMNS)} |\n|---{'|---' * len(_COLUMNS)}|\n"


def _joined(takes: Mapping[str, KindAbility]) -> list[tuple[list[str], KindAbility]]:
    """Kinds that a system treats alike stand in one row."""
    found: list[tuple[list[str], KindAbility]] = []
    for kind, ability in takes.items():
        same = next((row for row in found if _same(row[1], ability)), None)
        if same is None:
            found.append(([kind], ability))
        else:
            same[0].append(kind)
    return found


def _same(one: KindAbility, other: KindAbility) -> bool:
    def said(ability: KindAbility) -> tuple[object, ...]:
        reasons = tuple(sorted((action, why.replace(ability.kind, "")) for action, why in ability.cannot.items()))
        return (reasons, ability.found_by, ability.idempotent, ability.versions, ability.afterwards, ability.left_out,
                ability.asks_for)  # fmt: skip

    return said(one) == said(other)


def _names(kinds: list[str]) -> str:
    return ", ".join(dict.fromkeys(OWNED_AS.get(kind, f"{kind}s").replace("_", " ") for kind in kinds))


def _row(kinds: list[str], ability: KindAbility) -> str:
    can = " | ".join("yes" if ability.can(action) else "no" for action in ACTIONS)
    twice = "is one" if ability.idempotent else "would be two"
    versions = "yes" if ability.versions else "no"
    return f"| {_names(kinds)} | {can} | {ability.found_by} | {twice} | {versions} | {ability.afterwards} |\n"


def _notes(takes: Mapping[str, KindAbility]) -> list[str]:
    notes = []
    for kinds, ability in _joined(takes):
        if ability.asks_for:
            fields = ", ".join(f"`{name}`" for name in ability.asks_for)
            notes.append(
                f"- New {_names(kinds)} are asked for {fields}, which QuickBooks does not know: "
                "`[write_back.new_entries]` says it.\n"
            )
        if ability.left_out:
            notes.append(f"- Of {_names(kinds)} is not carried: {ability.left_out}.\n")
        whys = dict.fromkeys(why.replace("{marker}", "…") for why in ability.cannot.values())
        notes += [f"- {_names(kinds).capitalize()}: {why}.\n" for why in whys]
    return ["\n", *notes] if notes else []


if __name__ == "__main__":
    sys.stdout.write(text())
