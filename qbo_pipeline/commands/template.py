"""The settings file that `init` and the demo write: one template, filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

DEFAULT_ROLES = {
    "inventory": "Inventory Asset",
    "in_transit": "Inventory in Transit",
    "goods_received_not_invoiced": "Goods Received Not Invoiced",
    "accounts_receivable": "Accounts Receivable (A/R)",
    "accounts_payable": "Accounts Payable (A/P)",
    "sales": "Sales of Product Income",
    "cost_of_goods_sold": "Cost of Goods Sold",
    "inventory_adjustment": "Inventory Shrinkage",
    "write_off": "Stock Write-offs",
    "labour_absorbed": "Labour and Overhead Absorbed",
    "purchase_price_variance": "Purchase Price Variance",
    "purchases": "Purchases",
    "input_tax": "Purchases",
    "bank": "Checking",
    "rounding": "Rounding",
    "opening_balance_equity": "Opening Balance Equity",
}
_EXAMPLES = {
    "landed_cost": "Freight and Duties",
    "work_in_progress": "Work in Progress",
    "exchange_difference": "Exchange Gain or Loss",
    "customer_deposits": "Customer Deposits",
    "supplier_deposits": "Supplier Deposits",
    "payment_fees": "Merchant Fees",
    "discounts": "Discounts Given",
    "freight": "Shipping Income",
    "charges": "Other Charges",
    "purchase_discounts": "Discounts Received",
    "freight_in": "Freight In",
    "overhead_absorbed": "Overhead Absorbed",
}
# A setting or a section, and what is said about it: the remark stands behind two spaces.
_REMARK = re.compile(r"^((?:# )?[\[\w\"].*?\S) {2,}# (.*)$", re.MULTILINE)
_DEFAULTS: dict[str, Any] = {
    "last_day": None,
    "source_kind": "sql",
    "source_path": None,
    "source_url": None,
    "calls_per_minute": None,
    "mapping": None,
    "parameters": {},
    "base_url": None,
    "store_url": "sqlite:///store.sqlite",
    "roles": DEFAULT_ROLES,
    "hints": {},
    "particular": [],
    "tax_codes": {"": "NON"},
    "summarise": [],
    "mode": '"external"',
    "quotes": "false",
    "purchase_orders": "false",
}


def settings_text(values: Mapping[str, Any]) -> str:
    """The text of a settings file; `values` needs name, currency, time_zone, first_day, environment and realm."""
    from jinja2 import Environment, StrictUndefined

    template = (files("qbo_pipeline.commands") / "connection.toml.j2").read_text(encoding="utf-8")
    # The text is TOML for a person's own machine, not a page: there is nothing to escape.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    environment.filters["toml"] = _toml
    filled = {**_DEFAULTS, **values}
    from qbo_pipeline.sources.systems import SYSTEMS  # each system's own modules, which no other command needs

    filled["door"] = SYSTEMS.get(filled["source_kind"])
    # The names of terms that a system read by API has are its own; each document says when it is due.
    filled["unknown_terms"] = '"leave_out"' if filled["door"] else '"refuse"'
    filled["systems"] = ", ".join(f'"{name}"' for name in SYSTEMS)
    filled["unused_roles"] = {role: name for role, name in _EXAMPLES.items() if role not in filled["roles"]}
    return _aligned(environment.from_string(template).render(filled))


def _aligned(text: str) -> str:
    """The text with what is said about the settings in one column, where the settings leave room for it."""
    return _REMARK.sub(lambda found: f"{found[1]:<41}# {found[2]}" if len(found[1]) < 40 else found[0], text)


def _toml(value: object) -> str:
    """A text or a list of texts as TOML writes it, whatever is in it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
