"""FIFO: cases restated from the tests of other systems, and what must hold for any sequence of movements."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.fifo import Fifo
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    account,
    bill_line,
    expense_line,
    id_of,
    open_company,
    ref,
    sale_line,
    stock_item,
)


def _cases(folder: Path) -> list[Body]:
    """Cases of method FIFO on which a textbook engine agrees with the source in every expected number."""
    found = json.loads((folder / "valuation_cases.json").read_text(encoding="utf-8"), parse_float=Decimal)["cases"]
    return [
        case
        for case in found
        if case["cost_method"] == "fifo" and (check := case["textbook_check"]) and check["agree"] == check["checked"]
    ]


class Shop:
    """Carries out a case's steps with bills, vendor credits, invoices and adjustments, one day after another."""

    def __init__(self, case: Body) -> None:
        self.company: Company = open_company("us")
        cost = next((step["unit_cost"] for step in case["steps"] if step["op"] == "set_unit_cost"), 0)
        self.item = stock_item(self.company, "product", cost=cost)
        self.vendor = ref(id_of(self.company, "Vendor", "Hicks Hardware"))
        self.customer = ref(id_of(self.company, "Customer", "Cool Cars"))
        self.day = 0

    def document(self, kind: str, **body: Any) -> None:
        self.day += 1
        self.company.create(kind, {"TxnDate": f"2026-01-{self.day:02d}", **body})

    def move(self, step: Body) -> None:
        way, quantity = (step["src"], step["dst"]), step["qty"]
        if way == ("supplier", "stock"):
            self.document("Bill", VendorRef=self.vendor, Line=[bill_line(self.item, quantity, step["unit_cost"])])
        elif way == ("stock", "customer"):
            self.document("Invoice", CustomerRef=self.customer, Line=[sale_line(self.item, quantity, 1)])
        elif way == ("supplier", "customer"):
            line = expense_line(account(self.company, "Cost of Goods Sold"), quantity * step["unit_cost"])
            self.document("Bill", VendorRef=self.vendor, Line=[line])
        elif way == ("inventory", "stock"):
            line = {
                "DetailType": "ItemAdjustmentLineDetail",
                "ItemAdjustmentLineDetail": {"ItemRef": ref(self.item), "QtyDiff": quantity},
            }
            self.document(
                "InventoryAdjustment", AdjustAccountRef=account(self.company, "Inventory Shrinkage"), Line=[line]
            )
        else:
            raise AssertionError(f"no document for a move {way}")

    def return_of_move(self, step: Body) -> None:
        self.document("VendorCredit", VendorRef=self.vendor, Line=[bill_line(self.item, step["qty"], 1)])

    def number(self, metric: str) -> Decimal:
        """A number of the item's first movement, or of the valuation summary."""
        if metric in ("layer_value", "layer_remaining_qty"):
            section = self.rows("InventoryValuationDetail", {"start_date": "2026-01-01", "end_date": "2026-01-31"})
            moves = section["Rows"]["Row"]
            return Decimal(
                moves[0]["ColData"][6]["value"] if metric == "layer_value" else moves[-1]["ColData"][7]["value"]
            )
        cells = self.rows("InventoryValuationSummary", {"report_date": "2026-01-31"})["ColData"]
        return Decimal(cells[{"stock_qty": 2, "stock_value": 3, "unit_cost": 4}[metric]]["value"])

    def rows(self, report: str, params: dict[str, str]) -> Body:
        found = self.company.report(report, params | {"item": self.item})["Rows"]["Row"]
        return next(row for row in found if row.get("ColData") or row.get("Header"))


def test_cases_of_other_systems(shared_data: Path) -> None:
    cases = _cases(shared_data)
    assert len(cases) >= 4
    for case in cases:
        shop = Shop(case)
        for step in case["steps"]:
            if step["op"] == "expect":
                assert shop.number(step["metric"]) == step["value"], (case["id"], step)
            elif step["op"] in ("move", "return_of_move"):
                getattr(shop, step["op"])(step)
            else:
                assert step["op"] in ("set_cost_method", "set_unit_cost"), (
                    f"{case['id']}: step {step['op']} is not known"
                )


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("in"), st.integers(1, 10**6), st.integers(0, 10**7)),
        st.tuples(st.just("out"), st.integers(1, 10**6), st.just(0)),
    ),
    max_size=40,
)


@given(MOVES, st.integers(0, 10**5))
def test_value_in_is_value_out_and_value_left(moves: list[tuple[str, int, int]], purchase_cost: int) -> None:
    fifo = Fifo(purchase_cost, 1000)
    costs: dict[tuple[str, int, int], int] = {}
    units = received = 0
    for n, (way, count, value) in enumerate(moves):
        key = ("", n, 0)
        if way == "in":
            received, units = received + value, units + count
            for changed, delta in fifo.receive(count, value):
                costs[changed] += delta
        else:
            units -= count
            costs[key] = fifo.issue(key, count)
    left = sum(layer[1] for layer in fifo.layers) - sum(short.value for short in fifo.shortages)
    assert received - sum(costs.values()) == left
    assert units == sum(layer[0] for layer in fifo.layers) - sum(short.units for short in fifo.shortages)
    assert not (fifo.layers and fifo.shortages), "stock is never left over beside a shortage"


@given(MOVES)
def test_order_of_sale_and_receipt_does_not_matter_to_the_total_once_nothing_is_short(
    moves: list[tuple[str, int, int]],
) -> None:
    """What is sold before it comes costs in the end what it would have cost had it come first."""
    early, late = Fifo(5, 1), Fifo(5, 1)
    ins = [(units, value) for way, units, value in moves if way == "in"]
    outs = [units for way, units, _ in moves if way == "out"]
    if sum(outs) > sum(units for units, _ in ins):
        return
    for units, value in ins:
        early.receive(units, value)
    cost_early = sum(early.issue(("", n, 0), units) for n, units in enumerate(outs))
    cost_late = sum(late.issue(("", n, 0), units) for n, units in enumerate(outs))
    for units, value in ins:
        cost_late += sum(delta for _, delta in late.receive(units, value))
    assert abs(cost_early - cost_late) <= len(moves), "only rounding of the last minor unit may differ"
