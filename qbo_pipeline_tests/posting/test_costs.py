"""What a document costs on its way, counted and never timed: statements, transactions and parses a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import event

from qbo_pipeline.posting import blank_rows
from qbo_pipeline.quickbooks import wire
from qbo_pipeline.store.database import Database
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import drafted, intent, journal_entry
from qbo_pipeline_tests.quickbooks.fakes import quickbooks

BATCH = 30
AMOUNT = Decimal("12.50")
STATEMENTS = 16  # a batch, beside asking for the time: claimed, frozen, settled, linked and journalled twice
INTAKE = 8  # of a page: what is there, links, the journal's head, and four tables written
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


def test_a_batch_of_many_entities_costs_no_statement_more_than_one_of_journals(room: Room) -> None:
    counts = []
    for first, of_entity in ((1000, BATCH), (2000, BATCH // 3)):
        journals = [intent(journal_entry(first + n, "81", "82", AMOUNT)) for n in range(of_entity)]
        parties = [
            intent(drafted(f"party/{entity}:{first + n}", entity, {"DisplayName": f"{entity} {first + n}"}, None))
            for entity in ("Customer", "Vendor")
            for n in range((BATCH - of_entity) // 2)
        ]
        room.take_in(*journals, *parties)
        with counted(room.database) as seen:
            assert room.run().batches == 1
        counts.append(seen)
    assert counts[0] == counts[1]


def test_taking_in_more_documents_is_no_statement_more(room: Room) -> None:
    """As long as they are of one page of records."""
    counts = []
    for first, documents in ((1, 10), (1000, 400)):
        with counted(room.database) as seen:
            numbers = range(first, first + documents)
            room.take_in(*(intent(journal_entry(number, "81", "82", AMOUNT)) for number in numbers))
        counts.append(seen)
    assert counts[0]["transactions"] == counts[1]["transactions"] == 1
    assert counts[1]["statements"] == counts[0]["statements"] <= INTAKE


def test_a_document_is_written_once_and_the_answer_of_a_batch_is_read_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()

    def count(name: str, really: Any) -> Any:
        def counting(*arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            return really(*arguments, **named)

        return counting

    monkeypatch.setattr(blank_rows, "to_wire", count("written", wire.to_wire))
    monkeypatch.setattr(wire, "_write", count("written again", wire._write))
    monkeypatch.setattr(wire.json, "loads", count("read", wire.json.loads))
    room.journals(2 * BATCH)
    assert counts["written"] == 2 * BATCH
    counts.clear()
    with quickbooks(_yes, clock=room.clock) as client:  # type: ignore[arg-type]  # any clock does
        client.realm = room.company.realm
        room.company = client  # type: ignore[assignment]
        assert room.run().states == {"posted": 2 * BATCH}
    assert counts == {"read": 2}


def _yes(request: httpx.Request) -> httpx.Response:
    """QuickBooks, as far as it does all that it is asked for."""
    asked = orjson.loads(request.content)["BatchItemRequest"]
    first = hash(request.content) % 10**12
    answered = [
        {"bId": item["bId"], "JournalEntry": {**item["JournalEntry"], "Id": str(first + number), "SyncToken": "0"}}
        for number, item in enumerate(asked)
    ]
    return httpx.Response(200, content=orjson.dumps({"BatchItemResponse": answered}))
