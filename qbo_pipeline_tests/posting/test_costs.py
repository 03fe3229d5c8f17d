"""What a document costs on its way, counted and never timed: statements, transactions and parses a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import event

from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import intent, journal_entry

BATCH = 30
AMOUNT = Decimal("12.50")
STATEMENTS = 16  # a batch, beside asking for the time: claimed, frozen, settled, linked and journalled twice
TRANSACTIONS = 2  # one before it leaves, one after its answer


@contextmanager
def counted(database: Database) -> Iterator[Counter[str]]:
    """Statements, not rows: an INSERT of thirty rows is one."""
    seen: Counter[str] = Counter()

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        seen["statements"] += not text.startswith("BEGIN")

    def committed(_connection: Any) -> None:
        seen["transactions"] += 1

    event.listen(database.engine, "before_cursor_execute", statement)
    event.listen(database.engine, "commit", committed)
    yield seen
    event.remove(database.engine, "before_cursor_execute", statement)
    event.remove(database.engine, "commit", committed)


def test_a_batch_more_is_two_transactions_and_few_statements_more(room: Room) -> None:
    runs = []
    for batches in (1, 3):
        numbers = range(batches * 1000, batches * 1000 + batches * BATCH)
        room.take_in(*(intent(journal_entry(number, "81", "82", AMOUNT)) for number in numbers))
        with counted(room.database) as seen:
            assert room.run().batches == batches
        runs.append(seen)
    few, many = runs
    assert {name: (many[name] - few[name]) / 2 for name in many} == {
        "statements": STATEMENTS,
        "transactions": TRANSACTIONS,
    }
