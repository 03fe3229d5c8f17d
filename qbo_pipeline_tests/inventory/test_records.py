"""The way of a record to JSON and back, and its hash: the stored form, which must stay as it is.

A hash in another form would make every stored record look as if the source had changed it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qbo_pipeline.inventory.records import (
    RECORD_TYPES,
    Allocation,
    Document,
    DocumentLine,
    JsonObject,
    Location,
    Match,
    Movement,
    MovementLine,
    Party,
    Payment,
    Product,
    Record,
    canonical_json,
    content_hash,
    decimal_text,
    record_key,
    record_type,
)

D, DAY = Decimal, date(2024, 3, 1)
RECORDS: list[tuple[Record, str, JsonObject]] = [
    (Party(party_id="1", kind="customer", name="Café"), "party/customer:1",
     {"party_id": "1", "kind": "customer", "name": "Café", "active": True}),
    (Product(product_id="p", kind="stocked", name="Pen", category="Office"), "product/p",
     {"product_id": "p", "kind": "stocked", "name": "Pen", "category": "Office", "active": True}),
    (Location(location_id="l", name="North"), "location/l",
     {"location_id": "l", "kind": "location", "name": "North"}),
    (Document(
        document_id="d", kind="bill", number="7", business_date=DAY, due_date=date(2024, 3, 31), party_id="1",
        currency="EUR", exchange_rate=D("1.10"), net_amount=D("90.50"), total_amount=D("90.5"), class_="East",
        lines=(DocumentLine(line_id="a", line_number=1, quantity=D("-0.0"), net_amount=D("90.5")),),
        matches=(Match(line_id="a", movement_id="m", movement_line_id="b", quantity=D("2")),),
     ), "document/d",
     {"document_id": "d", "kind": "bill", "number": "7", "business_date": "2024-03-01", "due_date": "2024-03-31",
      "party_id": "1", "currency": "EUR", "exchange_rate": "1.1", "net_amount": "90.5", "tax_amount": "0",
      "total_amount": "90.5", "status": "completed", "class": "East",
      "lines": [{"line_id": "a", "line_number": 1, "quantity": "0", "net_amount": "90.5", "tax_amount": "0"}],
      "matches": [{"line_id": "a", "movement_id": "m", "movement_line_id": "b", "quantity": "2"}]}),
    (Movement(
        movement_id="m", kind="receipt", number="8", business_date=DAY, currency="EUR",
        lines=(MovementLine(line_id="b", line_number=1, product_id="p", quantity=D("2"), value=D("-3")),),
     ), "movement/m",
     {"movement_id": "m", "kind": "receipt", "number": "8", "business_date": "2024-03-01", "currency": "EUR",
      "status": "completed", "lines": [
          {"line_id": "b", "line_number": 1, "role": "stock", "product_id": "p", "quantity": "2", "value": "-3"}]}),
    (Payment(
        payment_id="y", kind="payment_made", number="9", business_date=DAY, party_id="1", currency="EUR",
        amount=D("1E+2"), allocations=(Allocation(allocation_id="c", document_id="d", amount=D("100")),),
     ), "payment/y",
     {"payment_id": "y", "kind": "payment_made", "number": "9", "business_date": "2024-03-01", "party_id": "1",
      "currency": "EUR", "amount": "100", "status": "completed",
      "allocations": [{"allocation_id": "c", "document_id": "d", "amount": "100"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "key", "content"), RECORDS, ids=[key for _, key, _ in RECORDS])
def test_a_record_goes_to_json_and_comes_back(record: Record, key: str, content: JsonObject) -> None:
    assert record.to_content() == content
    back = RECORD_TYPES[record_type(record)].from_content(content)
    assert back == record
    assert back.to_content() == content
    assert record_key(record) == key


def test_an_unknown_or_missing_field_is_refused() -> None:
    with pytest.raises(TypeError):
        Location.from_content({"location_id": "l", "name": "North", "colour": "red"})
    with pytest.raises(TypeError):
        Location.from_content({"location_id": "l"})


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("-0", "0"), ("-0.00", "0"), ("0.00", "0"), ("100", "100"), ("1E+3", "1000"), ("1E-7", "0.0000001"),
     ("-1.50", "-1.5"), ("10.0", "10")],
)  # fmt: skip
def test_equal_numbers_have_equal_text(value: str, text: str) -> None:
    assert decimal_text(D(value)) == text


def test_a_content_is_written_in_one_way_and_hashed_as_it_is_written() -> None:
    assert canonical_json({"b": ["é", 1], "a": True}) == '{"a":true,"b":["é",1]}'
    assert content_hash({"b": 1, "a": "é"}) == content_hash({"a": "é", "b": 1})
    assert content_hash({"a": "é"}) == "b3a092a6af48807fa9482b2ee140105575daa26d5b24b3c0e60a7e2dee6683b1"
