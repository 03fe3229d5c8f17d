"""What stands at a store's URL before it is trusted: nothing, something else, something broken, something of ours."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.store.database import Database, StoreUrlError, normalise_url
from qbo_pipeline.store.opening import DamagedStore, NoStore, make_store, open_store

PASSWORD = "canary-7c1d"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with a few pages of content, closed."""
    file = tmp_path / "store.sqlite"
    database = make_store(f"sqlite:///{file}")
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE much (content TEXT)"))
        for _ in range(200):
            connection.execute(text("INSERT INTO much VALUES (:content)"), {"content": "x" * 2_000})
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_bytes(change(file.read_bytes()))

    return write


BROKEN: dict[str, tuple[Callable[[Path], None], type[PermanentError], str]] = {
    "deleted": (Path.unlink, NoStore, "is not there"),
    "cut to nothing": (rewritten(lambda _: b""), DamagedStore, "0 bytes"),
    "cut off": (rewritten(lambda content: content[: len(content) // 2]), DamagedStore, "is cut off"),
    "cut to a few bytes": (rewritten(lambda content: content[:50]), DamagedStore, "is no SQLite database"),
    "overwritten": (rewritten(lambda content: b"\x00" * len(content)), DamagedStore, "is no SQLite database"),
    "another kind of file": (rewritten(lambda _: b"PK\x03\x04" * 100), DamagedStore, "is no SQLite database"),
    "its schema is overwritten": (
        rewritten(lambda content: content[:100] + b"\xff" * 3_996 + content[4_096:]),
        DamagedStore,
        "is damaged",
    ),
}


@pytest.mark.parametrize(("breaks", "error", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_store_is_said_and_left_as_it_is(
    file: Path, breaks: Callable[[Path], None], error: type[PermanentError], said: str
) -> None:
    breaks(file)
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(error, match=said) as caught:
        open_store(f"sqlite:///{file}")
    assert str(file) in str(caught.value)
    assert "recover" in str(caught.value)
    assert (file.read_bytes() if file.exists() else None) == before


def test_pages_that_break_later_are_plain_words_too(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for start in range(0, len(content), 4_096):
        if b"x" * 1_000 in content[start : start + 4_096]:  # one of those that hold the rows
            content[start : start + 16] = b"\xff" * 16
    file.write_bytes(content)
    database = open_store(f"sqlite:///{file}")
    with pytest.raises(Exception, match="malformed") as caught, database.reading() as connection:
        connection.execute(text("SELECT sum(length(content)) FROM much")).all()
    database.close()
    failure = plain_failure(caught.value)
    assert failure is not None
    assert not failure.transient
    assert "the store is damaged" in failure.text


def test_a_full_disk_leaves_a_store_that_its_log_completes(file: Path, tmp_path: Path) -> None:
    """A disk that fills while the log is written back: the first page is there, later ones are in the log alone."""
    left = tmp_path / "left.sqlite"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("INSERT INTO much SELECT content FROM much")
    before, log = file.read_bytes(), file.with_name(f"{file.name}-wal").read_bytes()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    left.write_bytes(file.read_bytes()[:4_096] + before[4_096:])
    with pytest.raises(DamagedStore, match="is cut off"):  # without the log it is
        open_store(f"sqlite:///{left}")
    left.with_name(f"{left.name}-wal").write_bytes(log)
    database = open_store(f"sqlite:///{left}")
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM much")).scalar_one() == 400
    database.close()


@pytest.mark.parametrize(
    ("said", "remedy"), [("database or disk is full", "Make room on the disk"), ("database is locked", "end that")]
)
def test_what_can_be_done_about_a_database_that_refuses_is_said(said: str, remedy: str) -> None:
    failure = plain_failure(OperationalError("", {}, sqlite3.OperationalError(said)))
    assert failure is not None
    assert failure.transient
    assert said in failure.text
    assert remedy in failure.text


def test_a_folder_or_a_database_of_others_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(DamagedStore, match="is no file"):
        open_store(f"sqlite:///{tmp_path}")
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    with other.transaction() as connection:
        connection.execute(text("CREATE TABLE customers (name TEXT)"))
    other.close()
    with pytest.raises(NoStore, match="has no tables of the pipeline"):
        open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")


def test_an_empty_database_on_postgresql_is_no_store(postgresql_url: str) -> None:
    with pytest.raises(NoStore, match="has no tables of the pipeline"):
        open_store(postgresql_url)
    make_store(postgresql_url).close()
    open_store(postgresql_url).close()


def test_what_a_person_must_put_right_about_a_login_is_no_outage(postgresql_url: str) -> None:
    url = normalise_url(postgresql_url)
    for changed, error in (
        (url.set(database="no_such_database"), NoStore),
        (url.set(username="nobody_of_that_name", password=PASSWORD), StoreUrlError),
        (url.update_query_dict({"no_such_option": "1"}), StoreUrlError),
    ):
        with pytest.raises(error) as caught:
            open_store(changed.render_as_string(hide_password=False))
        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql:/user:{PASSWORD}@host/db",
        f"postgresql:user:{PASSWORD}@host/db",
        f"user:{PASSWORD}@host/db",
        f"postgresql//user:{PASSWORD}@host/db",
        f"postgresql://user:{PASSWORD}@host:port/db",
        f"mysql://user:{PASSWORD}@host/db",
        f"sqlite:/{PASSWORD}",
    ],
)
def test_a_url_with_a_mistake_is_no_file(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for opens in (open_store, make_store):
        with pytest.raises(StoreUrlError) as caught:
            opens(url)
        assert PASSWORD not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "store.sqlite"
    database = make_store(f"sqlite:///{file}")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    database.close()
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3  # the write-ahead log and its index beside it
    file.chmod(0o640)
    open_store(f"sqlite:///{file}").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
