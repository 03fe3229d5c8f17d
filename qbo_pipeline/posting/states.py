"""The words of a posting: its states, what it asks of QBO, and the reasons that the protocol itself gives.

What belongs here: the values as they are stored and shown. Accounting's own reasons (an account that is not mapped, a
rule that failed) stand in the same column and are not listed here.
"""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """A word as it is stored; also where a value is shown as program text, it is its text."""

    __repr__ = str.__repr__


class State(Word):
    """Where a posting stands."""

    READY = "ready"
    SENDING = "sending"
    POSTED = "posted"
    UNKNOWN = "unknown"
    PARKED = "parked"
    DRIFTED = "drifted"
    DELETED = "deleted_in_qbo"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"


class Operation(Word):
    """What a posting asks of QBO."""

    CREATE = "create"
    UPDATE = "update"
    VOID = "void"
    DELETE = "delete"


class Origin(Word):
    """What a revision comes from."""

    DRAFT = "draft"  # a posting rule's
    REFUSAL = "refusal"  # a record that cannot become a draft yet
    WITHDRAWAL = "withdrawal"  # its record asks for nothing any more
    REVERSAL = "reversal"  # a person takes it out of the books
    ASIDE = "aside"  # a temporary name, while another entry takes the one that it had


class Reason(Word):
    """Why a posting is parked, drifted or superseded.

    The kinds of refusal are reasons too: `refusals.py` says which of them are read back first.
    """

    # policy keeps it back
    AWAITING_APPROVAL = "awaiting_approval"
    CLOSED_PERIOD = "closed_period"  # ours, or QBO's own refusal
    HISTORY = "history"
    GONE = "gone_from_source"
    PERHAPS_ONE = "perhaps_one"  # a person entered the like in QBO
    # what happened to it in QBO, or what a person decided before
    EDITED = "edited"
    VOIDED = "voided"
    DRIFTED_BEFORE = "changed_in_qbo"
    DELETED_BEFORE = "deleted_in_qbo"
    SKIPPED_BEFORE = "skipped_before"
    ENTITY_CHANGED = "entity_changed"
    UNLINKED = "unlinked"
    REPLACED = "replaced"  # its object was retired on order: a new one is made by its next revision
    REVERSED = "reversed"
    WITHDRAWN = "withdrawn"
    # QBO refused it
    INVALID = "refused"
    DUPLICATE_NUMBER = "duplicate_number"
    DUPLICATE_NAME = "duplicate_name"
    DUPLICATE_REQUEST = "duplicate_request"
    CONFLICT = "conflict"
    MISSING = "missing"
    UNSURE = "unsure"  # never a reason to park: QBO failed inside, or asks for patience
    # the protocol cannot go on
    QUARANTINED = "quarantined"
    EXHAUSTED = "attempts_exhausted"
    FOUND_TWICE = "found_twice"
    BYTES_LOST = "frozen_bytes_lost"
    OBJECT_OF_ANOTHER = "object_of_another"
    IN_DOUBT = "in_doubt"  # a target that cannot be asked
