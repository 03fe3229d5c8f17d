"""Products become QBO items that keep no quantity: NonInventory or Service, so that QBO computes no cost.

What belongs here: the item of a product, and the items that stand for an account where a sales line has no product
or goes to another account than its product's item does.

The name rule depends on who shares a name, never on who came first: products whose numbers QBO would call equal (case
does not tell names apart, and `:` and `"` are not taken) have their id in brackets, all of them. The Sku field carries
the number as it is.
"""

from __future__ import annotations

import hashlib

from qbo_pipeline.accounting.accounts import Place, account_for, known_account
from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.categories import category_fields
from qbo_pipeline.accounting.drafts import Draft, Excluded, Payload, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import clean, finish, key_ref, ref, shorten
from qbo_pipeline.accounting.retiring import active_field
from qbo_pipeline.inventory.records import Product, record_key

AS_LINES = "as_lines"  # the rule by which a product has no item
NAME_LENGTH = 100
ID_LENGTH = 60  # of an id in brackets: what is left of the name still says which product it is
NAME_BANNED = ':"'
INCOME_TYPES = ("Income", "Other Income")
# The role of the account of a sales line by the line's own role in the document.
LINE_ROLES_OF_SALES = {"discount": "discounts", "freight": "freight", "charge": "charges"}
ITEM_TYPES = {"stocked": "NonInventory", "non_stocked": "NonInventory", "service": "Service"}


def build_product(product: Product, books: Books) -> Draft | Excluded:
    """The item of a product, or `Excluded` where policy has products go as lines without one."""
    if books.policies.products == "lines":
        message = '[posting] products = "lines": it goes as lines of documents, on the item of their account'
        return Excluded(rule=AS_LINES, message=message)
    return item_of(product, books)


def item_of(product: Product, books: Books) -> Draft:
    """The item of a product, named by the product's number (unique in the source), described by its name.

    The expense account, which only people who buy the item inside QBO use, is left out where the role `purchases`
    has no account.
    """
    payload: Payload = {
        "Name": item_name(product, books),
        "Sku": shorten(clean(product.number or product.product_id, ""), 100),
        "Description": product.name[:4000],
        "Type": ITEM_TYPES[product.kind],
        "IncomeAccountRef": ref(income_account(books, _place(product)).id),
        **category_fields(product, books),
        **active_field(product, books),
        **_usual_prices(product),
    }
    if books.accounts_of("purchases"):
        payload["ExpenseAccountRef"] = ref(account_for(books, "purchases", _place(product)).id)
    return finish(
        key=record_key(product),
        entity="Item",
        payload=payload,
        business_date=None,
        amount=ZERO,
        currency=books.home_currency,
    )


def _usual_prices(product: Product) -> Payload:
    """What people who sell or buy the item inside QBO are offered; neither is a value of stock."""
    offered = {"UnitPrice": product.sales_price, "PurchaseCost": product.purchase_cost}
    return {field: price for field, price in offered.items() if price is not None}


def item_name(product: Product, books: Books) -> str:
    """The Name of a product's item among all products that share it."""
    others = [other for other in books.product_namesakes(item_key(product)) if other.record_id != product.record_id]
    if not others:
        return _clean_name(product)
    its_id = shorten(clean(product.product_id, NAME_BANNED), ID_LENGTH)
    if any(other.product_id.casefold() == product.product_id.casefold() for other in others):
        # Capitals alone tell their ids apart, and QBO does not see them.
        its_id += f" {hashlib.sha256(product.product_id.encode()).hexdigest()[:8]}"
    suffix = f" [{its_id}]"
    return shorten(_clean_name(product), NAME_LENGTH - len(suffix)) + suffix


def item_key(product: Product) -> str:
    """What two products share when QBO would call the names of their items equal."""
    return _clean_name(product).casefold()


def _clean_name(product: Product) -> str:
    number = clean(product.number or f"{product.name} {product.product_id}", NAME_BANNED)
    return shorten(number or product.product_id, NAME_LENGTH)


def income_account(books: Books, place: Place, role: str = "sales") -> AccountRef:
    """The account of a sales line, which must be one that an item can sell to."""
    account = account_for(books, role, place)
    if account.type not in INCOME_TYPES:
        refuse(
            "account_type",
            f"{place.field} would sell to '{account.name}', a {account.type} account, but items sell to income "
            "accounts only: map it to an account of type Income or Other Income",
            f"role:{role}",
        )
    return account


def sales_item(books: Books, place: Place, role: str = "sales") -> Payload:
    """The item for a sales line: its product's where that sells to the line's account, else the account's own."""
    account = income_account(books, place, role)
    lists = books.lists or books
    as_item = place.product is not None and books.policies.products == "items"
    if as_item and place.product is not None and income_account(lists, _place(place.product)).id == account.id:
        return key_ref(record_key(place.product))
    return account_item(account)


def account_of_item(books: Books, reference: str) -> str:
    """The account that a sales line sells to, by the reference to its item (`"$<key>"`)."""
    kind, _, its_id = reference.removeprefix("$").partition("/")
    if kind == "item":
        return its_id
    product = books.product(its_id)
    assert product is not None, reference
    return income_account(books.lists or books, _place(product)).id


def account_item(account: AccountRef) -> Payload:
    """The item that stands for an account; `build_account_items` makes it."""
    return key_ref(f"item/{account.id}")


def build_account_items(books: Books) -> list[Draft]:
    """A service item for each income account of the books and for the rounding account, keyed `item/<account id>`.

    They belong to no record: sales lines without a product, with another account than their product's, and cents
    of rounding on sales forms refer to them.
    """
    hinted = frozenset(books.hints.values()) | books.further.get("hints", frozenset())
    ids = hinted.union(*(books.accounts_of(role) for role in ("sales", "rounding", *LINE_ROLES_OF_SALES.values())))
    accounts = [known_account(books, account_id, "the settings' accounts") for account_id in sorted(ids)]
    rounding = books.accounts_of("rounding")
    return [_account_item(books, item) for item in accounts if item.type in INCOME_TYPES or item.id in rounding]


def _account_item(books: Books, account: AccountRef) -> Draft:
    return finish(
        key=f"item/{account.id}",
        entity="Item",
        payload={
            "Name": shorten(clean(f"{account.name} (account {account.id})", NAME_BANNED), NAME_LENGTH),
            "Description": f"Stands for the account {account.name} on lines without a product of their own",
            "Type": "Service",
            "IncomeAccountRef": ref(account.id),
        },
        business_date=None,
        amount=ZERO,
        currency=books.home_currency,
    )


def _place(product: Product) -> Place:
    return Place(field=f"product {product.number or product.product_id}", product=product)
