"""Customers and suppliers become QBO customers and vendors, under names that QBO takes.

What belongs here: the payload of a party and the rule for its name. QBO wants a DisplayName that is unique over
customers and vendors together, of at most 500 characters, without colon, tab or newline.

The name rule depends on who shares a name, never on who came first: a supplier that shares its name with a customer
takes the suffix of the policy (" (Supplier)"); parties of one kind that share a name take their number (where that
tells them apart, else their id) in brackets, all of them. What another party is called of itself is nobody's by this
rule: the id follows in brackets. Case does not tell names apart.

QBO gives each name one currency. Where policy gives a party a name for each currency of its documents, the further ones
are objects of their own (`party/customer:17#EUR`), with the currency at the end of the name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Payload, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import clean, finish, key_ref, ref, shorten
from qbo_pipeline.accounting.retiring import active_field
from qbo_pipeline.accounting.terms import terms_field
from qbo_pipeline.inventory.records import Party, record_key

NAME_LENGTH = 500
_FURTHER = re.compile(r"(party/.+)#([A-Z]{3})")
MOST_LEVELS = 5  # of customers below one another (QBO's fault 6180)
_LINES, LINE_LENGTH, _PLACE_LENGTH, _CODE_LENGTH, _PHONE_LENGTH = 5, 500, 255, 30, 30
_TAX_NUMBERS = {"customer": ("PrimaryTaxIdentifier", 31), "supplier": ("TaxIdentifier", 20)}
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


def build_party(party: Party, books: Books) -> Draft | list[Draft]:
    """The customer or vendor of a party, and those of its further currencies where policy wants them.

    An e-mail that is none is kept in the notes, for QBO refuses it (2210). Inactive parties are made active, for old
    documents need them; whether they are deactivated afterwards is a policy (`retiring`).
    """
    own = currency_in_qbo(party, books)
    made = _in_currency(party, own, books)
    if not _has_one_each(books):
        return made
    further = [code for code in books.further_currencies(party.record_id) if code != own]
    return [made, *(_in_currency(party, code, books) for code in further)] if further else made


def currency_in_qbo(party: Party, books: Books) -> str:
    """The currency that QBO keeps a party in, its further ones apart: its own, or the company's."""
    if books.policies.foreign_documents == "home_currency":
        return books.home_currency
    return party.currency or books.home_currency


def party_key(party: Party, currency: str, books: Books) -> str:
    """The key of the customer or vendor that a party's documents and payments in a currency go to."""
    further = _has_one_each(books) and currency != currency_in_qbo(party, books)
    return record_key(party) + (f"#{currency}" if further else "")


def further_currency(key: str) -> tuple[str, str]:
    """Of the key of a customer or vendor: the key of its record, and the further currency that it is for, if any."""
    found = _FURTHER.fullmatch(key)
    return (found[1], found[2]) if found else (key, "")


def _has_one_each(books: Books) -> bool:
    return books.policies.multicurrency and books.policies.party_currencies != "one"


def _in_currency(party: Party, currency: str, books: Books) -> Draft:
    payload: Payload = {"DisplayName": display_name(party, books, currency)}
    company = clean(party.name, ":")
    if company:
        payload["CompanyName"] = company[:100]
    if party.email and _EMAIL.fullmatch(party.email) and len(party.email) <= 100:
        payload["PrimaryEmailAddr"] = {"Address": party.email}
    elif party.email:
        payload["Notes"] = f"E-mail in the source: {party.email}"[:2000]
    if party.kind == "supplier" and party.number:
        payload["AcctNum"] = shorten(party.number, 100)
    payload |= _reached_at(party)
    payload |= _taxed_as(party) | active_field(party, books)
    field = "SalesTermRef" if party.kind == "customer" else "TermRef"
    payload |= terms_field(books, field, party.payment_terms, party.payment_days, f"{party.kind} '{party.name}'")
    if (parent := parent_of(party, books)) is not None:
        payload |= {"Job": True, "ParentRef": key_ref(party_key(parent, currency, books))}
    if books.policies.multicurrency:
        payload["CurrencyRef"] = ref(currency)
    return finish(
        key=party_key(party, currency, books),
        entity="Customer" if party.kind == "customer" else "Vendor",
        payload=payload,
        business_date=None,
        amount=ZERO,
        currency=books.home_currency,
    )


