"""Every fault of every API: nothing lost, nothing twice, and what a person has to do is said in plain words.

Each system in a box is read with the fault on the wire between the two; what its records say then is held against an
undisturbed reading of the same company.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qbo_pipeline.demo.company import generate
from qbo_pipeline.landing.objects import StoredLanding
from qbo_pipeline.sources.errors import SourceError, SourceFailure, SourceUnavailable
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.http.reader import HttpReader, NoReply, Reply
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.projection import catch_up
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline.sources.systems import SYSTEMS
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline_tests.systems.boxes import (
    ACCOUNT_ID,
    API_ID,
    API_KEY,
    APPLICATION_KEY,
    TOKEN,
    running_cin7_core,
    running_http_contract,
    running_syncro,
    running_unleashed,
    running_zuper,
)
from qbo_pipeline_tests.systems.readings import FIRST

ZONE = ZoneInfo("America/New_York")
SECRETS = {"cin7_core": (ACCOUNT_ID, APPLICATION_KEY), "http_contract": (TOKEN,), "syncro": (TOKEN,),
           "unleashed": (API_ID, API_KEY), "zuper": (API_KEY,)}  # fmt: skip
BOXES: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    "cin7_core": running_cin7_core, "http_contract": running_http_contract, "syncro": running_syncro,
    "unleashed": running_unleashed, "zuper": running_zuper,
}  # fmt: skip
DATES = {"cin7_core": "InvoiceDate", "http_contract": "business_date", "syncro": "date", "unleashed": "InvoiceDate",
         "zuper": "invoice_date"}  # fmt: skip
"""By system, the field with a sales invoice's date."""
_NAMES = count()

Fault = Callable[[int, Reply], Reply]
Records = dict[tuple[str, str], str]


def passing(reply: Callable[[Reply], Reply]) -> Fault:
    """In every third call."""
    return lambda number, answer: reply(answer) if number % 3 == 0 else answer


def lasting(reply: Reply, first: int = 4) -> Fault:
    """From one call on."""
    return lambda number, answer: reply if number >= first else answer


def _cut(answer: Reply) -> Reply:
    raise NoReply("no whole answer within 60 s")


def drifted(change: Callable[[Any], Any]) -> Fault:
    """In every answer, whatever is an object or a value in it."""

    def fault(number: int, answer: Reply) -> Reply:
        if answer.status != 200 or not answer.body:
            return answer
        return Reply(200, write_exact(change(read_exact(answer.body))).encode(), answer.dated)

    return fault


def with_new_field(value: Any) -> Any:
    if isinstance(value, list):
        return [with_new_field(item) for item in value]
    if isinstance(value, dict):
        return {name: with_new_field(item) for name, item in value.items()} | {"Loyalty": {"Points": 3}}
    return value


def with_text(value: Any) -> Any:
    """Every number as text."""
    if isinstance(value, list):
        return [with_text(item) for item in value]
    if isinstance(value, dict):
        return {name: with_text(item) for name, item in value.items()}
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def without(name: str) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(item) for item in value]
        if isinstance(value, dict):
            return {key: change(item) for key, item in value.items() if key != name}
        return value

    return change


