"""Payloads as bytes: exact, deterministic, and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.quickbooks.wire import NotExact, from_wire, to_wire

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=-(10**15), max_value=10**15)
texts = st.text(st.characters(exclude_categories=["Cs"]))
payloads: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def _shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(list(value))}
    return [_shuffled(item) for item in value] if isinstance(value, list) else value


@given(payloads)
def test_what_is_written_is_read_back_equal(payload: Any) -> None:
    assert from_wire(to_wire(payload)) == payload


@given(payloads)
def test_the_order_of_keys_does_not_matter(payload: Any) -> None:
    assert to_wire(_shuffled(payload)) == to_wire(payload)


@given(payloads)
def test_other_readers_understand_the_text(payload: Any) -> None:
    assert json.loads(to_wire(payload), parse_float=Decimal) == payload


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.10"), b"0.1"),
        (Decimal("100"), b"100"),
        (Decimal("1E+3"), b"1000"),
        (Decimal("1E-7"), b"0.0000001"),
        (Decimal("-0.00"), b"0"),
        (Decimal("12345678901234567890.12345"), b"12345678901234567890.12345"),
        (True, b"true"),
        (None, b"null"),
        (date(2026, 2, 28), b'"2026-02-28"'),
        ({"b": 1, "a": ['é\n"\\', ()]}, '{"a":["é\\n\\"\\\\",[]],"b":1}'.encode()),
    ],
)
def test_values_are_written_in_one_way(value: Any, text: bytes) -> None:
    assert to_wire(value) == text


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"Line": [{"Amount": 0.1}]}, r"Line\[0\]\.Amount: float .*Decimal"),
        ({"a": Decimal("NaN")}, "a: NaN"),
        ({"a": Decimal("Infinity")}, "a: Infinity"),
        ({"a": {1: "x"}}, "a: the key 1"),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "at: datetime"),
        ({"a": {1, 2}}, "a: set"),
        ({"a": "\ud800"}, "cannot carry"),
        (1.5, "the payload: float"),
    ],
)
def test_what_has_no_exact_form_is_refused_with_its_place(payload: Any, place: str) -> None:
    with pytest.raises(NotExact, match=place):
        to_wire(payload)


def test_numbers_come_in_without_binary_floating_point() -> None:
    found = from_wire(b'{"a": 0.1, "b": 4.20, "c": 1e2, "d": 7}')
    assert found == {"a": Decimal("0.1"), "b": Decimal("4.20"), "c": Decimal("1E+2"), "d": 7}
    assert not any(isinstance(value, float) for value in found.values())


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"<html>", b"\xff\xfe"])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        from_wire(body)
