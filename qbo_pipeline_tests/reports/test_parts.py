"""The small parts: header, links, words, work list, chart."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.reports.chart import LEFT, RIGHT, WIDTH, chart
from qbo_pipeline.reports.groups import Groups
from qbo_pipeline.reports.safe_text import CELL_LIMIT, cell_text
from qbo_pipeline.reports.sheet import fits
from qbo_pipeline.reports.views import ReportView
from qbo_pipeline.reports.words import figure, plain, quantity
from qbo_pipeline.reports.worklist import work_list
from qbo_pipeline_tests.reports import books


def amounts() -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"realm": "9341454242"}, "last four digits"),
        ({"time_zone": "Mars/Olympus"}, "IANA name"),
        ({"time_zone": ""}, "IANA name"),
        ({"made_at": datetime(2026, 11, 1)}, "no time zone"),  # noqa: DTZ001
        ({"qbo_url": "javascript:alert(1)"}, "no web address"),
        ({"prepared_by": "controller", "reviewed_by": "controller"}, "must be another person"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused(facts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        books.header(books.balanced(), **facts)


@pytest.mark.parametrize(
    ("qbo_type", "qbo_id", "page"),
    [
        ("JournalEntry", "7", "journal?txnId=7"),
        ("Journal Entry", "7", "journal?txnId=7"),
        ("Expense", "8", "expense?txnId=8"),
        ("VendorCredit", "9&x=<1>", "vendorcredit?txnId=9%26x%3D%3C1%3E"),
        ("Inventory Starting Value", "1", None),
        ("Bill", None, None),
        (None, "1", None),
    ],
)
def test_links(qbo_type: str | None, qbo_id: str | None, page: str | None) -> None:
    types, ids = (pa.array([text, None, ""], pa.string()) for text in (qbo_type, qbo_id))
    links = books.header(books.balanced()).links(types, ids).to_pylist()
    assert links == [page and f"https://app.sandbox.qbo.intuit.com/app/{page}", None, None]
    assert books.header(books.balanced(), qbo_url=None).links(types, ids).to_pylist() == [None] * 3


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_what_is_written_as_a_number_reads_back_to_the_cent(amount: Decimal) -> None:
    if fits(amount):
        assert Decimal(float(f"{float(amount):.16G}")).quantize(Decimal("0.01")) == amount
    else:
        assert len(amount.normalize().as_tuple().digits) > 15


@pytest.mark.parametrize(
    ("value", "text"),
    [("-1234.5", "(1,234.50)"), ("0", "0.00"), ("0.01", "0.01"), ("1234567.89", "1,234,567.89")],
)
def test_figures_are_as_accountants_write_them(value: str, text: str) -> None:
    assert figure(Decimal(value)) == text


def test_quantities_and_codes_are_readable() -> None:
    assert [quantity(Decimal(text)) for text in ("1200.500000", "3.000000", "0")] == ["1,200.5", "3", "0"]
    assert [plain(code) for code in ("write_off", "JournalEntry", "bill", None)] == [
        "Write off", "Journal Entry", "Bill", None,
    ]  # fmt: skip


def test_a_text_longer_than_a_cell_says_what_was_cut() -> None:
    shown = cell_text("x" * 40_000)
    assert len(shown) == CELL_LIMIT
    assert shown.endswith("… (40,000 characters; whole in the CSV files)")


def test_the_work_list_names_each_thing_once_gravest_first() -> None:
    reconciliation = books.broken()
    parked = reconciliation.differences.loc[reconciliation.differences["cause"] == "parked"].iloc[0]
    extras = books.extras(
        reconciliation,
        exceptions=[{"severity": "medium", "what": "Books are closed", "to_do": "Approve it", "document": "SH-1034",
                     "document_key": parked["document_key"], "amount": Decimal("999.00"), "intuit_tid": "1-63ab"}],
    )  # fmt: skip
    rows = work_list(ReportView(reconciliation, books.header(reconciliation), extras))
    listed = list(
        zip(*(rows[name].to_pylist() for name in ("severity", "document", "amount", "intuit_tid")), strict=True)
    )
    assert listed == [
        ("high", "SH-1020", Decimal("1192.28"), None),
        ("high", "SH-1015", Decimal("118.40"), None),
        ("high", "SH-1007", Decimal("0.00"), None),
        ("medium", "Journal Entry ADJ-7", Decimal("-2500.00"), None),
        ("medium", "RE-1035", Decimal("-1890.00"), None),
        ("medium", "SH-1034", Decimal("412.75"), "1-63ab"),
        ("medium", "Bill B-1043", Decimal("342.18"), None),
    ]


@pytest.mark.parametrize("at_once", [1, 3, 5_000])
def test_what_is_alike_in_the_work_list_stands_by_what_happened(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qbo_pipeline.reports.worklist.ROWS_AT_ONCE", at_once)
    reconciliation = books.balanced()
    said = ["b", "d", "a", "c", "e"]
    rows = [{"severity": "low", "what": what, "to_do": "t"} for what in said]
    rows += [{"severity": "high", "what": what, "to_do": "t", "amount": Decimal(5), "document": "X"} for what in said]
    rows += [{"severity": "high", "what": "z", "to_do": "t", "amount": Decimal(-5), "document": "W"}]
    view = ReportView(reconciliation, books.header(reconciliation), books.extras(reconciliation, exceptions=rows))
    listed = work_list(view)["what"].to_pylist()
    assert listed == ["z", *sorted(said), *sorted(said)]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "", None]), st.sampled_from(["x", None]), amounts()), max_size=20))
@pytest.mark.parametrize("at_once", [1, 4])
def test_groups_are_those_of_a_dictionary(at_once: int, rows: list[tuple[Any, Any, Decimal]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qbo_pipeline.reports.groups.ROWS_AT_ONCE", at_once)
        kinds = (pa.string(), pa.string(), pa.decimal128(18, 2))
        columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
        groups = Groups(pa.table(columns, names=["one", "two", "amount"]), ["one", "two"])
    expected: dict[tuple[Any, Any], list[int]] = {}
    for number, (one, two, _) in enumerate(rows):
        expected.setdefault((one, two), []).append(number)
    members = list(expected.values())
    assert groups.firsts.tolist() == [numbers[0] for numbers in members]
    assert [np.flatnonzero(groups.of_row == number).tolist() for number in range(len(members))] == members
    assert groups.sums(columns[2]).to_pylist() == [sum(rows[number][2] for number in numbers) for numbers in members]
    wanted = np.array([row[2] > 0 for row in rows], dtype=bool)
    assert groups.first(wanted).to_pylist() == [
        next((number for number in numbers if wanted[number]), None) for numbers in members
    ]


def drawn(days: list[date], amounts: list[str], first_break: date | None = None) -> Any:
    column = pa.array([Decimal(amount) for amount in amounts], pa.decimal128(18, 2))
    names = ("cumulative_stock", "cumulative_ledger", "cumulative_difference")
    rows = {"business_date": pa.array(days, pa.date32())} | dict.fromkeys(names, column)
    return chart(rows, first_break, date(2026, 10, 31), "USD")


def test_a_chart_of_one_day_and_of_none() -> None:
    assert drawn([], []) is None
    one = drawn([date(2026, 10, 31)], ["100.00"])
    assert one.values.paths[0].startswith("M")


@given(st.lists(st.decimals(min_value=-(10**11), max_value=10**11, places=2), min_size=1, max_size=12))
def test_the_chart_stays_inside_its_frame(amounts: list[Decimal]) -> None:
    days = [date(2026, 10, 1 + number) for number in range(len(amounts))]
    picture = drawn(days, [str(amount) for amount in amounts], days[-1])
    assert len(picture.values.ticks) <= 8
    for panel in (picture.values, picture.difference):
        for part in panel.paths[0].replace("M", " M").replace("H", " H").replace("V", " V").split()[1:]:
            place = Decimal(part.lstrip("MHV"))
            if part.startswith("H"):
                assert LEFT <= place <= WIDTH - RIGHT
            elif part.startswith("V"):
                assert panel.top <= place <= panel.bottom
    assert LEFT <= Decimal(picture.first_break) <= WIDTH - RIGHT


def test_instants_are_shown_in_the_company_s_time() -> None:
    header = books.header(books.balanced(), time_zone="Asia/Tokyo")
    assert header.local(datetime(2026, 10, 31, 18, 0, tzinfo=UTC)).isoformat() == "2026-11-01T03:00:00+09:00"
