"""A vendor's own integration at work in a company before ours: the same documents, without our markers.

What belongs here: taking what our posting rules would send and sending it as somebody else would.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import date
from typing import Any

from qbo_pipeline.pipeline.looking import looking
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.posting.freezing import references, resolve
from qbo_pipeline.settings import Settings
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import draft_days

Change = Callable[[str, dict[str, Any]], dict[str, Any] | None]
"""What this integration does otherwise with an object of ours, by key and payload; `None` where it leaves it out."""


def post_as_the_vendor(
    settings: Settings, emulator: RunningEmulator, first: date, last: date, change: Change = lambda key, thing: thing
) -> dict[str, str]:
    """Post what is dated in these days; answers the Id of each object by our key. Nothing of ours remembers it."""
    with open_run(settings, only_look=True) as run, looking(run) as look:
        draft_days(look, first, last)
        found = rows(look, "SELECT key, entity, payload FROM postings WHERE payload IS NOT NULL AND state = 'ready'")
    waiting = {row["key"]: row for row in found}
    ids: dict[str, str] = {}
    while waiting:
        ready = [key for key, row in waiting.items() if not set(references(row["payload"])) & waiting.keys()]
        assert ready, f"these refer to each other: {sorted(waiting)}"
        for key in ready:
            row = waiting.pop(key)
            thing = change(key, json.loads(resolve(row["payload"], ids)))
            if thing is not None:
                ids[key] = _made_or_there(emulator, row["entity"], thing)
    return ids


def _made_or_there(emulator: RunningEmulator, entity: str, thing: dict[str, Any]) -> str:
    """The Id of what is made without our note, or of what has its name already."""
    try:
        made = create(emulator, entity, {name: value for name, value in thing.items() if name != "PrivateNote"})
    except AssertionError as error:
        if (there := re.search(r"already using this name.*Id=(\d+)", str(error))) is None:
            raise
        return there[1]
    return str(made["Id"])


def create(emulator: RunningEmulator, entity: str, thing: dict[str, Any]) -> dict[str, Any]:
    """Make an object in QuickBooks as anybody may."""
    request = urllib.request.Request(
        emulator.api(entity.lower()), json.dumps(thing).encode(),
        {**emulator.bearer(), "Content-Type": "application/json", "Accept": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            made: dict[str, Any] = json.load(answer)[entity]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{entity}: {error.read().decode()}") from error
    return made
