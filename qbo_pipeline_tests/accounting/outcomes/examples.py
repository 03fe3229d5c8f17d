"""Each example of docs/what-is-posted.md, whole, in both modes of posting."""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books, PostingMode
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.table.sections import SECTIONS
from qbo_pipeline_tests.accounting.table.writing import books_of


def examples(mode: PostingMode) -> dict[str, tuple[Record, Books]]:
    """The records of each row, by what the row is about."""
    return {
        f"{row.what} [{position}]": (record, books_of(row, mode))
        for rows in SECTIONS.values()
        for row in rows
        for position, record in enumerate(row.shown, start=1)
    }
