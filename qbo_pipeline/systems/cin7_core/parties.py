"""What Cin7 Core makes of customers and suppliers that are put by its API: those that it has, by their id.

What belongs here: the booking.
"""

from __future__ import annotations

import json
from typing import Any

from qbo_pipeline.systems.booking import change_party
from qbo_pipeline.systems.cin7_core.resources import BadRequest
from qbo_pipeline.systems.cin7_core.world import World
from qbo_pipeline.systems.company import guid

PATHS = {"customer": ("customers", "CustomerList"), "supplier": ("suppliers", "SupplierList")}


def put(world: World, path: str, body: bytes) -> Any:
    """Answer `PUT /customer` and `PUT /supplier`; `None` where there is none of that id."""
    try:
        given: dict[str, Any] = json.loads(body)
        own = str(given["ID"]).lower()
    except (ValueError, KeyError, TypeError):
        raise BadRequest("ID is required") from None
    table, name = PATHS[path]
    found = next((row["id"] for row in world.company.table(table) if guid(path, row["id"]) == own), None)
    if found is None:
        return None
    change_party(world.company, table, found, given.get("Name"), None, active=given.get("Status") != "Deprecated")
    world.refresh()
    return {name: [world.objects[path][own]]}
