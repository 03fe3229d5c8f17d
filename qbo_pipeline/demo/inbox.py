"""The warehouse takes its inbox: what people did in QuickBooks becomes papers of its own.

What belongs here: the company's side of the table qbo_inbox: the newest entry of each marker is booked, and said to be,
in one transaction; what cannot be booked is refused in words. Who writes the entries is no matter of the company's.
Amounts arrive as decimal text in US dollars, quantities as decimal text in units.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.banking import MADE, RECEIVED
from qbo_pipeline.demo.catalogue import BANK_ACCOUNT
from qbo_pipeline.demo.company import open_company, transaction
from qbo_pipeline.demo.inbox_goods import book_bill, book_product, cents, milli
from qbo_pipeline.demo.inbox_stock import adjust, ship_sold, take_back_sold
from qbo_pipeline.demo.workday import Workday

_NEWEST = (
    "SELECT * FROM qbo_inbox AS entry WHERE taken_as IS NULL AND refused IS NULL AND NOT EXISTS (SELECT 1 FROM"
    " qbo_inbox AS later WHERE later.marker = entry.marker AND later.revision > entry.revision) ORDER BY kind, marker"
)
Content = dict[str, Any]


class CannotBook(ValueError):
    """The company does not take an entry; what it says goes back."""


def take_inbox(path: Path | str) -> tuple[int, int]:
    """Book what lies in the inbox; answers how many entries were taken and how many refused."""
    taken = refused = 0
    with open_company(path) as db:
        db.row_factory = sqlite3.Row
        there = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'qbo_inbox'").fetchone()
        entries = [dict(row) for row in db.execute(_NEWEST)] if there else []
        db.row_factory = None
        for entry in entries:
            place = (entry["marker"], entry["revision"])
            try:
                with transaction(db):
                    own = book(db, entry, _known(db, entry["marker"]))
                    said = "UPDATE qbo_inbox SET taken_as = ?, refused = NULL WHERE marker = ? AND revision = ?"
                    db.execute(said, (own, *place))
            except (CannotBook, stock.NotEnoughStock, sqlite3.IntegrityError) as error:
                refusal = "UPDATE qbo_inbox SET refused = ? WHERE marker = ? AND revision = ?"
                db.execute(refusal, (str(error), *place))
                refused += 1
            else:
                taken += 1
    return taken, refused


def _known(db: sqlite3.Connection, marker: str) -> str | None:
    query = "SELECT taken_as FROM qbo_inbox WHERE marker = ? AND taken_as IS NOT NULL"
    found = db.execute(query, (marker,)).fetchone()
    return found and str(found[0])


def book(db: sqlite3.Connection, entry: Content, known: str | None) -> str:
    """Book an entry, in a transaction of the caller's; `known` is the id under which an earlier revision was taken.

    Raises `CannotBook` where the company does not take it.
    """
    content = json.loads(entry["content"])
    if entry["kind"] not in _BOOKS:
        raise CannotBook(f"this company takes no {entry['kind'].replace('_', ' ')} from QuickBooks")
    day = date.fromisoformat(entry["business_date"])
    work = Workday(db, day)
    own = _BOOKS[entry["kind"]](work, content, int(known) if known else _own(content), entry["operation"] == "void")
    work.save(worked=False)
    return str(own)


def _own(content: Content) -> int | None:
    """The company's own id, where it made the thing itself."""
    names = ("payment_id", "document_id", "product_id", "movement_id")
    ids = (content[name] for name in names if name in content)
    own = str(next(ids, content.get("party_id")))
    return int(own) if own.isdecimal() else None


