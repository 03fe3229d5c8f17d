"""Who may do what on the page, and who is signed in: grants, which all stay, and sessions, which end.

What belongs here: SQL on `page_grants` and `page_sessions`. What a role may do is said in `page/roles.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from qbo_pipeline.store import evidence
from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.tables.page import page_grants, page_sessions

PASSWORD, PROXY, OPENID = "password", "proxy", "openid"
_SEEN_ANEW = timedelta(minutes=1)  # a session is not written with each request


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do for one connection since `granted_at`; no roles: nothing any more."""

    connection: str
    name: str
    roles: frozenset[str]
    password_hash: str | None
    granted_by: str
    why: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in to one connection, with the roles of now."""

    connection: str
    name: str
    way: str
    roles: frozenset[str]


def grants(reading: Connection, names: Iterable[str], name: str | None = None) -> list[Grant]:
    """The grants that count, of everybody or of one name, for these connections."""
    newest = (
        select(page_grants.c.connection, page_grants.c.name, func.max(page_grants.c.number).label("number"))
        .where(page_grants.c.connection.in_(sorted(names)))
        .group_by(page_grants.c.connection, page_grants.c.name)
    )
    if name is not None:
        newest = newest.where(page_grants.c.name == name)
    found = newest.subquery()
    query = (
        select(page_grants)
        .join(found, and_(page_grants.c.connection == found.c.connection, page_grants.c.number == found.c.number))
        .order_by(page_grants.c.connection, page_grants.c.name)
    )
    return [
        Grant(
            row.connection, row.name, frozenset(row.roles.split()), row.password_hash, row.granted_by, row.why,
            row.granted_at,
        )
        for row in reading.execute(query)
    ]  # fmt: skip


def grant(
    transaction: Connection,
    connection: str,
    name: str,
    roles: Iterable[str],
    password_hash: str | None,
    *,
    who: str,
    why: str,
    now: datetime,
) -> None:
    """Say what somebody may do from now on, in the place of what was said before, with its line in the journal.

    Whoever is signed in under this name has to sign in anew.
    """
    take_turns(transaction, f"page_grants {connection}")
    last = transaction.execute(
        select(func.max(page_grants.c.number)).where(page_grants.c.connection == connection)
    ).scalar_one()
    number = (last or 0) + 1
    transaction.execute(
        page_grants.insert(),
        {
            "connection": connection, "number": number, "name": name, "roles": " ".join(sorted(roles)),
            "password_hash": password_hash, "granted_by": who, "why": why, "granted_at": now,
        },
    )  # fmt: skip
    evidence.note(transaction, connection, evidence.GRANT, (number,), "granted", now=now, who=who, why=why)
    end_sessions(transaction, [connection], name=name)


def begin_session(
    transaction: Connection, connections: Iterable[str], name: str, token_hash: str, way: str, *, now: datetime,
    lasting: timedelta,
) -> None:  # fmt: skip
    """Sign somebody in to these connections; what has ended long ago is forgotten."""
    transaction.execute(delete(page_sessions).where(page_sessions.c.ends_at < now))
    rows = [
        {
            "connection": connection, "token_hash": token_hash, "name": name, "way": way, "began_at": now,
            "seen_at": now, "ends_at": now + lasting,
        }
        for connection in connections
    ]  # fmt: skip
    if rows:
        transaction.execute(page_sessions.insert(), rows)


def sessions(
    reading: Connection, names: Iterable[str], token_hash: str, *, now: datetime, idle: timedelta
) -> tuple[list[Session], bool]:
    """What a token opens among these connections, and whether it is time to write that it was seen.

    A session counts while it has not ended, was seen within `idle`, and nothing was granted to its name since.
    """
    later = page_grants.alias()
    newest = (
        select(func.max(later.c.number))
        .where(later.c.connection == page_sessions.c.connection, later.c.name == page_sessions.c.name)
        .scalar_subquery()
    )
    query = (
        select(page_sessions, page_grants.c.roles)
        .select_from(page_sessions)
        .join(
            page_grants,
            and_(
                page_grants.c.connection == page_sessions.c.connection,
                page_grants.c.name == page_sessions.c.name,
                page_grants.c.number == newest,
                page_grants.c.granted_at <= page_sessions.c.began_at,
                page_grants.c.roles != "",
            ),
        )
        .where(
            page_sessions.c.token_hash == token_hash,
            page_sessions.c.connection.in_(sorted(names)),
            page_sessions.c.ends_at > now,
            page_sessions.c.seen_at > now - idle,
        )
    )
    rows = reading.execute(query).all()
    found = [Session(row.connection, row.name, row.way, frozenset(row.roles.split())) for row in rows]
    return found, any(now - row.seen_at > _SEEN_ANEW for row in rows)


def see_session(transaction: Connection, token_hash: str, *, now: datetime) -> None:
    """A session was used now."""
    transaction.execute(update(page_sessions).where(page_sessions.c.token_hash == token_hash).values(seen_at=now))


def end_sessions(
    transaction: Connection, connections: Iterable[str], *, token_hash: str | None = None, name: str | None = None
) -> None:
    """Sign out: one token, or everything of a name."""
    mine = or_(
        *([page_sessions.c.token_hash == token_hash] if token_hash is not None else []),
        *([page_sessions.c.name == name] if name is not None else []),
    )
    transaction.execute(delete(page_sessions).where(page_sessions.c.connection.in_(sorted(connections)), mine))
