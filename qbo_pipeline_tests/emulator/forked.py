"""Emulators forked from a process that has already imported them: a process each, without two thirds of a second each.

What belongs here: both ends. `start` is called by tests; `python -m qbo_pipeline_tests.emulator.forked FD` is the one
that waits for orders on a socket and forks. A keeper between the two waits for the emulator and passes its status on,
since only a parent may. What is forked runs the command's own `main` with its own options, folder and environment.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

_FILES = 4  # of an order: the order itself, what it writes to, and where its id and its status are told


class Forked:
    """A forked process, with what tests use of `subprocess.Popen`; `stdout` is what it writes there."""

    def __init__(self, stdout: IO[str], told: IO[str]) -> None:
        self.stdout = stdout
        self.returncode: int | None = None
        self._told = told
        self.pid = int(told.readline())

    def poll(self) -> int | None:
        """The exit status as `Popen` gives it, below 0 for a signal; `None` while the process is there."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises `subprocess.TimeoutExpired`."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("an emulator", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._told.readline()))
            self._told.close()
        return self.returncode


def start(options: Sequence[str], log: IO[str], cwd: Path | None, environment: Mapping[str, str]) -> Forked:
    """An emulator with these options; it writes its errors into `log`."""
    read, written = os.pipe()
    told, telling = os.pipe()
    with tempfile.TemporaryFile("w+") as order:
        json.dump({"options": options, "cwd": str(cwd or Path.cwd()), "environment": dict(environment)}, order)
        order.flush()
        socket.send_fds(_nursery(os.getpid()), [b"."], [order.fileno(), written, log.fileno(), telling])
    os.close(written)
    os.close(telling)
    return Forked(os.fdopen(read), os.fdopen(told))


@cache
def _nursery(of: int) -> socket.socket:
    """The socket of the process that forks for the process `of`; it ends with it."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "qbo_pipeline_tests.emulator.forked", str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    process.returncode = 0  # nobody waits for it: it ends when this process does
    theirs.close()
    atexit.register(ours.close)
    return ours


def serve(orders: socket.socket) -> None:
    """Fork an emulator for each order until nobody can give one."""
    from qbo_pipeline.emulator import launch

    assert launch.SEEDS
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        said, files, _, _ = socket.recv_fds(orders, 1, _FILES)
        if not said:
            return
        if os.fork() == 0:
            orders.close()
            _keep(*files, interrupted=before)
        for file in files:
            os.close(file)
        while _reaped():
            pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _keep(order: int, written: int, log: int, telling: int, *, interrupted: object) -> None:
    """Returns in the emulator alone."""
    emulator = os.fork()
    if emulator == 0:
        os.close(telling)
        signal.signal(signal.SIGINT, interrupted)  # type: ignore[arg-type]  # what `signal` itself answered
        os.dup2(written, 1)
        os.dup2(log, 2)
        for file in (written, log):
            os.close(file)
        _become(order)
    os.close(written)
    os.write(telling, f"{emulator}\n".encode())
    os.write(telling, f"{os.waitpid(emulator, 0)[1]}\n".encode())
    os._exit(0)


def _become(order: int) -> NoReturn:
    from qbo_pipeline.emulator.command import main

    with os.fdopen(order) as file:
        file.seek(0)
        said = json.load(file)
    os.chdir(said["cwd"])
    os.environ.clear()
    os.environ.update(said["environment"])
    random.seed()
    sys.argv = ["qbo_pipeline.emulator", *said["options"]]
    main()
    sys.exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
