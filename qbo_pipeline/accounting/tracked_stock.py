"""Tracked mode: inventory items with their opening stock, and adjustments of quantities.

What belongs here: the item of a stocked product, and what becomes of the movements that no document carries. A quantity
is all that an adjustment says: QBO values it, first in, first out. So a change of value alone posts nothing here, and
reconciliation names what the two ways of costing differ by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NoReturn

from qbo_pipeline.accounting.accounts import Place, account_for, product_of
from qbo_pipeline.accounting.books import AccountRef, Books, Opening
from qbo_pipeline.accounting.drafts import Draft, Outcome, Payload, exclude, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.movements import MOVEMENT_RULES, other_role
from qbo_pipeline.accounting.payloads import finish, key_ref, note, number_field, ref
from qbo_pipeline.accounting.products import income_account, item_of
from qbo_pipeline.accounting.tracked import by_document
from qbo_pipeline.accounting.tracked_absorbed import absorbed
from qbo_pipeline.inventory.records import Movement, MovementLine, Product, record_key

MOVED_BY_DOCUMENT = "moved_by_document"
OPENED_WITH_ITEM = "opened_with_item"
VALUE_ONLY = "value_only"
ASSET_TYPES = ("Other Current Asset",)
COST_TYPES = ("Cost of Goods Sold",)
TRACKED_INCOME_TYPES = ("Income",)
_COST_DECIMALS = Decimal("0.0000001")
Goods = tuple[MovementLine, Product]  # a line of stock, and its product


def build_tracked_product(product: Product, books: Books) -> Draft | list[Draft]:
    """The item of a product: an inventory item where it is stocked, made with its opening quantity on its first day.

    `PurchaseCost` is what QBO values the opening quantity at: the opening value divided by it. Of goods that are made
    here and never bought it is what they cost when they were first made: QBO values what an adjustment brings in at the
    last cost that it knows. What an item was made with stands for ever; where its opening stock is another one by now,
    an adjustment carries the rest. `Refused` where an account is not of the type that QBO takes for a tracked item.
    """
    plain = item_of(product, books)
    if product.kind != "stocked":
        return plain
    place = Place(field=f"product {product.number or product.product_id}", product=product)
    _check_type(income_account(books, place), "sales", TRACKED_INCOME_TYPES, place)
    start = books.begins
    if start is None:
        refuse("no_first_day", f"{place.field}: a tracked item needs the day on which it starts", "first_day")
    opening = books.opening(product.product_id)
    quantity = opening.quantity if opening is not None else ZERO
    if opening is not None:
        start = min(start, opening.business_date)
    made = books.made(product.product_id)
    if made is not None and made.quantity is not None:
        quantity = made.quantity
    # Once it is made, its cost is what is usually paid for it; it is made at what its opening stock is worth.
    is_there = made is not None
    payload: Payload = {
        **plain.payload,
        "Type": "Inventory",
        "TrackQtyOnHand": True,
        "QtyOnHand": quantity,
        "InvStartDate": start.isoformat(),
        "AssetAccountRef": ref(_account(books, "inventory", ASSET_TYPES, place).id),
        "ExpenseAccountRef": ref(_account(books, "cost_of_goods_sold", COST_TYPES, place).id),
        **({} if is_there and product.purchase_cost is not None else _cost(product, opening, books)),
        **({} if product.minimum_quantity is None else {"ReorderPoint": product.minimum_quantity}),
    }
    item = finish(
        key=plain.key,
        entity="Item",
        payload=payload,
        business_date=None,
        amount=ZERO,
        currency=books.home_currency,
    )
    rest = (opening.quantity if opening is not None else ZERO) - quantity
    if not rest or (made is not None and made.quantity is None):  # an adopted item has what it has
        return item
    day = opening.business_date if opening is not None else start
    return [item, _opening_adjustment(product, place, day, rest, books)]


def _opening_adjustment(product: Product, place: Place, day: date, quantity: Decimal, books: Books) -> Draft:
    equity = account_for(books, "opening_balance_equity", place)
    label = f"Opening stock of {product.number or product.product_id}, changed since its item was made"
    key = record_key(product)
    return _adjustment(f"{key}#opening", "", label, day, equity.id, {product.product_id: quantity}, books)


def _cost(product: Product, opening: Opening | None, books: Books) -> Payload:
    known = opening if opening is not None and opening.quantity > 0 and opening.value > 0 else None
    if known is None and product.purchase_cost is None:
        known = books.first_made(product.product_id)
    return {} if known is None else {"PurchaseCost": _by_the_piece(known)}


def _by_the_piece(goods: Opening) -> Decimal:
    return (goods.value / goods.quantity).quantize(_COST_DECIMALS, ROUND_HALF_UP)


def _account(books: Books, role: str, types: tuple[str, ...], place: Place) -> AccountRef:
    return _check_type(account_for(books, role, place), role, types, place)


def _check_type(account: AccountRef, role: str, types: tuple[str, ...], place: Place) -> AccountRef:
    if account.type not in types:
        refuse(
            "account_type",
            f"{place.field} is a tracked item, whose account for '{role}' is of type {types[0]}; '{account.name}' is "
            f"of type {account.type}: name another one for it in [accounts]",
            f"role:{role}",
        )
    return account


def build_tracked_movement(movement: Movement, books: Books) -> Outcome:
    """The adjustments of quantities of a movement, one for each account against which they go, and the journal of what
    its goods absorb besides goods.

    `Excluded`: voided, services only, moved by documents, value only, nil (between locations, of which QBO's stock has
    none), opening stock that came with the items.
    """
    rule = MOVEMENT_RULES[movement.kind]
    label = f"{rule.label} {movement.number}"
    if movement.status == "voided":
        exclude("voided_in_source", f"{label} was voided in the source")
    goods = [(line, product) for line in movement.lines if (product := _stocked(line, books)) is not None]
    if movement.kind == "opening":
        exclude(OPENED_WITH_ITEM, f"{label} posts nothing by itself: the items are made with these quantities")
    moving = [(line, product) for line, product in goods if line.quantity]
    left = [(line, product) for line, product in moving if not by_document(movement.kind, line.quantity, books)]
    drafts = _adjustments(movement, label, left, books)
    if (beside := absorbed(movement, label, books)) is not None:
        drafts.append(beside)
    if not drafts:
        _say_why_nothing(movement, label, goods, left)
    return drafts[0] if len(drafts) == 1 else drafts


def _say_why_nothing(movement: Movement, label: str, goods: Sequence[Goods], left: Sequence[Goods]) -> NoReturn:
    if any(line.role == "stock" for line in movement.lines) and not goods:
        exclude("service_movement", f"{label} moves services and products without stock value only")
    if not any(line.quantity for line, _ in goods):
        exclude(
            VALUE_ONLY,
            f"{label} changes the value of stock alone: QuickBooks values tracked items by itself, first in, first out",
        )
    if not left:
        exclude(MOVED_BY_DOCUMENT, f"{label} posts nothing: {_CARRIES[movement.kind]}")
    exclude("nil_effect", f"{label} changes no quantity in the company: QuickBooks keeps no locations of stock")


_CARRIES = {
    "receipt": "the bill brings the goods in",
    "shipment": "the invoice takes the goods out",
    "customer_return": "the credit brings the goods back",
    "supplier_return": "the supplier's credit takes the goods out",
}


def _stocked(line: MovementLine, books: Books) -> Product | None:
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    return product if line.role == "stock" and product is not None and product.kind == "stocked" else None


def _adjustments(movement: Movement, label: str, goods: Iterable[Goods], books: Books) -> list[Draft]:
    by_account: dict[str, dict[str, Decimal]] = {}
    for line, product in goods:
        account = _against(movement, line, product, label, books)
        items = by_account.setdefault(account.id, {})
        items[product.product_id] = items.get(product.product_id, Decimal(0)) + line.quantity
    told = {account: {item: qty for item, qty in items.items() if qty} for account, items in by_account.items()}
    several = len([items for items in told.values() if items]) > 1
    key, day = record_key(movement), movement.business_date
    said = note(label, movement.memo)
    return [
        _adjustment(f"{key}#{account}" if several else key, movement.number, said, day, account, items, books)
        for account, items in sorted(told.items())
        if items
    ]


def _against(movement: Movement, line: MovementLine, product: Product, label: str, books: Books) -> AccountRef:
    """The account against which QBO posts a quantity's value; never a stock account, which would hide it."""
    rule = MOVEMENT_RULES[movement.kind]
    role = rule.remainder if rule.against is None else other_role(rule, books)
    if movement.kind == "receipt":  # goods that go back by a receipt of less than nothing
        role = books.policies.supplier_return_clearing
    place = Place(
        field=f"line {line.line_number} of {label}",
        product=product,
        location_id=line.location_id,
        document_hint=movement.account if rule.hinted == role else None,
    )
    account = account_for(books, role, place)
    if account.id in books.accounts_of("inventory"):
        refuse(
            "account_is_inventory",
            f"{place.field} would adjust stock against the inventory account '{account.name}': give the role "
            f"'{role}' an account of its own",
            f"role:{role}",
        )
    return account


def _adjustment(
    key: str, number: str, said: str, day: date, account_id: str, items: dict[str, Decimal], books: Books
) -> Draft:
    """An adjustment of these quantities by product; `number` may be empty where QBO is to give one."""
    lines: list[Payload] = [
        {
            "LineNum": position,
            "DetailType": "ItemAdjustmentLineDetail",
            "ItemAdjustmentLineDetail": {"ItemRef": key_ref(f"product/{product_id}"), "QtyDiff": quantity},
        }
        for position, (product_id, quantity) in enumerate(sorted(items.items()), start=1)
    ]
    payload: Payload = {
        **number_field(books, "InventoryAdjustment", number),
        "TxnDate": day.isoformat(),
        "PrivateNote": said,
        "AdjustAccountRef": ref(account_id),
        "Line": lines,
    }
    return finish(
        key=key,
        entity="InventoryAdjustment",
        payload=payload,
        business_date=day,
        amount=ZERO,
        currency=books.home_currency,
    )
