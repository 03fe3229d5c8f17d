"""Which documents go to QBO at all: switched off by kind, party group, channel and status, and approved ones only.

What belongs here: that one question. A document that stays out has no object that a payment or a bill could name.
"""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books, ExportOff
from qbo_pipeline.accounting.documents import ENTITIES, LABELS
from qbo_pipeline.accounting.drafts import Excluded
from qbo_pipeline.inventory.records import Document

NOT_EXPORTED, NOT_APPROVED = "not_exported", "not_approved"


def kept_out(document: Document, books: Books) -> Excluded | None:
    """Why a document does not go to QBO by the settings of its date, or `None` where it goes."""
    policies = books.on(document.business_date).policies
    label = f"{LABELS[document.kind]} {document.number}"
    if policies.approved_statuses and _folded(document.source_status) not in map(_folded, policies.approved_statuses):
        return Excluded(
            rule=NOT_APPROVED,
            message=f"{label} has the status '{document.source_status or ''}' in the inventory system: it goes once it "
            f"has one of [posting] approved_statuses ({', '.join(policies.approved_statuses)})",
        )
    for block in policies.not_exported:
        if (named := _fits(ExportOff(*block), document, books)) is not None:
            return Excluded(rule=NOT_EXPORTED, message=f"{label} stays out of QuickBooks by [[not_exported]]: {named}")
    return None


def _fits(block: ExportOff, document: Document, books: Books) -> str | None:
    """In words what fits, where all that a block names does."""
    party = books.party(ENTITIES[document.kind][2], document.party_id)
    said = (
        ("kind", block.kinds, document.kind),
        ("party group", block.party_groups, party.party_group if party is not None else None),
        ("channel", block.channels, document.channel),
        ("status", block.statuses, document.source_status),
    )
    named = [(name, value) for name, wanted, value in said if wanted and _folded(value) in map(_folded, wanted)]
    if len(named) < sum(1 for _, wanted, _ in said if wanted):
        return None
    return ", ".join(f"{name} '{value}'" for name, value in named)


def _folded(text: str | None) -> str:
    return (text or "").strip().casefold()
