"""How fast the poster is, how well it fills QBO's limits, and how much memory it takes.

Each benchmark prints its figures; the assertions are what is promised.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, Done
from qbo_pipeline.quickbooks.pacing import Limits, MemoryPacer
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.posting.harness import CONNECTION, client, connect, drafted, intent, take_in

pytestmark = pytest.mark.benchmark
DOCUMENTS = int(os.environ.get("QBO_PIPELINE_BENCHMARK_DOCUMENTS", "10000"))
FACTOR = 10  # by which QBO's limits are scaled, so that a minute's worth takes seconds
CEILING = 40 * 30 * FACTOR  # documents a minute in batches
BOTH_LANES = CEILING + 460 * FACTOR
DAY = date(2026, 3, 2)


def four_lines(number: int, accounts: list[str]) -> Draft:
    """A journal of four lines."""
    amounts = [Decimal(number % 900 + 1), Decimal("0.25")]
    lines = [
        {
            "DetailType": "JournalEntryLineDetail",
            "Amount": amount,
            "Description": f"movement {number}",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for amount in amounts
        for side, account in zip(("Debit", "Credit"), accounts, strict=False)
    ]
    payload = {"TxnDate": DAY.isoformat(), "PrivateNote": f"movement {number}", "Line": lines}
    return drafted(f"movement/{number}", "JournalEntry", payload, DAY, sum(amounts, Decimal(0)))


def fill(database: Database, realm: str, accounts: list[str], documents: int) -> float:
    """Take the journals in; answers the seconds."""
    identity = connect(database, realm)
    intents = [intent(four_lines(number, accounts)) for number in range(documents)]
    started = time.perf_counter()
    for first in range(0, documents, 10_000):
        take_in(database, identity, intents[first : first + 10_000])
    return time.perf_counter() - started


def accounts_of(company: Any) -> list[str]:
    found = company.query(select("Account").where("AccountType", "=", "Other Current Asset"))
    return [account["Id"] for account in found][:2]


@contextmanager
def filled(path: Path, emulator: Any, documents: int, **options: Any) -> Iterator[tuple[Database, Any]]:
    database = open_database(f"sqlite:///{path / 'store.sqlite'}")
    company = client(emulator, **options)
    seconds = fill(database, emulator.realm, accounts_of(company), documents)
    print(f"\nintake: {documents} postings in {seconds:.2f} s")
    yield database, company
    company.close()
    database.close()


@pytest.mark.parametrize(("single_workers", "ceiling"), [(0, CEILING), (8, BOTH_LANES)], ids=["batches", "both lanes"])
def test_the_limits_are_filled(tmp_path: Path, single_workers: int, ceiling: int) -> None:
    pacer = MemoryPacer(Limits().scaled(FACTOR))
    with (
        running_emulator("--limits", f"x{FACTOR}") as emulator,
        filled(tmp_path, emulator, DOCUMENTS, pacer=pacer) as (database, company),
    ):
        before = emulator.meter()
        settings = PosterSettings(batch_workers=4, single_workers=single_workers)
        started = time.perf_counter()
        summary = Poster(database, company, settings=settings).run(CONNECTION)
        minutes = (time.perf_counter() - started) / 60
        after = emulator.meter()
    reads = after["coreplus"] - before["coreplus"]
    refused = after["by_status"].get("429", 0)
    rate = DOCUMENTS / minutes
    print(
        f"{rate:,.0f} documents a minute of {ceiling:,} ({rate / ceiling:.1%}), {summary.calls / DOCUMENTS * 30:.3f} "
        f"calls for 30 documents, {reads} metered reads, {refused} answers 429, {summary.singles} alone"
    )
    assert summary.states == {"posted": DOCUMENTS}
    assert (reads, refused) == (0, 0)
    if single_workers == 0:
        assert rate >= 0.98 * ceiling
        assert summary.calls <= DOCUMENTS * 1.05 / 30


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


class Yes:
    """A company that answers yes to everything and keeps nothing."""

    realm = "1"
    batches_held = False

    def __init__(self) -> None:
        self._ids = 0

    def send_batch(
        self, params: Any, body: bytes, deadline: float = 60, *, until: float = 0, bids: Any = ()
    ) -> BatchOutcome:
        items = {}
        for item in from_wire(body)["BatchItemRequest"]:
            self._ids += 1
            thing = item["JournalEntry"] | {"Id": str(self._ids), "SyncToken": "0"}
            items[item["bId"]] = Done(thing, thing["Id"], "0", None)
        return BatchOutcome(items, None, None)


def peak_of(path: Path, documents: int) -> int:
    """Peak memory (KiB) of a process that posts this many documents from a store that holds them."""
    url = f"sqlite:///{path / f'{documents}.sqlite'}"
    if os.fork() == 0:
        database = open_database(url)
        identity = connect(database, "1")
        for first in range(0, documents, 5000):
            numbers = range(first, min(first + 5000, documents))
            take_in(database, identity, [intent(four_lines(number, ["81", "82"])) for number in numbers])
        os._exit(0)
    os.wait()
    child = os.fork()
    if child == 0:
        settings = PosterSettings(batch_workers=1, single_workers=0)
        summary = Poster(Database(url), Yes(), settings=settings).run(CONNECTION)  # type: ignore[arg-type]  # it reads nothing
        os._exit(0 if summary.states == {"posted": documents} else 1)
    _, status, used = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return used.ru_maxrss


def test_memory_is_flat(tmp_path: Path) -> None:
    small, large = peak_of(tmp_path, DOCUMENTS), peak_of(tmp_path, 20 * DOCUMENTS)
    print(f"\npeak memory: {small / 1024:.0f} MiB for {DOCUMENTS:,}, {large / 1024:.0f} MiB for {20 * DOCUMENTS:,}")
    assert large < small * 1.15
