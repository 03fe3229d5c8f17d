"""`docs/emulator-conformance.md`, made of the tables beside this and of the emulator's own.

python -m qbo_pipeline.emulator.conformance > docs/emulator-conformance.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from qbo_pipeline.emulator.company.reports.catalogue import REPORTS
from qbo_pipeline.emulator.conformance.behaviours import BEHAVIOURS
from qbo_pipeline.emulator.conformance.causes import CAUSES
from qbo_pipeline.emulator.conformance.evidence import SOURCES, WORDS
from qbo_pipeline.emulator.conformance.operations import OPERATIONS, entities, status
from qbo_pipeline.emulator.conformance.reports import parameters
from qbo_pipeline.emulator.http.fault_rules import EXPLAINED, KINDS

_OPENING: Final = """\
# The emulator beside QuickBooks Online

What of QuickBooks Online is emulated, and how well it is known that the real service does the same. Made of the code by
`python -m qbo_pipeline.emulator.conformance`; a test keeps it so. How to use the emulator is in
[emulator.md](emulator.md).
"""


def conformance_text() -> str:
    """The whole of `docs/emulator-conformance.md`."""
    parts = [_OPENING, _table(("word", "means"), [(f"*{word}*", text) for word, text in WORDS.items()])]
    parts.append(_table(("mark", "source"), [(f"[{mark}]", text) for mark, text in SOURCES.items()]))
    parts.append("## Entities by operation\nBlank: neither Intuit's reference nor the emulator has it.\n")
    rows = [(name, *(status(name, operation) for operation in OPERATIONS)) for name in entities()]
    parts.append(_table(("entity", *OPERATIONS), rows))
    parts.append(
        '`sparse` is an update with `"sparse": true`. Sources: [I] for *documented*, [R] for *recorded*.\n'
        f"\n{_counted(cell for row in rows for cell in row[1:])}\n"
    )
    parts.append(
        "## Reports by parameter\nEvery other parameter is ignored, as recorded [R]; what is *not emulated* is refused "
        "with 5030, unless it says what is done anyway (`adjusted_gain_loss=false`).\n"
    )
    found = [(report.name, parameters(report)) for report in REPORTS]
    words = [word for word in WORDS if any(word == s for _, listed in found for _, s in listed)]
    rows = [(name, *(_listed(listed, word) for word in words)) for name, listed in found]
    parts.append(_table(("report", *words), rows))
    parts.append(
        "FECReport and those whose names end in FR are refused with 5020 outside France. "
        "Sources: [I] for *documented*, [R] for *recorded*.\n"
    )
    parts.append("## Faults by cause\n")
    causes = [(c.code, c.cause, c.status, _marks(c.sources), _ticked(c.settings)) for c in CAUSES]
    parts.append(_table(("code", "cause", "status", "source", "setting"), causes))
    parts.append("## Behaviour\nSettings are those of `POST /emulator/company` and `POST /emulator/settings`.\n")
    behaviours = [(b.what, b.status, _marks(b.sources), _ticked(b.settings)) for b in BEHAVIOURS]
    parts.append(_table(("what", "status", "source", "setting"), behaviours))
    parts.append("## Failures on order\nOf `POST /emulator/faults`, and of `--faults FILE`.\n")
    kinds = [(f"`{kind}`", EXPLAINED[kind], ", ".join(f"`{name}`" for name in sorted(KINDS[kind]))) for kind in KINDS]
    parts.append(_table(("kind", "does", "takes"), kinds))
    return "\n".join(parts)


def _listed(found: list[tuple[str, str]], word: str) -> str:
    return ", ".join(f"`{name}`" for name, known in found if known == word)


def _ticked(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _marks(sources: str) -> str:
    return " ".join(f"[{mark}]" for mark in sources.split())


def _counted(words: Iterable[str]) -> str:
    counts = Counter(word for word in words if word)
    return "Of these cells " + ", ".join(f"{counts[word]} are {word}" for word in (*WORDS,) if counts[word]) + "."


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)
