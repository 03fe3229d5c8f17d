"""The document that undoes another one: pure, from payload to payload.

What belongs here: which entity is the counterpart of which, and how its lines are turned. Amounts stay positive, as
QBO wants them; it is the kind of document, or the side of a journal's line, that turns.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

JsonObject = dict[str, Any]

COUNTERPART = {
    "JournalEntry": "JournalEntry",
    "Invoice": "CreditMemo",
    "CreditMemo": "Invoice",
    "Bill": "VendorCredit",
    "VendorCredit": "Bill",
    "SalesReceipt": "RefundReceipt",
    "RefundReceipt": "SalesReceipt",
}
REVERSAL_MARK = "#reversal-"
_SIDES = {"Debit": "Credit", "Credit": "Debit"}
# Belonging to the original alone: its number, its due date, what it settles, the money that came with an invoice (it
# stays received, and is then the customer's).
_DROPPED = ("DocNumber", "DueDate", "LinkedTxn", "Id", "SyncToken", "sparse", "Deposit")
_DROPPED_OF = {"Invoice": ("DepositToAccountRef",)}


def reversed_payload(
    entity: str, payload: JsonObject, dated: date, number: str | None
) -> tuple[str, JsonObject] | None:
    """Entity and payload of the reversal, dated as given; `None` for an entity without a counterpart."""
    counterpart = COUNTERPART.get(entity)
    if counterpart is None or not payload.get("Line"):
        return None
    dropped = (*_DROPPED, *_DROPPED_OF.get(entity, ()))
    turned = {name: deepcopy(value) for name, value in payload.items() if name not in dropped}
    turned["TxnDate"] = dated.isoformat()
    what = f"{entity} {number}" if number else entity
    turned["PrivateNote"] = f"reversal of {what} of {payload.get('TxnDate')}; {payload.get('PrivateNote') or ''}".strip(
        "; "
    )
    for line in turned["Line"]:
        line.pop("Id", None)
        line.pop("LinkedTxn", None)
        detail = line.get("JournalEntryLineDetail")
        if detail is not None:
            detail["PostingType"] = _SIDES[detail["PostingType"]]
    return counterpart, turned


def reversal_key(key: str, revision: int) -> str:
    """The key of the posting that takes a revision of another one back on a day of its own."""
    return f"{key}{REVERSAL_MARK}{revision}"


def reversed_key(key: str) -> str:
    """The key of what a reversal takes back; any other key is its own."""
    own, mark, revision = key.rpartition(REVERSAL_MARK)
    return own if mark and revision.isdecimal() else key
