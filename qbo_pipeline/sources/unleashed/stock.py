"""What moved Unleashed's stock, as movements with lines.

What belongs here: each paper's own part of it. What takes several papers together is in `finishing.py`: shipments take
their cost from order lines, and what says only what there is afterwards is worked out from stock (`solving.py`).
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.projection import Row
from qbo_pipeline.sources.landed.values import Object, amount, exact, key, objects, part, text
from qbo_pipeline.sources.unleashed.fields import DELETED, DONE, NOT_YET, cents, day, product, rounded, shared, status
from qbo_pipeline.sources.unleashed.look_up import LookUp
from qbo_pipeline.sources.unleashed.papers import (
    RECEIVED,
    RETURNED,
    Tables,
    credit_lines,
    has_arrived,
    is_billed,
    line_mark,
    return_number,
    returned,
)

TRANSFERRED = ("TransferDate", "CompletedDate", "DeliveryDate", "OrderDate")
_NIL: Row = {"quantity": "0", "value": "0"}  # of a paper that was deleted: it moved nothing in the end


def has_moved(found: str) -> bool:
    """Whether a paper in this status counts, or counted until it was deleted; an unknown status is for a person."""
    return found not in NOT_YET


def movement_status(found: str) -> str:
    return "voided" if found == DELETED else "completed" if found in DONE else found


def receipt_rows(look: LookUp, order: Object, order_id: str) -> Tables:
    """The receipt of a purchase order, and what its bill pays for."""
    rows: Tables = defaultdict(list)
    if not has_arrived(order):
        return rows
    movement_id, received = f"{order_id}:receipt", day(order, look.zone, *RECEIVED)
    lines = objects(order, "PurchaseOrderLines")
    homes = _home_values(look, order, lines)
    for position, (line, value) in enumerate(zip(lines, homes, strict=True), start=1):
        if not look.stocked(product(line)):
            continue
        mark = line_mark(line, position)
        quantity = rounded(line, "ReceiptQuantity", "OrderQuantity")
        rows["movement_lines"].append(
            _line(movement_id, mark, position, received, product(line), look.warehouse(order), quantity, value)
        )
        if is_billed(order):
            rows["bill_matches"].append(_match(f"{order_id}:bill", movement_id, mark, quantity))
    if rows["movement_lines"]:
        rows["movements"].append(
            _movement(look, movement_id, "receipt", text(order, "OrderNumber"), received, status(order, "OrderStatus"),
                      party_id=key(part(order, "Supplier"), "Guid"))
        )  # fmt: skip
    return rows


def _home_values(look: LookUp, order: Object, lines: list[Object]) -> list[str | None]:
    """What lines are worth in home currency."""
    if look.code(order) == look.currency:
        return shared(lines, "LineTotal", exact(order, "SubTotal"))
    rate = look.rate(order)
    found: list[str | None] = []
    for line in lines:
        home, foreign = exact(line, "BCSubTotal", "BCLineTotal"), exact(line, "LineTotal")
        if home is None and foreign is not None and rate is not None:
            home = foreign * rate
        found.append(None if home is None else decimal_text(cents(home)))
    return found


def return_stock(look: LookUp, source: Object, return_id: str) -> Tables:
    """What was sent back to a supplier, at the average before it where that did not change by it."""
    rows: Tables = defaultdict(list)
    found = status(source, "Status", "ReturnStatus")
    if not has_moved(found):
        return rows
    movement_id, sent = f"{return_id}:return", day(source, look.zone, "ReturnDate")
    place = look.warehouse(source, part(source, "PurchaseOrder"))
    lines = objects(source, "SupplierReturnLines") or objects(source, "Lines")
    for position, line in enumerate(lines, start=1):
        if not look.stocked(product(line)):
            continue
        quantity, mark = returned(line), line_mark(line, position)
        cost, later = exact(line, "AverageLandedPriceBeforeReturn"), exact(line, "AverageLandedPriceAfterReturn")
        row = _line(movement_id, mark, position, sent, product(line), place, None, None)
        if quantity is not None:
            row["quantity"] = decimal_text(-quantity)
            row["value"] = None if cost is None else decimal_text(cents(-quantity * cost))
        if found == DELETED:
            row |= _NIL
        if cost == later or found == DELETED or quantity is None:
            rows["movement_lines"].append(row)
        else:
            rows["unsolved"].append(_unsolved(row, "return", quantity))
        rows["bill_matches"].append(_match(return_id, movement_id, mark, rounded(line, *RETURNED)))
    if rows["movement_lines"] or rows["unsolved"]:
        head = _movement(look, movement_id, "supplier_return", return_number(source, return_id), sent, found,
                         party_id=key(part(source, "Supplier"), "Guid"))  # fmt: skip
        rows["pending" if rows["unsolved"] else "movements"].append(head)
        if rows["unsolved"]:  # they are made together
            rows["pending_lines"] = rows.pop("movement_lines", [])
    return rows


def credited_stock(look: LookUp, credit: Object, credit_id: str) -> Tables:
    """The goods of a credit note, which may have come back."""
    rows: Tables = defaultdict(list)
    found = status(credit, "Status", "CreditStatus")
    movement_id, credited = f"{credit_id}:return", day(credit, look.zone, "CreditDate")
    place = look.warehouse(credit, part(credit, "SalesOrder"))
    if not has_moved(found):
        return rows
    for position, line in enumerate(credit_lines(credit), start=1):
        quantity = exact(line, "CreditQuantity")
        if not quantity or not look.stocked(product(line)):
            continue
        row = _line(movement_id, line_mark(line, position), position, credited, product(line), place, None, None)
        if found == DELETED:
            rows["movement_lines"].append(row | _NIL)
        else:
            rows["unsolved"].append(_unsolved(row, "credit", quantity))
    if rows["unsolved"] or rows["movement_lines"]:
        number = text(credit, "CreditNoteNumber", "CreditNumber") or credit_id[:8]
        head = _movement(look, movement_id, "customer_return", number, credited, found,
                         party_id=key(part(credit, "Customer"), "Guid"))  # fmt: skip
        rows["pending" if rows["unsolved"] else "movements"].append(head)
    return rows


def adjustment_rows(look: LookUp, source: Object, adjustment_id: str) -> Tables:
    """A stock adjustment, which says quantity and value after it."""
    rows: Tables = defaultdict(list)
    found = status(source, "Status")
    if not has_moved(found):
        return rows
    adjusted, place = day(source, look.zone, "AdjustmentDate"), key(part(source, "Warehouse"), "Guid")
    number = text(source, "AdjustmentNumber") or adjustment_id[:8]
    for position, line in enumerate(objects(source, "StockAdjustmentLines"), start=1):
        row = _line(adjustment_id, line_mark(line, position), position, adjusted, product(line), place, None, None)
        quantity = exact(line, "NewQuantity")
        if found == DELETED:
            rows["movement_lines"].append(row | _NIL)
        elif quantity is None:
            rows["pending_lines"].append(row | {"quantity": amount(line, "NewQuantity")})
        else:
            value = rounded(line, "NewActualValue", places=2)
            rows["unsolved"].append(_unsolved(row, "adjustment", quantity) | {"new_value": value, "sequence": number})
    if any(rows.values()):
        account = text(source, "AccountCode", "AdjustmentReason")
        head = _movement(look, adjustment_id, "adjustment", number, adjusted, found, account=account,
                         memo=text(source, "AdjustmentReason"))  # fmt: skip
        rows["movements" if found == DELETED else "pending"].append(head)
    return rows


def transfer_rows(look: LookUp, source: Object, transfer_id: str) -> Tables:
    """Goods that changed warehouse; the API does not say at what cost."""
    rows: Tables = defaultdict(list)
    found = status(source, "TransferStatus", "Status")
    if not has_moved(found):
        return rows
    moved = day(source, look.zone, *TRANSFERRED)
    number = text(source, "TransferNumber", "TransferOrderNumber", "WarehouseTransferNumber") or transfer_id[:8]
    places = [key(part(source, name), "Guid") for name in ("SourceWarehouse", "DestinationWarehouse")]
    for position, line in enumerate(objects(source, "TransferDetails"), start=1):
        quantity, mark = exact(line, "TransferQuantity", "Quantity"), line_mark(line, position)
        row = _line(transfer_id, mark, position, moved, product(line), places[0], None, None)
        if found == DELETED:
            rows["movement_lines"].append(row | _NIL)
        elif quantity is None:
            rows["pending_lines"].append(row)
        else:
            rows["unsolved"].append(_unsolved(row, "transfer", quantity) | {"target_id": places[1]})
    if any(rows.values()):
        head = _movement(look, transfer_id, "transfer", number, moved, found, memo=text(source, "Comments"))
        rows["movements" if found == DELETED else "pending"].append(head)
    return rows


def count_rows(look: LookUp, source: Object, count_id: str) -> Tables:
    """A stock count: what was counted less what was thought to be there, at the average of that moment."""
    rows: Tables = defaultdict(list)
    found = status(source, "Status")
    if not has_moved(found):
        return rows
    counted, place = day(source, look.zone, "CompletedDate", "CountDate"), key(part(source, "Warehouse"), "Guid")
    for position, line in enumerate(objects(source, "StockCountLines"), start=1):
        now, thought = exact(line, "CountQuantity"), exact(line, "OnHandQuantity")
        cost = exact(line, "AverageLandPriceAtTimeOfStockTake")
        if now is not None and now == thought:
            continue
        row = _line(count_id, line_mark(line, position), position, counted, product(line), place, None, None)
        if now is not None and thought is not None:
            row["quantity"] = decimal_text(now - thought)
            row["value"] = None if cost is None else decimal_text(cents((now - thought) * cost))
        rows["movement_lines"].append(row | (_NIL if found == DELETED else {}))
    if rows["movement_lines"]:
        number = text(source, "StockTakeCode", "StockCountCode") or count_id[:8]
        rows["movements"].append(
            _movement(look, count_id, "stock_count", number, counted, found, account=text(source, "CostOfGoodsAccount"),
                      memo=text(source, "StockTakeName"))
        )  # fmt: skip
    return rows


def assembly_rows(look: LookUp, source: Object, assembly_id: str) -> Tables:
    """What was made of its parts, or taken apart; what is not kept in stock (work, power) is labour."""
    rows: Tables = defaultdict(list)
    found = status(source, "AssemblyStatus", "Status")
    if not has_moved(found):
        return rows
    apart = status(source, "AssemblyType").startswith("dis")
    made, places = (
        day(source, look.zone, "AssemblyDate"),
        [key(part(source, name), "Guid") for name in ("SourceWarehouse", "DestinationWarehouse")],
    )
    sign = -1 if apart else 1
    total = Decimal(0)
    for position, line in enumerate(objects(source, "AssemblyLines"), start=1):
        quantity = exact(line, "Quantity") or Decimal(0)
        cost = exact(line, "DisassembleCost") if apart else None
        if cost is None and (unit := exact(line, "UnitCost")) is not None:
            cost = unit * quantity
        if not look.stocked(product(line)):
            continue
        total += cents(cost or Decimal(0))
        rows["movement_lines"].append(
            _line(assembly_id, line_mark(line, position), position, made, product(line), places[apart],
                  decimal_text(-sign * quantity), None if cost is None else decimal_text(cents(-sign * cost)))
        )  # fmt: skip
    worth = exact(source, "DisassembleCostTotal" if apart else "TotalCost", "TotalCost", "Total")
    whole = None if worth is None else cents(worth)
    made_of = exact(source, "Quantity")
    rows["movement_lines"].append(
        _line(assembly_id, "made", len(rows["movement_lines"]) + 1, made, product(source), places[not apart],
              None if made_of is None else decimal_text(sign * made_of),
              None if whole is None else decimal_text(sign * whole))
    )  # fmt: skip
    if not apart and whole is not None and whole > total:
        rows["movement_lines"].append(
            {**_line(assembly_id, "labour", len(rows["movement_lines"]) + 1, made, None, None, "0",
                     decimal_text(whole - total)), "role": "labour"}
        )  # fmt: skip
    if found == DELETED:
        rows["movement_lines"] = [row | _NIL for row in rows["movement_lines"]]
    kind = "disassembly" if apart else "assembly"
    number = text(source, "AssemblyNumber") or assembly_id[:8]
    rows["movements"].append(_movement(look, assembly_id, kind, number, made, found, memo=text(source, "Comments")))
    return rows


def _movement(
    look: LookUp,
    movement_id: str,
    kind: str,
    number: str | None,
    business_date: str | None,
    found: str,
    **fields: str | None,
) -> Row:
    return {
        "movement_id": movement_id,
        "kind": kind,
        "number": number or movement_id[:8],
        "business_date": business_date,
        "currency": look.currency,
        "status": movement_status(found),
        **fields,
    }


def _line(
    movement_id: str,
    mark: str,
    position: int,
    business_date: str | None,
    product_id: str | None,
    location_id: str | None,
    quantity: str | None,
    value: str | None,
) -> Row:
    return {
        "movement_id": movement_id,
        "business_date": business_date,
        "line_id": f"{movement_id}:{mark}",
        "line_number": position,
        "role": "stock",
        "product_id": product_id,
        "location_id": location_id,
        "quantity": quantity,
        "value": value,
    }


def _unsolved(row: Row, how: str, quantity: Decimal) -> Row:
    """A line of which something is to be found; `quantity` is what its paper says."""
    kept = ("movement_id", "business_date", "line_id", "line_number", "product_id", "location_id")
    return {name: row[name] for name in kept} | {"how": how, "quantity": decimal_text(quantity)}


def _match(document_id: str, movement_id: str, mark: str, quantity: str | None) -> Row:
    return {
        "document_id": document_id,
        "line_id": f"{document_id}:{mark}",
        "movement_id": movement_id,
        "movement_line_id": f"{movement_id}:{mark}",
        "quantity": quantity,
    }
