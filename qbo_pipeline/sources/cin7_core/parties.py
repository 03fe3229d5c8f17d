"""A customer or supplier of Cin7 Core in the words of a party record, and back: its contact, and where bills go.

What belongs here: both ways of the same fields, so that what is written is what is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_pipeline.sources.landed.projection import Row
from qbo_pipeline.sources.landed.values import Object, objects, text

_ADDRESS = {"city": "City", "region": "State", "postal_code": "Postcode", "country": "Country"}
CONTACT_FIELDS = ("email", "phone")
ADDRESS_FIELDS = ("address", *_ADDRESS)


def party_fields(source: Object) -> Row:
    """What a party says of how it is reached; the default contact counts before the others."""
    contacts = _contacts(source)
    emails = [email for contact in contacts if (email := text(contact, "Email"))]
    return {
        "email": emails[0] if emails else None,
        "phone": next((phone for contact in contacts if (phone := text(contact, "Phone", "MobilePhone"))), None),
        **_address(source),
    }


def with_fields(source: Object, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`Contacts` and `Addresses` of a party with these fields as they are to be, where they name any of them; the
    other contacts and addresses stay."""
    found: dict[str, Any] = {}
    if any(field in fields for field in CONTACT_FIELDS):
        first, *others = _contacts(source) or [{"Name": name, "Default": True}]
        told = {shown: fields[field] for field, shown in (("email", "Email"), ("phone", "Phone")) if field in fields}
        found["Contacts"] = [{**first, **told}, *others]
    if any(field in fields for field in ADDRESS_FIELDS):
        first, *others = _addresses(source) or [{"Type": "Billing", "DefaultForType": True}]
        told = {shown: fields[field] for field, shown in _ADDRESS.items() if field in fields}
        if "address" in fields:
            lines = [*str(fields["address"] or "").splitlines(), "", ""]
            told |= {"Line1": lines[0], "Line2": ", ".join(line for line in lines[1:] if line)}
        found["Addresses"] = [{**first, **told}, *others]
    return found


def _contacts(source: Object) -> list[Object]:
    return sorted(objects(source, "Contacts"), key=lambda contact: not contact.get("Default"))


def _addresses(source: Object) -> list[Object]:
    """Where bills go first: the default billing address, or else the first there is."""
    return sorted(
        objects(source, "Addresses"),
        key=lambda address: (address.get("Type") != "Billing", not address.get("DefaultForType")),
    )


def _address(source: Object) -> Row:
    found = _addresses(source)
    if not found:
        return {}
    lines = [line for name in ("Line1", "Line2") if (line := text(found[0], name))]
    return {"address": "\n".join(lines) or None, **{name: text(found[0], shown) for name, shown in _ADDRESS.items()}}
