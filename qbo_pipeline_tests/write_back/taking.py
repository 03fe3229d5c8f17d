"""The shop's inventory system takes what lies in its inbox: the newest entry of each marker, whatever its kind.

What belongs here: what any inventory system would do with an entry, on the tables of the contract. It knows nothing of
the pipeline but the table qbo_inbox.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, create_engine, text

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline_tests.pipeline.shop import Shop

_TABLES = {
    "customer": ("parties", "party_id"), "supplier": ("parties", "party_id"),
    **dict.fromkeys(("sales_invoice", "sales_credit", "bill", "purchase_credit"), ("documents", "document_id")),
    **dict.fromkeys(("payment_received", "payment_made"), ("payments", "payment_id")),
    **dict.fromkeys(("stocked", "non_stocked", "service"), ("products", "product_id")),
    "adjustment": ("movements", "movement_id"),
}  # fmt: skip
_PARTS = {"documents": ("document_lines", "lines"), "payments": ("payment_allocations", "allocations"),
          "movements": ("movement_lines", "lines")}  # fmt: skip


def take_all(shop: Shop) -> list[str]:
    """Book every entry that was not answered yet; answers the ids that they were taken as."""
    engine = create_engine(normalise_url(shop.source_url))
    taken = []
    with engine.begin() as connection:
        query = (
            "SELECT * FROM qbo_inbox AS entry WHERE taken_as IS NULL AND refused IS NULL AND NOT EXISTS (SELECT 1 FROM "
            "qbo_inbox AS later WHERE later.marker = entry.marker AND later.revision > entry.revision) "
            "ORDER BY kind, marker"
        )
        for entry in connection.execute(text(query)).mappings().all():
            own = _book(connection, dict(entry))
            said = {"own": own, "marker": entry["marker"], "revision": entry["revision"]}
            connection.execute(
                text("UPDATE qbo_inbox SET taken_as = :own WHERE marker = :marker AND revision = :revision"), said
            )
            taken.append(own)
    engine.dispose()
    return taken


def _book(connection: Connection, entry: dict[str, Any]) -> str:
    content = json.loads(entry["content"])
    if entry["kind"] == "attachment":
        return str(content["sha256"])
    table, id_field = _TABLES[entry["kind"]]
    before = connection.execute(
        text("SELECT taken_as FROM qbo_inbox WHERE marker = :marker AND taken_as IS NOT NULL"), entry
    ).scalars().first()  # fmt: skip
    own = before or (content[id_field].replace("/", "-") if entry["operation"] == "create" else content[id_field])
    if "changed" in content:  # of what both sides keep only these fields are QuickBooks'
        fields = {name: content.get(name) for name in content["changed"]}
        places = ", ".join(f"{name} = :{name}" for name in fields)
        connection.execute(text(f"UPDATE {table} SET {places} WHERE {id_field} = :own"), {**fields, "own": own})
        return str(own)
    connection.execute(text(f"DELETE FROM {table} WHERE {id_field} = :own"), {"own": own})
    _insert(connection, table, {**content, id_field: own})
    if table in _PARTS:
        parts, field = _PARTS[table]
        connection.execute(text(f"DELETE FROM {parts} WHERE {id_field} = :own"), {"own": own})
        for part in content.get(field, ()):
            _insert(connection, parts, {**part, id_field: own})
    return str(own)


def _insert(connection: Connection, table: str, content: dict[str, Any]) -> None:
    row = {column.name: content[column.name] for column in COLUMNS[table] if column.name in content}
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)
