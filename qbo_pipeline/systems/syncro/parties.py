"""What Syncro makes of customers and vendors that are posted and put.

What belongs here: the booking. What the demo's company has no place for (notes, addresses) the box remembers itself.
"""

from __future__ import annotations

import json
from typing import Any

from qbo_pipeline.systems.booking import change_party, enter_party
from qbo_pipeline.systems.door import Answer
from qbo_pipeline.systems.syncro.world import World

PATHS = {"customers": ("customer", "customers", "business_name"), "vendors": ("vendor", "suppliers", "name")}


def keep(world: World, path: str, key: str, body: bytes) -> Answer:
    """Answer `POST /customers` and `PUT /customers/ID`, and the same of vendors."""
    kind, table, named = PATHS[path]
    try:
        given: dict[str, Any] = json.loads(body)
    except ValueError:
        return 422, {"success": False, "message": ["The body is no JSON"]}
    world.refresh()
    if key and key not in world.objects[kind]:
        return 404, {"error": "Not found"}
    if not key and not given.get(named):
        return 422, {"success": False, "message": ["A name must be given"]}
    name, email = given.get(named), given.get("email")
    if key:
        change_party(world.company, table, int(key), name, email)
    else:
        key = str(enter_party(world.company, table, str(name), str(email or "")))
    world.remember(kind, key, given)
    return 200, {kind: world.objects[kind][key]}
