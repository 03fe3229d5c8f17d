"""The rule tables of transactions: sales forms, purchase forms, payments, journals, stock adjustments."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.fields import (
    AMOUNT,
    ANY,
    BOOL,
    DATE,
    Field,
    computed,
    enum,
    obj,
    ref,
    rows,
    text,
)
from qbo_pipeline.emulator.company.schema.common import (
    ADDRESS,
    CUSTOM_FIELD,
    EMAIL_ADDRESS,
    ENVELOPE,
    GLOBAL_TAX,
    LINKED,
    MEMO,
    PURCHASE_LINES,
    SALES_LINES,
    TAX_DETAIL,
    Fields,
    lines,
)

_TRANSACTION: Final[Fields] = ENVELOPE | {
    "DocNumber": text(21),
    "TxnDate": DATE,
    "PrivateNote": text(4000, queryable=False),
    "CurrencyRef": Field("ref", target=()),
    "ExchangeRate": Field("number", low=Decimal(0)),
    "DepartmentRef": ref("Department"),
    "TxnTaxDetail": TAX_DETAIL,
    "GlobalTaxCalculation": GLOBAL_TAX,
    "TransactionLocationType": text(100),
    "TxnSource": text(100),
    "TxnStatus": text(100),
    "TotalAmt": Field("amount", read_only=True, queryable=True),
    "HomeTotalAmt": Field("amount", read_only=True, queryable=False),
    "RecurDataRef": computed(),
    "TaxExemptionRef": computed(),
    "AttachableRef": ANY,
    "CustomField": CUSTOM_FIELD,
    "ProjectRef": ANY,
    "TaxRateRef": ANY,
    "IncludeInAnnualTPAR": BOOL,
}
_STATUS: Final[Fields] = {
    "PrintStatus": enum("NotSet", "NeedToPrint", "PrintComplete"),
    "EmailStatus": enum("NotSet", "NeedToSend", "EmailSent"),
}
_BALANCE: Final[Fields] = {
    "Balance": Field("amount", read_only=True, queryable=True),
    "HomeBalance": Field("amount", read_only=True, queryable=False),
}
_SALES: Final[Fields] = (
    _TRANSACTION
    | _STATUS
    | _BALANCE
    | {
        "CustomerRef": ref("Customer", queryable=True),
        "Line": SALES_LINES,
        "LinkedTxn": LINKED,
        "CustomerMemo": MEMO,
        "BillEmail": EMAIL_ADDRESS,
        "BillEmailCc": EMAIL_ADDRESS,
        "BillEmailBcc": EMAIL_ADDRESS,
        "BillAddr": ADDRESS,
        "ShipAddr": ADDRESS,
        "ShipFromAddr": ADDRESS,
        "ShipDate": DATE,
        "ShipMethodRef": Field("ref", target=()),
        "TrackingNum": text(31),
        "ClassRef": ref("Class"),
        "SalesTermRef": ref("Term", queryable=True),
        "ApplyTaxAfterDiscount": BOOL,
        "FreeFormAddress": BOOL,
        "DeliveryInfo": computed(),
        "PaymentMethodRef": ref("PaymentMethod"),
        "PaymentRefNum": text(21),
        "DepositToAccountRef": ref("Account"),
        "CreditCardPayment": ANY,
        "PaymentType": enum("Cash", "Check", "CreditCard", "Expense", "Other"),
    }
)
INVOICE: Final[Fields] = _SALES | {
    "CustomerRef": ref("Customer", required=True, queryable=True),
    "DueDate": DATE,
    "Deposit": AMOUNT,
    "AllowIPNPayment": BOOL,
    "AllowOnlinePayment": BOOL,
    "AllowOnlineCreditCardPayment": BOOL,
    "AllowOnlineACHPayment": BOOL,
    "InvoiceLink": computed(),
    "EInvoiceStatus": computed(),
}
ESTIMATE: Final[Fields] = _SALES | {
    "CustomerRef": ref("Customer", required=True, queryable=True),
    "TxnStatus": enum("Accepted", "Closed", "Pending", "Rejected", "Converted"),
    "DueDate": DATE,
    "ExpirationDate": DATE,
    "AcceptedBy": text(500),
    "AcceptedDate": DATE,
}
CREDIT_MEMO: Final[Fields] = _SALES | {
    "CustomerRef": ref("Customer", required=True, queryable=True),
    "RemainingCredit": Field("amount", read_only=True, queryable=False),
    "InvoiceRef": ref("Invoice"),
}
SALES_RECEIPT: Final[Fields] = _SALES
REFUND_RECEIPT: Final[Fields] = _SALES | {
    "DepositToAccountRef": ref("Account", required=True),
    "PaymentRefNum": text(100),
    "CheckPayment": ANY,
}
_PURCHASE: Final[Fields] = _TRANSACTION | {
    "Line": PURCHASE_LINES,
    "LinkedTxn": LINKED,
    "VendorAddr": ADDRESS,
    "RemitToAddr": ADDRESS,
}
_VENDOR_DOCUMENT: Final[Fields] = _PURCHASE | {
    "VendorRef": ref("Vendor", required=True, queryable=True),
    "APAccountRef": ref("Account", queryable=True),
}
BILL: Final[Fields] = _VENDOR_DOCUMENT | _BALANCE | {"DueDate": DATE, "SalesTermRef": ref("Term", queryable=True)}
VENDOR_CREDIT: Final[Fields] = _VENDOR_DOCUMENT | _BALANCE | {"FromAccountRef": ANY, "ToAccountRef": ANY}
PURCHASE_ORDER: Final[Fields] = (
    _VENDOR_DOCUMENT
    | _STATUS
    | {
        "POStatus": enum("Open", "Closed"),
        "POEmail": EMAIL_ADDRESS,
        "Memo": text(4000, queryable=False),
        "DueDate": DATE,
        "ShipAddr": ADDRESS,
        "ShipTo": Field("ref", target=("Customer",)),
        "ShipMethodRef": Field("ref", target=()),
        "SalesTermRef": ref("Term"),
        "ClassRef": ref("Class"),
        "TaxCodeRef": ANY,
    }
)
PURCHASE: Final[Fields] = _PURCHASE | {
    "PaymentType": enum("Cash", "Check", "CreditCard", required=True, queryable=True),
    "AccountRef": ref("Account", required=True),
    "EntityRef": ref("Customer", "Vendor", "Employee"),
    "Credit": BOOL,
    "PrintStatus": enum("NotSet", "NeedToPrint", "PrintComplete"),
    "PaymentMethodRef": ref("PaymentMethod"),
    "PurchaseEx": ANY,
    "CheckPayment": ANY,
    "PaymentRefNum": text(21),
}
_SETTLEMENT_LINES: Final = rows(
    {
        "Id": text(31),
        "LineNum": Field("integer"),
        "Description": text(4000),
        "Amount": AMOUNT,
        "LinkedTxn": LINKED,
        "DetailType": ANY,
        "LineEx": ANY,
        "PaymentLineDetail": ANY,
        "CustomField": CUSTOM_FIELD,
    },
    queryable=False,
)
PAYMENT: Final[Fields] = _TRANSACTION | {
    "CustomerRef": ref("Customer", required=True, queryable=True),
    "TotalAmt": Field("amount", required=True, queryable=True),
    "UnappliedAmt": Field("amount", read_only=True, queryable=False),
    "Line": _SETTLEMENT_LINES,
    "LinkedTxn": computed(),
    "ARAccountRef": ref("Account"),
    "DepositToAccountRef": ref("Account"),
    "PaymentMethodRef": ref("PaymentMethod", queryable=True),
    "PaymentRefNum": text(21),
    "ProcessPayment": BOOL,
    "CreditCardPayment": ANY,
    "CheckPayment": ANY,
    "DocNumber": text(21, queryable=False),
}
BILL_PAYMENT: Final[Fields] = _TRANSACTION | {
    "VendorRef": ref("Vendor", required=True, queryable=True),
    "TotalAmt": Field("amount", required=True, queryable=True, low=Decimal(0)),
    "PayType": enum("Check", "CreditCard", required=True, queryable=True),
    "Line": _SETTLEMENT_LINES,
    "APAccountRef": ref("Account"),
    "CheckPayment": obj(
        {
            "BankAccountRef": ref("Account"),
            "PrintStatus": enum("NotSet", "NeedToPrint", "PrintComplete"),
            "CheckDetail": ANY,
        }
    ),
    "CreditCardPayment": obj({"CCAccountRef": ref("Account"), "CCDetail": ANY}),
    "ProcessBillPayment": BOOL,
}
JOURNAL_ENTRY: Final[Fields] = _TRANSACTION | {
    "Line": lines("JournalEntryLineDetail"),
    "Adjustment": BOOL,
}
DEPOSIT: Final[Fields] = _TRANSACTION | {
    "DepositToAccountRef": ref("Account", required=True, queryable=True),
    "Line": lines("DepositLineDetail", typed=False),
    "CashBack": obj({"Amount": AMOUNT, "AccountRef": ref("Account"), "Memo": text(4000)}),
}
TRANSFER: Final[Fields] = _TRANSACTION | {
    "FromAccountRef": ref("Account", required=True),
    "ToAccountRef": ref("Account", required=True),
    "Amount": Field("amount", required=True, low=Decimal("0"), queryable=True),
}
REIMBURSE_CHARGE: Final[Fields] = ENVELOPE | {
    "TxnDate": DATE,
    "CustomerRef": ref("Customer", queryable=True),
    "HasBeenInvoiced": Field("bool", queryable=True),
    "Amount": Field("amount", read_only=True, queryable=False),
    "HomeTotalAmt": Field("amount", read_only=True, queryable=False),
    "CurrencyRef": Field("ref", target=()),
    "ExchangeRate": Field("number"),
    "PrivateNote": text(4000, queryable=False),
    "LinkedTxn": LINKED,
    "Line": rows(
        {
            "Id": text(31),
            "LineNum": Field("integer"),
            "Description": text(4000),
            "Amount": AMOUNT,
            "LinkedTxn": LINKED,
            "DetailType": enum("ReimburseLineDetail"),
            "ReimburseLineDetail": obj(
                {
                    "ItemRef": ref("Item"),
                    "Qty": Field("number"),
                    "UnitPrice": Field("number"),
                    "TaxCodeRef": ref("TaxCode"),
                    "MarkupInfo": ANY,
                    "ItemAccountRef": ref("Account"),
                }
            ),
        },
        queryable=False,
    ),
}
TAX_PAYMENT: Final[Fields] = ENVELOPE | {
    "PaymentDate": DATE,
    "PaymentAccountRef": ref("Account"),
    "PaymentAmount": Field("amount", read_only=True, queryable=True),
    "Refund": BOOL,
    "Description": text(4000),
}
CREDIT_CARD_PAYMENT: Final[Fields] = _TRANSACTION | {
    "CreditCardAccountRef": ref("Account", required=True),
    "BankAccountRef": ref("Account", required=True),
    "Amount": Field("amount", required=True, low=Decimal("0"), queryable=True),
    "VendorRef": ref("Vendor"),
    "CheckNum": text(21),
    "Memo": text(4000, queryable=False),
    "PrintStatus": enum("NotSet", "NeedToPrint", "PrintComplete"),
}
INVENTORY_ADJUSTMENT: Final[Fields] = _TRANSACTION | {
    "AdjustAccountRef": ref("Account", required=True),
    "CustomerRef": ref("Customer"),
    "ClassRef": ref("Class"),
    "Line": lines("ItemAdjustmentLineDetail"),
}
