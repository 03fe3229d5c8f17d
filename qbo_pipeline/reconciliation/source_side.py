"""What happened before QBO to a document: changed, vanished, waiting, parked, dated otherwise, rounded.

What belongs here: the gap between what the postings in QBO were to do and what the source says now, taken apart
from the surest evidence to the weakest: the record is gone; a newer revision waits; a posting or a record waits;
another date; another account; another amount.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation.amounts import MICROS_IN_CENT
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.document import SMALL_CENTS, Context, Examined, Gap, Pending, RecordPart, take
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, Entry, Row, amount_text, day_text, posting_trace
from qbo_pipeline.reconciliation.unsent import cause_of


def explain(document: Examined, context: Context) -> tuple[list[Entry], list[ChangedAfterPosting]]:
    """The causes of posted − source for one document; their amounts sum to it in every account and day."""
    finder = _Finder(document, context)
    if finder.gap:
        if not document.parts or finder.withdrawn():
            finder.not_in_source()
        finder.reversed_by_person()
        finder.newer_revisions()
        finder.waiting_postings()
        finder.waiting_records()
        finder.other_shares()
        finder.other_dates()
        finder.other_accounts()
        finder.other_amounts()
    return finder.entries, finder.changes


def _is_billed(part: RecordPart) -> bool:
    """Whether it is the receipt of a bill: it posts nothing by itself, the bill brings the goods in."""
    return part.disposition == "excluded" and part.posted_by not in (None, part.record_key)


class _Finder:
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

    def withdrawn(self) -> bool:
        """The source has taken back every record that was posted; a voided one stays there and moves nothing."""
        states = {sent.posting["record_state"] for sent in self.document.sent}
        return bool(states) and states <= {"voided", "vanished"}

    def not_in_source(self) -> None:
        """Posted, and the source has no stock movement for it."""
        for sent in self.document.sent:
            state = sent.posting["record_state"]
            bill = sent.posting["record_key"].startswith("document/")
            if state == "live" or (state is None and bill):
                cause, detail = Cause.INVOICED_NOT_RECEIVED, "not received yet"
            else:
                cause, detail = Cause.VANISHED_IN_SOURCE, state or "vanished"
            before = len(self.entries)
            for (account, day), cents in sorted(sent.cells().items()):
                sentence = f"Posted with {amount_text(cents)}."
                self._add(account, day, cause, detail, cents, sentence, sent.posting)
            if cause is Cause.VANISHED_IN_SOURCE and sent.cells():
                total = sum(sent.effects.values())
                self._change("all", amount_text(total), detail, self.entries[before:], sent.posting)

    def reversed_by_person(self) -> None:
        """The source has it, and a person took it out of the books: voided, or by an entry on another day."""
        for sent in self.document.sent:
            if sent.posting["by_person"] != "reversed" or not self.gap:
                continue
            change = sent.cells() or {cell: -cents for cell, cents in self.document.source.items() if cell in self.gap}
            if self._narrows(change):
                for (account, day), cents in sorted(change.items()):
                    self._add(account, day, Cause.SKIPPED, "reversed by a person", cents, None, sent.posting)

    def newer_revisions(self) -> None:
        """The source's new content is known, and QBO still has the old one."""
        for sent in self.document.sent:
            pending = self.latest.get(sent.posting["posting_key"])
            if pending is None or not self.gap or not pending.effects:
                continue
            change = sent.cells()
            for cell, cents in pending.cells().items():
                take(change, cell, cents)
            if not self._narrows(change):
                continue
            state = pending.posting["state"]
            cause = Cause.SKIPPED if state == "skipped" else Cause.CHANGED_IN_SOURCE
            redated = sent.day != pending.day
            recoded = not _net(change) and not redated
            field = "date" if redated else "account" if recoded else "amount"
            if redated and _net(change):
                field = "date and amount"
            sentence = (
                f"Revision {pending.posting['revision']} is {state}; QuickBooks has revision "
                f"{sent.posting['revision']}: {amount_text(sum(sent.effects.values()))} on {day_text(sent.day)}, now "
                f"{amount_text(sum(pending.effects.values()))} on {day_text(pending.day)}."
            )
            before = len(self.entries)
            for (account, day), cents in sorted(change.items()):
                self._add(account, day, cause, field, cents, sentence, pending.posting)
            was = (day_text(sent.day) + " ") * redated + amount_text(sum(sent.effects.values()))
            now = (day_text(pending.day) + " ") * redated + amount_text(sum(pending.effects.values()))
            self._change(field, was, now, self.entries[before:], pending.posting)

    def waiting_postings(self) -> None:
        """Postings of which QBO has no revision, as far as it is known what they will do."""
        for key, pending in sorted(self.latest.items()):
            change = {cell: -cents for cell, cents in pending.cells().items()}
            if key in self.sent_keys or not self.gap or not self._narrows(change):
                continue
            for (account, day), cents in sorted(change.items()):
                late = self.context.late_for(day, self.seen) is not None
                cause, detail = cause_of(pending.posting["state"], "waiting", self.document.kind or "", late=late)
                self._add(account, day, cause, detail, cents, None, pending.posting)

    def waiting_records(self) -> None:
        """Records that another record's posting should carry and does not, or that have no posting in QBO at all."""
        for part in sorted(self.document.parts, key=lambda part: (part.day, part.record_key, part.account)):
            own = part.posted_by is None or part.posted_by == part.record_key
            settled = part.disposition == "posted" and (self.document.sent or not own)
            settled = settled or (_is_billed(part) and bool(self.document.sent))
            if settled or not self.gap or (own and self.document.sent):
                continue
            cents = _to_cents(part.micros)
            if not self._narrows({(part.account, part.day): -cents}):
                continue
            pending = next(iter(self.latest.values()), None)
            state = pending.posting["state"] if pending else None
            late = self.context.late_for(part.day, part.first_seen) is not None
            cause, detail = cause_of(state, part.disposition, part.kind, late=late)
            posting = pending.posting if pending else None
            self._add(part.account, part.day, cause, detail, -cents, None, posting, part.record_key)

    def other_shares(self) -> None:
        """Of a summary, the records whose share is not what they say now: changed, gone, or not in it yet."""
        for sent in self.document.sent:
            said: dict[tuple[str, int], int] = {}
            for part in self.document.parts:
                place = (part.record_key, part.account)
                said[place] = said.get(place, 0) + _to_cents(part.micros)
            for record_key, account in sorted(said.keys() | sent.shares.keys()) if sent.shares else ():
                was, now = sent.shares.get((record_key, account), 0), said.get((record_key, account), 0)
                if not self._narrows({(account, sent.day): was - now}):
                    continue
                gone = (record_key, account) not in said
                cause = Cause.VANISHED_IN_SOURCE if gone else Cause.CHANGED_IN_SOURCE
                sentence = f"Posted within the day's summary with {amount_text(was)}, the inventory system has "
                sentence += "it no longer there." if gone else f"{amount_text(now)}."
                detail = "vanished" if gone else "amount"
                self._add(account, sent.day, cause, detail, was - now, sentence, sent.posting, record_key)

    def other_dates(self) -> None:
        """Posted on one day, in the source on another."""
        for account in sorted({account for account, _ in self.gap}):
            ours = {c: x for c, x in self.posted.items() if c[0] == account and self.gap.get(c) == x}
            theirs = {c: -x for c, x in self.document.source.items() if c[0] == account and self.gap.get(c) == -x}
            if not ours or not theirs:
                continue
            last = max(theirs)
            theirs[last] -= sum(ours.values()) + sum(theirs.values())
            cause, detail = self._why_other_date(min(theirs)[1], min(ours)[1])
            was, now = day_text(min(ours)[1]), day_text(min(theirs)[1])
            sentence = f"Posted with {was}, the inventory system has {now}."
            before = len(self.entries)
            for (_, day), cents in sorted((ours | theirs).items()):
                self._add(account, day, cause, detail, cents, sentence)
            if cause is Cause.CHANGED_IN_SOURCE:
                self._change("date", was, now, self.entries[before:])

    def other_accounts(self) -> None:
        """The amounts agree, the inventory accounts do not: the mapping changed after posting."""
        days = {day for _, day in self.gap}
        if len(self.gap) < 2 or len(days) != 1 or _net(self.gap):
            return
        whole = all(not self.posted.get(cell) or not self.document.source.get(cell) for cell in self.gap)
        if self._changed() and not whole:
            return  # two costs that changed by the same amount look like this as well
        for (account, day), cents in sorted(self.gap.items()):
            name = self.context.account_names[account]
            verb = "has" if cents > 0 else "lacks"
            sentence = f"{name} {verb} {amount_text(abs(cents))} by the mapping of today."
            self._add(account, day, Cause.MOVED_ACCOUNT, "account mapping", cents, sentence)

    def other_amounts(self) -> None:
        """What is left is an amount."""
        changed = self._changed()
        small = max(SMALL_CENTS, len(self.document.parts))
        currency = {sent.posting["currency"] for sent in self.document.sent} - {None, self.context.currency}
        if changed is not True and _size(self.gap) <= small and self.document.sent:
            cause, detail = Cause.ROUNDING, "document"
        elif currency and changed is not True:
            cause, detail = Cause.FX, ", ".join(sorted(currency))
        elif changed is not True and any(_is_billed(part) for part in self.document.parts):
            cause, detail = Cause.COST_NOT_POSTED, "billed otherwise than received"
        elif changed is False or not self.document.sent:
            cause, detail = Cause.UNEXPLAINED, "posted otherwise than the record says"
        else:
            cause, detail = Cause.CHANGED_IN_SOURCE, "amount"
        before = len(self.entries)
        was, now = sum(self.posted.values()), sum(self.document.source.values())
        for (account, day), cents in sorted(self.gap.items()):
            sentence = f"Posted with {amount_text(was)}, the inventory system has {amount_text(now)}."
            self._add(account, day, cause, detail, cents, sentence)
        if cause is Cause.CHANGED_IN_SOURCE and len(self.entries) > before:
            self._change("amount", amount_text(was), amount_text(now), self.entries[before:])

    def _why_other_date(self, source_day: int, posted_day: int) -> tuple[Cause, str]:
        if any(part.posted_by not in (None, part.record_key) for part in self.document.parts) and (
            self.document.key.startswith("document/")
        ):
            if source_day < posted_day:
                return Cause.RECEIVED_NOT_INVOICED, "invoiced later"
            return Cause.INVOICED_NOT_RECEIVED, "received later"
        if self.context.late_for(source_day, self.seen):
            return Cause.BACK_DATED, "posted into a later period"
        if self._changed():
            return Cause.CHANGED_IN_SOURCE, "date"
        return Cause.DATED_DIFFERENTLY, "date"

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
        return _size(after) < _size(self.gap)

    def _add(
        self, account: int, day: int, cause: Cause, detail: str, cents: int, note: str | None,
        posting: Row | None = None, record_key: str | None = None,
    ) -> None:  # fmt: skip
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


def _to_cents(micros: int) -> int:
    """Millionths in cents, half away from zero."""
    return (abs(micros) + MICROS_IN_CENT // 2) // MICROS_IN_CENT * (1 if micros >= 0 else -1)


def _size(gap: Gap) -> int:
    return sum(abs(cents) for cents in gap.values())


def _net(gap: Gap) -> int:
    return sum(gap.values())
