"""Refusals that no posting rule gave: a rule that failed, and a record that killed what built it."""

from __future__ import annotations

import logging
import re
from types import TracebackType

from qbo_pipeline.accounting.drafts import Refused
from qbo_pipeline.pipeline.under_way import DEATHS
from qbo_pipeline.store.dispositions import QUARANTINED

log = logging.getLogger(__name__)

RULE_FAILED = "rule_failed"
_LONGEST = 300  # characters of an exception's text
DEADLY = Refused(
    reason=QUARANTINED,
    message=f"the process that built it died {DEATHS} times, at last over nothing else: it is not built again until it "
    "changes in the inventory system, or `qbo-pipeline retry` releases it once the cause is mended; the rest goes on",
    field="",
)


class Failures:
    """Exceptions in posting rules as refusals of the records; each traceback goes to the log once."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, str, int]] = set()

    def refused(self, key: str, error: Exception) -> Refused:
        """The refusal in the place of an exception that nobody foresaw."""
        place = _place(error)
        log.error("%s was not built: %s", key, in_short(error), exc_info=None if place in self._logged else error)
        self._logged.add(place)
        return Refused(
            reason=RULE_FAILED,
            message=f"its posting rule failed ({in_short(error)}): it is tried again by every run, and the run's log "
            "has the traceback",
            field="",
        )


def in_short(error: Exception) -> str:
    """The exception's type and the first line of its text, the same for the same fault.

    Rules are given records and books: no secret is within their reach.
    """
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {re.sub('0x[0-9a-f]+', '0x…', lines[0])[:_LONGEST]}"


def _place(error: Exception) -> tuple[str, str, int]:
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ("", 0)
    return type(error).__name__, *where
