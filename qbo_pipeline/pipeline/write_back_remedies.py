"""Why something is not written back, as a heading, and what a person does about it: one table for the page, the report
and the commands.

What belongs here: words. What happened to the one thing is in its own message.
"""

from __future__ import annotations

from typing import NamedTuple

from qbo_pipeline.pipeline.two_sided import CONFLICT, NAME_TAKEN
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.returning.contacts import SAME_NAME
from qbo_pipeline.returning.guards import CLOSED_PERIOD, CURRENCY_UNKNOWN, NEGATIVE_STOCK, TWIN

REFUSED_THERE = "refused_there"  # by the inventory system, in its own words
PERHAPS_TWICE = "perhaps_twice"  # others entered it in QuickBooks beside ours, and it is of a kind that stays there


class WayBackCause(NamedTuple):
    """A heading, and what is to be done."""

    title: str
    remedy: str


_AGAIN = "Mend what its message says, then have it written again; or skip it"
REMEDIES: dict[str, WayBackCause] = {
    REFUSED_THERE: WayBackCause(
        "Refused by the inventory system",
        "Do what its words say; the inventory system then says as what it took it. Or skip it",
    ),
    CONFLICT: WayBackCause(
        "Changed on both sides",
        "Say whose value is right, field by field, or state a rule for the field in [write_back] conflicts",
    ),
    SAME_NAME: WayBackCause(
        "The inventory system has one of this name that is not in QuickBooks",
        "Where the two are one, link them; where not, rename one of the two",
    ),
    "party_not_linked": WayBackCause(
        "Of a party that was not posted from here",
        "Link the party, or correct the payment in QuickBooks; or skip it",
    ),
    TWIN: WayBackCause(
        "The inventory system has one like it",
        "Where the two are one, void the one too many in QuickBooks or link them; where not, have it written again; or "
        "skip it",
    ),
    PERHAPS_TWICE: WayBackCause(
        "Entered in QuickBooks beside one that was posted from here",
        "Where the two are one, void one of them in QuickBooks; where they are two, skip it: both stay",
    ),
    "document_gone": WayBackCause(
        "It settles a document that the inventory system no longer has",
        "Restore the document there, or move the payment to another one in QuickBooks; or skip it",
    ),
    "does_not_add_up": WayBackCause("Its parts do not add up", "Correct it in QuickBooks; or skip it"),
    "odd_object": WayBackCause("It cannot be read", "Correct it in QuickBooks; or skip it"),
    "not_fetched": WayBackCause(
        "Its file could not be fetched",
        "See that [write_back] files is a folder that can be written; the next run tries again",
    ),
    NAME_TAKEN: WayBackCause(
        "Another one in the inventory system has its new name", "Rename one of the two; or skip it"
    ),
    CLOSED_PERIOD: WayBackCause(
        "In a period that the inventory system has closed",
        "Re-open the period there and move [write_back] closed_through, or date it later in QuickBooks; or skip it",
    ),
    CURRENCY_UNKNOWN: WayBackCause(
        "In a currency that the inventory system does not know",
        "Set the currency up there and name it in [write_back] currencies, or correct it in QuickBooks; or skip it",
    ),
    NEGATIVE_STOCK: WayBackCause(
        "It would take the inventory system's stock below nothing",
        "Book the receipt there, or correct the quantity in QuickBooks; or skip it",
    ),
    "file_not_taken": WayBackCause(
        "QuickBooks would not take the file", "Lay a file that it takes in its place; or skip it"
    ),
    Reason.INVALID: WayBackCause("Not taken by the inbox", _AGAIN),
    Reason.QUARANTINED: WayBackCause("Taken out because processes died over it", _AGAIN),
    Reason.EXHAUSTED: WayBackCause("Tried too often", _AGAIN),
    Reason.IN_DOUBT: WayBackCause(
        "Not known whether it arrived, and nobody can be asked",
        "Look in the inventory system: have it written again where it is missing, skip it where it is there",
    ),
    "ready": WayBackCause("Not written yet", "Nothing: the next run writes it"),
    "unknown": WayBackCause("Not known whether it arrived", "Nothing: the next run looks for it"),
}  # fmt: skip
_OTHER = WayBackCause("Waits", "Do what its message says; or skip it")


def remedy(reason: str) -> WayBackCause:
    """The words of a reason; of a further one, what always holds."""
    return REMEDIES.get(reason, _OTHER)
