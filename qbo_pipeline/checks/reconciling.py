"""Checks on postings and reconciliation: what finance must see before it signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from qbo_pipeline.assets.common import Common, anchors_of, as_metadata, in_words
from qbo_pipeline.checks.together import ERROR, WARN, Check, CheckOutcome
from qbo_pipeline.resources import ShownLink, table
from qbo_pipeline.surfaces import terminal
from qbo_pipeline.verdicts import Verdict, conclude

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run

SHOWN_ROWS = 50
OLD_DAYS = 30
_SEVERITY = {"good": WARN, "attention": WARN, "bad": ERROR}
_POSTINGS = ["key", "kind", "day", "amount", "state", "reason"]
_THERE = "in_quickbooks"
_COPIES = ["key", "kind", "qbo_id", "number", "day", "amount"]


def posting_checks(common: Common) -> list[Check]:
    """Nothing parked, no unknown outcome older than an hour, the attempts' hash chain unbroken."""
    documents = "quickbooks_documents"

    def attempts_unaltered(run: Run, instance: dg.DagsterInstance) -> CheckOutcome:
        from qbo_pipeline.pipeline.verify import verify_attempts

        result = verify_attempts(run, outside=anchors_of(instance, common.key(documents)))
        return CheckOutcome(result.intact, {"attempts": result.attempts, "finding": terminal(result.text)}, ERROR)

    return [
        Check(
            documents,
            "none_parked",
            "No posting waits for a person, nor what is to be written back; each that does is listed with why.",
            _none_parked,
        ),
        Check(
            documents,
            "no_unknown_older_than_1h",
            "No posting's outcome has been unknown for more than an hour.",
            _no_old_unknown,
        ),
        Check(
            documents,
            "attempts_unaltered",
            "The journal of attempts has not been altered, and agrees with its anchors and with every posting.",
            attempts_unaltered,
            blocking=True,
        ),
    ]


def ledger_checks() -> list[Check]:
    """Nobody changed, copied or entered again in QBO what was posted."""
    return [
        Check(
            "ledger_lines",
            "none_changed_in_quickbooks",
            "Nobody changed, voided or deleted in QBO what was posted; it is shown, and never overwritten.",
            _none_changed,
        ),
        Check(
            "ledger_lines",
            "none_copied_in_quickbooks",
            "Nobody copied in QBO what was posted: a copy with its marker is a document that stands twice.",
            _none_copied,
        ),
        Check(
            "ledger_lines",
            "none_entered_twice_in_quickbooks",
            "Nobody entered in QBO what may be one event with a posting of ours: each that may be is listed with it.",
            _none_entered_twice,
        ),
    ]


def reconciliation_checks() -> list[Check]:
    """Unexplained is zero, nothing is old, nobody else writes to the inventory accounts."""
    return [
        Check(
            "reconciliation",
            "tie_out_zero_unexplained",
            "Stock value equals the ledger. A warning where every cent of a difference has its cause and waits "
            "for somebody; an error, which stops what follows, where a cent has none or a document stands twice.",
            _tie_out,
            blocking=True,
        ),
        Check("reconciliation", "ageing_over_30d", f"No difference is older than {OLD_DAYS} days.", _ageing),
        Check(
            "reconciliation",
            "qbo_only_entries",
            "No entry on an inventory account was made by somebody else.",
            _entries_of_others,
        ),
    ]


def _none_parked(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.counts import open_postings
    from qbo_pipeline.pipeline.write_back_remedies import PERHAPS_TWICE
    from qbo_pipeline.pipeline.write_back_standing import write_back_standing

    waiting = [row for row in write_back_standing(run).waiting if row["reason"] != PERHAPS_TWICE]
    way_back = [{**row, "reason": row["why"]} for row in waiting]
    return _none_of(run, [*open_postings(run), *way_back], "parked")


def _no_old_unknown(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.counts import old_unknowns

    return _none_of(run, old_unknowns(run, hours=1), "unknown")


def _none_changed(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.counts import open_postings

    return _none_of(run, open_postings(run, ("drifted", "deleted_in_qbo")), "changed")


def _none_copied(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.counts import copies_in_quickbooks

    return _none_of(run, copies_in_quickbooks(run), "copies", _COPIES, ERROR)


def _none_entered_twice(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.write_back_remedies import PERHAPS_TWICE
    from qbo_pipeline.pipeline.write_back_standing import write_back_standing

    alike = [row for row in write_back_standing(run).waiting if row["reason"] == PERHAPS_TWICE]
    rows = [{**row, "reason": row["why"], "qbo_id": row["key"].partition("/")[2]} for row in alike]
    return _none_of(run, rows, "entries")


def _tie_out(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.latest import latest_reconciliation
    from qbo_pipeline.pipeline.standing import of_reconciliation

    latest = latest_reconciliation(run)
    found = conclude(of_reconciliation(latest))
    amounts = ("stock_value", "ledger_balance", "difference", "unexplained")
    return CheckOutcome(
        found.verdict is Verdict.IN_BALANCE,
        {
            "verdict": terminal(found.line),
            "as_at": latest.as_at.isoformat(),
            **as_metadata({name: getattr(latest, name) for name in amounts}),
        },
        _SEVERITY[found.verdict.tone],
    )


def _ageing(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.latest import latest_reconciliation

    old = [_labelled(row) for row in latest_reconciliation(run).differences if row["age_days"] > OLD_DAYS]
    return _none_of(run, old, "differences", ["business_date", "document_key", "cause", "amount", "age_days"])


def _entries_of_others(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.latest import latest_reconciliation

    foreign = [_labelled(row) for row in latest_reconciliation(run).differences if row["scope"] == "ledger_entry"]
    columns = ["business_date", "qbo_type", "qbo_number", "cause", "amount", "changed_by"]
    return _none_of(run, foreign, "entries", columns)


def _labelled(row: Mapping[str, Any]) -> dict[str, Any]:
    """A difference with its cause as people know it."""
    from qbo_pipeline.reconciliation.causes import CAUSES, Cause

    return {**row, "cause": CAUSES[Cause(row["cause"])].label, "amount": f"{row['amount']:,.2f}"}


def _none_of(
    run: Run,
    rows: list[dict[str, Any]],
    what: str,
    columns: list[str] | None = None,
    severity: dg.AssetCheckSeverity = WARN,
) -> CheckOutcome:
    """Passed where there is no row; the first of them are listed, with what opens them."""
    first = rows[:SHOWN_ROWS]
    shown = [words | _links(run, row) for words, row in zip(in_words(first), first, strict=True)]
    linked = [_THERE] if any(_THERE in row for row in shown) else []
    return CheckOutcome(not rows, {what: len(rows), "list": table(shown, [*(columns or _POSTINGS), *linked])}, severity)


def _links(run: Run, row: Mapping[str, Any]) -> dict[str, ShownLink]:
    """What opens a row: its history on the page by its key, its object in QuickBooks, where these are known."""
    from qbo_pipeline.pipeline.page_links import history
    from qbo_pipeline.pipeline.report_files import QBO_PAGES
    from qbo_pipeline.reports.header import qbo_link

    found = {}
    name = "key" if "key" in row else "document_key"
    key = row.get("key") or row.get("posting_key") or row.get("record_key")
    if key and (there := history(run.settings, key)):
        found[name] = ShownLink(str(row[name]), there)
    base = QBO_PAGES[run.settings.quickbooks.environment]
    if there := qbo_link(base, row.get("qbo_type") or row.get("kind"), row.get("qbo_id")):
        found[_THERE] = ShownLink("open", there)
    return found
