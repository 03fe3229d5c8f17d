"""Two connections of one company in a store of an earlier version: told before anything is changed, and the way out.

What belongs here: SQL on a store before migration 0010, which gives a company to one connection: only columns that are
older than it are named.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from qbo_pipeline.store.migrations import MigrationError
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import connections, watermarks

ONE_COMPANY = 10  # the migration from which on a company belongs to one connection
SET_ASIDE = "set aside: "  # before the environment of a connection that a person has set aside

Company = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ConnectionSetAside:
    """The order to set connections aside; who and why are kept."""

    names: tuple[str, ...]
    who: str
    why: str


def shared_companies(connection: Connection) -> dict[Company, list[str]]:
    """By environment and realm, the names of connections where there is more than one, in order."""
    found: dict[Company, list[str]] = defaultdict(list)
    columns = (connections.c.environment, connections.c.realm, connections.c.connection)
    for row in connection.execute(select(*columns).order_by(connections.c.connection)):
        found[row.environment, row.realm].append(row.connection)
    return {company: names for company, names in found.items() if len(names) > 1}


def set_aside(connection: Connection, order: ConnectionSetAside, now: datetime) -> None:
    """Take their company away from connections that share it with another one.

    All that they have posted stays in the store; nothing is posted under their names any more. Raises `MigrationError`
    for one that shares none.
    """
    by_name = {name: company for company, names in shared_companies(connection).items() for name in names}
    for name in order.names:
        if name not in by_name:
            raise MigrationError(
                f"{name} shares its company with no other connection of this store: nothing was changed"
            )
        mine = connections.c.connection == name
        environment = f"{SET_ASIDE}{by_name[name][0]} of {name}"
        connection.execute(update(connections).where(mine).values(environment=environment))
        row = {"connection": name, "name": f"set aside {now.isoformat()}", "value": f"{order.who}: {order.why}"}
        connection.execute(watermarks.insert(), {**row, "moved_at": now})


def told(connection: Connection, shared: dict[Company, list[str]]) -> str:
    """What a person needs to know to choose which connection keeps its company."""
    lines = []
    for (environment, realm), names in shared.items():
        lines.append(f"the company {realm} ({environment}) belongs to {len(names)} connections of this store:")
        lines += [f"- {_standing(connection, name)}" for name in names]
    return (
        "\n".join(lines) + "\nFrom this version on a company belongs to one connection, or the same books would be "
        "posted twice. Nothing was changed. Keep the one that runs today, whose documents are in QuickBooks (as a rule "
        "the one with the later postings), and set each other one aside: `qbo-pipeline upgrade --set-aside NAME --who "
        "WHO --why WHY`. What it has posted stays in the store, and documents that stand twice in QuickBooks are "
        "shown by the next reconciliation"
    )


def _standing(connection: Connection, name: str) -> str:
    sent = (postings.c.connection == name, postings.c.qbo_id.is_not(None))
    columns = (func.count(), func.max(postings.c.business_date), func.max(postings.c.posted_at))
    count, day, posted_at = connection.execute(select(*columns).where(*sent)).one()
    if not count:
        return f"{name}: nothing posted"
    return f"{name}: {count:,} postings in QuickBooks, the latest dated {day}, sent {posted_at:%Y-%m-%d %H:%M} UTC"
