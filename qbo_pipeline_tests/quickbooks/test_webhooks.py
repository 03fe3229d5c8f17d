"""Webhooks, without network: what counts as signed, and what is read from each format."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.webhooks import LONGEST_TEXT, Event, NotJson, is_signed, read_notification

TOKEN = Secret("a-verifier-token")
EVENT = {
    "specversion": "1.0",
    "id": "88cd52aa-33b6-4351-9aa4-47572edbd068",
    "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
    "type": "qbo.journalentry.updated.v1",
    "datacontenttype": "application/json",
    "time": "2026-03-04T21:31:25.179550379Z",
    "intuitentityid": "1234",
    "intuitaccountid": "310687",
    "data": {},
}
READ = Event(
    event_id="88cd52aa-33b6-4351-9aa4-47572edbd068",
    realm="310687",
    entity="JournalEntry",
    object_id="1234",
    operation="Update",
    changed_at=datetime(2026, 3, 4, 21, 31, 25, 179550, UTC),
)
LEGACY = {"name": "BillPayment", "id": "7", "operation": "Delete", "lastUpdated": "2026-03-04T12:00:00.000-08:00"}


def signature(body: bytes, token: str = "a-verifier-token") -> str:
    return base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()


def read(content: Any) -> tuple[tuple[Event, ...], int]:
    found = read_notification(json.dumps(content).encode())
    return found.events, found.unreadable


def legacy(*entities: Any, realm: Any = "310687") -> dict[str, Any]:
    return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": list(entities)}}]}


def test_intuits_own_signature_is_known() -> None:
    # A vector that another program made: printf '[]' | openssl dgst -sha256 -hmac a-verifier-token -binary | base64
    assert is_signed(b"[]", "s/xQDe3zPV4zir16+QH3ovGcQwdyhQh0DB2LfdFgsHw=", TOKEN)


@pytest.mark.parametrize(
    "given_signature",
    [
        "",
        "=",
        "not base64!",
        "ünïcode",
        signature(b"[]")[:-4],
        signature(b"[]") + "AAAA",
        signature(b"[]").rstrip("="),
        " " + signature(b"[]"),
        signature(b"[]", "another-token"),
        signature(b"[ ]"),
        hmac.new(b"a-verifier-token", b"[]", hashlib.sha256).hexdigest(),
        base64.b64encode(hashlib.sha256(b"[]").digest()).decode(),
        base64.b64encode(hmac.new(b"a-verifier-token", b"[]", hashlib.sha1).digest()).decode(),
    ],
)
def test_nothing_else_is_a_signature(given_signature: str) -> None:
    assert not is_signed(b"[]", given_signature, TOKEN)


@given(
    body=st.binary(), other=st.binary(), token=st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"]))
)
def test_a_signature_is_of_these_bytes_and_no_others(body: bytes, other: bytes, token: str) -> None:
    assert is_signed(body, signature(body, token), Secret(token))
    assert is_signed(body, signature(other, token), Secret(token)) == (body == other)


def test_a_cloud_event() -> None:
    assert read([EVENT]) == ((READ,), 0)


def test_an_event_outside_an_array_is_read_too() -> None:
    assert read(EVENT) == ((READ,), 0)


def test_several_companies_in_one_array() -> None:
    events, unreadable = read([EVENT, EVENT | {"intuitaccountid": "310688", "id": "2"}])
    assert [event.realm for event in events] == ["310687", "310688"]
    assert unreadable == 0


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"type": "qbo.customer.merged.v1"}, "operation", "Merge"),
        ({"type": "qbo.customer.created"}, "operation", "Create"),
        ({"type": "qbo.spaceship.launched.v7.beta"}, "entity", "spaceship"),
        ({"type": "qbo.spaceship.launched.v7.beta"}, "operation", "launched"),
        ({"type": "QBO.Invoice.Voided.v1"}, None, None),
        ({"intuitentityid": 1234}, "object_id", "1234"),
        ({"intuitentityid": None}, "object_id", None),
        ({"intuitentityid": {"id": 1}}, "object_id", None),
        ({"intuitaccountid": 310687}, "realm", "310687"),
        ({"time": "yesterday"}, "changed_at", None),
        ({"time": "2026-03-04T21:31:25"}, "changed_at", None),
        ({"time": "0001-01-01T00:00:00+14:00"}, "changed_at", None),
        ({"data": [1, {"x": "y"}], "extension": True}, "entity", "JournalEntry"),
        ({"id": ""}, None, None),
        ({"id": "x" * (LONGEST_TEXT + 1)}, None, None),
        ({"id": "a\x00b"}, None, None),
        ({"id": "\ud800"}, None, None),
        ({"id": True}, None, None),
        ({"id": 10**300}, None, None),
        ({"intuitaccountid": "310687; DROP TABLE"}, None, None),
        ({"intuitaccountid": "٣١٠٦٨٧"}, None, None),
        ({"type": "payments.charge.created.v1"}, None, None),
        ({"type": "qbo.account"}, None, None),
        ({"type": None}, None, None),
    ],
)
def test_what_is_unknown_is_kept_or_counted_and_costs_no_other_event(
    change: dict[str, Any], field: str | None, value: Any
) -> None:
    events, unreadable = read([EVENT | change, EVENT | {"id": "after"}])
    assert events[-1].event_id == "after"
    if field is None:
        assert (len(events), unreadable) == (1, 1)
    else:
        assert (getattr(events[0], field), unreadable) == (value, 0)


def test_the_older_format() -> None:
    (event,), unreadable = read(legacy(LEGACY))
    assert (event.realm, event.entity, event.object_id, event.operation) == ("310687", "BillPayment", "7", "Delete")
    assert event.changed_at == datetime(2026, 3, 4, 20, tzinfo=UTC)
    assert unreadable == 0


def test_an_event_of_the_older_format_has_an_id_by_what_it_says() -> None:
    said = [LEGACY, LEGACY | {"id": "8"}, LEGACY | {"operation": "Update"}, LEGACY | {"deletedId": "9"}]
    said += [LEGACY | {"lastUpdated": "2026-03-04T12:00:01.000-08:00"}, LEGACY | {"name": "Bill"}]
    ids = [event.event_id for event in read(legacy(*said))[0]] + [read(legacy(LEGACY, realm="4"))[0][0].event_id]
    assert len(set(ids)) == len(said) + 1
    again = read(legacy(dict(reversed(LEGACY.items()))))[0][0]
    assert again.event_id == ids[0]


@pytest.mark.parametrize(
    ("content", "unreadable"),
    [
        ([], 0),
        ({"eventNotifications": []}, 0),
        (legacy(), 0),
        ([None, 1, "x", []], 4),
        (42, 1),
        (None, 1),
        ({"something": "else"}, 1),
        ({"eventNotifications": {"realmId": "1"}}, 1),
        ({"eventNotifications": [None, {}, {"realmId": "1", "dataChangeEvent": {}}]}, 3),
        (legacy(LEGACY, realm="one"), 1),
        (legacy({"id": "1"}, None), 2),
    ],
)
def test_another_shape_is_counted(content: Any, unreadable: int) -> None:
    assert read(content) == ((), unreadable)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xfa", b"[" * 100_000, b"9" * 5_000, b"<html>"])
def test_what_is_not_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_notification(body)
