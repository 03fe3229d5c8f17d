"""Every other command that is stopped where it is at work: one line says what it leaves, and that is what is there."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.main import get_command

from qbo_pipeline.cli import app
from qbo_pipeline.commands.left_behind import GOES_ON, LEFT_BEHIND, ONLY_LOOKED
from qbo_pipeline.demo.company import generate
from qbo_pipeline_tests.commands.stopping import IN_A_THREAD, QUICK, SIGNALS, Ended, stopped
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, open_shop

AS_AT = ("--as-at", LAST_DAY.isoformat())
WHO = ("--who", "Olga", "--why", "a test")
# What is typed, and where it waits; `{folder}` is a folder of the test's own.
PLACES: dict[str, tuple[tuple[str, ...], str]] = {
    "reconcile, reading the ledger": (("reconcile", *AS_AT), "qbo_pipeline.pipeline.ledger_refresh:refresh_ledger"),
    "reconcile, writing the workbook": (
        ("reconcile", *AS_AT, "--report", "{folder}/report"),
        "qbo_pipeline.reports.files:write_workbook",
    ),
    "reconcile, writing the tables": (
        ("reconcile", *AS_AT, "--report", "{folder}/report"),
        "qbo_pipeline.reports.files:write_csv",
    ),
    "preflight, the source": (("preflight",), "qbo_pipeline.sources.sql:SqlSource.check"),
    "preflight, QuickBooks": (("preflight",), "qbo_pipeline.pipeline.preflight:_tracked_items"),
    "a dry run, reading": (("run", *DAYS, "--dry-run"), "qbo_pipeline.pipeline.transform:transform"),
    "a dry run, writing its file": (
        ("run", *DAYS, "--dry-run", "--csv", "{folder}/preview.csv"),
        "qbo_pipeline.commands.previewing:_write_table",
    ),
    "connect, waiting for the browser": (("connect",), "qbo_pipeline.pipeline.coming_back:ComingBack.wait"),
    "restate, looking": (("restate", "--preview"), "qbo_pipeline.pipeline.restating:restatements"),
    "restate, carrying out": (("restate", *WHO), "qbo_pipeline.pipeline.restating:restate"),
    "rollback, looking": (("rollback", "--day", DAYS[1]), "qbo_pipeline.pipeline.rollback:planned"),
    "rollback, carrying out": (("rollback", "--day", "2030-01-01", *WHO), "qbo_pipeline.commands.rollback:_done"),
    "sign-off": (("sign-off", *AS_AT, "--by", "Olga"), "qbo_pipeline.pipeline.sign:save_sign_off"),
    "status": (("status",), "qbo_pipeline.pipeline.counts:day_counts"),
    "show": (("show", "document/i1"), "qbo_pipeline.pipeline.trace:trace"),
    "verify": (("verify",), "qbo_pipeline.pipeline.verify:verify"),
    "upgrade": (("upgrade",), "qbo_pipeline.store.database:Database.upgrade"),
    "rotate-key": (("rotate-key",), "qbo_pipeline.pipeline.connect:open_vault"),
    "recover": (("recover", *WHO), "qbo_pipeline.pipeline.decide:recover"),
    "upgrade, in its transaction": (("upgrade", "--json"), "qbo_pipeline.store.database:Database._may_upgrade"),
}
QUICKLY = {
    ("reconcile, writing the workbook", signal.SIGINT),
    ("a dry run, writing its file", signal.SIGTERM),
    ("connect, waiting for the browser", signal.SIGHUP),
}


SERVED = {("page", signal.SIGHUP), ("emulator --state", signal.SIGINT)}


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop, its week posted: what is stopped here changes nothing of it."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path_factory.mktemp("posted"), emulator)
        command = [sys.executable, "-m", "qbo_pipeline", "run", *DAYS, "--settings", str(shop.settings)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        yield shop


def left_in_a_line(ended: Ended, number: signal.Signals, left: str) -> None:
    """One line says what is left, one the exit status, which is the signal's; and that quickly."""
    assert "Traceback" not in ended.err
    said, status = ended.err.splitlines()[-2:]
    assert said.startswith(f"stopped by {number.name}")
    assert left in said
    assert (ended.status, status) == (128 + number, f"exit {128 + number}")
    assert ended.took < QUICK


def hidden(folder: Path) -> list[str]:
    """What was written beside its place and not moved there."""
    return [found.name for found in folder.rglob(".*") if found.name != ".env"]


