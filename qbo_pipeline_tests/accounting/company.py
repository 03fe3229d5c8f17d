"""A made-up company for the tests of the posting rules: its chart, its records, and a ledger that drafts are posted to.

What belongs here: makers of records and books with short names, and `Ledger`, which says what QBO would book for a
payload. It shares no line with the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.books import AccountRef, Books, Policies
from qbo_pipeline.accounting.drafts import Draft, Excluded, Refused
from qbo_pipeline.accounting.parties import name_key
from qbo_pipeline.accounting.products import item_key
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import (
    Allocation,
    Document,
    DocumentLine,
    Match,
    Movement,
    MovementLine,
    Party,
    Payment,
    Product,
)

DAY = date(2026, 3, 14)

# id, role, name, type
CHART = (
    ("81", "inventory", "Inventory", "Other Current Asset"),
    ("82", "in_transit", "In transit", "Other Current Asset"),
    ("33", "goods_received_not_invoiced", "GRNI", "Other Current Liability"),
    ("20", "accounts_payable", "Payables", "Accounts Payable"),
    ("12", "accounts_receivable", "Receivables", "Accounts Receivable"),
    ("40", "sales", "Sales", "Income"),
    ("50", "cost_of_goods_sold", "COGS", "Cost of Goods Sold"),
    ("51", "inventory_adjustment", "Shrinkage", "Cost of Goods Sold"),
    ("52", "write_off", "Write-offs", "Expense"),
    ("53", "labour_absorbed", "Labour absorbed", "Expense"),
    ("54", "purchase_price_variance", "PPV", "Cost of Goods Sold"),
    ("60", "purchases", "Purchases", "Expense"),
    ("10", "bank", "Bank", "Bank"),
    ("69", "rounding", "Rounding", "Other Income"),
    ("30", "opening_balance_equity", "Opening equity", "Equity"),
    ("25", "input_tax", "Input tax", "Expense"),
    ("55", "landed_cost", "Landed cost", "Other Current Liability"),
    ("84", "work_in_progress", "Work in progress", "Other Current Asset"),
    ("70", "exchange_difference", "Exchange differences", "Other Income"),
    ("83", None, "Inventory West", "Other Current Asset"),
    ("41", None, "Online sales", "Income"),
    ("61", None, "Freight", "Expense"),
    ("56", None, "Spoilage", "Expense"),
    ("11", None, "Card", "Credit Card"),
)
# Of roles that a company may have, and that the books have where a test says so.
FURTHER = (
    ("27", "customer_deposits", "Customer deposits", "Other Current Liability"),
    ("87", "supplier_deposits", "Supplier deposits", "Other Current Asset"),
    ("62", "payment_fees", "Merchant fees", "Expense"),
    ("42", "discounts", "Discounts", "Income"),
    ("43", "freight", "Freight income", "Income"),
    ("44", "charges", "Charges", "Income"),
    ("63", "purchase_discounts", "Discounts received", "Other Income"),
    ("64", "freight_in", "Freight in", "Cost of Goods Sold"),
    ("57", "overhead_absorbed", "Overhead absorbed", "Expense"),
)
ACCOUNTS = {
    id_: AccountRef(id=id_, name=name, type=type_, currency="USD") for id_, _, name, type_ in (*CHART, *FURTHER)
}
ROLES = {role: id_ for id_, role, _, _ in CHART if role}
FURTHER_ROLES = ROLES | {role: id_ for id_, role, _, _ in FURTHER}
NAMES = {id_: account.name for id_, account in ACCOUNTS.items()}
HINTS = {"freight": "61", "spoiled": "56", "online": "41", "card": "11", "stock": "81"}

PRODUCTS = (
    Product(product_id="tea", kind="stocked", number="T-1", name="Green tea", category="drinks"),
    Product(product_id="cup", kind="stocked", number="C-1", name="Cup", category="ware"),
    Product(product_id="set", kind="stocked", number="S-1", name="Tea set", category="ware"),
    Product(product_id="bag", kind="non_stocked", number="B-1", name="Paper bag"),
    Product(product_id="fit", kind="service", number="F-1", name="Fitting"),
)
PARTIES = (
    Party(party_id="7", kind="customer", number="K7", name="Kitchen & Co"),
    Party(party_id="9", kind="supplier", number="L9", name="Leaf Imports"),
)


def money(amount: str | int | Decimal) -> Decimal:
    return Decimal(amount)


def books(*records: Any, **changes: Any) -> Books:
    """The company's books with these records stored; `policies` are given as a dict."""
    products = {row.product_id: row for row in (*PRODUCTS, *records) if isinstance(row, Product)}
    parties = {(row.kind, row.party_id): row for row in (*PARTIES, *records) if isinstance(row, Party)}
    documents = {row.document_id: row for row in records if isinstance(row, Document)}
    movements = {row.movement_id: row for row in records if isinstance(row, Movement)}
    index: dict[str, tuple[Party, ...]] = {}
    for party in parties.values():
        index[name_key(party)] = (*index.get(name_key(party), ()), party)

    items: dict[str, tuple[Product, ...]] = {}
    for product in products.values():
        items[item_key(product)] = (*items.get(item_key(product), ()), product)

    def matched_before(movement_id: str, line_id: str, document: Document) -> Decimal:
        earlier = (row for row in documents.values() if row.status != "voided" and _order(row) < _order(document))
        rows = (row for bill in earlier if bill.document_id != document.document_id for row in bill.matches)
        mine = (row.quantity for row in rows if (row.movement_id, row.movement_line_id) == (movement_id, line_id))
        return sum(mine, Decimal(0))

    def bills_naming(order_id: str) -> list[Document]:
        bills = (row for row in documents.values() if row.kind == "bill")
        return [bill for bill in bills if order_id in {line.order_id for line in bill.lines}]

    def bills_of(movement_id: str) -> list[str]:
        matched = (row for row in documents.values() if any(m.movement_id == movement_id for m in row.matches))
        return [row.document_id for row in sorted(matched, key=_order)]

    settings: dict[str, Any] = {
        "home_currency": "USD",
        "roles": ROLES,
        "chart": ACCOUNTS,
        "hints": HINTS,
        "product": products.get,
        "party": lambda kind, party_id: parties.get((kind, party_id)),
        "document": documents.get,
        "movement": movements.get,
        "namesakes": lambda key: index.get(key, ()),
        "product_namesakes": lambda key: items.get(key, ()),
        "matched_before": matched_before,
        "bills_naming": bills_naming,
        "bills_of": bills_of,
    }
    policies = Policies(**changes.pop("policies", {}))
    return Books(**(settings | {"policies": policies} | changes))


