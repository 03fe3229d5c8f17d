"""`verify` on everything that is kept as evidence beside the postings: each kind, each manipulation, both databases.

What belongs here: a shop that is reconciled, signed, decided about, copied from and bound, and a table of alterations,
each in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Boolean, Connection, Table, delete, insert, select, text, update

from qbo_pipeline.pipeline.decide import recover
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.going_live import accept_preflight
from qbo_pipeline.pipeline.ownership import accept_objects_of
from qbo_pipeline.pipeline.rebinding import rebind
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.sign import sign
from qbo_pipeline.pipeline.token_counter import note_token_version
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.attempts import head_of, lines_of, verify
from qbo_pipeline.store.difference_notes import put_remark
from qbo_pipeline.store.evidence import DECISION, KINDS, WRITE_BACK, EvidenceKind, note
from qbo_pipeline.store.kept_files import put_file
from qbo_pipeline.store.opening import open_store
from qbo_pipeline.store.page_access import grant
from qbo_pipeline.store.posting_facts import plain
from qbo_pipeline.store.setup_changes import put_change
from qbo_pipeline.store.tables.posting import attempt_heads, attempts, posting_effects, posting_records, postings
from qbo_pipeline.store.tables.quickbooks import token_versions
from qbo_pipeline.store.tables.settings import settings_versions
from qbo_pipeline.store.tables.write_backs import write_backs
from qbo_pipeline.store.types import Day, Instant, Money, Quantity
from qbo_pipeline.store.verifying import Anchor, disagreements
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper

SUMMARY = "summary/2024-03-04/shipment"
DANA = Person("Dana", "it is so")
OTHER_VALUES = {
    Boolean: True,
    Money: Decimal("7.77"),
    Quantity: Decimal("7.77"),
    Day: date(2023, 1, 1),
    Instant: datetime(2030, 1, 1, tzinfo=UTC),
}


@pytest.fixture
def shop(quick_store_url: str, tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path / "shop", emulator, store_url=quick_store_url)
        point_to(shop.settings, "summarise = []", 'summarise = ["shipment"]')
        with shop.run() as run:
            accept_preflight(run, [], DANA)
            carry(run, FIRST_DAY, LAST_DAY)
            recover(run, "Dana", "restored")
            recover(run, "Dana", "read again", end=True)
            accept_objects_of(run, "WXYZ", DANA)
            _copy_and_enter_again(shop, run)
            find_drift(run)
            shop.change("UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'")
            sign(run, LAST_DAY, "Dana")
            with run.database.transaction() as connection:
                grant(
                    connection,
                    "shop",
                    "lee",
                    ["viewer"],
                    None,
                    who="Dana",
                    why="to look",
                    now=run.database.now(connection),
                )
            _work_on_the_page(run)
            _write_back(run)
        _move_the_source(shop)
        with shop.run() as run:
            sign(run, LAST_DAY, "Lee")
        yield shop


def _work_on_the_page(run: Run) -> None:
    """A change of the settings and a remark on a difference, as the page keeps them."""
    changes = [{"path": ["posting", "zero_cost"], "before": "hold", "after": "post"}]
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        put_change(connection, "shop", "rules", changes, files=("a", "b"), who="Dana", why="it is so", now=now)
        file = ("letter.pdf", put_file(connection, "shop", b"a letter"))
        put_remark(connection, "shop", SUMMARY, LAST_DAY, "see the letter", file=file, who="Dana", now=now)


def _write_back(run: Run) -> None:
    """A payment that QuickBooks has and the inventory system is to hold."""
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        row = {
            "connection": "shop", "key": "Payment/1", "revision": 1, "marker": "m", "operation": "create",
            "kind": "payment_received", "business_date": LAST_DAY, "party_id": "c1", "number": "1", "currency": "USD",
            "amount": Decimal("1.00"), "payload": "{}", "payload_hash": "h", "state": "ready", "fence": 0,
            "attempts": 0, "misses": 0, "crashes": 0, "stale": 0, "doubt": False, "alone": False, "recovered": False,
            "first_seen": now,
        }  # fmt: skip
        connection.execute(insert(write_backs).values(row))
        note(connection, "shop", WRITE_BACK, ("Payment/1", 1), "planned", now=now)


def _copy_and_enter_again(shop: Shop, run: Run) -> None:
    assert shop.emulator is not None
    people = Bookkeeper(shop.emulator)
    (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")
    own = people.get("Invoice", link["qbo_id"])
    lines = [line for line in own["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    people.save("Invoice", {name: own[name] for name in ("CustomerRef", "TxnDate", "PrivateNote")} | {"Line": lines})
    paid_again = {"CustomerRef": own["CustomerRef"], "TxnDate": LAST_DAY.isoformat(), "TotalAmt": 120}
    people.save("Payment", paid_again)
    people.close()


def _move_the_source(shop: Shop) -> None:
    (shop.folder / "shop.sqlite").rename(shop.folder / "moved.sqlite")
    point_to(shop.settings, str(shop.folder / "shop.sqlite"), str(shop.folder / "moved.sqlite"))
    settings = load_settings(shop.settings)
    database = open_store(settings.store_url())
    rebind(settings, database, DANA)
    database.close()


def found(connection: Connection, *outside: Anchor) -> list[str]:
    broken = [item.what for item in verify(connection, "shop")]
    return [*broken, *disagreements(connection, "shop", outside)]


def free_hands(connection: Connection) -> None:
    """Somebody with every right, who takes the triggers away first."""
    if connection.dialect.name == "postgresql":
        for table in ("attempts", "sign_offs"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    for trigger in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.execute(text(f"DROP TRIGGER {trigger}"))


def of_kind(kind: EvidenceKind) -> Any:
    return select(kind.table) if kind.only is None else select(kind.table).where(kind.only)


def newest_of(kind: EvidenceKind, kept: Sequence[Any]) -> Any:
    return max(kept, key=lambda row: (row[kind.at], *(row[name] for name in kind.identity)))


def this_row(table: Table, row: Any) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key.columns]


def another(table: Table, column: str) -> Any:
    kind = type(table.c[column].type)
    return OTHER_VALUES.get(kind, 9 if table.c[column].type.python_type is int else "another")


def alterations(connection: Connection) -> Iterator[tuple[str, list[Any]]]:
    """Every manipulation by its name, with its statements, of the newest row and of all rows of each kind."""
    for kind in KINDS:
        table = kind.table
        kept = list(connection.execute(of_kind(kind)).mappings())
        assert kept, kind.word
        newest = newest_of(kind, kept)
        mine = this_row(table, newest)
        name, revision = kind.name(newest)
        line = (attempts.c.key == f"{kind.word}/{name}", attempts.c.revision == revision)
        yield f"{kind.word}: the newest is deleted", [delete(table).where(*mine)]
        every = delete(table) if kind.only is None else delete(table).where(kind.only)
        yield f"{kind.word}: all are deleted", [every]
        yield f"{kind.word}: the newest and its line are deleted", [
            delete(table).where(*mine), delete(attempts).where(*line),
        ]  # fmt: skip
        for column in kind.columns:
            yield (
                f"{kind.word}: {column} is changed",
                [update(table).where(*mine).values({column: another(table, column)})],
            )
        forged = dict(newest) | {kind.identity[-1]: another(table, kind.identity[-1])}
        if kind is DECISION:
            forged |= {"name": "recovery", "moved_at": datetime(2090, 1, 1, tzinfo=UTC)}
        yield f"{kind.word}: one is added", [insert(table).values(forged)]
        if kind.parts is not None:
            parts, columns = kind.parts
            own = parts.c.number == newest["number"]
            one = connection.execute(select(parts).where(own)).mappings().first()
            assert one is not None
            yield f"{kind.word}: a part is deleted", [delete(parts).where(*this_row(parts, one))]
            for column in columns:
                yield (
                    f"{kind.word}: {column} of a part is changed",
                    [update(parts).where(*this_row(parts, one)).values({column: another(parts, column)})],
                )
    yield from of_postings(connection)
    yield "settings: a version is deleted", [delete(settings_versions)]
    yield (
        "settings: a version says something else",
        [update(settings_versions).values(content=text("replace(content, 'USD', 'EUR')"))],
    )
    yield "settings: a posting names another version", [update(postings).values(settings_hash="another")]


def of_postings(connection: Connection) -> Iterator[tuple[str, list[Any]]]:
    """What belongs to a posting in tables of its own: of a summary, of one record, of a person's order."""
    for table in (posting_effects, posting_records):
        for key in (SUMMARY, "document/b1"):
            of_key = select(table).where(table.c.key == key).order_by(*table.primary_key.columns)
            one = dict(connection.execute(of_key).mappings().first() or {})
            assert one, key
            where = f"{table.name} of {key}"
            yield f"{where}: one is deleted", [delete(table).where(*this_row(table, one))]
            for column in (column.name for column in table.columns):
                if column not in ("connection", "line"):
                    forged = one | {column: another(table, column)}
                    yield f"{where}: {column} is changed", [
                        delete(table).where(*this_row(table, one)), insert(table).values(forged),
                    ]  # fmt: skip
            last = list(table.primary_key.columns)[-1].name
            yield f"{where}: one is added", [insert(table).values(one | {last: another(table, last)})]
            yield f"{where}: one is added of a posting that never was", [
                insert(table).values(one | {"key": "movement/forged"}),
            ]  # fmt: skip
            yield f"{where}: it is another record's in both tables", [
                update(posting_records).where(posting_records.c.key == key).values(record_hash="another"),
                update(postings).where(postings.c.key == key).values(record_hash="another"),
            ]  # fmt: skip