def parent_of(party: Party, books: Books) -> Party | None:
    """The customer that a customer is a part of, where policy keeps sub-customers.

    Ends with `Refused` where it is unknown, kept in another currency, or more than QBO's five levels deep.
    """
    if party.kind != "customer" or party.parent_id is None or books.policies.sub_customers == "flattened":
        return None
    seen, above = [party], party
    while above.parent_id is not None:
        found = books.party("customer", above.parent_id)
        if found is None:
            refuse(
                "unknown_party",
                f"customer '{above.name}' is a part of customer {above.parent_id}, which is not among the records: see "
                "whether it was set aside, then extract it again",
                "parent_id",
            )
        seen.append(found)
        if len(seen) > MOST_LEVELS:
            refuse(
                "customer_levels",
                f"customer '{party.name}' stands below {MOST_LEVELS} others or more, and QuickBooks takes "
                f"{MOST_LEVELS} levels: correct its parents in the source, or say "
                '[posting] sub_customers = "flattened"',
                "parent_id",
            )
        above = found
    parent = seen[1]
    own, theirs = currency_in_qbo(party, books), currency_in_qbo(parent, books)
    if books.policies.multicurrency and own != theirs and not _has_one_each(books):
        refuse(
            "party_currency",
            f"customer '{party.name}' is kept in {own} and the customer '{parent.name}' that it is a part of in "
            f"{theirs}: QuickBooks keeps both in one currency",
            "currency",
        )
    return parent


def _reached_at(party: Party) -> Payload:
    """Telephone and postal address; what is longer than QBO takes is cut."""
    found: Payload = {}
    if phone := clean(party.phone or "", ""):
        found["PrimaryPhone"] = {"FreeFormNumber": phone[:_PHONE_LENGTH]}
    lines = [line for text in (party.address or "").splitlines() if (line := clean(text, ""))]
    address = {f"Line{number}": line[:LINE_LENGTH] for number, line in enumerate(lines[:_LINES], start=1)}
    for name, value in (("City", party.city), ("CountrySubDivisionCode", party.region), ("Country", party.country)):
        if text := clean(value or "", ""):
            address[name] = text[:_PLACE_LENGTH]
    if code := clean(party.postal_code or "", ""):
        address["PostalCode"] = code[:_CODE_LENGTH]
    return found | ({"BillAddr": address} if address else {})


def _taxed_as(party: Party) -> Payload:
    """The tax number, and whether a customer is sold to with sales tax where the source says so."""
    found: Payload = {}
    if number := clean(party.tax_number or "", ""):
        field, length = _TAX_NUMBERS[party.kind]
        found[field] = shorten(number, length)
    if party.kind == "customer" and party.tax_exempt is not None:
        found["Taxable"] = not party.tax_exempt
    return found


def display_name(party: Party, books: Books, currency: str = "") -> str:
    """The DisplayName of a party among all that share its name; with a currency, that of its object in this one."""
    others = [other for other in books.namesakes(name_key(party)) if other.record_id != party.record_id]
    same_kind = [other for other in others if other.kind == party.kind]
    suffix = ""
    if party.kind == "supplier" and len(same_kind) < len(others):
        suffix = books.policies.supplier_suffix
    if same_kind:
        suffix += f" [{_told_by(party, same_kind)}]"
    if currency and _has_one_each(books):
        named = books.policies.party_currencies == "each_named" or currency != currency_in_qbo(party, books)
        suffix += f" {currency}" if named else ""
    name = _with(party, suffix)
    if suffix and any(other.record_id != party.record_id for other in books.namesakes(name.casefold())):
        name = _with(party, f"{suffix} [{_id_among(party, others)}]")
    return name


def _told_by(party: Party, others: Sequence[Party]) -> str:
    """Its number, where each has one and QBO tells it from theirs; else its id."""
    number, theirs = _plain(party.number), [_plain(other.number) for other in others]
    if number and number not in theirs and "" not in theirs:
        return clean(party.number or "", ":")
    return _id_among(party, others)


def _id_among(party: Party, others: Sequence[Party]) -> str:
    """Its id; with a digest where QBO does not tell it from another's id, or from the number that another has."""
    its_id = clean(party.party_id, ":")
    if any(its_id.casefold() in (_plain(other.party_id), _plain(other.number)) for other in others):
        its_id += f" {hashlib.sha256(party.party_id.encode()).hexdigest()[:8]}"
    return its_id


def _plain(text: str | None) -> str:
    """What QBO makes of a text when it compares names."""
    return clean(text or "", ":").casefold()


def name_key(party: Party) -> str:
    """What two parties share when QBO would call their names equal."""
    return shorten(_clean_name(party), NAME_LENGTH).casefold()


def _with(party: Party, suffix: str) -> str:
    return shorten(_clean_name(party), NAME_LENGTH - len(suffix)) + suffix


def _clean_name(party: Party) -> str:
    return clean(party.name, ":") or clean(party.number or "", ":") or party.party_id