@pytest.mark.parametrize(
    ("where", "number"),
    [
        pytest.param(
            where, number, marks=() if (where, number) in QUICKLY else pytest.mark.torture, id=f"{where}-{number.name}"
        )
        for where in PLACES
        for number in SIGNALS
    ],
)
def test_a_command_that_is_stopped_says_what_it_leaves(
    posted: Shop, tmp_path: Path, where: str, number: signal.Signals
) -> None:
    typed, place = PLACES[where]
    arguments = [word.format(folder=tmp_path) for word in typed]
    ended = stopped(
        [*arguments, "--settings", posted.settings],
        number,
        place=place,
        entered=posted.folder / f"entered {tmp_path.name}",
    )
    left_in_a_line(ended, number, ONLY_LOOKED if "looking" in where or "dry run" in where else LEFT_BEHIND[typed[0]])
    assert list(tmp_path.rglob("*.*")) == []
    assert hidden(tmp_path) == []


@pytest.mark.parametrize(
    "between", [pytest.param(0.0, marks=pytest.mark.torture), 0.2, pytest.param(1.5, marks=pytest.mark.torture)]
)
def test_two_signals_one_after_another_are_one_stop(posted: Shop, tmp_path: Path, between: float) -> None:
    """A terminal that closes sends HUP and its shell TERM: whatever comes while the command ends, it says so once."""
    ended = stopped(
        ["preflight", "--settings", posted.settings],
        signal.SIGHUP,
        signal.SIGTERM,
        signal.SIGINT,
        place="qbo_pipeline.sources.sql:SqlSource.check",
        entered=posted.folder / f"entered {tmp_path.name}",
        between=between,
    )
    left_in_a_line(ended, signal.SIGHUP, LEFT_BEHIND["preflight"])
    assert ended.err.count("stopped by") == 1


STUCK = """
import sqlite3, sys, threading
from qbo_pipeline import cli
from qbo_pipeline.commands import last_resort

last_resort.PATIENCE = float(sys.argv.pop(1))

@cli.app.command("retry")
def stuck() -> None:
    # In the database's own code, where Python hears no signal: it waits for a lock that nobody gives back.
    holder, waiter = (sqlite3.connect(file, timeout=60, isolation_level=None) for _ in range(2))
    holder.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.5, print, ["under way"], {"flush": True}).start()  # once it waits
    waiter.execute("BEGIN IMMEDIATE")

sys.argv, file = sys.argv[:-1], sys.argv[-1]
cli.main()
"""


@pytest.mark.parametrize(
    ("patience", "again", "why"),
    [("1", False, "did not end by itself in 1 s"), ("60", True, "was told a second time")],
)
def test_what_does_not_end_by_itself_is_ended(tmp_path: Path, patience: str, again: bool, why: str) -> None:
    command = [sys.executable, "-c", STUCK, patience, "retry", str(tmp_path / "store.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "under way\n"
        process.send_signal(signal.SIGINT)
        if again:
            time.sleep(1.2)
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    number = signal.SIGTERM if again else signal.SIGINT
    first, last = said.splitlines()
    assert first.startswith(f"stopped by {number.name}. {GOES_ON}")
    assert why in first
    assert (process.returncode, last) == (128 + number, f"exit {128 + number}")


SWALLOWED = """
import signal, sys, time
from qbo_pipeline import cli

class Last:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0)

@cli.app.command("retry")
def swallows() -> None:
    Last()
    time.sleep(60)

cli.main()
"""


def test_a_stop_that_python_would_swallow_comes_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED, "retry"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr.splitlines()[0] == f"stopped by SIGTERM. {GOES_ON}"


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.torture) for one in SIGNALS if one != signal.SIGINT)],
)
def test_a_command_that_has_only_begun_ends_without_a_traceback(number: signal.Signals) -> None:
    """While libraries are imported nothing is there yet that could say a word."""
    code = "from qbo_pipeline.__main__ import main\nprint(flush=True)\nmain()"
    for wait in (0.05, 0.3):
        command = [sys.executable, "-c", code, "run", "--help"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait)
            process.send_signal(number)
            _, said = process.communicate(timeout=30)
        assert b"Traceback" not in said, said
        assert process.returncode in (0, -number, 128 + number)


