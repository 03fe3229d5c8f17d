"""A party with documents in several currencies: one name in QuickBooks, or one for each, by policy."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.parties import further_currency
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.inventory.records import Party, Payment
from qbo_pipeline_tests.accounting.company import DAY, books, document, draft, item, money, refused

ABC = Party(party_id="17", kind="customer", name="ABC Company")
IN_EUR: dict[str, Any] = {"currency": "EUR", "exchange_rate": money("1.1"), "party_id": "17"}
INVOICE = document("sales_invoice", item(None, "1", "10", "10"), **IN_EUR)


def in_books(policy: str, *records: Party, **currencies: tuple[str, ...]) -> Books:
    policies = {"multicurrency": True, "party_currencies": policy}
    return books(
        ABC, *records, policies=policies, further_currencies=lambda party: currencies.get(party.split(":")[1], ())
    )


def made(party: Party, its_books: Books) -> list[tuple[str, str, str]]:
    """Key, name and currency of each object of a party."""
    outcome = build(party, its_books)
    drafts = outcome if isinstance(outcome, list) else [outcome]
    return [(one.key, one.payload["DisplayName"], one.payload["CurrencyRef"]["value"]) for one in drafts]  # type: ignore[union-attr]


def test_one_name_has_one_currency_and_says_how_to_have_more() -> None:
    answer = refused(INVOICE, in_books("one"))
    assert answer.reason == "party_currency"
    assert 'party_currencies = "each"' in answer.message


def test_documents_and_payments_go_to_the_name_in_their_currency() -> None:
    its_books = in_books("each")
    assert draft(INVOICE, its_books).payload["CustomerRef"] == {"value": "$party/customer:17#EUR"}
    home = document("sales_invoice", item(None, "1", "10", "10"), party_id="17")
    assert draft(home, its_books).payload["CustomerRef"] == {"value": "$party/customer:17"}
    paid = Payment(payment_id="y", kind="payment_received", number="1", business_date=DAY, amount=money("10"), **IN_EUR)
    assert draft(paid, its_books).payload["CustomerRef"] == {"value": "$party/customer:17#EUR"}


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        ("one", [("party/customer:17", "ABC Company", "USD")]),
        ("each", [("party/customer:17", "ABC Company", "USD"), ("party/customer:17#EUR", "ABC Company EUR", "EUR")]),
        (
            "each_named",
            [("party/customer:17", "ABC Company USD", "USD"), ("party/customer:17#EUR", "ABC Company EUR", "EUR")],
        ),
    ],
)
def test_the_names_of_a_party_in_each_currency(policy: str, names: list[tuple[str, str, str]]) -> None:
    assert made(ABC, in_books(policy, **{"17": ("EUR",)})) == names


def test_a_name_in_a_currency_gives_way_to_who_is_called_so() -> None:
    other = Party(party_id="18", kind="customer", name="abc company eur")
    assert [name for _, name, _ in made(ABC, in_books("each", other, **{"17": ("EUR",)}))] == [
        "ABC Company",
        "ABC Company EUR [17]",
    ]


def test_a_branch_stands_below_its_head_office_in_the_same_currency() -> None:
    branch = Party(party_id="2", kind="customer", name="Branch", parent_id="17", currency="EUR")
    payload = draft(branch, in_books("each", branch)).payload
    assert (payload["ParentRef"], payload["CurrencyRef"]) == ({"value": "$party/customer:17#EUR"}, {"value": "EUR"})


def test_a_currency_without_a_rate_is_refused() -> None:
    no_rate = document("sales_invoice", item(None, "1", "10", "10"), **(IN_EUR | {"exchange_rate": None}))
    assert refused(no_rate, in_books("each")).reason == "no_exchange_rate"


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("party/customer:17#EUR", ("party/customer:17", "EUR")),
        ("party/customer:17", ("party/customer:17", "")),
        ("party/customer:a#b", ("party/customer:a#b", "")),
        ("movement/88#EUR", ("movement/88#EUR", "")),
    ],
)
def test_a_key_says_its_record_and_currency(key: str, found: tuple[str, str]) -> None:
    assert further_currency(key) == found
