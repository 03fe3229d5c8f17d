"""Both sides of the demo counted without the pipeline: the warehouse's own tables, and QuickBooks' own answers.

What belongs here: documents, payments, balances of every party and quantities of every item, counted on each side, and
where they part. Nothing is read from the pipeline's store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.commands.demo_servers import DemoFolder

Amounts = dict[str, Decimal]
# By what it is called: table of the warehouse, its column of the amount, entity of QuickBooks.
_PAPERS = {
    "invoices": ("invoices", "total_cents", "Invoice"),
    "credit notes": ("credit_notes", "total_cents", "CreditMemo"),
    "bills": ("bills", "total_cents", "Bill"),
    "suppliers' credits": ("supplier_credits", "total_cents", "VendorCredit"),
    "payments received": ("bank_entries WHERE kind = 'payment_received' AND", "amount_cents", "Payment"),
    "payments made": ("bank_entries WHERE kind = 'payment_made' AND", "amount_cents", "BillPayment"),
}
_BALANCES = {
    "customers": (
        (
            "SELECT name, (SELECT COALESCE(SUM(total_cents), 0) FROM invoices WHERE customer_id = c.id AND {live})"
            " - (SELECT COALESCE(SUM(total_cents), 0) FROM credit_notes WHERE customer_id = c.id AND {live})"
            " - (SELECT COALESCE(SUM(amount_cents), 0) FROM bank_entries WHERE party_id = c.id AND {live}"
            " AND kind = 'payment_received') FROM customers AS c"
        ),
        "Customer",
    ),
    "suppliers": (
        (
            "SELECT name, (SELECT COALESCE(SUM(total_cents), 0) FROM bills WHERE supplier_id = c.id AND {live})"
            " - (SELECT COALESCE(SUM(total_cents), 0) FROM supplier_credits WHERE supplier_id = c.id AND {live})"
            " - (SELECT COALESCE(SUM(amount_cents), 0) FROM bank_entries WHERE party_id = c.id AND {live}"
            " AND kind = 'payment_made') FROM suppliers AS c"
        ),
        "Vendor",
    ),
}


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One subject counted on both sides: how many, their sum, and what of it differs, by name."""

    subject: str
    here: tuple[int, Decimal]
    there: tuple[int, Decimal]
    differ: Mapping[str, tuple[Decimal, Decimal]]

    @property
    def agrees(self) -> bool:
        return self.here == self.there and not self.differ


def balances_now(folder: DemoFolder) -> dict[str, Amounts]:
    """What QuickBooks says that each party owes or is owed, by entity and name."""
    return {
        entity: {str(thing["DisplayName"]): _exact(thing.get("Balance")) for thing in _all(folder, entity)}
        for _, entity in _BALANCES.values()
    }


def both_sides(
    folder: DemoFolder, first_day: date, opening: Mapping[str, Amounts], *, tracked: bool
) -> list[SideBySide]:
    """Count both sides; `opening` are QuickBooks' balances when the demo began, which are no matter of the warehouse's.

    Quantities are counted where QuickBooks keeps them (`tracked`).
    """
    found = [_papers(folder, subject, first_day) for subject in _PAPERS]
    found += [_balances(folder, subject, opening) for subject in _BALANCES]
    return [*found, _quantities(folder)] if tracked else found


def told(tallies: list[SideBySide]) -> Iterator[str]:
    """The counting in lines, a table; what differs by name."""
    yield f"{'':24}{'in the warehouse':>22}{'in QuickBooks':>22}"
    for tally in tallies:
        sides = "".join(f"{count:>7,}{amount:>15,.2f}" for count, amount in (tally.here, tally.there))
        yield f"{tally.subject:24}{sides}   {'equal' if tally.agrees else 'NOT EQUAL'}"
        for name, (here, there) in sorted(tally.differ.items()):
            yield f"  {name}: {here:,.2f} in the warehouse, {there:,.2f} in QuickBooks"


def _papers(folder: DemoFolder, subject: str, first_day: date) -> SideBySide:
    table, column, entity = _PAPERS[subject]
    where = table if " WHERE " in table else f"{table} WHERE"
    query = f"SELECT {column} FROM {where} status = 'completed' AND {column} > 0"  # noqa: S608  named in the table above
    rows = _rows(folder, query)
    here = [Decimal(cents).scaleb(-2) for (cents,) in rows]
    there = [
        amount
        for thing in _all(folder, entity)
        if thing["TxnDate"] >= first_day.isoformat() and (amount := _exact(thing.get("TotalAmt")))
    ]
    if entity == "BillPayment":
        there += _in_advance(folder, first_day)
    return SideBySide(subject, (len(here), sum(here, Decimal(0))), (len(there), sum(there, Decimal(0))), {})


def _in_advance(folder: DemoFolder, first_day: date) -> list[Decimal]:
    """What suppliers were paid for no bill: QuickBooks takes that as a journal with the supplier on a line."""
    return [
        _exact(line["Amount"])
        for journal in _all(folder, "JournalEntry")
        if journal["TxnDate"] >= first_day.isoformat()
        for line in journal["Line"]
        if (line.get("JournalEntryLineDetail") or {}).get("Entity", {}).get("Type") == "Vendor"
    ]


def _balances(folder: DemoFolder, subject: str, opening: Mapping[str, Amounts]) -> SideBySide:
    query, entity = _BALANCES[subject]
    rows = _rows(folder, query.format(live="status = 'completed'"))
    here = {str(name): Decimal(cents).scaleb(-2) for name, cents in rows}
    there = {
        str(thing["DisplayName"]): _exact(thing.get("Balance")) - opening[entity].get(thing["DisplayName"], Decimal(0))
        for thing in _all(folder, entity)
    }
    return _tally(f"balances of {subject}", here, there)


def _quantities(folder: DemoFolder) -> SideBySide:
    query = (
        "SELECT i.sku, SUM(s.quantity_milli) FROM items AS i JOIN stock_balances AS s ON s.item_id = i.id"
        " WHERE i.kind = 'stocked' GROUP BY i.sku"
    )
    here = {str(sku): Decimal(quantity).scaleb(-3) for sku, quantity in _rows(folder, query)}
    there = {
        str(thing["Sku"]): _exact(thing.get("QtyOnHand"))
        for thing in _all(folder, "Item")
        if thing.get("Type") == "Inventory" and thing.get("Sku") in here
    }
    return _tally("quantities of items", here, there)


def _tally(subject: str, here: Amounts, there: Amounts) -> SideBySide:
    live, counted = ({name: amount for name, amount in side.items() if amount} for side in (here, there))
    zero = Decimal(0)
    differ = {
        name: (live.get(name, zero), counted.get(name, zero))
        for name in {*live, *counted}
        if live.get(name, zero) != counted.get(name, zero)
    }
    return SideBySide(
        subject, (len(live), sum(live.values(), zero)), (len(counted), sum(counted.values(), zero)), differ
    )


def _rows(folder: DemoFolder, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder.company)) as db:
        return db.execute(query).fetchall()


def _all(folder: DemoFolder, entity: str) -> list[dict[str, Any]]:
    from qbo_pipeline.pipeline.run import open_run
    from qbo_pipeline.quickbooks.query import select
    from qbo_pipeline.settings import load_settings

    listed = entity in ("Customer", "Vendor", "Item")
    with open_run(load_settings(folder.settings)) as run:
        return list(run.quickbooks().query(select(entity, with_inactive=True) if listed else select(entity)))


def _exact(value: Any) -> Decimal:
    return Decimal(value or 0)
