"""The warehouse's part of a month in which people work in QuickBooks as well.

What belongs here: what its people do besides the day's work (a customer's data change, an invoice is voided), and the
end of the month, when all that was shipped and received gets its papers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from qbo_pipeline.demo import billing, purchasing, sales
from qbo_pipeline.demo.changes import void
from qbo_pipeline.demo.company import next_day, open_company, transaction
from qbo_pipeline.demo.workday import Workday

_DOCUMENTS = ("invoices", "bills")
_FIELDS = ("name", "email", "active")


def change_customer(path: Path | str, number: str, field: str, value: str | int) -> str:
    """Write something else into one field of a customer; answers the customer's name before.

    Raises `ValueError` where there is no such customer or field.
    """
    if field not in _FIELDS:
        raise ValueError(f"a customer has no {field!r} that is changed here, only {', '.join(_FIELDS)}")
    with open_company(path) as db, transaction(db):
        found = db.execute("SELECT id, name FROM customers WHERE number = ?", (number,)).fetchone()
        if found is None:
            raise ValueError(f"there is no customer {number}")
        db.execute(f"UPDATE customers SET {field} = ? WHERE id = ?", (value, found[0]))
    return str(found[1])


def unpaid_documents(path: Path | str, table: str, series: str = "%") -> list[int]:
    """The ids of invoices or bills of a series that nobody has paid anything of, the latest due first; 200 at most.

    Raises `ValueError` for another table.
    """
    if table not in _DOCUMENTS:
        raise ValueError(f"{table!r} is none of {', '.join(_DOCUMENTS)}")
    with open_company(path) as db:
        found = db.execute(
            f"SELECT id FROM {table} WHERE paid_cents = 0 AND status = 'completed' AND total_cents > 0"
            " AND number LIKE ? ORDER BY due_date DESC, id DESC LIMIT 200",
            (series,),
        )
        return [row[0] for row in found]


def void_service_invoice(path: Path | str) -> str | None:
    """Void the newest unpaid invoice that moved no goods; answers its number, `None` where there is none."""
    with open_company(path) as db:
        found = db.execute(
            "SELECT number FROM invoices WHERE shipment_id IS NULL AND paid_cents = 0 AND status = 'completed'"
            " AND number LIKE 'INV-%' ORDER BY business_date DESC, id DESC LIMIT 1"
        ).fetchone()
    if found is None:
        return None
    void(path, found[0])
    return str(found[0])


def close_month(path: Path | str) -> dict[str, int]:
    """On the last day that was worked: goods that were billed before they came arrive, other late orders are promised
    anew, and all that was shipped, received or sent back gets its invoice, bill or credit. Answers how many of each."""
    with open_company(path) as db, transaction(db):
        work = Workday(db, next_day(db) - timedelta(days=1))
        db.execute(
            "UPDATE purchase_orders SET expected_date = ?"
            " WHERE received = 0 AND expected_date <= ? AND billed_first = 0",
            (work.after(5), work.today),
        )
        db.execute(
            "UPDATE purchase_orders SET expected_date = ? WHERE received = 0 AND billed_first = 1 AND billed = 1",
            (work.today,),
        )
        steps: dict[str, Callable[[Workday], bool]] = {
            "receipts": purchasing.receive,
            "bills": billing.bill_goods,
            "invoices": sales.invoice,
            "credit notes": sales.credit_return,
            "suppliers' credits": billing.credit_return,
        }
        done = {name: _until_done(step, work) for name, step in steps.items()}
        work.save(worked=False)
    return done


def _until_done(step: Callable[[Workday], bool], work: Workday) -> int:
    count = 0
    while step(work):
        count += 1
    return count
