"""A code location for tests that go through Dagster's queue: its run workers die, or wait, at a point.

The settings' file is in SETTINGS; POINT names the point. Only the first worker that comes there in FOLDER is
concerned: what Dagster starts after it goes on.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline_tests.dagster_face import deaths
from qbo_pipeline_tests.dagster_face.worker import FOLDER, POINT, SETTINGS, WAITS, hurry

if os.environ.get(POINT):
    folder = Path(os.environ[FOLDER])
    happens = partial(deaths.wait, folder) if os.environ.get(WAITS) else partial(deaths.die_once, folder / "died")
    deaths.arm(os.environ[POINT], happens)

hurry()
defs = build_definitions(os.environ[SETTINGS], retry_after=0)
