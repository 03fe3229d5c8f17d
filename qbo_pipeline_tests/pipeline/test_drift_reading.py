"""Reading QuickBooks for drift: where nobody did anything nothing is found, however much is there or lags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from qbo_pipeline.pipeline.drift import LAG, OVERLAP, _asked_together, find_drift, not_known_then
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.content import agrees, differences, fingerprint, stated
from qbo_pipeline.posting.freezing import resolve
from qbo_pipeline.posting.shell import Poster, identity_of
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.query import Query, select
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.food_and_beverage import Company
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, open_shop
from qbo_pipeline_tests.posting.harness import intent, journal_entry, take_in
from qbo_pipeline_tests.tampering.companies import demo_company
from qbo_pipeline_tests.tampering.people import Bookkeeper

MANY = 1_050  # more than change data capture answers
ENTITIES = {
    "Bill", "BillPayment", "CreditMemo", "Customer", "Invoice", "Item", "JournalEntry", "Payment", "Vendor",
    "VendorCredit",
}  # fmt: skip


def apart(run: Run) -> tuple[set[str], list[str]]:
    """The entities of what is linked, and what in QuickBooks is not as it was answered, or not as it was asked for."""
    query = "SELECT l.*, p.payload FROM posting_links l JOIN postings p USING (connection, key, revision)"
    linked = {(row["entity"], row["qbo_id"]): row for row in rows(run, query)}
    ids = {row["key"]: row["qbo_id"] for row in linked.values()}
    entities = {entity for entity, _ in linked}
    wrong = []
    for entity in entities:
        for thing in run.quickbooks().query(select(entity, with_inactive=True)):
            row = linked.pop((entity, thing["Id"]), None)
            if row is not None:
                seen = fingerprint(entity, thing)
                asked = stated(entity, from_wire(resolve(row["payload"], ids)))
                wrong += [
                    f"{row['key']}: {differences(expected, seen)}"
                    for expected in (row["fingerprint"], asked)
                    if not agrees(expected, seen)
                ]
    return entities, wrong + [f"{key}: is not there" for key in linked]


def test_whatever_the_demo_company_posts_is_as_it_was_answered(tmp_path: Path) -> None:
    with demo_company(tmp_path, size=15, days=25) as company:
        assert apart(company.run) == (ENTITIES, [])
        assert not find_drift(company.run).found


def test_three_years_of_a_company_are_as_they_were_answered(company: Company) -> None:
    """With their SyncTokens forgotten, so that no object is passed over for being the version that we know."""
    with company.run() as run:
        entities, wrong = apart(run)
        assert wrong == []
        with run.database.transaction() as connection:
            connection.exec_driver_sql("UPDATE posting_links SET sync_token = '-'")
            connection.exec_driver_sql("DELETE FROM watermarks WHERE name = 'qbo_changes'")
        assert not find_drift(run).found
        passed_over = {row["entity"] for row in rows(run, "SELECT entity FROM posting_links WHERE sync_token = '-'")}
    assert passed_over == entities & {"Customer", "Vendor", "Item"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def run(emulator: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The shop with its week, and more journals than change data capture answers; the last ones are not shown yet."""
    shop = open_shop(tmp_path_factory.mktemp("shop"), emulator)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        post(run, range(MANY))
        emulator.advance(200)
        post(run, range(MANY, MANY + 5))
        yield run


def post(run: Run, numbers: range) -> None:
    """Post journals of ours outside the source."""
    with run.database.reading() as reading:
        identity = identity_of(reading, run.name, run.settings.quickbooks.realm)
    accounts = [a["Id"] for a in run.quickbooks().query(select("Account").where("AccountType", "=", "Expense"))]
    drafts = (journal_entry(f"many-{n}", *accounts[:2], Decimal("1.00"), day=FIRST_DAY) for n in numbers)
    take_in(run.database, identity, map(intent, drafts), name=NAME)
    assert Poster(run.database, run.quickbooks()).run(run.name).complete


def states(run: Run) -> Counter[str]:
    return Counter(row["state"] for row in rows(run, "SELECT state FROM postings WHERE key LIKE 'movement/many-%'"))


