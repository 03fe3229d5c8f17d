"""Copies that people make in QuickBooks of what we posted: found, shown, and forgotten when they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.counts import copies_in_quickbooks
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing

MADE_BY_QBO = ("Id", "SyncToken", "MetaData", "DocNumber", "Balance", "LinkedTxn")
ENTITIES = {"Invoice": "document/i1", "Bill": "document/b1", "JournalEntry": "movement/r1"}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str, emulator: RunningEmulator) -> Shop:
    return open_shop(tmp_path, emulator, store_url=quick_store_url)


def ours(run: Run, people: Bookkeeper, key: str) -> Thing:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return people.get(link["entity"], link["qbo_id"])


def copied(run: Run, people: Bookkeeper, entity: str) -> Thing:
    """What QuickBooks' own "Make a copy" makes: the same content, memo and all, under another number."""
    original = ours(run, people, ENTITIES[entity])
    assert marker_in(original["PrivateNote"])
    return people.save(entity, {name: value for name, value in original.items() if name not in MADE_BY_QBO})


def found(run: Run) -> list[tuple[str, str, str]]:
    return [(row["key"], row["kind"], row["qbo_id"]) for row in copies_in_quickbooks(run)]


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_copy_is_a_document_that_stands_twice(shop: Shop, people: Bookkeeper, qbo: CommandLine, entity: str) -> None:
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    with shop.run() as run:
        copy = copied(run, people, entity)
    done = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    assert done.status == 4
    assert any(ENTITIES[entity] in text and "copied in QuickBooks" in text for text in done.json["warnings"])
    with shop.run() as run:
        assert found(run) == [(ENTITIES[entity], entity, copy["Id"])]
        result = carry(run, FIRST_DAY, LAST_DAY).result
        assert found(run) == [(ENTITIES[entity], entity, copy["Id"])]
        files = write_reports(run, result)
    # A journal's copy moves stock: its difference tells it, and the work list names it once.
    causes = list(result.causes["cause"])
    assert ("with its marker: the document stands twice" in files.page.read_text(encoding="utf-8")) == (
        entity != "JournalEntry"
    )
    assert causes == (["duplicate_in_qbo"] if entity == "JournalEntry" else [])
    assert qbo("status", "--settings", shop.settings).status == 4
    people.delete(entity, people.get(entity, copy["Id"]))
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    with shop.run() as run:
        assert found(run) == []


@pytest.mark.parametrize("way", ["voided", "the marker taken out"])
def test_what_is_no_copy_any_more_is_forgotten(shop: Shop, people: Bookkeeper, way: str) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        copy = copied(run, people, "Invoice")
        assert find_drift(run).found == {"copied": 1}
        assert find_drift(run).found == {}  # it is known
        if way == "voided":
            people.void("Invoice", copy)
        else:
            people.save("Invoice", {**copy, "PrivateNote": "a sale of its own"})
        find_drift(run)
        assert found(run) == []


def test_where_our_own_is_gone_the_copy_may_be_taken(shop: Shop, people: Bookkeeper) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        copy = copied(run, people, "Bill")
        people.delete("Bill", ours(run, people, "document/b1"))
        find_drift(run)
        assert found(run) == [("document/b1", "Bill", copy["Id"])]
        decide(run, "relink", "document/b1", "Dana", "the copy is the right one", qbo_id=copy["Id"])
        assert found(run) == []
        assert carry(run, FIRST_DAY, LAST_DAY).result.difference == 0
        assert found(run) == []


def test_what_ours_was_before_a_person_linked_it_anew_stands_twice_until_it_is_gone(
    shop: Shop, people: Bookkeeper
) -> None:
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        own = ours(run, people, "payment/y1")
        theirs = people.save("Payment", {name: own[name] for name in ("CustomerRef", "TotalAmt", "TxnDate")})
        decide(run, "relink", "payment/y1", "Dana", "the bookkeeper's is the right one", qbo_id=theirs["Id"])
        assert found(run) == [("payment/y1", "Payment", own["Id"])]
        find_drift(run)
        assert found(run) == [("payment/y1", "Payment", own["Id"])]
        people.void("Payment", people.get("Payment", own["Id"]))
        find_drift(run)
        assert found(run) == []
        assert verify_attempts(run).intact
