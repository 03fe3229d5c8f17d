"""Product categories become QBO's category items, one below another, where the company has categories switched on.

What belongs here: the path of a category, its key, and its item. A category belongs to no record: its key says all that
it is made of, so that whoever refers to it can make it. Source: Intuit's guide to item hierarchies with categories.
"""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Payload, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import clean, finish, key_ref, shorten
from qbo_pipeline.inventory.records import Product

PREFIX = "category/"
BETWEEN = ":"  # as in QBO's full names
MOST_LEVELS = 3  # of categories above an item: QBO's four with the item itself
_NAME_LENGTH, _BANNED = 100, ':"'


def category_fields(product: Product, books: Books) -> Payload:
    """What places an item below its category; nothing where policy keeps none, or the product has none.

    Ends with `Refused` for a category that is more than QBO's levels deep.
    """
    if books.policies.categories == "off":
        return {}
    path = category_path(product.category or "")
    if not path:
        return {}
    if len(path) > MOST_LEVELS:
        refuse(
            "category_levels",
            f"product {product.number or product.product_id} is in the category '{product.category}', "
            f"{len(path)} levels deep, and QuickBooks takes {MOST_LEVELS} above an item: shorten it in the source, or "
            'say [posting] categories = "off"',
            "category",
        )
    return {"SubItem": True, "ParentRef": key_ref(_key(path, books))}


def category_path(category: str) -> tuple[str, ...]:
    """The names of a category and those above it, the highest first; `Drinks:Hot` is two."""
    names = (clean(name, _BANNED) for name in category.split(BETWEEN))
    return tuple(shorten(name, _NAME_LENGTH) for name in names if name)


def build_category(key: str, books: Books) -> Draft:
    """The category item that a key stands for, below the one above it."""
    *above, name = key.removeprefix(PREFIX).split(BETWEEN)
    payload: Payload = {"Name": name, "Type": "Category"}
    if above:
        payload |= {"SubItem": True, "ParentRef": key_ref(_key(above, books))}
    return finish(
        key=key, entity="Item", payload=payload, business_date=None, amount=ZERO, currency=books.home_currency
    )


def _key(path: tuple[str, ...] | list[str], books: Books) -> str:
    return books.entry_key(PREFIX + BETWEEN.join(path))
