"""What a command loads before it says anything: by the libraries in memory, for a clock differs by machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qbo_pipeline_tests.pipeline.connections import write_connection

FRAMES = {"numpy", "pandas", "pandera", "pyarrow", "xlsxwriter"}
DATABASE = {"sqlalchemy", "httpx", "cryptography"}
WHO_LOADED = """
import json, sys
from qbo_pipeline.cli import main
sys.argv = ["qbo-pipeline", *sys.argv[1:]]
try:
    main()
finally:
    sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""


def _modules(*command: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", WHO_LOADED, *command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", [(), ("run",), ("demo",), ("emulator",), ("reconcile",)], ids=" ".join)
def test_help_loads_no_database_and_no_frames(command: tuple[str, ...]) -> None:
    loaded = _modules(*command, "--help")
    assert not loaded & (FRAMES | DATABASE | {"dagster", "starlette", "jinja2"})
    assert len(loaded) < 500  # about 400; 1,481 when the errors of the database were loaded first


@pytest.mark.parametrize("command", [("status",), ("show", "document/1")], ids=" ".join)
def test_looking_loads_no_frames(command: tuple[str, ...], tmp_path: Path) -> None:
    file = write_connection(tmp_path, "shop", None, currency="USD", first_day="2026-03-02", source_url="sqlite:///x")
    done = subprocess.run(
        [sys.executable, "-c", WHO_LOADED, *command, "--settings", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert "sqlalchemy" in loaded
    assert not loaded & (FRAMES | {"dagster", "starlette", "jinja2"})
    assert len(loaded) < 900  # 786


def test_a_run_of_a_database_loads_no_system_that_is_read_by_api_and_no_terminal() -> None:
    """Eighty modules of ours, and what httpx's own command would bring."""
    roads = "load, extract, transform, reconcile, report_files, write_back"
    code = f"import json, sys\nfrom qbo_pipeline.pipeline import {roads}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    vendors = ("cin7_core", "syncro", "unleashed", "zuper", "http_contract")
    assert not [name for name in loaded if name.startswith(tuple(f"qbo_pipeline.sources.{one}" for one in vendors))]
    assert not loaded & {"click", "rich", "pygments", "dagster"}


def _told(code: str) -> int:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return int(done.stdout.split("told:")[1])


def test_circles_of_objects_are_seldom_looked_for() -> None:
    """276 times while a run's libraries are imported, unless Python is told otherwise first."""
    tell = "atexit.register(lambda: print('told:', sum(each['collections'] for each in gc.get_stats())))"
    command = "import atexit, gc, sys\nsys.argv = ['qbo-pipeline', 'run', '--settings', 'none.toml']\n"
    assert _told(f"{command}{tell}\nfrom qbo_pipeline.__main__ import main\nmain()") < 40
    assert _told("import gc\nimport qbo_pipeline.definitions\nprint('told:', gc.get_threshold()[0])") > 10_000


def test_circles_of_objects_are_not_looked_for_at_the_end() -> None:
    """What is registered first is called last: by then all objects are kept apart."""
    tell = "atexit.register(lambda: print('told:', gc.get_freeze_count()))"
    command = f"import atexit, gc, sys\nsys.argv = ['qbo-pipeline', 'run', '--settings', 'none.toml']\n{tell}\n"
    assert _told(f"{command}from qbo_pipeline.__main__ import main\nmain()") > 10_000
