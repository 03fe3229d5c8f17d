"""Selling: orders, shipments at moving-average cost, invoices with sales tax, returns and credit notes.

What belongs here: one function for each kind of work; it does one document and says whether there was anything to do.
Tax is reckoned on each line and rounded half up to a cent; a document's tax is the sum of its lines'.
"""

from __future__ import annotations

from typing import Any

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.arithmetic import half_up, line_cents
from qbo_pipeline.demo.workday import Value, Workday

_CREDIT_WITHIN_DAYS = 25
_RESELLER_PER_CENT = 88  # of the list price; a reseller pays no sales tax either

Lines = list[dict[str, Value]]


def order(work: Workday) -> bool:
    """Take an order of one to four products from one warehouse."""
    customer_id, _, taxable = _customer(work)
    order_id = work.add(
        "sales_orders", number=work.number("SO"), business_date=work.today, customer_id=customer_id,
        warehouse_id=work.warehouse_to_sell_from().id, customer_reference=f"P{work.dice.randrange(1000, 100000)}",
    )  # fmt: skip
    for position, (item_id, quantity, unit) in enumerate(_basket(work, taxable), start=1):
        work.add(
            "sales_order_lines", order_id=order_id, line_number=position, item_id=item_id, quantity_milli=quantity,
            unit_cents=unit,
        )  # fmt: skip
    return True


def quote(work: Workday) -> bool:
    """Quote one to four products and their installation to a customer."""
    customer_id, _, taxable = _customer(work)
    install = work.by_sku["INSTALL"]
    lines = [_line(work, item_id, quantity, unit, taxable) for item_id, quantity, unit in _basket(work, taxable)]
    lines.append(_line(work, install.id, work.dice.randrange(2, 9) * 500, install.sales_cents, 0))
    quote_id = work.add(
        "quotes", number=work.number("QUO"), business_date=work.today, customer_id=customer_id,
        memo="Valid for 30 days", **_totals(lines),
    )  # fmt: skip
    for position, line in enumerate(lines, start=1):
        work.add("quote_lines", quote_id=quote_id, line_number=position, **line)
    return True


