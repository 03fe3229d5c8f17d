"""What stands in a job's launchpad when a person opens it: the fields that they must give, empty, and nothing else.

What belongs here: that form. Fields that are left out have their defaults; Dagster lists them beside the launchpad.
"""

from __future__ import annotations

from typing import Any


def asks_for(op: str, *fields: str) -> dict[str, Any]:
    """The run config of a job of one op with these fields empty, one in the plural a list; `{}` without fields."""
    if not fields:
        return {}
    return {"ops": {op: {"config": {field: [] if field in ("keys", "kinds") else "" for field in fields}}}}
