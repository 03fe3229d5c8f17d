"""The words of the page: states, causes and events as a bookkeeper says them.

What belongs here: tables of words. A code that is not in them is shown as plain words made of it, never left out.
"""

from __future__ import annotations

from typing import NamedTuple

from qbo_pipeline.reports.words import STATE_WORDS
from qbo_pipeline.reports.words import plain as _plain

TONES = {
    "posted": "good", "excluded": "quiet", "skipped": "quiet", "ready": "quiet", "sending": "quiet", "new": "quiet",
    "posting": "quiet", "superseded": "quiet", "vanished": "quiet", "drifted": "bad", "deleted_in_qbo": "bad",
    "taken": "good", "refused": "bad",
}  # fmt: skip
"""How a state is coloured; `attention` where none is named."""


class CauseInWords(NamedTuple):
    """Why postings wait: a heading, and what to do about it."""

    title: str
    remedy: str


_RESTORED = "Accept the version of QuickBooks where it is right, or post ours again"
CAUSES: dict[tuple[str, str], CauseInWords] = {
    ("parked", "awaiting_approval"): CauseInWords(
        "Waiting for approval", "Look at what would be posted, then approve it or skip it"
    ),
    ("parked", "closed_period"): CauseInWords(
        "Dated in a closed period", "Approve it to post it all the same, as [posting] closed_period says, or skip it"
    ),
    ("parked", "history"): CauseInWords(
        "From before the day on which posting begins",
        "Approve what belongs into QuickBooks, skip what is there already",
    ),
    ("parked", "gone_from_source"): CauseInWords(
        "No longer in the inventory system", "Approve to take it out of QuickBooks, or skip to leave it there"
    ),
    ("parked", "changed_in_qbo"): CauseInWords(
        "Changed on both sides",
        "Approve to write the inventory system's version over QuickBooks', or skip to leave it as it is there",
    ),
    ("parked", "deleted_in_qbo"): CauseInWords(
        "Deleted in QuickBooks, then changed in the inventory system", "Approve to post it again, or skip it"
    ),
    ("parked", "skipped_before"): CauseInWords(
        "Skipped before, and changed since", "Approve to post it now, or skip it once more"
    ),
    ("parked", "reversed"): CauseInWords("Reversed before, and changed since", "Approve to post it again, or skip it"),
    ("parked", "entity_changed"): CauseInWords(
        "Became another kind of document",
        "Void the object in QuickBooks, unlink it here, then retry; or skip it",
    ),
    ("parked", "replaced"): CauseInWords("Its tracked item was replaced", "None: the next run makes the new item"),
    ("parked", "unlinked"): CauseInWords("Unlinked by a person", "Retry to post it again, or skip it"),
    ("parked", "refused"): CauseInWords(
        "Refused by QuickBooks", "Remove what QuickBooks' message says, then retry; or skip it"
    ),
    ("parked", "duplicate_number"): CauseInWords(
        "Another document in QuickBooks has the number",
        "Where both are right, approve it: the number is taken twice. Where it is the same document, skip it",
    ),
    ("parked", "duplicate_name"): CauseInWords(
        "The name is taken in QuickBooks", "Rename one of the two, then retry; each run tries again by itself"
    ),
    ("parked", "conflict"): CauseInWords(
        "The supplier's number a second time", "Approve where both documents are right, skip the one that is not"
    ),
    ("parked", "cost_pending"): CauseInWords(
        "Goods without a cost, or at one below 0",
        "Give the goods their cost in the inventory system; approve where it is right as it is, or skip",
    ),
    ("parked", "missing"): CauseInWords("Its object is not in QuickBooks", "Retry once it is there again, or skip it"),
    ("parked", "rule_failed"): CauseInWords(
        "A posting rule failed on it", "Tell the engineers, with the message; the next run tries again"
    ),
    ("parked", "quarantined"): CauseInWords(
        "Taken out because it stopped the run", "Tell the engineers; retry once the reason is removed"
    ),
    ("parked", "attempts_exhausted"): CauseInWords("Tried too often", "Look at its history, then retry it or skip it"),
    ("parked", "found_twice"): CauseInWords(
        "Twice in QuickBooks", "Delete the one too many in QuickBooks, then retry"
    ),
    ("parked", "frozen_bytes_lost"): CauseInWords(
        "Its request is lost", "Look whether it is in QuickBooks; retry: it is looked for there first"
    ),
    ("parked", "object_of_another"): CauseInWords(
        "Its object in QuickBooks is another document's", "Unlink the other one, or skip this one"
    ),
    ("parked", "in_doubt"): CauseInWords(
        "Not known whether it arrived, and nobody can be asked",
        "Look in the other system whether it is there; retry it where it is not, skip it where it is",
    ),
    ("parked", "may_be_from_quickbooks"): CauseInWords(
        "It may be a payment that came from QuickBooks",
        "Have the inventory system say as what it took its inbox's entry; where it is another one, skip that entry",
    ),
    ("parked", "perhaps_one"): CauseInWords(
        "Perhaps entered in QuickBooks too",
        "Where the two are one, relink it, or void the one in QuickBooks; where not, decide on the way back's page",
    ),
    ("parked", "changed_in_source"): CauseInWords(
        "A payment from QuickBooks, changed in the inventory system",
        "Take the newest entry there, or change QuickBooks",
    ),
    ("parked", "inbox_not_asked"): CauseInWords(
        "The inventory system's inbox did not answer", "Nothing: it goes once the inbox answers"
    ),
    ("parked", "duplicate_request"): CauseInWords("Sent twice under one request", "Retry it, or skip it"),
    ("unknown", ""): CauseInWords("Not known whether it arrived", "Nothing: the next run looks for it in QuickBooks"),
    ("drifted", "edited"): CauseInWords("Changed in QuickBooks", _RESTORED),
    ("drifted", "voided"): CauseInWords("Voided in QuickBooks", _RESTORED),
    ("deleted_in_qbo", ""): CauseInWords(
        "Deleted in QuickBooks", "Post it again, or void it in the inventory system"
    ),
    ("copied", ""): CauseInWords(
        "Copied in QuickBooks: stands twice",
        "Delete the copy in QuickBooks; where the pipeline's own is gone, relink the copy from the document's page",
    ),
    ("set_aside", ""): CauseInWords(
        "Set aside: its data breaks a rule", "Correct it in the inventory system; the next run reads it again"
    ),
}  # fmt: skip
DECISIONS = {
    "retry": "Retry",
    "skip": "Skip",
    "approve": "Approve",
    "unlink": "Unlink",
    "relink": "Accept QuickBooks' version",
    "reverse": "Reverse",
    "post_again": "Post again",
    "correct": "Correct the difference",
    "write_again": "Write again",
    "leave": "Skip",
    "decide": "Decide",
}
WOULD = {
    "retry": "would be sent again by the next run",
    "skip": "would be left out for good, and counts as skipped",
    "approve": "would be sent by the next run",
    "unlink": "would be nobody's object any more in QuickBooks, and wait here for what is decided next",
    "relink": "would be taken as it is in QuickBooks now; what a person changed there is accepted",
    "reverse": "would be taken out of QuickBooks by the next run: voided, or deleted where there is no void",
    "post_again": "would stand in QuickBooks again as the inventory system has it, and is sent at once",
    "correct": "would be done at once; an adjusting journal is only proposed, and waits for its approval",
    "write_again": "would be written to the inventory system by the next run",
    "leave": "would wait no longer to be written or taken; what lies in the inventory system's inbox stays there",
    "decide": "would be carried to the other side by the next run",
}
EVENTS = {
    "intended": "to be posted",
    "claimed": "taken up to be sent",
    "posted": "posted in QuickBooks",
    "recovered": "found in QuickBooks: it had arrived",
    "linked_by_name": "linked to the entry of this name in QuickBooks",
    "parked": "put aside for a person",
    "waits": "waits for another document that must be in QuickBooks first",
    "refused": "refused by QuickBooks",
    "not_sent": "could not be sent; it is tried again",
    "unknown": "sent without an answer; it is looked for in QuickBooks",
    "missed": "looked for in QuickBooks and not found",
    "looks": "looked for in QuickBooks",
    "looks_first": "looked for in QuickBooks before it is sent",
    "look_failed": "could not be looked for in QuickBooks",
    "given_up": "given back unsent",
    "barred": "QuickBooks lets nobody in at present",
    "rebased": "built anew on QuickBooks' present version",
    "fenced": "an answer came too late to count",
    "released": "free to be sent",
    "retry": "ordered to be sent again",
    "skip": "left out",
    "approve": "approved",
    "reverse": "ordered to be taken out of the books",
    "unlink": "unlinked from its object in QuickBooks",
    "relink": "linked to an object as it is in QuickBooks",
    "restate": "posted anew under the settings of today",
    "proposed": "proposed as an adjusting journal",
    "changed_in_qbo": "found changed in QuickBooks",
    "edited_in_qbo": "found changed in QuickBooks",
    "voided_in_qbo": "found voided in QuickBooks",
    "deleted_in_qbo": "found deleted in QuickBooks",
    "planned": "to be written to the inventory system",
    "answered": "answered by the inventory system",
    "linked": "linked to its object in QuickBooks",
    "decide": "decided where both sides had changed it",
}


def plain(code: str | None) -> str:
    """A code as words."""
    return _plain(code) or ""


def state(code: str) -> str:
    """A state as words."""
    return STATE_WORDS.get(code) or plain(code)


def tone(code: str) -> str:
    """The colour of a state."""
    return TONES.get(code, "attention")


def event(code: str) -> str:
    """What happened, as words."""
    return EVENTS.get(code) or plain(code).lower()


def cause(state_code: str, reason: str | None) -> CauseInWords:
    """Why something waits, and what to do; a reason of accounting's own is corrected where its message says."""
    found = CAUSES.get((state_code, reason or "")) or CAUSES.get((state_code, ""))
    return found or CauseInWords(
        plain(reason or state_code), "Correct what its message says, then run again; or skip it"
    )
