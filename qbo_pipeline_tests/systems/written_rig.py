"""The rig that carries an entry of the way back to a running box over HTTP: the poster, its store, a target of the
source's own, each system in a box with a company.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select

from qbo_pipeline.demo.company import generate
from qbo_pipeline.pipeline.landed import ReadingWire
from qbo_pipeline.posting.write_backs import API_POLICY, WriteBackPoster, entry_of
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.returning.abilities import asked_for
from qbo_pipeline.returning.targets import TargetEntry
from qbo_pipeline.sources.api_target import Doors
from qbo_pipeline.sources.http.reader import HttpReader, Reply
from qbo_pipeline.sources.http.writer import HttpWriter
from qbo_pipeline.sources.systems import SYSTEMS
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.write_backs import write_backs
from qbo_pipeline.systems.company import guid
from qbo_pipeline_tests.systems import boxes

NEW = {
    system: {kind: {name: "Kits" if name == "product_category" else "x" for name in names}
             for kind, names in asked_for(door.takes).items()}
    for system, door in SYSTEMS.items()
}  # fmt: skip
RUNNING: Mapping[str, Callable[[Path], Any]] = {
    "cin7_core": boxes.running_cin7_core, "http_contract": boxes.running_http_contract,
    "syncro": boxes.running_syncro, "unleashed": boxes.running_unleashed, "zuper": boxes.running_zuper,
}  # fmt: skip
SECRETS = {
    "cin7_core": (boxes.ACCOUNT_ID, boxes.APPLICATION_KEY), "http_contract": (boxes.TOKEN,), "syncro": (boxes.TOKEN,),
    "unleashed": (boxes.API_ID, boxes.API_KEY), "zuper": (boxes.API_KEY,),
}  # fmt: skip
KEYS = {"cin7_core": "application_key", "http_contract": "token", "syncro": "token", "unleashed": "api_key",
        "zuper": "key"}  # fmt: skip
BUSY = {"cin7_core": "503", "http_contract": "503"}  # else `limit`


class Time:
    """Virtual time: the store's clock and the worker's."""

    def __init__(self) -> None:
        self.at = datetime(2026, 10, 5, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Free:
    """A pace without a limit; `between` is called before each call's turn."""

    def __init__(self) -> None:
        self.between: Callable[[], None] | None = None

    def wait(self) -> None:
        if self.between is not None:
            between, self.between = self.between, None
            between()

    def quiet(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Request:
    """A request as it left: `path` counts from the address of the API, `body` is JSON, or the bytes of a file."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Any


@dataclass
class Wire:
    """The project's own wire, which keeps what was sent."""

    base_url: str
    inner: ReadingWire
    sent: list[Request] = field(default_factory=list)
    boundary: Callable[[], None] | None = None  # called before and after each request

    def get(self, url: str, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Reply:
        return self.send("GET", url, headers, None, seconds=seconds, max_bytes=max_bytes)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, seconds: float, max_bytes: int
    ) -> Reply:
        parts = urlsplit(url.removeprefix(f"{self.base_url}/"))
        is_json = body is not None and headers.get("content-type") == "application/json"
        kept = json.loads(body) if body is not None and is_json else body
        self.sent.append(Request(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), kept))
        if self.boundary is None:
            return self.inner.send(method, url, headers, body, seconds=seconds, max_bytes=max_bytes)
        self.boundary()
        reply = self.inner.send(method, url, headers, body, seconds=seconds, max_bytes=max_bytes)
        self.boundary()
        return reply


