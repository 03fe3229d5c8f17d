"""The chart of accounts to choose from, and the account map as the settings have it.

What belongs here: reading QuickBooks' lists from the store, and which of their entries a setting means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from qbo_pipeline.accounting.books import ROLES
from qbo_pipeline.pipeline.preflight import ACCOUNT_TYPES, NEEDED_ROLES
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.reference import Reference, references

ROLE_WORDS = {
    "inventory": "Goods in stock",
    "in_transit": "Goods between two warehouses",
    "goods_received_not_invoiced": "Goods received whose bill has not come",
    "accounts_payable": "What we owe suppliers",
    "accounts_receivable": "What customers owe us",
    "sales": "Sales, unless a line says another account",
    "cost_of_goods_sold": "Cost of what was sold",
    "inventory_adjustment": "Stock found more or less",
    "write_off": "Stock written off",
    "labour_absorbed": "Labour that making adds to goods",
    "purchase_price_variance": "Where bill and receipt differ",
    "purchases": "Lines of bills that are no goods",
    "bank": "Where payments go through",
    "rounding": "Cents that rounding leaves",
    "opening_balance_equity": "The other side of the opening stock",
    "input_tax": "Tax on bills, where it is booked apart",
    "landed_cost": "Freight and duty that goods carry",
    "work_in_progress": "Goods that are being made",
    "exchange_difference": "Where converted payments and documents differ",
    "customer_deposits": "What customers paid before their invoice",
    "supplier_deposits": "What suppliers got before their bill",
    "payment_fees": "What processors keep back of payments",
    "discounts": "Discounts to customers, told apart",
    "freight": "Freight that customers pay",
    "charges": "Other charges that customers pay",
    "purchase_discounts": "Discounts of suppliers, told apart",
    "freight_in": "Freight on bills",
    "overhead_absorbed": "Overhead that making adds to goods, apart from labour",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry to choose: `value` is what stands in the settings for it."""

    value: str
    label: str
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Mapped:
    """One line of a map: what it is of, what the settings say, and what that means in QuickBooks today."""

    path: tuple[str, ...]
    label: str
    value: str | None
    chosen: str
    choices: tuple[Choice, ...]
    needed: bool = False

    @property
    def key(self) -> str:
        """Its name in the form."""
        return "\x1f".join(self.path)

    @property
    def is_known(self) -> bool:
        """Whether QuickBooks has what the settings name."""
        return self.value is None or any(choice.value == self.chosen for choice in self.choices)


def account_map(connection: Connection, settings: Settings, codes: Sequence[str] = ()) -> dict[str, list[Mapped]]:
    """The lines of the map: `roles`, `hints` (with `codes` of the source that have no account yet), `tax_codes`."""
    accounts = [one for one in references(connection, settings.connection.name, "Account") if one.active]
    taxes = [one for one in references(connection, settings.connection.name, "TaxCode") if one.active]
    names, numbers = _counted(accounts)
    every = tuple(sorted((_account(one, names, numbers, ()) for one in accounts), key=lambda choice: choice.label))
    roles = []
    for role in ROLES:
        types = ACCOUNT_TYPES.get(role, ())
        fitting = sorted((_account(one, names, numbers, types) for one in accounts), key=lambda one: one.label)
        value = settings.accounts.roles.get(role)
        chosen = _meant(accounts, value, names, numbers)
        path = ("accounts", "roles", role)
        roles.append(Mapped(path, ROLE_WORDS[role], value, chosen, tuple(fitting), role in NEEDED_ROLES))
    hints = [
        Mapped(("accounts", "hints", code), code, value, _meant(accounts, value, names, numbers), every)
        for code in sorted({*settings.accounts.hints, *codes})
        for value in (settings.accounts.hints.get(code),)
    ]
    tax_choices: tuple[Choice, ...] = (
        Choice("NON", "NON (no tax)"),
        Choice("TAX", "TAX (taxable, where QuickBooks works it out)"),
    )
    tax_choices += tuple(Choice(one.name, one.name) for one in sorted(taxes, key=lambda one: one.name))
    known = {choice.value for choice in tax_choices}
    by_id = {f"id:{one.qbo_id}": one.name for one in taxes}
    tax_codes = []
    for code in sorted({*settings.tax_codes, ""}):
        value = settings.tax_codes.get(code)
        chosen = value if value in known else by_id.get(value or "", value or "")
        label = code or "lines without a tax code"
        tax_codes.append(Mapped(("tax_codes", code), label, value, chosen or "", tuple(dict.fromkeys(tax_choices))))
    return {"roles": roles, "hints": hints, "tax_codes": tax_codes}


def _counted(accounts: Sequence[Reference]) -> tuple[Counter[str], Counter[str]]:
    return Counter(one.name for one in accounts), Counter(one.number for one in accounts if one.number)


def _account(one: Reference, names: Counter[str], numbers: Counter[str], types: Sequence[str]) -> Choice:
    label = f"{one.number} {one.name}" if one.number else one.name
    return Choice(_written(one, names, numbers), f"{label} ({one.type})", not types or one.type in types)


def _written(one: Reference, names: Counter[str], numbers: Counter[str]) -> str:
    """How the settings name an account so that nothing else is meant."""
    return one.name if names[one.name] == 1 and not numbers[one.name] else f"id:{one.qbo_id}"


def _meant(accounts: Sequence[Reference], value: str | None, names: Counter[str], numbers: Counter[str]) -> str:
    """The choice that a setting means: by Id, by its full name, by its number, as the posting rules look for it."""
    if value is None:
        return ""
    ways = ("qbo_id",) if value.startswith("id:") else ("name", "number")
    for way in ways:
        for one in accounts:
            if getattr(one, way) == value.removeprefix("id:"):
                return _written(one, names, numbers)
    return value
