"""What Unleashed makes of customers and suppliers that are posted to the address of their guid.

What belongs here: the booking of those that the company has; it gives ids to new ones itself, and refuses them here.
"""

from __future__ import annotations

import json
from typing import Any

from qbo_pipeline.systems.booking import change_party
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.door import Answer
from qbo_pipeline.systems.unleashed.world import World

PATHS = {"Customers": ("customer", "customers", "CustomerName"), "Suppliers": ("supplier", "suppliers", "SupplierName")}


def keep(world: World, path: str, key: str, body: bytes) -> Answer:
    """Answer `POST /Customers/GUID` and `POST /Suppliers/GUID`."""
    kind, table, named = PATHS[path]
    try:
        given: dict[str, Any] = json.loads(body)
    except ValueError:
        return 400, {"Description": "The body is no JSON."}
    found = next((row["id"] for row in world.company.table(table) if guid(kind, row["id"]) == key.lower()), None)
    if found is None:
        return 400, {"Description": f"There is no {kind} {key}."}
    change_party(
        world.company, table, found, given.get(named), given.get("Email"), active=given.get("Obsolete") is not True
    )
    world.refresh()
    return 200, world.objects[kind][key.lower()]
