"""Suppliers' bills, matched with receipts, and suppliers' credits for goods sent back.

What belongs here: one function for each kind of work; it does one document and says whether there was anything to do.
"""

from __future__ import annotations

from qbo_pipeline.demo import tracking
from qbo_pipeline.demo.arithmetic import half_up, line_cents
from qbo_pipeline.demo.workday import Value, Workday


def match_earlier_bill(work: Workday, order_line: int, receipt_line: int, quantity: int) -> None:
    """Match goods that have arrived with the bill that came before them."""
    for bill_line, bill_date in work.rows(
        "SELECT l.id, h.business_date FROM bill_lines AS l JOIN bills AS h ON h.id = l.bill_id"
        " WHERE l.order_line_id = ? AND h.status = 'completed' ORDER BY l.id",
        order_line,
    ):
        _match(work, bill_line, receipt_line, quantity)
        if bill_date != work.today:
            tracking.note_earlier_day(work.db, bill_date)


def bill_goods(work: Workday) -> bool:
    """Record the bill for what an order brought before today, at the prices ordered; some add freight."""
    return _bill_goods(work, other_price=False)


def bill_at_other_price(work: Workday) -> bool:
    """Record the bill for what an order brought before today, with another price on one line."""
    return _bill_goods(work, other_price=True)


def _bill_goods(work: Workday, *, other_price: bool) -> bool:
    unbilled = work.rows(
        "SELECT DISTINCT order_id FROM receipts WHERE billed = 0 AND business_date < ? ORDER BY order_id LIMIT 20",
        work.today,
    )
    if not unbilled:
        return False
    (order_id,) = work.dice.choice(unbilled)
    received = work.rows(
        "SELECT l.order_line_id, l.item_id, l.id, l.quantity_milli, o.unit_cents FROM receipt_lines AS l"
        " JOIN receipts AS h ON h.id = l.receipt_id JOIN purchase_order_lines AS o ON o.id = l.order_line_id"
        " WHERE h.order_id = ? AND h.billed = 0 AND h.business_date < ? ORDER BY l.order_line_id, l.id",
        order_id,
        work.today,
    )
    goods: dict[int, tuple[int, int, list[tuple[int, int]]]] = {}
    for order_line, item_id, receipt_line, quantity, unit in received:
        goods.setdefault(order_line, (item_id, unit, []))[2].append((receipt_line, quantity))
    _bill_order(work, order_id, goods, differs=work.dice.choice(list(goods)) if other_price else None)
    work.db.execute(
        "UPDATE receipts SET billed = 1 WHERE order_id = ? AND billed = 0 AND business_date < ?", (order_id, work.today)
    )
    return True


def bill_before_goods(work: Workday) -> bool:
    """Record a supplier's bill for a whole order before anything of it has arrived."""
    orders = work.rows(
        "SELECT id FROM purchase_orders WHERE billed = 0 AND billed_first = 1 AND business_date < ?"
        " ORDER BY id LIMIT 1",
        work.today,
    )
    if not orders:
        return False
    ((order_id,),) = orders
    lines = work.rows(
        "SELECT id, item_id, quantity_milli, unit_cents FROM purchase_order_lines WHERE order_id = ?"
        " ORDER BY line_number",
        order_id,
    )
    # The line's quantity is known, its receipts are not: they match when they arrive.
    _bill_order(work, order_id, {line: (item_id, unit, []) for line, item_id, _, unit in lines},
                ordered={line: quantity for line, _, quantity, _ in lines})  # fmt: skip
    work.set("purchase_orders", order_id, "billed", 1)
    return True


