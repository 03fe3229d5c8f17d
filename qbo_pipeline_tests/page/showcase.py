"""A shop with something on every page: for the pictures of the docs, for axe-core, and for whole paths in a browser.

What belongs here: its week, posted and reconciled, its first days signed by two; then forty things that wait, and a
difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx

from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.sign import sign
from qbo_pipeline.store.difference_notes import put_remark
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop, shop_rows

SIGNED = date(2024, 3, 3)
INVOICES, CHANGED = 37, 3  # that wait for approval, and that somebody changed in QuickBooks: forty things
NAMES = ("Café Sol", "Harbour Deli", "Mills & Daughters", "Nordlys Kaffe", "The Old Bakery")


@contextmanager
def showcase(folder: Path, *, difference: bool = True) -> Iterator[Shop]:
    """The shop as it is after that week, with the emulator of its company behind it; without `difference` its stock and
    its books agree."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(folder / "shop", emulator, _rows())
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            for by in ("ann", "bob"):
                sign(run, SIGNED, by, "counted on Sunday")
            _change_in_quickbooks(shop)
            find_drift(run)
        _wait(shop, difference=difference)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            if difference:
                _remark(run)
        yield shop


def _rows() -> dict[str, list[dict[str, object]]]:
    """The shop's rows, with a few customers more and their paid-up invoices, which are posted."""
    found = shop_rows()
    found["parties"] += [
        {"party_id": f"c{n}", "kind": "customer", "name": name} for n, name in enumerate(NAMES[1:], start=2)
    ]
    first = next(row for row in found["documents"] if row["document_id"] == "i1")
    for n in range(CHANGED):
        own = {"document_id": f"k{n}", "number": f"K{n + 1}", "party_id": f"c{2 + n}"}
        found["documents"].append(first | own | {"net_amount": f"{30 + n}.00", "total_amount": f"{30 + n}.00"})
        line = {"document_id": f"k{n}", "line_id": f"k{n}-1", "product_id": "p2", "tax_amount": "0"}
        found["document_lines"].append(line | {"net_amount": f"{30 + n}.00"})
    return found


def _change_in_quickbooks(shop: Shop) -> None:
    """Somebody gives some invoices another day there."""
    assert shop.emulator is not None
    with shop.run() as run:
        for row in rows(run, "SELECT qbo_id FROM posting_links WHERE key LIKE 'document/k%'"):
            thing = run.quickbooks().read("Invoice", row["qbo_id"])
            body = {"Id": thing["Id"], "SyncToken": thing["SyncToken"], "sparse": True, "TxnDate": "2024-03-06"}
            headers = shop.emulator.bearer()
            httpx.post(shop.emulator.api("invoice"), json=body, headers=headers, timeout=60).raise_for_status()


def _wait(shop: Shop, *, difference: bool) -> None:
    """From now on everything waits for approval: many invoices, and where wanted a shipment with another cost."""
    point_to(shop.settings, "approval = false", "approval = true")
    columns = "kind, business_date, currency, tax_amount, status"
    statements = []
    for n in range(INVOICES):
        party, amount = f"c{1 + n % len(NAMES)}", f"{24 + 3 * n}.50"
        statements.append(
            f"INSERT INTO documents (document_id, number, party_id, net_amount, total_amount, {columns}) "
            f"SELECT 'n{n}', 'N{1001 + n}', '{party}', '{amount}', '{amount}', {columns} "
            "FROM documents WHERE document_id = 'i1'"
        )
        statements.append(
            "INSERT INTO document_lines (document_id, line_id, product_id, net_amount, tax_amount) "
            f"VALUES ('n{n}', 'n{n}-1', 'p{1 + n % 2}', '{amount}', '0')"
        )
    if difference:
        statements.append("UPDATE movement_lines SET value = '-42.00' WHERE movement_id = 'd1'")
        statements.append("UPDATE stock_values SET value = '-42.00' WHERE value = '-40.00'")
    shop.change(*statements)


def _remark(run: Run) -> None:
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        said = "The roastery corrected the cost of this batch by 2.00; their letter came on Tuesday."
        put_remark(connection, run.name, "movement/d1", LAST_DAY, said, file=None, who="ann", now=now)
