"""Checks on how QuickBooks lets us in: reference data and ledger are of now, and our access is not about to end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import dagster as dg

from qbo_pipeline.checks.together import ERROR, WARN, Check, CheckOutcome
from qbo_pipeline.surfaces import terminal

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Run


def reference_checks() -> list[Check]:
    """What postings refer to is of now, and our access lasts: a warning 30, 7 and 1 days before its end, an error
    after."""
    return [
        Check(
            "reference_data",
            "reference_data_is_current",
            "The accounts, tax codes and preferences are of now: QuickBooks did not refuse to be read.",
            _is_current("reference_data"),
        ),
        Check(
            "reference_data",
            "access_lasts",
            "Our access to QuickBooks lasts: nobody has to connect the company again within 30 days.",
            _access_lasts,
        ),
    ]


def ledger_is_current() -> Check:
    """A warning with the instant of the ledger that is used instead."""
    text = "The ledger is of now, and so is what is said of it: QuickBooks did not refuse to be read."
    return Check("ledger_lines", "ledger_is_current", text, _is_current("ledger"))


def _is_current(what: str) -> Callable[[Run, dg.DagsterInstance], CheckOutcome]:
    def look(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
        from qbo_pipeline.pipeline.not_read import not_read

        with run.database.reading() as connection:
            found = not_read(connection, run, what)
        return CheckOutcome(found is None, {"finding": terminal(found.text) if found else "read as it is now"})

    return look


def _access_lasts(run: Run, _instance: dg.DagsterInstance) -> CheckOutcome:
    from qbo_pipeline.pipeline.access import REMEDY, see_access

    access = see_access(run)
    severity = ERROR if access.state == "ended" else WARN
    remedy = "none needed" if access.well else REMEDY
    return CheckOutcome(access.well, {"finding": terminal(access.text), "remedy": remedy}, severity)
