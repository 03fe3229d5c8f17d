"""The company as Unleashed holds it at one moment: every object that the API can be asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from qbo_pipeline.systems.changes import Changes, Thing
from qbo_pipeline.systems.company import CompanyDatabase, Record, guid
from qbo_pipeline.systems.exact import cents
from qbo_pipeline.systems.unleashed.purchases import purchases
from qbo_pipeline.systems.unleashed.sales import sales
from qbo_pipeline.systems.unleashed.stock import LABOUR, entries, on_hand
from qbo_pipeline.systems.unleashed.words import CURRENCY, Names


@dataclass(slots=True)
class World:
    """`objects` by kind and id."""

    company: CompanyDatabase
    changes: Changes = field(default_factory=Changes)
    objects: dict[str, dict[str, Thing]] = field(default_factory=dict)
    _names: Names | None = None
    _version: int | None = None

    def refresh(self) -> None:
        """Make everything anew, unless nobody has written since."""
        version = self.company.version
        if version == self._version:
            return
        names = self._names = Names.read(self.company)
        self.objects = {
            "warehouse": {guid("warehouse", n): {**names.warehouse(n), "Obsolete": False} for n in names.warehouses},
            "customer": {guid("customer", n): _customer(row) for n, row in names.customers.items()},
            "supplier": {guid("supplier", n): _supplier(row) for n, row in names.suppliers.items()},
            "product": {
                LABOUR["Guid"]: _labour(),
                **{guid("item", n): _product(row) for n, row in names.items.items()},
            },
            **sales(self.company, names),
            **purchases(self.company, names),
            **entries(self.company, names),
        }
        self.changes.note(self.objects)
        self._version = version

    def on_hand(self, as_at: str, warehouse: str | None) -> list[Thing]:
        assert self._names is not None
        return on_hand(self.company, self._names, as_at, warehouse)


def _customer(row: Record) -> Thing:
    return {
        "Guid": guid("customer", row["id"]), "CustomerCode": row["number"], "CustomerName": row["name"],
        "Currency": CURRENCY, "Taxable": bool(row["taxable"]), "PaymentTerm": f"{row['terms_days']} days",
        "Email": row["email"], "PhoneNumber": None, "Obsolete": not row["active"], "Addresses": [], "Contacts": [],
    }  # fmt: skip


def _supplier(row: Record) -> Thing:
    return {
        "Guid": guid("supplier", row["id"]), "SupplierCode": row["number"], "SupplierName": row["name"],
        "Currency": CURRENCY, "PaymentTerm": f"{row['terms_days']} days", "Email": row["email"],
        "Obsolete": not row["active"], "Addresses": [],
    }  # fmt: skip


def _product(row: Record) -> Thing:
    return {
        "Guid": guid("item", row["id"]), "ProductCode": row["sku"], "ProductDescription": row["name"],
        "NeverDiminishing": row["kind"] != "stocked", "IsAssembledProduct": row["supplier_id"] is None,
        "ProductGroup": {"GroupName": row["category"], "Guid": None}, "UnitOfMeasure": {"Name": row["unit"]},
        "DefaultSellPrice": cents(row["sales_cents"]), "DefaultPurchasePrice": cents(row["purchase_cents"]),
        "Obsolete": not row["active"],
    }  # fmt: skip


def _labour() -> Thing:
    return {**LABOUR, "NeverDiminishing": True, "ProductGroup": None, "UnitOfMeasure": None, "Obsolete": False}
