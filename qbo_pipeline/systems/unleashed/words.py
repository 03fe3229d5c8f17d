"""How Unleashed writes things: dates, references to other things, averages.

What belongs here: small shapes. Quirks on purpose: a date alone is the midnight of UTC or of the company's zone, a
moment is a moment; ids within objects are in capitals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.systems.company import CompanyDatabase, Record, guid

Thing = dict[str, Any]
NO_GUID = "00000000-0000-0000-0000-000000000000"
ZONE = ZoneInfo("America/New_York")
CURRENCY = {"CurrencyCode": "USD", "Description": "United States of America, Dollars", "DefaultBuyRate": None,
            "DefaultSellRate": None}  # fmt: skip
ACCOUNT_OF_REASON = {
    "OPENING": "3000", "FOUND": "5300", "COUNT": "5300", "SAMPLES": "5310", "DAMAGED": "5400", "THEFT": "5400",
    "OBSOLETE": "5400",
}  # fmt: skip


def milliseconds(moment: datetime, suffix: str = "") -> str:
    return f"/Date({round(moment.timestamp() * 1000)}{suffix})/"


def as_date(day: str | None) -> str | None:
    """A date alone, as the midnight of UTC."""
    return None if day is None else milliseconds(datetime.fromisoformat(day).replace(tzinfo=UTC))


def as_local_date(day: str) -> str:
    """A date alone, as the company's own midnight."""
    return milliseconds(datetime.fromisoformat(day).replace(tzinfo=ZONE), "+0000")


def in_the_evening(day: str) -> str:
    """A moment of that day in the company's zone, which is the next day in UTC."""
    return milliseconds(datetime.combine(datetime.fromisoformat(day).date(), time(21, 15), ZONE))


def average(cents: int, quantity_milli: int) -> Decimal:
    """Cost of one, with fourteen decimals as Unleashed has it."""
    if not quantity_milli:
        return Decimal("0.00000000000000")
    return (Decimal(cents) * 10 / Decimal(quantity_milli)).quantize(Decimal("0.00000000000001"))


def exact_total(quantity_milli: int, unit_cents: int) -> Decimal:
    """A line's total before rounding, with eight decimals."""
    return (Decimal(quantity_milli) * Decimal(unit_cents)).scaleb(-5).quantize(Decimal("0.00000001"))


def given_guids(company: CompanyDatabase) -> dict[tuple[str, int], str]:
    """The guids that came with things that were posted, by kind and the company's own id."""
    if not company.rows("SELECT 1 FROM sqlite_master WHERE name = 'given_guids'"):
        return {}
    return {(row["kind"], row["id"]): row["guid"] for row in company.rows("SELECT * FROM given_guids")}


@dataclass(slots=True)
class Names:
    """What papers refer to; `given` are guids that somebody else gave to things of the company, by kind and id."""

    customers: dict[int, Record]
    suppliers: dict[int, Record]
    items: dict[int, Record]
    warehouses: dict[int, Record]
    given: dict[tuple[str, int], str] = field(default_factory=dict)

    @classmethod
    def read(cls, company: CompanyDatabase) -> Names:
        customers, suppliers, items, places = (
            company.by_id(name) for name in ("customers", "suppliers", "items", "warehouses")
        )
        return cls(customers, suppliers, items, places, given_guids(company))

    def guid(self, kind: str, number: int) -> str:
        """The guid of a customer, a supplier or a product."""
        return self.given.get((kind, number)) or guid(kind, number)

    def product(self, item_id: int) -> Thing:
        item = self.items[item_id]
        return {
            "Guid": self.guid("item", item_id).upper(),
            "ProductCode": item["sku"],
            "ProductDescription": item["name"],
        }

    def warehouse(self, warehouse_id: int) -> Thing:
        row = self.warehouses[warehouse_id]
        return {"Guid": guid("warehouse", warehouse_id), "WarehouseCode": row["code"], "WarehouseName": row["name"],
                "IsDefault": warehouse_id == min(self.warehouses)}  # fmt: skip

    def customer(self, customer_id: int) -> Thing:
        row = self.customers[customer_id]
        return {"Guid": self.guid("customer", customer_id).upper(), "CustomerCode": row["number"],
                "CustomerName": row["name"], "CurrencyId": 1}  # fmt: skip

    def supplier(self, supplier_id: int) -> Thing:
        row = self.suppliers[supplier_id]
        return {"Guid": self.guid("supplier", supplier_id), "SupplierCode": row["number"], "SupplierName": row["name"]}
