"""What a preview calls the accounts that a payload does not name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine

from qbo_pipeline.accounting.preview import NOT_KNOWN, ledger_lines
from qbo_pipeline.accounting.schema import SHIPPING_ITEM
from qbo_pipeline.pipeline.previewing import _Lists, shipping_account


@pytest.mark.parametrize(
    ("told", "account"),
    [
        ({"AllowShipping": True, "DefaultShippingAccount": "7"}, "7"),
        ({"AllowShipping": True, "DefaultShippingAccount": {"value": "7"}}, "7"),
        ({"AllowShipping": False, "DefaultShippingAccount": "7"}, None),
        ({"AllowShipping": True}, None),
        ({}, None),
    ],
)
def test_freight_on_quickbooks_own_line_goes_to_the_account_that_the_company_tells(
    told: dict[str, Any], account: str | None
) -> None:
    lists = _Lists(
        {"7": ("4200", "Shipping Income")}, {}, {}, {}, "1", "2", shipping_account({"SalesFormsPrefs": told})
    )
    line = {
        "Amount": Decimal("9.00"),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": SHIPPING_ITEM}},
    }
    payload = {"TxnDate": "2026-03-02", "CustomerRef": {"value": "5"}, "Line": [line]}
    with create_engine("sqlite://").connect() as connection:
        lines = ledger_lines("Invoice", payload, lists.with_entries(connection, "shop", []))
    (freight,) = [one for one in lines if one.credit]
    assert (freight.account, freight.credit) == ("Shipping Income" if account else NOT_KNOWN, Decimal("9.00"))
