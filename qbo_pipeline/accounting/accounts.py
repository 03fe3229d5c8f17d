"""Which account, class or department a line goes to: line > product > category > location > document > party > default.

What belongs here: the resolver. Which role a line has is the business of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.drafts import refuse
from qbo_pipeline.inventory.records import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands: what the resolver may look at. `field` names it in messages.

    The hints are the source's own account texts; a rule leaves them out where they may not decide (a stock line's
    inventory account does not follow an expense hint).
    """

    field: str
    line_hint: str | None = None
    product: Product | None = None
    location_id: str | None = None
    document_hint: str | None = None
    party: str | None = None


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


def dimension_for(books: Books, dimension: str, place: Place) -> str | None:
    """The class or department id at a place, `None` where none is mapped."""
    for level, value in _levels(place):
        if (found := books.overrides.get((dimension, level, value))) is not None:
            return found
    return None


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
