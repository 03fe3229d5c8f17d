"""The errors of reads and of authorisation; the whole tree of errors is drawn in `qbo_pipeline.errors`.

Writes raise none of them for what the network or QBO did: they answer an outcome (`outcomes.py`).
"""

from __future__ import annotations

from qbo_pipeline.errors import PermanentError, PipelineError, TransientError
from qbo_pipeline.quickbooks.faults import Fault


class QuickBooksError(PipelineError):
    """What went wrong between us and QBO, in plain words.

    `faults` are QBO's own, where it sent any; `intuit_tid` is the number that Intuit's support asks for.
    """

    def __init__(
        self,
        message: str,
        *,
        faults: tuple[Fault, ...] = (),
        http_status: int | None = None,
        intuit_tid: str | None = None,
    ) -> None:
        super().__init__(message)
        self.faults = faults
        self.http_status = http_status
        self.intuit_tid = intuit_tid


class QuickBooksRefused(QuickBooksError, PermanentError):
    """QBO or Intuit said a definite no."""


class ReconnectNeeded(QuickBooksRefused):
    """QBO no longer accepts our tokens: somebody must authorise the connection again."""


class AccessDenied(QuickBooksRefused):
    """The company, its plan or the app does not allow this."""


class NotFound(QuickBooksRefused):
    """There is no such object, or it is inactive."""


class InvalidRequest(QuickBooksRefused):
    """QBO read the request and refused it: a query that does not parse, a property that it does not know."""


class Incomplete(QuickBooksRefused):
    """An answer that cannot be proved complete, although it was split as far as it goes."""


class QuotaExhausted(QuickBooksRefused):
    """The metered reads of this month are used up: writes go on, reads do not until the next month."""


class QuickBooksAway(QuickBooksError, TransientError):
    """QBO or Intuit gave no usable answer this time."""


class Unavailable(QuickBooksAway):
    """The network failed, QBO answered 5xx, or the answer could not be read."""


class Throttled(QuickBooksAway):
    """QBO refused the call because of its limits; the whole realm is quiet for `retry_after` seconds."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        faults: tuple[Fault, ...] = (),
        http_status: int | None = None,
        intuit_tid: str | None = None,
    ) -> None:
        super().__init__(message, faults=faults, http_status=http_status, intuit_tid=intuit_tid)
        self.retry_after = retry_after
