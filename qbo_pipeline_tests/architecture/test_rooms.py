"""The doors between the rooms: the contract is the table in the docs, and each import without a door is refused."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.architecture.rooms import EVERYTHING, NOTHING, ROOT, allowed, floors

REPOSITORY = Path(__file__).parents[2]
CONTRACT: dict[str, Any] = next(
    contract
    for contract in tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if contract["type"] == "rooms"
)
DOORS = allowed(CONTRACT["rooms"], CONTRACT["for_all"], CONTRACT["strangers"])
WITHOUT_DOOR = [(room, other) for room in DOORS for other in DOORS if other != room and other not in DOORS[room]]
_ROW = re.compile(r"^\| (`[^|]+`) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def table_of_the_docs() -> Iterator[str]:
    """The rows of the table in docs/architecture.md, written as the contract's lines."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = text.partition("## Rooms\n")[2].partition("\n## ")[0]
    for names, doors in _ROW.findall(rooms):
        named = names.replace("`", "").replace("/", "").replace(".py", "")
        words = re.sub(r" \([^)]*\)", "", doors).replace(",", "")
        words = {"nothing of ours": NOTHING, "everything further down": EVERYTHING}.get(words, words)
        yield f"{named}: {words}"


def test_the_contract_is_the_table_of_the_docs() -> None:
    assert list(table_of_the_docs()) == CONTRACT["rooms"]


def test_every_room_of_the_package_has_its_line() -> None:
    there = {
        path.stem for path in (REPOSITORY / ROOT).iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert set(DOORS) == there - {"__init__"}


def test_doors_lead_down() -> None:
    with pytest.raises(ValueError, match="store: pipeline is not further down"):
        floors(["pipeline: everything", "store: pipeline"])
    with pytest.raises(ValueError, match="no door at all"):
        floors(["store:"])


def lint(folder: Path) -> str:
    """What `lint-imports` says in a folder, colours aside; its exit status is in the last line."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = os.environ | {"COLUMNS": "400", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return f"{done.stdout}{done.stderr}\nexit {done.returncode}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, the contract and what reads it, in a folder of their own."""
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    only_python = shutil.ignore_patterns("__pycache__", "*.j2", "*.sql", "*.json", "*.toml", "*.css", "*.js")
    shutil.copytree(REPOSITORY / ROOT, tmp_path / ROOT, ignore=only_python)
    tests = tmp_path / "qbo_pipeline_tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    shutil.copytree(REPOSITORY / "qbo_pipeline_tests" / "architecture", tests / "architecture", ignore=only_python)
    return tmp_path


def test_each_import_without_a_door_is_refused(copy: Path) -> None:
    """All of them added at once: each must be named, so that no room hides behind another."""
    for room in DOORS:
        file = copy / ROOT / f"{room}.py"
        file = file if file.is_file() else copy / ROOT / room / "__init__.py"
        wrong = [f"import {ROOT}.{other}\n" for other in DOORS if (room, other) in WITHOUT_DOOR]
        file.write_text(file.read_text(encoding="utf-8") + "".join(wrong), encoding="utf-8")
    said = lint(copy)
    assert said.endswith("exit 1")
    refused = re.findall(r"^(\w+) may not import (\w+): ", said, re.MULTILINE)
    assert sorted(refused) == sorted(WITHOUT_DOOR)


@pytest.mark.parametrize(
    ("importer", "line", "refused"),
    [
        ("reports/page.py", "from qbo_pipeline.store.database import Database", "reports may not import store"),
        ("accounting/rules.py", "from qbo_pipeline.posting import core", "accounting may not import posting"),
        ("store/claims.py", "from qbo_pipeline import settings", "store may not import settings"),
        ("emulator/command.py", "from qbo_pipeline.errors import Signal", "emulator may not import errors"),
        ("pipeline/run.py", "import qbo_pipeline.demo.company", "pipeline may not import demo"),
        ("posting/core.py", "import qbo_pipeline.reports.words", "posting may not import reports"),
    ],
)
def test_an_import_deep_in_a_room_is_refused(copy: Path, importer: str, line: str, refused: str) -> None:
    file = copy / ROOT / importer
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\ndef _later() -> None:\n    {line}\n", encoding="utf-8")
    said = lint(copy)
    assert f"{refused}: qbo_pipeline.{importer[:-3].replace('/', '.')} -> " in said
    assert said.endswith("exit 1")


def test_a_room_that_nobody_told_the_contract_of_is_refused(copy: Path) -> None:
    (copy / ROOT / "newcomer.py").write_text("from qbo_pipeline.store import claims\n", encoding="utf-8")
    assert "qbo_pipeline.newcomer belongs to no room of the contract" in lint(copy)


def test_the_copy_as_it_is_is_kept(copy: Path) -> None:
    assert lint(copy).endswith("exit 0")


IGNORED = re.compile(r"# type: ignore(?:\[[\w-]+(?:, [\w-]+)*\])?(.*)$", re.MULTILINE)


def test_every_type_that_is_ignored_has_its_reason_beside_it() -> None:
    """In the product; a test that calls something with a wrong type says so by what it tests."""
    silent = [
        f"{file.relative_to(REPOSITORY)}: {found[0].strip()}"
        for file in sorted((REPOSITORY / "qbo_pipeline").rglob("*.py"))
        for found in IGNORED.finditer(file.read_text(encoding="utf-8"))
        if not found[1].strip().startswith("#")
    ]
    assert silent == []
