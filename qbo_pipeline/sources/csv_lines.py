"""The lines of a CSV file, none of them and no row of them longer than memory should hold.

What belongs here: the bound alone. What a row means is `csv_folder.py`'s.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

LARGEST_ROW = 32 * 1024 * 1024
"""The most characters of one row, over all of its lines."""


class BoundedLines:
    """Iterates over lines for `csv.reader`; raises `csv.Error` for a row that goes on and on."""

    def __init__(self, file: TextIO, largest: int = LARGEST_ROW) -> None:
        self._file = file
        self._largest = largest
        self._left = largest

    def begin_row(self) -> None:
        """The row before is complete: the next one has the whole room again."""
        self._left = self._largest

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise csv.Error(
                f"a row has more than {self._largest:,} characters: a quote that is never closed, or no text"
            )
        return line
