"""What QBO writes into an object that the request left out, beyond totals and balances: addresses, flags, tax codes.

Seen in public recordings of created invoices, customers and attachments; other forms as Intuit's reference shows them.
"""

from __future__ import annotations

from typing import Any, Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft
from qbo_pipeline.emulator.company.references import US_TAX_CODES

_ADDRESSES: Final = ("BillAddr", "ShipAddr")
_SALES: Final[dict[str, Any]] = {"ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet"}
_NUMBERS: Final = ("1", "2", "3")
"""QBO has three custom fields on sales forms."""
_INVOICE: Final[dict[str, Any]] = {
    "AllowIPNPayment": False,
    "AllowOnlinePayment": False,
    "AllowOnlineCreditCardPayment": False,
    "AllowOnlineACHPayment": False,
}


COMPANY_ADDRESSES: Final = ("CompanyAddr", "CustomerCommunicationAddr", "LegalAddr")


def sales_form(draft: Draft) -> None:
    """Flags, custom fields, the customer's addresses, and on US lines the tax code NON."""
    book, body = draft.book, draft.body
    for name, value in _SALES.items():
        body.setdefault(name, value)
    if draft.entity.name == "Invoice":
        for name, value in _INVOICE.items():
            body.setdefault(name, value)
    _custom_fields(book, body)
    customer = book.entries["Customer"].get(str(draft.party[1])) if draft.party else None
    for name in _ADDRESSES:
        inherited = customer.body.get(name) if customer else None
        if not body.get(name) and inherited:
            body[name] = dict(inherited)
    addresses(book, body, _ADDRESSES)
    _untaxed_lines(draft, "SalesItemLineDetail")


def _custom_fields(book: Book, body: Body) -> None:
    """Every custom field that the company's preferences switch on, with the value that the form gives it, if any."""
    prefs = book.single("Preferences").get("SalesFormsPrefs", {}).get("CustomField")
    if not prefs and not body.get("CustomField"):
        body["CustomField"] = []
        return
    given = {str(own.get("DefinitionId")): own for own in body.get("CustomField") or []}
    for id, name in _definitions(prefs).items():
        given[id] = {"DefinitionId": id, "Name": name, "Type": "StringType"} | given.get(id, {}) | {"Name": name}
    for own in given.values():
        own.setdefault("Type", "StringType")
    body["CustomField"] = list(given.values())


def _definitions(prefs: Any) -> dict[str, str]:
    """Number and name of each sales custom field that is in use, as `SalesFormsPrefs.CustomField` tells them."""
    pairs = [
        field
        for part in (prefs if isinstance(prefs, list) else [])
        for field in (part.get("CustomField") or [] if isinstance(part, dict) else [])
        if isinstance(field, dict)
    ]
    told = {str(field.get("Name", "")).rpartition(".")[2]: field for field in pairs}
    return {
        number: str(told.get(f"SalesCustomName{number}", {}).get("StringValue") or "")
        for number in _NUMBERS
        if told.get(f"UseSalesCustom{number}", {}).get("BooleanValue") in (True, "true")
    }


def purchase_form(draft: Draft) -> None:
    """On lines whether they are billable, and in the US the tax code NON."""
    for line in draft.body["Line"]:
        detail = line.get(line["DetailType"])
        if detail is not None:
            detail.setdefault("BillableStatus", "NotBillable")
    _untaxed_lines(draft, "ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail")


def _untaxed_lines(draft: Draft, *kinds: str) -> None:
    if draft.book.country != "US":
        return
    for line in draft.body["Line"]:
        if line["DetailType"] in kinds:
            line.setdefault(line["DetailType"], {}).setdefault("TaxCodeRef", {"value": US_TAX_CODES[1]})


def addresses(book: Book, body: Body, names: tuple[str, ...]) -> None:
    """Give the addresses of an object their Ids."""
    for name in names:
        address = body.get(name)
        if address and not address.get("Id"):
            address["Id"] = str(book.next_id("Address"))


def default_tax_code(book: Book) -> Body | None:
    """The tax code that a US company's new taxable customers get: the first of its own, where it charges sales tax."""
    if book.country != "US":
        return None
    own = next((e for e in book.entries["TaxCode"].values() if e.id not in US_TAX_CODES and e.active), None)
    return {"value": own.id} if own else None
