"""The ledger side of a run: what people changed in QuickBooks and its ledger, or, where it may not be asked, what is
stored of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from qbo_pipeline.pipeline.drift import Drifted, find_drift
from qbo_pipeline.pipeline.ledger import LedgerRead, read_ledger
from qbo_pipeline.pipeline.not_read import LEDGER, REFUSED, as_of, keep_not_read, why_refused
from qbo_pipeline.pipeline.run import Run

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerSide:
    """`drifted` and `read` are `None` where QuickBooks could not be asked; then `warning` says why and of when the
    stored ledger is (`as_of`, `None` where nothing is stored)."""

    drifted: Drifted | None
    read: LedgerRead | None
    as_of: datetime | None
    warning: str | None = None


def refresh_ledger(run: Run, last: date, *, changes: bool = True, not_asked: str | None = None) -> LedgerSide:
    """Find what people changed (`changes`) and read the ledger up to `last`; the stored ledger stands where reads are
    refused.

    `not_asked` says why QuickBooks is not to be asked at all: it has been refusing calls, and each further one would
    prolong that.
    """
    if not_asked is not None:
        return _stored(run, not_asked)
    try:
        drifted = find_drift(run) if changes else None
        read = read_ledger(run, last)
    except REFUSED as error:
        log.warning("QuickBooks' ledger could not be read: %s", error)
        return _stored(run, why_refused(error))
    with run.database.reading() as connection:
        return LedgerSide(drifted, read, as_of(connection, run.name, LEDGER))


def _stored(run: Run, why: str) -> LedgerSide:
    kept = keep_not_read(run, LEDGER, why)
    return LedgerSide(None, None, kept.as_of, kept.text)
