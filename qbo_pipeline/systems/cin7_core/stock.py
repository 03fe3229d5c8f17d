"""What moved the company's stock, as Cin7 Core shows it: tasks, each product's movements, availability, ledger lines.

What belongs here: everything that follows from the perpetual record of stock, and the entries inside the warehouses.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from qbo_pipeline.systems.cin7_core.chart import (
    ACCRUAL,
    BANK,
    BY_REASON,
    COGS,
    INVENTORY,
    LABOUR,
    PAYABLE,
    RECEIVABLE,
    SALES,
)
from qbo_pipeline.systems.cin7_core.papers import Names, Paper, date_text
from qbo_pipeline.systems.cin7_core.purchase_papers import receivings
from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli

# The company's tables of what moves stock: Cin7 Core's type of the movement, the account on the other side.
_BY_TABLE = {
    "receipts": ("Advanced Purchase", ACCRUAL), "supplier_returns": ("Advanced Purchase Unstock", ACCRUAL),
    "shipments": ("SaleMultiple", COGS), "customer_returns": ("RestockMultiple", COGS),
}  # fmt: skip
_BY_KIND = {
    "opening": "Adjustment", "adjustment": "Adjustment", "write_off": "Inventory Write-Off",
    "stock_count": "Stocktake", "assembly": "Finished Goods", "disassembly": "Disassembly", "transfer": "Transfer",
}  # fmt: skip


def movements(company: CompanyDatabase, names: Names) -> list[Record]:
    """Every movement of stock: `item_id`, and the fields that Cin7 Core shows of it with its product."""
    tasks = receivings(company)
    heads: dict[int, tuple[str, str, str, str]] = {}  # by document: task, type, number, account
    for table, (kind, account) in _BY_TABLE.items():
        name = table.removesuffix("s")
        for row in company.table(table):
            task = tasks[row["id"]] if table == "receipts" else guid(name, row["id"])
            heads[row["id"]] = (task, kind, row["number"], account)
    for row in company.table("stock_entries"):
        account = BY_REASON.get(row["reason"] or "", LABOUR if row["kind"] == "assembly" else INVENTORY)
        heads[row["id"]] = (guid("stock_entry", row["id"]), _BY_KIND[row["kind"]], row["number"], account)
    found = []
    for row in company.table("stock_ledger"):
        task, kind, number, account = heads[row["source_id"]]
        if kind == "Transfer":
            kind = "Transfer In" if row["quantity_milli"] > 0 else "Transfer Out"
        shown = {
            "TaskID": task, "Type": kind, "Date": date_text(row["business_date"]), "Number": number,
            "Quantity": milli(row["quantity_milli"]), "Amount": cents(row["value_cents"]),
            "Location": names.warehouses[row["warehouse_id"]]["name"], "BatchSN": None, "ExpiryDate": None,
            "FromTo": "",
        }  # fmt: skip
        found.append({"item_id": row["item_id"], "account": account, "cents": row["value_cents"], "shown": shown})
    return found


def entries(company: CompanyDatabase, names: Names) -> dict[str, dict[str, Paper]]:
    """By Cin7 Core's kind of task and by id, what happened inside the warehouses."""
    lines = grouped(company.table("stock_entry_lines"), "entry_id")
    found: dict[str, dict[str, Paper]] = defaultdict(dict)
    for entry in company.table("stock_entries"):
        kind, shape = _SHAPES[entry["kind"]]
        task = guid("stock_entry", entry["id"])
        status = "VOIDED" if entry["status"] == "voided" else "COMPLETED"
        found[kind][task] = {"TaskID": task, "Status": status, **shape(names, entry, lines[entry["id"]])}
    return found


def _place(names: Names, row: Record) -> Paper:
    return {
        "Location": names.warehouses[row["warehouse_id"]]["name"],
        "LocationID": guid("warehouse", row["warehouse_id"]),
    }


def _goods(names: Names, row: Record) -> Paper:
    item = names.items[row["item_id"]]
    return {"ProductID": guid("item", row["item_id"]), "SKU": item["sku"], "ProductName": item["name"], "BatchSN": None}


