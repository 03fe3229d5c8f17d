"""What is left to explain of one document, and the entries that explain it.

What belongs here: the gap between posted and source, what narrows it, and the making of an entry with its trace. Which
causes are tried, and in which order, is in `source_side.py`.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation.amounts import MICROS_IN_CENT
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.document import Context, Examined, Gap, Pending, take
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, Entry, Row, posting_trace


class GapFinder:
    """Collects the entries of one document; `gap` is what is still to explain."""

    def __init__(self, document: Examined, context: Context) -> None:
        self.document, self.context = document, context
        self.entries: list[Entry] = []
        self.changes: list[ChangedAfterPosting] = []
        self.posted: Gap = {}
        for sent in document.sent:
            for cell, cents in sent.cells().items():
                take(self.posted, cell, -cents)
        self.gap = dict(self.posted)
        for cell, cents in document.source.items():
            take(self.gap, cell, cents)
        self.latest: dict[str, Pending] = {}
        for pending in document.pending:
            key = pending.posting["posting_key"]
            if key not in self.latest or self.latest[key].posting["revision"] < pending.posting["revision"]:
                self.latest[key] = pending
        self.sent_keys = {sent.posting["posting_key"] for sent in document.sent}
        self.seen = max((part.first_seen for part in document.parts if part.first_seen), default=None)

    def _changed(self) -> bool | None:
        """Whether the source changed after the posting was built; None where nobody knows."""
        if any(key in self.sent_keys for key in self.latest) or any(part.unread for part in self.document.parts):
            return True
        built = [sent.posting["first_seen"] for sent in self.document.sent if sent.posting["first_seen"]]
        changed = [part.changed_seen for part in self.document.parts if part.changed_seen]
        return max(changed) > min(built) if built and changed else None

    def _narrows(self, change: Gap) -> bool:
        """Whether these entries bring the gap nearer to nothing."""
        after = dict(self.gap)
        for cell, cents in change.items():
            take(after, cell, cents)
        return gap_size(after) < gap_size(self.gap)

    def add(
        self, account: int, day: int, cause: Cause, detail: str, cents: int, note: str | None,
        posting: Row | None = None, record_key: str | None = None,
    ) -> None:  # fmt: skip
        """An entry of this cause, taken out of the gap; none for 0 cents."""
        if not cents:
            return
        take(self.gap, (account, day), cents)
        part = next((part for part in self.document.parts if part.record_key == record_key), None)
        part = part or (self.document.parts[0] if self.document.parts else None)
        trace = self._trace(posting)
        if record_key or trace["record_key"] is None:
            trace["record_key"] = record_key or (part.record_key if part else self.document.key)
        if part and (trace["state"] is None or record_key):
            trace["state"], trace["reason"] = trace["state"] or part.disposition, trace["reason"] or part.reason
        self.entries.append(
            Entry(
                "document", self.document.key, account, day, cause, detail, cents, note, kind=part and part.kind,
                source_number=part and part.number, **trace,
            )
        )  # fmt: skip

    def _trace(self, posting: Row | None) -> Row:
        if posting is None and self.document.sent:
            posting = self.document.sent[0].posting
        if posting is None:
            names = ("record_key", "posting_key", "revision", "qbo_type", "qbo_id", "qbo_number", "state", "reason")
            return dict.fromkeys(names)
        trace = posting_trace(posting)
        for sent in self.document.sent:  # a newer revision has the Id of the one before
            if trace["qbo_id"] is None and sent.posting["posting_key"] == trace["posting_key"]:
                trace["qbo_id"], trace["qbo_number"] = sent.posting["qbo_id"], sent.posting["qbo_number"]
        return trace

    def _change(self, field: str, sent: str, now: str, entries: list[Entry], posting: Row | None = None) -> None:
        trace = self._trace(posting)
        seen = max((part.changed_seen for part in self.document.parts if part.changed_seen), default=None)
        effect = sum(entry.cents for entry in entries if entry.day <= self.context.as_at)
        self.changes.append(
            ChangedAfterPosting(
                "source", self.document.key, trace["posting_key"], trace["qbo_type"], trace["qbo_id"],
                trace["qbo_number"], field, sent, now, seen, None, effect,
            )
        )  # fmt: skip


def part_cents(micros: int) -> int:
    """A record's millionths in cents, half away from zero."""
    return (abs(micros) + MICROS_IN_CENT // 2) // MICROS_IN_CENT * (1 if micros >= 0 else -1)


def gap_size(gap: Gap) -> int:
    """Cents that are left to explain, without their signs."""
    return sum(abs(cents) for cents in gap.values())


def gap_net(gap: Gap) -> int:
    """Cents that are left to explain, against one another."""
    return sum(gap.values())
