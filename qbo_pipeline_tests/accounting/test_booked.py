"""What the rules say that a payload does to the stock accounts is what the emulator's own double entry books.

The emulator shares no line with the rules: it takes the payload as QuickBooks would, in a whole company of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Excluded, Refused
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.inventory.records import DOCUMENT_KINDS, PAYMENT_KINDS, Record, record_key
from qbo_pipeline_tests.accounting.company import CHART, FURTHER, NAMES, PARTIES, PRODUCTS, books, document, payment
from qbo_pipeline_tests.accounting.many import many
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.rows import STOCK
from qbo_pipeline_tests.accounting.table.sections import DOCUMENTS, PAYMENTS
from qbo_pipeline_tests.accounting.table.writing import books_of
from qbo_pipeline_tests.accounting.test_properties import POSTED, document_lines, movements, values

D = Decimal
# Outside the US a document needs the company's own tax codes, and a foreign one several currencies.
ROWS = [
    row
    for row in (*STOCK, *DOCUMENTS, *PAYMENTS)
    if row.shown and not row.policies.get("multicurrency") and row.policies.get("tax_regime", "us") == "us"
]


class Emulated:
    """A company of the emulator with the tests' chart of accounts."""

    def __init__(self) -> None:
        self.company = Company.open(
            None, seed="us", realm="9130350000000009", clock=lambda: datetime(2026, 3, 20, 12, tzinfo=UTC)
        )
        self.ids = {old: self._account(name, type_) for old, _, name, type_ in (*CHART, *FURTHER)}
        self.made: dict[str, str] = {}  # by key, what is not made anew for every example

    def _account(self, name: str, type_: str) -> str:
        return str(self.company.create("Account", {"Name": f"Our {name}", "AccountType": type_})["Id"])

    def balances(self) -> dict[str, Decimal]:
        """By the tests' own account id, debit positive."""
        found = {row["id"]: row["balance"] for row in self.company.accounts()}
        return {old: found[new] for old, new in self.ids.items()}

    def post(
        self, draft: Draft, known: Mapping[str, Record], in_books: Books, made: dict[str, str]
    ) -> dict[str, Decimal]:
        """Send a draft, after what it refers to; what it did to each account."""
        body = self._resolved(draft.payload, known, in_books, made)
        before = self.balances()
        body.pop("DocNumber", None)  # the same number on every example
        made[draft.key] = str(self.company.create(draft.entity, body)["Id"])
        after = self.balances()
        return {account: after[account] - was for account, was in before.items() if after[account] != was}

    def _resolved(self, value: Any, known: Mapping[str, Record], in_books: Books, made: dict[str, str]) -> Any:
        if isinstance(value, list):
            return [self._resolved(item, known, in_books, made) for item in value]
        if not isinstance(value, dict):
            return value
        found = {}
        for name, item in value.items():
            if name.endswith("AccountRef"):
                found[name] = {"value": self.ids[item["value"]]}
            elif name in ("value", "TxnId") and str(item).startswith("$"):
                found[name] = self._id_of(item[1:], known, in_books, made)
            else:
                found[name] = self._resolved(item, known, in_books, made)
        return found

    def _id_of(self, key: str, known: Mapping[str, Record], in_books: Books, made: dict[str, str]) -> str:
        lists = key.split("/")[0] in ("party", "product", "item")
        there = self.made if lists else made
        if key not in there:
            if key.startswith("item/"):
                (wanted,) = (item for item in build_account_items(in_books) if item.key == key)
            else:
                wanted = next(one for one in drafts_of(known[key], in_books) if one.key == key)
            self.post(wanted, known, in_books, there)
        return there[key]


def drafts_of(record: Record, in_books: Books) -> list[Draft]:
    outcome = build(record, in_books)
    assert not isinstance(outcome, Excluded)
    return [one for one in (outcome if isinstance(outcome, list) else [outcome]) if isinstance(one, Draft)]


@pytest.fixture(scope="module")
def emulated() -> Iterator[Emulated]:
    found = Emulated()
    yield found
    found.company.close()


def told(draft: Draft) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for effect in draft.effects:
        amounts[effect.account_id] += effect.amount
    return {account: amount for account, amount in amounts.items() if amount}


def check(draft: Draft, emulated: Emulated, known: Mapping[str, Record], in_books: Books, made: dict[str, str]) -> None:
    moved = emulated.post(draft, known, in_books, made)
    on_stock = {account: amount for account, amount in moved.items() if account in in_books.stock_accounts}
    assert on_stock == told(draft), {NAMES[account]: amount for account, amount in moved.items()}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.number} {row.what}".strip() for row in ROWS])
def test_each_row_of_what_is_posted(row: Row, emulated: Emulated) -> None:
    in_books = books_of(row)
    stored = {record_key(record): record for record in (*PARTIES, *PRODUCTS, *row.known, *row.shown)}
    made: dict[str, str] = {}
    for record in row.shown:
        for one in drafts_of(record, in_books) if not isinstance(build(record, in_books), Excluded) else []:
            check(one, emulated, stored, in_books, made)


@given(
    st.one_of(
        movements(values),
        st.builds(
            lambda kind, lines: document(kind, *lines),
            st.sampled_from([kind for kind in DOCUMENT_KINDS if kind not in ("quote", "purchase_order")]),
            st.lists(document_lines, min_size=1, max_size=4),
        ),
        st.builds(lambda kind, amount: payment(kind, str(amount)), st.sampled_from(PAYMENT_KINDS), values.filter(bool)),
    )
)
@many(60)
def test_the_emulator_books_what_the_effects_say(emulated: Emulated, record: Record) -> None:
    """Of forms and journals of any lines and signs, to the cent for each stock account."""
    in_books = books(record, policies=POSTED)
    outcome = build(record, in_books)
    if not isinstance(outcome, Excluded | Refused):
        stored = {record_key(known): known for known in (*PARTIES, *PRODUCTS)}
        made: dict[str, str] = {}
        for one in outcome if isinstance(outcome, list) else [outcome]:
            check(one, emulated, stored, in_books, made)
