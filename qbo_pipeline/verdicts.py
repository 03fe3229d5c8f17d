"""The one table of verdicts: what a command, a check, a report and a message say about how things stand.

What belongs here: the five verdicts with their exit status, word, meaning and tone, which one each status of a
reconciliation is, and how several reasons become one verdict with its line. Nothing else of ours is imported, so that
every room may use it. A command that is stopped has no verdict: its exit status is 128 and the signal's number
(`STOPPED`, `commands.ends`). The README's table is this one; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Verdict(IntEnum):
    """How things stand; the value is the exit status."""

    IN_BALANCE = 0
    WAITING = 1
    SETTINGS = 2
    UNAVAILABLE = 3
    UNEXPLAINED = 4

    @property
    def word(self) -> str:
        """What people read: the same in commands, checks, reports and alerts."""
        return _WORDS[self]

    @property
    def meaning(self) -> str:
        """What it says to whoever reads an exit status."""
        return _MEANINGS[self]

    @property
    def tone(self) -> str:
        """How it is coloured: `good`, `attention` or `bad`."""
        return _TONES[self]


_WORDS = {
    Verdict.IN_BALANCE: "in balance",
    Verdict.WAITING: "waiting or explained",
    Verdict.SETTINGS: "settings or usage",
    Verdict.UNAVAILABLE: "unavailable",
    Verdict.UNEXPLAINED: "unexplained, lost or doubled",
}
_MEANINGS = {
    Verdict.IN_BALANCE: "stock value equals the ledger, nothing waits for anybody",
    Verdict.WAITING: "every difference has its cause, or something waits: somebody has something to do",
    Verdict.SETTINGS: "the settings, the way of calling or the access to a system are wrong: somebody must change "
    "something",
    Verdict.UNAVAILABLE: "a system could not be reached or refused to answer, or the output could not be written; the "
    "same command goes on from there later",
    Verdict.UNEXPLAINED: "a cent is unexplained, a record is lost, a document stands twice, or the journal was altered",
}
STOPPED = {
    129: ("HUP", "the terminal was closed"),
    130: ("INT", "somebody pressed Ctrl-C"),
    141: ("PIPE", "nobody reads the output any more, as after `| head`"),
    143: ("TERM", "the machine or somebody ended it"),
}  # 128 and the number of the signal: its name, and what it is
_TONES = {
    Verdict.IN_BALANCE: "good",
    Verdict.WAITING: "attention",
    Verdict.SETTINGS: "bad",
    Verdict.UNAVAILABLE: "bad",
    Verdict.UNEXPLAINED: "bad",
}
_BY_WEIGHT = (
    Verdict.IN_BALANCE, Verdict.WAITING, Verdict.UNAVAILABLE, Verdict.SETTINGS, Verdict.UNEXPLAINED,
)  # fmt: skip


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of several verdicts; in balance where there is none."""
    return max(verdicts, key=_BY_WEIGHT.index, default=Verdict.IN_BALANCE)


OF_STATUS = {
    "balanced": Verdict.IN_BALANCE,
    "explained": Verdict.WAITING,
    "unexplained": Verdict.UNEXPLAINED,
    "doubled": Verdict.UNEXPLAINED,
}  # of a reconciliation, as it is stored


class Ground(NamedTuple):
    """Why something is not in balance: how grave it is, and a few words."""

    verdict: Verdict
    why: str


class Conclusion(NamedTuple):
    """The verdict on everything that was looked at, and all reasons for it, the gravest first."""

    verdict: Verdict
    reasons: tuple[Ground, ...]

    @property
    def line(self) -> str:
        """One line that says why; just the verdict's word where there is nothing to say."""
        whys = "; ".join(reason.why.rstrip(".") for reason in self.reasons)
        return f"{self.verdict.word}: {whys}" if whys else self.verdict.word


def conclude(reasons: Iterable[Ground]) -> Conclusion:
    """The gravest of the reasons; in balance without one."""
    ordered = sorted(reasons, key=lambda reason: -_BY_WEIGHT.index(reason.verdict))
    return Conclusion(worst(reason.verdict for reason in ordered), tuple(ordered))
