"""Founds the company: its master data in an empty database, from the tables of the catalogue and its size."""

from __future__ import annotations

import sqlite3
from datetime import date

from qbo_pipeline.demo import catalogue
from qbo_pipeline.demo.arithmetic import half_up, line_cents

_LINES_PER_THOUSAND_DOCUMENTS = 400  # order lines, by the shares in plan.py
_LEAST_COVER = 6  # order lines of the usual quantity that the target stock serves
_DAYS_OF_COVER = 20


def found(db: sqlite3.Connection, *, seed: int, first_day: date, documents_per_day: int, country: str = "us") -> None:
    """Insert the company, its warehouses, suppliers, customers, products and kits."""
    ids = iter(range(1, 1_000_000))
    _warehouses(db, [next(ids) for _ in catalogue.WAREHOUSES])
    suppliers = [next(ids) for _ in catalogue.SUPPLIERS]
    db.executemany(
        "INSERT INTO suppliers (id, number, name, email, terms_days) VALUES (?, ?, ?, ?, ?)",
        [
            (row_id, f"S{n:03d}", name, _email("orders", name), terms)
            for n, (row_id, (name, terms)) in enumerate(zip(suppliers, catalogue.SUPPLIERS, strict=True), start=1)
        ],
    )
    db.executemany(
        "INSERT INTO customers (id, number, name, email, terms_days, taxable) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (next(ids), f"C{n:04d}", name, _email("accounts", name), terms, taxable)
            for n, (name, terms, taxable) in enumerate(catalogue.customers(documents_per_day), start=1)
        ],
    )
    colours = catalogue.variants(documents_per_day)
    stocked = len(colours) * (len(catalogue.STOCKED) + len(catalogue.KITS))
    lines = documents_per_day * _LINES_PER_THOUSAND_DOCUMENTS * _DAYS_OF_COVER // (1000 * stocked)
    for colour in colours:
        items = {row[0]: next(ids) for row in catalogue.STOCKED}
        _products(db, items, suppliers, colour, max(_LEAST_COVER, lines))
        _kits(db, {row[0]: next(ids) for row in catalogue.KITS}, items, colour, max(_LEAST_COVER, lines))
    db.executemany(
        "INSERT INTO items (id, sku, name, category, kind, unit, purchase_cents, sales_cents, step_milli, usual_milli,"
        " target_milli) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 500, 0, 0)",
        [(next(ids), *row) for row in catalogue.UNSTOCKED],
    )
    db.execute(
        "INSERT INTO company VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
        (catalogue.COMPANY, *catalogue.COUNTRIES[country][:2], seed, documents_per_day, first_day.isoformat(),
         first_day.isoformat(), next(ids)),
    )  # fmt: skip


def _warehouses(db: sqlite3.Connection, ids: list[int]) -> None:
    db.executemany(
        "INSERT INTO warehouses (id, code, name, receives_purchases, sales_share, stock_share)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(row_id, *row) for row_id, row in zip(ids, catalogue.WAREHOUSES, strict=True)],
    )


def _products(db: sqlite3.Connection, ids: dict[str, int], suppliers: list[int], colour: str, cover: int) -> None:
    for sku, name, category, unit, supplier, purchase, price, step in catalogue.STOCKED:
        usual = _usual(price, step)
        db.execute(
            "INSERT INTO items (id, sku, name, category, unit, kind, supplier_id, purchase_cents, sales_cents,"
            " step_milli, usual_milli, target_milli) VALUES (?, ?, ?, ?, ?, 'stocked', ?, ?, ?, ?, ?, ?)",
            (ids[sku], _coloured(sku, colour.upper()[:3], "-"), _coloured(name, colour.lower(), ", "), category, unit,
             suppliers[supplier], purchase, price, step, usual, usual * cover),
        )  # fmt: skip


def _kits(db: sqlite3.Connection, kits: dict[str, int], items: dict[str, int], colour: str, cover: int) -> None:
    purchase = {row[0]: row[5] for row in catalogue.STOCKED}
    for sku, name, price, minutes, parts in catalogue.KITS:
        cost = sum(line_cents(quantity, purchase[part]) for part, quantity in parts)
        cost += half_up(minutes * catalogue.LABOUR_CENTS_PER_HOUR, 60)
        usual = _usual(price, 1000)
        db.execute(
            "INSERT INTO items (id, sku, name, category, unit, kind, purchase_cents, sales_cents, step_milli,"
            " usual_milli, target_milli, labour_minutes) "
            " VALUES (?, ?, ?, 'Kits', 'each', 'stocked', ?, ?, 1000, ?, ?, ?)",
            (kits[sku], _coloured(sku, colour.upper()[:3], "-"), _coloured(name, colour.lower(), ", "), cost, price,
             usual, usual * cover, minutes),
        )  # fmt: skip
        db.executemany(
            "INSERT INTO kit_components VALUES (?, ?, ?)",
            [(kits[sku], items[part], quantity) for part, quantity in parts],
        )


def _usual(price: int, step: int) -> int:
    """The largest quantity usual on one order line, in thousandths: cheap things are bought by the dozen."""
    if step < 1000:
        return 60_000
    return 1000 * (24 if price < 1000 else 8 if price < 3000 else 4 if price < 10_000 else 2)


def _coloured(text: str, colour: str, joint: str) -> str:
    return f"{text}{joint}{colour}" if colour else text


def _email(mailbox: str, name: str) -> str:
    domain = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return f"{mailbox}@{domain.replace('---', '-')}.example"
