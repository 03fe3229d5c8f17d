"""The inbox of the reference server: entries are held in the company's own database and booked at once, or refused in
words; the content of attached files is held under its hash.

What belongs here: that. How the company books what is no payment is its own affair (`demo/inbox.py`).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from qbo_pipeline.demo.company import open_company, transaction
from qbo_pipeline.demo.inbox import CannotBook, book
from qbo_pipeline.demo.stock import NotEnoughStock
from qbo_pipeline.systems.booking import Money, change_payment, enter_payment, void_payment
from qbo_pipeline.systems.company import CompanyDatabase

_COLUMNS = (
    "marker", "revision", "operation", "kind", "business_date", "party_id", "number", "currency", "amount", "content",
    "content_hash", "taken_as", "refused", "version",
)  # fmt: skip
_GIVEN = _COLUMNS[2:11]
_IDS = ("document_id", "payment_id", "product_id", "movement_id")
_FILES = "CREATE TABLE IF NOT EXISTS http_files (sha256 TEXT PRIMARY KEY, content BLOB)"


VersionOf = Callable[[str, str], str | None]
"""By kind of entry and id, the version of the company's own thing; `None` where there is none."""


def answer(company: CompanyDatabase, request: Request, path: str, version_of: VersionOf) -> tuple[dict[str, Any], int]:
    """Answer `GET /inbox` and `PUT /inbox/MARKER/REVISION`: what becomes JSON, and a status."""
    with closing(sqlite3.connect(company.path, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        kinds = ", ".join(f"{name} {'INTEGER' if name == 'revision' else 'TEXT'}" for name in _COLUMNS)
        db.execute(f"CREATE TABLE IF NOT EXISTS http_inbox ({kinds}, PRIMARY KEY (marker, revision))")
        if request.method == "GET":
            return _list(db, dict(request.query_params))
        parts = path.split("/")
        if len(parts) != 3 or parts[0] != "inbox" or not (parts[2].isascii() and parts[2].isdigit()):
            return {"error": "write to /inbox/MARKER/REVISION"}, 404
        try:
            given = json.loads(request.state.body)
            row = [parts[1], int(parts[2]), *(str(given[name]) for name in _GIVEN)]
            versions = [str(one) for one in given.get("known_versions", ())]
        except (ValueError, KeyError, TypeError) as error:
            return {"error": f"the entry cannot be read: {error}"}, 400
        if hashlib.sha256(str(row[9]).encode()).hexdigest() != row[10]:
            return {"error": "content_hash is not the SHA-256 of content"}, 400
        return _put(db, company, row, versions, version_of)


def _list(db: sqlite3.Connection, params: dict[str, str]) -> tuple[dict[str, Any], int]:
    names = [name for name in ("marker", "taken_as") if name in params]
    if len(names) != 1:
        return {"error": "ask by marker or by taken_as"}, 400
    query = f"SELECT * FROM http_inbox WHERE {names[0]} = ? ORDER BY marker, revision"
    return {"items": [dict(row) for row in db.execute(query, (params[names[0]],))]}, 200


def _put(
    db: sqlite3.Connection, company: CompanyDatabase, row: list[Any], versions: list[str], version_of: VersionOf
) -> tuple[dict[str, Any], int]:
    marker, revision, content_hash = row[0], row[1], row[10]
    query = "SELECT * FROM http_inbox WHERE marker = ? AND revision = ?"
    there = db.execute(query, (marker, revision)).fetchone()
    if there is not None and there["content_hash"] != content_hash:
        return {"error": "another content is held under this marker and revision"}, 409
    own = _taken_before(db, marker) or _own_id(json.loads(row[9]))
    if there is None and versions and (version_of(row[3], own) or versions[0]) not in versions:
        return {"error": f"{row[3].replace('_', ' ')} {own} was changed here since it was read"}, 412
    if there is None:
        marks = ", ".join("?" * len(row))
        db.execute(f"INSERT INTO http_inbox ({', '.join(_COLUMNS[:11])}) VALUES ({marks})", row)
        taken_as, refused = _book(db, company, marker, row)
        named = (taken_as, refused, version_of(row[3], taken_as) if taken_as else None, marker, revision)
        said = "UPDATE http_inbox SET taken_as = ?, refused = ?, version = ? WHERE marker = ? AND revision = ?"
        db.execute(said, named)
    return dict(db.execute(query, (marker, revision)).fetchone()), 200


def _book(
    db: sqlite3.Connection, company: CompanyDatabase, marker: str, row: list[Any]
) -> tuple[str | None, str | None]:
    """As what an entry is taken, or why it is not."""
    operation, kind, content = row[2], row[3], json.loads(row[9])
    before = _taken_before(db, marker)
    if operation == "void" and before is None and not _names_own(content):
        return None, "nothing is held of it that could be taken out"
    if kind in ("payment_received", "payment_made"):
        return _pay(db, company, before or marker, before, operation, content)
    if kind == "attachment" and operation != "void" and not _holds(db, content["sha256"]):
        return None, f"the content of {content['name']} is not there: put it to /files/{content['sha256']} first"
    entry = {"marker": marker, "operation": operation, "kind": kind, "business_date": row[4], "content": row[9]}
    try:
        with open_company(company.path) as books, transaction(books):
            return book(books, entry, before), None
    except (CannotBook, NotEnoughStock, sqlite3.IntegrityError) as error:
        return None, str(error)


def _names_own(content: dict[str, Any]) -> bool:
    """Whether it is about something that the company made itself, under an id of its own."""
    return _own_id(content).isdecimal()


def _own_id(content: dict[str, Any]) -> str:
    kind = str(content.get("kind"))
    name = "party_id" if kind in ("customer", "supplier") else next((name for name in _IDS if name in content), "")
    return str(content.get(name, ""))


def _taken_before(db: sqlite3.Connection, marker: str) -> str | None:
    """As what the newest revision of a marker was taken."""
    query = "SELECT taken_as FROM http_inbox WHERE marker = ? AND taken_as IS NOT NULL ORDER BY revision DESC LIMIT 1"
    found = db.execute(query, (marker,)).fetchone()
    return str(found[0]) if found else None


def _pay(
    db: sqlite3.Connection, company: CompanyDatabase, named: str, before: str | None, operation: str, content: Any
) -> tuple[str | None, str | None]:
    is_there = before and db.execute("SELECT 1 FROM bank_entries WHERE id = ?", (int(before),)).fetchone()
    if operation == "void":
        if is_there:
            void_payment(company, int(str(before)))
        return named, None
    kind = content["kind"]
    settled = {int(item["document_id"]): _cents(item["amount"]) for item in content["allocations"]}
    table = "invoices" if kind == "payment_received" else "bills"
    for document_id in settled:
        if db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (document_id,)).fetchone() is None:
            return None, f"there is no document {document_id}"
    money = Money(
        kind=kind, party_id=int(content["party_id"]), day=content["business_date"], cents=_cents(content["amount"]),
        method="Bank transfer", reference=content["number"], settled=settled,
    )  # fmt: skip
    if before is None or not is_there:
        return str(enter_payment(company, money)), None
    change_payment(company, int(before), money)
    return str(before), None


def hold_file(company: CompanyDatabase, sha256: str, content: bytes) -> tuple[dict[str, Any], int]:
    """Answer `PUT /files/SHA256`: what becomes JSON, and a status."""
    if hashlib.sha256(content).hexdigest() != sha256:
        return {"error": "the address is not the SHA-256 of the content"}, 400
    with closing(sqlite3.connect(company.path, isolation_level=None)) as db:
        db.execute(_FILES)
        db.execute("INSERT OR IGNORE INTO http_files VALUES (?, ?)", (sha256, content))
    return {"sha256": sha256, "size": len(content)}, 200


def _holds(db: sqlite3.Connection, sha256: str) -> bool:
    db.execute(_FILES)
    return db.execute("SELECT 1 FROM http_files WHERE sha256 = ?", (sha256,)).fetchone() is not None


def _cents(amount: str) -> int:
    return int(Decimal(amount) * 100)
