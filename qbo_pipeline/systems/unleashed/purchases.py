"""The company's purchases as Unleashed shows them: purchase orders that become bills, and returns to suppliers.

What belongs here: their shapes. There is no receipt and no bill: an order that was received in parts is several, each
receipted by itself, and its supplier's invoice date says that the bill has come. Freight on a bill is a product that
never diminishes. A bill that comes before its goods is not known until they arrive, nor is a price that differs.
"""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.systems.company import CompanyDatabase, Record, grouped, guid
from qbo_pipeline.systems.exact import cents, milli
from qbo_pipeline.systems.unleashed.words import CURRENCY, Names, Thing, as_date, average

_MATCHED = (
    "SELECT DISTINCT r.receipt_id, l.bill_id FROM bill_receipt_matches AS m"
    " JOIN bill_lines AS l ON l.id = m.bill_line_id JOIN bills AS b ON b.id = l.bill_id"
    " JOIN receipt_lines AS r ON r.id = m.receipt_line_id WHERE b.status = 'completed' ORDER BY 1, 2"
)


def purchases(company: CompanyDatabase, names: Names) -> dict[str, dict[str, Thing]]:
    """By kind and id."""
    found: dict[str, dict[str, Thing]] = {"purchase_order": {}, "supplier_return": {}}
    orders = found["purchase_order"]
    bills = company.by_id("bills")
    bill_of = {row["receipt_id"]: bills[row["bill_id"]] for row in company.rows(_MATCHED)}
    extras = grouped(company.rows("SELECT * FROM bill_lines WHERE order_line_id IS NULL ORDER BY id"), "bill_id")
    received = grouped(company.table("receipt_lines"), "receipt_id")
    receipts = grouped(company.table("receipts"), "order_id")
    ordered = grouped(company.table("purchase_order_lines"), "order_id")
    parts_of_bill: dict[int, int] = {}
    numbers: dict[int, str] = {}
    guids: dict[int, str] = {}
    for order in company.table("purchase_orders"):
        for n, receipt in enumerate(receipts[order["id"]]):
            numbers[receipt["id"]] = f"{order['number']}/{n}" if n else order["number"]
            lines = [_line(names, row, row["cost_cents"]) for row in received[receipt["id"]]]
            bill = bill_of.get(receipt["id"])
            reference = None
            if bill is not None:
                part = parts_of_bill[bill["id"]] = parts_of_bill.get(bill["id"], -1) + 1
                reference = f"{bill['supplier_reference']}/{part}" if part else bill["supplier_reference"]
                if not part:
                    lines += [_line(names, row, row["net_cents"]) for row in extras[bill["id"]]]
            status = "Complete" if bill is not None and bill["id"] % 2 else "Receipted"
            if receipt["status"] == "voided":
                status = "Deleted"
            object_id = guids[receipt["id"]] = _part_guid(order, n)
            orders[object_id] = _order(
                names, object_id, order, numbers[receipt["id"]], status, lines, received=receipt, bill=bill,
                reference=reference,
            )  # fmt: skip
        left = [{**row, "quantity_milli": row["quantity_milli"] - row["received_milli"]}
                for row in ordered[order["id"]] if row["received_milli"] < row["quantity_milli"]]  # fmt: skip
        if left:
            n = len(receipts[order["id"]])
            number = f"{order['number']}/{n}" if n else order["number"]
            shown = [_line(names, row, (row["quantity_milli"] * row["unit_cents"] + 500) // 1000) for row in left]
            object_id = _part_guid(order, n)
            status = "Deleted" if order["status"] == "voided" else "Placed"
            orders[object_id] = _order(names, object_id, order, number, status, shown)
    for bill in company.rows("SELECT * FROM bills WHERE order_id IS NULL ORDER BY id"):
        shown = [_line(names, row, row["net_cents"]) for row in extras[bill["id"]]]
        object_id = guid("service_bill", bill["id"])
        status = "Deleted" if bill["status"] == "voided" else "Complete"
        orders[object_id] = _order(
            names, object_id, bill, f"PO-B{bill['number']}", status, shown, received=bill, bill=bill,
            reference=bill["supplier_reference"],
        )  # fmt: skip
    _returns(company, names, numbers, guids, found["supplier_return"])
    return found


def _part_guid(order: Record, n: int) -> str:
    """The id of an order's part: what is still to come is the same order once it has come."""
    return guid(f"purchase_order/{order['id']}", n)


def _line(names: Names, row: Record, net_cents: int) -> Thing:
    return {
        "LineNumber": row["line_number"], "Product": names.product(row["item_id"]), "DeliveryDate": None,
        "OrderQuantity": milli(row["quantity_milli"]), "UnitPrice": average(net_cents, row["quantity_milli"]),
        "DiscountRate": Decimal("0.0000"), "LineTotal": cents(net_cents), "LineTax": cents(0), "LineTaxCode": None,
        "LineTaxRate": Decimal(0), "BCSubTotal": cents(net_cents), "Comments": "", "Guid": guid("line", row["id"]),
    }  # fmt: skip


def _order(
    names: Names, object_id: str, order: Record, number: str, status: str, lines: list[Thing], *,
    received: Record | None = None, bill: Record | None = None, reference: str | None = None,
) -> Thing:  # fmt: skip
    net = sum((line["LineTotal"] for line in lines), Decimal("0.00"))
    place = order.get("warehouse_id") or (min(names.warehouses) if received else None)
    completed = bill["business_date"] if bill is not None and status == "Complete" else None
    return {
        "OrderNumber": number, "OrderDate": as_date(order["business_date"]), "OrderStatus": status,
        "CustomOrderStatus": None, "CompletedDate": as_date(completed), "DeliveryDate": None,
        "ReceivedDate": as_date(received["business_date"]) if received else None,
        "Supplier": names.supplier(order["supplier_id"]), "SupplierRef": reference,
        "SupplierInvoiceDate": as_date(bill["business_date"]) if bill else None,
        "Warehouse": None if place is None else names.warehouse(place), "Currency": CURRENCY,
        "ExchangeRate": Decimal("1.000000"), "DiscountRate": Decimal("0.0000"), "TaxRate": None, "SubTotal": net,
        "TaxTotal": cents(0), "Total": net, "BCSubTotal": net, "BCTaxTotal": cents(0), "BCTotal": net,
        "Comments": None, "PurchaseOrderLines": lines, "SalesOrders": [], "Guid": object_id,
    }  # fmt: skip


def _returns(
    company: CompanyDatabase, names: Names, numbers: dict[int, str], guids: dict[int, str], found: dict[str, Thing]
) -> None:
    """What was sent back is credited on its day, whether or not the supplier has written it yet."""
    lines = grouped(company.table("supplier_return_lines"), "return_id")
    credits_of = {row["return_id"]: row for row in company.table("supplier_credits")}
    for row in company.table("supplier_returns"):
        shown, net = [], 0
        for line in lines[row["id"]]:
            quantity, unit = line["quantity_milli"], line["credit_unit_cents"]
            net += (quantity * unit + 500) // 1000
            cost = average(line["cost_cents"], quantity)
            shown.append({
                "LineNumber": line["line_number"], "Product": names.product(line["item_id"]),
                "OrderQuantity": milli(quantity * 4), "OrderPrice": cents(unit), "ReturnPrice": cents(unit),
                "ReturnCost": cents(unit), "PurchaseUnitReturnQuantity": milli(quantity), "LineTax": cents(0),
                "AverageLandedPriceBeforeReturn": cost, "AverageLandedPriceAfterReturn": cost, "Comments": None,
                "Guid": guid("line", line["id"]),
            })  # fmt: skip
        object_id = guid("supplier_return", row["id"])
        credit = credits_of.get(row["id"])
        voided = row["status"] == "voided"
        found[object_id] = {
            "ReturnNumber": row["number"], "ReturnDate": as_date(row["business_date"]),
            "Status": "Deleted" if voided else "Completed",
            "SupplierRef": None if credit is None else credit["supplier_reference"],
            "Supplier": names.supplier(row["supplier_id"]),
            "PurchaseOrder": {
                "Guid": guids.get(row["receipt_id"]), "OrderNumber": numbers.get(row["receipt_id"]),
            },
            "Currency": CURRENCY, "ExchangeRate": Decimal("1.000000"), "BaseSubTotal": cents(net),
            "BaseTaxTotal": cents(0), "BaseTotal": cents(net), "BaseReturnCostTotal": cents(net),
            "Comments": None, "SupplierReturnLines": shown, "Guid": object_id,
        }  # fmt: skip
