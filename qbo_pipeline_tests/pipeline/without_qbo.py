"""The shop where QBO is not asked: its accounts as if QBO had answered, its records read and built.

What belongs here: what tests of reading and building need that never send anything.
"""

from __future__ import annotations

from typing import Any

from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.store.reference import of_object, put_references
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY

_TYPES = {
    "Accounts Receivable (A/R)": "Accounts Receivable",
    "Accounts Payable (A/P)": "Accounts Payable",
    "Checking": "Bank",
    "Sales of Product Income": "Income",
}


def chart(run: Run) -> None:
    """The accounts that the settings name."""
    accounts = [
        {"Id": str(number), "Name": name, "AccountType": _TYPES.get(name, "Other Current Asset")}
        for number, name in enumerate(sorted(set(DEFAULT_ROLES.values())), start=1)
    ]
    with run.database.transaction() as connection:
        items = [of_object("Account", account) for account in accounts]
        put_references(connection, run.name, "Account", items, now=run.database.now(connection))


def read(run: Run) -> None:
    extract_master_data(run)
    extract_days(run, FIRST_DAY, LAST_DAY)


def build(run: Run) -> Transformed:
    return transform(run, FIRST_DAY, LAST_DAY)


def states(run: Run) -> dict[str, tuple[str, str | None]]:
    """State and reason of every dated record's posting, the newest revision of each."""
    query = (
        "SELECT key, state, reason FROM postings WHERE superseded_by IS NULL AND (key LIKE 'document/%' "
        "OR key LIKE 'movement/%' OR key LIKE 'payment/%')"
    )
    return {row["key"]: (row["state"], row["reason"]) for row in rows(run, query)}


def message(run: Run, key: str) -> Any:
    """Why a posting waits."""
    (row,) = rows(run, "SELECT message FROM postings WHERE key = :key AND superseded_by IS NULL", key=key)
    return row["message"]
