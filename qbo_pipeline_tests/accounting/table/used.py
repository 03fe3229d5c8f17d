"""Where the demo's month uses each row of docs/what-is-posted.md: SELECTs that find its records, and what keeps it out.

What belongs here: one entry for each row. The SELECTs read the company's views, which have the names and columns of
`sql/source/contract.md`, and answer keys of records, one SELECT for each record that the row shows. A row whose
policies the demo's settings do not have in a mode and country is not used there; `gaps` says so in words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from qbo_pipeline.commands.demo_choices import DemoCountry, DemoMode
from qbo_pipeline.commands.demonstrate import demo_settings
from qbo_pipeline.settings_posting import PostingSettings
from qbo_pipeline_tests.accounting.table.row import Row

UNUSED = {
    "The same, where the difference follows the goods: three of ten are still there": (
        "the warehouse leaves its stock at the receipt's price; a source follows one policy or the other"
    ),
    "Bill where receipts do not accrue": (
        "the warehouse's stock is worth something from the receipt on; without accrual the books have it from the bill"
    ),
}
"""Rows that no mode and country uses, with the reason."""


@dataclass(frozen=True, slots=True)
class Use:
    """`selects` find the records; `needs` are settings beside those of the row, or instead of them where `alone`: a
    tuple needs all of its values there, a set one of them. `shows` are texts that keys and
    payloads have by it. `rule` is what keeps the records out where it is another
    than the row's; `summary` where they stand in a day's summary, `undone` where what was posted is taken back."""

    selects: tuple[str, ...]
    needs: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    shows: tuple[str, ...] = ()
    rule: str | None = None
    summary: bool = False
    undone: bool = False


def _documents(condition: str) -> str:
    return f"SELECT 'document/' || d.document_id FROM documents AS d WHERE d.status = 'completed' AND {condition}"


def _with_line(kind: str, condition: str) -> str:
    lines = "document_lines AS l LEFT JOIN products AS p ON p.product_id = l.product_id"
    return _documents(
        f"d.kind = '{kind}' AND EXISTS (SELECT 1 FROM {lines} WHERE l.document_id = d.document_id AND {condition})"
    )


def _moved(kind: str, condition: str = "1") -> str:
    return (
        f"SELECT 'movement/' || m.movement_id FROM movements AS m WHERE m.status = 'completed' AND m.kind = '{kind}'"
        f" AND {condition}"
    )


def _moves(kind: str, condition: str) -> str:
    """Movements of a kind with such a line."""
    lines = "movement_lines AS l LEFT JOIN products AS p ON p.product_id = l.product_id"
    return _moved(kind, f"EXISTS (SELECT 1 FROM {lines} WHERE l.movement_id = m.movement_id AND {condition})")


def _matched(condition: str) -> str:
    """Bills with a line that is matched to a receipt's of the same quantity, where the condition holds."""
    return _documents(
        "d.kind = 'bill' AND EXISTS (SELECT 1 FROM bill_matches AS b JOIN document_lines AS l ON l.line_id = b.line_id"
        " JOIN movements AS m ON m.movement_id = b.movement_id JOIN movement_lines AS r ON r.line_id ="
        " b.movement_line_id WHERE b.document_id = d.document_id AND m.kind = 'receipt' AND r.quantity = l.quantity"
        f" AND {condition})"
    )


def _paid(kind: str, condition: str) -> str:
    return (
        f"SELECT 'payment/' || p.payment_id FROM payments AS p WHERE p.status = 'completed' AND p.kind = '{kind}'"
        f" AND {condition}"
    )


def _settling(kind: str, condition: str = "1") -> str:
    """Payments with an allocation to a document, where the condition holds."""
    return _paid(
        kind,
        "EXISTS (SELECT 1 FROM payment_allocations AS a JOIN documents AS d ON d.document_id = a.document_id"
        f" WHERE a.payment_id = p.payment_id AND {condition})",
    )


def _parties(kind: str, condition: str = "1") -> str:
    return f"SELECT 'party/{kind}:' || party_id FROM parties AS y WHERE kind = '{kind}' AND {condition}"


def _products(condition: str) -> str:
    return f"SELECT 'product/' || product_id FROM products WHERE {condition}"


_SINGLE = "single sales"  # whether sales that no channel sums up go one by one
_HOME = "(SELECT currency FROM company)"
_MANY_CURRENCIES = "(SELECT count(DISTINCT currency) FROM documents AS d WHERE d.party_id = y.party_id) > 1"
_CHEAPER = "CAST(r.value AS REAL) < CAST(l.net_amount AS REAL)"
_ALLOCATED = "(SELECT coalesce(sum(CAST(amount AS REAL)), 0) FROM payment_allocations WHERE payment_id = p.payment_id)"
_ON_ACCOUNT = {"customer_deposits": "on_account"}
_LEFT = f"CAST(p.amount AS REAL) > {_ALLOCATED} + 0.001 AND {_ALLOCATED} > 0"
_OF_BRANCH = "a.payment_id = p.payment_id AND d.party_id <> p.party_id"

