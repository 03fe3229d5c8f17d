"""Bad input: each gets its plain error or is set aside whole with its rule, and everything else is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.sources.reader import Reader
from qbo_pipeline.sources.source import Batch
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import Rows, all_of, good_company, write_company

EVERYTHING = {
    "document/b1", "document/i1", "movement/r1", "movement/d1", "movement/t1", "movement/a1", "payment/y1",
}  # fmt: skip
MARCH = (date(2024, 3, 1), date(2024, 3, 31))
Change = Callable[[Rows], Any]


def put(kind: str, row: int, /, **values: Any) -> Change:
    """A change that gives a row other values."""
    return lambda rows: rows[kind][row].update(values)


def copy(kind: str, row: int, /, **values: Any) -> Change:
    """A change that adds a row like another one."""
    return lambda rows: rows[kind].append({**rows[kind][row], **values})


def drop(kind: str, row: int) -> Change:
    """A change that takes a row away."""
    return lambda rows: rows[kind].pop(row)


# what is changed, the record that is set aside for it, its rule and column, and words of its message
SET_ASIDE = [
    (put("documents", 0, business_date="2024-02-31"), "document/b1", "not_a_date", "business_date", "day 2024-02-31"),
    (put("documents", 0, business_date="2024-13-01"), "document/b1", "not_a_date", "business_date", "day 2024-13-01"),
    (put("documents", 0, business_date="2 March"), "document/b1", "not_a_date", "business_date", "YYYY-MM-DD"),
    (put("documents", 0, business_date=None), "document/b1", "required", "business_date", "is empty"),
    (put("documents", 0, business_date="2024-03-02T23:00:00Z"), "document/b1", "zoned_date", "business_date", "zone"),
    (put("documents", 0, due_date="soon"), "document/b1", "not_a_date", "due_date", "'soon'"),
    (put("documents", 0, total_amount="a lot"), "document/b1", "not_a_number", "total_amount", "'a lot'"),
    (put("documents", 0, total_amount="1e2"), "document/b1", "not_a_number", "total_amount", "'1e2'"),
    (put("documents", 0, total_amount="1,00"), "document/b1", "not_a_number", "total_amount", "'1,00'"),
    (put("documents", 0, total_amount=100.0), "document/b1", "binary_float", "total_amount", "binary float"),
    (put("documents", 0, total_amount=None), "document/b1", "required", "total_amount", "net and tax together"),
    (put("documents", 0, net_amount="0.0000001"), "document/b1", "too_many_decimals", "net_amount", "6 decimals"),
    (put("documents", 0, net_amount="1234567890123"), "document/b1", "too_large", "net_amount", "12 digits"),
    (put("documents", 0, exchange_rate="-1"), "document/b1", "rate", "exchange_rate", "greater than zero"),
    (put("documents", 0, total_amount="100.01"), "document/b1", "total", "total_amount", "make 100"),
    (put("documents", 0, kind="Bill"), "document/b1", "choice", "kind", "one of sales_invoice"),
    (put("documents", 0, currency="Euro"), "document/b1", "currency", "currency", "'Euro'"),
    (put("documents", 0, currency="XXX"), "document/b1", "currency", "currency", "ISO 4217"),
    (put("documents", 0, party_id="c1"), "document/b1", "reference", "party_id", "'c1' is no supplier"),
    (put("documents", 0, location_id="w9"), "document/b1", "reference", "location_id", "'w9' is no location"),
    (put("documents", 0, status="draft"), "document/b1", "draft", "status", "not completed it yet"),
    (put("documents", 0, number="  "), "document/b1", "required", "number", "is empty"),
    (put("documents", 0, document_id=None), "document/row:", "required", "document_id", "is empty"),
    (put("document_lines", 0, net_amount="99.99"), "document/b1", "lines_net", "net_amount", "0.01 is missing"),
    (drop("document_lines", 0), "document/b1", "lines_net", "net_amount", "0 lines add up to 0"),
    (put("document_lines", 0, product_id="p9"), "document/b1", "reference", "product_id", "'p9' is no product"),
    (put("document_lines", 0, business_date="2024-03-03"), "document/b1", "line_date", "business_date", "2024-03-02"),
    (put("document_lines", 0, net_amount="ten"), "document/b1", "not_a_number", "net_amount", "document_lines: "),
    (put("document_lines", 1, tax_amount="10.53"), "document/i1", "lines_tax", "tax_amount", "rounding allows 0.015"),
    (put("document_lines", 2, line_id="i1-1"), "document/i1", "duplicate", "line_id", "more than once"),
    (put("bill_matches", 0, line_id="b9"), "document/b1", "reference", "line_id", "no line of document 'b1'"),
    (put("bill_matches", 0, movement_line_id="r9"), "document/b1", "reference", "movement_line_id", "'r9'"),
    (put("bill_matches", 0, quantity="x"), "document/b1", "not_a_number", "quantity", "bill_matches: "),
    (put("movements", 0, kind="arrival"), "movement/r1", "choice", "kind", "'arrival'"),
    (put("movements", 0, party_id="nobody"), "movement/r1", "reference", "party_id", "no supplier"),
    (drop("movement_lines", 0), "movement/r1", "no_lines", "movement_id", "has no line"),
    (put("movement_lines", 0, product_id=None), "movement/r1", "required", "product_id", "a line of stock needs it"),
    (put("movement_lines", 0, location_id="w9"), "movement/r1", "reference", "location_id", "'w9' is no location"),
    (put("movement_lines", 0, quantity=None), "movement/r1", "required", "quantity", "is empty"),
    (put("movement_lines", 0, direction=2), "movement/r1", "direction", "direction", "1 or -1"),
    (put("movement_lines", 0, direction="1.5"), "movement/r1", "not_an_integer", "direction", "no whole number"),
    (put("movement_lines", 0, currency="USD"), "movement/r1", "line_currency", "currency", "the header's is EUR"),
    (put("movement_lines", 3, quantity="3"), "movement/t1", "transfer", "quantity", "'p1' 1 is left over"),
    (put("movement_lines", 3, value="20.01"), "movement/t1", "transfer", "value", "change it by 0.01"),
    (put("movement_lines", 3, product_id="p2"), "movement/t1", "transfer", "quantity", "is left over"),
    (put("movement_lines", 6, value="-2.50"), "movement/a1", "labour", "value", "has to be positive"),
    (put("movement_lines", 6, quantity="1"), "movement/a1", "labour", "quantity", "moves no stock"),
    (put("movement_lines", 5, value="12.56"), "movement/a1", "assembly", "value", "these are 2.5"),
    (put("movements", 2, kind="revaluation"), "movement/t1", "value_alone", "quantity", "value alone"),
    (put("payments", 0, amount="100"), "payment/y1", "over_allocated", "amount", "108.91 of it is allocated"),
    (put("payments", 0, party_id=None), "payment/y1", "required", "party_id", "is empty"),
    (put("payment_allocations", 0, document_id="i9"), "payment/y1", "reference", "document_id", "'i9' is no document"),
    (copy("documents", 0), "document/b1", "duplicate", "document_id", "more than once"),
]  # fmt: skip


# a bill whose receipt has lost its line matches nothing
LOST_WITH_IT: dict[tuple[str, str], set[str]] = {("movement/r1", "no_lines"): {"document/b1"}}


@pytest.mark.parametrize(("change", "key", "rule", "column", "words"), SET_ASIDE)
def test_a_bad_record_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path, change: Change, key: str, rule: str, column: str, words: str
) -> None:
    rows = good_company()
    change(rows)
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    records, set_aside, _ = all_of(SqlSource(url).read_days(date(2024, 1, 1), date(2024, 12, 31), batch_size=100))
    (found,) = (name for name in set_aside if name.startswith(key))
    aside = set_aside[found]

    assert (aside.rule, aside.column) == (rule, column)
    assert words in aside.message
    lost = {found} | LOST_WITH_IT.get((found, rule), set())
    assert set(set_aside) == lost
    assert set(records) == EVERYTHING - lost - {"document/b1" if found.startswith("document/row:") else ""}


@pytest.mark.parametrize(
    ("change", "key", "rule", "column"),
    [
        (put("parties", 0, kind="friend"), "party/friend:c1", "choice", "kind"),
        (put("parties", 0, name=""), "party/customer:c1", "required", "name"),
        (put("parties", 0, active="perhaps"), "party/customer:c1", "not_a_flag", "active"),
        (put("products", 0, kind="stock"), "product/p1", "choice", "kind"),
        (copy("locations", 0), "location/w1", "duplicate", "location_id"),
    ],
)
def test_bad_master_data_is_set_aside(tmp_path: Path, change: Change, key: str, rule: str, column: str) -> None:
    rows = good_company()
    change(rows)
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    records, set_aside, _ = all_of(SqlSource(url).read_master_data(batch_size=100))

    assert {name: (found.rule, found.column) for name, found in set_aside.items()} == {key: (rule, column)}
    assert len(records) == 5


def test_what_was_set_aside_comes_as_the_source_gave_it(tmp_path: Path) -> None:
    rows = good_company()
    rows["documents"][1] |= {"total_amount": "108,91", "memo": "käse"}
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    _, set_aside, _ = all_of(SqlSource(url).read_days(*MARCH, batch_size=100))

    content = set_aside["document/i1"].content
    assert (content["total_amount"], content["memo"]) == ("108,91", "käse")
    assert [line["net_amount"] for line in content["document_lines"]] == ["50.00", "40.00"]
    assert set_aside["document/i1"].business_date == date(2024, 3, 4)


def test_an_impossible_date_belongs_to_the_day_before_and_no_date_to_none(tmp_path: Path) -> None:
    rows = good_company()
    rows["movements"][0]["business_date"] = "2024-02-31"
    rows["movements"][1]["business_date"] = None
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)
    source = SqlSource(url)

    leap_day = list(source.read_days(date(2024, 2, 29), date(2024, 2, 29), batch_size=100))
    march = list(source.read_days(*MARCH, batch_size=100))

    assert [(batch.day, [found.record_id for found in batch.set_aside]) for batch in leap_day] == [
        (None, ["d1"]), (date(2024, 2, 29), ["r1"]),
    ]  # fmt: skip
    assert (march[0].day, [found.record_id for found in march[0].set_aside]) == (None, ["d1"])
    assert "r1" not in {found.record_id for batch in march for found in batch.set_aside}


def test_a_voided_document_comes_though_it_was_emptied(tmp_path: Path) -> None:
    rows = good_company()
    rows["documents"][1] |= {"status": "voided", "net_amount": "0", "tax_amount": "0", "total_amount": "0"}
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    records, set_aside, warnings = all_of(SqlSource(url).read_days(*MARCH, batch_size=100))

    assert set_aside == {}
    assert records["document/i1"].status == "voided"
    assert [warning.rule for warning in warnings] == ["lines_net", "lines_tax"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (put("movement_lines", 1, quantity="4", value="40.00"), "against_its_kind"),
        (put("movement_lines", 0, value="-100.00"), "negative_cost"),
    ],
)
def test_what_stock_ledgers_do_lawfully_is_a_warning(tmp_path: Path, change: Change, rule: str) -> None:
    rows = good_company()
    change(rows)
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    records, set_aside, warnings = all_of(SqlSource(url).read_days(*MARCH, batch_size=100))

    assert set(records) == EVERYTHING
    assert set_aside == {}
    assert [warning.rule for warning in warnings] == [rule]


def _without(kind: str) -> Change:
    return lambda rows: rows.pop(kind)


@pytest.mark.parametrize(
    ("change", "types", "what", "remedy"),
    [
        (_without("movement_lines"), {}, "movement_lines missing", "contract.md"),
        (put("documents", 0), {"documents.business_date": "TIMESTAMPTZ"}, "timestamp with time zone", "AT TIME ZONE"),
        (put("documents", 0), {"documents.net_amount": "DOUBLE PRECISION"}, "double precision", "NUMERIC"),
        (put("documents", 0), {"movement_lines.value": "REAL"}, "movement_lines.value is real", "NUMERIC"),
    ],
)
def test_a_source_that_cannot_be_read_says_why(
    postgresql_url: str, change: Change, types: dict[str, str], what: str, remedy: str
) -> None:
    rows = good_company()
    change(rows)
    write_company(postgresql_url, rows, types)
    source = SqlSource(postgresql_url)

    with pytest.raises(SourceError) as caught:
        list(source.read_days(*MARCH, batch_size=10))

    assert what in str(caught.value)
    assert remedy in caught.value.problem.remedy
    assert str(caught.value) in [str(problem) for problem in source.check()]


def test_a_missing_column_is_named_with_its_table_and_the_nearest(source_url: str) -> None:
    write_company(source_url, good_company())
    engine = create_engine(normalise_url(source_url))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE documents RENAME COLUMN net_amount TO amount_net"))
    engine.dispose()

    with pytest.raises(SourceError, match=r"documents lacks the column net_amount \(view documents\).*'amount_net'"):
        list(SqlSource(source_url).read_days(*MARCH, batch_size=10))


@pytest.mark.parametrize("method", ["read_days", "stock_values"])
def test_a_database_that_goes_away_loses_nothing(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    write_company(postgresql_url, good_company())
    source = SqlSource(postgresql_url)
    source.check()
    original = Reader.with_ids if method == "read_days" else Reader.rows
    calls = 0

    def killed(self: Reader, connection: Any, *more: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == (20 if method == "read_days" else 1):
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return original(self, connection, *more, **named)

    monkeypatch.setattr(Reader, original.__name__, killed)
    before: list[Batch] = []

    def read() -> None:
        if method == "read_days":
            before.extend(source.read_days(*MARCH, batch_size=1))
        else:
            source.stock_values(MARCH[1])

    with pytest.raises(SourceUnavailable, match="went away while it was read"):
        read()
    monkeypatch.undo()

    records, set_aside, _ = all_of(source.read_days(*MARCH, batch_size=1))
    kept, _, _ = all_of(before)
    assert set(records) == EVERYTHING
    assert set_aside == {}
    assert kept.items() <= records.items()
    assert bool(kept) == (method == "read_days")


def test_a_hole_in_the_stock_value_is_an_error(tmp_path: Path) -> None:
    rows = good_company()
    rows["stock_values"][2]["value"] = None
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    with pytest.raises(SourceError, match="product 'p1' at location 'w1': it is empty"):
        SqlSource(url).stock_values(MARCH[1])


@pytest.mark.parametrize("day", [None, "", "2024-3-4", "04/03/2024", " 2024-03-04", "20240304", "2024-02-31"])
@pytest.mark.parametrize("as_at", [MARCH[0], MARCH[1]])
def test_a_stock_value_of_no_day_is_an_error_on_every_day(tmp_path: Path, day: str | None, as_at: date) -> None:
    rows = good_company()
    rows["stock_values"][1]["business_date"] = day
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    with pytest.raises(SourceError, match="bad business_date in the stock value") as raised:
        SqlSource(url).stock_values(as_at)
    assert "product 'p1' at location 'w1'" in str(raised.value)


def test_check_finds_what_pages_cannot_see(tmp_path: Path) -> None:
    rows = good_company()
    rows["document_lines"].append({"document_id": "gone", "line_id": "x", "net_amount": "1"})
    rows["documents"][0]["total_amount"] = 100.5
    rows["movements"].append({**rows["movements"][0], "business_date": "2024-03-09"})
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, rows)

    problems = [str(problem) for problem in SqlSource(url).check()]

    assert len(problems) == 3
    assert "documents.total_amount is a binary float in 1 rows" in problems[0]
    assert "documents has no document_id 'gone'" in problems[1]
    assert "'r1' appears 2 times" in problems[2]
