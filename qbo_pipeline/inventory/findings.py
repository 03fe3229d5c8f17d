"""A finding: one rule that one row breaks, told in plain words.

What belongs here: the value that passes from the parsers, schemas and checks to whoever sets records aside.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Row `row` (its position in the frame of `kind`) breaks `rule` in `column`.

    `value` is what the source gave, as text. With `fatal` false the record is good and the finding is a warning.
    """

    kind: str
    row: int
    rule: str
    column: str
    value: str | None
    message: str
    fatal: bool = True