PASSING: Mapping[str, Fault] = {
    "429": passing(lambda answer: Reply(429, b"slower")),
    "500": passing(lambda answer: Reply(500, b"oops")),
    "503": passing(lambda answer: Reply(503, b"")),
    "no JSON": passing(lambda answer: Reply(200, b"<html>We will be back soon</html>")),
    "half of it": passing(lambda answer: Reply(200, answer.body[: len(answer.body) // 2])),
    "cut off": passing(_cut),
}
LASTING: Mapping[str, tuple[Fault, type[SourceFailure], str]] = {
    "key revoked (401)": (lasting(Reply(401, b"")), SourceError, "refused our key (401)"),
    "key revoked (403)": (lasting(Reply(403, b"")), SourceError, "refused our key (403)"),
    "an outage": (lasting(Reply(502, b"")), SourceUnavailable, "cannot be read now"),
    "a limit that stays": (lasting(Reply(429, b"")), SourceUnavailable, "Nothing that was read is lost"),
    "another answer": (lasting(Reply(200, b'{"Result": []}')), SourceError, "answers otherwise"),
    "another address": (lasting(Reply(404, b"")), SourceError, "there is nothing at this address"),
}
READ: Mapping[str, Fault] = {"a new field": drifted(with_new_field), "numbers as text": drifted(with_text)}


@dataclass(slots=True)
class Wire:
    """The way to a box, and what goes wrong on it."""

    fault: Fault | None = None
    calls: int = 0
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def get(self, url: str, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Reply:
        self.calls += 1
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=60) as answer:
                found = Reply(answer.status, answer.read(), self.begun)
        except urllib.error.HTTPError as error:
            found = Reply(error.code, error.read(), self.begun)
        return found if self.fault is None else self.fault(self.calls, found)

    def wait(self) -> None: ...

    def quiet(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Account:
    """An account and its landing, which nothing has read yet."""

    system: str
    url: str
    wire: Wire
    landing: StoredLanding
    rows: Path

    def read(self) -> None:
        door = SYSTEMS[self.system]
        headers = door.headers(SECRETS[self.system])
        reader = HttpReader(door.api, self.url, self.wire, self.wire, headers, lambda seconds: None)
        door.fetch(Lists(reader, self.landing, lambda what, number: None, lambda: None), ZONE, FIRST)

    def records(self) -> tuple[Records, dict[tuple[str, str], str]]:
        """Every record with its content, and the rule by which each that was set aside was."""
        catch_up(self.rows, self.landing, SYSTEMS[self.system].system(ZONE, "USD"))
        source = SqlSource(f"sqlite:///{self.rows}")
        try:
            batches = [*source.read_master_data(batch_size=500)]
            batches += source.read_days(date(2000, 1, 1), date(2100, 1, 1), batch_size=500)
        finally:
            source.close()
        kept = {(b.record_type, record.record_id): repr(record) for b in batches for record in b.records}
        aside = {(b.record_type, item.record_id): item.rule for b in batches for item in b.set_aside}
        assert len(kept) + len(aside) == sum(b.rows_read for b in batches)
        return kept, aside


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "inventory.sqlite"
    generate(path, seed=7, first_day=FIRST, days=2)
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}")
    yield found
    found.close()


@contextmanager
def account(system: str, company: Path, database: Database, folder: Path) -> Iterator[Account]:
    name = f"acme{next(_NAMES)}"
    with BOXES[system](company) as box:
        yield Account(system, box.url, Wire(), StoredLanding(database, name, system), folder / f"{name}.sqlite")


_UNDISTURBED: dict[str, Records] = {}


def undisturbed(system: str, company: Path, database: Database, folder: Path) -> Records:
    if system not in _UNDISTURBED:
        with account(system, company, database, folder) as quiet:
            quiet.read()
            kept, aside = quiet.records()
        assert aside == {}
        assert len(kept) > 60
        _UNDISTURBED[system] = kept
    return _UNDISTURBED[system]


EVERY = sorted(SECRETS)


# The faults that happen most are in every run, with tests of their own for each system but this one.
@pytest.mark.parametrize(
    ("system", "fault"),
    [
        pytest.param(system, fault, marks=() if (system, fault) == ("http_contract", "500") else pytest.mark.torture)
        for system in EVERY
        for fault in PASSING
    ],
)
def test_a_fault_that_passes_loses_nothing_and_doubles_nothing(
    system: str, fault: str, company: Path, database: Database, tmp_path: Path
) -> None:
    expected = undisturbed(system, company, database, tmp_path)
    with account(system, company, database, tmp_path) as reading:
        reading.wire.fault = PASSING[fault]
        reading.read()
        assert reading.records() == (expected, {})


@pytest.mark.torture
@pytest.mark.parametrize("system", EVERY)
@pytest.mark.parametrize("fault", LASTING)
def test_what_lasts_is_told_in_plain_words_and_the_next_reading_goes_on(
    system: str, fault: str, company: Path, database: Database, tmp_path: Path
) -> None:
    expected = undisturbed(system, company, database, tmp_path)
    broken, kind, words = LASTING[fault]
    with account(system, company, database, tmp_path) as reading:
        reading.wire.fault = broken
        with pytest.raises(kind) as raised:
            reading.read()
        assert words in str(raised.value)
        assert not any(secret in str(raised.value) for secret in SECRETS[system] if len(secret) > 4)
        reading.wire.fault = None
        reading.read()
        assert reading.records() == (expected, {})
        # Once more at a time when everything is known: what is there is not taken for gone.
        reading.wire.fault, reading.wire.calls = broken, 0
        with pytest.raises(kind):
            reading.read()
        assert reading.records() == (expected, {})


@pytest.mark.torture
@pytest.mark.parametrize("system", EVERY)
@pytest.mark.parametrize("drift", READ)
def test_a_drift_that_can_be_read_changes_nothing(
    system: str, drift: str, company: Path, database: Database, tmp_path: Path
) -> None:
    expected = undisturbed(system, company, database, tmp_path)
    with account(system, company, database, tmp_path) as reading:
        reading.wire.fault = READ[drift]
        reading.read()
        assert reading.records() == (expected, {})


@pytest.mark.torture
@pytest.mark.parametrize("system", EVERY)
def test_a_missing_field_sets_its_records_aside_and_no_others(
    system: str, company: Path, database: Database, tmp_path: Path
) -> None:
    expected = undisturbed(system, company, database, tmp_path)
    with account(system, company, database, tmp_path) as reading:
        reading.wire.fault = drifted(without(DATES[system]))
        reading.read()
        kept, aside = reading.records()
    assert set(aside.values()) <= {"required", "unknown_reference", "line_date"}
    assert "required" in aside.values()
    untouched = expected.keys() - aside.keys()
    assert len(untouched) > 30
    assert {key: kept.get(key) for key in untouched} == {key: expected[key] for key in untouched}
