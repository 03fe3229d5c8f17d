"""`make bench` measures outside the checks: that each benchmark can at least be collected is seen here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from qbo_pipeline_tests import benchmarks

MODULES = sorted(file.stem for file in Path(benchmarks.__file__).parent.glob("*.py") if file.stem != "__init__")


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_can_be_collected(name: str) -> None:
    module = import_module(f"{benchmarks.__name__}.{name}")
    tests = [found for found in vars(module) if found.startswith("test_")]
    assert tests if name.startswith("bench_") else not tests
