"""The names of a posting, as they have been from the first version on.

What is written here may never change: QBO knows our requests by their requestid, and we know our objects by their
marker. With other names a request that is sent again would make a second document.
"""

from __future__ import annotations

import pytest

from qbo_pipeline.posting.identity import (
    NOTE_LENGTH,
    Identity,
    batch_id,
    item_id,
    marker_in,
    operation_name,
    own_number,
    tag_of,
    with_marker,
)

IDENTITY = Identity("9130355377388383", "shop")
CODE = "ZIEQ2F4JBQEWUYJO.2RMD"
OLD = "ZIEQ2F4JBQEWUYJO"


def test_the_names_of_a_document_are_these_for_ever() -> None:
    assert IDENTITY.request_id("Bill", "document/1", 1, "create") == "587d99ac-2eca-50af-b459-f44b59ad083e"
    assert IDENTITY.code("Bill", "document/1", 1) == CODE
    assert IDENTITY.tag == "2RMD"
    assert batch_id([("a", b"1"), ("b", b"2")]) == "88567290-de96-5b9f-9cb9-0308fa13ac7f"


def test_items_are_numbered_from_one() -> None:
    assert [item_id(position) for position in (0, 1, 29)] == ["1", "2", "30"]


@pytest.mark.parametrize(
    ("stale", "retries", "name"), [(0, 0, "update"), (2, 0, "update~2"), (0, 1, "update!1"), (2, 1, "update~2!1")]
)
def test_a_new_token_or_a_retry_is_another_operation(stale: int, retries: int, name: str) -> None:
    assert operation_name("update", stale, retries) == name


def test_a_number_of_ours_is_the_code_without_the_tag() -> None:
    assert own_number(CODE) == own_number(OLD) == "QP-ZIEQ2F4JBQEWUYJO"
    assert (tag_of(CODE), tag_of(OLD)) == ("2RMD", "")


def test_a_note_ends_with_its_marker() -> None:
    assert with_marker(None, CODE) == with_marker("", CODE) == with_marker("  ", CODE) == f"[qp:{CODE}]"
    assert with_marker("Bill 7", CODE) == f"Bill 7 [qp:{CODE}]"
    assert with_marker(" Bill 7  ", CODE) == f" Bill 7 [qp:{CODE}]"
    assert with_marker(f"Bill 7 [qp:{OLD}]", CODE) == f"Bill 7 [qp:{CODE}]"


def test_a_long_note_gives_way_to_its_marker_and_no_further() -> None:
    room = NOTE_LENGTH - len(f" [qp:{CODE}]")
    assert with_marker("x" * room, CODE) == f"{'x' * room} [qp:{CODE}]"
    assert with_marker("x" * (room + 1), CODE) == f"{'x' * room} [qp:{CODE}]"
    assert with_marker(" " + "x" * (room - 2) + "  y", CODE) == f" {'x' * (room - 2)} [qp:{CODE}]"
    assert len(with_marker("x" * 5000, CODE)) == NOTE_LENGTH


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (f"Bill 7 [qp:{CODE}]", CODE),
        (f"[qp:{OLD}] somebody wrote behind it", OLD),
        ("[qp:short]", None),
        ("no marker", None),
        (None, None),
        (7, None),
    ],
)
def test_a_marker_is_found_wherever_it_stands(note: object, code: str | None) -> None:
    assert marker_in(note) == code