@dataclass
class Rig:
    """One system in a box with a company, and the store of a connection to it; nothing of it has been read."""

    system: str
    company: Path
    box: Any
    database: Database
    time: Time
    files: Path
    transport: Transport = field(default_factory=Transport)
    names: int = 0
    sent: list[Request] = field(default_factory=list)
    boundary: Callable[[], None] | None = None
    read: frozenset[str] = frozenset()  # the products that were there when an entry was laid: as if read since

    @property
    def door(self) -> Any:
        return getattr(self.box.box, "door", self.box.box)

    def name(self) -> str:
        """A name that no other entry has."""
        self.names += 1
        return f"{self.system}{self.names}"

    def poster(self, connection: str, pace: Free | None = None) -> WriteBackPoster:
        """A worker of its own, with a target of its own."""
        door, pace = SYSTEMS[self.system], pace or Free()
        wire, headers = (
            Wire(self.box.url, ReadingWire(self.transport), self.sent, self.boundary),
            door.headers(SECRETS[self.system]),
        )
        reader = HttpReader(door.api, self.box.url, wire, pace, headers, lambda _seconds: None)
        writer = HttpWriter(door.api, self.box.url, wire, pace, headers, self.time.monotonic)
        doors = Doors(reader, writer, _Beside(self, connection), NEW[self.system], self.files)
        target = door.target(doors, lambda: None)
        return WriteBackPoster(self.database, connection, target, clock=self.time, policy=API_POLICY)

    def lay(self, connection: str, entry: TargetEntry) -> None:
        """Put an entry into the outbox, as a new revision."""
        row = {
            "key": f"{entry.kind}/{entry.marker}", "revision": entry.revision, "marker": entry.marker,
            "operation": entry.operation, "kind": entry.kind, "business_date": entry.business_date,
            "party_id": entry.party_id, "number": entry.number, "currency": entry.currency, "amount": entry.amount,
            "payload": entry.content, "payload_hash": entry.content_hash, "first_seen": self.time.at, **store.FRESH,
        }  # fmt: skip
        with self.database.transaction() as transaction:
            store.add(transaction, connection, [row])
        if self.system == "zuper":
            self.read = frozenset(guid("item", number) for (number,) in self.rows("SELECT id FROM items"))

    def states(self, connection: str) -> list[tuple[str, str | None]]:
        """State and message of each revision, oldest first."""
        c = write_backs.c
        query = select(c.state, c.message).where(c.connection == connection).order_by(c.key, c.revision)
        with self.database.reading() as reading:
            return [(row.state, row.message) for row in reading.execute(query)]

    def go_on(self, connection: str) -> None:
        """What the next runs do, each once a lost answer can no longer arrive, until nothing is under way."""
        for _ in range(8):
            self.time.sleep(API_POLICY.settle + 1)
            done = self.poster(connection).run()
            if done.degraded is None and all(state in ("posted", "parked") for state, _ in self.states(connection)):
                return

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a SELECT on the company answers."""
        with closing(sqlite3.connect(self.company)) as db:
            return db.execute(statement, parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> None:
        with closing(sqlite3.connect(self.company)) as db, db:
            db.execute(statement, parameters)

    # --- ids in the form that the system has -------------------------------------------------------------------------
    def own(self, kind: str, number: int) -> str:
        return str(number) if self.system in ("http_contract", "syncro") else guid(kind, number)

    def bill(self) -> str:
        """A bill of which something is open."""
        if self.system != "cin7_core":
            return self.own("bill", self.rows("SELECT min(id) FROM bills")[0][0])
        world = self.box.box.world
        world.refresh()
        papers = [paper["Invoice"] for paper in world.objects["purchase"].values() if paper["Invoice"]]
        parts = [part for paper in papers for part in (paper if isinstance(paper, list) else [paper])]
        return str(next(part["TaskID"] for part in parts if part.get("TaskID")))


@dataclass(frozen=True)
class _Beside:
    rig: Rig
    connection: str

    def owner(self, document_id: str) -> str | None:
        if self.rig.system != "cin7_core":
            return None
        world = self.rig.box.box.world
        world.refresh()
        for kind, field_name in (("sale", "Invoices"), ("purchase", "Invoice")):
            for paper_id, paper in world.objects[kind].items():
                parts = paper[field_name] if isinstance(paper[field_name], list) else [paper[field_name]]
                if document_id in [part.get("TaskID") or paper_id for part in parts if part]:
                    return f"{kind}/{paper_id}"
        return None

    def owners_marked(self, marker: str) -> list[str]:
        return []

    def has(self, kind: str, object_id: str) -> bool:
        return kind == "product" and object_id in self.rig.read

    def version(self, kind: str, object_id: str) -> str | None:
        return None

    def carrying(self, kind: str, marker: str) -> list[str]:
        if kind != "product" or self.rig.system != "zuper":
            return []
        held = self.rig.box.box.world.objects.get("product", {})
        return [own for own in held.keys() & self.rig.read if f"[qp:{marker}]" in str(held[own]["meta_data"])]

    def told(self, marker: str) -> list[TargetEntry]:
        query = select(write_backs).where(write_backs.c.connection == self.connection, write_backs.c.marker == marker)
        with self.rig.database.reading() as reading:
            return [entry_of(row) for row in reading.execute(query.order_by(write_backs.c.revision)).mappings()]


Rigs = dict[str, Rig]


@contextmanager
def running_rigs(folder: Path) -> Iterator[Rigs]:
    """Every system in a box, each with a company of its own whose papers are not paid, until the end of the block."""
    found: Rigs = {}
    time = Time()
    with ExitStack() as open_ones:
        database = open_database(f"sqlite:///{folder / 'store.sqlite'}", clock=time.now)
        open_ones.callback(database.close)
        first = folder / "company.sqlite"
        generate(first, seed=7, first_day=time.at.date() - timedelta(days=7), days=9)
        for system, running in RUNNING.items():
            company = folder / f"{system}.sqlite"
            company.write_bytes(first.read_bytes())
            box = open_ones.enter_context(running(company))
            rig = found[system] = Rig(system, company, box, database, time, folder / "files")
            open_ones.callback(rig.transport.close)
            for table in ("invoices", "bills"):
                rig.change(f"UPDATE {table} SET paid_cents = 0")
            rig.change("DELETE FROM bank_entry_allocations")
        yield found
