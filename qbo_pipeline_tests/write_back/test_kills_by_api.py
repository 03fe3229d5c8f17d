"""The whole way back into systems by their own API, with real processes: killed between any two effects, two at a time,
with QuickBooks, the store and the system failing in the middle. Each thing that people did is there once.

A long run. Each kind of entry alone is killed at each boundary in `systems/test_written_kills.py`.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.settings import load_settings
from qbo_pipeline.sources.systems import SYSTEMS as DOORS
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.systems.readings import FIRST
from qbo_pipeline_tests.systems.written_rig import BUSY, NEW
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.everything import an_hour_passes
from qbo_pipeline_tests.write_back.test_by_api import LAST, SYSTEMS, Account
from qbo_pipeline_tests.write_back.victim import dies_waiting_for, killed_at, start

pytestmark = pytest.mark.torture
ROUNDS = int(os.environ.get("QBO_PIPELINE_TORTURE_ROUNDS", "20"))
# An inbox with a key that makes twice once, and a system that knows our marker and nothing else.
WITH_KEY, BY_MARKER = "http_contract", "cin7_core"
WANTED = ("customers", "suppliers", "products", "payments_received")
THERE = {
    "customers": "SELECT count(*) FROM customers WHERE name = 'Bar {n}'",
    "suppliers": "SELECT count(*) FROM suppliers WHERE name = 'Mill {n}'",
    "products": "SELECT count(*) FROM items WHERE 'Work {n}' IN (sku, name)",
    "payments_received": "SELECT count(*) FROM bank_entries WHERE reference LIKE '%R{n}%' AND status <> 'voided'",
}
ENTITIES = ("Customer", "Vendor", "Item", "Payment")


class Everything:
    """An account into which one thing of each kind is to go, anew in each round; nothing of it is written yet."""

    def __init__(self, system: str, account: Account, kinds: tuple[str, ...]) -> None:
        self.system, self.account, self.kinds, self.round = system, account, kinds, 100
        # Of which the most is open: each round pays a part of it, and there are as many rounds as boundaries.
        self.invoice = max(account.invoices(), key=lambda one: Decimal(str(one["Balance"])))
        self._before = {
            row["key"] for row in account.night()
        }  # samples that QuickBooks begins with, which nobody needs

    def anew(self) -> None:
        """People at work in QuickBooks."""
        self.round += 1
        for kind in self.kinds:
            _DEEDS[kind](self, self.account.people.save)

    def go_on(self) -> None:
        """What the next runs do, an hour apart, until nothing is under way; once more nothing is sent."""
        for _ in range(6):
            with open_run(load_settings(self.account.file)) as run:
                an_hour_passes(run)
                write_back(run)
                if not rows(run, "SELECT 1 FROM write_backs WHERE state IN ('ready', 'sending', 'unknown')"):
                    break
        with open_run(load_settings(self.account.file)) as run:
            assert write_back(run).written == 0

    def check(self, where: str) -> None:
        """Each thing of this round is in the system once, and nothing waits."""
        with open_run(load_settings(self.account.file)) as run:
            assert self._new(write_back_standing(run).waiting) == [], where
        with closing(sqlite3.connect(self.account.company)) as db:
            there = {kind: db.execute(THERE[kind].format(n=self.round)).fetchone()[0] for kind in self.kinds}
        assert there == dict.fromkeys(self.kinds, 1), where

    def nothing_echoes(self) -> None:
        """Whole nights, in which all of it is read from the system, make nothing in QuickBooks."""
        before = Counter({entity: len(self.account.people.all(entity)) for entity in ENTITIES})
        for _ in range(2):
            assert self._new(self.account.night()) == []
        assert before == Counter({entity: len(self.account.people.all(entity)) for entity in ENTITIES})

    def _new(self, waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in waiting if row["key"] not in self._before]

    def kill(self, at: int) -> int:
        self.anew()
        killed, passed = killed_at(self.account.file, at, hasty=False)
        self.go_on()
        self.check(f"killed at boundary {at} ({killed})")
        return passed

    # --- deeds --------------------------------------------------------------------------------------------------------
    def customer(self, save: Callable[..., Thing]) -> None:
        save("Customer", {"DisplayName": f"Bar {self.round}"})

    def supplier(self, save: Callable[..., Thing]) -> None:
        save("Vendor", {"DisplayName": f"Mill {self.round}"})

    def product(self, save: Callable[..., Thing]) -> None:
        income = next(one for one in self.account.people.all("Account") if one["AccountType"] == "Income")
        save("Item", {"Name": f"Work {self.round}", "Type": "Service", "IncomeAccountRef": {"value": income["Id"]}})

    def received(self, save: Callable[..., Thing]) -> None:
        amount = Decimal(self.round).scaleb(-2)
        line = {"Amount": amount, "LinkedTxn": [{"TxnId": self.invoice["Id"], "TxnType": "Invoice"}]}
        body = {"CustomerRef": self.invoice["CustomerRef"], "TotalAmt": amount, "TxnDate": LAST.isoformat()}
        save("Payment", {**body, "PaymentRefNum": f"R{self.round}", "Line": [line], **self.account._bank()})


_DEEDS = {
    "customers": Everything.customer, "suppliers": Everything.supplier, "products": Everything.product,
    "payments_received": Everything.received,
}  # fmt: skip


def _table(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f'{name} = "{value}"' for name, value in values.items()) + " }"


@pytest.fixture(params=[BY_MARKER, WITH_KEY])
def one(
    request: pytest.FixtureRequest, tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> Iterator[Everything]:
    running, connected = SYSTEMS[request.param]
    taken = {OWNED_AS.get(kind) for kind in DOORS[request.param].takes}
    kinds = tuple(kind for kind in WANTED if kind in taken)
    company = tmp_path / "inventory.sqlite"
    generate(company, seed=7, first_day=FIRST, days=2)
    with running(company) as box:
        file = connected(tmp_path / "api", emulator, box)
        account = Account(file, company, box, people, kinds)
        said = [
            "[write_back.new_entries]",
            *(f"{kind} = {_table(names)}" for kind, names in NEW[request.param].items()),
        ]
        point_to(file, "\n[reconciliation]", "\n".join(["", *said, "", "[reconciliation]"]))
        yield Everything(request.param, account, kinds)


def test_killed_at_each_boundary(one: Everything) -> None:
    for at in range(one.kill(0), 0, -1):
        one.kill(at)
    one.nothing_echoes()


def test_two_processes_and_many_kills(one: Everything) -> None:
    draw = random.Random(14)
    for number in range(max(1, ROUNDS // 4)):
        one.anew()
        first, second = (start(one.account.file, hasty=False) for _ in range(2))
        time.sleep(draw.random() * 2)  # a killer without a plan: which instant it hits is not the test's to know
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        _, waited = os.waitpid(second, 0)
        assert os.waitstatus_to_exitcode(waited) == 0
        one.go_on()
        one.check(f"two processes, round {number}")
    one.nothing_echoes()


@pytest.mark.parametrize("kind", ["throttle", "lost_answer", "server_error", "half_body"])
def test_quickbooks_throttles_or_fails_in_the_middle(one: Everything, emulator: RunningEmulator, kind: str) -> None:
    for operation in ("cdc", "query"):
        one.anew()
        rule = {"kind": kind, "operation": operation, "times": 1 if kind == "throttle" else 3}
        emulator.order(rule if kind == "throttle" else {**rule, "commit": True})
        killed_at(one.account.file, 0, hasty=False)
        emulator.order()
        one.go_on()
        one.check(f"{kind} of {operation}")
    one.nothing_echoes()


def test_the_system_refuses_in_the_middle(one: Everything) -> None:
    """By its limit, by a failure, by an answer that is lost, and for a while by all of it."""
    door = getattr(one.account.box.box, "door", one.account.box.box)
    busy = BUSY.get(one.system, "limit")
    for faults in ([busy], ["", busy], ["", "500"], ["", "", "lost"], ["", "500", "lost", busy]):
        one.anew()
        door.write_faults += faults
        for _ in range(2):
            with open_run(load_settings(one.account.file)) as run:
                write_back(run)
        door.write_faults.clear()
        one.go_on()
        one.check(f"refused: {faults}")
    one.nothing_echoes()


def test_the_store_away_in_the_middle(one: Everything) -> None:
    """Another program holds the store from a moment on, and the worker dies waiting for it."""
    (store,) = one.account.file.parent.glob("*.sqlite")
    for after in (0.3, 0.8, 1.5):
        one.anew()
        dies_waiting_for(store, start(one.account.file, hasty=False), after)
        one.go_on()
        one.check(f"the store away after {after} s")
    one.nothing_echoes()
