"""What happened in QBO to a document that we posted: deleted, voided, re-dated, re-coded, another amount.

What belongs here: the gap between what one posting was to do and what its object does in the ledger, taken apart
in the order date, account, amount. A change of date is two entries: away from the day it was sent with, on to the
day it has now.
"""

from __future__ import annotations

from datetime import datetime

from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.coding import day_number
from qbo_pipeline.reconciliation.document import NOT_CHECKED, SMALL_CENTS, Context, Examined, Gap, Sent, take
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, Entry, amount_text, day_text, posting_trace

NOT_LOOKED_UP = "not checked, QuickBooks did not say whether it was deleted, voided or moved"
SALES_FORMS = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")


def explain(document: Examined, sent: Sent, context: Context) -> tuple[list[Entry], list[ChangedAfterPosting]]:
    """The causes of ledger − posted for one QBO object; their amounts sum to it in every account and day."""
    posted, ledger = sent.cells(), sent.ledger()
    if posted == ledger:
        return [], []
    finder = _Finder(document, sent, context)
    if not ledger:
        finder.gone()
    else:
        finder.differs(posted, ledger)
    return finder.entries, finder.changes


def _decided(document: Examined, sent: Sent) -> str:
    """What was decided about the object since, as sentences: a decision explains no less than there was before."""
    said = " Somebody accepted it as it stands in QuickBooks." if sent.posting["by_person"] == "accepted" else ""
    key, revision = sent.posting["posting_key"], sent.posting["revision"]
    for one in document.pending:
        posting = one.posting
        if posting["posting_key"] == key and posting["revision"] > revision:
            why = f" ({posting['reason']})" if posting["reason"] else ""
            said += f" Revision {posting['revision']} of it is {posting['state']}{why}."
    return said


def _is_sale(sent: Sent) -> bool:
    return posting_trace(sent.posting)["qbo_type"] in SALES_FORMS


