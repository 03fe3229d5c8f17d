"""Which account a name of QuickBooks' chart stood for, also after the account was renamed there.

What belongs here: the table `account_names`, and the former names that a setting may still use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select

from qbo_pipeline.store.reference import Reference
from qbo_pipeline.store.tables.records import account_names


def keep_account_names(connection: Connection, name: str, accounts: Iterable[Reference], *, now: datetime) -> None:
    """Remember the names of the chart as it was read; names that are no account's any more stay with their Id."""
    ids = {account.name: account.qbo_id for account in accounts}
    mine = account_names.c.connection == name
    kept = {row.name: row.qbo_id for row in connection.execute(select(account_names).where(mine))}
    changed = {account: qbo_id for account, qbo_id in ids.items() if kept.get(account) != qbo_id}
    for account, qbo_id in changed.items():
        connection.execute(delete(account_names).where(mine, account_names.c.name == account))
        row = {"connection": name, "name": account, "qbo_id": qbo_id, "read_at": now}
        connection.execute(account_names.insert(), row)


def former_names(connection: Connection, name: str, chart: Sequence[Reference]) -> list[Reference]:
    """The accounts of the chart under names that were theirs before and are no account's now."""
    now = {account.name for account in chart}
    by_id = {account.qbo_id: account for account in chart}
    query = select(account_names).where(account_names.c.connection == name).order_by(account_names.c.name)
    return [
        replace(by_id[row.qbo_id], name=row.name, number=None)
        for row in connection.execute(query)
        if row.name not in now and row.qbo_id in by_id
    ]
