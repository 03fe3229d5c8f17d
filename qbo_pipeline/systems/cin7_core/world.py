"""The company as Cin7 Core holds it at one moment: every object that the API can be asked for.

What belongs here: making all of it from the company's database, anew whenever somebody has written to that, and when
each object changed last: instants are this server's own clock, as a vendor's are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qbo_pipeline.systems.cin7_core.papers import Names, Paper, date_text
from qbo_pipeline.systems.cin7_core.purchase_papers import purchases
from qbo_pipeline.systems.cin7_core.sale_papers import sales
from qbo_pipeline.systems.cin7_core.stock import availability, entries, ledger, movements
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, to_json

_TYPES = {"stocked": "Stock", "service": "Service", "non_stocked": "Non-Inventory"}


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class World:
    """`objects` by kind and id; `changed` says when each was last another one, `remembered` are fields of objects for
    which the company has no place."""

    company: CompanyDatabase
    clock: Callable[[], datetime] = now_utc
    objects: dict[str, dict[str, Paper]] = field(default_factory=dict)
    availability: list[Paper] = field(default_factory=list)
    ledger: list[Paper] = field(default_factory=list)
    changed: dict[tuple[str, str], tuple[bytes, datetime]] = field(default_factory=dict)
    remembered: dict[tuple[str, str], Paper] = field(default_factory=dict)
    _version: int | None = None

    def remember(self, kind: str, object_id: str, fields: Paper) -> None:
        """Keep fields of an object as they were given."""
        self.remembered[kind, object_id] = {**self.remembered.get((kind, object_id), {}), **fields}
        self._version = None
        self.refresh()

    def refresh(self) -> None:
        """Make everything anew, unless nobody has written since."""
        version = self.company.version
        if version == self._version:
            return
        names = Names.read(self.company)
        moved = movements(self.company, names)
        self.objects = {
            "location": self._locations(names),
            "customer": self._parties("customer", names.customers, "AccountReceivable"),
            "supplier": self._parties("supplier", names.suppliers, "AccountPayable"),
            "product": self._products(names, moved),
            "sale": sales(self.company, names),
            "purchase": purchases(self.company, names),
            "customer_credit": self._on_account("payment_received", names.customers, "Customer", "CreditID"),
            "supplier_deposit": self._on_account("payment_made", names.suppliers, "Supplier", "DepositID"),
            **{
                kind: {}
                for kind in ("stockadjustment", "stocktake", "inventoryWriteOff", "finishedGoods", "disassembly")
            },
            "stockTransfer": {},
            **entries(self.company, names),
        }
        for (kind, object_id), fields in self.remembered.items():
            if object_id in self.objects[kind]:
                self.objects[kind][object_id] |= fields
        self.availability = availability(self.company, names)
        self.ledger = ledger(self.company, moved)
        self._note_changes()
        self._version = version

    def changed_at(self, kind: str, object_id: str) -> datetime:
        return self.changed[kind, object_id][1]

    def me(self) -> Paper:
        """What the account says of itself."""
        (row,) = self.company.rows("SELECT * FROM company")
        return {
            "Company": row["name"], "Currency": row["currency"], "TimeZone": row["time_zone"],
            "DefaultWeightUnits": "lb", "DefaultDimensionsUnits": "in", "LockDate": None,
            "OpeningBalanceDate": date_text(row["first_day"]), "MaximumDecimalPlacesInQuantity": "N3",
            "TaxCalculationMethod": "Line", "DefaultSaleTaxRuleName": "TAX", "RoundingTable": [],
        }  # fmt: skip

    def _note_changes(self) -> None:
        now = self.clock()
        seen: dict[tuple[str, str], tuple[bytes, datetime]] = {}
        for kind, found in self.objects.items():
            for object_id, content in found.items():
                text = to_json(content)
                before = self.changed.get((kind, object_id))
                seen[kind, object_id] = before if before and before[0] == text else (text, now)
        self.changed = seen

    def _locations(self, names: Names) -> dict[str, Paper]:
        return {
            guid("warehouse", row["id"]): {
                "ID": guid("warehouse", row["id"]), "Name": row["name"], "IsDefault": number == 0,
                "IsDeprecated": False, "ParentID": None, "ParentName": None, "Bins": [],
            }
            for number, row in enumerate(names.warehouses.values())
        }  # fmt: skip

    def _parties(self, kind: str, rows: dict[int, Record], account: str) -> dict[str, Paper]:
        return {
            guid(kind, row["id"]): {
                "ID": guid(kind, row["id"]), "Name": row["name"], "Currency": "USD", account: "1200",
                "Status": "Active" if row["active"] else "Deprecated", "PaymentTerm": f"{row['terms_days']} days",
                "TaxRule": "TAX" if row.get("taxable") else "NON", "Discount": 0, "Addresses": [],
                "Comments": row["number"],
                "Contacts": [{"Name": "Accounts", "Email": row["email"], "Default": True, "IncludeInEmail": True}],
            }
            for row in rows.values()
        }  # fmt: skip

    def _products(self, names: Names, moved: list[Record]) -> dict[str, Paper]:
        by_item = grouped(moved, "item_id")
        return {
            guid("item", row["id"]): {
                "ID": guid("item", row["id"]), "SKU": row["sku"], "Name": row["name"], "Category": row["category"],
                "Type": _TYPES[row["kind"]], "UOM": row["unit"], "CostingMethod": "FIFO",
                "Status": "Active" if row["active"] else "Deprecated", "PriceTier1": cents(row["sales_cents"]),
                "Movements": [move["shown"] for move in by_item[row["id"]]],
            }
            for row in names.items.values()
        }  # fmt: skip

    def _on_account(self, kind: str, parties: dict[int, Record], side: str, id_field: str) -> dict[str, Paper]:
        """What was paid beyond any document."""
        used = {
            row["entry_id"]: row["cents"]
            for row in self.company.rows(
                "SELECT entry_id, SUM(amount_cents) AS cents FROM bank_entry_allocations GROUP BY entry_id"
            )
        }
        found: dict[str, Paper] = {}
        for row in self.company.table("bank_entries"):
            left = row["amount_cents"] - used.get(row["id"], 0)
            if row["kind"] == kind and left and row["status"] != "voided":
                credit: dict[str, Any] = {
                    id_field: guid("on_account", row["id"]), "Account": "1010", "Amount": cents(left),
                    "RemainingAmount": cents(left), "Currency": "USD", "ConvRate": 1,
                    "Date": date_text(row["business_date"]), "Description": row["number"],
                    f"{side}ID": guid(side.lower(), row["party_id"]), f"{side}Name": parties[row["party_id"]]["name"],
                }  # fmt: skip
                found[credit[id_field]] = credit
        return found
