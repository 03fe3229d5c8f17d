"""The books themselves: roles that do not exist, settings that change by date, and the rules kept as JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from qbo_pipeline.accounting.books import Books, Policies
from qbo_pipeline.accounting.drafts import Excluded, Stop
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline_tests.accounting.company import (
    ACCOUNTS,
    DAY,
    ROLES,
    books,
    document,
    draft,
    item,
    ledger_of,
    match,
    movement,
    stock,
)

D = Decimal
BEFORE = date(2026, 3, 1)
RECEIPT = movement("receipt", stock("tea", 10, "50"), business_date=BEFORE)
BILL = document("bill", item("tea", 10, "5", "50"), matches=(match(1, "receipt", 1, 10),))


def changing(earlier: Books, later: Books) -> Books:
    """Books whose settings change on the day of the documents."""

    def on(day: date) -> Books:
        return replace(later if day >= DAY else earlier, dated=on)

    return replace(later, dated=on)


def test_roles_and_levels_that_do_not_exist_are_all_named() -> None:
    with pytest.raises(ValueError, match="unknown account role or level: ") as caught:
        books(roles={"sails": "1", "bonk": "2"}, overrides={("sales", "colour", "red"): "3", ("x", "party", "1"): "4"})
    assert str(caught.value) == (
        "unknown account role or level: sails, bonk, sales by colour, x by party; roles are inventory, in_transit, "
        "goods_received_not_invoiced, accounts_payable, accounts_receivable, sales, cost_of_goods_sold, "
        "inventory_adjustment, write_off, labour_absorbed, purchase_price_variance, purchases, bank, rounding, "
        "opening_balance_equity, input_tax, landed_cost, work_in_progress, exchange_difference, customer_deposits, "
        "supplier_deposits, payment_fees, discounts, freight, charges, purchase_discounts, freight_in, "
        "overhead_absorbed"
    )


def test_all_accounts_that_ever_serve_a_role_count_as_its_own() -> None:
    further = {"inventory": frozenset({"82"}), "sales": frozenset({"69"})}
    in_books = books(overrides={("inventory", "location", "west"): "83"}, further=further)
    assert in_books.accounts_of("inventory") == {"81", "82", "83"}
    assert in_books.accounts_of("sales") == {"40", "69"}
    assert books(roles={}).accounts_of("sales") == frozenset()
    assert in_books.stock_accounts == {"81", "82", "83", "84", "33"}


def test_what_is_dated_is_built_by_the_books_of_its_date() -> None:
    in_books = changing(books(), books(roles=ROLES | {"purchases": "61"}))
    assert ledger_of(draft(document("bill", item("bag", 1, "5", "5")), in_books)).text().startswith("Dr Freight")
    earlier = document("bill", item("bag", 1, "5", "5"), business_date=BEFORE)
    assert ledger_of(draft(earlier, in_books)).text().startswith("Dr Purchases")


def test_a_bill_clears_what_its_receipt_accrued_under_the_settings_of_the_receipts_date() -> None:
    accruing, not_accruing = books(RECEIPT), books(RECEIPT, policies={"accrue_receipts": False})
    cleared = draft(BILL, changing(accruing, not_accruing))
    assert ledger_of(cleared).text() == "Dr GRNI 50.00\nCr Payables 50.00"
    direct = draft(BILL, changing(not_accruing, accruing))
    assert ledger_of(direct).text() == "Dr Inventory 50.00\nCr Payables 50.00"


def test_books_that_know_little_answer_nothing() -> None:
    none: dict[str, Books] = {}
    bare = Books(
        home_currency="USD", roles=ROLES, chart=ACCOUNTS, product=none.get, party=lambda kind, party: None,  # type: ignore[arg-type]
        document=none.get, movement=none.get,  # type: ignore[arg-type]
    )  # fmt: skip
    assert bare.matched_before("m", "1", BILL) == 0
    assert bare.rate("EUR", DAY) is None
    assert (bare.namesakes("tea"), bare.product_namesakes("tea"), bare.cost_approved("m")) == ((), (), False)


def test_a_stop_says_why() -> None:
    assert str(Stop(Excluded(rule="nil_effect", message="nothing to post"))) == "nothing to post"


def test_an_account_of_the_settings_that_the_chart_has_not_is_named() -> None:
    with pytest.raises(Stop, match=r"^account 999 \(the settings' accounts\) is not in the company's chart"):
        build_account_items(books(hints={"old": "999"}))


RULES = Rules(
    first_day=date(2025, 1, 1),
    roles={"sales": "40", "bank": "10"},
    overrides={("sales", "category", "hot drinks"): "41", ("class", "location", "east"): "901"},
    hints={"freight": "61"},
    tax_codes={"": "5", "S": "7"},
    policies=Policies(tax_regime="global", numbered_by_quickbooks=("Invoice", "Bill")),
)
SET = RuleSet(
    home_currency="EUR",
    by_date=[RULES, replace(RULES, first_day=DAY, roles={"sales": "41"})],
    rates=[("USD", date(2025, 1, 1), date(2025, 12, 31), D("0.00000001"))],
)


def test_rules_go_to_json_and_come_back() -> None:
    content = SET.as_content()
    assert RuleSet.from_content(content) == SET
    assert RuleSet.from_content(content).as_content() == content
    policies = content["by_date"][0].pop("policies")
    assert (policies["tax_regime"], policies["numbered_by_quickbooks"]) == ("global", ("Invoice", "Bill"))
    content["by_date"].pop()
    assert content == {
        "home_currency": "EUR",
        "by_date": [{
            "first_day": "2025-01-01", "roles": {"bank": "10", "sales": "40"},
            "overrides": {"class\x1flocation\x1feast": "901", "sales\x1fcategory\x1fhot drinks": "41"},
            "hints": {"freight": "61"}, "tax_codes": {"": "5", "S": "7"},
        }],
        "rates": [["USD", "2025-01-01", "2025-12-31", "0.00000001"]],
    }  # fmt: skip
    assert [list(content["by_date"][0][name]) for name in ("roles", "overrides")] == [
        ["bank", "sales"], ["class\x1flocation\x1feast", "sales\x1fcategory\x1fhot drinks"],
    ]  # fmt: skip


def test_policies_that_say_nothing_new_are_left_out_of_json_so_that_hashes_stay() -> None:
    assert {"summarise", "sub_customers", "unknown_terms", "party_currencies", "categories", "products"}.isdisjoint(
        SET.as_content()["by_date"][0]["policies"]
    )
    said = replace(RULES, policies=Policies(summarise=("shipment",), sub_customers="flattened"))
    content = replace(SET, by_date=[said]).as_content()
    assert content["by_date"][0]["policies"]["summarise"] == ("shipment",)
    assert content["by_date"][0]["policies"]["sub_customers"] == "flattened"
    assert RuleSet.from_content(content).by_date == [said]


@pytest.mark.parametrize(
    ("day", "first_day"),
    [(date(2024, 6, 1), RULES.first_day), (date(2025, 1, 1), RULES.first_day), (date(2026, 3, 13), RULES.first_day),
     (DAY, DAY), (date(2027, 1, 1), DAY)],
)  # fmt: skip
def test_the_rules_of_a_day_are_the_last_that_have_begun(day: date, first_day: date) -> None:
    assert SET.on(day).first_day == first_day
