"""Which account, class and department a line takes, and what is said where there is none: for each way to ask for one.

What belongs here: how the outcomes of `writing.py` change where one account is named for a product, a category, a
location or a party, or for nothing at all. Of all outcomes those are taken that ask in a way in which none before them
does. What came out when a person last looked at it is in `places.json`; `test_places.py` compares. After a change that
is meant, write it anew and read the difference:

    python -m qbo_pipeline_tests.accounting.outcomes.places
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from qbo_pipeline.accounting import accounts
from qbo_pipeline.accounting.books import DIMENSIONS, LEVELS, Books
from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.outcomes.writing import SUBJECTS, written

FILE = Path(__file__).with_name("places.json")
OTHER = "777"  # the Id of the account, class or department that is named
NOWHERE, UNKNOWN, HINTS = "without one", "outside the chart", "hints outside the chart"
CASES: dict[str, tuple[Record, Books]] = {
    f"{subject}: {name}": row for subject, rows in SUBJECTS.items() for name, row in rows.items()
}
Asked = tuple[str, bool, tuple[tuple[str, int], ...]]  # role, whether there is a hint, the lines that lead there


def told(case: str, asked: str) -> Any:
    """Where the account that `asked` names shows in the outcome of a case, or the refusal where it names none."""
    record, of = CASES[case]
    if asked == HINTS:
        return _refusal(record, replace(of, hints=dict.fromkeys(of.hints, OTHER)))
    role, _, rest = asked.partition(" by ")
    if not rest:
        role = asked.removesuffix(f" {NOWHERE}").removesuffix(f" {UNKNOWN}")
        others = {name: account for name, account in of.roles.items() if name != role}
        bare = replace(of, roles=others | ({} if asked.endswith(NOWHERE) else {role: OTHER}),
                       overrides={key: account for key, account in of.overrides.items() if key[0] != role})  # fmt: skip
        return _refusal(record, bare)
    level, _, value = rest.partition(" ")
    chart = of.chart
    if role not in DIMENSIONS:
        chart = {**chart, OTHER: replace(chart[of.roles[role]], id=OTHER, name="Another")}
    named = replace(of, chart=chart, overrides={**of.overrides, (role, level, value): OTHER})
    return list(_shown(written(build(record, named)), ""))


def _refusal(record: Record, of: Books) -> str | None:
    outcome = build(record, of)
    return f"{outcome.reason} [{outcome.field}] {outcome.message}" if isinstance(outcome, Refused) else None


def _shown(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _shown(part, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _shown(part, f"{at}[{position}]")
    elif value in (OTHER, f"$item/{OTHER}"):
        yield at


def asked_by(record: Record, of: Books) -> set[Asked]:
    """The ways in which a record asks for accounts, classes and departments."""
    found: set[Asked] = set()
    resolve, dimension_for = accounts._resolve, accounts._levels

    def noted(books: Books, role: str, place: accounts.Place) -> str | None:
        found.add((role, bool(place.line_hint or place.document_hint), _path(2)))
        return resolve(books, role, place)

    def levels(place: accounts.Place) -> list[tuple[str, str]]:
        caller = sys._getframe(1)
        if caller.f_code.co_name.startswith("dimension_for"):
            found.add((caller.f_locals["dimension"], False, _path(2)))
        return dimension_for(place)

    accounts._resolve, accounts._levels = noted, levels
    try:
        build(record, of)
    finally:
        accounts._resolve, accounts._levels = resolve, dimension_for
    return found


def _path(above: int) -> tuple[tuple[str, int], ...]:
    frame, lines = sys._getframe(above), []
    while frame is not None and frame.f_code.co_name != "build":
        lines.append((Path(frame.f_code.co_filename).name, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]  # `build` is always there
    return tuple(lines)


def questions() -> Iterator[tuple[str, str]]:
    """The cases that ask in a new way, and what can be named for the role that they ask for."""
    known: set[Asked] = set()
    for case, (record, of) in CASES.items():
        asked = asked_by(record, of)
        for role in sorted({role for role, _, _ in asked - known}):
            for level in LEVELS:
                for value in _values(record, of, level):
                    if role in DIMENSIONS or role in of.roles:
                        yield case, f"{role} by {level} {value}"
            if role not in DIMENSIONS:
                yield case, f"{role} {NOWHERE}"
                yield case, f"{role} {UNKNOWN}"
        if any(hinted for _, hinted, _ in asked - known):
            yield case, HINTS
        known |= asked


def _values(record: Record, of: Books, level: str) -> list[str]:
    rows = (*getattr(record, "lines", ()), record)
    products = [of.product(id_) for row in rows if (id_ := getattr(row, "product_id", None))]
    party = getattr(record, "party_id", None)
    values: dict[str, list[str | None]] = {
        "product": [product.product_id for product in products if product],
        "category": [product.category for product in products if product],
        "location": [getattr(row, "location_id", None) for row in rows],
        "party": [f"{kind}:{party}" for kind in ("customer", "supplier") if party],
    }
    return list(dict.fromkeys(value for value in values[level] if value is not None))


def known() -> dict[str, dict[str, Any]]:
    """What came out when a person last looked: by case and question."""
    content: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    answers: dict[str, dict[str, Any]] = {}
    for case, question in questions():
        answers.setdefault(case, {})[question] = told(case, question)
    FILE.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
