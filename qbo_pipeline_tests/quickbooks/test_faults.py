"""Faults: every shape they come in, every code that Intuit lists, and what decides when several come at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from qbo_pipeline.quickbooks.fault_codes import FAULT_CODES
from qbo_pipeline.quickbooks.faults import KINDS, Fault, classify, decisive, read_faults

GATEWAY_401: dict[str, Any] = {
    "warnings": None,
    "fault": {
        "error": [
            {
                "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                "detail": "Token expired: AB01canarytoken",
                "code": "3200",
                "element": None,
            }
        ],
        "type": "AUTHENTICATION",
    },
    "time": 1730024394085,
}
XML_429 = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<IntuitResponse time="2026-03-01T04:00:00.000-08:00" xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="SERVICE"><Error code="3001" element="x &amp; y"><Message>message=ThrottleExceeded; errorCode=003001; '
    "statusCode=429</Message><Detail>You &gt; limit</Detail></Error></Fault></IntuitResponse>"
)
XML_AUTH = (
    '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="AuthenticationFault"><Error code="100">'
    "<Message>General Authentication Error</Message><Detail>AuthenticationErrorGeneral: SRV-110-Authentication Failure"
    "</Detail></Error></Fault></IntuitResponse>"
)


def _body(
    code: str, message: str, detail: str = "", kind: str = "ValidationFault", element: str = ""
) -> dict[str, Any]:
    return {
        "Fault": {"Error": [{"Message": message, "Detail": detail, "code": code, "element": element}], "type": kind}
    }


# (http status, code, message, detail, type of fault) -> kind
CLASSES = [
    (400, "6240", "Duplicate Name Exists Error", "The name exists already.", "ValidationFault", "duplicate_name"),
    (400, "6140", "Duplicate Document Number Error", "DocNumber=1 is assigned", "ValidationFault", "duplicate_number"),
    (400, "6210", "Account Period Closed, Cannot Update", "", "ValidationFault", "closed_period"),
    # Intuit's own table prints 6210 for this one too.
    (400, "6210", "Duplicate Document Number Error", "must specify a different", "ValidationFault", "duplicate_number"),
    (400, "6200", "x", "The account period has closed", "ValidationFault", "closed_period"),
    (400, "6000", "A business validation error", "Fill out at least two detail lines", "ValidationFault", "validation"),
    (400, "6000", "A business validation error", "Please wait a few minutes and try again", "ValidationFault", "busy"),
    (400, "5010", "Stale Object Error", "", "ValidationFault", "stale"),
    (400, "610", "Object Not Found", "Another user has deleted this transaction.", "ValidationFault", "not_found"),
    (400, "610", "Object Not Found", "has been made inactive", "ValidationFault", "invalid_reference"),
    (400, "2500", "Invalid Reference Id", "Accounts element id 9 not found", "ValidationFault", "invalid_reference"),
    (400, "6270", "", "", "ValidationFault", "inventory_start"),
    (400, "600", "Duplicate Request ID", "", "ValidationFault", "duplicate_request"),
    (400, "1040", "Batch size exceeds allowed limit", "", "ValidationFault", "batch_size"),
    (400, "4001", "Invalid query", "property 'X' is not queryable", "ValidationFault", "query"),
    (403, "5020", "Permission denied", "", "ValidationFault", "not_permitted"),
    (429, "3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", "", "SERVICE", "throttled"),
    (403, "", "message=ThrottleExceeded; errorCode=003001; statusCode=403", "", "SERVICE", "throttled"),
    (429, "3001", "", "The CorePlus quota of this month is used up", "SERVICE", "quota"),
    (401, "3200", "message=AuthenticationFailed; errorCode=003200; statusCode=401", "", "AUTHENTICATION", "auth"),
    (403, "3100", "message=ApplicationAuthorizationFailed; errorCode=003100", "", "SERVICE", "forbidden"),
    (500, "10000", "An application error has occurred", "", "SystemFault", "system"),
    (400, "10000", "An application error has occurred", "", "ValidationFault", "system"),
    (400, "", "something", "", "SystemFault", "system"),
    # Not listed: by range.
    (400, "77", "", "", "", "auth"),
    (400, "555", "", "", "", "unsupported"),
    (400, "2999", "", "", "", "validation"),
    (400, "9999", "", "", "", "validation"),
    (400, "12345", "", "", "", "system"),
    (404, "", "", "", "", "validation"),
    (404, "610", "Object Not Found", "", "ValidationFault", "not_found"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "message", "detail", "fault_type", "kind"), CLASSES)
def test_class_of_a_fault(status: int, code: str, message: str, detail: str, fault_type: str, kind: str) -> None:
    assert classify(code, message, detail, fault_type, status) == kind


def _intuit_list() -> list[str]:
    """Intuit's fault codes, written out from their list of 2026."""
    ranges = [(2000, 2240, 10), (6290, 6390, 10), (6490, 6510, 10)]
    single = re.findall(
        r"\d+",
        """
        100 110 120 130 140 150 500 600 610 620 630 700 800 900 1000 1010 1020 1040 1050 2250 2260 2270 2280 2290
        2300 2500 2600 3000 3001 3100 3200 3202 4000 4001 4002 5000 5010 5020 5030 6000 6010 6020 6030 6040 6041 6050
        6060 6070 6080 6090 6100 6110 6120 6130 6140 6150 6160 6170 6180 6190 6200 6210 6220 6230 6240 6250 6270 6280
        6400 6420 6430 6440 6450 6460 6470 6480 6520 6530 6540 10000 10100 10200
        """,
    )
    return single + [str(code) for first, last, step in ranges for code in range(first, last + 1, step)]