def _order(document: Document) -> tuple[date, str]:
    return document.business_date, document.document_id


def stock(product: str | None, quantity: str | int, value: str, location: str | None = "east") -> MovementLine:
    return MovementLine(
        line_id="",
        line_number=0,
        product_id=product,
        location_id=location,
        quantity=money(quantity),
        value=money(value),
    )


def labour(value: str) -> MovementLine:
    return MovementLine(line_id="", line_number=0, role="labour", value=money(value))


def movement(kind: str, *lines: MovementLine, **changes: Any) -> Movement:
    """A movement; its lines are numbered and named `1`, `2`, ..."""
    numbered = tuple(
        MovementLine(**({name: getattr(line, name) for name in _LINE} | {"line_id": str(n), "line_number": n}))
        for n, line in enumerate(lines, start=1)
    )
    own = {"movement_id": kind, "number": "88", "business_date": DAY, "currency": "USD"}
    return Movement(kind=kind, lines=numbered, **(own | changes))


_LINE = MovementLine.__slots__


def item(product: str | None, quantity: str | int | None, price: str | None, net: str, **changes: Any) -> DocumentLine:
    own: dict[str, Any] = {
        "line_id": "",
        "line_number": 0,
        "product_id": product,
        "quantity": None if quantity is None else money(quantity),
        "unit_price": None if price is None else money(price),
        "net_amount": money(net),
    }
    return DocumentLine(**(own | changes))


def match(line: int, movement_id: str, movement_line: int, quantity: str | int) -> Match:
    return Match(
        line_id=str(line), movement_id=movement_id, movement_line_id=str(movement_line), quantity=money(quantity)
    )


def document(kind: str, *lines: DocumentLine, **changes: Any) -> Document:
    """A document whose header adds its lines up, unless told otherwise."""
    numbered = tuple(
        DocumentLine(**({name: getattr(line, name) for name in _ITEM} | {"line_id": str(n), "line_number": n}))
        for n, line in enumerate(lines, start=1)
    )
    net = sum((line.net_amount for line in lines), Decimal(0))
    tax = sum((line.tax_amount for line in lines), Decimal(0))
    own = {
        "document_id": kind,
        "number": "4711",
        "business_date": DAY,
        "party_id": "7" if kind.startswith("sales_") or kind == "quote" else "9",
        "currency": "USD",
        "net_amount": net,
        "tax_amount": tax,
        "total_amount": net + tax,
    }
    return Document(kind=kind, lines=numbered, **(own | changes))


_ITEM = DocumentLine.__slots__


def payment(kind: str, amount: str, *allocations: tuple[str, str], **changes: Any) -> Payment:
    own = {
        "payment_id": "p1",
        "number": "500",
        "business_date": DAY,
        "party_id": "7" if kind == "payment_received" else "9",
        "currency": "USD",
    }
    rows = tuple(
        Allocation(allocation_id=str(n), document_id=document_id, amount=money(part))
        for n, (document_id, part) in enumerate(allocations)
    )
    return Payment(kind=kind, amount=money(amount), allocations=rows, **(own | changes))


def draft(record: Any, in_books: Books) -> Draft:
    """The one draft of a record; fails with the refusal's text where there is none."""
    outcome = build(record, in_books)
    assert isinstance(outcome, Draft), outcome
    return outcome


def refused(record: Any, in_books: Books) -> Refused:
    outcome = build(record, in_books)
    assert isinstance(outcome, Refused), outcome
    return outcome


