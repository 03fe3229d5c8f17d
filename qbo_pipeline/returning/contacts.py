"""Customers and vendors that people keep in QuickBooks, as parties of the inventory system.

What belongs here: what a Customer or Vendor says in the words of a party record. What of it goes to the other side
where both keep it is `merging.py`'s.
"""

from __future__ import annotations

from qbo_pipeline.inventory.records import Party, Record
from qbo_pipeline.quickbooks.shapes import JsonObject, OddShape, an_object
from qbo_pipeline.returning.reading import currency_of, on_its_way, read_day, too_early, value_of
from qbo_pipeline.returning.values import NotReturned, Outcome, ReturnBook, Returned, Withheld

KINDS = {"Customer": "customer", "Vendor": "supplier"}
SAME_NAME, BEING_POSTED = "same_name", "being_posted"


def build_contact(entity: str, thing: JsonObject, book: ReturnBook) -> Outcome:
    """The record of a Customer or Vendor: under the source's own id where it has it, else one that is to be made.

    Raises `OddShape` where the object is not as Intuit documents it.
    """
    name = str(thing.get("DisplayName") or "")
    label = f"{entity} {name or 'Id ' + str(thing['Id'])}"
    if not name:
        raise OddShape("DisplayName is empty")
    above = value_of(thing, "ParentRef") if entity == "Customer" else ""
    parent_id = book.party(entity, above) if above else None
    party_id = book.party(entity, str(thing["Id"]))
    if party_id is None:
        if (why_not := _not_to_be_made(entity, thing, book, label, name)) is not None:
            return why_not
        if above and parent_id is None:
            if book.on_its_way(entity, above):
                return on_its_way(label, "the customer that it is a part of")
            return NotReturned(
                rule="parent_not_in_source",
                message=f"{label} is a part of a customer that the inventory system does not have",
            )
    return Returned(record=party_of(entity, thing, book, party_id or f"{entity}/{thing['Id']}", parent_id))


def _not_to_be_made(entity: str, thing: JsonObject, book: ReturnBook, label: str, name: str) -> Outcome | None:
    """Why an object that the source does not have is not made there; `None` where it is."""
    if book.being_posted(entity, name):
        return Withheld(
            reason=BEING_POSTED,
            message=f"{label} has the name of one that is being posted: it is settled by the next run, or by what is "
            "decided about that posting",
        )
    if thing.get("Active") is False:
        return NotReturned(rule="not_active", message=f"{label} is not active, and the inventory system has none of it")
    made = an_object(thing.get("MetaData"), "MetaData").get("CreateTime")
    if made is not None and read_day(made, "CreateTime") < book.first_day:
        return too_early(label, book)
    if (namesake := book.namesake(entity, name)) is not None:
        return Withheld(
            reason=SAME_NAME,
            message=f"{label} has the name of {KINDS[entity]} {namesake} of the inventory system, which is not in "
            f"QuickBooks yet: if they are one, let the run link it ([posting] link_existing) or `qbo-pipeline relink` "
            "it; if not, rename one of the two",
        )
    return None


def party_of(entity: str, thing: JsonObject, book: ReturnBook, party_id: str, parent_id: str | None) -> Party:
    """What an object says, as a party with these ids."""
    address = an_object(thing.get("BillAddr"), "BillAddr")
    lines = [str(address[field]) for field in ("Line1", "Line2", "Line3", "Line4", "Line5") if address.get(field)]
    return Party(
        party_id=party_id,
        kind=KINDS[entity],
        number=_text(thing, "AcctNum") if entity == "Vendor" else None,
        name=name_of(thing, "DisplayName"),
        currency=currency_of(thing, book),
        email=_text(an_object(thing.get("PrimaryEmailAddr"), "PrimaryEmailAddr"), "Address"),
        phone=_text(an_object(thing.get("PrimaryPhone"), "PrimaryPhone"), "FreeFormNumber"),
        address="\n".join(lines) or None,
        city=_text(address, "City"),
        region=_text(address, "CountrySubDivisionCode"),
        postal_code=_text(address, "PostalCode"),
        country=_text(address, "Country"),
        parent_id=parent_id,
        active=thing.get("Active") is not False,
    )


def contact_of(entity: str, thing: JsonObject, book: ReturnBook, record: Record) -> Party:
    """What an object says of the party that it is known to be."""
    above = value_of(thing, "ParentRef") if entity == "Customer" else ""
    party_id = record.party_id if isinstance(record, Party) else str(thing["Id"])
    return party_of(entity, thing, book, party_id, book.party(entity, above) if above else None)


def name_of(thing: JsonObject, field: str) -> str:
    """The name of a list entry, without what QuickBooks adds to that of one that is not active."""
    name = str(thing.get(field) or "")
    return name.removesuffix(" (deleted)") if thing.get("Active") is False else name


def _text(thing: JsonObject, field: str) -> str | None:
    value = thing.get(field)
    return str(value) if value not in (None, "") else None
