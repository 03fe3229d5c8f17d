"""Adjusting journals: one that a person approved stands against the difference that it was made for.

What belongs here: the name by which a journal says which difference it corrects, and the taking out of both where they
cancel out in every account. Where they do not (any more), both stay and are shown.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.tables import difference_keys

PREFIX = "adjustment/"


def adjustment_key(difference_key: str) -> str:
    """Record and posting key of the journal that corrects a difference."""
    return f"{PREFIX}{difference_key}"


def settle(entries: Any) -> Any:
    """The joined entries without the differences that an adjusting journal corrects to the cent, and without it."""
    mine = np.asarray(pc.starts_with(entries["document_key"], PREFIX))
    if not mine.any():
        return entries
    keys = difference_keys(entries)
    documents = entries["document_key"].to_pylist()
    places = list(zip(entries["account"].to_pylist(), entries["cents"].to_pylist(), strict=True))
    corrected = {key: number for number, key in enumerate(keys) if not mine[number]}
    journals: dict[str, list[int]] = {}
    for number in np.flatnonzero(mine).tolist():
        journals.setdefault(documents[number], []).append(number)
    settled: list[int] = []
    for document, rows in journals.items():
        difference = corrected.get(document.removeprefix(PREFIX))
        if difference is None:
            continue
        left: Counter[int] = Counter()
        for account, cents in (places[number] for number in (*rows, difference)):
            left[account] += cents
        if not any(left.values()):
            settled += [*rows, difference]
    keep = np.ones(len(keys), dtype=bool)
    keep[settled] = False
    return entries.filter(pa.array(keep))
