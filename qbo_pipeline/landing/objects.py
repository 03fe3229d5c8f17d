"""The landing in the store: objects of one system and connection, as they came.

What belongs here: SQL. A content that is replaced is kept as a version, so that an auditor sees what was read when.
Changes are numbered in the order in which they are committed: the row of the landing is locked for each.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from qbo_pipeline.inventory.records import text_hash
from qbo_pipeline.sources.http.exact import read_exact, write_exact
from qbo_pipeline.sources.landed.objects import Landed, SeenObject
from qbo_pipeline.store.database import Database, insert_unless_there
from qbo_pipeline.store.tables.landing import landed_objects, landed_versions, landings
from qbo_pipeline.store.tables.records import watermarks

_AT_ONCE = 500  # rows in one statement, or in memory


@dataclass(frozen=True, slots=True)
class StoredLanding:
    """`qbo_pipeline.sources.landed.objects.Landing` on the store's tables."""

    database: Database
    connection: str
    system: str

    def put(self, objects: Sequence[SeenObject], *, calls: int) -> set[tuple[str, str]]:
        changed: set[tuple[str, str]] = set()
        with self.database.transaction() as transaction:
            now = self.database.now(transaction)
            number = self._locked(transaction).change_number
            for item in objects:
                content = write_exact(item.content)
                digest = text_hash(content)
                before = self._row(transaction, item.kind, item.object_id)
                row = {"mark": item.mark, "business_date": item.business_date, "last_seen": now, "vanished_at": None}
                if before is not None and before["content_hash"] == digest and before["vanished_at"] is None:
                    self._update(transaction, item.kind, item.object_id, row)
                    continue
                number += 1
                changed.add((item.kind, item.object_id))
                row |= {"content": content, "content_hash": digest, "change_number": number, "changed_at": now}
                if before is None:
                    key = {"kind": item.kind, "object_id": item.object_id}
                    transaction.execute(
                        insert(landed_objects).values({**self._mine(), **key, **row, "first_seen": now})
                    )
                else:
                    self._keep_version(transaction, before, now)
                    self._update(transaction, item.kind, item.object_id, row)
            self._advance(transaction, number, calls)
        return changed

    def marks(self, kind: str, ids: Collection[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        with self.database.transaction() as transaction:
            now = self.database.now(transaction)
            ordered = sorted(ids)
            for start in range(0, len(ordered), _AT_ONCE):
                chosen = and_(
                    self._of(kind),
                    landed_objects.c.object_id.in_(ordered[start : start + _AT_ONCE]),
                    landed_objects.c.vanished_at.is_(None),
                )
                rows = transaction.execute(select(landed_objects.c.object_id, landed_objects.c.mark).where(chosen))
                found |= {row.object_id: row.mark for row in rows}
                transaction.execute(update(landed_objects).where(chosen).values(last_seen=now))
        return found

    def unseen(self, kind: str, since: datetime) -> list[str]:
        with self.database.reading() as reading:
            return self._unseen(reading, kind, since)

    def former(self, kind: str, object_id: str) -> Any | None:
        of = and_(*(landed_versions.c[name] == value for name, value in self._mine().items()))
        chosen = and_(of, landed_versions.c.kind == kind, landed_versions.c.object_id == object_id)
        query = select(landed_versions.c.content).where(chosen).order_by(landed_versions.c.change_number.desc())
        with self.database.reading() as reading:
            content = reading.execute(query.limit(1)).scalar_one_or_none()
        return None if content is None else read_exact(content)

    def _unseen(self, reading: Connection, kind: str, since: datetime) -> list[str]:
        chosen = and_(self._of(kind), landed_objects.c.last_seen < since, landed_objects.c.vanished_at.is_(None))
        query = select(landed_objects.c.object_id).where(chosen).order_by(landed_objects.c.object_id)
        return list(reading.scalars(query))

    def vanish(self, kind: str, not_seen_since: datetime) -> list[str]:
        with self.database.transaction() as transaction:
            number = self._locked(transaction).change_number
            ids = self._unseen(transaction, kind, not_seen_since)
            now = self.database.now(transaction)
            for object_id in ids:
                number += 1
                row = {"vanished_at": now, "change_number": number, "changed_at": now}
                self._update(transaction, kind, object_id, row)
            self._advance(transaction, number, 0)
        return ids

    def get(self, kind: str, object_id: str) -> Landed | None:
        with self.database.reading() as reading:
            row = self._row(reading, kind, object_id)
        return None if row is None or row["vanished_at"] is not None else _landed(row)

    def each(self, kind: str) -> Iterator[Landed]:
        after = ""
        while True:
            query = (
                select(landed_objects)
                .where(self._of(kind), landed_objects.c.vanished_at.is_(None), landed_objects.c.object_id > after)
                .order_by(landed_objects.c.object_id)
                .limit(_AT_ONCE)
            )
            with self.database.reading() as reading:
                rows = reading.execute(query).mappings().all()
            if not rows:
                return
            yield from map(_landed, rows)
            after = rows[-1]["object_id"]

    def carrying(self, kind: str, words: str) -> list[str]:
        """The ids of the objects of a kind that have these words somewhere, and are there still."""
        there = (self._of(kind), landed_objects.c.vanished_at.is_(None))
        query = select(landed_objects.c.object_id).where(
            *there, landed_objects.c.content.contains(words, autoescape=True)
        )
        with self.database.reading() as reading:
            return sorted(reading.scalars(query))

    def changed_after(self, number: int) -> Iterator[Landed]:
        while True:
            query = (
                select(landed_objects)
                .where(self._all(), landed_objects.c.change_number > number)
                .order_by(landed_objects.c.change_number)
                .limit(_AT_ONCE)
            )
            with self.database.reading() as reading:
                rows = reading.execute(query).mappings().all()
            if not rows:
                return
            yield from map(_landed, rows)
            number = rows[-1]["change_number"]

    def newest_change(self, *, but: str) -> int:
        others = and_(self._all(), landed_objects.c.kind != but)
        with self.database.reading() as reading:
            return reading.scalar(select(func.max(landed_objects.c.change_number)).where(others)) or 0

    def watermark(self, name: str) -> str | None:
        query = select(watermarks.c.value).where(
            watermarks.c.connection == self.connection, watermarks.c.name == self._named(name)
        )
        with self.database.reading() as reading:
            return reading.execute(query).scalar_one_or_none()

    def keep_watermark(self, name: str, value: str) -> None:
        with self.database.transaction() as transaction:
            row = {"value": value, "moved_at": self.database.now(transaction)}
            statement = (sqlite if self.database.dialect == "sqlite" else postgresql).insert(watermarks)
            key = {"connection": self.connection, "name": self._named(name)}
            transaction.execute(
                statement.values({**key, **row}).on_conflict_do_update(index_elements=list(key), set_=row)
            )

    def identity(self) -> str:
        with self.database.transaction() as transaction:
            return str(self._locked(transaction).identity)

    def now(self) -> datetime:
        with self.database.reading() as reading:
            return self.database.now(reading)

    def _named(self, name: str) -> str:
        return f"landing:{self.system}:{name}"

    def _mine(self) -> dict[str, Any]:
        return {"connection": self.connection, "system": self.system}

    def _all(self) -> Any:
        return and_(landed_objects.c.connection == self.connection, landed_objects.c.system == self.system)

    def _of(self, kind: str) -> Any:
        return and_(self._all(), landed_objects.c.kind == kind)

    def _row(self, reading: Connection, kind: str, object_id: str) -> RowMapping | None:
        query = select(landed_objects).where(self._of(kind), landed_objects.c.object_id == object_id)
        return reading.execute(query).mappings().one_or_none()

    def _update(self, transaction: Connection, kind: str, object_id: str, row: dict[str, Any]) -> None:
        chosen = and_(self._of(kind), landed_objects.c.object_id == object_id)
        transaction.execute(update(landed_objects).where(chosen).values(row))

    def _keep_version(self, transaction: Connection, before: RowMapping, now: datetime) -> None:
        kept = ("connection", "system", "change_number", "kind", "object_id", "content", "content_hash", "changed_at")
        row = {name: before[name] for name in kept}
        transaction.execute(insert(landed_versions).values({**row, "replaced_at": now}))

    def _locked(self, transaction: Connection) -> Any:
        """The landing's row, locked until the transaction ends; made where it is the first."""
        mine = and_(landings.c.connection == self.connection, landings.c.system == self.system)
        make_landing(transaction, self.connection, self.system)
        return transaction.execute(select(landings).where(mine).with_for_update()).one()

    def _advance(self, transaction: Connection, number: int, calls: int) -> None:
        mine = and_(landings.c.connection == self.connection, landings.c.system == self.system)
        values = {"change_number": number, "calls": landings.c.calls + calls}
        transaction.execute(update(landings).where(mine).values(values))


def make_landing(transaction: Connection, connection: str, system: str) -> None:
    """The row of a landing, where it is not there yet."""
    row = {"connection": connection, "system": system, "identity": uuid.uuid4().hex, "change_number": 0, "calls": 0}
    transaction.execute(insert_unless_there(transaction, landings).values(row))


def _landed(row: RowMapping) -> Landed:
    return Landed(
        kind=row["kind"],
        object_id=row["object_id"],
        content=read_exact(row["content"]),
        change_number=row["change_number"],
        changed_at=row["changed_at"],
        vanished=row["vanished_at"] is not None,
    )