STOCK: dict[str, Use] = {
    "Goods received before their bill": Use((_moved("receipt", "m.number LIKE 'GRN%'"),)),
    "Bill of goods received, dearer than accrued": Use(
        (_matched(f"m.business_date <= d.business_date AND {_CHEAPER}"),)
    ),
    "Bill before its goods; they come the next day": Use(
        (
            _matched("m.business_date > d.business_date"),
            _moved(
                "receipt",
                "EXISTS (SELECT 1 FROM bill_matches AS b JOIN documents AS d ON d.document_id = b.document_id"
                " WHERE b.movement_id = m.movement_id AND d.business_date < m.business_date)",
            ),
        )
    ),
    "Paid to a supplier before any bill": Use(
        (_paid("payment_made", f"{_ALLOCATED} = 0"),), {"supplier_deposits": "on_account"}
    ),
    "Invoice, with sales tax": Use((_documents("d.kind = 'sales_invoice' AND d.tax_amount <> '0.00'"),)),
    "Goods that leave for a customer": Use((_moved("shipment"),)),
    "Late cost of goods that are sold already": Use(
        (_moves("landed_cost", "l.role = 'sold' AND (SELECT count(*) FROM movement_lines AS o WHERE o.movement_id ="
                " m.movement_id) = 1"),)
    ),
    "Goods that come back from a customer, and their credit": Use(
        (_documents("d.kind = 'sales_credit' AND d.memo = 'Returned'"), _moved("customer_return"))
    ),
    "Credit without goods": Use((_documents("d.kind = 'sales_credit' AND d.memo <> 'Returned'"),)),
    "Goods that go back to their supplier, at their stock value, and the credit at its price": Use(
        (_moved("supplier_return"), _documents("d.kind = 'purchase_credit'"))
    ),
    "Adjustment up": Use((_moves("adjustment", "l.quantity > '0'"),)),
    "Adjustment down": Use((_moves("adjustment", "l.quantity < '0'"),)),
    "Write-off, with a service in it": Use((_moves("write_off", "p.kind = 'service'"),)),
    "Stock take": Use((_moved("stock_count"),)),
    "Revaluation": Use((_moved("revaluation"),)),
    "Write-down to net realisable value": Use((_moved("write_down"),)),
    "Assembly of stock alone, on one account": Use(
        (_moved("assembly", "NOT EXISTS (SELECT 1 FROM movement_lines AS l LEFT JOIN products AS p ON p.product_id ="
                " l.product_id WHERE l.movement_id = m.movement_id AND (l.role <> 'stock' OR p.category = 'Kits'))"),)
    ),
    "Assembly with labour, overhead, a product without stock and a supplier's work": Use(
        (_moves("assembly", "l.role = 'overhead'"),)
    ),
    "Making starts: parts and labour": Use((_moves("production_issue", "l.role = 'labour'"),)),
    "Making ends: the product, and waste": Use((_moves("production_receipt", "l.role = 'waste'"),)),
    "Disassembly with a loss": Use(
        (_moved("disassembly", "(SELECT sum(CAST(value AS REAL)) FROM movement_lines AS l WHERE l.movement_id ="
                " m.movement_id) < -0.001"),)
    ),
    "Landed cost as one sum, over a receipt of which six of ten are still there": Use(
        (_moves("landed_cost", "l.role = 'to_share'"),)
    ),
    "Landed cost, shared between stock and what is sold, and the bill of the freight": Use(
        (
            _moves("landed_cost", "l.role = 'stock'"),
            _documents(
                "EXISTS (SELECT 1 FROM bill_matches AS b JOIN movements AS m ON m.movement_id = b.movement_id"
                " WHERE b.document_id = d.document_id AND m.kind = 'landed_cost')"
            ),
        )
    ),
    "Transfer on one day, between warehouses with accounts of their own": Use((_moved("transfer"),)),
    "Transfer that leaves on one day and arrives on another": Use((_moved("transfer_out"), _moved("transfer_in"))),
    "Bill in a foreign currency at another rate than the receipt's": Use(
        (_matched(f"d.currency <> {_HOME} AND m.currency = d.currency AND m.exchange_rate <> d.exchange_rate"),)
    ),
    "The same and its payment, where all goes in home currency": Use(
        (_documents(f"d.kind = 'bill' AND d.currency <> {_HOME}"),
         _settling("payment_made", f"d.currency <> {_HOME} AND p.exchange_rate <> d.exchange_rate"))
    ),
    "Goods that a supplier sends to the customer itself": Use((_with_line("bill", "l.role = 'drop_shipment'"),)),
    "Voided or gone after it was posted": Use(
        ("SELECT 'document/' || document_id FROM documents WHERE status = 'voided'",
         "SELECT 'movement/' || movement_id FROM movements WHERE status = 'voided'",
         "SELECT 'payment/' || payment_id FROM payments WHERE status = 'voided'",
         "SELECT 'document/' || id FROM yard_names WHERE name = 'deleted later'"),
        undone=True,
    ),
    "Opening stock": Use((_moved("opening"),)),
}  # fmt: skip

