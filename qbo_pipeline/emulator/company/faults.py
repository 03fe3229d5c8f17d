"""QBO's faults: the exception that every operation raises, and the table of codes with their exact words.

What belongs here: code, message, detail and HTTP status. When a fault applies is decided where the rule lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VALIDATION = "ValidationFault"
SYSTEM = "SystemFault"


@dataclass(frozen=True, slots=True)
class QboError:
    """One entry of `Fault.Error`: Message, Detail, numeric code as text, and the element it is about ("" if none)."""

    message: str
    detail: str
    code: str
    element: str = ""

    def as_json(self) -> dict[str, str]:
        """The entry with QBO's key names."""
        return {"Message": self.message, "Detail": self.detail, "code": self.code, "element": self.element}


class QboFault(Exception):
    """A refused operation: HTTP status, fault type and all errors found. The company is unchanged when it is raised."""

    def __init__(self, status: int, type: str, errors: list[QboError]) -> None:
        super().__init__(status, type, errors)
        self.status = status
        self.type = type
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(f"{e.code} {e.message}: {e.detail}" for e in self.errors)

    def as_json(self) -> dict[str, object]:
        """The value of the `Fault` key in QBO's answer."""
        return {"Error": [e.as_json() for e in self.errors], "type": self.type}


# code -> (Message, Detail). Braces are filled in by `error`. Codes and texts: Intuit's error list and captured answers.
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "500": ("Unsupported Operation", "Operation {what} is not supported."),
    "610": ("Object Not Found", "Object Not Found : {what}"),
    "620": ("Transaction can't be linked", "Transaction can't be linked : {what}"),
    "2000": ("Unsupported object name", "The object name {what} is not supported."),
    "2010": (
        "Request has invalid or unsupported property",
        "Property Name:{what}; a property specified is unsupported or invalid",
    ),
    "2020": ("Required param missing, need to supply the required value for the API", "{what}"),
    "2030": ("Invalid ID", "Id must be a number. Supplied value:{what}"),
    "2040": ("Invalid String", "String contains characters that are not supported: {what}"),
    "2050": (
        "String length is either shorter or longer than supported by specification",
        (
            "String length specified does not match the supported length. "
            "Min:{low} Max:{high} supported. Supplied length:{length}"
        ),
    ),
    "2060": ("Invalid Date Format", "Date must be given as YYYY-MM-DD. Supplied value:{what}"),
    "2070": ("Invalid Date", "The date does not exist. Supplied value:{what}"),
    "2080": ("Invalid Number", "The value is not a number. Supplied value:{what}"),
    "2120": ("Invalid Type", "The value has the wrong type. Expected {expected}. Supplied value:{what}"),
    "2150": ("Invalid Percent", "A percentage must lie between 0 and 100. Supplied value:{what}"),
    "2160": ("Invalid Quantity", "The quantity is not valid. Supplied value:{what}"),
    "2170": ("Invalid Enumeration", "Invalid Enumeration : {what}"),
    "2210": ("Invalid Email Address", "The e-mail address does not conform to RFC 822. Supplied value:{what}"),
    "2220": ("Invalid Currency", "The currency is not known. Supplied value:{what}"),
    "2230": ("Invalid Boolean", "The value must be true or false. Supplied value:{what}"),
    "2240": ("Invalid Number Range", "The number must lie between {low} and {high}. Supplied value:{what}"),
    "2250": ("Missing lines", "Transaction must have at least one split line."),
    "2260": ("PostingType missing", "PostingType is missing in the request"),
    "2270": ("TaxApplicableOn missing", "TaxApplicableOn is missing in the request"),
    "2280": ("TaxAmount missing", "TaxAmount is missing in the request"),
    "2290": ("Negative amounts not supported", "Negative amounts are not supported on transaction lines."),
    "2300": ("Debits and credits are not equal", "Total debits {debits} do not equal total credits {credits}."),
    "2500": ("Invalid Reference Id", "Invalid Reference Id : {what}"),
    "3202": ("Empty field", "The field is empty: {what}"),
    "4000": ("Error parsing query", "QueryParserError: {what}"),
    "4001": ("Invalid query", "QueryValidationError: {what}"),
    "4002": ("Error processing query", "QueryProcessingError: {what}"),
    "5010": (
        "Stale Object Error",
        (
            "Stale Object Error : You and {user} were working on this at the same time. "
            "{user} finished before you did, so your work was not saved."
        ),
    ),
    "5020": ("Permission Denied Error", "Permission Denied Error : {what}"),
    "5030": ("Feature Not Supported Error", "Feature Not Supported Error : {what}"),
    "6000": (
        "A business validation error has occurred while processing your request",
        "Business Validation Error: {what}",
    ),
    "6010": ("AccountType or AccountSubType needed", "AccountType or AccountSubType is missing in the request"),
    "6030": ("Upload too large", "The size of the upload is greater than the 100 MB allowed."),
    "6040": ("Invalid attachable", "{what}"),
    "6060": ("OpenBalanceDate missing", "OpenBalanceDate is required with an opening balance."),
    "6070": (
        "Amount calculation incorrect in the request",
        "Amount is not equal to UnitPrice * Qty. Supplied value:{what}",
    ),
    "6080": (
        "No name provided",
        "At least one of: Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix is required.",
    ),
    "6090": ("Invalid discount line", "{what}"),
    "6100": ("Invalid tax code on line", "The line TaxCodeRef must be TAX or NON. Supplied value:{what}"),
    "6140": (
        "Duplicate Document Number Error",
        (
            "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
            "DocNumber={number} is assigned to TxnType={kind} with TxnId={id}"
        ),
    ),
    "6150": ("ParentRef required", "ParentRef is required: {what}"),
    "6170": (
        "TxnTaxDetail not allowed",
        "TxnTaxDetail is not allowed when GlobalTaxCalculation is NotApplicable.",
    ),
    "6180": ("Too many levels", "No more than {levels} levels of sub-entities are supported."),
    "6190": (
        "Invalid Company Status",
        (
            "Invalid Company Status : You can't add data to QuickBooks Online Plus because your trial or subscription "
            "period ended, you canceled your subscription, or there was a billing problem."
        ),
    ),
    "6210": (
        "Account Period Closed, Cannot Update Through Services API",
        (
            "The account period has closed and the account books cannot be updated through the QBO Services API. "
            "Please use the QBO website to make these changes."
        ),
    ),
    "6220": ("Cannot delete an entity with a balance", "{what}"),
    "6240": (
        "Duplicate Name Exists Error",
        (
            "The name supplied already exists. : Another {kind} is already using this name. "
            "Please use a different name. Id={id}"
        ),
    ),
    "6270": (
        "InventoryTxnDatedBeforeItemStartDate",
        "Transaction date is prior to start date for inventory item",
    ),
    "6430": ("Invalid account type used", "Invalid account type: {what}"),
    "6440": ("Split line needs an item or account", "Each split line must have an item or an account."),
    "6450": ("Void failed", "{what}"),
    "6520": ("Quantity required", "A quantity is required for the tracked inventory item {what}."),
    "6540": (
        "Deposited Transaction cannot be changed",
        (
            "This transaction has been deposited. If you want to change or delete it, "
            "you must edit the deposit it appears on and remove it first."
        ),
    ),
    "10000": ("An application error has occurred while processing your request", "System Failure Error: {what}"),
}

_LONGEST_VALUE: Final = 500
NOT_FOUND_INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)
NOT_FOUND_DELETED = "Another user has deleted this transaction."


def error(code: str, element: str = "", /, **values: object) -> QboError:
    """The error of a code in QBO's words; `values` fill the places of its detail text."""
    message, detail = _TEXTS[code]
    shown = {name: str(value)[:_LONGEST_VALUE] for name, value in values.items()}
    return QboError(message, detail.format(**shown), code, element)


def fault(code: str, element: str = "", /, **values: object) -> QboFault:
    """A validation fault (HTTP 400) of one error."""
    return QboFault(400, VALIDATION, [error(code, element, **values)])


def business(sentence: str, element: str = "") -> QboFault:
    """A 6000 fault with the sentence that QBO's own window would show."""
    return fault("6000", element, what=sentence)
