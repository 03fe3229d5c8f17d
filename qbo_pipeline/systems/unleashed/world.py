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
    """`objects` by kind and id; `remembered` are fields of them for which the company has no place."""

    company: CompanyDatabase
    changes: Changes = field(default_factory=Changes)
    objects: dict[str, dict[str, Thing]] = field(default_factory=dict)
    remembered: dict[tuple[str, str], Thing] = field(default_factory=dict)
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
            "customer": {own: _customer(own, row) for own, row in _by_guid(names, "customer", names.customers)},
            "supplier": {own: _supplier(own, row) for own, row in _by_guid(names, "supplier", names.suppliers)},
            "product": {
                LABOUR["Guid"]: _labour(),
                **{own: _product(own, row) for own, row in _by_guid(names, "item", names.items)},
            },
            **sales(self.company, names),
            **purchases(self.company, names),
            **entries(self.company, names),
        }
        for (kind, own), fields in self.remembered.items():
            if own in self.objects[kind]:
                self.objects[kind][own] |= fields
        self.changes.note(self.objects)
        self._version = version

    def remember(self, kind: str, own: str, fields: Thing) -> None:
        """Keep fields of an object as they were given."""
        self.remembered[kind, own] = {**self.remembered.get((kind, own), {}), **fields}
        self._version = None
        self.refresh()

    def on_hand(self, as_at: str, warehouse: str | None) -> list[Thing]:
        assert self._names is not None
        return on_hand(self.company, self._names, as_at, warehouse)


def _by_guid(names: Names, kind: str, rows: dict[int, Record]) -> list[tuple[str, Record]]:
    return [(names.guid(kind, number), row) for number, row in rows.items()]


def _customer(own: str, row: Record) -> Thing:
    return {
        "Guid": own, "CustomerCode": row["number"], "CustomerName": row["name"],
        "Currency": CURRENCY, "Taxable": bool(row["taxable"]), "PaymentTerm": f"{row['terms_days']} days",
        "Email": row["email"], "PhoneNumber": None, "Obsolete": not row["active"], "Addresses": [], "Contacts": [],
    }  # fmt: skip


def _supplier(own: str, row: Record) -> Thing:
    return {
        "Guid": own, "SupplierCode": row["number"], "SupplierName": row["name"],
        "Currency": CURRENCY, "PaymentTerm": f"{row['terms_days']} days", "Email": row["email"],
        "Obsolete": not row["active"], "Addresses": [],
    }  # fmt: skip


def _product(own: str, row: Record) -> Thing:
    return {
        "Guid": own, "ProductCode": row["sku"], "ProductDescription": row["name"],
        "NeverDiminishing": row["kind"] != "stocked", "IsAssembledProduct": row["supplier_id"] is None,
        "ProductGroup": {"GroupName": row["category"], "Guid": None}, "UnitOfMeasure": {"Name": row["unit"]},
        "DefaultSellPrice": cents(row["sales_cents"]), "DefaultPurchasePrice": cents(row["purchase_cents"]),
        "Obsolete": not row["active"],
    }  # fmt: skip


def _labour() -> Thing:
    return {**LABOUR, "NeverDiminishing": True, "ProductGroup": None, "UnitOfMeasure": None, "Obsolete": False}
