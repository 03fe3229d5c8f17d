"""What can go wrong with a run as a whole, in plain words, and whether it passes by itself.

Our own errors say it themselves (`qbo_pipeline.errors`); what belongs here is the database's. A thing that is wrong
with one record or one posting is not here: it is a row in the store.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError

from qbo_pipeline.errors import PipelineError, TransientError
from qbo_pipeline.quickbooks.errors import QuotaExhausted
from qbo_pipeline.store.opening import RESTORE, is_damage, refusal
from qbo_pipeline.store.roles import NOT_PERMITTED, reason
from qbo_pipeline.verdicts import Verdict

# What the machine says where there is no place for a file; anything else about a file may be a defect.
_NO_PLACE = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EIO, errno.ENOTDIR, errno.EEXIST,
})  # fmt: skip


# What somebody can do where SQLite says so; anything else passes, or its own words say what is wrong.
_REMEDIES = {
    "disk is full": "Make room on the disk where the store is. ",
    "database is locked": "Another program keeps it, as a backup or a viewer of databases does: end that. ",
}


@dataclass(frozen=True, slots=True)
class PlainFailure:
    """The text for a person, whether trying again later may help without anybody's doing, and whether a system refused
    to answer though nothing here is wrong."""

    text: str
    transient: bool
    refused: bool = False

    @property
    def verdict(self) -> Verdict:
        """Unavailable where a system did not answer or refused to, else settings: somebody must change something."""
        return Verdict.UNAVAILABLE if self.transient or self.refused else Verdict.SETTINGS


def plain_failure(error: BaseException) -> PlainFailure | None:
    """The failure in plain words, or `None` for what nobody foresaw (a defect: its traceback must be seen)."""
    if isinstance(error, PipelineError):
        quota = isinstance(error, QuotaExhausted)
        return PlainFailure(str(error), transient=isinstance(error, TransientError), refused=quota)
    if is_damage(error):
        return PlainFailure(f"the store is damaged ({getattr(error, 'orig', error)}). {RESTORE}.", transient=False)
    if isinstance(error, DBAPIError) and (words := refusal(error)):
        return PlainFailure(f"the store's database {words}.", transient=False)
    if isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        said = str(error.orig).strip()
        remedy = next((do for words, do in _REMEDIES.items() if words in said), "")
        return PlainFailure(
            f"the store's database is not reachable or refuses: {said}. {remedy}Nothing was lost: what was committed "
            "stays, the next run goes on from there.",
            transient=True,
        )
    if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == NOT_PERMITTED:
        return PlainFailure(
            f"this login may not do that in the store: {reason(error)}. Who may do what is said in "
            "sql/store/roles/postgresql.sql, and the owner gives the rights with `qbo-pipeline upgrade --roles`. The "
            "login for the tokens is named by [store] tokens_url_variable.",
            transient=False,
        )
    if isinstance(error, OSError) and error.errno in _NO_PLACE:
        where = f"{error.filename} cannot be written" if error.filename else "a file cannot be written"
        return PlainFailure(
            f"{where}: {error.strerror}. What was committed stays; make room or name another place, and run the same "
            "again.",
            transient=False,
            refused=True,
        )
    return None