def excluded(record: Any, in_books: Books) -> Excluded:
    outcome = build(record, in_books)
    assert isinstance(outcome, Excluded), outcome
    return outcome


@dataclass
class Ledger:
    """What QBO books for payloads, in home currency: (account name, signed amount), in order; debit is positive."""

    income: dict[str, str] = field(default_factory=dict)  # key of an item's posting -> account name
    lines: list[tuple[str, Decimal]] = field(default_factory=list)

    def post(self, made: Draft) -> Ledger:
        getattr(self, f"_post_{made.entity.lower()}")(made.payload)
        return self

    def balance(self, account: str) -> Decimal:
        return sum((amount for name, amount in self.lines if name == account), Decimal("0.00"))

    def debit(self, account: str) -> Decimal:
        return sum((amount for name, amount in self.lines if name == account and amount > 0), Decimal("0.00"))

    def credit(self, account: str) -> Decimal:
        return -sum((amount for name, amount in self.lines if name == account and amount < 0), Decimal("0.00"))

    def text(self) -> str:
        """One line for each booking: side, account, amount."""
        return "\n".join(f"{'Dr' if amount > 0 else 'Cr'} {name} {abs(amount)}" for name, amount in self.lines)

    def _book(self, account_id: str, amount: Decimal, rate: Decimal = Decimal(1)) -> None:
        self.lines.append((NAMES[account_id], (amount * rate).quantize(Decimal("0.01"), "ROUND_HALF_UP")))

    def _post_journalentry(self, payload: dict[str, Any]) -> None:
        rate = payload.get("ExchangeRate", Decimal(1))
        for line in payload["Line"]:
            detail = line["JournalEntryLineDetail"]
            sign = 1 if detail["PostingType"] == "Debit" else -1
            self._book(detail["AccountRef"]["value"], sign * line["Amount"], rate)

    def _post_bill(self, payload: dict[str, Any], direction: int = 1) -> None:
        rate = payload.get("ExchangeRate", Decimal(1))
        start = len(self.lines)
        for line in payload["Line"]:
            account = line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"]
            self._book(account, direction * line["Amount"], rate)
        tax = payload.get("TxnTaxDetail", {}).get("TotalTax")
        if tax:
            self.lines.append(("QBO tax", direction * tax * rate))
        self.lines.append(("Payables", -sum(amount for _, amount in self.lines[start:])))

    def _post_vendorcredit(self, payload: dict[str, Any]) -> None:
        self._post_bill(payload, direction=-1)

    def _post_invoice(self, payload: dict[str, Any], direction: int = 1) -> None:
        self._sell(payload, direction, "Receivables")
        if deposit := payload.get("Deposit"):
            self._book(payload["DepositToAccountRef"]["value"], deposit)
            self.lines.append(("Receivables", -deposit))

    def _post_salesreceipt(self, payload: dict[str, Any], direction: int = 1) -> None:
        self._sell(payload, direction, NAMES[payload["DepositToAccountRef"]["value"]])

    def _post_refundreceipt(self, payload: dict[str, Any]) -> None:
        self._post_salesreceipt(payload, direction=-1)

    def _sell(self, payload: dict[str, Any], direction: int, other_side: str) -> None:
        start = len(self.lines)
        for line in payload["Line"]:
            if "DiscountLineDetail" in line:
                account = NAMES[line["DiscountLineDetail"]["DiscountAccountRef"]["value"]]
                self.lines.append((account, direction * line["Amount"]))
                continue
            account = self.income[line["SalesItemLineDetail"]["ItemRef"]["value"].removeprefix("$")]
            self.lines.append((account, -direction * line["Amount"]))
        tax = payload.get("TxnTaxDetail", {}).get("TotalTax")
        if tax:
            self.lines.append(("QBO tax", -direction * tax))
        self.lines.append((other_side, -sum(amount for _, amount in self.lines[start:])))

    def _post_creditmemo(self, payload: dict[str, Any]) -> None:
        self._post_invoice(payload, direction=-1)

    def _post_payment(self, payload: dict[str, Any]) -> None:
        self._book(payload["DepositToAccountRef"]["value"], payload["TotalAmt"])
        self.lines.append(("Receivables", -payload["TotalAmt"]))

    def _post_billpayment(self, payload: dict[str, Any]) -> None:
        self.lines.append(("Payables", payload["TotalAmt"]))
        bank = payload.get("CheckPayment", {}).get("BankAccountRef") or payload["CreditCardPayment"]["CCAccountRef"]
        self._book(bank["value"], -payload["TotalAmt"])


def ledger_of(made: Draft) -> Ledger:
    items = {"product/tea": "Sales", "product/cup": "Sales", "product/set": "Sales", "product/bag": "Sales"}
    return Ledger(
        income={
            **items,
            "product/fit": "Sales",
            "item/40": "Sales",
            "item/41": "Online sales",
            "item/69": "Rounding",
            "item/43": "Freight income",
        }
    ).post(made)
