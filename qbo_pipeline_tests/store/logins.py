"""Logins on a PostgreSQL server for tests of who may do what in a store.

What belongs here: making and dropping logins. Roles belong to the whole server, so each test's have names of their own;
the three group roles stay.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from sqlalchemy import create_engine, text

from qbo_pipeline.store.database import Database, normalise_url

GROUPS = {role: f"qbo_pipeline_{role}" for role in ("poster", "tokens", "reporter")}
PASSWORD = "only-for-a-test"
_numbers = count(1)


@contextmanager
def logins(owner_url: str) -> Iterator[dict[str, str]]:
    """Give the roles their rights in the store at this URL, and answer the URL of a login for each of them."""
    owner = Database(owner_url)
    owner.upgrade(grant_roles=True)
    owner.close()
    names = {role: f"test_{os.getpid()}_{next(_numbers)}_{role}" for role in GROUPS}
    url = normalise_url(owner_url)
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            for role, name in names.items():
                connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {GROUPS[role]}"))
        yield {
            role: url.set(username=name, password=PASSWORD).render_as_string(hide_password=False)
            for role, name in names.items()
        }
    finally:
        with server.connect() as connection:
            for name in names.values():
                connection.execute(text(f"DROP ROLE IF EXISTS {name}"))
        server.dispose()
