"""The fuzzers in short: their corpora replayed, and bytes near those of the corpora for a bounded time."""

from __future__ import annotations

import random
import subprocess
import sys
from importlib.util import find_spec
from itertools import count
from time import monotonic

import pytest

from qbo_pipeline_tests.fuzzing.__main__ import main
from qbo_pipeline_tests.fuzzing.names import CORPORA, NAMES
from qbo_pipeline_tests.fuzzing.targets import TARGETS

SECONDS = 1.5
SMALL = 20_000  # bytes of one input that is kept in the repository


def corpus(name: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((CORPORA / name).iterdir())]


def test_each_fuzzer_has_inputs_to_begin_with() -> None:
    assert tuple(TARGETS) == NAMES
    assert sorted(folder.name for folder in CORPORA.iterdir()) == sorted(NAMES)
    for name in NAMES:
        assert len(corpus(name)) > 1
        assert max(map(len, corpus(name))) < SMALL


@pytest.mark.parametrize(
    ("name", "file"), [(name, file.name) for name in NAMES for file in sorted((CORPORA / name).iterdir())]
)
def test_what_is_kept_in_the_corpora(name: str, file: str) -> None:
    TARGETS[name]((CORPORA / name / file).read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_near_the_corpora(name: str) -> None:
    known, end = corpus(name), monotonic() + SECONDS
    for seed in count():
        content = near(known, random.Random(seed))
        try:
            TARGETS[name](content)
        except Exception as error:
            raise AssertionError(f"seed {seed}, keep it as corpora/{name}/FILE: {content!r}") from error
        if monotonic() > end:
            break


def near(known: list[bytes], dice: random.Random) -> bytes:
    """An input of the corpus with a few bytes changed, cut, doubled or taken from another input."""
    content = bytearray(dice.choice(known))
    for _ in range(dice.randint(1, 6)):
        at, to = sorted(dice.randint(0, len(content)) for _ in range(2))
        match dice.randint(0, 4):
            case 0:
                content[at:to] = b""
            case 1:
                content[at:at] = content[at:to][:200]
            case 2:
                other = dice.choice(known)
                content[at:to] = other[dice.randint(0, len(other)) :][: dice.randint(0, 40)]
            case 3:
                content[at : at + 1] = bytes([dice.randrange(256)])
            case _:
                content[at:at] = dice.choice([b"\x00", b"'", b'"', b"\\", b"[", b"{", b"9" * 30, b"-", b"1e999", b"\n"])
    return bytes(content[:4096])


def test_without_its_library_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("qbo_pipeline_tests.fuzzing.__main__.find_spec", lambda _: None)
    assert main(["webhook"]) == 3
    assert "atheris is not installed" in capsys.readouterr().out


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: `make fuzz` installs it")
def test_a_finding_is_a_finding(tmp_path) -> None:
    """A target that breaks is found within seconds, kept, and the exit status says so."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "import qbo_pipeline_tests.fuzzing.__main__ as fuzzing\n"
        "import qbo_pipeline_tests.fuzzing.targets as targets\n"
        "def broken(content):\n"
        "    assert b'eventNotif' not in content\n"
        "targets.TARGETS['webhook'] = broken\n"
        f"fuzzing.WORK = Path({str(tmp_path)!r})\n"
        "sys.exit(fuzzing.fuzz('webhook', 20))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert list((tmp_path / "findings").glob("webhook-crash-*")), ended.stderr
