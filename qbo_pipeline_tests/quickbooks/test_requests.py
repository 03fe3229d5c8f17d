"""Requests as frozen bytes: where each goes, what it says, and what is refused before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from qbo_pipeline.quickbooks.requests import (
    BatchItem,
    Request,
    batch_request,
    create_request,
    delete_request,
    update_request,
    void_request,
)


@pytest.mark.parametrize(
    ("request_", "path", "params", "body"),
    [
        (
            create_request(
                "SalesReceipt", {"TotalAmt": Decimal("1.50")}, request_id="r", options=["allowduplicatedocnum"]
            ),
            "salesreceipt",
            (("include", "allowduplicatedocnum"), ("requestid", "r")),
            b'{"TotalAmt":1.5}',
        ),
        (
            update_request("Bill", {"Id": "7", "SyncToken": "2", "PrivateNote": "n"}),
            "bill",
            (),
            b'{"Id":"7","PrivateNote":"n","SyncToken":"2","sparse":true}',
        ),
        (
            delete_request("Bill", "7", "2", request_id="r"),
            "bill",
            (("operation", "delete"), ("requestid", "r")),
            b'{"Id":"7","SyncToken":"2"}',
        ),
        (
            void_request("Invoice", "7", "2"),
            "invoice",
            (("operation", "void"),),
            b'{"Id":"7","SyncToken":"2","sparse":true}',
        ),
        (
            void_request("Payment", "7", "2"),
            "payment",
            (("operation", "update"), ("include", "void")),
            b'{"Id":"7","SyncToken":"2","sparse":true}',
        ),
        (
            batch_request(
                [
                    BatchItem("1", "create", "Bill", {"DocNumber": "x"}, ("allowduplicatedocnum",)),
                    BatchItem("2", "void", "Payment", {"Id": "7", "SyncToken": "2"}),
                    BatchItem("3", "void", "Invoice", {"Id": "8", "SyncToken": "2"}),
                ],
                request_id="b",
            ),
            "batch",
            (("requestid", "b"),),
            (
                b'{"BatchItemRequest":['
                b'{"Bill":{"DocNumber":"x"},"bId":"1","operation":"create","optionsData":"allowduplicatedocnum"},'
                b'{"Payment":{"Id":"7","SyncToken":"2","sparse":true},"bId":"2","operation":"update","optionsData":"void"},'
                b'{"Invoice":{"Id":"8","SyncToken":"2","sparse":true},"bId":"3","operation":"void"}]}'
            ),
        ),
    ],
)
def test_what_is_sent(request_: Request, path: str, params: tuple[tuple[str, str], ...], body: bytes) -> None:
    assert (request_.method, request_.path, request_.params, request_.body) == ("POST", path, params, body)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: create_request("Nothing", {}), "not a QuickBooks entity"),
        (lambda: create_request("Bill", {"Id": "7"}), "would be an update"),
        (lambda: create_request("Bill", {}, options=["x"]), "option 'x'"),
        (lambda: create_request("Bill", {}, request_id="x" * 51), "1 to 50"),
        (lambda: create_request("Bill", {}, request_id="a&b"), "request id"),
        (lambda: update_request("Bill", {"Id": "7"}), "SyncToken"),
        (lambda: delete_request("Customer", "7", "0"), "Active = false"),
        (lambda: void_request("JournalEntry", "7", "0"), "no void"),
        (lambda: batch_request([]), "1 to 30 items"),
        (lambda: batch_request([BatchItem(str(i), "create", "Bill", {}) for i in range(31)]), "1 to 30 items"),
        (lambda: batch_request([BatchItem("1", "create", "Bill", {})] * 2), "of its own"),
        (lambda: batch_request([BatchItem("x" * 11, "create", "Bill", {})]), "1 to 10"),
        (lambda: batch_request([BatchItem("1", "create", "Bill", {})], request_id="x" * 37), "36 characters"),
        (lambda: batch_request([BatchItem("1", "merge", "Bill", {})]), "not 'merge'"),
        (lambda: batch_request([BatchItem("1", "update", "Bill", {})]), "its Id"),
    ],
)
def test_what_is_refused_before_it_is_sent(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_equal_payloads_have_equal_digests() -> None:
    one = create_request("Bill", {"a": Decimal("1.0"), "b": "x"})
    other = create_request("Bill", {"b": "x", "a": Decimal("1.00")})
    assert one.digest == other.digest
    assert one.digest != create_request("Bill", {"b": "x", "a": Decimal("1.01")}).digest
