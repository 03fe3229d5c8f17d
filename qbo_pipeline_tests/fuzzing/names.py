"""The fuzzers' names and where their corpora are: known before anything of the package is imported.

What belongs here: nothing that imports the package, since the fuzzers put their counters into it as it is imported.
"""

from __future__ import annotations

from pathlib import Path

CORPORA = Path(__file__).parent / "corpora"
NAMES = ("webhook", "answer", "query", "csv", "settings", "mapping", "rows")
