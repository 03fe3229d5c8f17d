"""Links between transactions: open balances, deposits, orders and estimates, and what a change does to others."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft, Link, Party
from qbo_pipeline.emulator.company.faults import VALIDATION, QboError, QboFault, error
from qbo_pipeline.emulator.company.money import minor
from qbo_pipeline.emulator.company.store import row_id

Rebuild = Callable[..., None]
# Document -> what its own LinkedTxn may name, and the kind of link that makes.
_DOCUMENT_LINKS: Final = {
    "Invoice": ("Estimate", "estimate"),
    "SalesReceipt": ("Estimate", "estimate"),
    "Bill": ("PurchaseOrder", "order"),
}


def applied(book: Book, id: int) -> int:
    """How much of a transaction payments have settled, in minor units."""
    return int(
        book.store.value("SELECT COALESCE(SUM(amount), 0) FROM links WHERE target = ? AND kind = 'settle'", (id,))
    )


def settled_by(book: Book, id: int) -> list[int]:
    """Ids of the payments that settle a transaction, oldest first."""
    sql = "SELECT DISTINCT source FROM links WHERE target = ? AND kind = 'settle' ORDER BY source"
    return [row[0] for row in book.store.rows(sql, (id,))]


def check_deposited(book: Book, id: int, errors: list[QboError]) -> None:
    """Append 6540 where a deposit has taken the transaction to the bank."""
    if book.store.row("SELECT 1 FROM links WHERE target = ? AND kind = 'deposit'", (id,)):
        errors.append(error("6540"))


def check_change(
    book: Book,
    id: int,
    party: Party | None,
    currency: str,
    old_party: int | None,
    old_currency: str | None,
    errors: list[QboError],
) -> None:
    """Append 6000 where a settled transaction would change its name or currency."""
    if old_currency is None or not settled_by(book, id):
        return
    if currency != old_currency or (party[1] if party else None) != old_party:
        text = "You can't change the name or currency of a transaction that is linked to others."
        errors.append(error("6000", "LinkedTxn", what=text))


def link_documents(draft: Draft) -> None:
    """Links that a document's own LinkedTxn asks for (an invoice from an estimate). Appends 620 for a wrong target."""
    given = draft.body.pop("LinkedTxn", None) or []
    wanted = _DOCUMENT_LINKS.get(draft.entity.name)
    if wanted is None:
        return
    kept: list[Body] = []
    for n, linked in enumerate(x for x in given if x.get("TxnType") == wanted[0]):
        id = str(linked.get("TxnId") or "")
        sql = "SELECT 1 FROM txns WHERE id = ? AND entity = ?"
        if draft.book.store.row(sql, (row_id(id), wanted[0])) is None:
            draft.errors.append(error("620", "LinkedTxn", what=f"{wanted[0]} {id} does not exist"))
            continue
        if not any(link.target == int(id) and link.kind == wanted[1] for link in draft.links):
            draft.links.append(Link(-1 - n, int(id), "", wanted[1], 0))
        kept.append({"TxnId": id, "TxnType": wanted[0]})
    if kept:
        draft.body["LinkedTxn"] = kept


def enter(book: Book, draft: Draft, now: str) -> None:
    """Store the links of a transaction, and what they mean for their targets."""
    if not draft.links:
        return
    rows = [(draft.id, link.line, link.target, link.target_line, link.kind, link.amount) for link in draft.links]
    book.store.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?)", rows)
    for link in draft.links:
        if link.kind == "settle":
            book.store.execute("UPDATE txns SET balance = balance - ? WHERE id = ?", (link.amount, link.target))
    _touch(book, draft.links, now, is_entered=True)


def withdraw(book: Book, source: int) -> None:
    """Take the links of a transaction out: what it settled is open again."""
    sql = "SELECT line, target, target_line, kind, amount FROM links WHERE source = ? AND kind <> 'billed'"
    rows = book.store.rows(sql, (source,))
    if not rows:
        return
    book.touched = True
    book.store.execute("DELETE FROM links WHERE source = ? AND kind <> 'billed'", (source,))
    links = [Link(*row) for row in rows]
    for link in links:
        if link.kind == "settle":
            book.store.execute("UPDATE txns SET balance = balance + ? WHERE id = ?", (link.amount, link.target))
    _touch(book, links, book.now())


