"""Rules across columns and frames: whatever adds up breaks nothing, and one cent more is found where it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qbo_pipeline.inventory.checks import DIRECTION_OF, document_findings, movement_findings, payment_findings
from qbo_pipeline.inventory.findings import Finding
from qbo_pipeline.inventory.frames import make_frame

EXAMPLES = settings(max_examples=30, deadline=None)
CENTS = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents) / 100)
KNOWN = {
    name: frozenset({"x"}) for name in ("customer", "supplier", "product", "location", "document", "movement_line")
}
CENT = Decimal("0.01")
DAY = date(2024, 3, 1)


def _documents(groups: list[list[tuple[Decimal, Decimal]]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    headers, lines = [], []
    for number, own in enumerate(groups):
        net = sum((line[0] for line in own), Decimal(0))
        tax = sum((line[1] for line in own), Decimal(0))
        headers.append(
            {
                "document_id": f"d{number}", "kind": "bill", "business_date": DAY, "party_id": "x",
                "net_amount": net, "tax_amount": tax, "total_amount": net + tax,
            }
        )  # fmt: skip
        lines += [
            {"document_id": f"d{number}", "line_id": f"{number}-{n}", "net_amount": line[0], "tax_amount": line[1]}
            for n, line in enumerate(own)
        ]
    return headers, lines


def _check_documents(headers: list[dict[str, Any]], lines: list[dict[str, Any]]) -> list[Finding]:
    return document_findings(
        make_frame("documents", headers), make_frame("document_lines", lines), make_frame("bill_matches", []), KNOWN
    )


GROUPS = st.lists(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=5), min_size=1, max_size=5)


@EXAMPLES
@given(GROUPS)
def test_documents_that_add_up_break_nothing(groups: list[list[tuple[Decimal, Decimal]]]) -> None:
    assert _check_documents(*_documents(groups)) == []


@EXAMPLES
@given(GROUPS, st.data())
def test_a_cent_on_one_line_is_found_at_its_header(
    groups: list[list[tuple[Decimal, Decimal]]], data: st.DataObject
) -> None:
    headers, lines = _documents(groups)
    line = data.draw(st.sampled_from(lines))
    line["net_amount"] += CENT

    (finding,) = _check_documents(headers, lines)

    assert (finding.rule, finding.row) == ("lines_net", int(line["document_id"][1:]))


@EXAMPLES
@given(GROUPS, st.data())
def test_tax_may_differ_by_half_a_cent_for_each_line_and_no_more(
    groups: list[list[tuple[Decimal, Decimal]]], data: st.DataObject
) -> None:
    headers, lines = _documents(groups)
    row = data.draw(st.integers(0, len(headers) - 1))
    taxed = [line for line in lines if line["document_id"] == f"d{row}" and line["tax_amount"]]
    assume(taxed)
    off = data.draw(st.integers(-20, 20)) * CENT
    headers[row]["tax_amount"] += off
    headers[row]["total_amount"] += off

    rules = [(finding.rule, finding.row) for finding in _check_documents(headers, lines)]

    assert rules == ([("lines_tax", row)] if abs(off) > Decimal("0.005") * (len(taxed) + 1) else [])


def test_a_document_may_keep_its_tax_in_the_header_alone() -> None:
    headers, lines = _documents([[(Decimal(100), Decimal(0))]])
    headers[0] |= {"tax_amount": Decimal(19), "total_amount": Decimal(119)}

    assert _check_documents(headers, lines) == []


def _movements(kind: str, lines: list[dict[str, Any]]) -> list[Finding]:
    stock = {"movement_id": "m", "role": "stock", "product_id": "x", "location_id": "x", "quantity": Decimal(0)}
    rows = [{**stock, "line_id": f"l{number}", **line} for number, line in enumerate(lines)]
    header = {"movement_id": "m", "kind": kind, "business_date": DAY, "currency": "EUR", "party_id": "x"}
    return movement_findings(make_frame("movements", [header]), make_frame("movement_lines", rows), KNOWN)


@EXAMPLES
@given(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=6))
def test_a_transfer_that_keeps_quantity_and_value_breaks_nothing(moved: list[tuple[Decimal, Decimal]]) -> None:
    lines = [
        {"quantity": sign * abs(quantity), "value": sign * abs(value)} for quantity, value in moved for sign in (-1, 1)
    ]

    assert [finding for finding in _movements("transfer", lines) if finding.fatal] == []


@EXAMPLES
@given(st.lists(CENTS, min_size=1, max_size=6), CENTS.filter(lambda labour: labour >= 0))
def test_an_assembly_adds_its_labour_to_the_stock(parts: list[Decimal], labour: Decimal) -> None:
    made = sum((abs(part) for part in parts), labour)
    lines: list[dict[str, Any]] = [{"quantity": Decimal(-1), "value": -abs(part)} for part in parts]
    lines += [{"quantity": Decimal(1), "value": made}, {"role": "labour", "value": labour}]

    def rules() -> list[str]:
        return [finding.rule for finding in _movements("assembly", lines) if finding.fatal]

    assert rules() == []
    lines[-2]["value"] = made + Decimal("0.05")
    assert rules() == []
    lines[-2]["value"] = made + Decimal("0.06")
    assert rules() == ["assembly"]


@EXAMPLES
@given(st.sampled_from(sorted(DIRECTION_OF)), CENTS.filter(bool))
def test_a_quantity_against_its_kind_warns(kind: str, quantity: Decimal) -> None:
    findings = _movements(kind, [{"quantity": quantity, "value": quantity}])

    against = (quantity > 0) != (DIRECTION_OF[kind] > 0)
    assert [(finding.rule, finding.fatal) for finding in findings] == ([("against_its_kind", False)] if against else [])


def test_a_stock_count_may_find_nothing_to_correct() -> None:
    assert _movements("stock_count", []) == []
    assert [finding.rule for finding in _movements("receipt", [])] == ["no_lines"]


@EXAMPLES
@given(CENTS, st.lists(CENTS, max_size=5))
def test_allocations_lie_between_nothing_and_the_payment(amount: Decimal, allocated: list[Decimal]) -> None:
    payment = {
        "payment_id": "y", "kind": "payment_made", "business_date": DAY, "party_id": "x", "amount": amount,
    }  # fmt: skip
    rows = [
        {"payment_id": "y", "allocation_id": str(n), "document_id": "x", "amount": part}
        for n, part in enumerate(allocated)
    ]

    findings = payment_findings(make_frame("payments", [payment]), make_frame("payment_allocations", rows), KNOWN)

    total = sum(allocated, Decimal(0))
    within = min(amount, Decimal(0)) <= total <= max(amount, Decimal(0))
    assert [finding.rule for finding in findings] == ([] if within else ["over_allocated"])


def test_what_cannot_be_compared_breaks_nothing_more() -> None:
    """A cell that was no number is null here; its own finding exists already."""
    headers, lines = _documents([[(Decimal(1), Decimal(0))]])
    headers[0]["net_amount"] = None

    assert _check_documents(headers, lines) == []
