"""What can go wrong with a run as a whole, in plain words, and whether it passes by itself.

A thing that is wrong with one record or one posting is not here: it is a row in the store.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError

from qbo_pipeline.pipeline.connect import ConnectionMismatch, NotConnected
from qbo_pipeline.pipeline.reconcile import NothingReconciled
from qbo_pipeline.quickbooks.errors import PermanentError, TransientError
from qbo_pipeline.reconciliation.signoff import SignOffError
from qbo_pipeline.settings import SettingsError
from qbo_pipeline.sources.errors import SourceError, SourceUnavailable
from qbo_pipeline.store.migrations import MigrationError
from qbo_pipeline.store.roles import NOT_PERMITTED, reason
from qbo_pipeline.store.tokens import VaultError


@dataclass(frozen=True, slots=True)
class PlainFailure:
    """The text for a person, and whether trying again later may help without anybody's doing."""

    text: str
    transient: bool


_PERMANENT = (
    SettingsError, SourceError, ConnectionMismatch, NotConnected, PermanentError, MigrationError, VaultError,
    SignOffError, NothingReconciled,
)  # fmt: skip
_TRANSIENT = (SourceUnavailable, TransientError)


def plain_failure(error: BaseException) -> PlainFailure | None:
    """The failure in plain words, or `None` for what nobody foresaw (a defect: its traceback must be seen)."""
    if isinstance(error, _TRANSIENT):
        return PlainFailure(str(error), transient=True)
    if isinstance(error, _PERMANENT):
        return PlainFailure(str(error), transient=False)
    if isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return PlainFailure(
            f"the store's database is not reachable or refuses: {str(error.orig).strip()}. Nothing was lost: "
            "what was committed stays, the next run goes on from there.",
            transient=True,
        )
    if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == NOT_PERMITTED:
        return PlainFailure(
            f"this login may not do that in the store: {reason(error)}. Who may do what is said in "
            "sql/store/roles/postgresql.sql, and the owner gives the rights with `qbo-pipeline upgrade --roles`. The "
            "login for the tokens is named by [store] tokens_url_variable.",
            transient=False,
        )
    return None
