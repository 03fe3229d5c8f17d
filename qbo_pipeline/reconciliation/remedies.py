"""Corrections: what the tool can do about each cause, as a plan that is shown before anything is done.

What belongs here: the remedy for each cause, and the plan for a reconciliation. Nothing is carried out here; what
changes books that a person has touched, or a signed-off period, needs an approval.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from qbo_pipeline.reconciliation.causes import CAUSES, Cause
from qbo_pipeline.reconciliation.document import NOT_CHECKED
from qbo_pipeline.reconciliation.export import rows_of
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.unsent import SET_ASIDE

ACTIONS = ("extract", "post", "post_again", "reverse", "adopt", "journal")


class Remedy(NamedTuple):
    """What the tool does, whether a person approves it first, and the account role on a journal's other side."""

    action: str
    approval: bool
    counter_role: str | None = None


REMEDIES: dict[Cause, Remedy] = {
    Cause.NOT_EXTRACTED: Remedy("extract", approval=False),
    Cause.WAITING: Remedy("post", approval=False),
    Cause.PARKED: Remedy("post", approval=True),
    Cause.SKIPPED: Remedy("post", approval=True),
    Cause.CHANGED_IN_QBO: Remedy("post_again", approval=True),
    Cause.DELETED_IN_QBO: Remedy("post_again", approval=True),
    Cause.QBO_ONLY: Remedy("journal", approval=True, counter_role="inventory_adjustment"),
    Cause.DUPLICATE_IN_QBO: Remedy("journal", approval=True, counter_role="inventory_adjustment"),
    Cause.DOUBLED_COGS: Remedy("journal", approval=True, counter_role="cost_of_goods_sold"),
    Cause.MOVED_ACCOUNT: Remedy("journal", approval=True, counter_role="inventory"),
    Cause.CHANGED_IN_SOURCE: Remedy("post", approval=False),
    Cause.VANISHED_IN_SOURCE: Remedy("reverse", approval=True),
    Cause.BACK_DATED: Remedy("post", approval=True),
    Cause.COST_NOT_POSTED: Remedy("journal", approval=True, counter_role="inventory_adjustment"),
    Cause.FX: Remedy("journal", approval=True, counter_role="purchase_price_variance"),
    Cause.ROUNDING: Remedy("journal", approval=True, counter_role="rounding"),
    Cause.OPENING_BALANCE: Remedy("journal", approval=True, counter_role="opening_balance_equity"),
}  # a cause that is not here ends by itself, or a person must act outside the tool
ADOPTION = Remedy("adopt", approval=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of the plan.

    `amount` (home currency, debit positive) is what it does to the inventory accounts as at the date.
    `preview` says in plain words what will happen.
    """

    action: str
    cause: Cause
    difference_keys: tuple[str, ...]
    record_key: str | None
    posting_key: str | None
    qbo_type: str | None
    qbo_id: str | None
    account_id: str
    business_date: date
    amount: Decimal
    counter_role: str | None
    approval: bool
    preview: str


_COLUMNS = (
    "difference_key", "cause", "detail", "amount", "business_date", "account_id", "document_key", "record_key",
    "posting_key", "qbo_type", "qbo_id", "qbo_number", "state",
)  # fmt: skip


def plan(reconciliation: Reconciliation, keys: Collection[str] | None = None) -> list[Action]:
    """The steps for these differences (all without `keys`), in the order of `differences`.

    What one step settles is one step: all accounts and days of one posting. A difference without a remedy of the
    tool has no step. Raises `KeyError` for a key that is not among the differences.
    """
    rows = rows_of(reconciliation.differences, _COLUMNS)
    if keys is not None:
        if unknown := set(keys) - {row["difference_key"] for row in rows}:
            raise KeyError(f"no such differences: {', '.join(sorted(unknown))}; reconcile again and choose from those")
        rows = [row for row in rows if row["difference_key"] in keys]
    gone = {row["posting_key"] for row in rows if row["cause"] == Cause.DELETED_IN_QBO}
    adopted = {row["posting_key"] for row in rows if row["cause"] == Cause.DUPLICATE_IN_QBO} & gone
    steps: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        remedy = _remedy(row, adopted)
        if remedy is not None:
            steps.setdefault(_step(row, remedy), []).append(row)
    return [_action(group, _remedy(group[0], adopted), reconciliation) for group in steps.values()]


def _remedy(row: dict[str, Any], adopted: set[str | None]) -> Remedy | None:
    """A deleted posting whose copy stands is adopted: one step for both. No step is offered without knowing what became
    of an object (it may be there, on another account), nor for a record that only the inventory system can correct."""
    if row["detail"] in (NOT_CHECKED, SET_ASIDE):
        return None
    if row["posting_key"] in adopted and row["cause"] in (Cause.DELETED_IN_QBO, Cause.DUPLICATE_IN_QBO):
        return ADOPTION
    return REMEDIES.get(Cause(row["cause"]))


def _step(row: dict[str, Any], remedy: Remedy) -> tuple[Any, ...]:
    if remedy.action == "journal":
        return "journal", row["difference_key"]
    if remedy.action == "extract":
        return "extract", row["business_date"]
    return remedy.action, row["posting_key"] or row["record_key"]


def _action(rows: list[dict[str, Any]], remedy: Remedy | None, reconciliation: Reconciliation) -> Action:
    assert remedy is not None
    copies = [row for row in rows if row["cause"] == Cause.DUPLICATE_IN_QBO]
    first = copies[0] if copies else rows[0]
    total: Decimal = sum((row["amount"] for row in rows), start=Decimal("0.00"))
    cause = Cause(first["cause"])
    counter = remedy.counter_role
    day = reconciliation.as_at if remedy.action == "journal" else first["business_date"]
    return Action(
        action=remedy.action,
        cause=cause,
        difference_keys=tuple(row["difference_key"] for row in rows),
        record_key=first["record_key"],
        posting_key=first["posting_key"],
        qbo_type=first["qbo_type"],
        qbo_id=first["qbo_id"],
        account_id=first["account_id"],
        business_date=day,
        amount=-total,
        counter_role=counter,
        approval=remedy.approval,
        preview=_preview(remedy, first, -total, day, reconciliation.currency),
    )


_PREVIEWS = {
    "extract": "Read {business_date} again from the inventory system and post what is new.",
    "post": "Post {posting} ({state}): {amount} {currency} on account {account_id}.",
    "post_again": "Post {posting} again as the inventory system has it: {amount} {currency} on account {account_id}.",
    "reverse": "Reverse {posting} ({qbo_type} {qbo_id}): {amount} {currency} on account {account_id}.",
    "adopt": "Link {posting} to the {qbo_type} {qbo_id} that stands in QuickBooks in its place.",
    "journal": "Journal of {day}: {amount} {currency} on account {account_id} against {counter_role} ({label}).",
}


def _preview(remedy: Remedy, row: dict[str, Any], amount: Decimal, day: date, currency: str) -> str:
    facts = row | {
        "amount": f"{amount:,.2f}",
        "currency": currency,
        "day": day,
        "posting": row["posting_key"] or row["record_key"] or row["document_key"],
        "counter_role": remedy.counter_role,
        "label": CAUSES[Cause(row["cause"])].label,
    }
    return _PREVIEWS[remedy.action].format(**facts)