@pytest.mark.torture
@pytest.mark.parametrize("number", SIGNALS)
def test_a_stop_while_another_thread_holds_the_store(shop: Shop, tmp_path: Path, number: signal.Signals) -> None:
    """The main thread waits for a lock in the database's own code, where no signal reaches it: the watch ends it."""
    ended = stopped(
        ["run", *DAYS, "--settings", shop.settings],
        number,
        place=f"{IN_A_THREAD}qbo_pipeline.posting.core:judge",
        entered=tmp_path / "entered",
    )
    left_in_a_line(ended, number, GOES_ON)
    with closing(sqlite3.connect(f"file:{shop.folder / 'store.sqlite'}?mode=ro", uri=True)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("server", "number"),
    [
        pytest.param(server, number, marks=() if (server, number) in SERVED else pytest.mark.torture)
        for server in ("webhooks", "page", "emulator", "emulator --state", "emulator --system")
        for number in SIGNALS
    ],
)
def test_a_server_that_is_stopped_says_what_it_leaves(
    posted: Shop, tmp_path: Path, server: str, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "qbo_pipeline", server.split()[0], "--port", "0"]
    left = {
        "webhooks": "What was answered with 200 is in the store",
        "page": "Every order is carried out whole or not at all",
        "emulator": "Its company was in memory alone and is gone",
        "emulator --state": f"Its company is in {tmp_path / 'company.db'}",
        "emulator --system": "Nothing was changed by it",
    }[server]
    if server == "emulator --state":
        command += ["--state", str(tmp_path / "company.db"), "--company", "empty"]
    elif server == "emulator --system":
        generate(tmp_path / "inventory.sqlite", seed=1, first_day=FIRST_DAY, days=1)
        command += ["--system", "http_contract", "--inventory", str(tmp_path / "inventory.sqlite")]
    elif server != "emulator":
        command += ["--settings", str(posted.settings)]
    else:
        command += ["--company", "empty"]
    environment = {**os.environ, "QBO_SHOP_WEBHOOK_VERIFIER_TOKEN": "a token", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.send_signal(number)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith(f"stopped by {number.name}. {left}")
    assert process.returncode == 0


# Every command that prints, as it is typed; a dry run and `rollback` have nothing to decide here.
PRINTING = (
    "--help", "init --help", "status", "status --json", "show document/i1", "verify",
    "verify --json", "preflight", "preflight --json", f"run {' '.join(DAYS)} --dry-run",
    f"run {' '.join(DAYS)} --dry-run --json", f"run {' '.join(DAYS)} --json",
    f"reconcile {' '.join(AS_AT)}", f"reconcile {' '.join(AS_AT)} --json", "restate --preview",
    f"rollback --day {DAYS[1]}", f"rollback --day {DAYS[1]} --json", "upgrade", "upgrade --json",
    "rotate-key", "rotate-key --json", "retry --all --json", "skip --all --json",
    "approve --all --json", "emulator --company empty", "connect",
)  # fmt: skip
AT_ONCE = ("preflight --json",)


def typed_at(posted: Shop, command: str) -> list[str]:
    known = command.split()[0] not in ("emulator", "conformance") and "--help" not in command
    words = [sys.executable, "-m", "qbo_pipeline", *command.split()]
    return [*words, "--settings", str(posted.settings)] if known else words


@pytest.mark.parametrize(
    "command", [pytest.param(one, marks=() if one in AT_ONCE else pytest.mark.torture) for one in PRINTING]
)
def test_nobody_who_reads_on_is_no_traceback(posted: Shop, command: str) -> None:
    """As after `| head -0`: the command ends with the status of a closed pipe, or it had nothing to say."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            typed_at(posted, command), stdout=writing, stderr=subprocess.PIPE, timeout=90, check=False, text=True
        )
    finally:
        os.close(writing)
    assert "Traceback" not in done.stderr
    assert done.returncode == 128 + signal.SIGPIPE, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    "command", [pytest.param(one, marks=() if one in AT_ONCE else pytest.mark.torture) for one in PRINTING]
)
def test_a_full_disk_is_said_in_a_line(posted: Shop, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            typed_at(posted, command), stdout=full, stderr=subprocess.PIPE, timeout=90, check=False, text=True
        )
    assert "Traceback" not in done.stderr
    assert done.returncode == 3, done.stderr
    assert "the output cannot be written: No space left on device" in done.stderr


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (f"run {' '.join(DAYS)} --dry-run --csv /dev/full", 2),
        pytest.param(f"reconcile {' '.join(AS_AT)} --report /dev/full/there", 3, marks=pytest.mark.torture),
        pytest.param(f"rollback --day {DAYS[1]} --csv /nowhere/x.csv", 2, marks=pytest.mark.torture),
    ],
)
def test_a_file_that_cannot_be_written_is_named(posted: Shop, command: str, status: int) -> None:
    done = subprocess.run(typed_at(posted, command), capture_output=True, timeout=90, check=False, text=True)
    assert "Traceback" not in done.stderr
    assert (done.returncode, "cannot be written: " in done.stderr) == (status, True), done.stderr


def test_each_command_has_its_sentence() -> None:
    command = get_command(app)
    assert set(LEFT_BEHIND) == set(command.commands)  # type: ignore[attr-defined]
