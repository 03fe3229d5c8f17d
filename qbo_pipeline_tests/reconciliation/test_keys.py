"""Texts as numbers: equal texts share a code, others do not, whatever their bytes, lengths and mixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qbo_pipeline.reconciliation import keys
from qbo_pipeline.reconciliation.keys import encode, mixed

Text = st.none() | st.text(max_size=20) | st.sampled_from(["", "a", "a\0", "movement/1", "movement/10", "ä" * 9])
Columns = st.lists(st.lists(Text, max_size=12), min_size=1, max_size=3)


def arrays(columns: Sequence[Sequence[str | None]], sliced: int) -> list[Any]:
    """Arrow columns, cut out of longer ones."""
    return [pa.array(["cut off", *column, "behind"], pa.string())[1 : 1 + len(column)][sliced:] for column in columns]


def assert_coded(columns: list[Any], beside: list[list[int]]) -> None:
    numbers = [np.array(values, dtype=np.int32) for values in beside]
    codes, distinct = encode(*columns, beside=numbers)
    texts = [text for column in columns for text in column.to_pylist()]
    with_it = [number for values in beside for number in values] or [0] * len(texts)
    flat = np.concatenate(codes).tolist()
    assert [len(part) for part in codes] == [len(column) for column in columns]
    assert [code < 0 for code in flat] == [text is None for text in texts]
    known = {code: (text, number) for code, text, number in zip(flat, texts, with_it, strict=True) if code >= 0}
    assert [known[code] for code in flat if code >= 0] == [
        (text, number) for text, number in zip(texts, with_it, strict=True) if text is not None
    ]
    assert len(set(known.values())) == len(known) == len(distinct)
    assert sorted(known) == list(range(len(known)))
    order = np.array(sorted(known, reverse=True), dtype=np.int64)
    assert distinct.texts(order).to_pylist() == [known[code][0] for code in order.tolist()]
    if not beside:
        for column, part in zip(columns, codes, strict=True):
            assert distinct.codes(column).tolist() == part.tolist()
        assert distinct.codes(pa.array(["not among them", None], pa.string())).tolist() == [-1, -1]


@given(columns=Columns, sliced=st.integers(0, 2))
@example(columns=[["a" * 8 + "b", "a" * 8 + "c"], ["a" * 8 + "b"]], sliced=0)
def test_equal_texts_share_a_code(columns: list[list[str | None]], sliced: int) -> None:
    assert_coded(arrays(columns, sliced), [])


@given(rows=st.lists(st.tuples(Text, st.integers(0, 2)), max_size=12), cut=st.integers(0, 12))
def test_what_stands_beside_a_text_is_part_of_it(rows: list[tuple[str | None, int]], cut: int) -> None:
    parts = [rows[:cut], rows[cut:]]
    columns = [pa.array([text for text, _ in part], pa.string()) for part in parts]
    assert_coded(columns, [[number for _, number in part] for part in parts])


@pytest.mark.parametrize("bits", [0, 1, 3])
def test_texts_whose_mixes_are_the_same_are_told_apart(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "mixed", lambda column: mixed(column) & np.uint64(bits))
    some = pa.array([f"movement/{number}" for number in range(40)] + [None, ""], pa.string())
    assert_coded([some, some[5:20], some[::-1]], [])
    assert_coded([some[:9], some[3:12]], [[number % 2 for number in range(9)]] * 2)


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_portions_change_no_mix(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    column = pa.array([None, *("x" * length for length in range(20))], pa.string())
    expected = mixed(column).tolist()
    monkeypatch.setattr(keys, "CHUNK", chunk)
    assert mixed(column).tolist() == expected
    assert expected[0] == 0
    assert len(set(expected)) == len(expected)


def test_a_mix_is_the_same_in_every_version() -> None:
    """The order of rows in the content hash follows from it."""
    column = pa.array(["", "movement/1", "document/ä-4711"], pa.string())
    assert mixed(column).tolist() == MIXES


MIXES = [11400714819323198485, 13081940883501162797, 1332508540453592803]
