"""The settings by which payloads are made, as a value of its own: it can be compared, named by a hash and kept.

What belongs here: the parts of settings and of QBO's preferences that decide what a payload says, resolved to QBO's Ids
and by the day from which each counts; as JSON and back. Never a secret, an address or a path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.books import Policies

_BETWEEN = "\x1f"  # joins the parts of an override's name in JSON; no account, product or party has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What counts from `first_day` on: Ids of accounts, classes and departments, tax codes, policies."""

    first_day: date
    roles: Mapping[str, str]
    overrides: Mapping[tuple[str, str, str], str]
    hints: Mapping[str, str]
    tax_codes: Mapping[str, str]
    policies: Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The rules of all dates, the earliest first, and the rates that a person stated.

    `rates` are (currency, first day, last day, home units for one unit).
    """

    home_currency: str
    by_date: Sequence[Rules]
    rates: Sequence[tuple[str, date, date, Decimal]] = ()

    def on(self, day: date) -> Rules:
        """The rules for what is dated on this day."""
        return next(rules for rules in reversed(self.by_date) if rules.first_day <= day or rules is self.by_date[0])

    def as_content(self) -> dict[str, Any]:
        """The rules as JSON takes them; the same rules give the same content."""
        return {
            "home_currency": self.home_currency,
            "by_date": [_as_content(rules) for rules in self.by_date],
            "rates": [
                [currency, first.isoformat(), last.isoformat(), format(rate, "f")]
                for currency, first, last, rate in self.rates
            ],
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> RuleSet:
        """The rules that `as_content` wrote."""
        return cls(
            home_currency=content["home_currency"],
            by_date=[_from_content(rules) for rules in content["by_date"]],
            rates=[
                (currency, date.fromisoformat(first), date.fromisoformat(last), Decimal(rate))
                for currency, first, last, rate in content["rates"]
            ],
        )


def _as_content(rules: Rules) -> dict[str, Any]:
    return {
        "first_day": rules.first_day.isoformat(),
        "roles": dict(sorted(rules.roles.items())),
        "overrides": {_BETWEEN.join(name): value for name, value in sorted(rules.overrides.items())},
        "hints": dict(sorted(rules.hints.items())),
        "tax_codes": dict(sorted(rules.tax_codes.items())),
        "policies": _policies_content(rules.policies),
    }


def _policies_content(policies: Policies) -> dict[str, Any]:
    """As JSON takes them; what came later than the first release is left out while it says nothing, so that settings
    which did not change keep their hash."""
    unsaid: dict[str, Any] = {"summarise": (), "sub_customers": "kept", "not_posted": ()}
    unsaid |= {"mode": "external", "returns_move_stock_by": "movements", "foreign_documents": "own_currency"}
    unsaid |= {"unknown_terms": "refuse"}
    unsaid |= {"party_currencies": "one", "categories": "off", "products": "items"}
    unsaid |= {"inactive": "kept_active"}
    unsaid |= {"link_orders": False, "bills_from_orders": False, "freight": "line", "payment_methods": "noted"}
    unsaid |= {"approved_statuses": (), "not_exported": ()}
    unsaid |= {"customer_deposits": "on_account", "supplier_deposits": "on_account"}
    unsaid |= {"sales_channel": "none", "summarised_channels": (), "summary_customer": "Daily sales"}
    unsaid |= {"tax_total": "source", "landed_cost_by": "value"}
    return {name: value for name, value in asdict(policies).items() if name not in unsaid or value != unsaid[name]}


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list | tuple) else value


def _from_content(content: Mapping[str, Any]) -> Rules:
    overrides: dict[tuple[str, str, str], str] = {}
    for name, value in content["overrides"].items():
        role, level, of = name.split(_BETWEEN)
        overrides[role, level, of] = value
    policies: dict[str, Any] = {name: _as_tuples(value) for name, value in content["policies"].items()}
    return Rules(
        first_day=date.fromisoformat(content["first_day"]),
        roles=content["roles"],
        overrides=overrides,
        hints=content["hints"],
        tax_codes=content["tax_codes"],
        policies=Policies(**policies),
    )
