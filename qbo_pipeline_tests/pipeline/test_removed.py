"""What the source no longer says is taken out of QuickBooks, and nothing that it never said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.accounting.schema import SCHEMAS
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.clearing import CLEARED, emptied
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows
from qbo_pipeline_tests.tampering.people import Bookkeeper

PARTY = {
    "email": "someone@example.com", "phone": "+34 600 000 000", "address": "Calle Sol 1\nFirst floor", "city": "Madrid",
    "postal_code": "28001", "tax_number": "12-3456789",
}  # fmt: skip
L = {"DisplayName": "L"}


def thing(run: Run, key: str) -> dict[str, Any]:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    found: dict[str, Any] = run.quickbooks().read(link["entity"], link["qbo_id"])
    return found


def none(*names: str) -> str:
    return ", ".join(f"{name} = NULL" for name in names)


@pytest.mark.usefixtures("queries_without_lag")
def test_what_the_source_removes_goes_and_what_a_person_added_stays(tmp_path: Path) -> None:
    source = shop_rows()
    for party in source["parties"]:
        party |= PARTY | {"number": f"N-{party['party_id']}"}
    source["documents"][1] |= {
        "tax_amount": "9.00", "total_amount": "99.00", "deposit_amount": "5.00"
    }  # fmt: skip
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            customer, vendor = thing(run, "party/customer:c1"), thing(run, "party/supplier:s1")
            invoice = thing(run, "document/i1")
        assert customer["BillAddr"]["Line2"] == vendor["BillAddr"]["Line2"] == "First floor"
        assert {"PrimaryPhone", "PrimaryEmailAddr", "PrimaryTaxIdentifier"} <= set(customer)
        assert {"AcctNum", "TaxIdentifier", "PrimaryPhone"} <= set(vendor)
        assert (invoice["TotalAmt"], invoice["Balance"]) == (99, 4)
        people = Bookkeeper(emulator)
        people.save(
            "Customer",
            {
                "Id": customer["Id"],
                "SyncToken": customer["SyncToken"],
                "sparse": True,
                "Fax": {"FreeFormNumber": "123"},
                "MiddleName": "Ana",
            },
        )
        people.close()
        shop.change(
            f"UPDATE parties SET {none('email', 'phone', 'postal_code', 'tax_number', 'number')}, address = 'Calle 1'",
            f"UPDATE documents SET {none('deposit_amount')}, tax_amount = '0', total_amount = '90.00'"
            " WHERE document_id = 'i1'",
        )
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            customer, vendor = thing(run, "party/customer:c1"), thing(run, "party/supplier:s1")
            invoice = thing(run, "document/i1")
            assert rows(run, "SELECT key FROM postings WHERE state <> 'posted' AND superseded_by IS NULL") == []
        gone = {"PrimaryPhone", "PrimaryEmailAddr", "PrimaryTaxIdentifier", "AcctNum", "TaxIdentifier"}
        for party in (customer, vendor):
            assert not gone & set(party)
            assert {name: party["BillAddr"].get(name) for name in ("Line1", "Line2", "City", "PostalCode")} == {
                "Line1": "Calle 1", "Line2": None, "City": "Madrid", "PostalCode": None
            }  # fmt: skip
        assert (customer["Fax"]["FreeFormNumber"], customer["MiddleName"]) == ("123", "Ana")
        assert (invoice["TotalAmt"], invoice["Balance"], invoice.get("Deposit", 0)) == (90, 0, 0)
        assert invoice["TxnTaxDetail"]["TotalTax"] == 0
        with shop.run() as run:
            assert not any(carry(run, FIRST_DAY, LAST_DAY).touched.values())


@pytest.mark.parametrize(
    ("entity", "before", "now", "added"),
    [
        ("Customer", {"Notes": "a"} | L, L, {"Notes": ""}),
        ("Vendor", {"PrimaryPhone": {"FreeFormNumber": "1"}}, L, {"PrimaryPhone": {"FreeFormNumber": ""}}),
        ("Customer", {"BillAddr": {"Line1": "a", "City": "b"}}, L, {"BillAddr": {"Line1": "", "City": ""}}),
        ("Customer", {}, L, {}),
        ("Customer", {"TermRef": {"value": "3"}}, L, {}),
        ("JournalEntry", {"DocNumber": "1"}, {"TxnDate": "2024-03-01"}, {}),
        ("Invoice", {"TxnTaxDetail": {"TotalTax": 1.1}}, {"A": 1.10}, {"TxnTaxDetail": {"TotalTax": 0.0}}),
        ("Invoice", {"TxnTaxDetail": {"TotalTax": 1.1}}, {"GlobalTaxCalculation": "NotApplicable"}, {}),
    ],
)  # fmt: skip
def test_what_was_said_and_no_longer_is_goes_empty(
    entity: str, before: dict[str, Any], now: dict[str, Any], added: dict[str, Any]
) -> None:
    found = emptied(entity, json.dumps(before), json.dumps(now, separators=(",", ":")))
    assert json.loads(found) == now | added


def test_an_address_that_loses_a_line_keeps_the_others_as_they_were() -> None:
    before = '{"BillAddr":{"City":"b","Line1":"\\"BillAddr\\":{","Line2":"x"},"Notes":"n"}'
    now = '{"BillAddr":{"City":"c","Line1":"\\"BillAddr\\":{"},"Notes":"n"}'
    assert json.loads(emptied("Vendor", before, now))["BillAddr"] == {"City": "c", "Line1": '"BillAddr":{', "Line2": ""}


def test_each_field_that_is_emptied_is_one_that_the_entity_has() -> None:
    for entity, fields in CLEARED.items():
        assert set(fields) <= set(SCHEMAS[entity])