DOCUMENTS: dict[str, Use] = {
    "Quote": Use((_documents("d.kind = 'quote'"),)),
    "Purchase order": Use((_documents("d.kind = 'purchase_order' AND d.number LIKE 'PO-%'"),)),
    "Bill of what is no stock, its tax on its own line (US)": Use(
        (_with_line("bill", "p.kind <> 'stocked' AND l.tax_amount <> '0.00'"),), {"tax_regime": "us"}
    ),
    "Bill with VAT (outside the US)": Use((_with_line("bill", "l.tax_amount <> '0.00'"),)),
    "Invoice whose prices have VAT in them (outside the US)": Use(
        (_documents("d.kind = 'sales_invoice' AND d.tax_inclusive = 1"),), shows=("TaxInclusive",)
    ),
    "Invoice whose VAT the source rounds by line and QuickBooks in total": Use(
        (_documents("d.kind = 'sales_invoice' AND d.memo = 'Single screws'"),)
    ),
    "Bill with a negative total": Use((_documents("d.kind = 'bill' AND d.total_amount LIKE '-%'"),)),
    "Sales of a day as one form, and the payments that settle them": Use(
        (_documents("d.channel = 'WEB'"), _settling("payment_received", "d.channel = 'WEB'")),
        {"summarise": ("sales_invoice",)}, summary=True,
    ),
    "Invoice with a negative total": Use((_documents("d.kind = 'sales_invoice' AND d.total_amount LIKE '-%'"),)),
    "Invoice with a discount in percent and freight": Use(
        (_with_line("sales_invoice", "l.role = 'freight'") + " AND EXISTS (SELECT 1 FROM document_lines AS o WHERE"
         " o.document_id = d.document_id AND o.discount_percent IS NOT NULL)",),
    ),
    "Invoice with a deposit that was taken with it": Use(
        (_documents("d.deposit_amount IS NOT NULL"),), shows=('"Deposit"',)
    ),
    "Sale that is paid at once": Use((_documents("d.kind = 'sales_receipt'"),)),
    "Its refund": Use((_documents("d.kind = 'sales_refund'"),)),
    "Bill of an order: linked to it, so that QuickBooks closes it": Use(
        (_with_line("bill", "l.order_id IS NOT NULL"),), shows=('"LinkedTxn"',)
    ),
    "Finished order of a source without bills": Use(
        (_documents("d.kind = 'purchase_order' AND d.finished_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM"
                    " document_lines AS l WHERE l.order_id = d.document_id)"),), shows=("#bill",)
    ),
    "Document that is not approved yet, or stays out by a block of [[not_exported]]": Use(
        (_documents("d.channel = 'MARKET'"),), alone=True, rule="not_exported"
    ),
}  # fmt: skip

PAYMENTS: dict[str, Use] = {
    "Money received for an invoice": Use((_settling("payment_received", "d.channel IS NULL"),)),
    "Money paid for a bill": Use((_settling("payment_made"),)),
    "Money received beyond what it settles": Use((_paid("payment_received", _LEFT),), _ON_ACCOUNT),
    "Refund of a customer's credit": Use(
        (_settling("payment_received", "p.amount LIKE '-%'"),), {_SINGLE: True}, shows=("#apply",)
    ),
    "Money received of which a processor kept a fee": Use(
        (_paid("payment_received", "p.fee_amount IS NOT NULL"),), shows=("#fee",)
    ),
    "Money received before the invoice, on an account of its own, and applied when the invoice comes": Use(
        (_settling("payment_received", "d.business_date > p.business_date"),),
        shows=("#deposit", "#applied-", "#apply-"),
    ),
    "Paid to a supplier before the bill, on an account of its own, and applied when the bill comes": Use(
        (_settling("payment_made", "d.business_date > p.business_date"),), shows=("#deposit", "#applied-", "#apply-")
    ),
    "Head office pays for its branch": Use((_settling("payment_received", _OF_BRANCH),)),
}

