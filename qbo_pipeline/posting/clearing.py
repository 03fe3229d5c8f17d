"""What the source no longer says is taken out of QBO: the fields of an object that an update of ours makes empty.

What belongs here: which fields can be emptied, and with what. Updates are sparse: what one leaves out stays. So a field
that the revision in QBO said and the next one does not is sent empty. What we never said is a person's and stays.

Texts can be emptied. References cannot: QBO's developers confirm that a sparse update does not take one away (issue 113
of intuit/QuickBooks-V3-DotNET-SDK). So terms, a parent, a category, a department and a payment method stay until a
person removes them, and with them what QBO fills in itself: a due date, a currency, whether a customer is taxed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_COMPUTED_TAX: Final = "GlobalTaxCalculation"
_EMPTY: Final = '""'
_ADDRESS: Final = "BillAddr"
_NAME: Final = {
    "CompanyName": _EMPTY,
    "Notes": _EMPTY,
    "PrimaryEmailAddr": '{"Address":""}',
    "PrimaryPhone": '{"FreeFormNumber":""}',
}
_SALES: Final = {"CustomerMemo": '{"value":""}'}
# By entity: what a field is sent as that is to be empty.
CLEARED: Final[Mapping[str, Mapping[str, str]]] = {
    "Customer": {**_NAME, "PrimaryTaxIdentifier": _EMPTY},
    "Vendor": {**_NAME, "AcctNum": _EMPTY, "TaxIdentifier": _EMPTY},
    "Invoice": {**_SALES, "Deposit": "0.00", "TxnTaxDetail": '{"TotalTax":0.00}'},
    **{
        entity: {**_SALES, "TxnTaxDetail": '{"TotalTax":0.00}'}
        for entity in ("CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate")
    },
    "Payment": {"PaymentRefNum": _EMPTY},
}


def emptied(entity: str, before: str, payload: str) -> str:
    """The payload, canonical JSON, with what `before` said and it does not as empty fields.

    `before` is the payload of the revision that is in QBO. The text of the payload itself is not written anew, so that
    no amount can change.
    """
    table = CLEARED.get(entity, {})
    if not table:
        return payload
    said: dict[str, Any] = json.loads(before)
    says: dict[str, Any] = json.loads(payload)
    gone = [f'"{name}":{empty}' for name, empty in table.items() if name in said and name not in says]
    if _COMPUTED_TAX in says:  # it says whether there is tax, and then how much
        gone = [member for member in gone if not member.startswith('"TxnTaxDetail"')]
    parts = [part for part in said.get(_ADDRESS) or {} if part not in (says.get(_ADDRESS) or {})]
    if parts:
        blank = ",".join(f'"{part}":""' for part in parts)
        if _ADDRESS in says:
            payload = payload.replace(f'"{_ADDRESS}":{{', f'"{_ADDRESS}":{{{blank},', 1)
        else:
            gone.append(f'"{_ADDRESS}":{{{blank}}}')
    return f"{payload[:-1]},{','.join(gone)}}}" if gone else payload
