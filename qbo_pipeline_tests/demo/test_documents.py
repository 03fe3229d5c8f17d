"""Documents: lines add up to headers, bills match receipts, payments settle what they say."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def test_lines_add_up_to_their_header(db: sqlite3.Connection) -> None:
    lines: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for document, net, tax in db.execute("SELECT document_id, net_amount, tax_amount FROM document_lines"):
        lines[document][0] += Decimal(net)
        lines[document][1] += Decimal(tax)
    headers = db.execute("SELECT document_id, net_amount, tax_amount, total_amount FROM documents").fetchall()
    assert len(headers) == len(lines) > 150
    for document, net, tax, total in headers:
        assert [Decimal(net), Decimal(tax)] == lines[document]
        assert Decimal(total) == Decimal(net) + Decimal(tax) > 0


def test_a_line_is_quantity_times_price_and_its_tax_five_and_a_half_per_cent(db: sqlite3.Connection) -> None:
    for quantity, price, net, tax, code in db.execute(
        "SELECT quantity, unit_price, net_amount, tax_amount, tax_code FROM document_lines"
    ):
        assert Decimal(net) == (Decimal(quantity) * Decimal(price)).quantize(CENT, ROUND_HALF_UP)
        rate = Decimal("0.055") if code == "TAX" else Decimal(0)
        assert Decimal(tax) == (Decimal(net) * rate).quantize(CENT, ROUND_HALF_UP)


def test_ids_are_unique_over_headers_and_lines(db: sqlite3.Connection) -> None:
    for view, column in (
        ("documents", "document_id"),
        ("document_lines", "line_id"),
        ("movements", "movement_id"),
        ("movement_lines", "line_id"),
        ("payment_allocations", "allocation_id"),
    ):
        ((rows, ids),) = db.execute(f"SELECT count(*), count(DISTINCT {column}) FROM {view}")
        assert rows == ids > 0, view


def test_references_resolve(db: sqlite3.Connection) -> None:
    for child, column, parent, key in (
        ("document_lines", "document_id", "documents", "document_id"),
        ("document_lines", "product_id", "products", "product_id"),
        ("movement_lines", "movement_id", "movements", "movement_id"),
        ("movement_lines", "product_id", "products", "product_id"),
        ("movement_lines", "location_id", "locations", "location_id"),
        ("payment_allocations", "payment_id", "payments", "payment_id"),
        ("payment_allocations", "document_id", "documents", "document_id"),
        ("bill_matches", "line_id", "document_lines", "line_id"),
        ("bill_matches", "movement_line_id", "movement_lines", "line_id"),
        ("stock_values", "product_id", "products", "product_id"),
    ):
        lost = db.execute(
            f"SELECT {column} FROM {child} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {parent})"
        ).fetchall()
        assert lost == [], (child, column)


def test_parties_are_of_the_side_that_the_kind_asks_for(db: sqlite3.Connection) -> None:
    sides = {
        "sales_invoice": "customer", "sales_credit": "customer", "quote": "customer", "bill": "supplier",
        "purchase_credit": "supplier", "purchase_order": "supplier", "receipt": "supplier", "shipment": "customer",
        "customer_return": "customer", "supplier_return": "supplier", "payment_received": "customer",
        "payment_made": "supplier",
    }  # fmt: skip
    seen = set()
    for view in ("documents", "movements", "payments"):
        for kind, side in db.execute(
            f"SELECT DISTINCT h.kind, p.kind FROM {view} AS h LEFT JOIN parties AS p ON p.party_id = h.party_id"
        ):
            assert side == sides.get(kind), kind
            seen.add(kind)
    assert set(sides) <= seen


def test_what_was_received_and_billed_matches_in_full(db: sqlite3.Connection) -> None:
    """Goods received not invoiced ends at nothing on the receipts that are billed: each of their lines is matched by
    its whole quantity, and no bill line by more than it bills."""
    received = db.execute(
        "SELECT r.quantity_milli, (SELECT coalesce(sum(m.quantity_milli), 0) FROM bill_receipt_matches AS m"
        " WHERE m.receipt_line_id = r.id), h.billed FROM receipt_lines AS r JOIN receipts AS h ON h.id = r.receipt_id"
    ).fetchall()
    assert {billed for *_, billed in received} == {0, 1}
    assert all(matched == (quantity if billed else 0) for quantity, matched, billed in received)
    billed = db.execute(
        "SELECT b.quantity_milli, (SELECT coalesce(sum(m.quantity_milli), 0) FROM bill_receipt_matches AS m"
        " WHERE m.bill_line_id = b.id), o.billed_first FROM bill_lines AS b JOIN bills AS h ON h.id = b.bill_id"
        " JOIN purchase_orders AS o ON o.id = h.order_id WHERE b.order_line_id IS NOT NULL"
    ).fetchall()
    assert billed
    assert all(matched <= quantity if first else matched == quantity for quantity, matched, first in billed)


def test_goods_billed_first_arrive_after_their_bill(db: sqlite3.Connection) -> None:
    pairs = db.execute(
        "SELECT b.business_date, m.business_date, o.billed_first FROM bill_matches AS x"
        " JOIN documents AS b ON b.document_id = x.document_id JOIN movements AS m ON m.movement_id = x.movement_id"
        " JOIN bills ON bills.id = x.document_id JOIN purchase_orders AS o ON o.id = bills.order_id"
    ).fetchall()
    assert {first for *_, first in pairs} == {0, 1}
    assert all(received >= billed if first else received <= billed for billed, received, first in pairs)


def test_some_orders_arrive_in_parts(db: sqlite3.Connection) -> None:
    assert db.execute("SELECT order_id FROM receipts GROUP BY order_id HAVING count(*) > 1").fetchall()


def test_payments_settle_at_most_themselves_and_their_documents(db: sqlite3.Connection) -> None:
    settled: dict[str, dict[int, Decimal]] = {"payment": defaultdict(Decimal), "document": defaultdict(Decimal)}
    for payment, document, amount in db.execute("SELECT payment_id, document_id, amount FROM payment_allocations"):
        assert Decimal(amount) > 0
        settled["payment"][payment] += Decimal(amount)
        settled["document"][document] += Decimal(amount)
    for payment, amount in db.execute("SELECT payment_id, amount FROM payments"):
        assert settled["payment"][payment] <= Decimal(amount)
    for document, total in db.execute("SELECT document_id, total_amount FROM documents"):
        assert settled["document"][document] <= Decimal(total)


def test_payments_settle_documents_of_their_own_party_that_are_there_already(db: sqlite3.Connection) -> None:
    for payer, paid_on, party, billed_on in db.execute(
        "SELECT p.party_id, p.business_date, d.party_id, d.business_date FROM payment_allocations AS a"
        " JOIN payments AS p ON p.payment_id = a.payment_id JOIN documents AS d ON d.document_id = a.document_id"
    ):
        assert payer == party
        assert paid_on >= billed_on


def test_services_and_freight_stand_on_bills_and_invoices(db: sqlite3.Connection) -> None:
    found = set(
        db.execute(
            "SELECT h.kind, p.kind FROM document_lines AS l JOIN documents AS h ON h.document_id = l.document_id"
            " JOIN products AS p ON p.product_id = l.product_id"
        )
    )
    assert {("sales_invoice", "service"), ("sales_invoice", "non_stocked"), ("bill", "service")} <= found
