"""A MariaDB server for tests: Debian's own, on a socket in a temporary folder, with no port and no password."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

STARTS_WITHIN = 60.0


def missing() -> str | None:
    """What is not there to start a server with; `None` where all is."""
    if find_spec("pymysql") is None:
        return "no PyMySQL: install the extra mysql"
    needed = [name for name in ("mariadbd", "mariadb-install-db") if _binary(name) is None]
    return f"no {' and no '.join(needed)}: install Debian's mariadb-server" if needed else None


@contextmanager
def running_mariadb() -> Iterator[str]:
    """The URL of a server's administrator, without a database."""
    install, server = _binary("mariadb-install-db"), _binary("mariadbd")
    assert install is not None
    assert server is not None
    with tempfile.TemporaryDirectory(prefix="qbo_mariadb_", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        common = ["--no-defaults", f"--datadir={folder / 'data'}", f"--user={getuser()}"]
        login = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run([install, *common, *login], check=True, capture_output=True, timeout=120)
        files = [f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", f"--log-error={folder / 'server.log'}"]
        small = ["--skip-networking", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"]
        process = subprocess.Popen([server, *common, *files, *small], stderr=subprocess.DEVNULL)
        try:
            _wait_for(process, folder / "server.log")
            yield f"mysql+pymysql://root@/?unix_socket={quote(str(folder / 's'))}&charset=utf8mb4"
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _binary(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while not log.exists() or "ready for connections" not in log.read_text():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"MariaDB did not start: {log.read_text()[-2000:] if log.exists() else 'no log'}")
        time.sleep(0.1)
