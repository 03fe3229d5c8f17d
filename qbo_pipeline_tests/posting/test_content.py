"""Names, markers, fingerprints and frozen bytes: pure functions."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.posting.answers import core_answer
from qbo_pipeline.posting.content import agrees, differences, fingerprint, is_voided, stated
from qbo_pipeline.posting.events import CREATE, UPDATE, Lost
from qbo_pipeline.posting.freezing import Missing, batch_body, batch_line, content, pack, references, resolve, unpack
from qbo_pipeline.posting.identity import (
    NOTE_LENGTH,
    Identity,
    batch_id,
    item_id,
    marker_in,
    operation_name,
    own_number,
    with_marker,
)
from qbo_pipeline.posting.reversal import COUNTERPART, reversed_payload
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline_tests.posting.harness import DAY, drafted, journal_entry

IDENTITY = Identity("9130355377388383", "shop")
CODE = IDENTITY.code("Bill", "document/1", 1)


def test_a_requestid_depends_on_the_document_alone_and_fits_qbo() -> None:
    made = IDENTITY.request_id("Bill", "document/1", 1, "create")
    assert made == Identity("9130355377388383", "shop").request_id("Bill", "document/1", 1, "create")
    assert len(made) == 36
    others = [
        Identity("1", "shop").request_id("Bill", "document/1", 1, "create"),
        IDENTITY.request_id("Bill", "document/1", 2, "create"),
        IDENTITY.request_id("Bill", "document/1", 1, operation_name("create", 0, 1)),
        IDENTITY.request_id("Bill", "document/1", 1, operation_name("update", 1, 0)),
    ]
    assert len({made, *others}) == 5


def test_lengths_are_within_qbos() -> None:
    assert len(own_number(CODE)) <= 21
    assert len(batch_id([("a", b"{}")])) == 36
    assert max(len(item_id(position)) for position in range(30)) <= 10


def test_a_batch_of_other_bytes_or_another_order_has_another_id() -> None:
    one, two = ("a", b"1"), ("b", b"2")
    assert len({batch_id([one, two]), batch_id([two, one]), batch_id([one, ("b", b"3")]), batch_id([one])}) == 4


@given(st.text(max_size=5000) | st.none())
def test_a_marker_survives_any_note_and_keeps_within_its_length(note: str | None) -> None:
    worn = with_marker(note, CODE)
    assert marker_in(worn) == CODE
    assert len(worn) <= NOTE_LENGTH
    assert with_marker(worn, CODE) == worn


def answered(payload: dict[str, Any], **computed: Any) -> dict[str, Any]:
    """The payload as QBO answers it: with what it adds, other numbers' forms, and the lines in another order."""
    lines = [{**line, "Id": str(n), "Amount": float(line["Amount"])} for n, line in enumerate(payload["Line"][::-1])]
    lines.append({"DetailType": "SubTotalLineDetail", "Amount": 25, "SubTotalLineDetail": {}})
    return {**payload, "Id": "5", "SyncToken": "0", "domain": "QBO", "PrivateNote": "other", "DocNumber": "7",
            "Line": lines, **computed}  # fmt: skip


def reference(value: str) -> dict[str, str]:
    return {"value": value}


def line(kind: str, cents: str, **detail: Any) -> dict[str, Any]:
    return {"DetailType": kind, "Amount": Decimal(cents), kind: detail}


def item_line(**detail: Any) -> dict[str, Any]:
    return line("SalesItemLineDetail", "10.00", **{"ItemRef": reference("3"), "TaxCodeRef": reference("TAX")} | detail)


def expense_line(**detail: Any) -> dict[str, Any]:
    return line("AccountBasedExpenseLineDetail", "12.50", AccountRef=reference("4"), **detail)