LISTS: dict[str, Use] = {
    "Customer": Use((_parties("customer"),)),
    "Supplier": Use((_parties("supplier"),)),
    "Supplier with payment terms": Use((_parties("supplier", "payment_terms = 'Net 45'"),), shows=('"TermRef"',)),
    "Customer with documents in two currencies": Use(
        (_parties("customer", _MANY_CURRENCIES),),
        {"party_currencies": frozenset({"each", "each_named"})},
        shows=("#", '"CurrencyRef"'),
    ),
    "Customer that is inactive in the source": Use(
        (_parties("customer", "active = 0"),), {_SINGLE: True}, shows=('"Active":false',)
    ),
    "Product below its category": Use((_products("category LIKE '%:%'"),), shows=('"SubItem":true', '"ParentRef"')),
    "Product that goes as lines": Use((_products("kind = 'stocked'"),)),
    "Product in stock": Use((_products("kind = 'stocked'"),), {"products": "items"}),
    "Product without stock": Use((_products("kind = 'non_stocked'"),), {"products": "items"}),
    "Service": Use((_products("kind = 'service'"),), {"products": "items"}),
    "Location": Use(("SELECT 'location/' || location_id FROM locations",)),
}

USED = STOCK | DOCUMENTS | PAYMENTS | LISTS
PLACES: tuple[tuple[DemoMode, DemoCountry], ...] = tuple(product(DemoMode, DemoCountry))
_COMPANY = {
    "tax_regime": "the company's tax",
    "multicurrency": "the company keeps one currency",
    _SINGLE: "all sales are summed up, to one customer: `posting.summarise`",
}
_NOWHERE = {"realm": "1", "base_url": "http://127.0.0.1:9"}


@cache
def facts(mode: DemoMode, country: DemoCountry) -> Mapping[str, Any]:
    """The demo's policies in a mode and country, and what its QuickBooks company is."""
    settings = tomllib.loads(demo_settings(_NOWHERE, 31, None, mode, country, boatyard=True))
    home = country is DemoCountry.US
    posting = PostingSettings(**settings["posting"]).model_dump()
    summed = "sales_invoice" in posting["summarise"] and not posting["summarised_channels"]
    return posting | {"tax_regime": "us" if home else "global", "multicurrency": not home, _SINGLE: not summed}


def needs(row: Row) -> Mapping[str, Any]:
    """The policies without which the demo does not use a row."""
    use = USED[row.what]
    return dict(use.needs) if use.alone else {**row.policies, **use.needs}


def lacking(row: Row, mode: DemoMode, country: DemoCountry) -> tuple[str, ...]:
    """The settings of the demo in a mode and country that leave no room for a row."""
    there = facts(mode, country)
    return tuple(name for name, value in needs(row).items() if not _has(there[name], value))


def _has(there: Any, value: Any) -> bool:
    if isinstance(value, frozenset):
        return there in value
    return set(value) <= set(there) if isinstance(value, tuple) else there == value


def is_used(row: Row, mode: DemoMode, country: DemoCountry) -> bool:
    """Whether the demo uses a row in a mode and country."""
    return row.what not in UNUSED and not lacking(row, mode, country)


def gaps(rows: Iterable[Row]) -> Iterator[tuple[Row, str, str]]:
    """What the demo does not use: the row, where, and why."""
    for row in rows:
        if row.what in UNUSED:
            yield row, "all", UNUSED[row.what]
            continue
        found: dict[tuple[str, ...], list[tuple[DemoMode, DemoCountry]]] = {}
        for mode, country in PLACES:
            if names := lacking(row, mode, country):
                found.setdefault(names, []).append((mode, country))
        for names, places in found.items():
            yield row, _in_words(places), "; ".join(_told(name, *places[0]) for name in names)


def _in_words(places: list[tuple[DemoMode, DemoCountry]]) -> str:
    """Modes and countries, those of a whole mode or country in one word."""
    whole = [one.value for one in DemoCountry if {(mode, one) for mode in DemoMode} <= set(places)]
    left = [(mode, country) for mode, country in places if country.value not in whole]
    modes = [one.value for one in DemoMode if {(one, country) for country in DemoCountry} <= set(places)]
    if not whole:
        whole, left = modes, [(mode, country) for mode, country in places if mode.value not in modes]
    return ", ".join([*whole, *(f"{mode} {country}" for mode, country in left)])


def _told(name: str, mode: DemoMode, country: DemoCountry) -> str:
    if name in _COMPANY:
        return _COMPANY[name]
    value = facts(mode, country)[name]
    text = str(value).lower() if isinstance(value, bool) else f'"{value}"'
    return f"`posting.{name} = {'[]' if value == () else text}`"
