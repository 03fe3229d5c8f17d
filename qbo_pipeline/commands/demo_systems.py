"""The demo's company behind an inventory system: the system in a box, and what a connection to it says.

What belongs here: which systems the demo can be of, and what differs between them. The box itself is in `systems/`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qbo_pipeline.commands.template import DEFAULT_ROLES

HINTS = {
    "FREIGHT-IN": "Purchases",
    "EQUIPMENT-HIRE": "Purchases",
    "FOUND": "Inventory Shrinkage",
    "SAMPLES": "Inventory Shrinkage",
    "COUNT": "Inventory Shrinkage",
    "DAMAGED": "Stock Write-offs",
    "THEFT": "Stock Write-offs",
    "OBSOLETE": "Stock Write-offs",
    "OPENING": "Opening Balance Equity",
    "SOLD-THERE": "Cost of Goods Sold",
    "OPERATING": "Checking",
}
"""Accounts by the reasons of the demo company's own database."""
WAREHOUSES = ("1", "2", "3")
WITHOUT_PAPERS = {
    "NO-PAPER": "Inventory Shrinkage",
    "COST-CHANGE": "Inventory Shrinkage",
    **dict.fromkeys(("SHIPPING", "OTHER"), "Purchases"),
    **dict.fromkeys(("Check", "Card", "Bank transfer"), "Checking"),
}
"""Accounts where a system tells no papers of stock: what changed, the costs of orders, and how customers pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSystem:
    """How the demo's connection reads a system, which `name` says.

    `secrets` are the fields of the box's first line that let one in, `hints` its own names of accounts, `locations` its
    ids of the demo's warehouses 1 to 3. With `tells_no_past` it says what stock is now and no day before: it is read
    every evening of the demo's days, by its own clock, which is the company's. `comes_back` are the kinds that the
    demo's bookkeeper keeps in QuickBooks too, of those that the system takes; `new_entries` what the settings say of
    new ones; `own_id` is how it names a thing of the company's.
    """

    name: str
    secrets: tuple[str, ...]
    hints: Mapping[str, str]
    locations: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tells_no_past: bool = False
    comes_back: tuple[str, ...] = ()
    new_entries: str = ""
    own_id: Callable[[str, int], str] = lambda kind, number: str(number)

    def settings(self, url: str) -> dict[str, Any]:
        """What `template.settings_text` takes of a source; the box has no limit, so that nobody waits for it."""
        values: dict[str, Any] = {"source_kind": self.name, "source_url": url, "calls_per_minute": 1_000_000}
        return values | {"hints": dict(self.hints)} | ({"parameters": dict(self.parameters)} if self.parameters else {})

    def variables(self, connection: str, greeting: Mapping[str, str]) -> dict[str, str]:
        """The variables of the environment that let a connection into the box which greeted so."""
        return {f"QBO_{connection.upper()}_SOURCE_{key.upper()}": greeting[key] for key in self.secrets}


def demo_system(name: str) -> DemoSystem:
    """The system of that name.

    Raises `ValueError` for a system that the demo cannot be of.
    """
    from qbo_pipeline.systems.cin7_core.chart import BY_REASON
    from qbo_pipeline.systems.company import guid
    from qbo_pipeline.systems.unleashed.words import ACCOUNT_OF_REASON

    guids = tuple(guid("warehouse", number) for number in (1, 2, 3))
    usual = {"4000": DEFAULT_ROLES["sales"], "1300": DEFAULT_ROLES["purchases"]}
    known = {
        "cin7_core": DemoSystem(
            name="cin7_core",
            secrets=("account_id", "application_key"),
            hints={BY_REASON[reason]: account for reason, account in HINTS.items()} | usual,
            locations=guids,
            parameters={"inventory_accounts": ["1300"]},
            comes_back=("customers", "payments_received", "payments_made"),
            new_entries='{ customers = { TaxRule = "TAX", PaymentTerm = "30 days", AccountReceivable = "1200", '
            'RevenueAccount = "4000" } }',
            own_id=guid,
        ),
        "http_contract": DemoSystem(
            name="http_contract",
            secrets=("token",),
            hints=HINTS,
            locations=WAREHOUSES,
            comes_back=("customers", "sales_invoices", "payments_received", "payments_made", "attachments"),
        ),
        "unleashed": DemoSystem(
            name="unleashed",
            secrets=("api_id", "api_key"),
            hints={code: HINTS[reason] for reason, code in ACCOUNT_OF_REASON.items()},
            locations=guids,
            comes_back=("customers",),
            own_id=guid,
        ),
        "syncro": DemoSystem(
            name="syncro",
            secrets=("token",),
            hints=WITHOUT_PAPERS,
            locations=WAREHOUSES,
            tells_no_past=True,
            comes_back=("customers", "payments_received"),
        ),
        "zuper": DemoSystem(
            name="zuper",
            secrets=("api_key",),
            hints=WITHOUT_PAPERS,
            locations=guids,
            tells_no_past=True,
            comes_back=("payments_received",),
            own_id=guid,
        ),
    }
    if name not in known:
        raise ValueError(f"--system is {name!r}; write one of {', '.join(known)}.")
    return known[name]


def box_command(system: DemoSystem, company: Path, port: int) -> list[str]:
    """The command that serves the demo's company as a system does, without its limits."""
    options = ["--system", system.name, "--inventory", str(company), "--port", str(port), "--limits", "off"]
    options += ["--clock", "company"] if system.tells_no_past else []
    return [sys.executable, "-m", "qbo_pipeline.emulator", *options]
