"""The command line as a person uses it, without a process of its own: arguments in, exit status and texts out."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from qbo_pipeline.cli import main


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left: its exit status, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def plain(self) -> str:
        """Everything that was written, in one line, without the frames around messages."""
        return " ".join("".join(c for c in self.out + self.err if c not in "│╭╮╰╯─").split())


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs `qbo-pipeline` with arguments."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Answer:
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["qbo-pipeline", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        found = self.capsys.readouterr()
        return Answer(status, found.out, found.err)
