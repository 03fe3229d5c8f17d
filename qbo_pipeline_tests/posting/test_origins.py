"""What a revision comes from stands in a column of its own: the payload's hash is a hash alone, in older stores too."""

from __future__ import annotations

import re
from decimal import Decimal
from hashlib import sha256

import pytest
from sqlalchemy import select, text

from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.posting.asking import Intent
from qbo_pipeline.posting.decisions import reverse
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.posting.states import Origin
from qbo_pipeline.store.report_views import drop_views
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import DAY, intent, journal_entry

SOMEBODY = Person("a controller", "as agreed")
NOTHING = sha256(b"").hexdigest()


@pytest.fixture
def lived(room: Room) -> Room:
    """Four movements: one posted, one refused, one whose record went, one that a person reversed."""
    room.take_in(*(intent(journal_entry(number, "81", "82", Decimal("12.50"))) for number in (1, 3, 4)))
    room.run()
    refusal = Refused(reason="unmapped_account", message="no account", field="account")
    room.take_in(Intent("movement/2", "hash", (), refusal, DAY, Decimal("5.00"), "USD"), Intent("movement/3", "gone"))
    reverse(room.database, "shop", "movement/4", SOMEBODY, identity=room.identity)
    return room


def newest(room: Room) -> dict[str, tuple[str, str, str | None]]:
    """By key, what the newest revision comes from, its hash and its payload."""
    columns = (postings.c.key, postings.c.origin, postings.c.payload_hash, postings.c.payload)
    with room.database.reading() as reading:
        rows = reading.execute(select(*columns).where(postings.c.superseded_by.is_(None)))
        return {row.key: (row.origin, row.payload_hash, row.payload) for row in rows}


EXPECTED = {
    "movement/1": Origin.DRAFT,
    "movement/2": Origin.REFUSAL,
    "movement/3": Origin.WITHDRAWAL,
    "movement/4": Origin.REVERSAL,
}


def test_a_payload_hash_is_a_hash_alone(lived: Room) -> None:
    found = newest(lived)
    assert {key: origin for key, (origin, _, _) in found.items()} == EXPECTED
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for _, digest, _ in found.values())
    _, digest, payload = found["movement/1"]
    assert digest == sha256((payload or "").encode()).hexdigest()
    assert found["movement/3"][1:] == found["movement/4"][1:] == (NOTHING, None)


def test_an_older_store_learns_what_its_revisions_come_from(lived: Room) -> None:
    words = {"movement/3": "withdrawn", "movement/4": "reversed"}
    with lived.database.transaction() as transaction:
        for key, word in words.items():
            newer = postings.c.superseded_by.is_(None) & (postings.c.key == key)
            transaction.execute(postings.update().where(newer).values(payload_hash=word))
        drop_views(transaction)
        transaction.execute(text("DROP INDEX postings_aside"))  # of a later migration, by that column
        transaction.execute(text("ALTER TABLE postings DROP COLUMN origin"))
        transaction.execute(text("DELETE FROM schema_migrations WHERE name = '0007_origins'"))
    assert "0007_origins" in lived.database.upgrade()
    found = newest(lived)
    assert {key: origin for key, (origin, _, _) in found.items()} == EXPECTED
    assert found["movement/3"][1] == found["movement/4"][1] == NOTHING


def test_what_a_person_reversed_is_not_posted_again_unasked(lived: Room) -> None:
    lived.run()
    lived.take_in(intent(journal_entry(4, "81", "82", Decimal("99.00"))))
    assert lived.state("movement/4") == ("parked", "reversed")
