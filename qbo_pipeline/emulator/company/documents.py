"""Creating, updating, deleting and voiding transactions: what holds for all of them, whatever they post."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from qbo_pipeline.emulator.company import charges, jsontext, ledger, linking, stock
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.cleaning import clean, refuse_unknown
from qbo_pipeline.emulator.company.entries import check_token
from qbo_pipeline.emulator.company.faults import NOT_FOUND_DELETED, QboError, error, fault
from qbo_pipeline.emulator.company.preparing import BY_AMOUNT, Before, check_open, prepare, raise_all, rules_of, write
from qbo_pipeline.emulator.company.schema.entities import STARTING_VALUE
from qbo_pipeline.emulator.company.store import row_id


def create(
    book: Book,
    kind: str,
    body: Mapping[str, Any],
    options: frozenset[str],
    own: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Any, ...]:
    """Enter a new transaction; returns its row (`present.TXN_COLUMNS`, body parsed). Raises every fault found in it.

    `own` are properties that QBO itself sets, and no request may.
    """
    rules = rules_of(kind)
    errors: list[QboError] = []
    cleaned = {k: v for k, v in clean(body, rules.fields, errors).items() if v is not None} | dict(own)
    refuse_unknown(errors)
    if kind in charges.SOURCES:
        charges.check(book, cleaned, None, errors)
    draft = prepare(book, rules, 0, cleaned, None, options, errors)
    draft.id = book.next_id("Transaction")
    now = book.now()
    row = write(book, draft, 0, now, now)
    charges.follow(book, draft)
    if kind != STARTING_VALUE:
        book.record(kind, draft.id, "Create")
    return row


def update(book: Book, kind: str, body: Mapping[str, Any], options: frozenset[str]) -> int:
    """Replace a transaction, or change some of its properties (sparse), and post it anew under its id."""
    rules = rules_of(kind)
    row = existing(book, kind, body)
    id, number, day, sync, created = row["id"], row["number"], row["date"], row["sync"], row["created"]
    old = row["body"]
    errors: list[QboError] = []
    cleaned = clean(body, rules.fields, errors)
    refuse_unknown(errors)
    sparse = body.get("sparse") in (True, "true")
    if rules.sparse_only and not sparse:
        errors.append(error("2010", "sparse", what=f"{kind} can only be updated sparsely"))
    merged = {k: v for k, v in ((old | cleaned) if sparse else cleaned).items() if v is not None}
    if kind in ("Payment", "BillPayment", *BY_AMOUNT) and sparse:
        merged.setdefault("Amount" if kind in BY_AMOUNT else "TotalAmt", Decimal(row["total"]).scaleb(-2))
    if "TxnDate" not in merged or kind == "InventoryAdjustment":
        merged["TxnDate"] = day
    if sparse and book.country != "US" and "TxnTaxDetail" not in cleaned:
        merged.pop("TxnTaxDetail", None)
    if "RecurDataRef" in old:
        merged["RecurDataRef"] = old["RecurDataRef"]
    if "ExchangeRate" not in merged and merged["TxnDate"] == day and "ExchangeRate" in old:
        merged["ExchangeRate"] = old["ExchangeRate"]
    check_open(book, kind, day, errors)
    linking.check_deposited(book, id, errors)
    if kind in charges.SOURCES:
        charges.check(book, merged, old, errors)
    before = Before(id, number, old, row["total"], row["party"], row["currency"])
    draft = prepare(book, rules, id, merged, before, options, errors)
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    write(book, draft, sync + 1, created, book.now(), items)
    charges.follow(book, draft)
    linking.after_change(book, draft, before.total, rebuild)
    book.record(kind, id, "Update")
    return int(id)


def delete(book: Book, kind: str, body: Mapping[str, Any]) -> int:
    """Take a transaction out of the books. Raises 6540, 6210, and 6000 where another transaction settles it."""
    row = existing(book, kind, body)
    id = int(row["id"])
    errors: list[QboError] = []
    check_open(book, kind, row["date"], errors)
    linking.check_deposited(book, id, errors)
    if book.settings.linked_delete == "refuse" and linking.settled_by(book, id):
        errors.append(error("6000", what="This transaction is linked to others. Unlink it before you delete it."))
    raise_all(errors)
    for source in linking.settled_by(book, id):
        linking.unlink(book, source, id, rebuild)
    charges.release(book, kind, id)
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    book.store.execute("DELETE FROM txns WHERE id = ?", (id,))
    linking.forget(book, id)
    book.store.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (kind, id, book.now()))
    stock.replay(book, items)
    book.record(kind, id, "Delete")
    return id


def void(book: Book, kind: str, body: Mapping[str, Any]) -> int:
    """Set a transaction's amounts to zero and clear its links, and keep it. Raises as `delete` does."""
    rules = rules_of(kind)
    if not rules.void:
        raise fault("500", what=f"void on {kind}")
    row = existing(book, kind, body)
    id = int(row["id"])
    errors: list[QboError] = []
    check_open(book, kind, row["date"], errors)
    linking.check_deposited(book, id, errors)
    sources = linking.settled_by(book, id)
    if sources and book.settings.void_of_paid_invoice == "refuse":
        errors.append(error("6450", what="A payment is applied to this transaction. Remove it before you void it."))
    raise_all(errors)
    for source in sources:
        linking.unlink(book, source, id, rebuild)
    charges.release(book, kind, id)
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    emptied = linking.emptied(kind, row["body"])
    now = book.now()
    sql = """UPDATE txns SET total = 0, balance = CASE WHEN balance IS NULL THEN NULL ELSE 0 END,
             sync = sync + 1, updated = ?, body = ? WHERE id = ?"""
    book.store.execute(sql, (now, jsontext.dumps(emptied), id))
    stock.replay(book, items)
    book.record(kind, id, "Void")
    return id


def rebuild(book: Book, id: int, body: Body | None = None) -> None:
    """Post a stored transaction anew, from its body or a changed one, because what it settles has changed."""
    sql = "SELECT entity, number, date, sync, created, total, body FROM txns WHERE id = ?"
    found = book.store.row(sql, (id,))
    assert found is not None
    kind, number, day, sync, created, total, stored = found
    is_changed = body is not None
    body = body if body is not None else jsontext.loads(stored)
    body["TxnDate"] = day
    if kind in ("Payment", "BillPayment"):
        body["TotalAmt"] = Decimal(total).scaleb(-2)
    before = Before(id, number, body, total, None, None)
    draft = prepare(book, rules_of(kind), id, body, before, frozenset({"reposting"}), [])
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    write(book, draft, sync + is_changed, created, book.now(), items)
    book.record(kind, id, "Update")


def existing(book: Book, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The stored row that a request names, body parsed, after checking Id (2020, 2030, 610) and SyncToken (5010)."""
    id = str(body.get("Id") or "")
    if not id:
        raise fault("2020", "Id", what="Required parameter Id is missing in the request")
    if row_id(id) < 0:
        raise fault("2030", "Id", what=id)
    sql = "SELECT id, number, date, sync, created, total, party, currency, body FROM txns WHERE id = ? AND entity = ?"
    found = book.store.row(sql, (row_id(id), kind))
    if found is None:
        raise fault("610", what=NOT_FOUND_DELETED)
    names = ("id", "number", "date", "sync", "created", "total", "party", "currency", "body")
    row = dict(zip(names, found, strict=True))
    check_token(book, body, row["sync"])
    row["body"] = jsontext.loads(row["body"])
    return row
