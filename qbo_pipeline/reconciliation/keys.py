"""Texts as whole numbers: a mix of each text's bytes, and codes that equal texts of several columns share.

What belongs here: how a column of texts is joined with another without an object for each text. A mix is 64 bits of a
text, made for the whole column eight bytes at a time; codes come from sorting the mixes. Two different texts with one
mix would get one code, so every text is held against the first of its code, byte by byte; where one differs, Arrow's
dictionary gives the codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation.amounts import Codes, Whole
from qbo_pipeline.reconciliation.frames import flat

Mixes = npt.NDArray[np.uint64]

CHUNK = 1 << 18  # texts at a time: their intermediate numbers stay in the processor's cache
_WORD = 8  # bytes
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)


class Keys:
    """The distinct texts of the columns that were coded together; a code is a place among them.

    `mixes` (ascending) are those of the distinct texts; None where two of them share one. `first` is the row of each in
    the columns one after the other.
    """

    def __init__(self, columns: Sequence[Any], first: Codes, mixes: Mixes | None) -> None:
        self._columns, self._first, self._mixes = columns, first, mixes

    def __len__(self) -> int:
        return len(self._first)

    def texts(self, codes: Codes | Whole) -> Any:
        """The texts of these codes, an Arrow array."""
        rows = self._first[codes]
        owner = np.searchsorted(np.cumsum([len(column) for column in self._columns]), rows, side="right")
        parts, order, start = [], [], 0
        for number, column in enumerate(self._columns):
            mine = np.flatnonzero(owner == number)
            parts.append(column.take(pa.array(rows[mine] - start)))
            order.append(mine)
            start += len(column)
        back = np.empty(len(rows), dtype=np.int64)
        back[np.concatenate(order)] = np.arange(len(rows))
        return pa.concat_arrays(parts).take(pa.array(back))

    def codes(self, texts: Any) -> Codes:
        """The code of each text of a column, -1 for null and for a text that is not among them."""
        column = flat(texts)
        if self._mixes is None or not len(self):
            known = self.texts(np.arange(len(self)))
            return np.asarray(pc.fill_null(pc.index_in(column, known), -1)).astype(np.int32)
        sought = mixed(column)
        place = np.minimum(np.searchsorted(self._mixes, sought), len(self) - 1)
        found = (self._mixes[place] == sought) & np.asarray(column.is_valid())
        rows = np.flatnonzero(found)
        equal = pc.equal(self.texts(place[rows]), column.take(pa.array(rows)))
        found[rows] = np.asarray(equal)
        return np.where(found, place, -1).astype(np.int32)


def encode(*columns: Any, beside: Sequence[Codes] = ()) -> tuple[list[Codes], Keys]:
    """Codes that equal texts of these columns share (null is -1), and the distinct texts.

    `beside` holds for each column a whole number a row that must be equal as well for a code to be shared.
    """
    arrays = [flat(column) for column in columns]
    mixes = [mixed(array) for array in arrays]
    for number, values in zip(mixes, beside, strict=False):
        number[:] = combined(number, values)
    every = np.concatenate(mixes)
    del mixes
    valid = np.concatenate([np.asarray(array.is_valid()) for array in arrays])
    rows = None if valid.all() else np.flatnonzero(valid)
    distinct, codes = _ranked(every if rows is None else every[rows])
    del every
    first = np.empty(len(distinct), dtype=np.int32)
    if rows is None:
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1, dtype=np.int32)
    else:
        first[codes[::-1]] = rows[::-1]
        spread = np.full(len(valid), -1, dtype=np.int32)
        spread[rows] = codes
        codes = spread
    if not _first_of_each_is_equal(arrays, beside, codes, first):
        return _by_dictionary(arrays, beside)
    ends = np.cumsum([len(array) for array in arrays])[:-1]
    return list(np.split(codes, ends)), Keys(arrays, first, None if len(beside) else distinct)


def _ranked(mixes: Mixes) -> tuple[Mixes, Codes]:
    """The distinct mixes in ascending order, and for each row which of them it has."""
    order = np.argsort(mixes)
    ordered = mixes[order]
    begins = np.ones(len(ordered), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    codes = np.empty(len(mixes), dtype=np.int32)
    codes[order] = np.cumsum(begins, dtype=np.int32) - np.int32(1)
    return ordered[begins], codes


def _first_of_each_is_equal(arrays: Sequence[Any], beside: Sequence[Codes], codes: Codes, first: Codes) -> bool:
    """Whether each row has the text, and the number beside it, of the first row of its code."""
    starts = np.concatenate(([0], np.cumsum([len(array) for array in arrays])))
    for here, array in enumerate(arrays):
        mine = codes[starts[here] : starts[here + 1]]
        rows = np.flatnonzero(mine >= 0)
        leader = first[mine[rows]]
        other = leader != rows + starts[here]
        rows, leader = rows[other], leader[other]
        for there in range(here + 1):
            among = slice(None) if not here else (leader >= starts[there]) & (leader < starts[there + 1])
            pairs = rows[among], leader[among] - starts[there]
            if beside and (beside[here][pairs[0]] != beside[there][pairs[1]]).any():
                return False
            if not equal_texts(array, pairs[0], arrays[there], pairs[1]):
                return False
    return True


def _by_dictionary(arrays: Sequence[Any], beside: Sequence[Codes]) -> tuple[list[Codes], Keys]:
    coded = pa.concat_arrays(arrays).dictionary_encode()
    codes = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)
    if beside:
        numbers = np.unique(np.concatenate(beside), return_inverse=True)[1]
        pairs = np.where(codes < 0, -1, codes * (numbers.max(initial=0) + 1) + numbers)
        codes = np.unique(np.append(pairs, -1), return_inverse=True)[1][:-1] - 1
    codes = codes.astype(np.int32)
    first = np.empty(codes.max(initial=-1) + 1, dtype=np.int32)
    known = np.flatnonzero(codes >= 0)[::-1]
    first[codes[known]] = known
    ends = np.cumsum([len(array) for array in arrays])[:-1]
    return list(np.split(codes, ends)), Keys(arrays, first, None)


def mixed(column: Any) -> Mixes:
    """64 bits of each text of an Arrow column: equal texts have equal ones in every run; null has 0.

    Not a cryptographic digest: different texts can be made that share one.
    """
    texts = _Bytes(flat(column))
    mixes = np.empty(len(texts.start), dtype=np.uint64)
    for rows in _chunks(len(mixes)):
        start, length = texts.start[rows], texts.length[rows]
        mix = (length.astype(np.uint64) + np.uint64(1)) * _ODD
        for place in range(0, int(length.max(initial=0)), _WORD):
            reached = np.flatnonzero(length > place)
            whole = len(reached) == len(length)
            word = texts.words(start, length, place) if whole else texts.words(start[reached], length[reached], place)
            if whole:
                mix = combined(mix, word)
            else:
                mix[reached] = combined(mix[reached], word)
        mixes[rows] = mix
    if flat(column).null_count:
        mixes[np.asarray(flat(column).is_null())] = 0
    return mixes


def combined(mixes: Mixes, values: Any) -> Mixes:
    """The mixes with one more whole number each mixed in."""
    mix: Mixes = (mixes ^ values.astype(np.uint64)) * _ODD
    mix ^= mix >> _SHIFT
    return mix


def equal_texts(one: Any, rows: Whole, other: Any, places: Codes | Whole) -> bool:
    """Whether the texts of these rows of one column are, pair by pair, those of these rows of another."""
    mine, theirs = _Bytes(one), _Bytes(other)
    for part in _chunks(len(rows)):
        length = mine.length[rows[part]]
        if (length != theirs.length[places[part]]).any():
            return False
        starts = mine.start[rows[part]], theirs.start[places[part]]
        for place in range(0, int(length.max(initial=0)), _WORD):
            reached = np.flatnonzero(length > place)
            words = [
                texts.words(start[reached], length[reached], place)
                for texts, start in zip((mine, theirs), starts, strict=True)
            ]
            if (words[0] != words[1]).any():
                return False
    return True


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, min(start + CHUNK, count))


class _Bytes:
    """The bytes of an Arrow column of texts: where each begins, how long it is, and eight of them at a time."""

    def __init__(self, texts: Any) -> None:
        _, offsets, data = texts.buffers()
        count = len(texts)
        places = np.zeros(1, "<i4") if offsets is None or not count else np.frombuffer(offsets, "<i4")
        places = places[texts.offset : texts.offset + count + 1] if count else places
        self.start, self.length = places[:-1], places[1:] - places[:-1]
        if data is None or data.size < _WORD:
            data = (b"" if data is None else data.to_pybytes()).ljust(_WORD, b"\0")
        size = len(data) if isinstance(data, bytes) else data.size
        self._last = size - _WORD
        self._words = np.ndarray(shape=(self._last + 1,), dtype="<u8", buffer=data, strides=(1,))

    def words(self, start: Any, length: Any, place: int) -> Mixes:
        """From `place` on, up to eight bytes of each of these texts, which are longer than that."""
        at = start.astype(np.int64) + place
        if not len(at):
            return np.empty(0, dtype=np.uint64)
        if at.max() <= self._last:
            word: Mixes = self._words[at]
        else:
            read = np.minimum(at, self._last)  # the last bytes of the column are read from further ahead
            word = self._words[read] >> ((at - read) * _WORD).astype(np.uint64)
        left = length - place
        if left.min() >= _WORD:
            return word
        taken: Mixes = word << ((_WORD - np.minimum(left, _WORD)) * _WORD).astype(np.uint64)
        return taken