def with_details(journal: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A journal's lines with further details."""
    kind = "JournalEntryLineDetail"
    return {"Line": [one | {kind: one[kind] | fields} for one in journal["Line"]]}


JOURNAL = journal_entry(1, "81", "82", Decimal("12.50")).payload
INVOICE: dict[str, Any] = {
    "TxnDate": "2026-03-02", "CustomerRef": reference("5"), "CurrencyRef": reference("EUR"),
    "ExchangeRate": Decimal("1.25"), "TxnTaxDetail": {"TotalTax": Decimal("5.00")},
    "DepartmentRef": reference("8"), "Line": [item_line(ClassRef=reference("1")), item_line(ClassRef=reference("1"))],
}  # fmt: skip
PAYMENT: dict[str, Any] = {
    "TxnDate": "2026-03-02", "CustomerRef": reference("5"), "TotalAmt": Decimal("120.00"),
    "DepositToAccountRef": reference("35"),
    "Line": [{"Amount": Decimal("90.00"), "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}],
}  # fmt: skip
BILL_PAYMENT: dict[str, Any] = {
    "TxnDate": "2026-03-02", "VendorRef": reference("5"), "TotalAmt": Decimal("90.00"), "APAccountRef": reference("6"),
    "CheckPayment": {"BankAccountRef": reference("35")}, "Line": PAYMENT["Line"],
}  # fmt: skip
EXPENSE: dict[str, Any] = {"TxnDate": "2026-03-02", "VendorRef": reference("5"), "Line": [expense_line()]}
ITEM: dict[str, Any] = {"Name": "Pen", "Type": "Service", "IncomeAccountRef": reference("1")}
TAX_LINE = {"Amount": 6.25, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": reference("4")}}


@pytest.mark.parametrize(
    ("entity", "payload", "computed"),
    [
        ("JournalEntry", JOURNAL, {"TotalAmt": 0, "CurrencyRef": reference("USD"), "ExchangeRate": 1}),
        ("Invoice", INVOICE, {
            "TotalAmt": 25, "ARAccountRef": reference("9"), "GlobalTaxCalculation": "TaxExcluded", "Balance": 25,
            "TxnTaxDetail": {"TotalTax": 5, "TaxLine": [TAX_LINE]}, "LinkedTxn": [],
        }),
        ("Payment", PAYMENT, {"UnappliedAmt": 30, "ARAccountRef": reference("9")}),
        ("BillPayment", BILL_PAYMENT, {"PayType": "Check"}),
    ],
)  # fmt: skip
def test_what_qbo_adds_or_reorders_is_still_what_our_payload_states(
    entity: str, payload: dict[str, Any], computed: dict[str, Any]
) -> None:
    theirs = answered(payload, **computed)
    assert agrees(stated(entity, payload), fingerprint(entity, theirs))
    assert agrees(fingerprint(entity, theirs), fingerprint(entity, answered(payload, **computed, SyncToken="4")))


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("JournalEntry", JOURNAL, {"TxnDate": "2026-03-03"}),
    ("JournalEntry", JOURNAL, {"Line": JOURNAL["Line"][:1]}),
    ("JournalEntry", JOURNAL, {"Line": [JOURNAL["Line"][0] | {"Amount": Decimal("12.51")}, JOURNAL["Line"][1]]}),
    ("JournalEntry", JOURNAL, journal_entry(1, "82", "81", Decimal("12.50")).payload),
    ("JournalEntry", JOURNAL, journal_entry(1, "81", "83", Decimal("12.50")).payload),
    ("Invoice", INVOICE, {"CustomerRef": reference("6")}),
    ("Invoice", INVOICE, {"TxnTaxDetail": {"TotalTax": Decimal("6.00")}}),
    ("Invoice", INVOICE, {"ExchangeRate": Decimal("1.3")}),
    ("Invoice", INVOICE, {"CurrencyRef": reference("CAD")}),
    ("Invoice", INVOICE, {"DepartmentRef": reference("9")}),
    ("Invoice", INVOICE, {"Line": [item_line(ClassRef=reference("1")), item_line(ClassRef=reference("2"))]}),
    ("Invoice", INVOICE, {"Line": [item_line(ClassRef=reference("1")), item_line()]}),
    ("Invoice", INVOICE, {"Line": [item_line(ClassRef=reference("1"), TaxCodeRef=reference("NON"))] * 2}),
    ("Invoice", INVOICE, {"Line": [item_line(ClassRef=reference("1"), ItemRef=reference("4"))] * 2}),
    ("Invoice", INVOICE | {"Line": [item_line(Qty=2)]}, {"Line": [item_line(Qty=4, UnitPrice=Decimal("2.5"))]}),
    ("Bill", EXPENSE | {"Line": [item_line(Qty=2)]}, {"Line": [item_line(Qty=Decimal("2.00001"))]}),
    ("Invoice", INVOICE | {"Deposit": Decimal("5.00")}, {"Deposit": Decimal("6.00")}),
    ("Item", ITEM | {"ParentRef": reference("7")}, {"ParentRef": reference("8")}),
    ("Customer", {"DisplayName": "Luna", "ParentRef": reference("7")}, {"ParentRef": None}),
    ("Payment", PAYMENT, {"TotalAmt": Decimal("500.00")}),
    ("Payment", PAYMENT, {"DepositToAccountRef": reference("36")}),
    ("Payment", PAYMENT, {"Line": []}),
    ("Payment", PAYMENT, {"Line": [PAYMENT["Line"][0] | {"LinkedTxn": [{"TxnId": "8", "TxnType": "Invoice"}]}]}),
    ("BillPayment", BILL_PAYMENT, {"CheckPayment": {"BankAccountRef": reference("36")}}),
    ("BillPayment", BILL_PAYMENT, {"APAccountRef": reference("36")}),
    ("Item", ITEM, {"IncomeAccountRef": reference("2")}),
    ("Item", ITEM, {"Name": "Pencil"}),
]


@pytest.mark.parametrize(("entity", "payload", "change"), CHANGES)
def test_what_matters_to_the_books_is_seen_as_stated_and_as_answered(
    entity: str, payload: dict[str, Any], change: dict[str, Any]
) -> None:
    theirs, changed = payload | {"Id": "5"}, payload | {"Id": "5"} | change
    assert not agrees(stated(entity, payload), fingerprint(entity, changed))
    assert not agrees(fingerprint(entity, theirs), fingerprint(entity, changed))
    assert differences(stated(entity, payload), fingerprint(entity, changed)) != []
    assert differences(fingerprint(entity, theirs), fingerprint(entity, changed)) != []


@pytest.mark.parametrize(
    ("entity", "payload", "change"),
    [
        ("Invoice", INVOICE, {"ARAccountRef": reference("9")}),
        ("Invoice", INVOICE, {"TotalAmt": Decimal("30.00")}),
        ("Invoice", INVOICE, {"ClassRef": reference("9")}),
        ("Invoice", INVOICE, {"GlobalTaxCalculation": "TaxInclusive"}),
        ("Invoice", INVOICE, {"TxnTaxDetail": {"TotalTax": Decimal("5.00"), "TaxLine": [TAX_LINE]}}),
        ("Invoice", INVOICE | {"Line": [item_line()]}, {"Line": [item_line(Qty=4)]}),
        ("Invoice", INVOICE, {"Deposit": Decimal("5.00")}),
        ("Customer", {"DisplayName": "Luna"}, {"ParentRef": reference("7")}),
        ("Payment", PAYMENT, {"ARAccountRef": reference("9")}),
        ("Bill", EXPENSE, {"Line": [expense_line(CustomerRef=reference("2"))]}),
        ("Bill", EXPENSE, {"Line": [expense_line(TaxCodeRef=reference("TAX"))]}),
        ("JournalEntry", JOURNAL, with_details(JOURNAL, Entity={"Type": "Vendor", "EntityRef": reference("5")})),
        ("JournalEntry", JOURNAL, with_details(JOURNAL, DepartmentRef=reference("5"))),
    ],
)  # fmt: skip
def test_what_our_payload_does_not_say_is_seen_between_two_answers(
    entity: str, payload: dict[str, Any], change: dict[str, Any]
) -> None:
    assert not agrees(fingerprint(entity, payload), fingerprint(entity, payload | change))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"Qty": 2, "UnitPrice": 5}, {"Qty": 2.0, "UnitPrice": Decimal("5.0000001")}),
        ({}, {"Qty": 1, "UnitPrice": 10}),
        ({"Qty": Decimal("2.000005")}, {"Qty": Decimal("2.00001")}),
        ({"Qty": Decimal("2.000015")}, {"Qty": Decimal("2.00002")}),
        ({"Description": "pens", "ServiceDate": "2026-03-01"}, {"Description": "blue pens"}),
    ],
)
def test_another_way_to_say_a_line_changes_nothing(before: dict[str, Any], after: dict[str, Any]) -> None:
    one, other = ({"Line": [item_line(**details)]} for details in (before, after))
    assert fingerprint("Invoice", INVOICE | one) == fingerprint("Invoice", INVOICE | other)


