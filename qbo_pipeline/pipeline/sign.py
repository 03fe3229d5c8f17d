"""Sign-off: two people certify what is there now; what changed since makes a certificate void."""

from __future__ import annotations

from datetime import date
from typing import Literal

from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.signoff import SignOff, SignOffError, prepare, review
from qbo_pipeline.store.reconciliations import load_sign_offs, save_sign_off

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
        return signed
