"""What may be chosen of the demo: how it posts, and where its company is.

What belongs here: each choice with what the connection's settings say for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

# The demo keeps the stock of each warehouse, and kits, on accounts of their own, so that moving and assembling posts.
STOCK_ACCOUNTS = {
    ("location", "1"): "Stock - Portland main warehouse",
    ("location", "2"): "Stock - Westbrook depot",
    ("location", "3"): "Stock - Commercial Street shop",
    ("category", "Kits"): "Stock - kits",
}


class DemoMode(StrEnum):
    """How the demo posts: stock by a journal each, by one a day and kind, or by QuickBooks' own inventory items."""

    EXTERNAL = "external"
    SUMMARISED = "summarised"
    TRACKED = "tracked"

    def settings(self, places: Mapping[str, str]) -> dict[str, Any]:
        """What `template.settings_text` takes; `places` are the source's ids of the demo's warehouses."""
        wanted = {
            at: name for at, name in STOCK_ACCOUNTS.items() if self is not DemoMode.TRACKED or at[0] != "location"
        }
        values: dict[str, Any] = {
            "particular": [(level, places.get(of, of), {"inventory": name}) for (level, of), name in wanted.items()]
        }
        if self is DemoMode.TRACKED:  # an item has one inventory account, wherever it lies
            return values | {"mode": '"tracked"'}
        if self is not DemoMode.SUMMARISED:
            return values
        from qbo_pipeline.accounting.summaries import SUMMARISED_KINDS  # the rules, which no help needs

        return values | {"summarise": list(SUMMARISED_KINDS)}


class DemoCountry(StrEnum):
    """Where the demo's company is: its currency, time zone and tax."""

    US = "us"
    UK = "uk"
    EU = "eu"

    def settings(self) -> dict[str, Any]:
        """What `template.settings_text` takes; the tax codes are those of the emulated company."""
        from qbo_pipeline.demo.catalogue import COUNTRIES

        currency, time_zone, _ = COUNTRIES[self]
        taxed, untaxed = {"us": ("TAX", "NON"), "uk": ("20.0% S", "No VAT"), "eu": ("20.0% Standard", "No VAT")}[self]
        codes = {"": untaxed, "NON": untaxed, "TAX": taxed}
        return {"currency": currency, "time_zone": time_zone, "tax_codes": codes}


def country_of(currency: str) -> DemoCountry:
    """The country whose demo keeps its books in a currency."""
    return next(one for one in DemoCountry if one.settings()["currency"] == currency)