def _touch(book: Book, links: list[Link], now: str, *, is_entered: bool = False) -> None:
    for target, kind in {(link.target, link.kind) for link in links}:
        book.store.execute("UPDATE txns SET updated = ? WHERE id = ?", (now, target))
        if kind in ("order", "estimate"):
            _set_status(book, target, kind, is_entered=is_entered)
        entity = book.store.value("SELECT entity FROM txns WHERE id = ?", (target,))
        if entity is not None:
            book.record(entity, target, "Update")


def _set_status(book: Book, id: int, kind: str, *, is_entered: bool) -> None:
    """A purchase order is closed when every line is billed; an estimate when an invoice was made from it.

    One that was closed by hand stays closed when a part of it is billed.
    """
    row = book.store.row("SELECT body FROM txns WHERE id = ?", (id,))
    if row is None:
        return
    body = jsontext.loads(row[0])
    links = book.store.rows("SELECT target_line, SUM(amount) FROM links WHERE target = ? GROUP BY target_line", (id,))
    billed = dict(links)
    if kind == "estimate":
        body["TxnStatus"] = "Closed" if billed else "Pending"
    elif book.settings.close_billed_purchase_orders:
        done = all(billed.get(x["Id"], 0) >= minor(x.get("Amount") or Decimal(0)) for x in body["Line"])
        kept = is_entered and body.get("POStatus") == "Closed"
        body["POStatus"] = "Closed" if done or kept or "" in billed else "Open"
    book.store.execute("UPDATE txns SET body = ? WHERE id = ?", (jsontext.dumps(body), id))


def after_change(book: Book, draft: Draft, total_before: int, rebuild: Rebuild) -> None:
    """Post the payments of a changed transaction anew. Raises 6000 where more is applied than is left."""
    sources = settled_by(book, draft.id)
    if not sources:
        return
    if draft.balance is not None and draft.balance < applied(book, draft.id):
        text = "The amount can't be less than what has been applied to this transaction."
        draft.errors.append(error("6000", "TotalAmt", what=text))
        raise QboFault(400, VALIDATION, draft.errors)
    if book.multi_currency or draft.total != total_before:
        for source in sources:
            rebuild(book, source)


def unlink(book: Book, source: int, target: int, rebuild: Rebuild) -> None:
    """Take a transaction out of a payment's lines; the amount becomes unapplied."""
    body = jsontext.loads(book.store.value("SELECT body FROM txns WHERE id = ?", (source,)))
    kept = []
    for line in body.get("Line", []):
        line["LinkedTxn"] = [x for x in line.get("LinkedTxn", []) if x.get("TxnId") != str(target)]
        if line["LinkedTxn"]:
            kept.append(line)
    body["Line"] = kept
    rebuild(book, source, body)


def forget(book: Book, target: int) -> None:
    """Take a transaction that is going away out of the bodies of those that were made from it (bills, invoices)."""
    sql = """SELECT DISTINCT t.id, t.body FROM links k JOIN txns t ON t.id = k.source
             WHERE k.target = ? AND k.kind IN ('order', 'estimate')"""
    for source, stored in book.store.rows(sql, (target,)):
        body = jsontext.loads(stored)
        for holder in (body, *body.get("Line", [])):
            if holder.get("LinkedTxn"):
                holder["LinkedTxn"] = [x for x in holder["LinkedTxn"] if x.get("TxnId") != str(target)]
        book.store.execute("UPDATE txns SET body = ? WHERE id = ?", (jsontext.dumps(body), source))
    book.store.execute("DELETE FROM links WHERE target = ?", (target,))


def emptied(kind: str, body: Body) -> Body:
    """The body of a voided transaction: no amounts, no links, a note that says so."""
    out = dict(body)
    note = out.get("PrivateNote")
    if not note or not note.startswith("Voided"):
        out["PrivateNote"] = f"Voided - {note}" if note else "Voided"
    if out.pop("TxnTaxDetail", None) is not None:
        out["TxnTaxDetail"] = {"TotalTax": Decimal(0)}
    out.pop("LinkedTxn", None)
    lines = []
    for line in body.get("Line", []):
        empty = {k: v for k, v in line.items() if k != "LinkedTxn"}
        if "Amount" in empty:
            empty["Amount"] = Decimal(0)
        detail = empty.get(empty.get("DetailType", ""))
        if detail:
            empty[empty["DetailType"]] = {
                k: Decimal(0) if k in ("Qty", "UnitPrice", "TaxInclusiveAmt") else v for k, v in detail.items()
            }
        lines.append(empty)
    if "Line" in body:
        out["Line"] = [] if kind in ("Payment", "BillPayment") else lines
    return out
