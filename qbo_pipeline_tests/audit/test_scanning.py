"""The scan for secrets finds a planted one wherever git has it, and never prints it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from qbo_pipeline_tests.audit.scanning import DETECTORS, Found, known, secrets_in

# Put together here, so that this file holds none itself.
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"
TOKEN = "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
URL = "postgresql://carol:" + "tr0ub4dor" + "@db.example/books"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "one.txt").write_text(f"key = {KEY}\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    (tmp_path / "one.txt").write_text("key = none any more\n")
    git(tmp_path, "commit", "-qam", "two")
    return tmp_path


def kinds(found: list[Found]) -> set[tuple[str, str]]:
    return {(one.kind, one.file) for one in found}


def test_what_was_taken_out_again_is_found_in_the_history(repository: Path) -> None:
    found = list(secrets_in(repository))
    assert kinds(found) == {("AWS Access Key", "one.txt")}
    assert KEY not in "".join(one.line for one in found)


def test_what_is_not_committed_yet_is_found_too(repository: Path) -> None:
    (repository / "new.txt").write_text(f"{TOKEN}\n{URL}\n")
    assert kinds(list(secrets_in(repository))) == {
        ("AWS Access Key", "one.txt"), ("GitHub Token", "new.txt"), ("Basic Auth Credentials", "new.txt"),
    }  # fmt: skip


def test_a_clean_repository_is_clean(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "one.txt").write_text("nothing here\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    assert list(secrets_in(tmp_path)) == []


def test_each_known_one_says_why_it_is_none() -> None:
    assert all(len(digest) == 40 and why for digest, why in known().items())


def test_detectors_are_asked_by_their_form_alone() -> None:
    assert not {"KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString"} & set(DETECTORS)
