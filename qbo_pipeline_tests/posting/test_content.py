"""Names, markers, fingerprints and frozen bytes: pure functions."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.posting.content import fingerprint, is_voided
from qbo_pipeline.posting.freezing import Missing, batch_body, batch_line, content, pack, references, resolve, unpack
from qbo_pipeline.posting.identity import (
    NOTE_LENGTH,
    Identity,
    batch_id,
    doc_number,
    item_id,
    marker_in,
    operation_name,
    with_marker,
)
from qbo_pipeline.posting.reversal import COUNTERPART, reversed_payload
from qbo_pipeline.quickbooks.wire import to_wire
from qbo_pipeline_tests.posting.harness import DAY, journal_entry

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
    assert len(doc_number(CODE)) <= 21
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


def test_what_qbo_adds_or_reorders_does_not_change_the_fingerprint() -> None:
    ours = journal_entry(1, "81", "82", Decimal("12.50")).payload
    theirs = {
        **ours,
        "Id": "5",
        "SyncToken": "0",
        "TotalAmt": 0,
        "domain": "QBO",
        "PrivateNote": "other",
        "DocNumber": "7",
    }
    theirs["Line"] = [{**line, "Id": str(n), "Amount": 12.5} for n, line in enumerate(reversed(ours["Line"]))]
    theirs["Line"].append({"DetailType": "SubTotalLineDetail", "Amount": 25, "SubTotalLineDetail": {}})
    assert fingerprint("JournalEntry", theirs) == fingerprint("JournalEntry", ours)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p | {"TxnDate": "2026-03-03"},
        lambda p: p | {"Line": p["Line"][:1]},
        lambda p: p | {"Line": [p["Line"][0] | {"Amount": Decimal("12.51")}, p["Line"][1]]},
        lambda p: p | {"CustomerRef": {"value": "9"}},
        lambda p: journal_entry(1, "82", "81", Decimal("12.50")).payload,
        lambda p: journal_entry(1, "81", "83", Decimal("12.50")).payload,
    ],
)
def test_what_matters_to_the_books_changes_the_fingerprint(change: object) -> None:
    payload = journal_entry(1, "81", "82", Decimal("12.50")).payload
    assert fingerprint("JournalEntry", change(payload)) != fingerprint("JournalEntry", payload)  # type: ignore[operator]


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
    assert references(text) == list(dict.fromkeys(keys))
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