def _basket(work: Workday, taxable: int) -> list[tuple[int, int, int]]:
    """One to four products, each with quantity and unit price; a reseller pays less."""
    basket = []
    for item in work.dice.sample(work.stocked, work.dice.choice([1, 2, 2, 3, 3, 4])):
        unit = item.sales_cents if taxable else half_up(item.sales_cents * _RESELLER_PER_CENT, 100)
        quantity = work.dice.randrange(1, item.usual_milli // item.step_milli + 1) * item.step_milli
        basket.append((item.id, quantity, unit))
    return basket


def ship(work: Workday) -> bool:
    """Ship an open order, or as much of it as is on hand."""
    columns = "SELECT id, customer_id, warehouse_id FROM sales_orders WHERE shipped = 0"
    orders = work.rows(f"{columns} ORDER BY id LIMIT 30") + work.rows(f"{columns} ORDER BY id DESC LIMIT 30")
    work.dice.shuffle(orders)
    for order_id, customer_id, place in orders:
        lines = []
        for line_id, item_id, lacking in work.rows(
            "SELECT id, item_id, quantity_milli - shipped_milli FROM sales_order_lines"
            " WHERE order_id = ? AND shipped_milli < quantity_milli ORDER BY line_number",
            order_id,
        ):
            quantity = min(lacking, stock.on_hand(work, item_id, place)[0])
            if quantity > 0:
                lines.append((line_id, item_id, quantity))
        if len(lines) > 1 and work.chance(8):
            lines.pop()
        if lines:
            _ship(work, order_id, customer_id, place, lines)
            return True
    return False


def _ship(work: Workday, order_id: int, customer_id: int, place: int, lines: list[tuple[int, int, int]]) -> None:
    shipment = work.add(
        "shipments", number=work.number("SHP"), business_date=work.today, customer_id=customer_id, warehouse_id=place,
        order_id=order_id,
    )  # fmt: skip
    for position, (order_line, item_id, quantity) in enumerate(lines, start=1):
        line = work.new_id()
        cost = stock.take_out(work, (shipment, line), item_id, place, quantity)
        work.add(
            "shipment_lines", line, shipment_id=shipment, line_number=position, order_line_id=order_line,
            item_id=item_id, quantity_milli=quantity, cost_cents=cost,
        )  # fmt: skip
        work.db.execute(
            "UPDATE sales_order_lines SET shipped_milli = shipped_milli + ? WHERE id = ?", (quantity, order_line)
        )
    work.db.execute(
        "UPDATE sales_orders SET shipped = NOT EXISTS (SELECT 1 FROM sales_order_lines AS l"
        " WHERE l.order_id = sales_orders.id AND l.shipped_milli < l.quantity_milli) WHERE id = ?",
        (order_id,),
    )


def invoice(work: Workday) -> bool:
    """Invoice a shipment; some invoices charge shipping or gift cartons."""
    shipments = work.rows(
        "SELECT h.id, h.customer_id, h.warehouse_id, o.customer_reference FROM shipments AS h"
        " JOIN sales_orders AS o ON o.id = h.order_id WHERE h.invoiced = 0 AND h.status = 'completed'"
        " ORDER BY h.id LIMIT 20"
    )
    if not shipments:
        return False
    shipment, customer_id, place, reference = work.dice.choice(shipments)
    ((terms, taxable),) = work.rows("SELECT terms_days, taxable FROM customers WHERE id = ?", customer_id)
    lines = [
        _line(work, item_id, quantity, unit, taxable, shipment_line_id=shipment_line)
        for shipment_line, item_id, quantity, unit in work.rows(
            "SELECT l.id, l.item_id, l.quantity_milli, o.unit_cents FROM shipment_lines AS l"
            " JOIN sales_order_lines AS o ON o.id = l.order_line_id WHERE l.shipment_id = ? ORDER BY l.line_number",
            shipment,
        )
    ]
    if work.chance(8):
        carton = work.by_sku["GIFT-CARTON"]
        lines.append(_line(work, carton.id, work.dice.randrange(1, 4) * 1000, carton.sales_cents, taxable))
    if work.chance(3):
        freight = work.by_sku["FREIGHT-OUT"]
        lines.append(_line(work, freight.id, 1000, freight.sales_cents * work.dice.randrange(1, 4), 0))
    _invoice(work, customer_id, terms, lines, shipment_id=shipment, warehouse_id=place, customer_reference=reference)
    work.set("shipments", shipment, "invoiced", 1)
    return True


def invoice_service(work: Workday) -> bool:
    """Invoice work on board: installation by the half hour, or a rigging inspection."""
    customer_id, terms, _ = _customer(work)
    install, check = work.by_sku["INSTALL"], work.by_sku["RIG-CHECK"]
    if work.chance(2):
        lines = [_line(work, install.id, work.dice.randrange(2, 17) * 500, install.sales_cents, 0)]
    else:
        lines = [_line(work, check.id, 1000, check.sales_cents, 0)]
    _invoice(work, customer_id, terms, lines, memo="Work on board")
    return True


def take_back(work: Workday) -> bool:
    """Take goods back into stock, at what they cost when they were shipped."""
    found = _creditable(work)
    if not found:
        return False
    invoice_id, customer_id, place, (invoice_line, item_id, quantity, shipped, cost) = found
    header = work.add(
        "customer_returns", number=work.number("RET"), business_date=work.today, customer_id=customer_id,
        warehouse_id=place, invoice_id=invoice_id,
    )  # fmt: skip
    line = work.new_id()
    value = half_up(cost * quantity, shipped)
    stock.bring_in(work, (header, line), item_id, place, quantity, value)
    work.add(
        "customer_return_lines", line, return_id=header, line_number=1, invoice_line_id=invoice_line,
        item_id=item_id, quantity_milli=quantity, cost_cents=value,
    )  # fmt: skip
    work.set("invoices", invoice_id, "credited", 1)
    return True


def credit_return(work: Workday) -> bool:
    """Credit goods that came back, at the price invoiced."""
    returns = work.rows(
        "SELECT r.id, r.invoice_id, l.invoice_line_id, l.quantity_milli FROM customer_returns AS r"
        " JOIN customer_return_lines AS l ON l.return_id = r.id WHERE r.credited = 0 ORDER BY r.id LIMIT 1"
    )
    if not returns:
        return False
    ((return_id, invoice_id, invoice_line, quantity),) = returns
    _credit(work, invoice_id, invoice_line, quantity, 100, "Returned", return_id)
    work.set("customer_returns", return_id, "credited", 1)
    return True


def credit_only(work: Workday) -> bool:
    """Credit goods that do not come back: spoiled ones in full, or a tenth of the price as an allowance."""
    found = _creditable(work)
    if not found:
        return False
    invoice_id, _, _, (invoice_line, _, quantity, _, _) = found
    per_cent, memo = work.dice.choice([(100, "Damaged in transit, not returned"), (10, "Price allowance")])
    _credit(work, invoice_id, invoice_line, quantity, per_cent, memo, None)
    work.set("invoices", invoice_id, "credited", 1)
    return True


def _creditable(work: Workday) -> tuple[int, int, int, Any] | None:
    """An invoice without credit, and of one of its lines: id, item, quantity to credit, quantity shipped, its cost."""
    invoices = work.rows(
        "SELECT id, customer_id, warehouse_id FROM invoices WHERE credited = 0 AND shipment_id IS NOT NULL"
        " AND business_date BETWEEN ? AND ? AND status = 'completed' ORDER BY business_date, id LIMIT 60",
        work.after(-_CREDIT_WITHIN_DAYS),
        work.after(-1),
    )
    if not invoices:
        return None
    invoice_id, customer_id, place = work.dice.choice(invoices)
    line_id, item_id, shipped, cost = work.dice.choice(
        work.rows(
            "SELECT l.id, l.item_id, s.quantity_milli, s.cost_cents FROM invoice_lines AS l"
            " JOIN shipment_lines AS s ON s.id = l.shipment_line_id WHERE l.invoice_id = ? ORDER BY l.line_number",
            invoice_id,
        )
    )
    step = work.items[item_id].step_milli
    quantity = work.dice.randrange(1, shipped // step + 1) * step
    return invoice_id, customer_id, place, (line_id, item_id, quantity, shipped, cost)


def _credit(
    work: Workday, invoice_id: int, invoice_line: int, quantity: int, per_cent: int, memo: str, return_id: int | None
) -> None:
    ((customer_id, place, item_id, unit, code),) = work.rows(
        "SELECT h.customer_id, h.warehouse_id, l.item_id, l.unit_cents, l.tax_code FROM invoices AS h"
        " JOIN invoice_lines AS l ON l.invoice_id = h.id WHERE h.id = ? AND l.id = ?",
        invoice_id,
        invoice_line,
    )
    lines = [_line(work, item_id, quantity, max(1, half_up(unit * per_cent, 100)), int(code == "TAX"))]
    credit = work.add(
        "credit_notes", number=work.number("CRN"), business_date=work.today, customer_id=customer_id,
        invoice_id=invoice_id, return_id=return_id, warehouse_id=place, memo=memo, **_totals(lines),
    )  # fmt: skip
    for position, line in enumerate(lines, start=1):
        work.add("credit_note_lines", credit_note_id=credit, line_number=position, invoice_line_id=invoice_line, **line)


def _customer(work: Workday) -> tuple[int, int, int]:
    customers = work.rows("SELECT id, terms_days, taxable FROM customers WHERE active = 1 ORDER BY id")
    customer_id, terms, taxable = work.dice.choice(customers)
    return customer_id, terms, taxable


def _invoice(work: Workday, customer_id: int, terms: int, lines: Lines, **values: Value) -> None:
    invoice_id = work.add(
        "invoices", number=work.number("INV"), business_date=work.today, due_date=work.after(terms),
        customer_id=customer_id, **values, **_totals(lines),
    )  # fmt: skip
    for position, line in enumerate(lines, start=1):
        work.add("invoice_lines", invoice_id=invoice_id, line_number=position, **line)


def _line(work: Workday, item_id: int, quantity: int, unit: int, taxable: int, **values: Value) -> dict[str, Value]:
    net = line_cents(quantity, unit)
    tax = half_up(net * work.sales_tax_per_mille, 1000) if taxable else 0
    return {
        "item_id": item_id, "description": work.items[item_id].name, "quantity_milli": quantity, "unit_cents": unit,
        "net_cents": net, "tax_cents": tax, "tax_code": "TAX" if taxable else "NON", **values,
    }  # fmt: skip


def _totals(lines: Lines) -> dict[str, Value]:
    net, tax = (sum(int(line[column] or 0) for line in lines) for column in ("net_cents", "tax_cents"))
    return {"net_cents": net, "tax_cents": tax, "total_cents": net + tax}
