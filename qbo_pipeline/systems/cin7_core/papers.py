"""What the papers of sales and purchases share: one paper is an order with all that followed from it.

What belongs here: the shape of a paper. Its parts carry task ids, by which the stock movements of products name them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from qbo_pipeline.systems.booking import BY_API
from qbo_pipeline.systems.cin7_core.chart import BANK, BY_REASON
from qbo_pipeline.systems.company import CompanyDatabase, Record, guid
from qbo_pipeline.systems.exact import cents, milli

Paper = dict[str, Any]
NOT_BEGUN = "NOT AVAILABLE"
ADVANCED = "Advanced Purchase"


def date_text(day: str | None) -> str | None:
    """A business date, as Cin7 Core writes it: midnight."""
    return None if day is None else f"{day}T00:00:00"


def status_of(row: Record) -> str:
    return "VOIDED" if row["status"] == "voided" else "AUTHORISED"


@dataclass(slots=True)
class Names:
    """Names of what papers refer to."""

    customers: dict[int, Record]
    suppliers: dict[int, Record]
    items: dict[int, Record]
    warehouses: dict[int, Record]

    @classmethod
    def read(cls, company: CompanyDatabase) -> Names:
        tables = ("customers", "suppliers", "items", "warehouses")
        return cls(*(company.by_id(name) for name in tables))

    def line(self, row: Record, account: str | None) -> Paper:
        """A line of goods."""
        item = self.items[row["item_id"]]
        return {
            "ProductID": guid("item", row["item_id"]), "SKU": item["sku"], "Name": item["name"],
            "Quantity": milli(row["quantity_milli"]), "Price": cents(row["unit_cents"]), "Discount": 0,
            "Tax": cents(row.get("tax_cents", 0)), "TaxRule": row.get("tax_code", "NON"),
            "Total": cents(row["net_cents"]), "Comment": "", **({} if account is None else {"Account": account}),
        }  # fmt: skip

    def charge(self, row: Record, account: str | None) -> Paper:
        """A service, which has no product on a paper."""
        line = self.line(row, account)
        for name in ("ProductID", "SKU", "Name", "Comment"):
            del line[name]
        return {"Description": self.items[row["item_id"]]["name"], **line}

    def parted(self, rows: list[Record], account: str | None) -> Paper:
        """Lines and charges of a document; a line's own expense account counts before the usual one. Orders and quotes
        have no accounts."""
        found: Paper = {"Lines": [], "AdditionalCharges": []}
        for row in rows:
            own = None if account is None else BY_REASON.get(row.get("expense_account") or "", account)
            if self.items[row["item_id"]]["kind"] == "service":
                found["AdditionalCharges"].append(self.charge(row, own))
            else:
                found["Lines"].append(self.line(row, own))
        return found

    def moved(self, row: Record, warehouse_id: int) -> Paper:
        """A line of what was picked, restocked, received or sent back."""
        item = self.items[row["item_id"]]
        return {
            "ProductID": guid("item", row["item_id"]), "SKU": item["sku"], "Name": item["name"],
            "Location": self.warehouses[warehouse_id]["name"], "Quantity": milli(row["quantity_milli"]),
            "BatchSN": None, "ExpiryDate": None,
        }  # fmt: skip


def totals(row: Record) -> Paper:
    return {
        "TotalBeforeTax": cents(row["net_cents"]),
        "Tax": cents(row.get("tax_cents", 0)),
        "Total": cents(row["total_cents"] if "total_cents" in row else row["net_cents"]),
    }


def payments_of(company: CompanyDatabase) -> dict[int, list[Paper]]:
    """By document, its payments: Cin7 Core has one for each document that money settled."""
    entries = company.by_id("bank_entries")
    found: dict[int, list[Paper]] = defaultdict(list)
    for part in company.table("bank_entry_allocations"):
        entry = entries[part["entry_id"]]
        if entry["status"] == "voided":
            continue
        found[part["document_id"]].append(
            {
                "ID": guid("allocation", part["id"]), "Account": BANK, "Amount": cents(part["amount_cents"]),
                "DatePaid": date_text(entry["business_date"]), "DateCreated": f"{entry['business_date']}T21:00:00.123Z",
                "CurrencyRate": 1,
                "Reference": entry["reference"] if entry["memo"] == BY_API else entry["number"],
            }
        )  # fmt: skip
    return found