def _bill_order(
    work: Workday,
    order_id: int,
    goods: dict[int, tuple[int, int, list[tuple[int, int]]]],
    *,
    ordered: dict[int, int] | None = None,
    differs: int | None = None,
) -> None:
    ((supplier_id, place),) = work.rows("SELECT supplier_id, warehouse_id FROM purchase_orders WHERE id = ?", order_id)
    lines: list[dict[str, Value]] = []
    matches = []
    for order_line, (item_id, unit, received) in goods.items():
        quantity = ordered[order_line] if ordered else sum(part for _, part in received)
        if order_line == differs:
            unit += max(1, half_up(unit * work.dice.randrange(1, 5), 100)) * work.dice.choice([1, 1, -1])
            unit = max(1, unit)
        lines.append(_bill_line(work, item_id, quantity, unit, order_line_id=order_line))
        matches.append(received)
    if work.chance(4):
        freight = work.dice.randrange(4000, 18000)
        lines.append(_bill_line(work, work.by_sku["FREIGHT-IN"].id, 1000, freight, expense_account="FREIGHT-IN"))
    line_ids = _bill(work, supplier_id, lines, order_id=order_id, warehouse_id=place)
    for line_id, received in zip(line_ids, matches, strict=False):
        for receipt_line, quantity in received:
            _match(work, line_id, receipt_line, quantity)


def bill_expense(work: Workday) -> bool:
    """Record a bill for services only: hire, or freight billed by itself."""
    suppliers = work.rows("SELECT id FROM suppliers WHERE active = 1 ORDER BY id")
    days = work.dice.randrange(1, 4)
    hire, freight = work.by_sku["HIRE-LIFT"], work.by_sku["FREIGHT-IN"]
    lines = [_bill_line(work, hire.id, days * 1000, hire.purchase_cents, expense_account="EQUIPMENT-HIRE")]
    if work.chance(2):
        lines.append(_bill_line(work, freight.id, 1000, freight.purchase_cents, expense_account="FREIGHT-IN"))
    _bill(work, work.dice.choice(suppliers)[0], lines, memo="Services")
    return True


def _bill_line(work: Workday, item_id: int, quantity: int, unit: int, **values: int | str) -> dict[str, Value]:
    return {
        "item_id": item_id, "description": work.items[item_id].name, "quantity_milli": quantity, "unit_cents": unit,
        "net_cents": line_cents(quantity, unit), **values,
    }  # fmt: skip


def _bill(work: Workday, supplier_id: int, lines: list[dict[str, Value]], **values: int | str) -> list[int]:
    ((terms,),) = work.rows("SELECT terms_days FROM suppliers WHERE id = ?", supplier_id)
    net = sum(int(line["net_cents"] or 0) for line in lines)
    bill = work.add(
        "bills", number=work.number("BILL"), business_date=work.today, due_date=work.after(terms),
        supplier_id=supplier_id, supplier_reference=f"S{supplier_id}-{work.dice.randrange(10000, 100000)}",
        net_cents=net, total_cents=net, **values,
    )  # fmt: skip
    return [work.add("bill_lines", bill_id=bill, line_number=n, **line) for n, line in enumerate(lines, start=1)]


def _match(work: Workday, bill_line: int, receipt_line: int, quantity: int) -> None:
    work.add("bill_receipt_matches", bill_line_id=bill_line, receipt_line_id=receipt_line, quantity_milli=quantity)


def credit_return(work: Workday) -> bool:
    """Record the supplier's credit for goods sent back, at the price that was billed."""
    returns = work.rows(
        "SELECT id, supplier_id, warehouse_id FROM supplier_returns WHERE credited = 0 ORDER BY id LIMIT 1"
    )
    if not returns:
        return False
    ((return_id, supplier_id, place),) = returns
    lines = work.rows(
        "SELECT id, item_id, quantity_milli, credit_unit_cents FROM supplier_return_lines WHERE return_id = ?"
        " ORDER BY line_number",
        return_id,
    )
    net = sum(line_cents(quantity, unit) for _, _, quantity, unit in lines)
    credit = work.add(
        "supplier_credits", number=work.number("SCR"), business_date=work.today, supplier_id=supplier_id,
        supplier_reference=f"CR-{work.dice.randrange(10000, 100000)}", return_id=return_id, warehouse_id=place,
        net_cents=net, total_cents=net,
    )  # fmt: skip
    for position, (return_line, item_id, quantity, unit) in enumerate(lines, start=1):
        work.add(
            "supplier_credit_lines", credit_id=credit, line_number=position, return_line_id=return_line,
            item_id=item_id, quantity_milli=quantity, unit_cents=unit, net_cents=line_cents(quantity, unit),
        )  # fmt: skip
    work.set("supplier_returns", return_id, "credited", 1)
    return True
