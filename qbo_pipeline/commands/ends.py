"""How a command ends before its time: by a signal, or because nobody takes what it says.

What belongs here: these ends in one line and an honest exit status. They are 128 and the signal's number, as for every
program (README, Commands); a full output is the table's 3. What a command leaves is said in `left_behind.py`, and who
sees to it that a process that is told to end does end is `last_resort.py`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from qbo_pipeline.commands.last_resort import last_resort
from qbo_pipeline.commands.left_behind import GOES_ON, LEFT_BEHIND, NOT_BEGUN
from qbo_pipeline.surfaces import one_line
from qbo_pipeline.verdicts import Verdict

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_SWALLOWED_SECONDS = 0.05
_phase: list[str] = []  # what the command is at, the last one counts
_left: list[str] = []  # what it leaves, the last one counts
_told: list[int] = []  # the signal that ends the command; what comes after it is the same order


class EndedEarly(BaseException):
    """Ends the command from wherever it is; like `KeyboardInterrupt` no handler of errors takes it for one."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def note_phase(what: str) -> None:
    """Remember what the command is at, for the line that says where it was stopped."""
    _phase[:] = [what]


def note_command(name: str) -> None:
    """Remember which command it is: `LEFT_BEHIND` says what it leaves where it is stopped."""
    _left[:] = [LEFT_BEHIND.get(name, GOES_ON)]


def note_left(what: str) -> None:
    """Remember what is left where the command is stopped, in the place of what the command leaves otherwise."""
    _left[:] = [what]


@contextmanager
def early_ends() -> Iterator[None]:
    """Ends what is within by `SystemExit` with one line on standard error where it is stopped or not listened to."""
    output = sys.stdout
    for notes in (_phase, _left, _told):
        notes.clear()
    before = _listen() if threading.current_thread() is threading.main_thread() else {}
    hook, sys.unraisablehook = sys.unraisablehook, _unraisable
    sys.stdout = _Output(output)
    try:
        with last_resort(before, _line, told=lambda: bool(_told)):
            try:
                yield
            finally:
                sys.stdout.flush()
    except EndedEarly as end:
        _let_go(output)
        if end.text:
            with contextlib.suppress(OSError):
                sys.stderr.write(f"{one_line(end.text)}\nexit {end.status}\n")
        raise SystemExit(end.status) from None
    finally:
        sys.stdout, sys.unraisablehook = output, hook
        # What comes until a stopped process is gone is the same order still.
        stopped = bool(_told)
        _told.append(0)  # a signal that comes now ends nothing any more: the command is over
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if stopped else handler)


def _listen() -> dict[int, Any]:
    before: dict[int, Any] = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            before[number] = signal.signal(number, _stop)
    return before


def _stop(number: int, _frame: FrameType | None) -> None:
    if not _told:
        _told.append(number)
        raise EndedEarly(128 + number, _line(number))


def _line(number: int) -> str:
    at = f" (it was at: {_phase[-1]})" if _phase else ""
    return f"stopped by {signal.Signals(number).name}{at}. {_left[-1] if _left else NOT_BEGUN}"


def _unraisable(what: Any) -> None:
    """The stop came where Python lets no exception out (the end of an object, say): it comes again a moment later."""
    if what.exc_type is not EndedEarly:
        sys.__unraisablehook__(what)
        return
    number, thread = _told.pop(), threading.main_thread().ident
    if thread is not None:
        threading.Timer(_SWALLOWED_SECONDS, signal.pthread_kill, (thread, number)).start()


class _Output:
    """Standard output; an error of writing there ends the command, and is no error of what it was doing."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, text: str) -> int:
        with _not_taken():
            return int(self._inner.write(text))

    def writelines(self, lines: Any) -> None:
        with _not_taken():
            self._inner.writelines(lines)

    def flush(self) -> None:
        with _not_taken():
            self._inner.flush()


@contextmanager
def _not_taken() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise EndedEarly(128 + signal.SIGPIPE) from None  # `| head -1` has what it wanted
    except OSError as error:
        text = f"the output cannot be written: {error.strerror}. What was committed stays; make room and run it again."
        raise EndedEarly(Verdict.UNAVAILABLE.value, text) from None


def _let_go(output: Any) -> None:
    """What is still buffered goes nowhere: else Python complains about it at its end."""
    if sys.__stdout__ is None or output is not sys.__stdout__:
        return
    with contextlib.suppress(OSError, ValueError):
        output.flush()
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.fileno())
        os.close(nowhere)
