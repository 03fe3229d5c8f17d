"""The general ledger: every line once, however small the pieces, or a clear word that it cannot be proved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.quickbooks import ledger_reading
from qbo_pipeline.quickbooks.errors import Incomplete, NotFound, Unavailable
from qbo_pipeline.quickbooks.ledger import LedgerReport, ledger_sign
from qbo_pipeline.quickbooks.ledger_reading import read_ledger
from qbo_pipeline.quickbooks.reports import Cell, Report, parse_report
from qbo_pipeline_tests.quickbooks.books import Books
from qbo_pipeline_tests.quickbooks.fakes import answer, quickbooks

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
ACCOUNTS = {"81": ("Inventory Asset", 1), "90": ("Goods received not invoiced", -1), "95": ("In transit", 1)}
NAMES = {id: name for id, (name, _) in ACCOUNTS.items()}
LIABILITIES = frozenset({"90"})

entries = st.lists(
    st.tuples(
        st.dates(date(2025, 11, 1), date(2027, 1, 31)),
        st.sampled_from(sorted(ACCOUNTS)),
        st.decimals("-9999.99", "9999.99", places=2),
    ),
    max_size=60,
)


def _books(lines: list[tuple[date, str, Decimal]], **options: Any) -> Books:
    return Books(NAMES, lines, LIABILITIES, **options)


def _check(books: Books, found: LedgerReport) -> None:
    for id, (name, sign) in ACCOUNTS.items():
        own = [(d, a * sign, n) for n, (d, i, a) in enumerate(books.lines) if i == id and FIRST <= d <= LAST]
        expected = sorted((day, f"N{number}", amount) for day, amount, number in own)
        lines = [line for line in found.lines if line.account_id == id]
        assert sorted((line.business_date, line.qbo_number, line.amount) for line in lines) == expected
        balance = next(balance for balance in found.balances if balance.account_id == id)
        before = sum((a * sign for d, i, a in books.lines if i == id and d < FIRST), Decimal(0))
        assert (balance.account_name, balance.opening) == (name, before)
        assert balance.balance == before + sum((amount for _, amount, _ in own), Decimal(0))
        assert [line.balance for line in lines][-1:] in ([balance.balance], [])


@settings(max_examples=150, deadline=None)
@given(entries, st.booleans())
def test_all_lines_and_balances_are_read(lines: list[tuple[date, str, Decimal]], shows_zero: bool) -> None:
    books = _books(lines, shows_zero=shows_zero)
    _check(books, read_ledger(books.report, ACCOUNTS, FIRST, LAST))


@settings(max_examples=150, deadline=None)
@given(entries, st.integers(1, 20), st.booleans())
def test_what_is_cut_off_is_split_until_it_is_whole(
    lines: list[tuple[date, str, Decimal]], cap: int, says_so: bool
) -> None:
    if not says_so:  # then the balances alone tell, and a line of 0.00 changes none
        lines = [line for line in lines if line[2]]
    books = _books(lines, cap=cap, says_so=says_so)
    per_day: dict[tuple[date, str], int] = {}
    for day, id, _ in lines:
        per_day[day, id] = per_day.get((day, id), 0) + 1
    if any(count > cap and FIRST <= day <= LAST for (day, _), count in per_day.items()):
        with pytest.raises(Incomplete):
            read_ledger(books.report, ACCOUNTS, FIRST, LAST)
    else:
        _check(books, read_ledger(books.report, ACCOUNTS, FIRST, LAST))


@settings(max_examples=60, deadline=None)
@given(entries.filter(bool), st.booleans(), st.data())
def test_a_line_that_is_left_out_silently_never_passes(
    lines: list[tuple[date, str, Decimal]], totals_what_shows: bool, data: st.DataObject
) -> None:
    hidden = data.draw(st.integers(0, len(lines) - 1))
    day, _, amount = lines[hidden]
    books = _books(lines, hide=frozenset({hidden}), totals_what_shows=totals_what_shows)
    if FIRST <= day <= LAST and amount != 0:
        with pytest.raises(Incomplete):
            read_ledger(books.report, ACCOUNTS, FIRST, LAST)


def test_lines_left_out_that_cancel_each_other_show_in_the_running_balance() -> None:
    day = date(2026, 5, 4)
    lines = [(day, "81", Decimal(5)), (day, "81", Decimal(1)), (day, "81", Decimal(-5))]
    books = _books(lines, hide=frozenset({0, 2}), totals_what_shows=True)
    with pytest.raises(Incomplete, match="after Journal Entry N1 of 2026-05-04 account 81 shows 6, its lines make 1"):
        read_ledger(books.report, ACCOUNTS, FIRST, LAST)


def test_a_section_left_out_altogether_is_missed_by_the_trial_balance() -> None:
    books = _books([(date(2026, 12, 30), "95", Decimal("7.50"))], omits=frozenset({"95"}))
    with pytest.raises(Incomplete, match=r"In transit \(95\): its lines make 0, the trial balance says 7\.50"):
        read_ledger(books.report, ACCOUNTS, FIRST, LAST)


def test_what_a_line_says() -> None:
    books = _books([(date(2026, 2, 3), "90", Decimal("12.30"))])
    found = read_ledger(books.report, ACCOUNTS, FIRST, LAST, multi_currency=True)
    (line,) = found.lines
    assert line.account_id == "90"
    assert line.account_name == "Goods received not invoiced"
    assert (line.business_date, line.qbo_type, line.qbo_id, line.qbo_number) == (
        date(2026, 2, 3), "JournalEntry", "1000", "N0",
    )  # fmt: skip
    assert (line.memo, line.split, line.created_by, line.changed_by) == ("memo", "-Split-", "A Person", "")
    assert (line.amount, line.balance) == (Decimal("-12.30"), Decimal("-12.30"))
    assert line.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert line.changed_at is None
    params = next(params for name, params in books.asked if name == "GeneralLedger")
    assert params["columns"].endswith("subt_nat_home_amount,rbal_nat_home_amount")
    assert params["accounting_method"] == "Accrual"


@pytest.mark.parametrize(("lines_a_day", "lengths"), [(0, [92, 184, 368, 86]), (2, [92, 150, 150, 150, 150, 38])])
def test_windows_grow_by_what_they_hold_and_leave_no_day_out(
    monkeypatch: pytest.MonkeyPatch, lines_a_day: int, lengths: list[int]
) -> None:
    monkeypatch.setattr(ledger_reading, "WINDOW_ROWS", 300)
    days = [FIRST + timedelta(days=n) for n in range(730)]
    books = _books([(day, "81", Decimal(1)) for day in days for _ in range(lines_a_day)])
    found = read_ledger(books.report, ACCOUNTS, FIRST, days[-1])
    asked = [(p["start_date"], p["end_date"]) for name, p in books.asked if name == "GeneralLedger"]
    windows = [(date.fromisoformat(start), date.fromisoformat(end)) for start, end in asked]
    assert [(end - start).days + 1 for start, end in windows] == lengths
    assert (windows[0][0], windows[-1][1]) == (FIRST, days[-1])
    for (_, end), (start, _) in pairwise(windows):
        assert start == end + timedelta(days=1)
    assert found.balances[0].balance == len(books.lines)


@pytest.mark.parametrize(
    ("told", "as_at"),
    [
        ("2026-03-28T13:18:59-07:00", datetime(2026, 3, 28, 20, 18, 59, tzinfo=UTC)),
        ("2026-03-28T13:18:59", None),
        ("", None),
    ],
)
def test_the_reading_says_from_when_on_changes_are_not_in_it(told: str, as_at: datetime | None) -> None:
    assert read_ledger(_books([], time=told).report, ACCOUNTS, FIRST, LAST).as_at == as_at


def test_what_lies_before_is_read_with_the_first_window() -> None:
    books = _books([])
    read_ledger(books.report, ACCOUNTS, date(1970, 1, 1), FIRST + timedelta(days=100), history_before=FIRST)
    windows = [(p["start_date"], p["end_date"]) for name, p in books.asked if name == "GeneralLedger"]
    assert windows == [("1970-01-01", "2026-04-02"), ("2026-04-03", "2026-04-11")]


def test_what_is_posted_meanwhile_is_read_in_a_second_round() -> None:
    books = _books([(date(2026, 1, 5), "81", Decimal(10))])
    original = books.report

    def report(name: str, params: Mapping[str, str]) -> Report:
        if name == "GeneralLedger" and params["start_date"] > "2026-03" and len(books.lines) == 1:
            books.lines.append((date(2026, 1, 6), "81", Decimal(5)))
        return original(name, params)

    found = read_ledger(report, ACCOUNTS, FIRST, LAST)
    assert [line.amount for line in found.lines] == [Decimal(10), Decimal(5)]
    assert found.balances[0].balance == 15


def test_the_error_says_which_account_and_why() -> None:
    books = _books([(date(2026, 1, 5), "81", Decimal(10))], hide=frozenset({0}))
    with pytest.raises(Incomplete, match=r"account 81 .*2026-01-05.* alone"):
        read_ledger(books.report, ACCOUNTS, FIRST, LAST)


@pytest.mark.parametrize(
    ("classification", "sign"), [("Asset", 1), ("Liability", -1), ("Equity", -1), ("Expense", None), (None, None)]
)
def test_only_balance_sheet_accounts_can_be_proved(classification: str | None, sign: int | None) -> None:
    account = {"Name": "Some account", "Classification": classification}
    if sign is None:
        with pytest.raises(ValueError, match="balance sheet accounts only"):
            ledger_sign(account)
    else:
        assert ledger_sign(account) == ("Some account", sign)


def test_an_account_that_is_not_there_is_named() -> None:
    with (
        quickbooks(lambda request: answer(200, {"QueryResponse": {}})) as qbo,
        pytest.raises(NotFound, match="Id 81, 90"),
    ):
        qbo.ledger(["81", "90"], FIRST, LAST)


# Reports in general

BALANCE_SHEET: dict[str, Any] = {
    "Header": {"ReportName": "BalanceSheet", "Currency": "USD"},
    "Columns": {
        "Column": [
            {"ColTitle": "", "ColType": "Account", "MetaData": [{"Name": "ColKey", "Value": "account"}]},
            {"ColTitle": "Total", "ColType": "Money", "MetaData": [{"Name": "ColKey", "Value": "total"}]},
        ]
    },
    "Rows": {
        "Row": [
            {
                "type": "Section",
                "group": "TotalAssets",
                "Header": {"ColData": [{"value": "ASSETS"}, {"value": ""}]},
                "Rows": {
                    "Row": [
                        {
                            "type": "Section",
                            "group": "BankAccounts",
                            "Header": {"ColData": [{"value": "Bank Accounts"}, {"value": ""}]},
                            "Rows": {
                                "Row": [
                                    {"type": "Data", "ColData": [{"value": "Checking", "id": "35"}, {"value": ".00"}]}
                                ]
                            },
                            "Summary": {"ColData": [{"value": "Total Bank Accounts"}, {"value": "-1,201.50"}]},
                        }
                    ]
                },
            }
        ]
    },
}


def test_a_report_becomes_rows_with_their_sections() -> None:
    report = parse_report(BALANCE_SHEET, "BalanceSheet")
    data, summary = report.rows
    assert report.columns == ("account", "total")
    assert [section.group for section in data.path] == ["TotalAssets", "BankAccounts"]
    assert (data.kind, data.first, data.cell("total").amount) == ("data", Cell("Checking", "35"), Decimal("0.00"))
    assert (summary.kind, summary.cell("total").amount) == ("summary", Decimal("-1201.50"))
    assert summary.path[-1].title == "Bank Accounts"
    assert summary.cell("nothing").amount is None


@pytest.mark.parametrize("text", ["abc", "NaN", "1.2.3", "Infinity"])
def test_what_is_no_amount_is_not_read_as_one(text: str) -> None:
    with pytest.raises(Unavailable, match="amount is expected"):
        _ = Cell(text).amount


@pytest.mark.parametrize(
    "body", [{}, {"Columns": [], "Header": {}}, {"Columns": {"Column": [{}]}, "Rows": {"Row": [7]}, "Header": {}}]
)
def test_a_report_of_another_shape_is_no_report(body: Any) -> None:
    with pytest.raises(Unavailable, match="unknown shape"):
        parse_report(body, "X")
