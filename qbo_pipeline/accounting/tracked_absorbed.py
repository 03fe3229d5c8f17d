"""Tracked mode: what goods absorb besides goods: labour, overhead, services, a supplier's work; and what is wasted.

What belongs here: the journal that stands beside the adjustments of a movement. An adjustment moves items and their
value against one account (work in progress, say); what else went into that account, or is lost on it, no item tells.
The journal never names the account of an item, so the stock's books stay QuickBooks' alone.
"""

from __future__ import annotations

from dataclasses import replace

from qbo_pipeline.accounting.accounts import product_of
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.accounting.journals import Heading, journal_entry
from qbo_pipeline.accounting.movements import LINE_ROLES, MOVEMENT_RULES, movement_legs
from qbo_pipeline.inventory.records import Movement, MovementLine, record_key

ABSORBED_SUFFIX = "#absorbed"
# A supplier's work is on the account of its bill: in tracked mode bills clear no accrual.
_ROLES = LINE_ROLES | {"supplier_cost": ("purchases", -1)}


def absorbed(movement: Movement, label: str, books: Books) -> Draft | None:
    """The journal of what a movement's goods absorb that is no goods; `None` where there is nothing of the kind.

    Ends with `Refused` as a movement's journal does in external mode: an account that is not there, no rate.
    """
    beside = tuple(line for line in movement.lines if line.value and _is_beside(line, books))
    if not beside or not MOVEMENT_RULES[movement.kind].absorbs:
        return None
    heading = Heading(
        key=f"{record_key(movement)}{ABSORBED_SUFFIX}",
        number=movement.number,
        label=label,
        business_date=movement.business_date,
        currency=books.home_currency,
        memo=movement.memo,
    )
    made = journal_entry(books, heading, movement_legs(replace(movement, lines=beside), books, _ROLES))
    return made if isinstance(made, Draft) else None


def _is_beside(line: MovementLine, books: Books) -> bool:
    if line.role != "stock":
        return True
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    return product is not None and product.kind != "stocked"
