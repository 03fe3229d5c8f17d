"""What real clients send: every property that python-quickbooks writes is known, and its objects are accepted."""

from __future__ import annotations

import importlib
import json
import pkgutil
from typing import Any

import pytest
import quickbooks.objects
from quickbooks.objects.account import Account
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.invoice import Invoice

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.schema.entities import ENTITIES
from qbo_pipeline_tests.emulator.company.opening import id_of, open_company, ref


def _client_classes() -> dict[str, type[Any]]:
    found = {}
    for module_info in pkgutil.iter_modules(quickbooks.objects.__path__):
        module = importlib.import_module(f"quickbooks.objects.{module_info.name}")
        for name in ENTITIES:
            made = getattr(module, name, None)
            if isinstance(made, type) and made.__module__ == module.__name__:
                found[name] = made
    return found


CLIENT = _client_classes()


def test_the_client_knows_all_entities_but_four() -> None:
    assert set(ENTITIES) - set(CLIENT) == {"InventoryAdjustment", "JournalCode", "ReimburseCharge", "TaxPayment"}


@pytest.mark.parametrize("name", sorted(CLIENT))
def test_every_property_of_the_client_is_known(name: str) -> None:
    made = CLIENT[name]()
    sent = {key for key in made.__dict__ if not key.startswith("_")}
    assert sent <= set(ENTITIES[name].fields) | {"EntityRef"}


def test_objects_as_the_client_writes_them() -> None:
    us = open_company("us")
    account = Account()
    account.Name, account.AccountType, account.AccountSubType = "New", "Bank", "CashOnHand"
    made = us.create("Account", json.loads(account.to_json()))
    assert (made["AccountSubType"], made["Classification"]) == ("CashOnHand", "Asset")
    customer = Customer()
    customer.DisplayName = "Client"
    person = us.create("Customer", json.loads(customer.to_json()))
    line = SalesItemLine()
    line.Amount = 100
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = ref(id_of(us, "Item", "Rock Fountain"))
    invoice = Invoice()
    invoice.CustomerRef = ref(person["Id"])
    invoice.Line.append(line)
    sold = us.create("Invoice", json.loads(invoice.to_json()))
    assert (sold["TotalAmt"], sold["Line"][0]["Amount"], sold["CustomerRef"]["name"]) == (100, 100, "Client")
    read_back = Invoice.from_json(json.loads(jsontext.dumps(sold)))
    read_back.PrivateNote = "again"
    changed = us.update("Invoice", json.loads(read_back.to_json()))
    assert (changed["PrivateNote"], changed["TotalAmt"], changed["SyncToken"]) == ("again", 100, "1")


def test_answers_show_cents_exactly() -> None:
    us = open_company("us")
    customer = ref(id_of(us, "Customer", "Cool Cars"))
    made = us.create("Payment", {"CustomerRef": customer, "TotalAmt": 26070.0})
    assert b'"TotalAmt":26070.00' in jsontext.dumps(made)
    assert b'"TotalAmt":0.10' in jsontext.dumps(us.create("Payment", {"CustomerRef": customer, "TotalAmt": 0.1}))
    large = us.create("Payment", {"CustomerRef": customer, "TotalAmt": "9999999999999.99"})
    assert b"9999999999999.99" in jsontext.dumps(large)
