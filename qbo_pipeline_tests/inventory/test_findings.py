"""What a finding says: the frame, the row, the rule, the column, the value and the words, for each rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.inventory.checks import document_findings, movement_findings, payment_findings
from qbo_pipeline.inventory.findings import Finding
from qbo_pipeline.inventory.frames import make_frame
from qbo_pipeline.inventory.schemas import KEYS, schema_findings

D = Decimal
DAY, NEXT = date(2024, 3, 1), date(2024, 3, 2)
NAMES = ("customer", "supplier", "product", "location", "document", "movement_line")
KNOWN = {name: frozenset({name[0]}) for name in NAMES}  # one of each, called by its first letter
Rows = dict[str, list[dict[str, Any]]]


def documents() -> Rows:
    header = {
        "document_id": "i", "kind": "bill", "business_date": DAY, "party_id": "s", "location_id": "l",
        "net_amount": D("10"), "tax_amount": D("1"), "total_amount": D("11"),
    }  # fmt: skip
    line = {
        "document_id": "i", "line_id": "1", "business_date": DAY, "product_id": "p", "location_id": "l",
        "net_amount": D("10"), "tax_amount": D("1"),
    }  # fmt: skip
    match = {"document_id": "i", "line_id": "1", "movement_line_id": "m"}
    return {"documents": [header], "document_lines": [line], "bill_matches": [match]}


def movements(kind: str = "receipt") -> Rows:
    header = {"movement_id": "m", "kind": kind, "business_date": DAY, "party_id": "s", "currency": "EUR"}
    line = {
        "movement_id": "m", "line_id": "1", "role": "stock", "business_date": DAY, "currency": "EUR",
        "product_id": "p", "location_id": "l", "quantity": D("2"), "value": D("10"),
    }  # fmt: skip
    return {"movements": [header], "movement_lines": [line]}


def payments() -> Rows:
    header = {"payment_id": "y", "kind": "payment_made", "business_date": DAY, "party_id": "s", "amount": D("10")}
    part = {"payment_id": "y", "allocation_id": "1", "business_date": DAY, "document_id": "d", "amount": D("10")}
    return {"payments": [header], "payment_allocations": [part]}


CHECKS: dict[str, Callable[..., list[Finding]]] = {
    "documents": document_findings, "movements": movement_findings, "payments": payment_findings,
}  # fmt: skip


def found(rows: Rows) -> list[Finding]:
    return CHECKS[next(iter(rows))](*(make_frame(kind, own) for kind, own in rows.items()), KNOWN)


def spoilt(rows: Rows, frame: str, /, **changes: Any) -> Rows:
    rows[frame][0] |= changes
    return rows


def transfer(**second: Any) -> Rows:
    rows = spoilt(movements("transfer"), "movement_lines", quantity=D("-2"), value=D("-10"))
    rows["movements"][0]["party_id"] = None
    rows["movement_lines"].append({**movements()["movement_lines"][0], "line_id": "2"} | second)
    return rows


def assembly(labour: str, quantity: str = "0") -> Rows:
    rows = movements("assembly")
    rows["movements"][0]["party_id"] = None
    work = {"line_id": "2", "role": "labour", "product_id": None, "location_id": None}
    own = {"quantity": D(quantity), "value": D(labour)}
    rows["movement_lines"].append(rows["movement_lines"][0] | work | own)
    return rows


ONE: list[tuple[Rows, Finding]] = [
    (spoilt(documents(), "documents", total_amount=D("12")), Finding(
        "documents", 0, "total", "total_amount", "12",
        "total_amount is 12, but net_amount 10 and tax_amount 1 make 11",
    )),
    (spoilt(documents(), "document_lines", net_amount=D("9.5")), Finding(
        "documents", 0, "lines_net", "net_amount", "10",
        "net_amount is 10, but its 1 lines add up to 9.5: 0.5 is missing",
    )),
    (documents() | {"document_lines": [], "bill_matches": []}, Finding(
        "documents", 0, "lines_net", "net_amount", "10",
        "net_amount is 10, but its 0 lines add up to 0: 10 is missing",
    )),
    (spoilt(documents(), "document_lines", tax_amount=D("0.98")), Finding(
        "documents", 0, "lines_tax", "tax_amount", "1",
        "tax_amount is 1, but the lines' tax adds up to 0.98; rounding allows 0.01",
    )),
    (spoilt(documents(), "documents", party_id="c"), Finding(
        "documents", 0, "reference", "party_id", "c", "party_id 'c' is no supplier that the source delivers",
    )),
    (spoilt(documents(), "documents", kind="sales_invoice"), Finding(
        "documents", 0, "reference", "party_id", "s", "party_id 's' is no customer that the source delivers",
    )),
    (spoilt(documents(), "documents", location_id="x"), Finding(
        "documents", 0, "reference", "location_id", "x", "location_id 'x' is no location that the source delivers",
    )),
    (spoilt(documents(), "document_lines", product_id="x"), Finding(
        "document_lines", 0, "reference", "product_id", "x", "product_id 'x' is no product that the source delivers",
    )),
    (spoilt(documents(), "document_lines", location_id="x"), Finding(
        "document_lines", 0, "reference", "location_id", "x",
        "location_id 'x' is no location that the source delivers",
    )),
    (spoilt(documents(), "document_lines", business_date=NEXT), Finding(
        "document_lines", 0, "line_date", "business_date", "2024-03-02",
        "the line's business_date is 2024-03-02, the header's is 2024-03-01",
    )),
    (spoilt(documents(), "bill_matches", line_id="2"), Finding(
        "bill_matches", 0, "reference", "line_id", "2", "line_id '2' is no line of document 'i'",
    )),
    (spoilt(documents(), "bill_matches", movement_line_id="x"), Finding(
        "bill_matches", 0, "reference", "movement_line_id", "x",
        "movement_line_id 'x' is no movement line that the source delivers",
    )),
    (spoilt(movements(), "movements", party_id="c"), Finding(
        "movements", 0, "reference", "party_id", "c", "party_id 'c' is no supplier that the source delivers",
    )),
    (movements() | {"movement_lines": []}, Finding(
        "movements", 0, "no_lines", "movement_id", "m", "the movement has no line, so it says nothing of what moved",
    )),
    (spoilt(movements(), "movement_lines", product_id=None), Finding(
        "movement_lines", 0, "required", "product_id", None, "product_id is empty; a line of stock needs it",
    )),
    (spoilt(movements(), "movement_lines", location_id=None), Finding(
        "movement_lines", 0, "required", "location_id", None, "location_id is empty; a line of stock needs it",
    )),
    (spoilt(movements(), "movement_lines", product_id="x"), Finding(
        "movement_lines", 0, "reference", "product_id", "x", "product_id 'x' is no product that the source delivers",
    )),
    (spoilt(movements(), "movement_lines", location_id="x"), Finding(
        "movement_lines", 0, "reference", "location_id", "x",
        "location_id 'x' is no location that the source delivers",
    )),
    (spoilt(movements(), "movement_lines", business_date=NEXT), Finding(
        "movement_lines", 0, "line_date", "business_date", "2024-03-02",
        "the line's business_date is 2024-03-02, the header's is 2024-03-01",
    )),
    (spoilt(movements(), "movement_lines", currency="USD"), Finding(
        "movement_lines", 0, "line_currency", "currency", "USD", "the line's currency is USD, the header's is EUR",
    )),
    (spoilt(movements(), "movement_lines", quantity=D("-2"), value=D("-10")), Finding(
        "movement_lines", 0, "against_its_kind", "quantity", "-2",
        "a receipt of -2: taken as the reversal of one", fatal=False,
    )),
    (spoilt(movements(), "movement_lines", value=D("-10")), Finding(
        "movement_lines", 0, "negative_cost", "value", "-10",
        "quantity 2 at value -10: the cost of one is negative", fatal=False,
    )),
    (spoilt(movements("landed_cost"), "movements", party_id=None), Finding(
        "movement_lines", 0, "value_alone", "quantity", "2", "a landed_cost changes value alone, but quantity is 2",
    )),
    (assembly("9.94"), Finding(
        "movements", 0, "assembly", "value", "10",
        "an assembly adds the labour, overhead and suppliers' work that it absorbs to the stock, but stock changes by "
        "10 and these are 9.94",
    )),
    (assembly("10", quantity="1"), Finding(
        "movement_lines", 1, "labour", "quantity", "1", "a line of labour moves no stock, but quantity is 1",
    )),
    (transfer(quantity=D("3")), Finding(
        "movements", 0, "transfer", "quantity", "1",
        "what a transfer takes out it puts in, but of product 'p' 1 is left over",
    )),
    (transfer(value=D("11")), Finding(
        "movements", 0, "transfer", "value", "1",
        "a transfer keeps the value of the stock, but its lines change it by 1; deliver the difference as a "
        "revaluation or landed cost",
    )),
    (spoilt(payments(), "payments", party_id="c"), Finding(
        "payments", 0, "reference", "party_id", "c", "party_id 'c' is no supplier that the source delivers",
    )),
    (spoilt(payments(), "payment_allocations", amount=D("10.01")), Finding(
        "payments", 0, "over_allocated", "amount", "10", "the payment is 10, but 10.01 of it is allocated",
    )),
    (spoilt(payments(), "payment_allocations", document_id="x"), Finding(
        "payment_allocations", 0, "reference", "document_id", "x",
        "document_id 'x' is no document that the source delivers",
    )),
    (spoilt(payments(), "payment_allocations", business_date=NEXT), Finding(
        "payment_allocations", 0, "line_date", "business_date", "2024-03-02",
        "the line's business_date is 2024-03-02, the header's is 2024-03-01",
    )),
]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [documents(), movements(), payments(), transfer(), assembly("10"), assembly("9.95"), assembly("10.05")],
    ids=["document", "movement", "payment", "transfer", "assembly", "five cents less", "five cents more"],
)
def test_what_is_well_breaks_nothing(rows: Rows) -> None:
    assert found(rows) == []


@pytest.mark.parametrize(
    ("rows", "finding"), ONE, ids=[f"{n}-{row[1].rule}-{row[1].column}" for n, row in enumerate(ONE)]
)
def test_one_fault_is_one_finding_to_the_last_word(rows: Rows, finding: Finding) -> None:
    assert found(rows) == [finding]


def test_a_fault_is_found_in_its_own_row_of_several() -> None:
    rows = documents()
    second = {"document_id": "j", "total_amount": D("12")}
    rows["documents"].append(rows["documents"][0] | second)
    rows["document_lines"].append(rows["document_lines"][0] | {"document_id": "j", "line_id": "2"})
    assert [(finding.row, finding.rule) for finding in found(rows)] == [(1, "total")]


def test_a_header_that_is_there_twice_is_no_hindrance() -> None:
    rows = documents()
    rows["documents"].append(rows["documents"][0] | {"number": "2"})
    assert found(rows) == []


@pytest.mark.parametrize(("off", "broken"), [("0.01", False), ("-0.01", False), ("0.012", True), ("-0.012", True)])
def test_a_line_without_tax_adds_nothing_to_what_rounding_allows(off: str, broken: bool) -> None:
    rows = spoilt(documents(), "documents", tax_amount=1 + D(off), total_amount=11 + D(off))
    rows["document_lines"] += [
        rows["document_lines"][0] | {"line_id": line, "net_amount": D(0), "tax_amount": tax}
        for line, tax in (("2", D(0)), ("3", None))
    ]
    assert [finding.rule for finding in found(rows)] == (["lines_tax"] if broken else [])


def test_of_a_transfer_the_first_product_that_is_left_over_is_named() -> None:
    rows = transfer(quantity=D(3))
    rows["movement_lines"] += [
        rows["movement_lines"][0] | {"line_id": "3", "product_id": "q", "quantity": D(5), "value": D(0)}
    ]
    (finding,) = [finding for finding in found(rows) if finding.rule == "transfer"]
    assert (finding.value, "product 'p' 1 is left over" in finding.message) == ("1", True)


@pytest.mark.parametrize(
    ("kind", "quantity", "value", "rules"),
    [
        ("receipt", "0", "1", []), ("receipt", "0.5", "1", []), ("receipt", "-0.5", "-1", ["against_its_kind"]),
        ("shipment", "0", "-1", []), ("shipment", "-0.5", "-1", []), ("shipment", "0.5", "1", ["against_its_kind"]),
        ("adjustment", "0", "-1", []), ("adjustment", "0", "1", []), ("adjustment", "1", "0", []),
        ("adjustment", "1", "0.5", []), ("adjustment", "-1", "0", []), ("adjustment", "-1", "-0.5", []),
        ("adjustment", "0.5", "-1", ["negative_cost"]), ("adjustment", "-1", "0.5", ["negative_cost"]),
        ("revaluation", "0", "5", []), ("revaluation", "1", "5", ["value_alone"]),
    ],
)  # fmt: skip
def test_what_a_lines_signs_say(kind: str, quantity: str, value: str, rules: list[str]) -> None:
    rows = spoilt(movements(kind), "movement_lines", quantity=D(quantity), value=D(value))
    rows["movements"][0]["party_id"] = None
    assert [finding.rule for finding in found(rows)] == rules


def test_negative_labour_is_named() -> None:
    findings = [finding for finding in found(assembly("-1")) if finding.rule == "labour"]
    words = "absorbed labour is -1; it has to be positive"
    assert findings == [Finding("movement_lines", 1, "labour", "value", "-1", words)]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("currency", "EURO", ("currency", "EURO", "currency is 'EURO', which is no currency code of ISO 4217 such as")),
        ("kind", "friend", ("choice", "friend", "kind is 'friend'; it has to be one of customer, supplier")),
        ("name", None, ("required", None, "name is empty; ")),
    ],
)
def test_a_bad_cell_is_told_in_words(column: str, value: Any, expected: tuple[str, str | None, str]) -> None:
    good = {"party_id": "1", "kind": "customer", "name": "Café"}
    rows = [good | {"party_id": "0"}, good | {column: value}]
    (finding,) = schema_findings("parties", make_frame("parties", rows))
    assert (finding.kind, finding.row, finding.column) == ("parties", 1, column)
    assert (finding.rule, finding.value) == expected[:2]
    assert finding.message.startswith(expected[2])


def test_a_key_that_is_there_twice_is_told_with_all_its_parts() -> None:
    rows = [{"party_id": "1", "kind": "customer", "name": name} for name in ("A", "B")]
    words = "kind and party_id 'customer/1' appears more than once; ids are unique within parties"
    expected = [Finding("parties", row, "duplicate", "party_id", "customer/1", words) for row in (0, 1)]
    assert schema_findings("parties", make_frame("parties", rows)) == expected


def test_a_key_with_an_empty_part_is_no_duplicate() -> None:
    rows = [{"party_id": party, "kind": "customer", "name": "A"} for party in (None, None, "1", "1")]
    findings = schema_findings("parties", make_frame("parties", rows))
    assert [(finding.row, finding.rule) for finding in findings] == [
        (0, "required"), (1, "required"), (2, "duplicate"), (3, "duplicate"),
    ]  # fmt: skip


def test_a_key_of_one_part_is_told_by_itself() -> None:
    rows = [{"product_id": "1", "kind": "stocked", "name": name} for name in ("A", "B")]
    words = "product_id '1' appears more than once; ids are unique within products"
    expected = [Finding("products", row, "duplicate", "product_id", "1", words) for row in (0, 1)]
    assert schema_findings("products", make_frame("products", rows)) == expected


def test_the_keys_are_those_of_the_contract() -> None:
    assert KEYS == {
        "parties": ("kind", "party_id"), "products": ("product_id",), "locations": ("location_id",),
        "documents": ("document_id",), "document_lines": ("line_id",),
        "bill_matches": ("line_id", "movement_line_id"), "movements": ("movement_id",),
        "movement_lines": ("line_id",), "payments": ("payment_id",), "payment_allocations": ("allocation_id",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "allocated", "broken"),
    [
        ("10", "10", False), ("10", "0", False), ("10", "-0.01", True), ("10", "10.01", True),
        ("0", "0", False), ("0", "0.01", True), ("0", "-0.01", True), ("0.5", "0.6", True), ("0.5", "0.5", False),
        ("-10", "-10", False), ("-10", "0", False), ("-10", "0.01", True), ("-10", "-10.01", True),
    ],
)  # fmt: skip
def test_what_is_allocated_lies_between_nothing_and_the_payment(amount: str, allocated: str, broken: bool) -> None:
    rows = spoilt(spoilt(payments(), "payments", amount=D(amount)), "payment_allocations", amount=D(allocated))
    assert [finding.rule for finding in found(rows)] == (["over_allocated"] if broken else [])
