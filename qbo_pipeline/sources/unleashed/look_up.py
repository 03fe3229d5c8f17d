"""What rows of one object of Unleashed take from others and from the settings.

What belongs here: look-ups in what was made into rows before: master data is read first, orders before what follows
from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.projection import Projection
from qbo_pipeline.sources.landed.values import Object, exact, key, part, text

_RATE = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class LookUp:
    """`currency` is the company's own."""

    zone: ZoneInfo
    currency: str
    projection: Projection

    def stocked(self, product_id: str | None) -> bool:
        """Whether a product is kept in stock; one that is not known counts as such, so that its record is set aside."""
        found = self.projection.select("SELECT kind FROM products_rows WHERE product_id = ?", product_id)
        return product_id is not None and (not found or found[0]["kind"] == "stocked")

    def warehouse(self, source: Object, *orders: Object) -> str | None:
        """Where a paper's goods are: its own warehouse, or that of the order that it names."""
        if own := key(part(source, "Warehouse"), "Guid"):
            return own
        for order in (source, *orders):
            number = text(order, "OrderNumber")
            query = "SELECT location_id FROM orders_rows WHERE task_id = ? AND location_id IS NOT NULL"
            found = self.projection.select(query, number) if number else []
            if found:
                return str(found[0]["location_id"])
        return None

    def code(self, source: Object) -> str:
        """The currency of a paper."""
        return text(part(source, "Currency"), "CurrencyCode") or self.currency

    def rate(self, source: Object) -> Decimal | None:
        """Home units for one of the paper's currency; `None` for home currency, or where the paper does not tell."""
        if self.code(source) == self.currency:
            return None
        home, foreign = exact(source, "BCSubTotal"), exact(source, "SubTotal")
        return (home / foreign).quantize(_RATE) if home and foreign else None

    def rate_text(self, source: Object) -> str | None:
        rate = self.rate(source)
        return None if rate is None else decimal_text(rate)
