"""The value of a movement's line from its quantity and the cost of one unit, exact.

What belongs here: the one place where a source's unit cost is multiplied, so that no SELECT has to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from qbo_pipeline.inventory.findings import Finding
from qbo_pipeline.inventory.frames import DECIMAL_PLACES, DECIMAL_PRECISION
from qbo_pipeline.inventory.records import decimal_text

_KIND = "movement_lines"
_CENT = Decimal("0.01")
_EXACT = Context(prec=60)  # a quantity and a unit cost have at most 18 digits each


def complete_values(rows: Iterable[dict[str, Any]], broken: Collection[int]) -> list[Finding]:
    """Give each line its value, where `unit_cost` stands in its place; what is missing or disagrees, as findings.

    The value is quantity times unit cost, rounded half up (away from zero) to 2 decimals. `broken` are the numbers of
    rows of which a cell could not be read: nothing more is said of these.
    """
    findings = []
    for number, row in enumerate(rows):
        unit_cost = row.get("unit_cost")
        if number in broken or row["quantity"] is None:
            continue
        if unit_cost is None:
            if row["value"] is None:
                findings.append(_finding(number, "required", "value", None, "neither value nor unit_cost is given"))
            continue
        product = _in_cents(_EXACT.multiply(row["quantity"], unit_cost))
        if row["value"] is None and not row["quantity"] and unit_cost:
            message = "a line without quantity has no value by its unit_cost: deliver its value"
            findings.append(_finding(number, "unit_cost", "value", None, message))
        elif row["value"] is None and product.adjusted() >= DECIMAL_PRECISION - DECIMAL_PLACES:
            message = f"quantity times unit_cost has more than {DECIMAL_PRECISION - DECIMAL_PLACES} digits"
            findings.append(_finding(number, "too_large", "unit_cost", unit_cost, message))
        elif row["value"] is None:
            row["value"] = product
        elif _in_cents(row["value"]) != product:
            message = (
                f"the value {decimal_text(row['value'])} is not the quantity {decimal_text(row['quantity'])} times the "
                f"unit_cost {decimal_text(unit_cost)}, which is {product}: deliver one of the two, or correct it"
            )
            findings.append(_finding(number, "unit_cost", "unit_cost", unit_cost, message))
    return findings


def _in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP, context=_EXACT)


def _finding(row: int, rule: str, column: str, value: Decimal | None, message: str) -> Finding:
    return Finding(_KIND, row, rule, column, None if value is None else decimal_text(value), message)
