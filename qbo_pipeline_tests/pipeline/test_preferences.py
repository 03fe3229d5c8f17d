"""Which forms QBO numbers by itself, and classes and departments by name: what the settings and its lists say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.company_preferences import numbered_by_quickbooks, rates_of_codes, tax_regime
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.resolving import find_dimension
from qbo_pipeline.settings import Settings, SettingsError, load_settings
from qbo_pipeline.store.reference import of_object, put_references, references
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.shop import open_shop

SALES = {"Invoice", "CreditMemo", "Estimate"}
PURCHASES = {"VendorCredit", "PurchaseOrder"}


def _others(value: str) -> dict[str, Any]:
    return {"NameValue": [{"Name": "VendorAndPurchasesPrefs.UseCustomTxnNumbers", "Value": value}]}


@pytest.mark.parametrize(
    ("preferences", "numbered"),
    [
        ({}, set()),
        ({"SalesFormsPrefs": {"CustomTxnNumbers": False}}, SALES),
        ({"SalesFormsPrefs": {"CustomTxnNumbers": True}, "OtherPrefs": _others("false")}, PURCHASES),
        ({"SalesFormsPrefs": {"CustomTxnNumbers": False}, "OtherPrefs": _others("false")}, SALES | PURCHASES),
        ({"OtherPrefs": _others("true")}, set()),
    ],
)
def test_each_form_follows_its_own_preference(preferences: dict[str, Any], numbered: set[str]) -> None:
    assert set(numbered_by_quickbooks(preferences)) == numbered


@pytest.mark.parametrize(
    ("country", "automated", "regime"),
    [
        ("US", True, "us"),
        ("US", False, "us_manual"),
        ("US", None, "us_manual"),
        ("ES", None, "global"),
        ("GB", False, "global"),
        ("", True, "us"),
        ("", None, "global"),
    ],
)
def test_the_country_decides_how_tax_is_told(country: str, automated: bool | None, regime: str) -> None:
    preferences = {"TaxPrefs": {} if automated is None else {"PartnerTaxEnabled": automated}}
    assert tax_regime([{"Country": country}] if country else [], preferences) == regime


def test_a_us_company_without_sales_tax_is_one_of_its_own() -> None:
    assert tax_regime([{"Country": "US"}], {"TaxPrefs": {"UsingSalesTax": False}}) == "us_none"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(open_shop(tmp_path, None).settings)


CLASSES = [
    of_object("Class", {"Id": "5", "Name": "East"}),
    of_object("Class", {"Id": "6", "Name": "Lima", "FullyQualifiedName": "East:Lima"}),
    of_object("Class", {"Id": "7", "Name": "Old", "Active": False}),
]


@pytest.mark.parametrize(("name", "qbo_id"), [("East", "5"), ("East:Lima", "6"), ("id:6", "6")])
def test_a_class_is_found_by_its_name_or_its_id(settings: Settings, name: str, qbo_id: str) -> None:
    assert find_dimension(CLASSES, settings, "class", name, "[accounts.by_product] tea.class") == qbo_id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Eest", ["QuickBooks has no class 'Eest'", "did you mean 'East'?", "[accounts.by_product] tea.class"]),
        ("id:99", ["QuickBooks has no class 'id:99'"]),
        ("Old", ["the QuickBooks class 'Old' is inactive"]),
    ],
)
def test_a_class_that_is_not_there_is_told_as_a_class(settings: Settings, name: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as told:
        find_dimension(CLASSES, settings, "class", name, "[accounts.by_product] tea.class")
    assert all(word in str(told.value) for word in words)


def test_a_company_without_classes_is_told_so(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"no department 'North'.*the company has none"):
        find_dimension([], settings, "department", "North", "[accounts.by_location] n.department")


def test_the_rates_of_a_companys_codes_are_read_where_codes_stand_on_lines(tmp_path: Path) -> None:
    """Standard and reverse charge of the UK, by side."""
    uk = running_emulator("--limits", "off", "--company", "uk")
    with uk as emulator, open_shop(tmp_path / "uk", emulator, currency="GBP").run() as run:
        counts = read_reference_data(run)
        with run.database.reading() as connection:
            codes = {item.name: item.qbo_id for item in references(connection, run.name, "TaxCode")}
            rates = rates_of_codes(connection, run.name)
    assert counts["TaxRate"] > 0
    assert rates[codes["20.0% S"]] == ((20,), (20,))
    assert rates[codes["20.0% RC SG"]] == ((0,), (20, -20))


def test_classes_departments_and_policies_change_by_date(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, None)
    with shop.settings.open("a", encoding="utf-8") as file:
        file.write(
            '[accounts.by_location.w1]\nclass = "East"\ndepartment = "id:8"\n[[changes]]\nfirst_day = 2024-03-04\n'
            'accounts = { by_location = { w1 = { class = "East:Lima" } } }\n'
            'posting = { landed_cost_by = "weight", tax_total = "by_line" }\n'
        )
    lists = {"Class": CLASSES, "Department": [of_object("Department", {"Id": "8", "Name": "North"})]}
    with shop.run() as run, run.database.transaction() as connection:
        for entity, items in lists.items():
            put_references(connection, run.name, entity, items, now=run.database.now(connection))
        books = StoredBooks(connection, run.settings, []).books
        found = [books.on(date(2024, 3, day)) for day in (3, 4)]
    assert [its.overrides["class", "location", "w1"] for its in found] == ["5", "6"]
    assert [its.overrides["department", "location", "w1"] for its in found] == ["8", "8"]
    assert [(its.policies.landed_cost_by, its.policies.tax_total) for its in found] == [
        ("value", "source"),
        ("weight", "by_line"),
    ]
