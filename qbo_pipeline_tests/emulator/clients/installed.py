"""Clients of other registries for the long run, unchanged: installed once into a cache outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 600
NODE_QUICKBOOKS = "2.0.50"
TAP_QUICKBOOKS = "2.5.0"


def node_quickbooks() -> Path:
    """The folder of node-quickbooks; the test skips where Node.js is missing or its registry cannot be reached."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js with npm is not installed: node-quickbooks was not tried")
    folder = _cache(f"node-quickbooks-{NODE_QUICKBOOKS}")
    package = folder / "node_modules" / "node-quickbooks"
    if not package.is_dir():
        _install(
            [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"node-quickbooks@{NODE_QUICKBOOKS}"]
        )
    return package


def tap_quickbooks() -> Path:
    """The Python of an environment with the Singer tap tap-quickbooks; the test skips where it cannot be installed."""
    folder = _cache(f"tap-quickbooks-{TAP_QUICKBOOKS}")
    python = folder / "bin" / "python"
    if not (folder / "bin" / "tap-quickbooks").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True)
        _install([str(python), "-m", "pip", "install", "--quiet", f"tap-quickbooks=={TAP_QUICKBOOKS}"])
    return python


def _cache(name: str) -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "qbo_pipeline_tests" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _install(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[-1]} could not be installed within {SECONDS} s: it was not tried")
    if done.returncode != 0:
        pytest.skip(f"{command[-1]} could not be installed, so it was not tried: {done.stderr.strip()[-300:]}")