def test_what_was_written_before_postings_had_records_keeps_its_digest(shop: Shop) -> None:
    """As migration 0016 left it: the digest is of nine columns and the effects, and the record behind it its own."""
    with shop.run() as run, run.database.engine.connect() as connection, connection.begin() as transaction:
        free_hands(connection)
        row = connection.execute(select(postings).where(postings.c.key == "document/b1")).mappings().one()
        effects = connection.execute(
            select(posting_effects).where(posting_effects.c.key == "document/b1").order_by(posting_effects.c.line)
        ).mappings()
        names = ("record_key", "entity", "business_date", "amount", "currency", "payload", "payload_hash", "number",
                 "marker")  # fmt: skip
        parts = ("line", "account_id", "product_id", "location_id", "amount")
        told = [[plain(row[name]) for name in names], [[plain(effect[name]) for name in parts] for effect in effects]]
        earlier = sha256(orjson.dumps(told)).hexdigest()
        this = (attempts.c.key == "document/b1", attempts.c.content.is_not(None))
        connection.execute(update(attempts).where(*this).values(content=earlier))
        assert list(disagreements(connection, "shop")) == []
        connection.execute(
            update(posting_records).where(posting_records.c.key == "document/b1").values(record_key="document/b2")
        )
        assert list(disagreements(connection, "shop")) == [
            "document/b1 revision 1 does not hold the content, amount, effects or records that it was written with"
        ]
        transaction.rollback()


