"""What systems have in common that tell stock as it is now and no day before, and neither receipts nor bills: their
objects as rows.

What belongs here: the shape. What an object of one system says is in its `system.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.landed import anchor, orders, snapshots
from qbo_pipeline.sources.landed.objects import Landed
from qbo_pipeline.sources.landed.projection import Projection, Rows
from qbo_pipeline.sources.landed.values import Object
from qbo_pipeline.sources.landed.without_paper import explain_stock


@dataclass(frozen=True, slots=True)
class Making:
    """What the rows of an object are made by: the company, and the rows that are there."""

    zone: ZoneInfo
    currency: str
    projection: Projection

    def stocked(self, product_id: str | None) -> bool:
        """Whether quantities of a product are kept; of one that is not known, they are."""
        found = self.projection.select("SELECT kind FROM products_rows WHERE product_id = ?", product_id)
        return product_id is not None and (not found or found[0]["kind"] == "stocked")


Maker = Callable[[Making, Landed], Rows]


@dataclass(frozen=True, slots=True)
class WithoutHistory:
    """`System` of the landing, for one company: its days are in `zone`, all its amounts in `currency`.

    `rules` counts what was changed in how rows are made, `makers` makes those of an object of its own kinds,
    `read_order` reads a purchase order, and `counts` says whether an object still does.
    """

    zone: ZoneInfo
    currency: str
    name: str
    rules: int
    makers: Mapping[str, Maker]
    read_order: Callable[[ZoneInfo, str, Object], orders.OrderNow]
    counts: Callable[[Landed], bool] = lambda landed: True
    looked_up: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        return f"{self.rules} {self.zone.key} {self.currency}"

    @property
    def staging(self) -> Mapping[str, tuple[str, ...]]:
        return {**orders.STAGING, **snapshots.STAGING}

    def rows(self, landed: Landed, projection: Projection) -> Rows:
        make = self.makers.get(landed.kind) or _MAKERS.get(landed.kind)
        if make is None or not self.counts(landed):
            return {}
        return make(Making(self.zone, self.currency, projection), landed)

    def finish(self, projection: Projection, at: str) -> None:
        making = Making(self.zone, self.currency, projection)
        orders.make_orders(projection, partial(self.read_order, self.zone), making.stocked, self.currency, at)
        if projection.owners:
            explain_stock(projection, self.currency, at)
            anchor.chain_stock(projection, self.currency, at)


_MAKERS: Mapping[str, Maker] = {
    orders.ORDER: lambda _, landed: orders.staged(landed),
    orders.RECEIVED: lambda _, landed: orders.staged(landed),
    orders.FINISHED: lambda _, landed: orders.staged(landed),
    snapshots.PLACE: lambda _, landed: snapshots.place_rows(landed),
    snapshots.STOCK: lambda _, landed: snapshots.stock_rows(landed),
}
