"""Tracked mode: QuickBooks keeps the stock's books by inventory items, and no journal of ours touches their accounts.

What belongs here: which of a record's lines move the stock by themselves in QBO, and the documents with item lines.
Items and adjustments of quantities are in `tracked_stock.py`. Row numbers are those of docs/accounting-rules.md.

A flow of goods moves the stock once, by construction: what `by_document` gives to the documents, the movements leave
out, and the other way about. QBO computes every cost (FIFO); nothing here says one.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, dimension_for, product_of
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.documents import Subject
from qbo_pipeline.accounting.drafts import Draft, Excluded, Payload, refuse
from qbo_pipeline.accounting.matching import Clearing, Part
from qbo_pipeline.accounting.money import cents, quantity_and_price
from qbo_pipeline.accounting.orders import order_link
from qbo_pipeline.accounting.payloads import DESCRIPTION_LENGTH, key_ref, ref
from qbo_pipeline.accounting.products import account_item, income_account
from qbo_pipeline.accounting.purchases import (
    PurchaseLine,
    expense_line,
    expense_part,
    order_form,
    purchase_form,
    purchase_place,
)
from qbo_pipeline.accounting.sales import item_of_line, mind_quotes, role_of_line, sales_form, sales_line, sales_place
from qbo_pipeline.accounting.tax import purchase_line
from qbo_pipeline.inventory.records import Document, DocumentLine, Product, record_key

_DECIMALS = Decimal("0.00001")  # of a quantity or a price in QBO
_OUTWARD = {"shipment": -1, "receipt": 1}  # the sign of the quantity by which the goods of a kind go their usual way
_RETURNS = ("customer_return", "supplier_return", *_OUTWARD)
Priced = tuple[Decimal, Decimal, Decimal]  # amount, quantity, unit price


def by_document(kind: str, quantity: Decimal, books: Books) -> bool:
    """Whether the documents, not the movements, move the stock by a movement line of this kind and signed quantity."""
    if kind not in _RETURNS:
        return False
    usual = kind in _OUTWARD and quantity * _OUTWARD[kind] > 0
    return usual or books.policies.returns_move_stock_by == "documents"


def line_moves_stock(document: Document, line: DocumentLine, product: Product | None, books: Books) -> bool:
    """Whether a document's line moves the stock: goods sold and bought, and those that come back where the policy lets
    the documents move them. A line without a quantity moves none, nor does a drop shipment."""
    if product is None or product.kind != "stocked" or not line.quantity or line.role == "drop_shipment":
        return False
    usual = document.kind in ("sales_invoice", "sales_receipt", "bill") and line.quantity > 0
    return usual or document.kind in _PLANS or books.policies.returns_move_stock_by == "documents"


_PLANS = ("quote", "purchase_order")  # they name the item, and post nothing


def build_tracked_sale(document: Document, books: Books) -> Draft:
    """The Invoice or CreditMemo of a sales document, whose goods are lines of tracked items: QBO posts their cost."""
    return sales_form(document, books, _sale_lines)


def build_tracked_quote(document: Document, books: Books) -> Draft:
    """The Estimate of a quote, whose goods are lines of tracked items; it posts nothing."""
    mind_quotes(document, books)
    return sales_form(document, books, _sale_lines)


def _sale_lines(subject: Subject, books: Books, line: DocumentLine, amount: Decimal) -> list[Payload]:
    place = sales_place(subject, books, line)
    account = income_account(books, place, role_of_line(books, place, line))
    if place.product is None or place.product.kind != "stocked":
        return [sales_line(subject, books, line, amount, place, item_of_line(books, place, line))]
    if not line_moves_stock(subject.document, line, place.product, books):
        return [sales_line(subject, books, line, amount, place, account_item(account))]
    if _items_account(books, place.product) != account.id:
        refuse(
            "account_of_item",
            f"{place.field} would sell to '{account.name}', but in QuickBooks a tracked item sells to the account that "
            "it was made with: leave the account out, or set it for the product or its category",
            "role:sales",
        )
    item, quantity_of_line = key_ref(record_key(place.product)), line.quantity or Decimal(0)
    return [
        sales_line(subject, books, line, part, place, item, (quantity, price))
        for part, quantity, price in _priced(place.field, amount, quantity_of_line * subject.sign, line.unit_price)
    ]


def _items_account(books: Books, product: Product) -> str:
    return income_account(books.lists or books, Place(field=f"product {product.number}", product=product)).id


def build_tracked_purchase(document: Document, books: Books) -> Draft | Excluded:
    """The Bill or VendorCredit of a purchase document, whose goods are lines of tracked items: the bill brings them in
    at its price. The other lines go to accounts, as in external mode."""
    return purchase_form(document, books, _purchase_lines)


def build_tracked_order(document: Document, books: Books) -> Draft | list[Draft] | Excluded:
    """The PurchaseOrder of an order, whose goods are lines of tracked items, which posts nothing; and its Bill, where
    it makes one."""
    return order_form(document, books, _order_lines, _purchase_lines)


def _purchase_lines(clearing: Clearing, line: DocumentLine, amount: Decimal) -> Iterator[PurchaseLine]:
    for part, made in _order_lines(clearing, line, amount):
        if part.amount or "ItemBasedExpenseLineDetail" in made:
            yield part, made


def _order_lines(clearing: Clearing, line: DocumentLine, amount: Decimal) -> Iterator[PurchaseLine]:
    """A line without an amount has its line too: each stands at its position, by which bills name it."""
    subject, books = clearing.subject, clearing.books
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    place = purchase_place(subject, line, product)
    if line_moves_stock(subject.document, line, product, books):
        yield from _goods(subject, books, line, amount, place)
        return
    if product is None or product.kind != "stocked" or line.role == "drop_shipment":
        part = expense_part(books, line, amount, place)
    else:
        # Goods that came back: their movement adjusts the quantity against this account. A price without goods is a
        # variance: it changes no stock that QBO keeps.
        role = books.policies.supplier_return_clearing if line.quantity else "purchase_price_variance"
        part = Part(account=account_for(books, role, place), amount=amount, place=place)
    if part.account.id in books.accounts_of("inventory"):
        refuse(
            "stock_by_account",
            f"{place.field} would post to the inventory account '{part.account.name}' without an item, and QuickBooks "
            "keeps the stock there by its items: name another account, or the product",
            f"lines[{line.line_number}].account",
        )
    yield part, expense_line(subject, books, line, part)


def _goods(subject: Subject, books: Books, line: DocumentLine, amount: Decimal, place: Place) -> Iterator[PurchaseLine]:
    product = place.product
    assert product is not None
    assert line.quantity
    asset = account_for(books.lists or books, "inventory", Place(field=place.field, product=product))
    for part, quantity, price in _priced(place.field, amount, line.quantity * subject.sign, line.unit_price):
        detail: Payload = {"ItemRef": key_ref(record_key(product)), "Qty": quantity, "UnitPrice": price}
        detail |= purchase_line(subject, books, line)
        if (class_id := dimension_for(books, "class", place)) is not None:
            detail["ClassRef"] = ref(class_id)
        # A bill brings goods in at its price; what a credit takes out is costed by QBO.
        known = subject.entity == "Bill" and quantity > 0
        yield (
            Part(account=asset, amount=part, place=place, known=known),
            {
                "Amount": part,
                "Description": (line.description or product.name)[:DESCRIPTION_LENGTH],
                "DetailType": "ItemBasedExpenseLineDetail",
                "ItemBasedExpenseLineDetail": detail,
            }
            | order_link(subject, books, line),
        )


def _priced(field: str, amount: Decimal, quantity: Decimal, price: Decimal | None) -> list[Priced]:
    """Amount, quantity and price of the line's parts: one, or two where no price of five decimals makes the amount.

    QBO takes a tracked line only with a quantity (6520), and only where quantity times price is the amount (6070).
    """
    if quantity != quantity.quantize(_DECIMALS):
        refuse(
            "quantity_decimals",
            f"{field} has the quantity {quantity}, and QuickBooks keeps five decimals: choose another unit for it in "
            "the inventory system",
            "lines.quantity",
        )
    one = quantity_and_price(amount, quantity, price)
    if one is not None and one[0] == quantity:
        return [(amount, *one)]
    follows = (amount / quantity).quantize(_DECIMALS, ROUND_HALF_UP)
    if cents(quantity * follows) == amount:
        return [(amount, quantity, follows)]
    single, follows = Decimal(1).copy_sign(quantity), (amount / quantity).quantize(_DECIMALS, ROUND_DOWN)
    most = cents((quantity - single) * follows)
    return [(most, quantity - single, follows), (amount - most, single, (amount - most) * single)]
