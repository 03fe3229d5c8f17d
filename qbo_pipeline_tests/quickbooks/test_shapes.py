"""Answers of another shape: any part of a real answer replaced by anything is told as QBO's, never a defect of ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.posting.content import fingerprint, is_voided
from qbo_pipeline.quickbooks.auth import _tokens
from qbo_pipeline.quickbooks.changes import read_changes
from qbo_pipeline.quickbooks.errors import QuickBooksError, Unavailable
from qbo_pipeline.quickbooks.ledger import ledger_line
from qbo_pipeline.quickbooks.reports import parse_report
from qbo_pipeline.quickbooks.shapes import OddShape, exact, objects

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
INVOICE = {
    "Id": "1", "SyncToken": "0", "TxnDate": "2026-03-01", "CustomerRef": {"value": "7"}, "TotalAmt": Decimal("10.00"),
    "ExchangeRate": Decimal("1.25"), "CurrencyRef": {"value": "EUR"}, "PrivateNote": "Voided",
    "TxnTaxDetail": {"TotalTax": Decimal("1.00"), "TaxLine": [
        {"Amount": Decimal("1.00"), "TaxLineDetail": {"TaxRateRef": {"value": "3"}}}]},
    "Line": [
        {"Amount": Decimal("10.00"), "DetailType": "SalesItemLineDetail", "LinkedTxn": [{"TxnId": "4"}],
         "SalesItemLineDetail": {"ItemRef": {"value": "9"}, "ClassRef": {"value": "2"}, "QtyDiff": 3}},
        {"DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": [{"Amount": 1}]}}],
}  # fmt: skip
PAYMENT = INVOICE | {"CheckPayment": {"BankAccountRef": {"value": "5"}}}
ROW = {"ColData": [{"value": "2026-03-01"}, {"value": "Invoice", "id": "1"}, {"value": "10.00"}]}
REPORT = {
    "Header": {"ReportName": "GeneralLedger"},
    "Columns": {"Column": [
        {"ColType": "tx_date", "MetaData": [{"Name": "ColKey", "Value": "tx_date"}]}, {"ColType": "txn_type"},
        {"ColType": "subt_nat_amount"}]},
    "Rows": {"Row": [
        {"Header": {"ColData": [{"value": "Stock", "id": "35"}]}, "Rows": {"Row": [ROW]}, "Summary": ROW}, ROW]},
}  # fmt: skip
CHANGES = {"time": "2026-03-31T12:00:00Z", "CDCResponse": [{"QueryResponse": [{"Invoice": [INVOICE]}]}]}
TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "x_refresh_token_expires_in": 8640000}

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(), st.text(max_size=5), st.just({}), st.just([]),
    st.just([None]), st.just({"value": []}), st.just([{"value": 1}]), st.just("1e99"), st.just("NaN"),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def broken(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    whole = copy.deepcopy(whole)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return whole


def spoilt(whole: Any) -> st.SearchStrategy[Any]:
    """The answer with one part missing or replaced by anything."""
    inner = st.sampled_from([path for path in places(whole) if path])
    return st.builds(lambda path, value: broken(whole, path, value), inner, st.just(...) | ANYTHING)


@given(spoilt(PAYMENT), st.sampled_from(["Invoice", "Payment", "BillPayment", "JournalEntry", "Customer"]))
def test_an_object_is_read_or_said_to_be_odd(thing: Any, entity: str) -> None:
    with suppress(OddShape):
        assert isinstance(fingerprint(entity, thing), str)
    assert is_voided(thing) in (True, False)


@given(spoilt(REPORT))
def test_a_report_is_read_or_said_to_be_odd(body: Any) -> None:
    with suppress(QuickBooksError):
        for row in parse_report(body, "GeneralLedger").rows:
            ledger_line("35", "Stock", 1, row, Decimal(0))


@given(spoilt(CHANGES))
def test_changes_are_read_or_said_to_be_odd(body: Any) -> None:
    with suppress(QuickBooksError):
        changes = read_changes(["Invoice"], NOW, NOW, lambda names, since: body, lambda query: [])
        assert all(row["Id"] for row in changes.objects["Invoice"])


@given(spoilt(TOKENS))
def test_tokens_are_read_or_there_are_none(body: Any) -> None:
    found = _tokens("9341", body, None, NOW)
    assert found is None or found.access_token.reveal()


def test_the_answers_as_they_are_can_be_read() -> None:
    assert "total=10.00" in fingerprint("Invoice", INVOICE)
    assert len(parse_report(REPORT, "GeneralLedger").rows) == 3
    assert _tokens("9341", TOKENS, None, NOW) is not None


@pytest.mark.parametrize("value", [{}, [1], "a", [{}, None]])
def test_what_is_no_list_of_objects_is_told_with_its_place(value: Any) -> None:
    with pytest.raises(OddShape, match=r"Line holds .* instead of a list of objects"):
        objects(value, "Line")


def test_a_list_that_is_missing_is_empty() -> None:
    assert objects(None, "Line") == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", "a dozen", None, True, []])
def test_what_is_no_number_is_told_with_its_place(value: Any) -> None:
    with pytest.raises(OddShape, match=r"TotalAmt holds .* instead of a number"):
        exact(value, "TotalAmt")


def test_a_mistake_of_ours_is_no_odd_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything but `OddShape` comes through: a defect in the reading is not told as QBO's."""

    def mistaken(*_: Any) -> None:
        raise AttributeError("nobody foresaw this")

    monkeypatch.setattr("qbo_pipeline.quickbooks.reports._key", mistaken)
    with pytest.raises(AttributeError):
        parse_report(REPORT, "GeneralLedger")
    with pytest.raises(Unavailable):
        parse_report({}, "GeneralLedger")