def test_multicurrency_switched_on_or_a_payment_applied_changes_nothing() -> None:
    before = answered(JOURNAL)
    after = before | {"CurrencyRef": reference("USD"), "ExchangeRate": 1.0, "LinkedTxn": [{"TxnId": "7"}], "Balance": 3}
    assert fingerprint("JournalEntry", before) == fingerprint("JournalEntry", after)


def test_a_link_of_a_line_posts_in_payments_only() -> None:
    plain = INVOICE | {"Line": [item_line()]}
    ordered = INVOICE | {"Line": [item_line() | {"LinkedTxn": [{"TxnId": "3", "TxnType": "Estimate"}]}]}
    assert fingerprint("Invoice", ordered) == fingerprint("Invoice", plain)


def test_the_lines_of_a_group_stand_for_it() -> None:
    def grouped(item: str) -> str:
        inner = item_line(ItemRef=reference(item))
        return fingerprint("Invoice", INVOICE | {"Line": [line("GroupLineDetail", "10.00", Line=[inner])]})

    assert grouped("3") == fingerprint("Invoice", INVOICE | {"Line": [item_line()]})
    assert grouped("3") != grouped("4")


def test_differences_are_told_in_words() -> None:
    before = fingerprint("Payment", PAYMENT)
    after = fingerprint("Payment", PAYMENT | {"TotalAmt": 500, "DepartmentRef": reference("2"), "Line": []})
    assert differences(before, after) == ["total 120.00 → 500.00", "lines", "location none → 2"]
    assert differences(before, before) == []


