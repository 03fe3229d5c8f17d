"""What preflight finds in the company itself: plan, currencies, tax, and the accounts that a policy needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.accounting.books import Policies
from qbo_pipeline.pipeline.company_checks import company_findings, needed_by, plan_of
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.store.reference import of_object, put_references
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop

CODE = {"Id": "7", "Name": "20% S", "SalesTaxRateList": {"TaxRateDetail": [{"TaxRateRef": {"value": "1"}}]}}
RATE = {"Id": "1", "Name": "20% S (Sales)", "RateValue": 20}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return open_shop(tmp_path, None)


def found(shop: Shop, check: str, *, plan: str = "Plus", lists: Any = (), **company: Any) -> PreflightFinding:
    """One check in a company that says this of itself; `prefs` are its preferences."""
    prefs = company.pop("prefs", {})
    sku = [{"Name": "OfferingSku", "Value": f"QuickBooks Online {plan}"}] if plan else []
    read = {
        "CompanyInfo": [{"Id": "1", "CompanyName": "Shop", "Country": "US", "NameValue": sku, **company}],
        "Preferences": [{"Id": "1", **prefs}],
        **dict(lists),
    }
    with shop.run() as run:
        with run.database.transaction() as connection:
            for entity, objects in read.items():
                items = [of_object(entity, item) for item in objects]
                put_references(connection, run.name, entity, items, now=run.database.now(connection))
        with run.database.reading() as connection:
            (one,) = (item for item in company_findings(connection, run.settings) if item.name == check)
    return one


def say(shop: Shop, section: str, setting: str) -> None:
    """Put a setting at the head of its section, whatever the file says of it below."""
    name = setting.split(" = ", 1)[0]
    lines = [
        line for line in shop.settings.read_text(encoding="utf-8").splitlines() if not line.startswith(f"{name} =")
    ]
    at = lines.index(section)
    shop.settings.write_text("\n".join([*lines[: at + 1], setting, *lines[at + 1 :]]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("plan", "setting", "ok", "says"),
    [
        ("Simple Start", None, False, "bills are in Essentials"),
        ("SimpleStart", None, False, "bills are in Essentials"),
        ("Essentials", None, True, "bills are in Essentials"),
        ("Essentials", "purchase_orders = true", False, "purchase orders"),
        ("Essentials", 'mode = "tracked"', False, "inventory items"),
        ("Plus", 'mode = "tracked"', True, "inventory items"),
        ("Advanced", "purchase_orders = true", True, "purchase orders"),
        ("Ledger", None, True, "names it 'Ledger': see that it has bills"),
        ("", None, True, "does not say it"),
    ],
)
def test_the_plan_has_what_is_posted(shop: Shop, plan: str, setting: str | None, ok: bool, says: str) -> None:
    if setting is not None:
        say(shop, "[posting]", setting)
    finding = found(shop, "plan", plan=plan)
    assert finding.ok is ok
    assert says in finding.finding
    assert ok or "or higher" in finding.remedy


def test_classes_and_departments_need_a_plan_that_has_them(shop: Shop) -> None:
    with shop.settings.open("a", encoding="utf-8") as file:
        file.write('[accounts.by_location."w1"]\nclass = "North"\n')
    finding = found(shop, "plan", plan="Essentials")
    assert (finding.ok, "classes and departments" in finding.finding) == (False, True)


@pytest.mark.parametrize(
    ("setting", "prefs", "says"),
    [
        (None, {}, "a document in another would wait"),
        (None, {"CurrencyPrefs": {"MultiCurrencyEnabled": True}}, "documents go in theirs"),
        ('foreign_documents = "home_currency"', {}, "go in USD"),
    ],
)
def test_what_becomes_of_foreign_documents(shop: Shop, setting: str | None, prefs: dict[str, Any], says: str) -> None:
    if setting is not None:
        say(shop, "[posting]", setting)
    finding = found(shop, "currencies", prefs=prefs)
    assert finding.ok
    assert says in finding.finding


LISTS = {"TaxCode": [CODE], "TaxRate": [RATE]}


@pytest.mark.parametrize(
    ("company", "setting", "ok", "says"),
    [
        ({"prefs": {"TaxPrefs": {"PartnerTaxEnabled": True}}}, None, True, "automated"),
        ({"prefs": {}}, None, True, "manual"),
        ({"prefs": {"TaxPrefs": {"UsingSalesTax": False}}}, None, True, "is off"),
        ({"prefs": {}}, 'tax_total = "by_line"', False, "says nothing here"),
        ({"Country": "GB", "lists": LISTS}, None, True, "a tax code on each line, 1 of them"),
        ({"Country": "GB", "lists": LISTS}, 'tax_total = "by_line"', True, "1 of them"),
        ({"Country": "GB", "lists": {"TaxCode": [CODE]}}, 'tax_total = "by_line"', False, "rates are not known"),
        ({"Country": "GB"}, None, True, "not set up"),
    ],
)
def test_how_tax_is_set_up(shop: Shop, company: dict[str, Any], setting: str | None, ok: bool, says: str) -> None:
    if setting is not None:
        say(shop, "[posting]", setting)
    finding = found(shop, "tax", **company)
    assert (finding.ok, says in finding.finding) == (ok, True), finding


def test_codes_are_named_and_tax_is_not_set_up(shop: Shop) -> None:
    say(shop, "[tax_codes]" + _remark(shop), '"S20" = "20% S"')
    finding = found(shop, "tax", Country="GB", lists={"TaxCode": []})
    assert (finding.ok, finding.remedy.startswith("Set it up there")) == (False, True)


def _remark(shop: Shop) -> str:
    (line,) = (
        line for line in shop.settings.read_text(encoding="utf-8").splitlines() if line.startswith("[tax_codes]")
    )
    return line.removeprefix("[tax_codes]")


def test_a_policy_says_which_account_it_needs() -> None:
    assert needed_by(Policies()) == {}
    asked = Policies(unmatched_bill_lines="in_transit", foreign_documents="home_currency", tax_total="by_line")
    assert set(needed_by(asked)) == {"in_transit", "exchange_difference", "rounding"}
    assert needed_by(Policies(unmatched_bill_lines="in_transit", accrue_receipts=False)) == {}


def test_a_company_that_says_nothing_of_its_plan() -> None:
    assert plan_of({}) == ""