def test_every_kind_of_evidence_is_missed_whatever_is_done_to_it(shop: Shop) -> None:
    with shop.run() as run:
        assert verify_attempts(run).findings == ()
        with run.database.reading() as connection:
            table = list(alterations(connection))
        unnoticed = []
        for what, statements in table:
            with run.database.engine.connect() as connection, connection.begin() as transaction:
                free_hands(connection)
                assert found(connection) == [], "the triggers alone say nothing"
                for statement in statements:
                    connection.execute(statement)
                if not found(connection):
                    unnoticed.append(what)
                transaction.rollback()
        assert verify_attempts(run).findings == ()
    assert len(table) > 80
    assert unnoticed == []


def test_who_rewrites_the_end_of_the_journal_as_well_is_missed_by_an_anchor_outside(shop: Shop) -> None:
    """The newest row, every line from its own on, and the head: what the report of that day says is left."""
    with shop.run() as run:
        with run.database.reading() as connection:
            head = head_of(connection, "shop")
            newest = {kind.word: newest_of(kind, connection.execute(of_kind(kind)).mappings().all()) for kind in KINDS}
            lines = list(lines_of(connection, "shop"))
        for kind in KINDS:
            row = newest[kind.word]
            name, revision = kind.name(row)
            about = (f"{kind.word}/{name}", revision)
            first = next(line["seq"] for line in lines if (line["key"], line["revision"]) == about)
            before = lines[first - 2]
            with run.database.engine.connect() as connection, connection.begin() as transaction:
                free_hands(connection)
                connection.execute(delete(kind.table).where(*this_row(kind.table, row)))
                connection.execute(delete(attempts).where(attempts.c.seq >= first))
                connection.execute(update(attempt_heads).values(seq=before["seq"], hash=before["hash"]))
                noticed = found(connection, Anchor("the report of that day", head.seq, head.hash))
                transaction.rollback()
            assert any(one.startswith("the report of that day was made when the journal had") for one in noticed)


def test_a_vault_that_was_put_back_whole_is_noticed(shop: Shop) -> None:
    with shop.run() as run:
        note_token_version(run)
        with run.database.transaction() as connection:
            version = connection.execute(select(token_versions.c.version)).scalar_one()
            connection.execute(update(token_versions).values(version=version + 4))
        note_token_version(run)
        note_token_version(run)
        assert len(rows(run, "SELECT seq FROM attempts WHERE key = 'tokens/oauth'")) == 2
        with run.database.transaction() as connection:
            connection.execute(update(token_versions).values(version=version))
        (said,) = verify_attempts(run).findings
        assert f"the counter of the tokens is at version {version}" in said
        assert f"saw version {version + 4}" in said
        with run.database.transaction() as connection:
            connection.execute(delete(token_versions))
        assert "the counter of the tokens is gone" in verify_attempts(run).text


def test_what_was_kept_before_there_were_lines_is_no_finding(shop: Shop) -> None:
    with shop.run() as run, run.database.engine.connect() as connection, connection.begin() as transaction:
        free_hands(connection)
        connection.execute(delete(attempts).where(attempts.c.state.in_(("kept", "gone", "seen"))))
        altered = [one for one in found(connection) if "the journal says nothing of it" in one]
        transaction.rollback()
    assert altered == []
