"""Items that people keep in QuickBooks, as products of the inventory system; and what people do there to quantities.

What belongs here: what an Item says in the words of a product record, and an InventoryAdjustment in those of a
movement. Quantities are carried as differences, never as what is to be there: what both sides take in the same minute
adds up.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qbo_pipeline.inventory.records import Movement, MovementLine, Product, Record, decimal_text
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, exact, objects
from qbo_pipeline.returning.contacts import BEING_POSTED, SAME_NAME, name_of
from qbo_pipeline.returning.reading import day_of, on_its_way, outside, part_id, read_day, too_early, value_of
from qbo_pipeline.returning.values import NotReturned, Outcome, ReturnBook, Returned, Withheld

KINDS = {"Inventory": "stocked", "NonInventory": "non_stocked", "Service": "service"}
# What an entry says of an item beside the record: by field of QuickBooks, what the content calls it.
_BESIDE = {
    "PurchaseDesc": "purchase_description", "QtyOnHand": "quantity_at_first", "InvStartDate": "quantity_from",
}  # fmt: skip


def build_item(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The record of an Item that the source does not have yet, or that it has under its own id.

    Raises `OddShape` where the object is not as Intuit documents it.
    """
    name = str(thing.get("Name") or "")
    label = f"Item {name or 'Id ' + str(thing['Id'])}"
    if not name:
        raise OddShape("Name is empty")
    if thing.get("Type") not in KINDS:
        return NotReturned(rule="no_product", message=f"{label} is a {thing.get('Type')}, which is no product")
    product_id = book.product(str(thing["Id"]))
    if product_id is None and (why_not := _not_to_be_made(thing, book, label, name)) is not None:
        return why_not
    found = product_of(entity, thing, book, product_id or f"Item/{thing['Id']}")
    beside = _beside(thing, quantities=product_id is None)
    if product_id is None and found.kind == "non_stocked" and book.default_quantity is not None:
        beside["quantity_at_first"] = decimal_text(book.default_quantity)
    if thing.get("Type") == "Inventory" and book.location is not None:
        beside["location_id"] = book.location
    return Returned(record=found, beside=beside)


def _not_to_be_made(thing: JsonObject, book: ReturnBook, label: str, name: str) -> Outcome | None:
    if book.being_posted("Item", name):
        return Withheld(
            reason=BEING_POSTED,
            message=f"{label} has the name of one that is being posted: it is settled by the next run, or by what is "
            "decided about that posting",
        )
    if thing.get("Active") is False:
        return NotReturned(rule="not_active", message=f"{label} is not active, and the inventory system has none of it")
    made = an_object(thing.get("MetaData"), "MetaData").get("CreateTime")
    if made is not None and read_day(made, "CreateTime") < book.first_day:
        return too_early(label, book)
    for called in dict.fromkeys((str(thing.get("Sku") or name), name)):
        if (namesake := book.namesake("Item", called)) is not None:
            return Withheld(
                reason=SAME_NAME,
                message=f"{label} has the number or name of product {namesake} of the inventory system, which is not "
                "in QuickBooks yet: if they are one, let the run link it ([posting] link_existing) or `qbo-pipeline "
                "relink` it; if not, rename one of the two",
            )
    return None


def product_of(entity: str, thing: JsonObject, book: ReturnBook, product_id: str) -> Product:
    """What an item says, as a product with this id: the number is its Sku (else its name), the name its description
    (else its name)."""
    name = name_of(thing, "Name")
    return Product(
        product_id=product_id,
        kind=KINDS.get(str(thing.get("Type")), "service"),
        number=str(thing.get("Sku") or name),
        name=str(thing.get("Description") or name),
        category=_category(thing, book),
        sales_price=_number(thing, "UnitPrice"),
        purchase_cost=_number(thing, "PurchaseCost"),
        minimum_quantity=_number(thing, "ReorderPoint") if thing.get("Type") == "Inventory" else None,
        active=thing.get("Active") is not False,
    )


def _number(thing: JsonObject, field: str) -> Decimal | None:
    return exact(thing[field], field) if thing.get(field) is not None else None


def _category(thing: JsonObject, book: ReturnBook) -> str | None:
    """What an item stands below, as the source calls it, else as QuickBooks does, all that is above it included."""
    above = value_of(thing, "ParentRef")
    if not above or above.startswith("$"):  # of what we sent: the key of a category
        return above.partition("/")[2] or None
    if (known := book.category(above)) is not None:
        return known
    path, _, own = str(thing.get("FullyQualifiedName") or "").rpartition(":")
    name = an_object(thing.get("ParentRef"), "ParentRef").get("name")
    return path if path and own == thing.get("Name") else str(name) if name else None


def item_of(entity: str, thing: JsonObject, book: ReturnBook, record: Record) -> Product:
    """What an item says of the product that it is known to be."""
    return product_of(entity, thing, book, record.record_id)


def _beside(thing: JsonObject, *, quantities: bool) -> dict[str, Any]:
    """What it is bought as; how many there are only with an item that the source makes anew."""
    found: dict[str, Any] = {}
    for field, name in _BESIDE.items():
        value = thing.get(field)
        if value is None or (field in ("QtyOnHand", "InvStartDate") and not quantities):
            continue
        found[name] = decimal_text(exact(value, field)) if isinstance(value, Decimal | int) else str(value)
    return found


def build_adjustment(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The movement of an InventoryAdjustment: the differences of quantity that people entered, product by product.

    QuickBooks does not tell its value; the inventory system values it by its own cost.
    """
    day = day_of(thing)
    label = f"{entity} {thing.get('DocNumber') or 'Id ' + str(thing['Id'])} of {day}"
    if (not_ours := outside(label, day, book)) is not None:
        return not_ours
    lines: list[MovementLine] = []
    elsewhere: list[str] = []
    for row in objects(thing.get("Line"), "Line"):
        detail = an_object(row.get("ItemAdjustmentLineDetail"), "ItemAdjustmentLineDetail")
        if not detail:
            continue
        item = value_of(detail, "ItemRef")
        product = book.product(item)
        if product is None:
            if book.on_its_way("Item", item):
                return on_its_way(label, f"item Id {item}")
            elsewhere.append(item)
            continue
        lines.append(
            MovementLine(
                line_id=part_id(f"{entity}/{thing['Id']}", row, len(lines) + 1),
                line_number=len(lines) + 1,
                product_id=product,
                location_id=book.location,
                quantity=exact(detail.get("QtyDiff") or 0, "QtyDiff"),
                value=Decimal(0),
            )
        )
    if not lines:
        return NotReturned(
            rule="nothing_of_source", message=f"{label} adjusts items that the inventory system does not have"
        )
    account = value_of(thing, "AdjustAccountRef")
    beyond = f"In QuickBooks it also adjusts items {', '.join(elsewhere)}" if elsewhere else None
    return Returned(
        record=Movement(
            movement_id=f"{entity}/{thing['Id']}",
            kind="adjustment",
            number=str(thing.get("DocNumber") or f"QB-{thing['Id']}"),
            business_date=day,
            currency=book.home_currency,
            account=book.account(account) if account else None,
            memo=beyond or (str(thing["PrivateNote"]) if thing.get("PrivateNote") else None),
            lines=tuple(lines),
        )
    )
