"""What a run did, in about ten lines of its log: what was read, posted, waits, costs and differs.

What belongs here: the words. They are one message of the log, for each is an event that is kept; the numbers are those
that the steps before noted (`PipelineResource.note`), so that nothing is asked a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from qbo_pipeline.counted import number_of
from qbo_pipeline.surfaces import one_line
from qbo_pipeline.verdicts import OF_STATUS

if TYPE_CHECKING:
    from qbo_pipeline.reconciliation.result import Reconciliation

Noted = Mapping[str, Mapping[str, Any]]  # step -> its numbers
_READ = ("master_data", "documents", "movements", "payments")
_CAUSES = 3  # that are named
_WORDS = {
    "ready": "not sent yet", "sending": "under way", "unknown": "in doubt", "parked": "waiting for a person",
    "drifted": "changed in QuickBooks", "deleted_in_qbo": "deleted in QuickBooks",
}  # fmt: skip


def run_in_lines(noted: Noted, result: Reconciliation, page: str) -> str:
    """The lines, one below the other; a step that this run did not make has none."""
    lines = [*_read(noted), *_built(noted), *_posted(noted), *_costs(noted), *_changed(noted), *_books(result)]
    return "\n".join(one_line(f"{name:11}{text}") for name, text in (*lines, ("report", page)))


def _read(noted: Noted) -> Iterator[tuple[str, str]]:
    found: Counter[str] = Counter()
    for step in _READ:
        found.update(noted.get(step, {}))
    if any(step in noted for step in _READ):
        yield (
            "read",
            (
                f"{number_of(found['read'], 'record')}: {found['new']:,} new, {found['changed']:,} changed, "
                f"{found['vanished']:,} vanished, {found['set_aside']:,} set aside"
            ),
        )


def _built(noted: Noted) -> Iterator[tuple[str, str]]:
    if (built := noted.get("postings")) is not None:
        yield (
            "built",
            (
                f"{number_of(built['postings_new'], 'new posting')}, {built['postings_changed']:,} changed, "
                f"{built['postings_withdrawn']:,} withdrawn"
            ),
        )


def _posted(noted: Noted) -> Iterator[tuple[str, str]]:
    if (loaded := noted.get("quickbooks_documents")) is None:
        return
    yield "posted", f"{number_of(loaded['posted'], 'document')}, {loaded['recovered']:,} of them found in QuickBooks"
    waits = {name.removeprefix("now_"): count for name, count in loaded.items() if name.startswith("now_")}
    shown = [f"{count:,} {_WORDS[state]}" for state, count in waits.items() if state in _WORDS and count]
    yield "waits", "; ".join(shown) or "nothing"


def _costs(noted: Noted) -> Iterator[tuple[str, str]]:
    costs: Counter[str] = Counter()
    for numbers in noted.values():
        costs.update({name: count for name, count in numbers.items() if name.startswith("api_")})
    yield (
        "costs",
        (
            f"{number_of(costs['api_calls'], 'call')} of QuickBooks: {number_of(costs['api_writes'], 'write')}, "
            f"{number_of(costs['api_metered_reads'], 'metered read')}"
        ),
    )


def _changed(noted: Noted) -> Iterator[tuple[str, str]]:
    if (count := noted.get("ledger_lines", {}).get("changed_in_quickbooks")) is not None:
        yield "changed", f"{number_of(count, 'document')} newly changed or deleted in QuickBooks by people"


def _books(result: Reconciliation) -> Iterator[tuple[str, str]]:
    yield "stock", f"{result.stock_value:,.2f} {result.currency} as at {result.as_at}"
    yield "ledger", f"{result.ledger_balance:,.2f} {result.currency}"
    causes = result.causes.to_dict("records")
    named = [f"{row['label']} {row['amount']:,.2f}" for row in causes[:_CAUSES]]
    more = [number_of(len(causes) - _CAUSES, "more cause")] if len(causes) > _CAUSES else []
    amounts = f"{result.difference:,.2f}, unexplained {result.unexplained:,.2f}"
    yield "differs", "; ".join([amounts, *named, *more])
    yield "verdict", OF_STATUS[result.status].word