def test_voided_is_nil_and_said_to_be() -> None:
    assert is_voided({"TotalAmt": 0, "Balance": 0, "PrivateNote": "Voided - 12"})
    assert not is_voided({"TotalAmt": 5, "PrivateNote": "Voided - 12"})
    assert not is_voided({"TotalAmt": 0, "PrivateNote": "a gift"})


# Everything that looks like a reference and is none: texts, names, escapes.
_TEXTS = st.text() | st.sampled_from(["$5", '"value":"$x"', '\\"value\\":\\"$x\\"', '":"$party/1"', "\\", '"'])


@given(_TEXTS, _TEXTS, st.lists(st.text(min_size=1).map(lambda t: f"document/{t}"), min_size=1, max_size=3))
def test_references_are_found_in_ids_places_only_and_amounts_stay(note: str, name: str, keys: list[str]) -> None:
    payload = {
        "PrivateNote": note,
        "CustomerRef": {"value": f"${keys[0]}", "name": name},
        "Line": [{"Amount": Decimal("0.10"), "LinkedTxn": [{"TxnId": f"${key}", "TxnType": "Bill"}]} for key in keys],
    }
    try:
        text = to_wire(payload).decode()
    except TypeError:  # a lone surrogate: refused before anything is stored
        return
    assert references(text) == list(dict.fromkeys(keys)) == list(drafted("document/1", "Payment", payload).depends_on)
    resolved = json.loads(resolve(text, {key: f"id {key}" for key in keys}))
    assert (resolved["PrivateNote"], resolved["CustomerRef"]["name"]) == (note, name)
    assert resolved["CustomerRef"]["value"] == f"id {keys[0]}"
    assert [line["LinkedTxn"][0]["TxnId"] for line in resolved["Line"]] == [f"id {key}" for key in keys]
    with pytest.raises(Missing):
        resolve(text, {})


