"""The words of `transaction_type`: those that Intuit documents for reports, and the entities' own names."""

from __future__ import annotations

from typing import Final

from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.schema.entities import ENTITIES

_BODY: Final = "json_extract(CAST(body AS TEXT), '$.{}')"
_PAID_BY: Final = _BODY.format("PaymentType")
_BILL_PAID_BY: Final = _BODY.format("PayType")
_IS_CREDIT: Final = f"COALESCE({_BODY.format('Credit')}, 0)"
_NOTHING: Final = "0"
# Word in lower case without blanks -> the condition on the table of transactions.
_WORDS: Final = {
    "receivepayment": "entity = 'Payment'",
    "inventoryquantityadjustment": "entity = 'InventoryAdjustment'",
    "creditrefund": "entity = 'RefundReceipt'",
    "billablecharge": "entity = 'ReimburseCharge'",
    "globaltaxpayment": "entity = 'TaxPayment'",
    "billpaymentcheck": f"(entity = 'BillPayment' AND {_BILL_PAID_BY} = 'Check')",
    "billpaymentcreditcard": f"(entity = 'BillPayment' AND {_BILL_PAID_BY} = 'CreditCard')",
    "check": f"(entity = 'Purchase' AND {_PAID_BY} = 'Check')",
    "cashpurchase": f"(entity = 'Purchase' AND {_PAID_BY} = 'Cash')",
    "creditcardcharge": f"(entity = 'Purchase' AND {_PAID_BY} = 'CreditCard' AND NOT {_IS_CREDIT})",
    "creditcardcredit": f"(entity = 'Purchase' AND {_PAID_BY} = 'CreditCard' AND {_IS_CREDIT})",
    **dict.fromkeys(("charge", "credit", "statement", "timeactivity", "globaltaxadjustment"), _NOTHING),
    **{
        f"servicetax{what}": _NOTHING
        for what in ("refund", "grossadjustment", "reversal", "defer", "partialutilisation")
    },
    **{name.lower(): f"entity = '{name}'" for name, found in ENTITIES.items() if found.kind == "transaction"},
}


def condition(words: str) -> str:
    """The condition on transactions that comma separated words stand for. Raises 2170 for one that is not known."""
    given = [word.strip() for word in words.split(",") if word.strip()]
    unknown = [word for word in given if word.lower().replace(" ", "") not in _WORDS]
    if unknown:
        raise fault("2170", "transaction_type", what=", ".join(unknown))
    return f"({' OR '.join(_WORDS[word.lower().replace(' ', '')] for word in given) or '1'})"
