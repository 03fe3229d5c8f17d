"""The closed list of causes: each with its code, its name, what it means in plain words, the remedy and who does it.

What belongs here: the list and its texts. Which cause a difference has is decided in `document.py` (documents that
we posted or should have), `foreign.py` (entries that only QBO has) and `sides.py` (each side against itself).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

ACCOUNTANT = "accountant"
ENGINEER = "data engineer"
STOCK_KEEPER = "stock keeper"
NOBODY = "nobody"


class Cause(StrEnum):
    """Why ledger and stock differ; the order is that of every report."""

    NOT_EXTRACTED = "not_extracted"
    WAITING = "waiting"
    PARKED = "parked"
    SKIPPED = "skipped"
    CHANGED_IN_QBO = "changed_in_qbo"
    DELETED_IN_QBO = "deleted_in_qbo"
    QBO_ONLY = "qbo_only"
    DUPLICATE_IN_QBO = "duplicate_in_qbo"
    DOUBLED_COGS = "doubled_cogs"
    MOVED_ACCOUNT = "moved_account"
    CHANGED_IN_SOURCE = "changed_in_source"
    VANISHED_IN_SOURCE = "vanished_in_source"
    BACK_DATED = "back_dated"
    DATED_DIFFERENTLY = "dated_differently"
    COST_NOT_POSTED = "cost_not_posted"
    COSTED_OTHERWISE = "costed_otherwise"
    FX = "fx"
    ROUNDING = "rounding"
    OPENING_BALANCE = "opening_balance"
    RECEIVED_NOT_INVOICED = "received_not_invoiced"
    INVOICED_NOT_RECEIVED = "invoiced_not_received"
    SHIPPED_NOT_INVOICED = "shipped_not_invoiced"
    INVOICED_NOT_SHIPPED = "invoiced_not_shipped"
    SOURCE_CONTRADICTS_ITSELF = "source_contradicts_itself"
    UNEXPLAINED = "unexplained"  # not a cause: what is left when every cause is named


class CauseMeaning(NamedTuple):
    """A cause for people: label, the certification's column, what happened, what to do, who does it."""

    label: str
    group: str
    explanation: str
    remedy: str
    who: str


GROUPS = (
    "timing", "not_posted", "parked", "changed_in_qbo", "deleted_in_qbo", "qbo_only", "back_dated", "cost", "source",
    "opening", "rounding",
)  # fmt: skip