def test_every_listed_code_has_its_meaning_and_remedy() -> None:
    assert sorted(FAULT_CODES) == sorted(_intuit_list())
    for code, meaning in FAULT_CODES.items():
        assert meaning.kind in KINDS, code
        for text in (meaning.explanation, meaning.remedy):
            assert re.fullmatch(r"[A-Z][^\n]{9,}[.]", text), (code, text)


def test_the_gateways_small_keys_are_read_and_the_token_in_them_is_dropped() -> None:
    (found,) = read_faults(GATEWAY_401, "", 401)
    assert (found.code, found.kind, found.element, found.type) == ("3200", "auth", "", "AUTHENTICATION")
    assert found.detail == "Token expired"
    assert "AB01" not in repr(found)
    assert "AB01" not in found.text


@pytest.mark.parametrize(
    ("text", "status", "code", "kind", "detail"),
    [
        (XML_429, 429, "3001", "throttled", "You > limit"),
        (XML_429, 403, "3001", "throttled", "You > limit"),
        (XML_AUTH, 401, "100", "auth", "AuthenticationErrorGeneral"),
    ],
)
def test_xml_is_read(text: str, status: int, code: str, kind: str, detail: str) -> None:
    (found,) = read_faults(None, text, status)
    assert (found.code, found.kind, found.detail) == (code, kind, detail)


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (403, "forbidden"), (429, "throttled")])
def test_a_telling_status_without_a_body_makes_a_fault(status: int, kind: str) -> None:
    (found,) = read_faults(None, "<html>nothing</html>", status)
    assert found.kind == kind


def test_a_404_without_a_fault_says_nothing_about_an_object() -> None:
    assert read_faults(None, "<html>no such service</html>", 404) == ()


@pytest.mark.parametrize("body", [None, [], "text", 7, {"Invoice": {"Id": "1"}}, {"Fault": None}, {"Fault": []}])
def test_what_holds_no_fault_answers_none(body: Any) -> None:
    assert read_faults(body, "", 200) == ()


def test_several_errors_in_one_fault_are_all_kept_and_the_weightier_decides() -> None:
    body = _body("2020", "Required param missing", "Required parameter AccountRef is missing", element="AccountRef")
    body["Fault"]["Error"] += _body("6140", "Duplicate Document Number Error", "x TxnId=3632")["Fault"]["Error"]
    faults = read_faults(body, "", 400)
    assert [(fault.code, fault.element) for fault in faults] == [("2020", "AccountRef"), ("6140", "")]
    assert decisive(faults) == "duplicate_number"


@pytest.mark.parametrize(
    ("detail", "other"),
    [
        ("DocNumber=9 is assigned to TxnType=Journal Entry with TxnId=3632", "3632"),
        ("Another customer is already using this name. Please use a different name. Id=58", "58"),
        ("nothing named", None),
    ],
)
def test_the_object_in_the_way_is_named(detail: str, other: str | None) -> None:
    assert Fault("6140", "", detail, "", "", "duplicate_number").other_id == other


def test_the_text_says_what_why_and_what_to_do() -> None:
    (found,) = read_faults(_body("2050", "String length", "Max:21\n supplied 45", element="DocNumber"), "", 400)
    assert found.text == (
        "A text is too short or too long. QuickBooks said 2050 in DocNumber: 'Max:21 supplied 45'. "
        "Shorten it to the length that the fault names."
    )


def test_a_code_is_explained_by_what_it_means_here() -> None:
    (found,) = read_faults(_body("6210", "Duplicate Document Number Error"), "", 400)
    assert found.explanation == FAULT_CODES["6140"].explanation


def test_an_error_that_is_no_list_is_read() -> None:
    body = _body("5010", "Stale Object Error")
    body["Fault"]["Error"] = body["Fault"]["Error"][0]
    assert [fault.kind for fault in read_faults(json.loads(json.dumps(body)), "", 400)] == ["stale"]
