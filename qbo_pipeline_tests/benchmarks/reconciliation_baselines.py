"""How others compare stock with ledger, written down as rules, to be measured on the same tampered books.

Each rule gets every advantage: the link from a ledger entry to its record (which only our postings know), and for
the rule by product a split of each entry by product, which QBO does not keep. None of them names a cause; what they
give is a set of documents to look through.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date

from qbo_pipeline_tests.reconciliation.tampering import AS_AT, World

Documents = set[str]

VOUCHER_TOLERANCE = 10  # cents: ERPNext's report leaves out what differs by up to 0.1
DAY_TOLERANCE = 100  # cents


def by_voucher(world: World) -> Documents:
    """ERPNext, Stock and Account Value Comparison: stock value and account value by voucher, up to 0.1 is not shown."""
    difference: Counter[str] = Counter()
    for key, _, cents, _ in _source(world):
        difference[key] -= cents
    for key, _, cents, _ in _ledger(world):
        difference[key] += cents
    return {key for key, cents in difference.items() if abs(cents) > VOUCHER_TOLERANCE}


def by_product(world: World) -> Documents:
    """OCA, stock account valuation discrepancy: stock value and account value by product; every document of a product
    that differs has to be looked through. Entries without a product are not seen."""
    difference: Counter[str] = Counter()
    documents: dict[str, Documents] = defaultdict(set)
    for key, _, cents, product in _source(world):
        difference[product] -= cents
        documents[product].add(key)
    for key, _, cents, product in _ledger(world):
        if product:
            difference[product] += cents
            documents[product].add(key)
    return {key for product, cents in difference.items() if abs(cents) > 1 for key in documents[product]}


def by_day(world: World) -> Documents:
    """The total of each day, with a tolerance of 1.00; every document of a differing day has to be looked through."""
    difference: Counter[date] = Counter()
    documents: dict[date, Documents] = defaultdict(set)
    for sign, side in ((-1, _source(world)), (1, _ledger(world))):
        for key, day, cents, _ in side:
            difference[day] += sign * cents
            documents[day].add(key)
    return {key for day, cents in difference.items() if abs(cents) > DAY_TOLERANCE for key in documents[day]}


BASELINES: dict[str, Callable[[World], Documents]] = {
    "by voucher, 0.1 hidden": by_voucher,
    "by product": by_product,
    "by day, 1.00 hidden": by_day,
}

Row = tuple[str, date, int, str]  # document, day, cents, product


def _source(world: World) -> list[Row]:
    rows = []
    for doc in world.docs:
        if doc.in_source and doc.source_day <= AS_AT:
            rows += [(doc.key, doc.source_day, round(line.value * 100), line.product) for line in doc.lines]
    return rows


def _ledger(world: World) -> list[Row]:
    rows = []
    for doc in world.docs:
        if doc.in_qbo != "live" or doc.ledger_day > AS_AT:
            continue
        products = doc.products_sent
        rest = sum(doc.ledger.values()) - sum(products.values())
        rows += [(doc.key, doc.ledger_day, cents, product) for product, cents in products.items()]
        rows.append((doc.key, doc.ledger_day, rest, next(iter(products), "")))
    for line in world.others:
        if line["business_date"] <= AS_AT:
            entity = {"Journal Entry": "JournalEntry", "Expense": "Purchase", "Sales Receipt": "SalesReceipt"}
            key = f"qbo/{entity.get(line['qbo_type'], line['qbo_type'])}/{line['qbo_id']}"
            rows.append((key, line["business_date"], int(line["amount"] * 100), ""))
    return rows
