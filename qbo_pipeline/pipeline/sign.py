"""Sign-off: two people certify what is there now; what changed since makes a certificate void.

What belongs here: the signatures, and keeping the reports of what was signed by two as they were then.
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Literal

from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.signoff import SignOff, SignOffError, prepare, review
from qbo_pipeline.store.reconciliations import load_sign_offs, save_sign_off
from qbo_pipeline.store.signed_reports import put_reports

Step = Literal["prepare", "review"]
_DUE = {"prepare": "prepared", "review": "reviewed"}


def sign(run: Run, as_at: date, by: str, comment: str = "", step: Step | None = None) -> SignOff:
    """The next signature on the reconciliation as at a date, made anew: preparer first, then another as reviewer.

    With `step` it is that signature or none. Raises `SignOffError` where the rules do not allow it.
    """
    read_ledger(run, as_at)
    result = reconcile_as_at(run, as_at)
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        open_ones = [
            (number, kept)
            for number, kept in load_sign_offs(connection, run.name)
            if kept.as_at == as_at and kept.state == "prepared"
        ]
        if step is not None and step != (due := "review" if open_ones else "prepare"):
            raise SignOffError(
                f"the sign-off of {as_at} is to be {_DUE[due]} next, and this was meant to {step} it: look at it anew"
            )
        if not open_ones:
            signed = prepare(result, by, now, comment)
            save_sign_off(connection, run.name, signed)
            return signed
        number, kept = open_ones[-1]
        signed = review(kept, result, by, now)
        save_sign_off(connection, run.name, signed, number)
    _keep_reports(run, result, number)
    return signed


def _keep_reports(run: Run, result: Reconciliation, number: int) -> None:
    """Page and workbook with both signatures, in the store: what was signed is there whatever becomes of the files."""
    with tempfile.TemporaryDirectory(prefix="qbo-pipeline-signed-") as folder:
        files = write_reports(run, result, Path(folder))
        content = {
            form: (file.name, file.read_bytes()) for form, file in (("page", files.page), ("workbook", files.workbook))
        }
    with run.database.transaction() as connection:
        put_reports(connection, run.name, number, content, now=run.database.now(connection))
