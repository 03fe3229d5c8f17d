"""Every fault code that Intuit lists: its class, what it means in plain words, and what to do about it.

Source: Intuit's list of error codes and of common errors. A code that is not here is classed by its range in
`faults.py`. What the classes are for is in `faults.KINDS`.
"""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
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

FAULT_CODES: dict[str, Meaning] = {
    # Authentication and access
    "100": Meaning("auth", "QuickBooks did not accept our sign-in.", _RECONNECT),
    "110": Meaning("auth", "QuickBooks did not accept the OAuth token.", _RECONNECT),
    "120": Meaning("forbidden", "The user who connected may not do this.", "Connect as a company administrator."),
    "130": Meaning("busy", "The company lives on another of Intuit's clusters.", _WAIT),
    "140": Meaning(
        "forbidden", "The company is locked out.", "Ask the company's administrator to sign in to QuickBooks."
    ),
    "150": Meaning("busy", "QuickBooks is under maintenance.", _WAIT),
    "3100": Meaning("forbidden", "The app is not authorised for this company.", _RECONNECT),
    "3200": Meaning("auth", "The access token is missing, expired or revoked.", _RECONNECT),
    "5020": Meaning(
        "not_permitted",
        "The user, or the company's plan, does not allow this.",
        "Check the plan (purchase orders and inventory need Plus) and the user's role.",
    ),
    "6190": Meaning(
        "forbidden",
        "The company cannot be written to: its trial or subscription ended.",
        "Renew the company's QuickBooks subscription.",
    ),
    # Limits
    "3001": Meaning(
        "throttled", "QuickBooks' limit of calls was reached.", "Nothing to do: calls rest for 60 seconds."
    ),
    "1040": Meaning(
        "batch_size", "The batch holds more items than QuickBooks takes.", "Send at most 30 items in a batch."
    ),
    "10100": Meaning("too_big", "The answer would be too big.", "Ask for a shorter period or for fewer objects."),
    # Objects and references
    "600": Meaning(
        "duplicate_request",
        "This request id was used before.",
        "Read the document back by its number: the first request may have been carried out.",
    ),
    "610": Meaning("not_found", "The object was deleted, made inactive, or never existed.", _FIX_REFERENCE),
    "620": Meaning(
        "invalid_reference",
        "The transaction cannot be linked.",
        "Check that the linked document is open and of the same party.",
    ),
    "630": Meaning(
        "duplicate_name", "The same object exists already.", "Link the existing object instead of creating it."
    ),
    "700": Meaning("invalid_reference", "The parent it refers to is not valid.", _FIX_REFERENCE),
    "800": Meaning(
        "in_use",
        "It cannot be deleted: other objects depend on it.",
        "Remove what depends on it first, or make it inactive.",
    ),
    "900": Meaning("validation", "An object cannot be its own parent.", _FIX_FIELD),
    "2500": Meaning("invalid_reference", "It refers to something that does not exist or is inactive.", _FIX_REFERENCE),
    "5010": Meaning(
        "stale",
        "Somebody else changed the object in the meantime.",
        "It is read again; the change is sent once more only where the other change was ours.",
    ),
    "6140": Meaning(
        "duplicate_number",
        "The document number is taken.",
        "Look at the document that the fault names: adopt it (qbo-pipeline relink), give this one another number in "
        "the source, or let it go under the number of the other (qbo-pipeline approve).",
    ),
    "6240": Meaning(
        "duplicate_name",
        "Another customer, vendor, employee, account or item has this name, perhaps an inactive one.",
        "If it is the same one, link ours to it (qbo-pipeline relink). Otherwise rename one of the two, in the source "
        "or in QuickBooks: ours goes again in the next run.",
    ),
    # Closed books
    "6200": Meaning(
        "closed_period",
        "The accounting period is closed.",
        "Reopen the period in QuickBooks, or approve posting on the first open day.",
    ),
    "6210": Meaning(
        "closed_period",
        "The accounting period is closed with a password.",
        "Reopen the period in QuickBooks, or approve posting on the first open day.",
    ),
    # Operations
    "500": Meaning(
        "unsupported", "QuickBooks does not support this operation.", "Use another operation for this entity."
    ),
    "1000": Meaning("validation", "The operation failed.", _REPORT),
    "1010": Meaning("validation", "Creating the object failed.", _REPORT),
    "1020": Meaning("validation", "Updating the object failed.", _REPORT),
    "1050": Meaning(
        "unsupported", "The content type of the request is not supported.", "Upgrade qbo_pipeline: requests go as JSON."
    ),
    "5000": Meaning("unsupported", "This part of the API is no longer supported.", "Upgrade qbo_pipeline."),
    "5030": Meaning(
        "unsupported",
        "The company does not have this feature.",
        "Switch the feature on in QuickBooks' settings, or change the plan.",
    ),
    # Fields
    "2000": Meaning("validation", "The name of the object is not known to QuickBooks.", "Check the entity's name."),
    "2010": Meaning(
        "validation", "The request has a property that QuickBooks does not know or cannot read.", _FIX_FIELD
    ),
    "2020": Meaning("validation", "A required field is missing.", _FIX_FIELD),
    "2030": Meaning(
        "validation",
        "An Id is not a number.",
        "Refresh the reference data: the mapping holds something that is not a QBO Id.",
    ),
    "2040": Meaning(
        "validation",
        "A text has characters that QuickBooks does not take.",
        "Remove the characters (US companies take ISO-8859-1).",
    ),
    "2050": Meaning("validation", "A text is too short or too long.", "Shorten it to the length that the fault names."),
    "2060": Meaning("validation", "A date is not in the form YYYY-MM-DD.", _FIX_FIELD),
    "2070": Meaning("validation", "A date is not valid.", _FIX_FIELD),
    "2080": Meaning("validation", "A number is not valid.", _FIX_FIELD),
    "2090": Meaning("validation", "A number is not valid.", _FIX_FIELD),
    "2100": Meaning("validation", "A decimal is not valid.", _FIX_FIELD),
    "2110": Meaning("validation", "A decimal has too many digits.", "Round the amount as the books do."),
    "2120": Meaning("validation", "A type is not valid.", _FIX_FIELD),
    "2130": Meaning(
        "validation",
        "The request id is not in a form that QuickBooks takes.",
        "Use at most 50 characters (36 for a batch).",
    ),
    "2140": Meaning("validation", "An amount is not valid.", _FIX_FIELD),
    "2150": Meaning("validation", "A percentage is not valid.", _FIX_FIELD),
    "2160": Meaning("validation", "A quantity is not valid.", _FIX_FIELD),
    "2170": Meaning("validation", "A value is not one of those allowed.", _FIX_FIELD),
    "2180": Meaning("validation", "A value is out of range.", _FIX_FIELD),
    "2190": Meaning("validation", "A value is out of range.", _FIX_FIELD),
    "2200": Meaning("validation", "A web address is not valid.", _FIX_FIELD),
    "2210": Meaning("validation", "An e-mail address is not valid.", "Correct the e-mail address in the source."),
    "2220": Meaning(
        "validation", "The currency is not valid, or not active in the company.", "Activate the currency in QuickBooks."
    ),
    "2230": Meaning("validation", "A value must be true or false.", _FIX_FIELD),
    "2240": Meaning("validation", "A number is out of range.", _FIX_FIELD),
    "2250": Meaning("validation", "The document has no lines.", "Give the document at least one line."),
    "2260": Meaning("validation", "A journal line does not say debit or credit.", _FIX_FIELD),
    "2270": Meaning(
        "validation", "TaxApplicableOn is missing on a taxed journal line.", "Map the line's tax code for journals."
    ),
    "2280": Meaning(
        "validation", "TaxAmount is missing on a taxed journal line.", "Map the line's tax code for journals."
    ),
    "2290": Meaning(
        "validation", "A transaction line is negative.", "Post it as its counterpart (a credit memo, a vendor credit)."
    ),
    "2300": Meaning("validation", "Debits and credits differ.", "Check the journal's lines and its rounding account."),
    "2600": Meaning("validation", "Two fields contradict each other.", _FIX_FIELD),
    "3000": Meaning("validation", "A custom field is not valid.", "Check the custom fields in QuickBooks' settings."),
    "3202": Meaning("validation", "A field is empty.", _FIX_FIELD),
    # Queries
    "4000": Meaning("query", "QuickBooks cannot parse the query.", "Check the query's entity, fields and quotes."),
    "4001": Meaning("query", "A property in the query is unknown or cannot be queried.", "Filter by another field."),
    "4002": Meaning("query", "QuickBooks failed while it processed the query.", _REPORT),
    # Business rules
    "6000": Meaning(
        "validation",
        "A business rule of QuickBooks forbids it; its text says which.",
        "Do what the text says, then retry.",
    ),
    "6010": Meaning("validation", "An account needs a type or a subtype.", "Give the account's type."),
    "6020": Meaning("validation", "The length of the content is missing or wrong.", _REPORT),
    "6030": Meaning("too_big", "The upload is larger than 100 MB.", "Make the file smaller."),
    "6040": Meaning("validation", "The attachment is not valid.", "Check the attachment's file name and type."),
    "6041": Meaning("validation", "The attachment is not valid.", "Check the attachment's file name and type."),
    "6050": Meaning(
        "validation", "The attachment's reference is not valid.", "Check the document that it is attached to."
    ),
    "6060": Meaning("validation", "The date of the opening balance is not valid.", _FIX_FIELD),
    "6070": Meaning(
        "validation",
        "A line's amount is not quantity times unit price.",
        "Send the unit price with enough places, or leave it out.",
    ),
    "6080": Meaning("validation", "No name was given.", "Give the party a name in the source."),
    "6090": Meaning(
        "validation", "The discount line is not valid.", "Check the discount's percentage or amount and its account."
    ),
    "6100": Meaning(
        "validation", "In US companies a line's tax code must be TAX or NON.", "Map the line's tax code to TAX or NON."
    ),
    "6110": Meaning("deposited", "A payment processed by Intuit's merchant service cannot be changed.", _IN_QBO),
    "6120": Meaning("deposited", "A payment processed by Intuit's merchant service cannot be deleted.", _IN_QBO),
    "6130": Meaning("validation", "The transaction is not valid for this entity.", _FIX_FIELD),
    "6150": Meaning("validation", "A sub-object needs its parent.", "Give the ParentRef."),
    "6160": Meaning("validation", "The custom sales tax is not valid.", "Check the sales tax settings in QuickBooks."),
    "6170": Meaning(
        "validation",
        "Tax details are not allowed where tax does not apply.",
        "Leave the tax details out, or set how amounts are taxed.",
    ),
    "6180": Meaning("validation", "There are more than five levels below each other.", "Flatten the list."),
    "6220": Meaning("in_use", "It has a balance and cannot be deleted.", "Settle the balance first."),
    "6230": Meaning("validation", "The custom sales tax is not valid.", "Check the sales tax settings in QuickBooks."),
    "6250": Meaning("invalid_reference", "The customer is not valid or inactive.", _FIX_REFERENCE),
    "6270": Meaning(
        "inventory_start",
        "The document is dated before its inventory item's start date.",
        "Move the item's start date in QuickBooks to or before the document's date.",
    ),
    "6280": Meaning("validation", "Unbilled charges stand in the way.", _IN_QBO),
    "6290": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6300": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6310": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6320": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6330": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6340": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6350": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6360": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6370": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6380": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6390": Meaning("validation", "The time activity is not valid.", _TIME_ACTIVITY),
    "6400": Meaning("validation", "A value does not fit the rest of the document.", _FIX_FIELD),
    "6420": Meaning(
        "validation", "An e-mail address is required.", "Give the customer an e-mail address, or do not send by e-mail."
    ),
    "6430": Meaning(
        "validation",
        "An account of this type cannot be used here.",
        "Map the role to an account of the type that the fault names.",
    ),
    "6440": Meaning("validation", "A line needs an item or an account.", "Map the line's product or account."),
    "6450": Meaning("deposited", "It cannot be voided: it is settled.", _IN_QBO),
    "6460": Meaning(
        "validation",
        "A card payment's deposit account does not match.",
        "Use the deposit account of the merchant service.",
    ),
    "6470": Meaning(
        "validation", "The tax rate or the tax liability is not valid.", "Check the tax codes in QuickBooks."
    ),
    "6480": Meaning(
        "deposited",
        "It is matched to a bank transaction and cannot be deleted.",
        "Undo the match in QuickBooks' banking page first.",
    ),
    "6490": Meaning("validation", "The budget is not valid.", _IN_QBO),
    "6500": Meaning("validation", "The budget is not valid.", _IN_QBO),
    "6510": Meaning("validation", "The budget is not valid.", _IN_QBO),
    "6520": Meaning(
        "validation", "A line of a tracked inventory item needs a quantity.", "Give the line its quantity."
    ),
    "6530": Meaning("validation", "The card number is not valid.", _FIX_FIELD),
    "6540": Meaning(
        "deposited",
        "The payment is on a deposit and cannot be changed.",
        "Take it off the deposit in QuickBooks first.",
    ),
    # Intuit's own failures
    "10000": Meaning("system", "QuickBooks failed inside.", _REPORT),
    "10200": Meaning("busy", "The company is being reset.", _WAIT),
}
