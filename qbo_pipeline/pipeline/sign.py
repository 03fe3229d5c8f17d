"""Sign-off: two people certify what is there now; what changed since makes a certificate void."""

from __future__ import annotations

from datetime import date

from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.reconciliation.signoff import SignOff, prepare, review
from qbo_pipeline.store.reconciliations import load_sign_offs, save_sign_off


def sign(run: Run, as_at: date, by: str, comment: str = "") -> SignOff:
    """The next signature on the reconciliation as at a date, made anew: preparer first, then another as reviewer.

    Raises `SignOffError` where the rules do not allow it.
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
        if not open_ones:
            signed = prepare(result, by, now, comment)
            save_sign_off(connection, run.name, signed)
            return signed
        number, kept = open_ones[-1]
        signed = review(kept, result, by, now)
        save_sign_off(connection, run.name, signed, number)
        return signed
