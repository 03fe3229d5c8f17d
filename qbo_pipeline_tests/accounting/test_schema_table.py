"""The whole table of what QBO takes, against `outcomes/fields.txt`, and every sentence that a payload is refused with.

`fields.txt` has a line for each field of each entity: its kind, whether it is required, the longest text, the words
that it may have and the characters that it may not. Whoever changes a limit changes both by hand, from QBO's field
documentation.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.accounting.schema import SCHEMAS, Field
from qbo_pipeline.accounting.schema_checks import problem_in
from qbo_pipeline_tests.accounting.test_schema_limits import GOOD

D = Decimal
Payload = dict[str, Any]
FILE = Path(__file__).with_name("outcomes") / "fields.txt"


def written(fields: Mapping[str, Field], path: str = "") -> Iterator[str]:
    for name, rule in fields.items():
        words = [path + name, rule.kind]
        words += ["required"] if rule.required is True else []
        words += [f"limit={rule.limit}"] if rule.limit else []
        words += [f"choices={','.join(rule.choices)}"] if rule.choices else []
        words += [f"banned={rule.banned!r}"] if rule.banned else []
        yield " ".join(words)
        yield from written(rule.fields, f"{path}{name}.")


def test_every_field_of_every_entity_is_as_it_was_read_in_the_documentation() -> None:
    parts = FILE.read_text(encoding="utf-8").removeprefix("# ").rstrip("\n").split("\n# ")
    known = {entity: rows.splitlines() for entity, _, rows in (part.partition("\n") for part in parts)}
    assert {entity: list(written(fields)) for entity, fields in SCHEMAS.items()} == known


def _leg(payload: Payload) -> Payload:
    leg: Payload = payload["Line"][0]
    return leg


def _detail(payload: Payload) -> Payload:
    detail: Payload = _leg(payload)["JournalEntryLineDetail"]
    return detail


# entity, what is done to a good payload, the field, the whole sentence
REFUSED: list[tuple[str, Callable[[Payload], Any], str, str]] = [
    ("Customer", lambda p: p.update(DisplayName=None), "DisplayName", "is required and missing"),
    ("Customer", lambda p: p.update(Nickname="x"), "Nickname", "is not a field of this object"),
    ("Customer", lambda p: p.update(Job="yes"), "Job", "is str, and must be true or false"),
    ("Customer", lambda p: p.update(CompanyName=7), "CompanyName", "is int, and must be text"),
    (
        "Customer", lambda p: p.update(DisplayName="A:B"), "DisplayName",
        "'A:B' has a character that QBO does not take in a name",
    ),
    (
        "Customer", lambda p: p.update(CurrencyRef={"value": "usd"}), "CurrencyRef.value",
        "'usd' is not an ISO currency code",
    ),
    (
        "Customer", lambda p: p.update(ParentRef={"value": "7a"}), "ParentRef.value",
        "'7a' is neither a QBO id nor a reference to a posting",
    ),
    ("Vendor", lambda p: p.update(AcctNum="x" * 101), "AcctNum", "has 101 characters, and QBO takes 100"),
    (
        "Item", lambda p: p.update(Type="Bundle"), "Type",
        "'Bundle' is not one of NonInventory, Service, Inventory, Category",
    ),
    (
        "Item", lambda p: p.update(Type="Inventory"), "AssetAccountRef",
        "is required for an item that tracks its quantity, and missing",
    ),
    ("Invoice", lambda p: p.update(DueDate="2026-02-30"), "DueDate", "'2026-02-30' is not a date (YYYY-MM-DD)"),
    ("Invoice", lambda p: p.update(ExchangeRate="2"), "ExchangeRate", "is str, and must be a decimal"),
    ("Invoice", lambda p: _leg(p).update(Amount=10), "Line[0].Amount", "is int, and must be a decimal"),
    ("Invoice", lambda p: _leg(p).update(Amount=D("10.0")), "Line[0].Amount", "10.0 does not have two decimals"),
    ("Invoice", lambda p: _leg(p).update(Amount=D("-10.00")), "Line", "the total -10.00 is negative"),
    (
        "Invoice", lambda p: _leg(p).pop("SalesItemLineDetail"), "Line[0].SalesItemLineDetail",
        "is missing, and DetailType names it",
    ),
    (
        "Invoice", lambda p: p.update(Line=[*p["Line"], {"Amount": D("1.00"), "DetailType": "SalesItemLineDetail"}]),
        "Line[1].SalesItemLineDetail", "is missing, and DetailType names it",
    ),
    (
        "Invoice", lambda p: p.update(Line=p["Line"] * 751, TxnTaxDetail={"TotalTax": D("1.00")}), "Line",
        "751 lines, and QBO takes 750 on a form with US sales tax: split the document in the inventory system",
    ),
    (
        "Bill", lambda p: p.update(Line=p["Line"] * 10_001), "Line",
        "10001 lines, and QBO takes 10000: split the document in the source",
    ),
    ("Payment", lambda p: p.update(TotalAmt=D("-1.00"), Line=[]), "TotalAmt", "-1.00 is negative"),
    ("Payment", lambda p: p.update(TotalAmt=D("9.99")), "Line", "10.00 is linked, more than the payment of 9.99"),
    (
        "Payment", lambda p: _leg(p)["LinkedTxn"][0].update(TxnType="CreditMemo"), "Line",
        "credits exceed what they settle by 10.00",
    ),
    ("JournalEntry", lambda p: _leg(p).update(Amount=D("9.00")), "Line", "debits 9.00 are not credits 10.00"),
    ("JournalEntry", lambda p: _detail(p).update(PostingType="debit"), "Line[0].JournalEntryLineDetail.PostingType",
     "'debit' is not one of Debit, Credit"),
    ("JournalEntry", lambda p: p.update(Line=[_leg(p) | {"Amount": D("0.00")}]), "Line",
     "a journal entry needs a debit and a credit"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "spoil", "field", "text"), REFUSED, ids=[row[3] for row in REFUSED])
def test_what_is_refused_is_said_in_these_words(
    entity: str, spoil: Callable[[Payload], Any], field: str, text: str
) -> None:
    payload = copy.deepcopy(GOOD[entity])
    spoil(payload)
    problem = problem_in(entity, payload)
    assert problem is not None
    assert (problem.field, problem.text) == (field, text)


def test_a_supplier_s_credit_counts_against_bills_and_a_customer_s_does_not() -> None:
    paying = [{"Amount": D("10.00"), "LinkedTxn": [{"TxnId": "7", "TxnType": kind}]} for kind in ("Bill", "CreditMemo")]
    problem = problem_in("BillPayment", GOOD["BillPayment"] | {"Line": paying})
    assert problem is not None
    assert problem.text == "20.00 is linked, more than the payment of 10.00"


def test_a_flag_may_be_true_or_false_and_every_leg_of_a_journal_counts() -> None:
    for flag in (True, False):
        assert problem_in("Customer", GOOD["Customer"] | {"Job": flag}) is None
    debit, credit = GOOD["JournalEntry"]["Line"]
    parts = [debit | {"Amount": D("4.00")}, credit, debit | {"Amount": D("6.00")}]
    assert problem_in("JournalEntry", GOOD["JournalEntry"] | {"Line": parts}) is None