def test_frozen_lines_come_back_as_they_were() -> None:
    lines = [batch_line(str(n), "create", "Bill", to_wire({"PrivateNote": "a\nb", "n": n}).decode()) for n in range(3)]
    assert unpack(pack(lines)) == lines
    items = json.loads(batch_body(lines))["BatchItemRequest"]
    assert [(item["bId"], item["operation"], item["Bill"]["n"]) for item in items] == [
        ("0", "create", 0), ("1", "create", 1), ("2", "create", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "entity", "expected"),
    [
        ("update", "Bill", {"Id": "7", "SyncToken": "2", "sparse": True, "DocNumber": "9"}),
        ("delete", "Bill", {"Id": "7", "SyncToken": "2"}),
        ("void", "Invoice", {"Id": "7", "SyncToken": "2", "sparse": True}),
    ],
)
def test_operations_on_what_is_there_carry_id_and_synctoken(operation: str, entity: str, expected: object) -> None:
    assert json.loads(content(operation, '{"DocNumber":"9"}', "7", "2")) == expected


def test_a_void_in_a_batch_is_what_the_entity_wants() -> None:
    assert json.loads(batch_line("1", "void", "Invoice", "{}"))["operation"] == "void"
    paid = json.loads(batch_line("1", "void", "Payment", "{}"))
    assert (paid["operation"], paid["optionsData"]) == ("update", "void")


@pytest.mark.parametrize("entity", sorted(COUNTERPART))
def test_a_reversal_turns_the_document_and_keeps_its_amounts(entity: str) -> None:
    payload = journal_entry(1, "81", "82", Decimal("12.50")).payload | {"DocNumber": "9", "DueDate": "2026-04-01"}
    made = reversed_payload(entity, payload, DAY.replace(month=4), "9")
    assert made is not None
    counterpart, turned = made
    assert counterpart == COUNTERPART[entity]
    assert turned["TxnDate"] == "2026-04-02"
    assert "reversal of" in turned["PrivateNote"]
    assert not {"DocNumber", "DueDate"} & turned.keys()
    assert [line["Amount"] for line in turned["Line"]] == [Decimal("12.50")] * 2
    sides = [line["JournalEntryLineDetail"]["PostingType"] for line in turned["Line"]]
    assert sides == ["Credit", "Debit"]
    assert reversed_payload("Payment", payload, DAY, None) is None


def test_an_object_that_was_written_and_cannot_be_read_is_looked_up() -> None:
    """It may be in QBO: neither a refusal nor a defect, and the journal says what was odd."""
    odd = Done({"Id": "1", "SyncToken": "0", "TotalAmt": "a dozen"}, "1", "0", "tid-1")
    answer = core_answer("Invoice", odd)
    assert isinstance(answer, Lost)
    assert answer.message.startswith("QBO answered an object (Invoice) that cannot be read: an amount holds 'a dozen'")
    assert answer.tid == "tid-1"


def test_an_update_of_an_item_does_not_say_again_what_it_was_made_with() -> None:
    made = to_wire(
        {
            "Name": 'The "QtyOnHand":5, of it', "InvStartDate": "2026-01-01", "QtyOnHand": Decimal("12.50"),
            "TrackQtyOnHand": True, "Type": "Inventory",
        }
    ).decode()  # fmt: skip
    assert content(CREATE, made, None, None) == made
    again = json.loads(content(UPDATE, made, "7", "3"))
    assert again == {
        "Id": "7", "SyncToken": "3", "sparse": True, "Name": 'The "QtyOnHand":5, of it', "TrackQtyOnHand": True,
        "Type": "Inventory",
    }  # fmt: skip
