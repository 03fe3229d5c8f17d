"""QBO's reports as rows: columns by key (never by position), sections as paths, amounts as Decimal.

Source: Intuit, reports; the shape is the `Report` type of its schema. All values are texts, a blank is "".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbo_pipeline.quickbooks.errors import Incomplete, Unavailable
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object, objects, odd
from qbo_pipeline.quickbooks.wire import exact_number

CUT_OFF = "unable to display more data"  # QBO's words at its cap of 400,000 cells

# What reports call a transaction, and the entity it is. "Expense" and "Check" are both Purchase.
TRANSACTION_LABELS = {
    "Invoice": "Invoice",
    "Credit Memo": "CreditMemo",
    "Sales Receipt": "SalesReceipt",
    "Refund": "RefundReceipt",
    "Refund Receipt": "RefundReceipt",
    "Payment": "Payment",
    "Bill": "Bill",
    "Vendor Credit": "VendorCredit",
    "Bill Payment": "BillPayment",
    "Bill Payment (Check)": "BillPayment",
    "Bill Payment (Credit Card)": "BillPayment",
    "Purchase Order": "PurchaseOrder",
    "Estimate": "Estimate",
    "Journal Entry": "JournalEntry",
    "Deposit": "Deposit",
    "Transfer": "Transfer",
    "Expense": "Purchase",
    "Cash Expense": "Purchase",
    "Check": "Purchase",
    "Cheque Expense": "Purchase",
    "Credit Card Expense": "Purchase",
    "Credit Card Credit": "Purchase",
    "Inventory Qty Adjust": "InventoryAdjustment",
    "Inventory Starting Value": "InventoryStartingValue",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as text, and the Id of what it stands for ("" where it stands for nothing)."""

    value: str
    id: str = ""

    @property
    def amount(self) -> Decimal | None:
        """The value as an amount; `None` for a blank. Raises `Unavailable` for anything else."""
        text = self.value.strip()
        if not text:
            return None
        try:
            return exact_number(text.replace(",", ""))
        except ValueError:
            raise Unavailable(f"QuickBooks' report holds {text[:60]!r} where an amount is expected") from None


_BLANK = Cell("")


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A section's title as its header says it, the Id behind it, and QBO's name for the group."""

    title: str
    id: str
    group: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """`kind` is `data` or `summary`; `path` holds the sections around it, outermost first."""

    kind: str
    path: tuple[ReportSection, ...]
    cells: Mapping[str, Cell]

    def cell(self, key: str) -> Cell:
        return self.cells.get(key, _BLANK)

    @property
    def first(self) -> Cell:
        """The row's first cell, which carries its label."""
        return next(iter(self.cells.values()), _BLANK)


@dataclass(frozen=True, slots=True)
class Report:
    """`header` as QBO wrote it; `columns` are the column keys in order."""

    name: str
    header: JsonObject
    columns: tuple[str, ...]
    rows: tuple[ReportRow, ...]


def parse_report(body: JsonObject, name: str) -> Report:
    """A report's rows.

    Raises `Incomplete` where QBO says that it cut the report off, `Unavailable` where it has another shape.
    """
    try:
        if missing := [part for part in ("Header", "Columns") if part not in body]:
            raise odd(missing[0], "an object", None)
        listed = objects(an_object(body["Columns"], "Columns").get("Column"), "Column")
        columns = tuple(_key(column, index) for index, column in enumerate(listed))
        rows = tuple(_rows(body.get("Rows"), (), columns))
        header = an_object(body["Header"], "Header")
    except OddShape as error:
        raise Unavailable(f"the report {name} came in an unknown shape: {error}") from None
    if any(CUT_OFF in cell.value.lower() for row in rows for cell in row.cells.values()) or any(
        CUT_OFF in section.title.lower() for row in rows for section in row.path
    ):
        raise Incomplete(f"QuickBooks cut the report {name} off: ask for a shorter period")
    return Report(name, header, columns, rows)


def _key(column: JsonObject, index: int) -> str:
    for entry in objects(column.get("MetaData"), "MetaData"):
        if entry.get("Name") == "ColKey":
            return str(entry.get("Value", ""))
    # Some reports name the key only as the column's type; money columns of a summary have neither.
    kind = str(column.get("ColType", ""))
    return (
        kind
        if kind and kind not in ("Money", "Account", "String")
        else str(column.get("ColTitle") or f"column {index}")
    )


def _rows(rows: Any, path: tuple[ReportSection, ...], columns: tuple[str, ...]) -> Iterator[ReportRow]:
    for row in objects(an_object(rows, "Rows").get("Row"), "Row"):
        inner = path
        if "Header" in row or "Rows" in row:
            label = next(iter(_data(row.get("Header"), "Header")), {})
            section = ReportSection(str(label.get("value", "")), str(label.get("id", "")), str(row.get("group", "")))
            inner = (*path, section)
            yield from _rows(row.get("Rows"), inner, columns)
        if "ColData" in row:
            yield ReportRow("data", path, _cells(_data(row, "row"), columns))
        if "Summary" in row:
            if inner is path:
                inner = (*path, ReportSection("", "", str(row.get("group", ""))))
            yield ReportRow("summary", inner, _cells(_data(row["Summary"], "Summary"), columns))


def _data(holder: Any, where: str) -> list[JsonObject]:
    return objects(an_object(holder, where).get("ColData"), f"ColData of {where}")


def _cells(data: list[JsonObject], columns: tuple[str, ...]) -> dict[str, Cell]:
    return {
        key: Cell(str(value.get("value") or ""), str(value.get("id") or ""))
        for key, value in zip(columns, data, strict=False)
    }  # fmt: skip
