"""Restatements as an accountant reads them: the ledger lines that stand in QBO, and those of today.

What belongs here: old against new lines of each record. What a restatement is stands in `restating`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.accounting.preview import PreviewLine
from qbo_pipeline.pipeline.previewing import lines_of
from qbo_pipeline.pipeline.restating import Restatement, restatements
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.wire import from_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """One record with its ledger lines; `would` says in plain words what the order would do."""

    record_key: str
    number: str
    day: str
    would: str
    old: tuple[PreviewLine, ...]
    new: tuple[PreviewLine, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "record": self.record_key,
            "number": self.number,
            "day": self.day,
            "would": self.would,
            "in_quickbooks_now": [line.as_dict() for line in self.old],
            "lines": [line.as_dict() for line in self.new],
        }


def preview_restatements(run: Run) -> Iterator[Restated]:
    """Every record that would be posted otherwise today, in order of its key."""
    for one in restatements(run):
        old = [(row["entity"], from_wire(row["payload"])) for row in one.old]
        new = [(draft.entity, draft.payload) for draft in one.new]
        with run.database.reading() as connection:
            lines = lines_of(connection, run, [*old, *new])
        payload = (new or old)[0][1]
        yield Restated(
            record_key=one.record_key,
            number=str(payload.get("DocNumber") or payload.get("DisplayName") or payload.get("Name") or ""),
            day=str(payload.get("TxnDate") or ""),
            would=_would(one),
            old=tuple(line for part in lines[: len(old)] for line in part),
            new=tuple(line for part in lines[len(old) :] for line in part),
        )


def _would(one: Restatement) -> str:
    if one.refused is not None:
        return f"stays as it is, for it cannot be built today: {one.refused}"
    same = {draft.key for draft in one.new} == {row["key"] for row in one.old}
    would = "would be voided" if not one.new else "would be updated" if same else "would be created"
    if one.old and one.new and not same:
        would = f"would be taken out, and {len(one.new):,} created in its place"
    if one.by_unknown_settings:
        return f"{would}; it was posted before settings were kept: by which ones is not known"
    return would
