"""Input that cannot be used is refused in plain words; amounts stay exact."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.reconciliation import amounts, inputs
from qbo_pipeline.reconciliation.engine import reconcile
from qbo_pipeline.reconciliation.frames import (
    EXACT,
    INSTANT,
    WHOLE,
    FrameColumn,
    FrameError,
    array,
    empty,
    flat,
    make,
    to_table,
)
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline_tests.reconciliation.language import read, rows_table

TEXT = """
    source  movement/1 receipt 2026-03-01 100.00
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00
    ledger  JournalEntry 10 2026-03-01 130 100.00
"""


def with_frame(name: str, frame: Any) -> ReconciliationInput:
    given = read(TEXT).input
    return ReconciliationInput(**{one: getattr(given, one) for one in given.__slots__} | {name: frame})


def changed(name: str, column: str, values: Any) -> ReconciliationInput:
    frame = getattr(read(TEXT).input, name)
    return with_frame(name, frame.set_column(frame.column_names.index(column), column, values))


MONEY = pa.decimal128(18, 6)
REFUSED = {
    "a column is missing": (
        with_frame("stock", read(TEXT).input.stock.drop_columns(["value"])),
        "stock: column 'value' is missing; it holds signed value in home currency",
    ),
    "an amount is empty": (changed("ledger", "amount", pa.nulls(1, MONEY)), "ledger.amount: 1 rows are empty"),
    "binary floating point": (
        changed("effects", "amount", pa.array([100.0])),
        "effects.amount: amounts come as binary floating point",
    ),
    "an instant for a business date": (
        changed("ledger", "business_date", pa.array([datetime(2026, 3, 1)])),  # noqa: DTZ001
        "ledger.business_date: business dates come as instants",
    ),
    "an instant without time zone": (
        changed("ledger", "created_at", pa.array([datetime(2026, 3, 1)])),  # noqa: DTZ001
        "ledger.created_at: instants come without a time zone",
    ),
    "a text for an amount": (changed("stock", "value", pa.array(["ten"])), "stock.value: cannot be read as decimal128"),
    "parts of a cent in QBO": (
        changed("ledger", "amount", pa.array([Decimal("1.005")], MONEY)),
        r"ledger.amount: row 0 holds 1.005000, but QBO's amounts have two decimals",
    ),
    "an unknown disposition": (
        changed("stock", "disposition", pa.array(["lost"])),
        r"stock.disposition: \['lost'\] is none of posted, waiting",
    ),
    "opening values without their date": (
        with_frame("opening_values", read(TEXT + "own P1 L1 1.00").input.stock_values),
        "opening_values: without opening_date nobody knows their date",
    ),
    "a posting twice": (
        with_frame("postings", pa.concat_tables([read(TEXT).input.postings] * 2)),
        "postings: a posting key and revision occur twice",
    ),
    "an account twice": (
        with_frame("ledger_balances", pa.concat_tables([read(TEXT).input.ledger_balances] * 2)),
        "ledger_balances: an account occurs twice",
    ),
}


TOO_MUCH = "amounts add up to more than 9,223,372,036,854; reconcile in parts"
MOST = Decimal("999999999999.99")
SAID = {
    "postings": ("state", "ready sending posted unknown parked drifted deleted_in_qbo superseded skipped"),
    "effects": ("amount", "what the payload does to the account, debit positive, two decimals"),
    "ledger": ("qbo_id", "the transaction's Id"),
    "ledger_balances": ("balance", "QBO's own balance as at the date"),
    "stock_values": ("value", "the source's own value as at the date, home currency"),
    "opening_values": ("value", "the source's own value as at the date, home currency"),
    "objects": ("status", "live, voided or deleted, as QBO answers today"),
    "earlier": ("first_seen", "when it was first seen"),
}


WORDS = {
    "a column is missing": "stock: column 'value' is missing; it holds signed value in home currency, in is positive",
    "an amount is empty": "ledger.amount: 1 rows are empty; it holds debit positive, two decimals",
    "binary floating point": "effects.amount: amounts come as binary floating point; deliver exact decimals "
    "(decimal128(18, 6))",
    "an instant for a business date": "ledger.business_date: business dates come as instants; deliver dates",
    "an instant without time zone": "ledger.created_at: instants come without a time zone; deliver them in UTC",
    "an unknown disposition": "stock.disposition: ['lost'] is none of posted, waiting, parked, skipped, excluded, "
    "set_aside, not_extracted",
    "opening values without their date": "opening_values: without opening_date nobody knows their date; deliver both "
    "or neither",
    "a posting twice": "postings: a posting key and revision occur twice; deliver one row for each",
    "an account twice": "ledger_balances: an account occurs twice; deliver one row an account",
}


@pytest.mark.parametrize("name", WORDS)
def test_the_whole_sentence_says_what_is_wrong_and_what_to_deliver(name: str) -> None:
    with pytest.raises(FrameError) as caught:
        reconcile(REFUSED[name][0])
    assert str(caught.value) == WORDS[name]


def test_what_arrow_cannot_read_is_said_in_its_words_and_keeps_its_error() -> None:
    with pytest.raises(FrameError) as caught:
        reconcile(REFUSED["a text for an amount"][0])
    assert str(caught.value).startswith("stock.value: cannot be read as decimal128(18, 6): ")
    assert str(caught.value).endswith(str(caught.value.__cause__))


def test_instants_come_into_a_frame_in_utc_whatever_zone_they_name() -> None:
    berlin = datetime(2026, 3, 1, 0, 30, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    fine = pd.Timestamp("2026-03-01T00:30:00.000005999+01:00")
    utc = datetime(2026, 2, 28, 23, 30, 0, 5, tzinfo=UTC)
    made = array([berlin, None, fine], INSTANT)
    assert (made.type, made.to_pylist()) == (INSTANT, [utc, None, utc])
    with pytest.raises(FrameError, match=r"^2026-03-01 00:00:00 comes without a time zone; deliver instants in UTC$"):
        array([datetime(2026, 3, 1)], INSTANT)  # noqa: DTZ001
    assert array([1, None], WHOLE).type == WHOLE


def test_a_column_in_pieces_is_one_array() -> None:
    for pieces in ([], [[1]], [[1], [2, 3]]):
        chunked = pa.chunked_array([pa.array(piece, WHOLE) for piece in pieces], WHOLE)
        assert flat(chunked).to_pylist() == [number for piece in pieces for number in piece]
        assert isinstance(flat(chunked), pa.Array)
    whole = pa.array([1], WHOLE)
    assert flat(whole) is whole


def test_a_table_has_exactly_the_columns_in_their_order_and_null_for_what_may_be_left_out() -> None:
    columns = (FrameColumn("b", WHOLE, "one"), FrameColumn("a", pa.string(), "two", required=False))
    table = to_table("x", pd.DataFrame({"c": [1, 2], "b": [3, 4]}, index=[7, 8]), columns)
    assert table.schema == pa.schema([("b", WHOLE), ("a", pa.string())])
    assert table.to_pylist() == [{"b": 3, "a": None}, {"b": 4, "a": None}]
    frame = make({"b": pa.array([3, 4], pa.int32()), "a": ["x", None], "c": [0, 0]}, columns)
    assert (list(frame.columns), frame["b"].tolist(), frame["a"].isna().tolist()) == (["b", "a"], [3, 4], [False, True])
    assert list(empty(columns).dtypes) == list(frame.dtypes)
    assert len(empty(columns)) == 0


@pytest.mark.parametrize("name", SAID)
def test_a_column_that_is_missing_is_named_with_its_frame_and_what_it_holds(name: str) -> None:
    column, meaning = SAID[name]
    given = every_frame()
    spoilt = replace(given, **{name: getattr(given, name).drop_columns([column])})
    words = f"{name}: column {column!r} is missing; it holds {meaning}"
    with pytest.raises(FrameError, match=f"^{re.escape(words)}$"):
        reconcile(spoilt)


@pytest.mark.parametrize(
    ("name", "column"),
    [("stock", "value"), ("stock", "quantity"), ("effects", "amount"), ("ledger", "amount"),
     ("ledger_balances", "balance"), ("ledger_balances", "opening_balance"), ("stock_values", "value"),
     ("stock_values", "quantity")],
)  # fmt: skip
def test_amounts_that_add_up_to_too_much_are_named_with_their_column(name: str, column: str) -> None:
    given = every_frame()
    row = getattr(given, name).to_pylist()[0]
    own = {"account_id": "13"} if name == "ledger_balances" else {}
    rows = [row | {column: MOST} | {key: f"{value}{n}" for key, value in own.items()} for n in range(10)]
    frame = rows_table(rows, getattr(inputs, name.upper()))
    with pytest.raises(FrameError, match=f"^{re.escape(f'{name}.{column}: {TOO_MUCH}')}$"):
        reconcile(replace(given, **{name: frame}))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("effects", "amount"),
        ("ledger", "amount"),
        ("ledger_balances", "balance"),
        ("ledger_balances", "opening_balance"),
    ],
)
def test_parts_of_a_cent_of_qbo_are_named_with_their_column(name: str, column: str) -> None:
    given = every_frame()
    rows = [row | {column: Decimal("-1.005")} for row in getattr(given, name).to_pylist()]
    words = f"{name}.{column}: row 0 holds -1.005000, but QBO's amounts have two decimals"
    with pytest.raises(FrameError, match=f"^{re.escape(words)}$"):
        reconcile(replace(given, **{name: rows_table(rows, getattr(inputs, name.upper()))}))


def every_frame() -> ReconciliationInput:
    """Books in which every frame has a row."""
    text = "opens 2026-03-01\nbefore P1 L1 1.00\nown P1 L1 2.00\nobject JournalEntry 10 live\n"
    given = read(text + TEXT).input
    seen = {"difference_key": "x", "cause": "fx", "business_date": date(2026, 3, 1)}
    earlier = rows_table([seen | {"first_seen": datetime(2026, 3, 2, tzinfo=UTC)}], inputs.EARLIER)
    return replace(given, earlier=earlier)


def test_books_in_which_every_frame_has_a_row_are_good() -> None:
    assert reconcile(every_frame()).ledger_balance == Decimal("100.00")


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name: str) -> None:
    given, message = REFUSED[name]
    with pytest.raises(FrameError, match=message):
        reconcile(given)


def test_stock_values_without_any_account_are_refused_in_plain_words() -> None:
    """Nothing names an inventory account: the ledger was never read, and no movement has one."""
    given = replace(read("own P1 L1 2.00").input, stock=read("").input.stock)
    words = (
        "stock_values: the inventory system states the stock of 1 places, and no inventory account is known to hold it "
        "against: neither ledger_balances, ledger nor stock names one. Read QuickBooks' ledger of the inventory "
        "accounts first, then reconcile again"
    )
    with pytest.raises(FrameError, match=f"^{re.escape(words)}$"):
        reconcile(given)


def test_pandas_frames_and_chunked_tables_are_as_good() -> None:
    expected = reconcile(read(TEXT).input).content_hash
    given = read(TEXT).input
    pandas = given.stock.to_pandas(types_mapper=pd.ArrowDtype)
    assert reconcile(with_frame("stock", pandas)).content_hash == expected
    chunked = pa.concat_tables([given.ledger.slice(0, 0), given.ledger])
    assert reconcile(with_frame("ledger", chunked)).content_hash == expected


def test_effects_on_accounts_that_are_not_inventory_are_left_out() -> None:
    text = TEXT.replace("130=100.00", "130=100.00 200=-100.00") + "balance 130 100.00"
    given = read(text).input
    only = given.ledger_balances.filter(
        pa.array([row["account_id"] == "130" for row in given.ledger_balances.to_pylist()])
    )
    result = reconcile(
        ReconciliationInput(**{n: getattr(given, n) for n in given.__slots__} | {"ledger_balances": only})
    )
    assert (result.status, list(result.accounts["account_id"])) == ("balanced", ["130"])


def test_sums_beyond_the_range_are_refused_not_wrapped() -> None:
    big = pa.array([Decimal("999999999999.999999")] * 10, EXACT)
    with pytest.raises(FrameError, match="amounts add up to more than"):
        amounts.micros(big, "stock.value")
    assert int(amounts.micros(big[:9], "stock.value").sum()) == 9 * (10**18 - 1)


exact = st.decimals(min_value=Decimal("-999999999.999999"), max_value=Decimal("999999999.999999"), places=6)


@given(st.lists(st.none() | exact, max_size=30), st.integers(0, 5))
def test_decimals_come_in_and_go_out_exactly(values: list[Decimal | None], offset: int) -> None:
    array = pa.array(values, EXACT)[offset:]
    whole = amounts.micros(array, "a")
    assert whole.tolist() == [int((value or Decimal(0)).scaleb(6)) for value in values[offset:]]
    assert amounts.exact(whole).to_pylist() == [value or Decimal(0) for value in values[offset:]]
    cents = amounts.round_to_cents(whole)
    rounded = [(value or Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP) for value in values[offset:]]
    assert amounts.money(cents).to_pylist() == rounded
    assert [amounts.to_decimal(cent) for cent in cents.tolist()] == rounded
    assert [amounts.to_cents(value) for value in rounded] == cents.tolist()


@given(
    st.lists(st.tuples(st.integers(-3, 3) | st.integers(-(2**60), 2**60), st.integers(-(2**40), 2**40)), max_size=40)
)
def test_sums_by_key(rows: list[tuple[int, int]]) -> None:
    """However far apart the keys are."""
    keys, values = (np.array([row[n] for row in rows], dtype=np.int64) for n in (0, 1))
    found, sums = amounts.sum_by(keys, values)
    expected = {key: sum(value for other, value in rows if other == key) for key, _ in rows}
    assert dict(zip(found.tolist(), sums.tolist(), strict=True)) == expected
    assert found.tolist() == sorted(expected) == amounts.distinct(keys).tolist()


def test_a_date_is_counted_from_1970() -> None:
    from qbo_pipeline.reconciliation.coding import day_number
    from qbo_pipeline.reconciliation.entries import day_text

    assert (day_number(date(1970, 1, 2)), day_text(-1)) == (1, "1969-12-31")
