"""A reconciliation written down whole, as text: every total, note, row and word of it, and the plan of corrections.

What belongs here: how it is written, and the files of what came out when a person last looked at it (`told/`, one for
each kind of books), which `test_telling.py` compares. After a change that is meant, write them anew and read the
difference:

    python -m qbo_pipeline_tests.reconciliation.telling
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.remedies import plan
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import FRAMES
from qbo_pipeline_tests.reconciliation.corners import CORNERS
from qbo_pipeline_tests.reconciliation.corners.together import alone, together
from qbo_pipeline_tests.reconciliation.language import read
from qbo_pipeline_tests.reconciliation.rich import OTHERS, rich
from qbo_pipeline_tests.reconciliation.test_causes import CASES
from qbo_pipeline_tests.reconciliation.test_evidence import CASES as EVIDENCE
from qbo_pipeline_tests.reconciliation.test_evidence import without_findings

FOLDER = Path(__file__).with_name("told")
TOTALS = (
    "as_at", "currency", "stock_value", "ledger_balance", "difference", "explained", "unexplained", "tolerance",
    "status", "stock_basis", "first_divergence", "notes", "content_hash",
)  # fmt: skip
_TEXTS = CASES | CORNERS | together(CASES | CORNERS)
_SMALL = {name: read(text, asset_accounts=OTHERS) for name, text in _TEXTS.items()}
_EVIDENCE = {name: read(without_findings(name), asset_accounts=OTHERS) for name in EVIDENCE}
BOOKS = {name: books.input for name, books in (_SMALL | _EVIDENCE).items()} | rich()
EXPECTED = {name: sorted(books.expected) for name, books in _SMALL.items() if name not in CASES}
TOLD = [name for name in BOOKS if name not in CORNERS or alone(CORNERS[name])]  # the other corners: all together


def told(result: Reconciliation) -> str:
    """The reconciliation as lines: a total or a row of a frame each; in a row stands what is not null."""
    return "\n".join([*_totals(result), *_rows(result), *_plan(result)])


def told_of(name: str) -> str:
    """The same for one of the books whose text is kept."""
    return told(reconcile(BOOKS[name]))


def known() -> dict[str, str]:
    """What came out when a person last looked, by the name of the books."""
    files = [file.read_text(encoding="utf-8") for file in sorted(FOLDER.glob("*.txt"))]
    parts = [part for text in files for part in text.split("\n\n# ")[1:]]
    return {name: text.rstrip("\n") for name, _, text in (part.partition("\n") for part in parts)}


def kind_of(name: str) -> str:
    """Which books these are; each kind has a file."""
    kinds = {"cases": CASES, "corners": CORNERS, "evidence": _EVIDENCE, "rich": rich()}
    return next((kind for kind, books in kinds.items() if name in books), "together")


def _totals(result: Reconciliation) -> Iterator[str]:
    for name in TOTALS:
        value = getattr(result, name)
        if value is not None and value != ():
            yield f"{name}: {_text(value)}"


def _rows(result: Reconciliation) -> Iterator[str]:
    for name, columns in FRAMES.items():
        frame = getattr(result, name)
        names = tuple(column.name for column in columns)
        assert tuple(frame.columns) == names
        assert list(frame.index) == list(range(len(frame)))
        for row in rows_of(frame, names):
            if name == "roll_forward" and not (row["source"] or row["ledger"]):
                continue  # most lines of most accounts: which there are is held by `test_views.py`
            yield f"{name}: " + " ".join(f"{key}={_text(value)}" for key, value in row.items() if value is not None)


def _plan(result: Reconciliation) -> Iterator[str]:
    for action in plan(result):
        yield "plan: " + " ".join(f"{key}={_text(value)}" for key, value in asdict(action).items() if value is not None)


def _text(value: Any) -> str:
    text = str(value)
    return text if text and not set(text) & set(' ="\n') else json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    texts: dict[str, str] = {}
    for book in TOLD:
        texts[kind_of(book)] = texts.get(kind_of(book), "") + f"\n\n# {book}\n{told_of(book)}"
    for kind, text in texts.items():
        text = f"Books of the tests, reconciled; see telling.py.{text}\n"
        (FOLDER / f"{kind}.txt").write_text(text, encoding="utf-8", newline="\n")