class _Finder:
    """Collects the entries of one object."""

    def __init__(self, document: Examined, sent: Sent, context: Context) -> None:
        self.document, self.sent, self.context = document, sent, context
        self.entries: list[Entry] = []
        self.changes: list[ChangedAfterPosting] = []
        status = sent.status or {}
        stamps = [(line["changed_at"], line["changed_by"]) for line in sent.lines if line["changed_at"]]
        self.changed_at: datetime | None = status.get("changed_at") or max((at for at, _ in stamps), default=None)
        self.changed_by: str | None = status.get("changed_by") or next(
            (by for at, by in stamps if at == self.changed_at), None
        )

        self.decided = _decided(document, sent)

    def gone(self) -> None:
        """Nothing of it is left on the inventory accounts."""
        status = (self.sent.status or {}).get("status")
        day = (self.sent.status or {}).get("business_date")
        drifted = self.sent.posting["state"] == "drifted"
        if status == "live" and day is not None and not self.context.is_read(day_number(day)):
            self._redated(day_number(day))  # to where no line of the ledger was read
            return
        nil = bool(self.sent.lines) and not any(line["cents"] for line in self.sent.lines)
        if self.sent.lines and (status == "live" or not nil):
            cause, detail, now = Cause.CHANGED_IN_QBO, "amount", amount_text(0)
        elif status == "live" and self.sent.posting["costed"] and day is not None and not self.sent.lines:
            cause, detail, now = Cause.WAITING, "not costed yet", "there, and its cost is not booked yet"
        elif status == "live" and day is not None and day_number(day) == self.sent.day:
            cause, detail, now = Cause.CHANGED_IN_QBO, "account", "another account, not an inventory account"
        elif status == "live" and day is not None:
            where = f"another account, not an inventory account, and another date, {day.isoformat()}"
            cause, detail, now = Cause.CHANGED_IN_QBO, "account and date", where
        elif status == "live" or (status is None and drifted and not nil):
            where = "changed, and not on an inventory account on the days that were read"
            cause, detail, now = Cause.CHANGED_IN_QBO, "account or date", where
        elif status == "voided" or (status is None and nil):
            cause, detail, now = Cause.DELETED_IN_QBO, "voided", "voided"
        elif status is None and self.context.unanswered and self.sent.posting["state"] != "deleted_in_qbo":
            cause, detail, now = Cause.CHANGED_IN_QBO, NOT_CHECKED, NOT_LOOKED_UP
        else:
            cause, detail, now = Cause.DELETED_IN_QBO, "deleted", "deleted"
        for account, cents in sorted(self.sent.effects.items()):
            if cents:
                sentence = f"Posted with {amount_text(cents)}; in QuickBooks now: {now}."
                self._add(account, self.sent.day, cause, detail, -cents, sentence)
        total = sum(self.sent.effects.values())
        field = "all" if cause is Cause.DELETED_IN_QBO else detail
        self._change(field, amount_text(total), now, self._in_scope(self.entries))

    def differs(self, posted: Gap, ledger: Gap) -> None:
        """It is there, with another date, account or amount."""
        days = {day for _, day in ledger}
        day = self.sent.day
        if posted and len(days) == 1 and day not in days:
            day = days.pop()
            self._redated(day)
        gap = dict(ledger)
        for account, cents in self.sent.effects.items():
            take(gap, (account, day), cents)
        if gap and not posted:
            self._coded_to_inventory(gap)
        else:
            self._recoded(gap, day, ledger)
            self._other_amount(gap)

    def _redated(self, day: int) -> None:
        was, now = day_text(self.sent.day), day_text(day)
        before = len(self.entries)
        for account, cents in sorted(self.sent.effects.items()):
            if cents:
                sentence = f"Posted with {was}, QuickBooks now has {now}."
                self._add(account, self.sent.day, Cause.CHANGED_IN_QBO, "date", -cents, sentence)
                if day >= self.context.first_read:  # else it is part of the balance before the lines that were read
                    self._add(account, day, Cause.CHANGED_IN_QBO, "date", cents, sentence)
        self._change("date", was, now, self._in_scope(self.entries[before:]))

    def _coded_to_inventory(self, gap: Gap) -> None:
        """Posted without touching inventory, and now it does."""
        tracked = (self.sent.status or {}).get("tracked") and _is_sale(self.sent)
        cause, detail = (Cause.DOUBLED_COGS, "our sale") if tracked else (Cause.CHANGED_IN_QBO, "account")
        for (account, day), cents in sorted(gap.items()):
            name = self.context.account_names[account]
            self._add(account, day, cause, detail, cents, f"It was posted without touching {name}.")
        if not tracked:
            self._change("account", "no inventory account", self._names(gap), self._in_scope(self.entries))

    def _recoded(self, gap: Gap, day: int, ledger: Gap) -> None:
        """The amount went to another inventory account, or what two accounts lack and have too much is the same."""
        left = {a: cents for a, cents in self.sent.effects.items() if cents and not ledger.get((a, day))}
        came = [a for a, d in sorted(gap) if d == day and not self.sent.effects.get(a)]
        moved: dict[int, int] = {}
        if left and came:
            moved = {account: -cents for account, cents in left.items()}
            for account in came[1:]:
                moved[account] = gap[account, day]
            moved[came[0]] = -sum(moved.values())
        elif gap and not sum(gap.values()) and {d for _, d in gap} == {day}:
            moved = {account: cents for (account, _), cents in gap.items()}
        before = len(self.entries)
        for account, cents in sorted(moved.items()):
            if cents:
                name = self.context.account_names[account]
                sentence = f"{amount_text(abs(cents))} moved {'to' if cents > 0 else 'from'} {name}."
                self._add(account, day, Cause.CHANGED_IN_QBO, "account", cents, sentence)
                take(gap, (account, day), cents)
        if moved:
            was = self._names({(a, day): 1 for a, cents in self.sent.effects.items() if cents})
            self._change("account", was, self._names(ledger), self._in_scope(self.entries[before:]))

    def _other_amount(self, gap: Gap) -> None:
        if not gap:
            return
        cause = self._why_other_amount(sum(abs(cents) for cents in gap.values()))
        before = len(self.entries)
        for (account, day), cents in sorted(gap.items()):
            sentence = f"QuickBooks has {amount_text(cents)} more than was posted."
            if cents < 0:
                sentence = f"QuickBooks has {amount_text(-cents)} less than was posted."
            self._add(account, day, cause, "amount", cents, sentence)
        if cause is Cause.CHANGED_IN_QBO:
            was = amount_text(sum(self.sent.effects.values()))
            now = amount_text(sum(self.sent.ledger().values()))
            self._change("amount", was, now, self._in_scope(self.entries[before:]))

    def _why_other_amount(self, size: int) -> Cause:
        """A foreign amount that nobody touched was converted otherwise; QBO's own version tells for sure."""
        posting, status = self.sent.posting, self.sent.status or {}
        tokens = (status.get("sync_token"), posting["sync_token"])
        untouched = None not in tokens and tokens[0] == tokens[1]
        later = any(
            line["changed_at"] and line["created_at"] and line["changed_at"] > line["created_at"]
            for line in self.sent.lines
        )
        touched = posting["state"] == "drifted" or (None not in tokens and not untouched) or later
        if posting["currency"] not in (None, self.context.currency) and not touched:
            return Cause.ROUNDING if size <= SMALL_CENTS else Cause.FX
        accepted = posting["by_person"] == "accepted"  # then our version is the one that a person made
        return Cause.UNEXPLAINED if untouched and not accepted else Cause.CHANGED_IN_QBO

    def _add(self, account: int, day: int, cause: Cause, detail: str, cents: int, note: str) -> None:
        trace = posting_trace(self.sent.posting)
        entry = Entry(
            "document", self.document.key, account, day, cause, detail, cents, note + self.decided,
            kind=self.document.kind, source_number=self.document.number, changed_at=self.changed_at,
            changed_by=self.changed_by, **trace,
        )  # fmt: skip
        self.entries.append(entry)

    def _change(self, name: str, sent: str, now: str, cents: int) -> None:
        trace = posting_trace(self.sent.posting)
        self.changes.append(
            ChangedAfterPosting(
                "qbo", self.document.key, trace["posting_key"], trace["qbo_type"], trace["qbo_id"],
                trace["qbo_number"], name, sent, now, self.changed_at, self.changed_by, cents,
            )
        )  # fmt: skip

    def _in_scope(self, entries: list[Entry]) -> int:
        return sum(entry.cents for entry in entries if entry.day <= self.context.as_at)

    def _names(self, cells: Gap) -> str:
        return ", ".join(sorted({self.context.account_names[account] for account, _ in cells}))
