"""A yes that shows another object than the one that was sent links nothing: it is looked up like an answer that was
lost."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_pipeline.posting.answers import own_answer
from qbo_pipeline.posting.events import CREATE, DELETE, UPDATE, Row
from qbo_pipeline.posting.freezing import FrozenItem
from qbo_pipeline.posting.identity import with_marker
from qbo_pipeline.quickbooks.outcomes import Done, Unknown
from qbo_pipeline.quickbooks.wire import to_wire

OURS, OTHERS = "ABCDEFGHIJKLMNOP", "QRSTUVWXYZ234567"


def item(row: Row, entity: str, payload: dict[str, Any], bid: str | None) -> FrozenItem:
    line = to_wire(payload if bid is None else {"bId": bid, entity: payload, "operation": row.operation})
    return FrozenItem(bid, row.key, row.revision, row.operation, entity, line)


def answered(row: Row, entity: str, sent: dict[str, Any], shown: dict[str, Any], bid: str | None) -> Any:
    done = Done(shown, str(shown["Id"]), "0", None)
    return own_answer(row, item(row, entity, sent, bid), done)


INVOICE = Row("document/1", 1, CREATE, marker=OURS)
PARTY = Row("party/customer:1", 1, CREATE, by_name=True)
CASES = {
    "with our marker": (INVOICE, "Invoice", {}, {"PrivateNote": with_marker("note", OURS)}, True),
    "with another's marker": (INVOICE, "Invoice", {}, {"PrivateNote": with_marker("note", OTHERS)}, False),
    "with no marker": (INVOICE, "Invoice", {}, {"DocNumber": "1"}, False),
    "under the name that was sent": (PARTY, "Customer", {"DisplayName": "Amy"}, {"DisplayName": "AMY"}, True),
    "under another name": (PARTY, "Customer", {"DisplayName": "Amy"}, {"DisplayName": "Bob"}, False),
    "without a name": (PARTY, "Customer", {"DisplayName": "Amy"}, {}, False),
    "of the object that was changed": (Row("document/1", 2, UPDATE, qbo_id="7"), "Invoice", {}, {}, True),
    "of another than was changed": (Row("document/1", 2, UPDATE, qbo_id="8"), "Invoice", {}, {}, False),
    "of the object that was deleted": (Row("document/1", 2, DELETE, qbo_id="7"), "Bill", {}, {}, True),
    "of another than was deleted": (Row("document/1", 2, DELETE, qbo_id="8"), "Bill", {}, {}, False),
}


@pytest.mark.parametrize("bid", [None, "1"], ids=["alone", "in a batch"])
@pytest.mark.parametrize(("row", "entity", "sent", "shown", "own"), CASES.values(), ids=CASES)
def test_an_answer_says_itself_whose_it_is(
    row: Row, entity: str, sent: dict[str, Any], shown: dict[str, Any], own: bool, bid: str | None
) -> None:
    outcome = answered(row, entity, sent, {"Id": "7", **shown}, bid)
    assert isinstance(outcome, Done if own else Unknown)
