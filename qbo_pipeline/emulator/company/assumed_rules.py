"""Refusals that nothing public tells of: each has a name by which the setting `rules_off` switches it off."""

from __future__ import annotations

from typing import Final, Literal

AssumedRule = Literal[
    "billable_customer",
    "budget_dates",
    "budget_year",
    "card_credit",
    "reserved_characters",
    "template_name",
    "time_order",
    "transfer_to_itself",
]
# Rule -> its fault code, and what is refused.
EXPLAINED: Final[dict[AssumedRule, tuple[str, str]]] = {
    "billable_customer": ("6000", "a billable line without customer"),
    "budget_dates": ("6000", "a budget's detail dated outside the budget"),
    "budget_year": ("6000", "a budget that reaches into another fiscal year"),
    "card_credit": ("6000", "a credit that is no credit card's"),
    "reserved_characters": ("2040", "a colon, tab or line break in a name"),
    "template_name": ("6240", "a recurring transaction with another's name"),
    "time_order": ("6000", "time that ends before it begins"),
    "transfer_to_itself": ("6000", "a transfer from an account to the same one"),
}
