"""What Intuit's metering would count, and the log of requests: read at GET /emulator/meter and in the window."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

QUIET_SECONDS = 60.0
LOG_LENGTH = 500


@dataclass(slots=True)
class LoggedRequest:
    """One line of the request log; `metered` is core, coreplus, free, failed or refused.

    A status of 0 means that no answer was sent.
    """

    time: str
    method: str
    path: str
    status: int
    operation: str = ""
    entity: str = ""
    metered: str = ""
    request_id: str = ""
    intuit_tid: str = ""
    note: str = ""


class Meter:
    """Counts by Intuit's terms: core (writes, free of charge), coreplus (metered reads), free, failed, refused.

    Only successful calls are core or coreplus; each item of a batch counts as a call (Intuit partner programme,
    2025). `after_429` counts API requests that came within 60 s after the realm was refused with 429.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.core = 0
        self.coreplus = 0
        self.free = 0
        self.failed = 0
        self.refused = 0
        self.after_429 = 0
        self.replayed = 0
        self.intent_violations = 0
        self.by_status: Counter[int] = Counter()
        self.by_operation: Counter[str] = Counter()
        self.faults_injected: Counter[str] = Counter()
        self.log: deque[LoggedRequest] = deque(maxlen=LOG_LENGTH)
        self._refused_at: float | None = None
        self._month = ""
        self._month_reads = 0

    def arrives(self, now: float) -> None:
        """An API request has come in, before anything is decided about it."""
        self.requests += 1
        if self._refused_at is not None and now - self._refused_at < QUIET_SECONDS:
            self.after_429 += 1

    def month_reads(self, now: datetime) -> int:
        """Metered reads of the calendar month of `now` (UTC)."""
        month = f"{now:%Y-%m}"
        if month != self._month:
            self._month, self._month_reads = month, 0
        return self._month_reads

    def answered(self, status: int, writes: int, reads: int, now: datetime) -> str:
        """Count an answer and say what it was metered as."""
        self.by_status[status] += 1
        if status == 0:
            return "unanswered"
        if status == 429:
            self.refused += 1
            self._refused_at = now.timestamp()
            return "refused"
        if status in (401, 403):
            self.refused += 1
            return "refused"
        self.core += writes
        self.coreplus += reads
        self.month_reads(now)
        self._month_reads += reads
        if writes or reads:
            return "+".join(name for name, count in (("core", writes), ("coreplus", reads)) if count)
        if status >= 400:
            self.failed += 1
            return "failed"
        self.free += 1
        return "free"

    def record(self, line: LoggedRequest, writes: int, reads: int, now: datetime) -> None:
        """Count an answer, and add its line to the log with what it was metered as."""
        line.metered = self.answered(line.status, writes, reads, now)
        self.by_operation[line.operation or "none"] += 1
        self.log.append(line)

    def record_free(self, line: LoggedRequest) -> None:
        """Log a call that Intuit never meters (OAuth); it is no API request."""
        self.free += 1
        line.metered = "free"
        self.by_operation[line.operation] += 1
        self.log.append(line)

    def as_dict(self, now: datetime, peaks: dict[str, int]) -> dict[str, Any]:
        """The body of GET /emulator/meter."""
        return {
            "requests": self.requests,
            "core": self.core,
            "coreplus": self.coreplus,
            "coreplus_this_month": self.month_reads(now),
            "free": self.free,
            "failed": self.failed,
            "refused": self.refused,
            "after_429": self.after_429,
            "replayed": self.replayed,
            "intent_violations": self.intent_violations,
            "peaks": peaks,
            "by_status": {str(status): count for status, count in sorted(self.by_status.items())},
            "by_operation": dict(sorted(self.by_operation.items())),
            "faults_injected": dict(sorted(self.faults_injected.items())),
        }

    def log_as_list(self) -> list[dict[str, Any]]:
        """The request log, newest first."""
        return [asdict(line) for line in reversed(self.log)]
