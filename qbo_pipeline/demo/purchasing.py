"""Buying: purchase orders, receipts, returns to suppliers. Their bills and credits are in billing.py.

What belongs here: one function for each kind of work; it does one document and says whether there was anything to do.
A receipt costs what was ordered; what a bill charges more or less is a price difference, not stock.
"""

from __future__ import annotations

from qbo_pipeline.demo import billing, stock
from qbo_pipeline.demo.arithmetic import line_cents
from qbo_pipeline.demo.workday import Workday

_RETURN_WITHIN_DAYS = 25
_LINES_AN_ORDER = 6


def order(work: Workday) -> bool:
    """Order what is lacking, from a supplier that bills after delivery."""
    return _order(work, billed_first=False)


def order_billed_first(work: Workday) -> bool:
    """Order what is lacking, from a supplier that bills before the goods arrive."""
    return _order(work, billed_first=True)


def _order(work: Workday, *, billed_first: bool) -> bool:
    if work.reorders is None:
        work.reorders = _lacking(work)
    if not work.reorders:
        return False
    _, supplier_id, place, wants = work.reorders.pop()
    order_id, net = work.new_id(), 0
    for position, (_, item_id, quantity) in enumerate(wants, start=1):
        unit = work.items[item_id].purchase_cents
        amount = line_cents(quantity, unit)
        work.add(
            "purchase_order_lines", order_id=order_id, line_number=position, item_id=item_id, quantity_milli=quantity,
            unit_cents=unit, net_cents=amount,
        )  # fmt: skip
        net += amount
    work.add(
        "purchase_orders", order_id, number=work.number("PO"), business_date=work.today, supplier_id=supplier_id,
        warehouse_id=place, expected_date=work.after(work.dice.randrange(2, 8)), billed_first=int(billed_first),
        net_cents=net,
    )  # fmt: skip
    return True


def _lacking(work: Workday) -> list[tuple[int, int, int, list[tuple[int, int, int]]]]:
    """The orders to place, most lacking last: (lack, supplier, warehouse, [(lack, item, quantity)])."""
    held = {row[:2]: row[2] for row in work.rows("SELECT item_id, warehouse_id, quantity_milli FROM stock_balances")}
    for item_id, place, coming in work.rows(
        "SELECT l.item_id, h.warehouse_id, SUM(l.quantity_milli - l.received_milli) FROM purchase_order_lines AS l"
        " JOIN purchase_orders AS h ON h.id = l.order_id WHERE l.received_milli < l.quantity_milli GROUP BY 1, 2"
    ) + work.rows(
        "SELECT l.item_id, h.warehouse_id, SUM(l.shipped_milli - l.quantity_milli) FROM sales_order_lines AS l"
        " JOIN sales_orders AS h ON h.id = l.order_id WHERE l.shipped_milli < l.quantity_milli GROUP BY 1, 2"
    ):
        held[item_id, place] = held.get((item_id, place), 0) + coming
    groups: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for place in work.warehouses.values():
        for item in work.stocked:
            goal = item.target_milli * place.stock_share // 100
            quantity = (goal - held.get((item.id, place.id), 0)) // 1000 * 1000
            if place.receives_purchases and item.supplier_id and quantity > 0:
                lack = quantity * 100 // goal
                groups.setdefault((item.supplier_id, place.id), []).append((lack, item.id, quantity))
    orders = []
    for (supplier_id, place_id), wants in groups.items():
        wants.sort(reverse=True)
        for start in range(0, len(wants), _LINES_AN_ORDER):
            lines = wants[start : start + _LINES_AN_ORDER]
            orders.append((lines[0][0], supplier_id, place_id, lines))
    return sorted(orders)


def receive(work: Workday) -> bool:
    """Receive goods that were due, all of them or a part; goods billed before match their bill at once."""
    due = work.rows(
        "SELECT id, supplier_id, warehouse_id, billed_first FROM purchase_orders WHERE received = 0"
        " AND expected_date <= ? AND billed_first <= billed AND status = 'completed'"
        " ORDER BY expected_date, id LIMIT 20",
        work.today,
    )
    if not due:
        return False
    order_id, supplier_id, place, billed_first = work.dice.choice(due)
    lines = work.rows(
        "SELECT id, item_id, quantity_milli - received_milli, unit_cents FROM purchase_order_lines"
        " WHERE order_id = ? AND received_milli < quantity_milli ORDER BY line_number",
        order_id,
    )
    in_part = work.chance(4)
    receipt = work.add(
        "receipts", number=work.number("GRN"), business_date=work.today, supplier_id=supplier_id, warehouse_id=place,
        order_id=order_id, billed=billed_first,
    )  # fmt: skip
    for position, (order_line, item_id, lacking, unit) in enumerate(lines, start=1):
        quantity = max(1000, lacking // 2000 * 1000) if in_part else lacking
        cost = line_cents(quantity, unit)
        line = work.add(
            "receipt_lines", receipt_id=receipt, line_number=position, order_line_id=order_line, item_id=item_id,
            quantity_milli=quantity, cost_cents=cost,
        )  # fmt: skip
        stock.bring_in(work, (receipt, line), item_id, place, quantity, cost)
        work.db.execute(
            "UPDATE purchase_order_lines SET received_milli = received_milli + ? WHERE id = ?", (quantity, order_line)
        )
        if billed_first:
            billing.match_earlier_bill(work, order_line, line, quantity)
    work.db.execute(
        "UPDATE purchase_orders SET received = NOT EXISTS (SELECT 1 FROM purchase_order_lines AS l"
        " WHERE l.order_id = purchase_orders.id AND l.received_milli < l.quantity_milli) WHERE id = ?",
        (order_id,),
    )
    return True


def return_goods(work: Workday) -> bool:
    """Send back a part of one line of a receipt that was billed, at the present average cost."""
    receipts = work.rows(
        "SELECT id, supplier_id, warehouse_id FROM receipts WHERE returned = 0 AND billed = 1 AND business_date >= ?"
        " AND status = 'completed' ORDER BY business_date, id LIMIT 20",
        work.after(-_RETURN_WITHIN_DAYS),
    )
    work.dice.shuffle(receipts)
    for receipt, supplier_id, place in receipts:
        for item_id, received, unit in work.rows(
            "SELECT l.item_id, l.quantity_milli, b.unit_cents FROM receipt_lines AS l"
            " JOIN bill_receipt_matches AS m ON m.receipt_line_id = l.id JOIN bill_lines AS b ON b.id = m.bill_line_id"
            " WHERE l.receipt_id = ? ORDER BY l.line_number",
            receipt,
        ):
            most = min(received // 4, stock.on_hand(work, item_id, place)[0]) // 1000
            if most >= 1:
                quantity = work.dice.randrange(1, most + 1) * 1000
                _return(work, receipt, supplier_id, place, item_id, quantity, unit)
                return True
    return False


def _return(work: Workday, receipt: int, supplier_id: int, place: int, item_id: int, quantity: int, unit: int) -> None:
    header = work.add(
        "supplier_returns", number=work.number("RTS"), business_date=work.today, supplier_id=supplier_id,
        warehouse_id=place, receipt_id=receipt,
    )  # fmt: skip
    line = work.new_id()
    cost = stock.take_out(work, (header, line), item_id, place, quantity)
    work.add(
        "supplier_return_lines", line, return_id=header, line_number=1, item_id=item_id, quantity_milli=quantity,
        cost_cents=cost, credit_unit_cents=unit,
    )  # fmt: skip
    work.set("receipts", receipt, "returned", 1)
