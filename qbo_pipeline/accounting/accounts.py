"""Which account, class or department a line goes to: line > product > category > location > document > party > default.

What belongs here: the resolver. Which role a line has is the business of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.drafts import refuse
from qbo_pipeline.inventory.records import Document, DocumentLine, Movement, MovementLine, Product

BANK_TYPES = {"payment_received": ("Bank", "Other Current Asset"), "payment_made": ("Bank", "Credit Card")}
_FIELDS = {"class": "class_", "department": "department"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands: what the resolver may look at. `field` names it in messages.

    The hints are the source's own account texts; a rule leaves them out where they may not decide (a stock line's
    inventory account does not follow an expense hint). `line` and `document` are asked for class and department only.
    """

    field: str
    line_hint: str | None = None
    product: Product | None = None
    location_id: str | None = None
    document_hint: str | None = None
    party: str | None = None
    line: DocumentLine | MovementLine | None = None
    document: Document | Movement | None = None


def account_for(books: Books, role: str, place: Place) -> AccountRef:
    """The account for a role at a place.

    Ends with `Refused`: a hint that the settings do not map, a role without account, an id outside the chart.
    """
    account_id = _resolve(books, role, place) or books.roles.get(role)
    if account_id is None:
        refuse(
            "unmapped_role",
            f"no account is set for the role '{role}', which {place.field} needs: name one in [accounts.roles]",
            f"role:{role}",
        )
    return known_account(books, account_id, f"role:{role}")


def money_account_for(books: Books, role: str, place: Place) -> AccountRef:
    """As `account_for`, for money and cents: `Refused` on a stock account, which only stock may move."""
    account = account_for(books, role, place)
    if account.id in books.stock_accounts:
        refuse(
            "account_is_stock",
            f"{place.field} would post to the stock account '{account.name}': give the role '{role}' another account",
            f"role:{role}",
        )
    return account


def bank_for(books: Books, place: Place, currency: str, types: tuple[str, ...]) -> AccountRef:
    """The account that money of a currency goes through at a place; `Refused` where QBO would not take it."""
    bank = money_account_for(books, "bank", place)
    if bank.type not in types:
        refuse(
            "account_type",
            f"{place.field} would go through '{bank.name}', a {bank.type} account: "
            f"map it to an account of type {' or '.join(types)}",
            "role:bank",
        )
    if bank.currency not in (currency, books.home_currency):
        refuse(
            "account_currency",
            f"{place.field} is in {currency}, but '{bank.name}' is kept in {bank.currency}: "
            f"map it to an account in {currency} or {books.home_currency}",
            "role:bank",
        )
    return bank


def role_or(books: Books, role: str, otherwise: str, place: Place) -> str:
    """The role, where the settings have an account for it or the source names one; else the other one."""
    return role if books.accounts_of(role) or place.line_hint is not None else otherwise


def dimension_for(books: Books, dimension: str, place: Place) -> str | None:
    """The class or department id at a place, `None` where none is said or mapped.

    Line, product, category, location, document, party: the first that says something counts. Ends with `Refused`
    where the source names one that QuickBooks does not have.
    """
    if (name := named(place.line, dimension)) is not None:
        return known_dimension(books, dimension, name, place.field)
    values = dict(_levels(place))
    for level in ("product", "category", "location", "document", "party"):
        if level == "document":
            if (name := named(place.document, dimension)) is not None:
                return known_dimension(books, dimension, name, place.field)
        elif (found := books.overrides.get((dimension, level, values.get(level, "")))) is not None:
            return found
    return None


def named(row: DocumentLine | MovementLine | Document | Movement | None, dimension: str) -> str | None:
    """The class or department that a row of the source names, by name or `id:<Id>`."""
    return None if row is None else getattr(row, _FIELDS[dimension])


def known_dimension(books: Books, dimension: str, name: str, field: str) -> str:
    """The Id of the class or department that the source names; `Refused` where QuickBooks has none of that name."""
    found = books.dimensions.get((dimension, name.strip().casefold()))
    if found is None:
        refuse(
            f"unknown_{dimension}",
            f"{field} names the {dimension} '{name}', which QuickBooks does not have, or not as an active one: write "
            "it in the source as QuickBooks does (Parent:Child), or create it there",
            f"{dimension}:{name}",
        )
    return found


def known_payment_method(books: Books, name: str, field: str) -> str:
    """The Id of the payment method that the source names; `Refused` where QuickBooks has none of that name."""
    found = books.payment_methods.get(name.strip().casefold())
    if found is None:
        refuse(
            "unknown_payment_method",
            f"{field} was paid by '{name}', and QuickBooks has no active payment method of that name: create it there "
            '(Account and settings, Payment methods), or say [posting] payment_methods = "noted"',
            f"method:{name}",
        )
    return found


def known_account(books: Books, account_id: str, field: str) -> AccountRef:
    """The account of the chart, or `Refused` where the company has no such account."""
    account = books.chart.get(account_id)
    if account is None:
        refuse(
            "unknown_account",
            f"account {account_id} ({field}) is not in the company's chart of accounts: "
            "correct the settings, or read the chart again if the account is new",
            field,
        )
    return account


def product_of(books: Books, product_id: str | None, field: str) -> Product | None:
    """The stored product, `None` for a line without one; `Refused` where the source names one that is unknown."""
    if product_id is None:
        return None
    product = books.product(product_id)
    if product is None:
        refuse(
            "unknown_product",
            f"product {product_id} is not among the records: see whether it was set aside, then extract it again",
            field,
        )
    return product


def _resolve(books: Books, role: str, place: Place) -> str | None:
    for level, value in _levels(place):
        if level == "hint":
            return _hinted(books, value, place.field)
        if (found := books.overrides.get((role, level, value))) is not None:
            return found
    return None


def _levels(place: Place) -> list[tuple[str, str]]:
    """What the place has, in order of priority."""
    product = place.product
    levels = (
        ("hint", place.line_hint),
        ("product", product.product_id if product else None),
        ("category", product.category if product else None),
        ("location", place.location_id),
        ("hint", place.document_hint),
        ("party", place.party),
    )
    return [(level, value) for level, value in levels if value is not None]


def _hinted(books: Books, hint: str, field: str) -> str:
    account_id = books.hints.get(hint)
    if account_id is None:
        refuse(
            "unmapped_account",
            f"the source's account '{hint}' of {field} is not mapped to a QBO account: name it in [accounts.hints]",
            f"hint:{hint}",
        )
    return account_id
