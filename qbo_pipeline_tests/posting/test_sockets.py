"""The line to QuickBooks is cut, drips, is silent, or lies: over real sockets, each document is posted once.

The emulator repeats the answer to a known requestid, ignores requestids, or refuses them: by turns.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store import attempts
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.posting.harness import client, connect, intent, journal_entry, take_in
from qbo_pipeline_tests.posting.wire import FATES, SkippingClock, wire_to
from qbo_pipeline_tests.quickbooks.loopback import serving
from qbo_pipeline_tests.quickbooks.test_transport import self_signed

TORTURE_TIMES = int(os.environ.get("QBO_PIPELINE_TORTURE_SOCKETS", "50"))
MODES = ("honour", "ignore", "fault")
SETTINGS = PosterSettings(Policy(deadline=2.0, attempts=1000), batch_workers=1, single_workers=1)
DOCUMENTS = 6
_names = count(1)


@pytest.fixture(autouse=True)
def both_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls with one document go beside the batches, as where QBO's limits hold these."""
    monkeypatch.setattr(QuickBooks, "batches_held", True)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Any]:
    with running_emulator("--limits", "off") as running:
        yield running


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[tuple[Database, SkippingClock]]:
    clock = SkippingClock()
    database = open_database(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock.now)
    yield database, clock
    database.close()


def prepared(database: Database, emulator: Any) -> tuple[str, Any]:
    """A connection with journals that are ready, and a client whose line is good."""
    name = f"wire{next(_names)}"
    good = client(emulator)
    accounts = [a["Id"] for a in good.query(select("Account").where("AccountType", "=", "Other Current Asset"))]
    identity = connect(database, emulator.realm, name)
    drafts = (journal_entry(f"{name}-{n}", *accounts[:2], Decimal(n)) for n in range(1, DOCUMENTS + 1))
    take_in(database, identity, map(intent, drafts), name=name)
    return name, good


def check(database: Database, company: Any, name: str, where: str) -> None:
    with database.reading() as reading:
        rows = list(reading.execute(postings.select().where(postings.c.connection == name)).mappings())
        assert attempts.verify(reading, name) == [], where
    assert {row["state"] for row in rows} == {"posted"}, where
    numbers = sorted(row["number"] for row in rows)
    there = sorted(t["DocNumber"] for t in company.query(select("JournalEntry").where("DocNumber", "IN", numbers)))
    assert there == numbers, where


def post_over(emulator: Any, store: tuple[Database, SkippingClock], fates: list[str], seed: int) -> None:
    database, clock = store
    where = f"{fates}, seed {seed}"
    emulator.control("settings", {"request_id": MODES[seed % len(MODES)]})
    name, good = prepared(database, emulator)
    with closing(good):
        with wire_to(emulator, seed) as wire:
            wire.fates.extend(fates)
            with closing(client(replace(emulator, base_url=wire.base_url), clock=clock)) as company:
                for _ in range(4):
                    if Poster(database, company, clock, SETTINGS).run(name).complete:
                        break
            assert (wire.suffered, len(wire.fates)) == (len(fates), 0), where
        check(database, good, name, where)


@pytest.mark.parametrize("fate", [name for name in FATES if name != "pass"])
@pytest.mark.parametrize("seed", [1, 2], ids=["ignore", "fault"])
def test_each_document_is_posted_once_over_a_bad_line(
    emulator: Any, open_store: tuple[Database, SkippingClock], fate: str, seed: int
) -> None:
    post_over(emulator, open_store, [fate], seed)


def test_a_storm_of_429s_passes(emulator: Any, open_store: tuple[Database, SkippingClock]) -> None:
    post_over(emulator, open_store, ["429"] * 4, 0)


@pytest.mark.torture
@pytest.mark.parametrize("fate", [name for name in FATES if name != "pass"])
def test_each_fate_many_times(emulator: Any, open_store: tuple[Database, SkippingClock], fate: str) -> None:
    """QBO_PIPELINE_TORTURE_SOCKETS sets how many times; others join it at random."""
    for seed in range(TORTURE_TIMES):
        draw = Random(f"{fate} {seed}")
        others = [name for name in FATES if name not in ("pass", "429", "silence", "slow drip")]
        fates = [fate, *draw.sample(others, draw.randrange(3))]
        draw.shuffle(fates)
        post_over(emulator, open_store, fates, seed)


def test_nothing_leaves_where_nobody_vouches_for_the_certificate(
    emulator: Any, open_store: tuple[Database, SkippingClock], tmp_path: Path
) -> None:
    database, clock = open_store
    name, good = prepared(database, emulator)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with serving(lambda line, server: None, context) as stranger:
        company = client(replace(emulator, base_url=stranger.url), clock=clock)
        summary = Poster(database, company, clock, SETTINGS).run(name)
        company.close()
        assert stranger.requests == []
    assert summary.states == {"ready": DOCUMENTS}
    assert "did not leave" in (summary.degraded or "")
    assert Poster(database, good, clock, SETTINGS).run(name).complete
    check(database, good, name, "certificate")
    good.close()