CAUSES: dict[Cause, CauseMeaning] = {
    Cause.NOT_EXTRACTED: CauseMeaning(
        "Not yet extracted", "not_posted",
        "The inventory system has it, the pipeline has not read it yet.",
        "Run the pipeline for this day.", ENGINEER,
    ),
    Cause.WAITING: CauseMeaning(
        "Waiting to be posted", "not_posted",
        "It is extracted and will be posted, but QuickBooks does not have it yet.",
        "Run the pipeline for this day; where QuickBooks did not answer, the next run asks it again.", ENGINEER,
    ),
    Cause.PARKED: CauseMeaning(
        "Parked or failed", "parked",
        "It could not be posted and waits for a decision.",
        "Remove the reason (mapping, data, closed period, missing cost), then retry it.", ACCOUNTANT,
    ),
    Cause.SKIPPED: CauseMeaning(
        "Skipped or excluded", "not_posted",
        "Somebody, or a rule of the settings, decided not to post it.",
        "Post it after all, or adjust the ledger by a journal.", ACCOUNTANT,
    ),
    Cause.CHANGED_IN_QBO: CauseMeaning(
        "Changed in QuickBooks after posting", "changed_in_qbo",
        "Somebody changed in QuickBooks what the pipeline had posted.",
        "Post it again as the inventory system has it, or correct the inventory system.", ACCOUNTANT,
    ),
    Cause.DELETED_IN_QBO: CauseMeaning(
        "Deleted or voided in QuickBooks", "deleted_in_qbo",
        "The pipeline posted it, and QuickBooks no longer has it.",
        "Post it again, or void it in the inventory system.", ACCOUNTANT,
    ),
    Cause.QBO_ONLY: CauseMeaning(
        "Entry made in QuickBooks by others", "qbo_only",
        "An entry on the inventory account that the pipeline did not make and the inventory system does not know.",
        "Move it to the account where it belongs, or enter it in the inventory system and delete it here.", ACCOUNTANT,
    ),
    Cause.DUPLICATE_IN_QBO: CauseMeaning(
        "Duplicate in QuickBooks", "qbo_only",
        "A second entry with the number, the content or the mark (in the private note) of one that we posted.",
        "Delete the copy; where the pipeline's own entry is gone, link its posting to the copy.", ACCOUNTANT,
    ),
    Cause.DOUBLED_COGS: CauseMeaning(
        "Cost of sales posted twice", "qbo_only",
        "QuickBooks computed the cost of a tracked item by itself, beside the inventory system's journal.",
        "Change the item to non-inventory, and reverse what QuickBooks posted by a journal.", ACCOUNTANT,
    ),
    Cause.MOVED_ACCOUNT: CauseMeaning(
        "Moved to another inventory or asset account", "qbo_only",
        "The value stands on another inventory or asset account than the inventory system's mapping says.",
        "Move it back by a journal, or correct the account mapping.", ACCOUNTANT,
    ),
    Cause.CHANGED_IN_SOURCE: CauseMeaning(
        "Changed in the inventory system after posting", "source",
        "The inventory system changed it after it was posted.",
        "Run the pipeline for its day: the change is posted, or waits for approval in a closed period.", ENGINEER,
    ),
    Cause.VANISHED_IN_SOURCE: CauseMeaning(
        "Vanished or voided in the inventory system", "source",
        "It was posted, and the inventory system no longer has it.",
        "Reverse it in QuickBooks if the removal was meant; else restore it in the inventory system.", ACCOUNTANT,
    ),
    Cause.BACK_DATED: CauseMeaning(
        "Back-dated into a signed-off period", "back_dated",
        "It arrived after its period had been signed off.",
        "Approve posting it into its period (and sign off again), or into the first open one.", ACCOUNTANT,
    ),
    Cause.DATED_DIFFERENTLY: CauseMeaning(
        "Dated differently on the two sides", "timing",
        "Both sides have it, on different dates.",
        "None where the later date is meant; else post it again with the inventory system's date.", NOBODY,
    ),
    Cause.COST_NOT_POSTED: CauseMeaning(
        "Cost, landed cost or revaluation not posted", "cost",
        "The inventory system values stock otherwise than what was posted, and the settings do not post that kind of "
        "difference.",
        "Switch the posting of this kind on, or adjust the ledger by a journal.", ACCOUNTANT,
    ),
    Cause.COSTED_OTHERWISE: CauseMeaning(
        "Costed otherwise by QuickBooks", "cost",
        "The goods are the same; QuickBooks costs tracked items first in, first out, the inventory system by its own "
        "method.",
        "None: it is the difference of method. Where it grows, look at what the goods cost on their bills.", NOBODY,
    ),
    Cause.FX: CauseMeaning(
        "Exchange rate", "cost",
        "QuickBooks converted the foreign amount at another rate.",
        "Correct the rate in QuickBooks, or adjust by a journal.", ACCOUNTANT,
    ),
    Cause.ROUNDING: CauseMeaning(
        "Rounding", "rounding",
        "Parts of a cent that the inventory system keeps and a ledger cannot.",
        "None; a journal to the rounding account where it grows.", NOBODY,
    ),
    Cause.OPENING_BALANCE: CauseMeaning(
        "Opening balance never aligned", "opening",
        "From before the pipeline's first day, the two sides did not start from the same value.",
        "Adjust the opening balance once by a journal against opening balance equity.", ACCOUNTANT,
    ),
    Cause.RECEIVED_NOT_INVOICED: CauseMeaning(
        "Received, not invoiced", "timing",
        "The goods are in stock, and the bill that posts them is dated later or not there yet.",
        "None; it ends when the supplier's bill is posted.", NOBODY,
    ),
    Cause.INVOICED_NOT_RECEIVED: CauseMeaning(
        "Invoiced, not received", "timing",
        "The bill is posted, and the goods are not in stock yet.",
        "None; it ends when the goods are received.", NOBODY,
    ),
    Cause.SHIPPED_NOT_INVOICED: CauseMeaning(
        "Shipped, not invoiced", "timing",
        "The goods have left or come back, and the invoice or credit that moves them in QuickBooks is dated later or "
        "not there yet.",
        "None; it ends when the invoice or credit is posted.", NOBODY,
    ),
    Cause.INVOICED_NOT_SHIPPED: CauseMeaning(
        "Invoiced, not shipped", "timing",
        "The invoice or credit has moved the goods in QuickBooks, and the inventory system has not yet.",
        "None; it ends when the goods are shipped or come back.", NOBODY,
    ),
    Cause.SOURCE_CONTRADICTS_ITSELF: CauseMeaning(
        "The inventory system contradicts itself", "source",
        "Its movements do not add up to its own stock value.",
        "Have the inventory system recalculate or correct this product.", STOCK_KEEPER,
    ),
    Cause.UNEXPLAINED: CauseMeaning(
        "Unexplained", "unexplained",
        "No cause of the list fits.",
        "Look at both sides by hand, and report it to the data engineers.", ACCOUNTANT,
    ),
}  # fmt: skip

ORDER = {cause: number for number, cause in enumerate(Cause)}
