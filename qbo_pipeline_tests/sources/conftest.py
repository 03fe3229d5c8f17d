"""Fixtures for sources: an empty database of each kind that is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from qbo_pipeline_tests.sources.mariadb import missing, running_mariadb

_databases = count(1)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The URL of a MariaDB server of the tests' own; the test skips where Debian's package is not installed."""
    if lacking := missing():
        pytest.skip(lacking)
    with running_mariadb() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """The URL of an empty database, as people write it: `mysql://`."""
    name = f"test_{os.getpid()}_{next(_databases)}"
    engine = create_engine(mariadb_server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    yield make_url(mariadb_server).set(drivername="mysql", database=name).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def source_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once for each kind of database that is read."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'source.sqlite'}"
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
