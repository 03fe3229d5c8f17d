"""A cost that comes as one sum, shared over the goods of a receipt: by value, quantity or weight, stock and sold.

What belongs here: the lines `to_share` of a landed cost, for a source that does not share them itself (IAS 2.10: what
brings goods to their place is a cost of them). What is still on hand bears its share in stock, the rest is cost of
sales.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, product_of
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import refuse
from qbo_pipeline.accounting.journals import Leg, leg
from qbo_pipeline.accounting.money import ZERO, cents, slice_of
from qbo_pipeline.inventory.records import Movement, MovementLine, Product

TO_SHARE = "to_share"


def shared_legs(movement: Movement, line: MovementLine, home: Decimal, books: Books) -> Iterator[Leg]:
    """The stock and cost of sales legs of one cost; together they are its home amount in cents.

    As many pieces as are on hand at the end of the day, at all locations, count as still there; each piece once. Ends
    with `Refused`: a receipt that is not known or has no goods, a product without weight where weights share.
    """
    label = f"line {line.line_number} of landed cost {movement.number}"
    receipt = _receipt(movement, label, books)
    goods = [(row, product) for row in receipt.lines if (product := _goods(row, books)) is not None]
    parts = [_basis(row, product, label, books) for row, product in goods]
    whole = sum(parts, Decimal(0))
    if whole <= 0:
        refuse(
            "nothing_to_share",
            f"{label} is to be shared by {books.policies.landed_cost_by}, of which the goods of receipt "
            f"{receipt.number} have none: correct the receipt in the source, or share by something else "
            "([posting] landed_cost_by)",
            "for_movement_id",
        )
    day = max(movement.business_date, receipt.business_date)
    total, before = cents(home), Decimal(0)
    there: dict[str, Decimal] = {}
    for (row, product), part in zip(goods, parts, strict=True):
        share = slice_of(total, whole, before, part)
        before += part
        held = _still_there(product, abs(row.quantity), day, there, books)
        in_stock = slice_of(share, abs(row.quantity), Decimal(0), held)
        place = Place(field=label, product=product, location_id=row.location_id, line=line, document=movement)
        if in_stock:
            yield leg(books, "inventory", in_stock, place)
        if share - in_stock:
            yield leg(books, "cost_of_goods_sold", share - in_stock, place)


def _receipt(movement: Movement, label: str, books: Books) -> Movement:
    """The receipt whose goods bear the cost."""
    receipt = books.movement(movement.for_movement_id) if movement.for_movement_id is not None else None
    if movement.kind != "landed_cost" or receipt is None or receipt.kind != "receipt" or receipt.status != "completed":
        of = movement.for_movement_id
        named = f"receipt {of}, which is no completed receipt among the records" if of else "a receipt, and names none"
        refuse(
            "unknown_receipt",
            f"{label} is to be shared over the goods of {named}: see whether it was set aside, or deliver the shares "
            "as lines of the goods",
            "for_movement_id",
        )
    return receipt


def _goods(row: MovementLine, books: Books) -> Product | None:
    if row.role != "stock" or not row.quantity:
        return None
    product = product_of(books, row.product_id, f"lines[{row.line_number}].product_id")
    return product if product is not None and product.kind == "stocked" else None


def _basis(row: MovementLine, product: Product, label: str, books: Books) -> Decimal:
    by = books.policies.landed_cost_by
    if by == "value":
        return abs(row.value)
    if by == "quantity":
        return abs(row.quantity)
    if product.weight is None:
        refuse(
            "no_weight",
            f"{label} is to be shared by weight, and product {product.number or product.product_id} has none: give it "
            "one in the source, or share by something else ([posting] landed_cost_by)",
            "product.weight",
        )
    return abs(row.quantity) * product.weight


def _still_there(product: Product, quantity: Decimal, day: date, taken: dict[str, Decimal], books: Books) -> Decimal:
    used = taken.get(product.product_id, ZERO)
    held = min(quantity, max(books.on_hand(product.product_id, day) - used, Decimal(0)))
    taken[product.product_id] = used + held
    return held
