"""Queries: only known names get in, literals cannot break out, and no row is lost between pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.quickbooks.query import Query, literal, pages, select


def _read_literal(text: str) -> tuple[str, str]:
    """The quoted literal at the start of a text as QBO reads it, and what follows."""
    assert text[0] == "'"
    value, position = "", 1
    while text[position] != "'":
        if text[position] == "\\":
            position += 1
        value += text[position]
        position += 1
    return value, text[position + 1 :]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_a_text_cannot_leave_its_quotes(value: str) -> None:
    query = select("Invoice").where("DocNumber", "=", value).where("Id", "=", "7").text()
    after = query.split("DocNumber = ", 1)[1]
    assert _read_literal(after) == (value, " AND Id = '7' STARTPOSITION 1 MAXRESULTS 1000")


@given(st.text(st.characters(categories=["Cc", "Cs"]), min_size=1))
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        literal(f"a{value}b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("O'Brien \\ Sons", "'O\\'Brien \\\\ Sons'"),
        (date(2026, 1, 31), "'2026-01-31'"),
        (datetime(2026, 1, 31, 8, tzinfo=UTC), "'2026-01-31T08:00:00+00:00'"),
        (Decimal("10.50"), "'10.5'"),
        (12, "'12'"),
        (True, "true"),
        (["a", "b'"], "('a', 'b\\'')"),
        ([True, False], "(true, false)"),
    ],
)
def test_literals(value: Any, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: select("invoice"), "did you mean Invoice"),
        (lambda: select("Invoice; DROP"), "not a QuickBooks entity"),
        (lambda: select("Invoice").where("Line.Amount", "=", 1), "cannot be queried by 'Line.Amount'"),
        (lambda: select("Invoice").where("DocNumber", "OR", "x"), "operator 'OR'"),
        (lambda: select("Invoice").where("DocNumber", "IN", "x"), "IN takes a list"),
        (lambda: select("Invoice").where("DocNumber", "=", ["x"]), "IN takes a list"),
        (lambda: select("Invoice").where("DocNumber", "IN", []), "at least one"),
        (lambda: select("Invoice").where("TotalAmt", "LIKE", Decimal(1)), "LIKE takes a text"),
        (lambda: select("Invoice").where("Id", ">", "5"), "= or IN"),
        (lambda: select("Invoice").where("TxnDate", "=", datetime(2026, 1, 1)), "time zone"),  # noqa: DTZ001
        (lambda: select("Invoice").order_by("nothing"), "cannot be queried"),
        (lambda: select("Invoice").text(start=0), "starts at 1"),
        (lambda: select("Invoice").text(limit=1001), "1 to 1000"),
    ],
)
def test_what_is_not_allowed_is_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_a_float_is_no_literal() -> None:
    with pytest.raises(TypeError, match="float"):
        select("Invoice").where("TotalAmt", "=", 1.5)  # type: ignore[arg-type]


def test_the_whole_text() -> None:
    query = select("Customer", with_inactive=True).where("DisplayName", "LIKE", "A%").order_by("Id", descending=True)
    expected = "Customer WHERE Active IN (true, false) AND DisplayName LIKE 'A%'"
    assert query.text(101, 50) == f"SELECT * FROM {expected} ORDERBY Id DESC STARTPOSITION 101 MAXRESULTS 50"
    assert query.count_text() == f"SELECT COUNT(*) FROM {expected}"


class Table:
    """A table that answers queries by creation time and position, and changes while it is read."""

    def __init__(self, created: list[int]) -> None:
        self.rows = [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s), str(i)) for i, s in enumerate(created)]
        self.calls = 0
        self.before: Callable[[int], None] = lambda call: None

    def fetch(self, text: str) -> list[dict[str, Any]]:
        self.calls += 1
        self.before(self.calls)
        found = sorted(self.rows)
        for bound in re.findall(r"CreateTime >= '([^']+)'", text):
            found = [row for row in found if row[0] >= datetime.fromisoformat(bound)]
        start, limit = (int(re.search(rf"{word} (\d+)", text)[1]) for word in ("STARTPOSITION", "MAXRESULTS"))  # type: ignore[index]
        page = found[start - 1 : start - 1 + limit]
        return [{"Id": id, "MetaData": {"CreateTime": at.isoformat()}} for at, id in page]


def _ids(query: Query, table: Table, limit: int) -> list[str]:
    return [row["Id"] for page in pages(query, table.fetch, limit=limit) for row in page]


@settings(max_examples=200)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 7))
def test_each_row_is_read_once_however_many_share_an_instant(created: list[int], limit: int) -> None:
    table = Table(created)
    found = _ids(select("Invoice"), table, limit)
    assert sorted(found) == sorted(id for _, id in table.rows)


@given(st.integers(0, 29))
def test_a_row_deleted_while_reading_pushes_no_other_over_the_edge(deleted: int) -> None:
    table = Table(list(range(30)))
    original = {id for _, id in table.rows}

    def delete(call: int) -> None:
        if call == 2:
            del table.rows[deleted]

    table.before = delete
    found = _ids(select("Invoice"), table, 10)
    assert len(found) == len(set(found))
    assert original - set(found) <= {str(deleted)}


def test_lists_are_read_by_position_and_doubles_are_dropped() -> None:
    rows = [{"Id": "1"}, {"Id": "2"}, {"Id": "2"}, {"Id": "3"}]
    texts: list[str] = []

    def fetch(text: str) -> list[dict[str, Any]]:
        texts.append(text)
        start = int(re.search(r"STARTPOSITION (\d+)", text)[1])  # type: ignore[index]
        return rows[start - 1 : start + 1]

    assert [row["Id"] for page in pages(select("TaxRate"), fetch, limit=2) for row in page] == ["1", "2", "3"]
    assert texts[0] == "SELECT * FROM TaxRate ORDERBY Id STARTPOSITION 1 MAXRESULTS 2"
    assert len(texts) == 3
