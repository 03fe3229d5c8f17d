"""Faults by cause: what leads to each code here, and how well that is known."""

from __future__ import annotations

from typing import Final, NamedTuple

from qbo_pipeline.emulator.company.assumed_rules import EXPLAINED
from qbo_pipeline.emulator.conformance.evidence import ASSUMED, DOCUMENTED, NOT_EMULATED, RECORDED


class Cause(NamedTuple):
    """A code, what leads to it, how well it is known, the marks of the sources, and what switches it off or over."""

    code: str
    cause: str
    status: str
    sources: str
    settings: tuple[str, ...] = ()


_KNOWN: Final = (
    Cause("120", "order of a test only (an app without access)", DOCUMENTED, "E"),
    Cause(
        "500", "an operation that an entity does not have, an unknown report, an address under an entity", RECORDED, "R"
    ),
    Cause(
        "600", "a requestid again with another body, where it is not answered", ASSUMED, "E", ("request_id_conflict",)
    ),
    Cause("610", "an object that is not there, or was deleted", RECORDED, "R E"),
    Cause(
        "620",
        "a link to what cannot be linked: another vendor's order, a document without an open amount",
        DOCUMENTED,
        "E",
    ),
    Cause("1040", "more than 30 items in a batch", DOCUMENTED, "E L"),
    Cause("1050", "a body of another content type than the operation takes", DOCUMENTED, "E"),
    Cause("2000", "an unknown entity", DOCUMENTED, "E"),
    Cause("2010", "an unknown property, alone; a body that is no JSON object", RECORDED, "R"),
    Cause("2020", "a required property is missing, one error for each", RECORDED, "R"),
    Cause("2030", "an Id that is no number, in an address, a query or a body", RECORDED, "R"),
    Cause(
        "2040",
        "a quotation mark in an account's name, a colon in its number, text that is no Unicode",
        DOCUMENTED,
        "E I",
    ),
    Cause("2050", "a text that is too long", RECORDED, "R"),
    Cause("2060", "a date that is not written YYYY-MM-DD", DOCUMENTED, "E"),
    Cause("2070", "a date that does not exist", DOCUMENTED, "E"),
    Cause("2080", "text where a number is expected", DOCUMENTED, "E"),
    Cause("2120", "a value of another type than the property's", DOCUMENTED, "E"),
    Cause(
        "2130",
        "a requestid longer than 50 characters (36 in a batch), a bId longer than 10 beside one",
        DOCUMENTED,
        "E L",
    ),
    Cause("2150", "a percentage outside 0 to 100 (the emulator answers 2240)", NOT_EMULATED, "E"),
    Cause("2160", "a quantity that is not valid (the emulator answers 2080 or 2240)", NOT_EMULATED, "E"),
    Cause("2170", "a word that is not one of the property's, a report parameter's or TxnType's", DOCUMENTED, "E"),
    Cause("2210", "an e-mail address without @ or a dot", DOCUMENTED, "E"),
    Cause("2220", "a currency code that is not known", DOCUMENTED, "E"),
    Cause("2230", "neither true nor false", DOCUMENTED, "E"),
    Cause("2240", "a number out of range, more than 15 digits", DOCUMENTED, "E"),
    Cause("2250", "no line at all (the emulator answers 2020 for Line, as recorded)", NOT_EMULATED, "E R"),
    Cause("2260", "a journal line without PostingType", DOCUMENTED, "E"),
    Cause("2270", "a taxed journal line without TaxApplicableOn, outside the US", DOCUMENTED, "E"),
    Cause("2280", "a taxed journal line without TaxAmount, outside the US", DOCUMENTED, "E"),
    Cause("2290", "a negative amount on a journal or payment line", DOCUMENTED, "E"),
    Cause("2300", "debits are not credits, instead of 6000", ASSUMED, "E", ("journal_imbalance_code",)),
    Cause("2500", "a reference to nothing, or to something inactive; a category on a line", RECORDED, "R"),
    Cause("3001", "a limit is reached (HTTP 429)", ASSUMED, "L", ("limits", "throttle_keys")),
    Cause("3100", "the token is of another company (HTTP 403)", RECORDED, "R"),
    Cause("3200", "the token is missing, expired or revoked (HTTP 401)", RECORDED, "R"),
    Cause("3202", "an empty field (taken as not given)", NOT_EMULATED, "E"),
    Cause("4000", "a query that cannot be parsed", RECORDED, "R"),
    Cause(
        "4001", "a query for a property that is not there or not queryable; changes of what has none", RECORDED, "R R2"
    ),
    Cause("4002", "a query that fails while it runs", NOT_EMULATED, "E"),
    Cause("5010", "a SyncToken that is not the present one", RECORDED, "R E"),
    Cause("5020", "what the plan or the app's tier does not have", DOCUMENTED, "E"),
    Cause("5030", "what is not emulated, by that name", NOT_EMULATED, "E"),
    Cause(
        "6000",
        "a business rule: A/R without customer, one journal line, mixed currencies, over-payment …",
        RECORDED,
        "R",
    ),
    Cause(
        "6000",
        "what the books cannot hold: a parent that is its own child, stock of what is not tracked …",
        ASSUMED,
        "K",
    ),
    Cause("6000", "a line without VAT rate in a UK company", RECORDED, "R1", ("vat_rate_required",)),
    Cause("6000", "an upload linked to an object that is not there, under HTTP 200", RECORDED, "R"),
    Cause("6000", "debits are not credits", ASSUMED, "K", ("journal_imbalance_code",)),
    Cause("6000", "deleting a document that a payment settles", ASSUMED, "K", ("linked_delete",)),
    Cause("6000", "a journal line on accounts payable without vendor", ASSUMED, "R", ("vendor_required_on_payables",)),
    Cause("6010", "an account without AccountType and AccountSubType", DOCUMENTED, "E"),
    Cause("6020", "a body that is too long", DOCUMENTED, "E"),
    Cause("6030", "an upload that is too large", DOCUMENTED, "E"),
    Cause("6040", "an attachable that is not valid (the emulator answers 2020 or 2500)", NOT_EMULATED, "E"),
    Cause("6060", "an opening balance without its date", DOCUMENTED, "E"),
    Cause("6070", "an amount that is not quantity times price", RECORDED, "R"),
    Cause("6080", "a name list entry without any part of a name", DOCUMENTED, "E"),
    Cause("6090", "a discount line without amount and percentage", DOCUMENTED, "E"),
    Cause("6100", "a tax code on a US line that is not TAX or NON", DOCUMENTED, "E"),
    Cause(
        "6140",
        "a number that is taken: of sales forms and orders in the company, of bills with the vendor",
        RECORDED,
        "R K",
        ("bill_numbers_unique",),
    ),
    Cause("6150", "a sub-entity without parent (the flag follows the parent here)", NOT_EMULATED, "E"),
    Cause("6170", "a total of tax beside NotApplicable", DOCUMENTED, "E"),
    Cause("6180", "more levels of sub-entities than five (items: four)", DOCUMENTED, "E I"),
    Cause("6190", "a subscription that has ended", DOCUMENTED, "E", ("subscription_active",)),
    Cause("6200", "order of a test only (a closed period by its older code)", DOCUMENTED, "E"),
    Cause("6210", "a posting document dated in the closed period", DOCUMENTED, "E"),
    Cause("6220", "deactivating a name or account with a balance", DOCUMENTED, "E", ("deactivate_with_balance",)),
    Cause("6240", "a name that is taken, among customers, vendors and employees together", RECORDED, "R E"),
    Cause("6270", "a document dated before a tracked item's first day", RECORDED, "R"),
    Cause("6420", "sending a form without an address", DOCUMENTED, "E"),
    Cause("6430", "an account of a type that does not go there", DOCUMENTED, "E"),
    Cause("6440", "a deposit line with neither account nor payment", DOCUMENTED, "E"),
    Cause("6450", "voiding what a payment settles", DOCUMENTED, "E", ("void_of_paid_invoice",)),
    Cause("6520", "a tracked item without quantity", DOCUMENTED, "E"),
    Cause("6540", "changing a payment that has been deposited", DOCUMENTED, "E"),
    Cause("10000", "a failure of the emulator itself (HTTP 500); a report of too many columns", DOCUMENTED, "E"),
)
_SWITCHABLE: Final = (
    Cause(code, text, ASSUMED, "K", (f"rules_off={rule}",)) for rule, (code, text) in EXPLAINED.items()
)
CAUSES: Final = tuple(sorted((*_KNOWN, *_SWITCHABLE), key=lambda cause: int(cause.code)))