def _adjustment(names: Names, entry: Record, rows: list[Record]) -> Paper:
    new = [row for row in rows if row["quantity_milli"] > 0]
    return {
        "StocktakeNumber": entry["number"], "EffectiveDate": date_text(entry["business_date"]),
        "Account": BY_REASON[entry["reason"]], "Reference": entry["memo"] or "", "Transactions": [],
        "NewStockLines": [
            {**_goods(names, row), **_place(names, row), "Quantity": milli(row["quantity_milli"]), "Comments": "",
             "UnitCost": cents(row["cost_cents"] * 1000 // row["quantity_milli"]),
             "ReceivedDate": date_text(entry["business_date"])}
            for row in new
        ],
        "ExistingStockLines": [
            {**_goods(names, row), **_place(names, row), "QuantityOnHand": milli(-row["quantity_milli"]),
             "Adjustment": 0, "Available": 0, "Comments": ""}
            for row in rows if row["quantity_milli"] < 0
        ],
    }  # fmt: skip


def _count(names: Names, entry: Record, rows: list[Record]) -> Paper:
    return {
        "StocktakeNumber": entry["number"], "EffectiveDate": date_text(entry["business_date"]),
        "Account": BY_REASON[entry["reason"]], "Reference": entry["memo"] or "", "Transactions": [],
        "ZeroStockOnHandProducts": [],
        "NonZeroStockOnHandProducts": [
            {**_goods(names, row), **_place(names, row), "QuantityOnHand": milli(row["expected_milli"] or 0),
             "Adjustment": milli(row["counted_milli"] or 0), "Available": milli(row["expected_milli"] or 0)}
            for row in rows
        ],
    }  # fmt: skip


def _write_off(names: Names, entry: Record, rows: list[Record]) -> Paper:
    return {
        "InventoryWriteOffNumber": entry["number"], "EffectiveDate": date_text(entry["business_date"]),
        "Account": BY_REASON[entry["reason"]], "Notes": entry["memo"] or "", **_place(names, rows[0]), "Errors": [],
        "Transactions": [],
        "Lines": [
            {"ProductID": guid("item", row["item_id"]), "ProductCode": names.items[row["item_id"]]["sku"],
             "Name": names.items[row["item_id"]]["name"], "Quantity": milli(-row["quantity_milli"]),
             "Cost": cents(-row["cost_cents"] * 1000 // -row["quantity_milli"]), "TotalCost": cents(-row["cost_cents"]),
             "BatchSN": None, "ExpenseAccount": None}
            for row in rows
        ],
    }  # fmt: skip


def _made(names: Names, row: Record) -> Paper:
    item = names.items[row["item_id"]]
    return {
        "ProductID": guid("item", row["item_id"]), "ProductCode": item["sku"], "ProductName": item["name"],
        "Quantity": milli(abs(row["quantity_milli"])), **_place(names, row),
    }  # fmt: skip


def _assembly(names: Names, entry: Record, rows: list[Record]) -> Paper:
    (made,) = [row for row in rows if row["quantity_milli"] > 0]
    return {
        "AssemblyNumber": entry["number"], "CompletionDate": date_text(entry["business_date"]),
        "WIPDate": date_text(entry["business_date"]), "WIPAccount": INVENTORY, "Account": INVENTORY,
        "Notes": entry["memo"] or "", **_made(names, made), "OrderLines": [], "Transactions": [], "Errors": [],
        "PickLines": [
            {"ProductID": guid("item", row["item_id"]), "ProductCode": names.items[row["item_id"]]["sku"],
             "Name": names.items[row["item_id"]]["name"], "Quantity": milli(-row["quantity_milli"]),
             "Cost": cents(-row["cost_cents"]), "BatchSN": None}
            for row in rows if row["quantity_milli"] < 0
        ],
    }  # fmt: skip


def _disassembly(names: Names, entry: Record, rows: list[Record]) -> Paper:
    (apart,) = [row for row in rows if row["quantity_milli"] < 0]
    return {
        "DisassemblyNumber": entry["number"], "CompletionDate": date_text(entry["business_date"]),
        "WIPAccount": INVENTORY, **_made(names, apart), "OrderServiceLines": [], "PickLines": [], "Transactions": [],
        "Errors": [],
        "OrderLines": [
            {"ProductID": guid("item", row["item_id"]), "ProductCode": names.items[row["item_id"]]["sku"],
             "Name": names.items[row["item_id"]]["name"], "Quantity": milli(row["quantity_milli"]),
             "Cost": cents(row["cost_cents"]), "Account": INVENTORY, "BatchSN": None}
            for row in rows if row["quantity_milli"] > 0
        ],
    }  # fmt: skip


def _transfer(names: Names, entry: Record, rows: list[Record]) -> Paper:
    out = [row for row in rows if row["quantity_milli"] < 0]
    into = next(row for row in rows if row["quantity_milli"] > 0)
    return {
        "Number": entry["number"], "From": guid("warehouse", out[0]["warehouse_id"]),
        "FromLocation": names.warehouses[out[0]["warehouse_id"]]["name"], "To": guid("warehouse", into["warehouse_id"]),
        "ToLocation": names.warehouses[into["warehouse_id"]]["name"], "Reference": entry["memo"] or "",
        "CompletionDate": date_text(entry["business_date"]), "DepartureDate": date_text(entry["business_date"]),
        "InTransitAccount": INVENTORY, "CostDistributionType": "Cost", "SkipOrder": True, "ManualJournals": [],
        "Lines": [{**_goods(names, row), "TransferQuantity": milli(-row["quantity_milli"])} for row in out],
    }  # fmt: skip


_SHAPES: dict[str, tuple[str, Any]] = {
    "opening": ("stockadjustment", _adjustment), "adjustment": ("stockadjustment", _adjustment),
    "stock_count": ("stocktake", _count), "write_off": ("inventoryWriteOff", _write_off),
    "assembly": ("finishedGoods", _assembly), "disassembly": ("disassembly", _disassembly),
    "transfer": ("stockTransfer", _transfer),
}  # fmt: skip


def availability(company: CompanyDatabase, names: Names) -> list[Paper]:
    """What there is now: `OnHand` is the quantity, `StockOnHand` its value."""
    rows = company.rows("SELECT * FROM stock_balances ORDER BY item_id, warehouse_id")
    return [
        {
            "ID": guid("item", row["item_id"]), "SKU": names.items[row["item_id"]]["sku"],
            "Name": names.items[row["item_id"]]["name"], "Barcode": None,
            "Location": names.warehouses[row["warehouse_id"]]["name"], "Bin": None, "Batch": None, "ExpiryDate": None,
            "OnHand": milli(row["quantity_milli"]), "Allocated": 0, "Available": milli(row["quantity_milli"]),
            "OnOrder": 0, "InTransit": 0, "StockOnHand": cents(row["value_cents"]),
        }
        for row in rows
    ]  # fmt: skip


def ledger(company: CompanyDatabase, moved: list[Record]) -> list[Paper]:
    """The system's own ledger: stock, invoices, bills and money, each an amount from one account to another."""
    sums: dict[tuple[str, str, str, str, str], int] = defaultdict(int)
    for row in moved:
        shown = row["shown"]
        kind = "Transfer" if shown["Type"].startswith("Transfer") else shown["Type"]
        sums[shown["TaskID"], kind, shown["Number"], shown["Date"], row["account"]] += row["cents"]
    found = [
        _line(kind, task, number, day, amount, INVENTORY, account)
        for (task, kind, number, day, account), amount in sums.items()
        if amount
    ]
    for table, name, accounts in (("invoices", "invoice", (RECEIVABLE, SALES)), ("bills", "bill", (ACCRUAL, PAYABLE))):
        kind = "Sale" if name == "invoice" else "Purchase"
        for row in company.table(table):
            if row["status"] != "voided":
                head = (kind, guid(name, row["id"]), row["number"], f"{row['business_date']}T00:00:00")
                found.append(_line(*head, row["total_cents"], *accounts))
    for row in company.table("bank_entries"):
        if row["status"] != "voided":
            accounts = (BANK, RECEIVABLE) if row["kind"] == "payment_received" else (PAYABLE, BANK)
            head = ("Payment", guid("bank_entry", row["id"]), row["number"], f"{row['business_date']}T00:00:00")
            found.append(_line(*head, row["amount_cents"], *accounts))
    return sorted(found, key=lambda line: (line["EffectiveDate"], line["TaskID"], line["DebitAccountCode"]))


def _line(kind: str, task: str, number: str, day: str, amount: int, debit: str, credit: str) -> Paper:
    """An amount is positive: what goes the other way changes sides."""
    if amount < 0:
        amount, debit, credit = -amount, credit, debit
    return {
        "Type": kind, "TaskID": task.upper(), "Reference": number, "Transaction": f"{kind} {number}",
        "DebitAccountCode": debit, "CreditAccountCode": credit, "Amount": cents(amount), "EffectiveDate": day,
    }  # fmt: skip
