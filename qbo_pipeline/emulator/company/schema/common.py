"""Properties that many entities share: addresses, contacts, the envelope of every object, lines of documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.fields import (
    AMOUNT,
    ANY,
    BOOL,
    DATE,
    EMAIL,
    INTEGER,
    NUMBER,
    Field,
    computed,
    enum,
    obj,
    ref,
    rows,
    text,
)

Fields = dict[str, Field]

ENVELOPE: Final[Fields] = {
    "Id": Field("text", read_only=True, queryable=True),
    "SyncToken": Field("text", read_only=True, queryable=False),
    "MetaData": computed(),
    "sparse": computed(),
    "domain": computed(),
    "status": computed(),
    "time": computed(),
}

ADDRESS: Final = obj(
    {name: text(500) for name in ("Line1", "Line2", "Line3", "Line4", "Line5", "City", "Country", "Note")}
    | {
        "CountrySubDivisionCode": text(255),
        "CountryCode": text(50),
        "PostalCode": text(31),
        "PostalCodeSuffix": text(31),
    }
    | {"Id": text(50), "Lat": computed(), "Long": computed()}
)
PHONE: Final = obj({"FreeFormNumber": text(30)})
EMAIL_ADDRESS: Final = obj({"Address": EMAIL})
WEB_ADDRESS: Final = obj({"URI": text(1000)})
MEMO: Final = obj({"value": text(1000)})
CUSTOM_FIELD: Final = rows(
    {"DefinitionId": text(31), "Name": text(100), "Type": text(31), "StringValue": text(4000), "BooleanValue": BOOL}
)
LINKED: Final = rows({"TxnId": text(31), "TxnType": text(31), "TxnLineId": text(31)})
MARKUP: Final = obj(
    {"PercentBased": BOOL, "Value": NUMBER, "Percent": NUMBER, "PriceLevelRef": ANY, "MarkUpIncomeAccountRef": ANY}
)
TAX_DETAIL: Final = obj(
    {
        "TxnTaxCodeRef": Field("ref", target=()),
        "TotalTax": AMOUNT,
        "TaxLine": rows(
            {
                "Id": text(31),
                "LineNum": INTEGER,
                "Amount": AMOUNT,
                "DetailType": text(31),
                "TaxLineDetail": obj(
                    {
                        "TaxRateRef": ref("TaxRate"),
                        "PercentBased": BOOL,
                        "TaxPercent": NUMBER,
                        "NetAmountTaxable": AMOUNT,
                        "TaxInclusiveAmount": AMOUNT,
                        "OverrideDeltaAmount": AMOUNT,
                        "ServiceDate": DATE,
                    }
                ),
            }
        ),
    }
)
GLOBAL_TAX: Final = enum("TaxExcluded", "TaxInclusive", "NotApplicable")
TAX_CODE: Final = ref("TaxCode")
BILLABLE: Final = enum("Billable", "NotBillable", "HasBeenBilled")
STATUS_WORDS: Final = ("NotSet", "NeedToPrint", "PrintComplete")

_LINE: Final[Fields] = {
    "Id": text(31),
    "LineNum": INTEGER,
    "Description": text(4000),
    "Amount": AMOUNT,
    "Received": computed(),
    "LinkedTxn": LINKED,
    "CustomField": CUSTOM_FIELD,
    "CustomExtensions": ANY,
    "LineEx": ANY,
    "DepositToAccountRef": ANY,
    "ProjectRef": ANY,
}
_PRICE: Final[Fields] = {
    "ItemRef": ref("Item"),
    "Qty": NUMBER,
    "UnitPrice": NUMBER,
    "RatePercent": NUMBER,
    "TaxInclusiveAmt": AMOUNT,
    "TaxCodeRef": TAX_CODE,
    "ClassRef": ref("Class"),
    "PriceLevelRef": ANY,
    "MarkupInfo": MARKUP,
}
_SALE: Final[Fields] = _PRICE | {
    "ServiceDate": DATE,
    "ItemAccountRef": ref("Account"),
    "DiscountRate": NUMBER,
    "DiscountAmt": AMOUNT,
    "TaxClassificationRef": ANY,
    "DeferredRevenue": ANY,
}
_IN_A_BUNDLE: Final[Fields] = _LINE | {
    "DetailType": enum("SalesItemLineDetail", required=True),
    "SalesItemLineDetail": obj(_SALE, required=True),
}
DETAILS: Final[dict[str, Fields]] = {
    "SalesItemLineDetail": _SALE,
    "GroupLineDetail": {
        "GroupItemRef": ref("Item", required=True),
        "Quantity": NUMBER,
        "ServiceDate": DATE,
        "Line": rows(_IN_A_BUNDLE),
    },
    "DescriptionOnly": {},
    "DescriptionLineDetail": {"ServiceDate": DATE, "TaxCodeRef": TAX_CODE},
    "SubTotalLineDetail": {"ItemRef": Field("ref", target=())},
    "DiscountLineDetail": {
        "PercentBased": BOOL,
        "DiscountPercent": Field("number", low=Decimal(0), high=Decimal(100)),
        "DiscountAccountRef": ref("Account"),
        "Discount": ANY,
        "ClassRef": ref("Class"),
        "TaxCodeRef": TAX_CODE,
    },
    "ItemBasedExpenseLineDetail": _PRICE | {"CustomerRef": ref("Customer"), "BillableStatus": BILLABLE},
    "AccountBasedExpenseLineDetail": {
        "AccountRef": ref("Account", required=True),
        "TaxCodeRef": TAX_CODE,
        "TaxAmount": AMOUNT,
        "TaxInclusiveAmt": AMOUNT,
        "ClassRef": ref("Class"),
        "CustomerRef": ref("Customer"),
        "BillableStatus": BILLABLE,
        "MarkupInfo": MARKUP,
    },
    "JournalEntryLineDetail": {
        "PostingType": enum("Debit", "Credit"),
        "AccountRef": ref("Account", required=True),
        "Entity": obj(
            {
                "Type": enum("Customer", "Vendor", "Employee", "Other"),
                "EntityRef": ref("Customer", "Vendor", "Employee"),
            }
        ),
        "ClassRef": ref("Class"),
        "DepartmentRef": ref("Department"),
        "TaxCodeRef": TAX_CODE,
        "TaxRateRef": ref("TaxRate"),
        "TaxApplicableOn": enum("Sales", "Purchase"),
        "TaxAmount": AMOUNT,
        "TaxInclusiveAmt": AMOUNT,
        "BillableStatus": BILLABLE,
        "JournalCodeRef": ANY,
    },
    "DepositLineDetail": {
        "AccountRef": ref("Account"),
        "Entity": Field("ref", target=("Customer", "Vendor", "Employee")),
        "ClassRef": ref("Class"),
        "PaymentMethodRef": ref("PaymentMethod"),
        "CheckNum": text(21),
        "TxnType": text(31),
        "TaxCodeRef": TAX_CODE,
        "TaxApplicableOn": enum("Sales", "Purchase"),
        "TaxAmount": AMOUNT,
    },
    "ItemAdjustmentLineDetail": {
        "ItemRef": ref("Item", required=True),
        "QtyDiff": NUMBER,
        "NewQty": NUMBER,
        "SalesPrice": NUMBER,
        "ClassRef": ref("Class"),
    },
    "PaymentLineDetail": {"ItemRef": ANY, "ServiceDate": DATE, "ClassRef": ANY, "Balance": ANY, "Discount": ANY},
}


def lines(*details: str, typed: bool = True, required: bool = True) -> Field:
    """The `Line` property of a document whose lines may have the details named; `typed` lines must say DetailType."""
    fields = dict(_LINE)
    for detail in details:
        if DETAILS[detail]:
            fields[detail] = obj(DETAILS[detail])
    extra = ("DescriptionLineDetail", "SubtotalLineDetail", "SubTotalLineDetail")
    for detail in extra:
        fields.setdefault(detail, obj(DETAILS.get(detail, DETAILS["SubTotalLineDetail"])))
    fields["DetailType"] = enum(*details, "DescriptionOnly", "SubTotalLineDetail", required=typed)
    return rows(fields, required=required, queryable=False)


SALES_LINES: Final = lines("SalesItemLineDetail", "GroupLineDetail", "DiscountLineDetail")
PURCHASE_LINES: Final = lines("ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail")