def later(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store's clock say that everything was posted long ago."""
    now = run.database.now

    def ahead(connection: Connection) -> datetime:
        return now(connection) + timedelta(hours=1)

    monkeypatch.setattr(run.database, "now", ahead)


def test_what_was_posted_a_moment_ago_is_not_taken_for_deleted(run: Run, emulator: RunningEmulator) -> None:
    """Faults 40 and 44, as after any large back-fill."""
    emulator.order({"kind": "query_lag", "seconds": 100})
    try:
        found = find_drift(run)
    finally:
        emulator.order()
    assert found.compared_in_full == ["JournalEntry"]
    assert not found.found
    assert states(run) == {"posted": MANY + 5}


def test_what_a_page_passes_over_is_looked_for_by_its_id(
    run: Run, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what a person deleted is found, though the changes have no room for it."""
    with closing(Bookkeeper(emulator)) as people:
        journals = [one for one in people.all("JournalEntry") if "movement many-" in one.get("PrivateNote", "")]
        people.delete("JournalEntry", journals[7])
    read, asked = QuickBooks.query_pages, []

    def query_pages(client: QuickBooks, query: Query, **options: Any) -> Iterator[list[dict[str, Any]]]:
        asked.append(query)
        for page in read(client, query, **options):
            yield [thing for thing in page if query.conditions or thing["Id"] != journals[9]["Id"]]

    later(run, monkeypatch)
    monkeypatch.setattr(QuickBooks, "query_pages", query_pages)
    found = find_drift(run)
    assert found.compared_in_full == ["JournalEntry"]
    assert found.found == {"deleted": 1}
    assert states(run) == {"posted": MANY + 4, "deleted_in_qbo": 1}
    looked = [query.conditions for query in asked if "Id IN" in query.text()]
    assert len(looked) == 1
    assert journals[7]["Id"] in looked[0][0]
    assert journals[9]["Id"] in looked[0][0]


@pytest.mark.parametrize(
    ("written", "together"),
    [
        ({}, [["Bill", "Invoice", "JournalEntry"]]),
        ({"Bill": 600, "Invoice": 400, "JournalEntry": 399}, [["Bill", "JournalEntry"], ["Invoice"]]),
        ({"Bill": 1_000}, [["Invoice", "JournalEntry"]]),
        ({"Bill": 1_000, "Invoice": 2_000, "JournalEntry": 3_000}, [["Bill"]]),
    ],
)
def test_changes_are_asked_for_in_as_few_answers_as_hold_them(
    written: dict[str, int], together: list[list[str]]
) -> None:
    """Of an entity of which we wrote more ourselves no answer can hold all: it is compared in full at once."""
    found = _asked_together(["Bill", "Invoice", "JournalEntry"], written)
    assert [sorted(group) for group in found] == together


def test_the_ledger_asks_for_changes_only_where_the_answer_can_hold_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nothing is asked: the reading itself says what time it is in QuickBooks."""
    read, asked = QuickBooks.changes, []

    def changes(client: QuickBooks, entities: Sequence[str], *arguments: Any, **options: Any) -> Any:
        asked.append(list(entities))
        return read(client, entities, *arguments, **options)

    monkeypatch.setattr(QuickBooks, "changes", changes)
    read_ledger(run, LAST_DAY)
    read_ledger(run, LAST_DAY)
    monkeypatch.setattr("qbo_pipeline.pipeline.ledger_start.linked_since", lambda *_: {"JournalEntry": 999})
    read_ledger(run, LAST_DAY)
    (only,) = asked
    assert {"Bill", "JournalEntry", "Item"} < set(only)


def test_what_is_too_young_for_one_reading_is_in_the_next() -> None:
    assert LAG < OVERLAP


def test_what_was_in_doubt_when_changes_were_read_is_read_again(tmp_path: Path) -> None:
    """The answer was lost, a person deleted the object, its deletion was read, and QBO repeats the first answer."""
    with running_emulator("--limits", "off") as emulator, open_shop(tmp_path, emulator).run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        find_drift(run)
        since = rows(run, "SELECT value FROM watermarks WHERE name = 'qbo_changes'")[0]["value"]
        before = datetime.fromisoformat(since) - timedelta(days=2)
        with run.database.transaction() as connection:
            assert not_known_then(connection, run.name, before) == before
            connection.exec_driver_sql(
                "UPDATE postings SET attempts = 2, first_seen = '2026-01-05T00:00:00.000000+00:00' "
                "WHERE key = (SELECT min(key) FROM postings WHERE state = 'posted')"
            )
            assert not_known_then(connection, run.name, before) == datetime(2026, 1, 5, tzinfo=UTC)
