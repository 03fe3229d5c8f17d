"""What happened before QBO to a document: changed, vanished, waiting, parked, dated otherwise, rounded.

What belongs here: the gap between what the postings in QBO were to do and what the source says now, taken apart
from the surest evidence to the weakest: the record is gone; a newer revision waits; a posting or a record waits;
another date; another account; another amount.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation import costing
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.document import SMALL_CENTS, Context, Examined, RecordPart, Sent, take
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, Entry, amount_text, day_text
from qbo_pipeline.reconciliation.gap_finder import GapFinder, gap_net, gap_size, part_cents
from qbo_pipeline.reconciliation.unsent import SET_ASIDE, cause_of


def explain(document: Examined, context: Context) -> tuple[list[Entry], list[ChangedAfterPosting]]:
    """The causes of posted − source for one document; their amounts sum to it in every account and day."""
    finder = _SourceFinder(document, context)
    if not finder.gap:
        finder.traded_shares()
    else:
        if not document.parts or finder.withdrawn():
            finder.not_in_source()
        finder.reversed_by_person()
        finder.newer_revisions()
        finder.waiting_postings()
        finder.waiting_records()
        costing.costed(finder)
        finder.other_shares()
        finder.other_dates()
        finder.other_accounts()
        finder.other_amounts()
    return finder.entries, finder.changes


def _is_billed(part: RecordPart) -> bool:
    """Whether it is the receipt of a bill: it posts nothing by itself, the bill brings the goods in."""
    return part.disposition == "excluded" and part.posted_by not in (None, part.record_key)


class _SourceFinder(GapFinder):
    """The steps, in order; `gap` is what is still to explain."""

    def withdrawn(self) -> bool:
        """The source has taken back every record that was posted; a voided one stays there and moves nothing."""
        states = {sent.posting["record_state"] for sent in self.document.sent}
        return bool(states) and states <= {"voided", "vanished"}

    def not_in_source(self) -> None:
        """Posted, and the source has no stock movement for it."""
        for sent in self.document.sent:
            state = sent.posting["record_state"]
            bill = sent.posting["record_key"].startswith("document/")
            unreadable = state == "set_aside"
            if unreadable:
                cause, detail = Cause.PARKED, SET_ASIDE
            elif state == "live" or (state is None and bill):
                cause, detail = costing.ahead_of_source(sent)
            else:
                cause, detail = Cause.VANISHED_IN_SOURCE, state or "vanished"
            before = len(self.entries)
            for (account, day), cents in sorted(sent.cells().items()):
                sentence = f"Posted with {amount_text(cents)}{' before' * unreadable}."
                self.add(account, day, cause, detail, cents, sentence, sent.posting)
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
                    self.add(account, day, Cause.SKIPPED, "reversed by a person", cents, None, sent.posting)

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
            recoded = not gap_net(change) and not redated
            field = "date" if redated else "account" if recoded else "amount"
            if redated and gap_net(change):
                field = "date and amount"
            sentence = (
                f"Revision {pending.posting['revision']} is {state}; QuickBooks has revision "
                f"{sent.posting['revision']}: {amount_text(sum(sent.effects.values()))} on {day_text(sent.day)}, now "
                f"{amount_text(sum(pending.effects.values()))} on {day_text(pending.day)}."
            )
            before = len(self.entries)
            for (account, day), cents in sorted(change.items()):
                self.add(account, day, cause, field, cents, sentence, pending.posting)
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
                self.add(account, day, cause, detail, cents, None, pending.posting)

    def waiting_records(self) -> None:
        """Records that another record's posting should carry and does not, or that have no posting in QBO at all."""
        for part in sorted(self.document.parts, key=lambda part: (part.day, part.record_key, part.account)):
            own = part.posted_by is None or part.posted_by == part.record_key
            settled = part.disposition == "posted" and (self.document.sent or not own)
            settled = settled or (_is_billed(part) and bool(self.document.sent))
            if settled or not self.gap or (own and self.document.sent):
                continue
            cents = part_cents(part.micros)
            if not self._narrows({(part.account, part.day): -cents}):
                continue
            pending = next(iter(self.latest.values()), None)
            state = pending.posting["state"] if pending else None
            late = self.context.late_for(part.day, part.first_seen) is not None
            awaits = part.awaits_document
            cause, detail = cause_of(state, part.disposition, part.kind, late=late, awaits_document=awaits)
            posting = pending.posting if pending else None
            self.add(part.account, part.day, cause, detail, -cents, None, posting, part.record_key)

    def other_shares(self) -> None:
        """Of a summary, the records whose share is not what they say now: changed, gone, or not in it yet."""
        for sent in self.document.sent:
            for place, (was, now) in self._shares(sent).items():
                if self._narrows({(place[1], sent.day): was - now}):
                    self._add_share(sent, *place, was, now)

    def traded_shares(self) -> None:
        """The same, where the shares that differ add up to nothing: one is gone, and another of its amount has come."""
        for sent in self.document.sent:
            for place, (was, now) in self._shares(sent).items():
                if was != now:
                    self._add_share(sent, *place, was, now)

    def _shares(self, sent: Sent) -> dict[tuple[str, int], tuple[int, int]]:
        """By record and account, the share that was posted and what the record says now; empty where it has none."""
        if not sent.shares:
            return {}
        said: dict[tuple[str, int], int] = {}
        for part in self.document.parts:
            place = (part.record_key, part.account)
            said[place] = said.get(place, 0) + part_cents(part.micros)
        places = sorted(said.keys() | sent.shares.keys())
        return {place: (sent.shares.get(place, 0), said.get(place, 0)) for place in places}

    def _add_share(self, sent: Sent, record_key: str, account: int, was: int, now: int) -> None:
        gone = all((part.record_key, part.account) != (record_key, account) for part in self.document.parts)
        cause = Cause.VANISHED_IN_SOURCE if gone else Cause.CHANGED_IN_SOURCE
        sentence = f"Posted within the day's summary with {amount_text(was)}, the inventory system has "
        sentence += "it no longer there." if gone else f"{amount_text(now)}."
        detail = "vanished" if gone else "amount"
        self.add(account, sent.day, cause, detail, was - now, sentence, sent.posting, record_key)

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
                self.add(account, day, cause, detail, cents, sentence)
            if cause is Cause.CHANGED_IN_SOURCE:
                self._change("date", was, now, self.entries[before:])

    def other_accounts(self) -> None:
        """The amounts agree, the inventory accounts do not: the mapping changed after posting."""
        days = {day for _, day in self.gap}
        if len(self.gap) < 2 or len(days) != 1 or gap_net(self.gap):
            return
        whole = all(not self.posted.get(cell) or not self.document.source.get(cell) for cell in self.gap)
        if self._changed() and not whole:
            return  # two costs that changed by the same amount look like this as well
        for (account, day), cents in sorted(self.gap.items()):
            name = self.context.account_names[account]
            verb = "has" if cents > 0 else "lacks"
            sentence = f"{name} {verb} {amount_text(abs(cents))} by the mapping of today."
            self.add(account, day, Cause.MOVED_ACCOUNT, "account mapping", cents, sentence)

    def other_amounts(self) -> None:
        """What is left is an amount."""
        changed = self._changed()
        small = max(SMALL_CENTS, len(self.document.parts))
        currency = {sent.posting["currency"] for sent in self.document.sent} - {None, self.context.currency}
        if changed is not True and gap_size(self.gap) <= small and self.document.sent:
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
            self.add(account, day, cause, detail, cents, sentence)
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