def _kept_party(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    table = "customers" if content["kind"] == "customer" else "suppliers"
    values = {
        "name": content["name"],
        "email": content.get("email") or "",
        "active": int(content.get("active", True) and not gone),
    }
    if own is None:
        if content["kind"] == "customer":
            return work.add(table, number=work.number("CUST"), terms_days=30, taxable=1, **values)
        return work.add(table, number=work.number("SUPP"), terms_days=30, **values)
    changed = content.get("changed", values)
    ((name, email, active),) = work.rows(f"SELECT name, email, active FROM {table} WHERE id = ?", own)
    here = {"name": name, "email": email, "active": active}
    for column in [column for column in values if column in changed]:
        if "changed" in content and here[column] not in (changed[column] or "", int(changed[column] is True)):
            raise CannotBook(f"the {column} of {content['kind']} {own} was changed here since")
        work.set(table, own, column, values[column])
    if content.get("merged_into") and content["kind"] == "customer":
        _merged(work, own, int(content["merged_into"]))
    return own


def _merged(work: Workday, gone: int, kept: int) -> None:
    """What was of one customer is of another's from now on."""
    for table in ("invoices", "credit_notes", "sales_orders", "shipments", "customer_returns", "quotes"):
        work.db.execute(f"UPDATE {table} SET customer_id = ? WHERE customer_id = ?", (kept, gone))
    where = "party_id = ? AND kind = 'payment_received'"
    work.db.execute(f"UPDATE bank_entries SET party_id = ? WHERE {where}", (kept, gone))


def _invoice(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    if own is not None:
        if content["document_id"] != str(own):  # made in QuickBooks, and shipped for it here
            take_back_sold(work, own)
        if gone:
            work.set("invoices", own, "status", "voided")
            return own
        work.db.execute("DELETE FROM invoice_lines WHERE invoice_id = ?", (own,))
    party = _party(content)
    shipment, place, shipped = ship_sold(work, party, content)
    values: dict[str, Any] = {
        "number": content["number"],
        "business_date": content["business_date"],
        "due_date": content.get("due_date") or content["business_date"],
        "customer_id": party,
        "shipment_id": shipment,
        "warehouse_id": place,
        "net_cents": cents(content["net_amount"]),
        "tax_cents": cents(content["tax_amount"]),
        "total_cents": cents(content["total_amount"]),
        "memo": content.get("memo"),
    }
    if own is None:
        own = work.add("invoices", **values)
    else:
        for column, value in values.items():
            work.set("invoices", own, column, value)
    service = next(item.id for item in work.items.values() if item.kind == "service")
    for line in content["lines"]:
        quantity = milli(line.get("quantity") or "1")
        net = cents(line["net_amount"])
        work.add(
            "invoice_lines", invoice_id=own, line_number=line["line_number"],
            shipment_line_id=shipped.get(line["line_number"]),
            item_id=int(line.get("product_id") or service), description=line.get("description") or "",
            quantity_milli=quantity, unit_cents=cents(line.get("unit_price") or line["net_amount"]), net_cents=net,
            tax_cents=cents(line["tax_amount"]), tax_code=line.get("tax_code") or "NON",
        )  # fmt: skip
    return own


def _payment(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    side = RECEIVED if content["kind"] == "payment_received" else MADE
    if own is not None:
        settled = work.rows("SELECT document_id, amount_cents FROM bank_entry_allocations WHERE entry_id = ?", own)
        for document, amount in settled:
            work.db.execute(f"UPDATE {side.documents} SET paid_cents = paid_cents - ? WHERE id = ?", (amount, document))
        work.db.execute("DELETE FROM bank_entry_allocations WHERE entry_id = ?", (own,))
        if gone:
            work.set("bank_entries", own, "status", "voided")
            return own
    values: dict[str, Any] = {
        "business_date": content["business_date"],
        "kind": content["kind"],
        "party_id": _party(content),
        "amount_cents": cents(content["amount"]),
        "bank_account": BANK_ACCOUNT,
        "method": side.methods[0],
        "reference": content["number"],
    }
    if own is None:
        own = work.add("bank_entries", number=work.number(side.series), **values)
    else:
        for column, value in values.items():
            work.set("bank_entries", own, column, value)
    for part in content["allocations"]:
        document, amount = int(part["document_id"]), cents(part["amount"])
        work.add("bank_entry_allocations", entry_id=own, document_id=document, amount_cents=amount)
        work.db.execute(f"UPDATE {side.documents} SET paid_cents = paid_cents + ? WHERE id = ?", (amount, document))
    return own


def _file(work: Workday, content: Content, own: int | None, gone: bool) -> int:
    """A file stays where it lies: the company keeps a note of it under an id of its own."""
    return own if own is not None else work.new_id()


def _party(content: Content) -> int:
    if not str(content["party_id"]).isdecimal():
        raise CannotBook(f"the party {content['party_id']} is none of this company's")
    return int(content["party_id"])


_BOOKS: dict[str, Callable[[Workday, Content, int | None, bool], int]] = {
    "customer": _kept_party,
    "supplier": _kept_party,
    **dict.fromkeys(("stocked", "non_stocked", "service"), book_product),
    "adjustment": adjust,
    "bill": book_bill,
    "sales_invoice": _invoice,
    "payment_received": _payment,
    "payment_made": _payment,
    "attachment": _file,
}
