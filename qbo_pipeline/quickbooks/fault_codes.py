"""Every fault code that Intuit lists: its class, what it means in plain words, and what to do about it.

Source: Intuit's list of error codes and of common errors. A code that is not here is classed by its range in
`faults.py`. What the classes are for is in `faults.KINDS`.
"""

from __future__ import annotations

from typing import NamedTuple


class FaultMeaning(NamedTuple):
    kind: str
    explanation: str
    remedy: str


_FIX_FIELD = "Correct the field that the fault names in the source or in the mapping, then retry."
_FIX_REFERENCE = (
    "Check in QuickBooks that what the line refers to still exists and is active, then refresh the reference data."
)
_RECONNECT = "Connect the company again (qbo-pipeline connect)."
_WAIT = "Nothing to do: it is tried again."
_REPORT = "Try again later; if it stays, give Intuit's support the intuit_tid."
_IN_QBO = "Do it in QuickBooks itself, or change the document there first."
_TIME_ACTIVITY = "Time activities are not written by this pipeline; correct the time activity in QuickBooks."

FAULT_CODES: dict[str, FaultMeaning] = {
    # Authentication and access
    "100": FaultMeaning("auth", "QuickBooks did not accept our sign-in.", _RECONNECT),
    "110": FaultMeaning("auth", "QuickBooks did not accept the OAuth token.", _RECONNECT),
    "120": FaultMeaning("forbidden", "The user who connected may not do this.", "Connect as a company administrator."),
    "130": FaultMeaning("busy", "The company lives on another of Intuit's clusters.", _WAIT),
    "140": FaultMeaning(
        "forbidden", "The company is locked out.", "Ask the company's administrator to sign in to QuickBooks."
    ),
    "150": FaultMeaning("busy", "QuickBooks is under maintenance.", _WAIT),
    "3100": FaultMeaning("forbidden", "The app is not authorised for this company.", _RECONNECT),
    "3200": FaultMeaning("auth", "The access token is missing, expired or revoked.", _RECONNECT),
    "5020": FaultMeaning(
        "not_permitted",
        "The user, or the company's plan, does not allow this.",
        "Check the plan (purchase orders and inventory need Plus) and the user's role.",
    ),
    "6190": FaultMeaning(
        "forbidden",
        "The company cannot be written to: its trial or subscription ended.",
        "Renew the company's QuickBooks subscription.",
    ),
    # Limits
    "3001": FaultMeaning(
        "throttled", "QuickBooks' limit of calls was reached.", "Nothing to do: calls rest for 60 seconds."
    ),
    "1040": FaultMeaning(
        "batch_size", "The batch holds more items than QuickBooks takes.", "Send at most 30 items in a batch."
    ),
    "10100": FaultMeaning("too_big", "The answer would be too big.", "Ask for a shorter period or for fewer objects."),
    # Objects and references
    "600": FaultMeaning(
        "duplicate_request",
        "This request id was used before.",
        "Read the document back by its number: the first request may have been carried out.",
    ),
    "610": FaultMeaning("not_found", "The object was deleted, made inactive, or never existed.", _FIX_REFERENCE),
    "620": FaultMeaning(
        "invalid_reference",
        "The transaction cannot be linked.",
        "Check that the linked document is open and of the same party.",
    ),
    "630": FaultMeaning(
        "duplicate_name", "The same object exists already.", "Link the existing object instead of creating it."
    ),
    "700": FaultMeaning("invalid_reference", "The parent it refers to is not valid.", _FIX_REFERENCE),
    "800": FaultMeaning(
        "in_use",
        "It cannot be deleted: other objects depend on it.",
        "Remove what depends on it first, or make it inactive.",
    ),
    "900": FaultMeaning("validation", "An object cannot be its own parent.", _FIX_FIELD),
    "2500": FaultMeaning(
        "invalid_reference", "It refers to something that does not exist or is inactive.", _FIX_REFERENCE
    ),
    "5010": FaultMeaning(
        "stale",
        "Somebody else changed the object in the meantime.",
        "It is read again; the change is sent once more only where the other change was ours.",
    ),
    "6140": FaultMeaning(
        "duplicate_number",
        "The document number is taken.",
        "Look at the document that the fault names: adopt it (qbo-pipeline relink), give this one another number in "
        "the source, or let it go under the number of the other (qbo-pipeline approve).",
    ),
    "6240": FaultMeaning(
        "duplicate_name",
        "Another customer, vendor, employee, account or item has this name, perhaps an inactive one.",
        "If it is the same one, link ours to it (qbo-pipeline relink). Otherwise rename one of the two, in the source "
        "or in QuickBooks: ours goes again in the next run.",
    ),
    # Closed books
    "6200": FaultMeaning(
        "closed_period",
        "The accounting period is closed.",
        "Reopen the period in QuickBooks, or approve posting on the first open day.",
    ),
    "6210": FaultMeaning(
        "closed_period",
        "The accounting period is closed with a password.",
        "Reopen the period in QuickBooks, or approve posting on the first open day.",
    ),
    # Operations
    "500": FaultMeaning(
        "unsupported", "QuickBooks does not support this operation.", "Use another operation for this entity."
    ),
    "1000": FaultMeaning("validation", "The operation failed.", _REPORT),
    "1010": FaultMeaning("validation", "Creating the object failed.", _REPORT),
    "1020": FaultMeaning("validation", "Updating the object failed.", _REPORT),
    "1050": FaultMeaning(
        "unsupported", "The content type of the request is not supported.", "Upgrade qbo_pipeline: requests go as JSON."
    ),
    "5000": FaultMeaning("unsupported", "This part of the API is no longer supported.", "Upgrade qbo_pipeline."),
    "5030": FaultMeaning(
        "unsupported",
        "The company does not have this feature.",
        "Switch the feature on in QuickBooks' settings, or change the plan.",
    ),
    # Fields
    "2000": FaultMeaning(
        "validation", "The name of the object is not known to QuickBooks.", "Check the entity's name."
    ),
    "2010": FaultMeaning(
        "validation", "The request has a property that QuickBooks does not know or cannot read.", _FIX_FIELD
    ),
    "2020": FaultMeaning("validation", "A required field is missing.", _FIX_FIELD),
    "2030": FaultMeaning(
        "validation",
        "An Id is not a number.",
        "Refresh the reference data: the mapping holds something that is not a QBO Id.",
    ),
    "2040": FaultMeaning(
        "validation",
        "A text has characters that QuickBooks does not take.",
        "Remove the characters (US companies take ISO-8859-1).",
    ),
    "2050": FaultMeaning(
        "validation", "A text is too short or too long.", "Shorten it to the length that the fault names."
    ),
    "2060": FaultMeaning("validation", "A date is not in the form YYYY-MM-DD.", _FIX_FIELD),
    "2070": FaultMeaning("validation", "A date is not valid.", _FIX_FIELD),
    "2080": FaultMeaning("validation", "A number is not valid.", _FIX_FIELD),
    "2090": FaultMeaning("validation", "A number is not valid.", _FIX_FIELD),
    "2100": FaultMeaning("validation", "A decimal is not valid.", _FIX_FIELD),
    "2110": FaultMeaning("validation", "A decimal has too many digits.", "Round the amount as the books do."),
    "2120": FaultMeaning("validation", "A type is not valid.", _FIX_FIELD),
    "2130": FaultMeaning(
        "validation",
        "The request id is not in a form that QuickBooks takes.",
        "Use at most 50 characters (36 for a batch).",
    ),
    "2140": FaultMeaning("validation", "An amount is not valid.", _FIX_FIELD),
    "2150": FaultMeaning("validation", "A percentage is not valid.", _FIX_FIELD),
    "2160": FaultMeaning("validation", "A quantity is not valid.", _FIX_FIELD),
    "2170": FaultMeaning("validation", "A value is not one of those allowed.", _FIX_FIELD),
    "2180": FaultMeaning("validation", "A value is out of range.", _FIX_FIELD),
    "2190": FaultMeaning("validation", "A value is out of range.", _FIX_FIELD),
    "2200": FaultMeaning("validation", "A web address is not valid.", _FIX_FIELD),
    "2210": FaultMeaning("validation", "An e-mail address is not valid.", "Correct the e-mail address in the source."),
    "2220": FaultMeaning(
        "validation", "The currency is not valid, or not active in the company.", "Activate the currency in QuickBooks."
    ),
    "2230": FaultMeaning("validation", "A value must be true or false.", _FIX_FIELD),
    "2240": FaultMeaning("validation", "A number is out of range.", _FIX_FIELD),
    "2250": FaultMeaning("validation", "The document has no lines.", "Give the document at least one line."),
    "2260": FaultMeaning("validation", "A journal line does not say debit or credit.", _FIX_FIELD),
    "2270": FaultMeaning(
        "validation", "TaxApplicableOn is missing on a taxed journal line.", "Map the line's tax code for journals."
    ),
    "2280": FaultMeaning(
        "validation", "TaxAmount is missing on a taxed journal line.", "Map the line's tax code for journals."
    ),
    "2290": FaultMeaning(
        "validation", "A transaction line is negative.", "Post it as its counterpart (a credit memo, a vendor credit)."
    ),
    "2300": FaultMeaning(
        "validation", "Debits and credits differ.", "Check the journal's lines and its rounding account."
    ),
    "2600": FaultMeaning("validation", "Two fields contradict each other.", _FIX_FIELD),
    "3000": FaultMeaning(
        "validation", "A custom field is not valid.", "Check the custom fields in QuickBooks' settings."
    ),
    "3202": FaultMeaning("validation", "A field is empty.", _FIX_FIELD),
    # Queries
    "4000": FaultMeaning("query", "QuickBooks cannot parse the query.", "Check the query's entity, fields and quotes."),
    "4001": FaultMeaning(
        "query", "A property in the query is unknown or cannot be queried.", "Filter by another field."
    ),
    "4002": FaultMeaning("query", "QuickBooks failed while it processed the query.", _REPORT),
    # Business rules
    "6000": FaultMeaning(
        "validation",
        "A business rule of QuickBooks forbids it; its text says which.",
        "Do what the text says, then retry.",
    ),
    "6010": FaultMeaning("validation", "An account needs a type or a subtype.", "Give the account's type."),
    "6020": FaultMeaning("validation", "The length of the content is missing or wrong.", _REPORT),
    "6030": FaultMeaning("too_big", "The upload is larger than 100 MB.", "Make the file smaller."),
    "6040": FaultMeaning("validation", "The attachment is not valid.", "Check the attachment's file name and type."),
    "6041": FaultMeaning("validation", "The attachment is not valid.", "Check the attachment's file name and type."),
    "6050": FaultMeaning(
        "validation", "The attachment's reference is not valid.", "Check the document that it is attached to."
    ),
    "6060": FaultMeaning("validation", "The date of the opening balance is not valid.", _FIX_FIELD),
    "6070": FaultMeaning(
        "validation",
        "A line's amount is not quantity times unit price.",
        "Send the unit price with enough places, or leave it out.",
    ),
    "6080": FaultMeaning("validation", "No name was given.", "Give the party a name in the source."),
    "6090": FaultMeaning(
        "validation", "The discount line is not valid.", "Check the discount's percentage or amount and its account."
    ),
    "6100": FaultMeaning(
        "validation", "In US companies a line's tax code must be TAX or NON.", "Map the line's tax code to TAX or NON."
    ),
    "6110": FaultMeaning("deposited", "A payment processed by Intuit's merchant service cannot be changed.", _IN_QBO),
    "6120": FaultMeaning("deposited", "A payment processed by Intuit's merchant service cannot be deleted.", _IN_QBO),
    "6130": FaultMeaning("validation", "The transaction is not valid for this entity.", _FIX_FIELD),
    "6150": FaultMeaning("validation", "A sub-object needs its parent.", "Give the ParentRef."),
    "6160": FaultMeaning(
        "validation", "The custom sales tax is not valid.", "Check the sales tax settings in QuickBooks."
    ),
    "6170": FaultMeaning(
        "validation",
        "Tax details are not allowed where tax does not apply.",
        "Leave the tax details out, or set how amounts are taxed.",
    ),
    "6180": FaultMeaning("validation", "There are more than five levels below each other.", "Flatten the list."),
    "6220": FaultMeaning("in_use", "It has a balance and cannot be deleted.", "Settle the balance first."),
    "6230": FaultMeaning(
        "validation", "The custom sales tax is not valid.", "Check the sales tax settings in QuickBooks."
    ),
    "6250": FaultMeaning("invalid_reference", "The customer is not valid or inactive.", _FIX_REFERENCE),
    "6270": FaultMeaning(
        "inventory_start",
        "The document is dated before its inventory item's start date.",
        "Move the item's start date in QuickBooks to or before the document's date.",
    ),
    "6280": FaultMeaning("validation", "Unbilled charges stand in the way.", _IN_QBO),
    "6290": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6300": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6310": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6320": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6330": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6340": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6350": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6360": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6370": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6380": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6390": FaultMeaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6400": FaultMeaning("validation", "A value does not fit the rest of the document.", _FIX_FIELD),
    "6420": FaultMeaning(
        "validation", "An e-mail address is required.", "Give the customer an e-mail address, or do not send by e-mail."
    ),
    "6430": FaultMeaning(
        "validation",
        "An account of this type cannot be used here.",
        "Map the role to an account of the type that the fault names.",
    ),
    "6440": FaultMeaning("validation", "A line needs an item or an account.", "Map the line's product or account."),
    "6450": FaultMeaning("deposited", "It cannot be voided: it is settled.", _IN_QBO),
    "6460": FaultMeaning(
        "validation",
        "A card payment's deposit account does not match.",
        "Use the deposit account of the merchant service.",
    ),
    "6470": FaultMeaning(
        "validation", "The tax rate or the tax liability is not valid.", "Check the tax codes in QuickBooks."
    ),
    "6480": FaultMeaning(
        "deposited",
        "It is matched to a bank transaction and cannot be deleted.",
        "Undo the match in QuickBooks' banking page first.",
    ),
    "6490": FaultMeaning("validation", "The budget is not valid.", _IN_QBO),
    "6500": FaultMeaning("validation", "The budget is not valid.", _IN_QBO),
    "6510": FaultMeaning("validation", "The budget is not valid.", _IN_QBO),
    "6520": FaultMeaning(
        "validation", "A line of a tracked inventory item needs a quantity.", "Give the line its quantity."
    ),
    "6530": FaultMeaning("validation", "The card number is not valid.", _FIX_FIELD),
    "6540": FaultMeaning(
        "deposited",
        "The payment is on a deposit and cannot be changed.",
        "Take it off the deposit in QuickBooks first.",
    ),
    # Intuit's own failures
    "10000": FaultMeaning("system", "QuickBooks failed inside.", _REPORT),
    "10200": FaultMeaning("busy", "The company is being reset.", _WAIT),
}
