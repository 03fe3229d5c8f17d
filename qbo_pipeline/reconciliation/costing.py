"""Documents whose goods QBO costs by itself: the difference of method, and goods that one side moved before the other.

What belongs here: the step for what was posted in tracked mode. Its effects are what QBO booked; a quantity that
differs is told by `quantities.py`.
"""

from __future__ import annotations

from collections import Counter

from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.document import Sent
from qbo_pipeline.reconciliation.entries import amount_text
from qbo_pipeline.reconciliation.gap_finder import GapFinder

_SALES = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")
_PURCHASES = ("Bill", "VendorCredit")


def ahead_of_source(sent: Sent) -> tuple[Cause, str]:
    """Cause and detail of what a document moves and the source has not yet."""
    if sent.posting["costed"] and sent.posting["qbo_type"] in _SALES:
        return Cause.INVOICED_NOT_SHIPPED, "not shipped yet"
    return Cause.INVOICED_NOT_RECEIVED, "not received yet"


def costed(finder: GapFinder) -> None:
    """Take apart what a document's costed postings and its records differ by: goods that have not moved yet, the method
    of costing, other dates."""
    mine = [sent for sent in finder.document.sent if sent.posting["costed"]]
    if not mine or not finder.gap:
        return
    posted, ahead = Counter[int](), Counter[int]()
    for sent in mine:
        posted.update(sent.effects)
        ahead.update(sent.ahead)
        cause, detail = ahead_of_source(sent)
        for account, cents in sorted(sent.ahead.items()):
            finder.add(account, sent.day, cause, detail, cents, None, sent.posting)
    source = Counter[int]()
    for (account, _), cents in finder.document.source.items():
        source[account] += cents
    first = mine[0]
    for account in sorted(posted.keys() | source.keys()):
        moved = posted[account] - ahead[account]
        sentence = f"QuickBooks costs it {amount_text(moved)}, the inventory system {amount_text(source[account])}."
        cents = moved - source[account]
        finder.add(account, first.day, Cause.COSTED_OTHERWISE, "method", cents, sentence, first.posting)
    if finder.gap and not sum(finder.gap.values()):
        cause, detail = _other_date(first, min(day for _, day in finder.document.source))
        for (account, day), cents in sorted(finder.gap.items()):
            finder.add(account, day, cause, detail, cents, None, first.posting)


def _other_date(sent: Sent, moved: int) -> tuple[Cause, str]:
    """What it is called that goods and document are of different days; `moved` is the first day of the goods."""
    before = moved < sent.day
    if sent.posting["qbo_type"] in _PURCHASES:
        return (
            (Cause.RECEIVED_NOT_INVOICED, "invoiced later")
            if before
            else (Cause.INVOICED_NOT_RECEIVED, "received later")
        )
    if sent.posting["qbo_type"] in _SALES:
        return (
            (Cause.SHIPPED_NOT_INVOICED, "invoiced later") if before else (Cause.INVOICED_NOT_SHIPPED, "shipped later")
        )
    return Cause.DATED_DIFFERENTLY, "date"
