"""What happened inside the company's warehouses, as Unleashed shows it, and stock on hand as at any day.

What belongs here: their shapes. An adjustment says quantity and value after it, a transfer says no cost, work in an
assembly is a product that never diminishes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli
from qbo_pipeline.systems.unleashed.words import ACCOUNT_OF_REASON, Names, Thing, as_date, as_local_date, average

LABOUR = {"Guid": guid("labour", 1), "ProductCode": "LABOUR", "ProductDescription": "Work in the workshop"}
_KINDS = {
    "opening": "adjustment", "adjustment": "adjustment", "write_off": "adjustment", "stock_count": "stock_count",
    "assembly": "assembly", "disassembly": "assembly", "transfer": "transfer",
}  # fmt: skip


def entries(company: CompanyDatabase, names: Names) -> dict[str, dict[str, Thing]]:
    """By kind and id."""
    found: dict[str, dict[str, Thing]] = {kind: {} for kind in set(_KINDS.values())}
    lines = grouped(company.table("stock_entry_lines"), "entry_id")
    after = _after(company)
    for entry in company.table("stock_entries"):
        object_id = guid("stock_entry", entry["id"])
        status = "Deleted" if entry["status"] == "voided" else "Completed"
        rows = lines[entry["id"]]
        shape = _SHAPES[entry["kind"]]
        found[_KINDS[entry["kind"]]][object_id] = {
            **shape(names, entry, rows, after, status), "Guid": object_id, "CreatedBy": "warehouse",
        }  # fmt: skip
    return found


def _after(company: CompanyDatabase) -> dict[int, tuple[int, int]]:
    """By line, quantity and value of its product in its warehouse after it."""
    running: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    found: dict[int, tuple[int, int]] = {}
    for row in company.rows("SELECT * FROM stock_ledger ORDER BY business_date, id"):
        state = running[row["item_id"], row["warehouse_id"]]
        state[0] += row["quantity_milli"]
        state[1] += row["value_cents"]
        found[row["source_line_id"]] = (state[0], state[1])
    return found


After = dict[int, tuple[int, int]]


def _adjustment(names: Names, entry: Record, rows: list[Record], after: After, status: str) -> Thing:
    return {
        "AdjustmentNumber": entry["number"], "AdjustmentDate": as_local_date(entry["business_date"]), "Status": status,
        "AdjustmentReason": entry["reason"], "AccountCode": ACCOUNT_OF_REASON[entry["reason"]],
        "Warehouse": names.warehouse(rows[0]["warehouse_id"]),
        "StockAdjustmentLines": [
            {"LineNumber": row["line_number"], "Product": names.product(row["item_id"]),
             "NewQuantity": milli(after.get(row["id"], (0, 0))[0]), "Comments": None, "BatchNumbers": None,
             "NewActualValue": cents(after.get(row["id"], (0, 0))[1]), "SerialNumbers": None,
             "Guid": guid("line", row["id"])}
            for row in rows
        ],
    }  # fmt: skip


def _count(names: Names, entry: Record, rows: list[Record], after: After, status: str) -> Thing:
    return {
        "StockTakeCode": entry["number"], "StockTakeName": entry["memo"], "CountDate": as_date(entry["business_date"]),
        "CompletedDate": as_date(entry["business_date"]), "CountType": "Partial", "Status": status,
        "CostOfGoodsAccount": ACCOUNT_OF_REASON[entry["reason"]], "Warehouse": names.warehouse(rows[0]["warehouse_id"]),
        "StockCountLines": [
            {"LineNumber": row["line_number"], "Product": names.product(row["item_id"]),
             "AvailableQuantity": milli(row["expected_milli"]), "OnHandQuantity": milli(row["expected_milli"]),
             "CountQuantity": milli(row["counted_milli"]), "ReceiptFIFODate": None, "ExpiryDate": None,
             "AverageLandPriceAtTimeOfStockTake": average(row["cost_cents"], row["quantity_milli"]),
             "Guid": guid("line", row["id"])}
            for row in rows
        ],
    }  # fmt: skip


def _assembly(names: Names, entry: Record, rows: list[Record], after: After, status: str) -> Thing:
    apart = entry["kind"] == "disassembly"
    (whole,) = [row for row in rows if (row["quantity_milli"] < 0) == apart]
    parts = [row for row in rows if row is not whole]
    shown: list[Thing] = [
        {"Product": names.product(row["item_id"]), "Quantity": milli(abs(row["quantity_milli"])),
         "UnitCost": average(abs(row["cost_cents"]), abs(row["quantity_milli"])), "WastageQuantity": 0,
         "DisassembleCost": cents(row["cost_cents"]) if apart else None, "Guid": guid("line", row["id"])}
        for row in parts
    ]  # fmt: skip
    if entry["labour_cents"]:
        minutes = entry["labour_minutes"]
        shown.append(
            {"Product": LABOUR, "Quantity": milli(minutes * 1000), "WastageQuantity": 0, "DisassembleCost": None,
             "UnitCost": average(entry["labour_cents"], minutes * 1000), "Guid": guid("labour_line", entry["id"])}
        )  # fmt: skip
    worth = cents(abs(whole["cost_cents"]))
    place = names.warehouse(whole["warehouse_id"])
    return {
        "AssemblyNumber": entry["number"], "AssemblyDate": as_date(entry["business_date"]), "AssemblyStatus": status,
        "AssemblyType": "Disassembly" if apart else "Assembly", "AutoAssembly": False,
        "Quantity": milli(abs(whole["quantity_milli"])), "Product": names.product(whole["item_id"]),
        "Comments": entry["memo"], "SourceWarehouse": place, "DestinationWarehouse": place, "AssemblyLines": shown,
        "Total": worth, "TotalCost": worth, "DisassembleCostTotal": worth if apart else None,
        "SupplierCostsSubTotal": 0, "SupplierCostsTax": 0,
    }  # fmt: skip


def _transfer(names: Names, entry: Record, rows: list[Record], after: After, status: str) -> Thing:
    out = [row for row in rows if row["quantity_milli"] < 0]
    into = next(row for row in rows if row["quantity_milli"] > 0)
    return {
        "TransferNumber": entry["number"], "TransferDate": as_date(entry["business_date"]), "TransferStatus": status,
        "SourceWarehouse": names.warehouse(out[0]["warehouse_id"]), "Comments": entry["memo"],
        "DestinationWarehouse": names.warehouse(into["warehouse_id"]),
        "TransferDetails": [
            {"LineNumber": n, "Product": names.product(row["item_id"]),
             "TransferQuantity": milli(-row["quantity_milli"]), "Guid": guid("line", row["id"])}
            for n, row in enumerate(out, start=1)
        ],
    }  # fmt: skip


_SHAPES: dict[str, Any] = {
    "opening": _adjustment, "adjustment": _adjustment, "write_off": _adjustment, "stock_count": _count,
    "assembly": _assembly, "disassembly": _assembly, "transfer": _transfer,
}  # fmt: skip


def on_hand(company: CompanyDatabase, names: Names, as_at: str, warehouse: str | None) -> list[Thing]:
    """Stock on hand in the evening of a day, of one warehouse or all together; what never moved is not there."""
    sums: dict[tuple[int, int | None], list[int]] = defaultdict(lambda: [0, 0])
    for row in company.rows("SELECT * FROM stock_ledger ORDER BY item_id, warehouse_id"):
        place = names.warehouses[row["warehouse_id"]]
        if row["business_date"] > as_at or (warehouse is not None and place["code"] != warehouse):
            continue
        total = sums[row["item_id"], row["warehouse_id"] if warehouse is not None else None]
        total[0] += row["quantity_milli"]
        total[1] += row["value_cents"]
    found = []
    for (item_id, warehouse_id), (quantity, value) in sums.items():
        item = names.items[item_id]
        place = names.warehouses[warehouse_id] if warehouse_id else {"code": None, "name": None}
        found.append({
            "ProductGuid": names.guid("item", item_id).upper(), "ProductCode": item["sku"],
            "ProductDescription": item["name"], "ProductGroupName": item["category"],
            "ProductSourceId": None, "WarehouseCode": place["code"],
            "WarehouseId": guid("warehouse", warehouse_id) if warehouse_id else None, "Warehouse": place["name"],
            "QtyOnHand": milli(quantity), "AllocatedQty": 0, "AvailableQty": milli(quantity), "OnPurchase": 0,
            "AvgCost": average(value, quantity), "TotalCost": cents(value), "DaysSinceLastSale": None,
            "Guid": names.guid("item", item_id),
        })  # fmt: skip
    return found
