"""The rule tables of a company's set-up: tax, exchange rates, attachments, company info, preferences."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.fields import (
    ANY,
    BOOL,
    DATE,
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
from qbo_pipeline.emulator.company.schema.common import (
    ADDRESS,
    CUSTOM_FIELD,
    EMAIL_ADDRESS,
    ENVELOPE,
    PHONE,
    WEB_ADDRESS,
    Fields,
)

_NAMED: Final[Fields] = {"Name": text(100, required=True), "Active": BOOL}
TAX_AGENCY: Final[Fields] = ENVELOPE | {
    "DisplayName": text(100, required=True),
    "TaxRegistrationNumber": text(100),
    "TaxTrackedOnSales": computed("bool"),
    "TaxTrackedOnPurchases": computed("bool"),
    "TaxTrackedOnPurchasesAccountRef": computed(),
    "TaxTrackedOnSalesAccountRef": computed(),
    "LastFileDate": computed(),
    "TaxAgencyConfig": computed(),
}
_RATE_LIST: Final = obj(
    {"TaxRateDetail": rows({"TaxRateRef": ref("TaxRate"), "TaxTypeApplicable": text(31), "TaxOrder": INTEGER})}
)
TAX_CODE_TABLE: Final[Fields] = (
    ENVELOPE
    | _NAMED
    | {
        "Description": text(100),
        "Taxable": BOOL,
        "TaxGroup": BOOL,
        "Hidden": BOOL,
        "SalesTaxRateList": _RATE_LIST,
        "PurchaseTaxRateList": _RATE_LIST,
        "TaxCodeConfigType": text(31),
    }
)
TAX_RATE: Final[Fields] = (
    ENVELOPE
    | _NAMED
    | {
        "Description": text(100),
        "RateValue": NUMBER,
        "AgencyRef": ref("TaxAgency"),
        "SpecialTaxType": text(31),
        "DisplayType": text(31),
        "EffectiveTaxRate": ANY,
        "TaxReturnLineRef": ANY,
        "OriginalTaxRate": text(31),
    }
)
TAX_SERVICE: Final[Fields] = {
    "TaxCode": text(100, required=True),
    "TaxCodeId": text(31),
    "Id": text(31),
    "TaxRateDetails": rows(
        {
            "TaxRateName": text(100),
            "TaxRateId": text(31),
            "RateValue": Field("number", low=Decimal(0), high=Decimal(100)),
            "TaxAgencyId": text(31),
            "TaxApplicableOn": enum("Sales", "Purchase"),
        },
        required=True,
    ),
}
EXCHANGE_RATE: Final[Fields] = ENVELOPE | {
    "SourceCurrencyCode": text(3, required=True),
    "TargetCurrencyCode": text(3),
    "AsOfDate": DATE,
    "Rate": Field("number", required=True, low=Decimal("0.0000001")),
    "CustomField": CUSTOM_FIELD,
}
ATTACHABLE: Final[Fields] = ENVELOPE | {
    "FileName": text(1000),
    "Note": text(2000),
    "Category": text(100),
    "ContentType": text(100),
    "PlaceName": text(2000),
    "Lat": text(100),
    "Long": text(100),
    "Tag": text(2000),
    "Size": computed("integer"),
    "FileAccessUri": computed(),
    "TempDownloadUri": computed(),
    "ThumbnailFileAccessUri": computed(),
    "ThumbnailTempDownloadUri": computed(),
    "AttachableRef": rows(
        {
            "EntityRef": Field("any"),
            "LineInfo": text(100),
            "IncludeOnSend": BOOL,
            "Inactive": BOOL,
            "NoRefOnly": BOOL,
            "CustomField": CUSTOM_FIELD,
        }
    ),
}
COMPANY_INFO: Final[Fields] = ENVELOPE | {
    "CompanyName": text(1024),
    "LegalName": text(1024),
    "CompanyAddr": ADDRESS,
    "CustomerCommunicationAddr": ADDRESS,
    "LegalAddr": ADDRESS,
    "CustomerCommunicationEmailAddr": EMAIL_ADDRESS,
    "PrimaryPhone": PHONE,
    "Email": EMAIL_ADDRESS,
    "WebAddr": WEB_ADDRESS,
    "CompanyStartDate": computed("date"),
    "FiscalYearStartMonth": enum(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "Country": text(100),
    "SupportedLanguages": text(100),
    "DefaultTimeZone": text(100),
    "EmployerId": text(100),
    "NameValue": rows({"Name": text(100), "Value": text(4000)}),
}
PREFERENCE_GROUPS: Final = (
    *("EmailMessagesPrefs", "ProductAndServicesPrefs", "ReportPrefs", "AccountingInfoPrefs", "SalesFormsPrefs"),
    *("VendorAndPurchasesPrefs", "TaxPrefs", "OtherPrefs", "TimeTrackingPrefs", "CurrencyPrefs"),
)
PREFERENCES: Final[Fields] = ENVELOPE | {group: Field("any", queryable=False) for group in PREFERENCE_GROUPS}
