"""The shop's inventory system takes what lies in its inbox, a table or a folder of files: the newest entry of each
marker, whatever its kind.

What belongs here: what any inventory system would do with an entry, on the tables of the contract. It knows nothing of
the pipeline but its inbox.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline_tests.pipeline.shop import Shop

_TABLES = {
    "customer": ("parties", "party_id"), "supplier": ("parties", "party_id"),
    **dict.fromkeys(
        ("sales_invoice", "sales_credit", "sales_receipt", "sales_refund", "bill", "purchase_credit"),
        ("documents", "document_id"),
    ),
    **dict.fromkeys(("payment_received", "payment_made"), ("payments", "payment_id")),
    **dict.fromkeys(("stocked", "non_stocked", "service"), ("products", "product_id")),
    "adjustment": ("movements", "movement_id"),
}  # fmt: skip
_PARTS = {"documents": ("document_lines", "lines"), "payments": ("payment_allocations", "allocations"),
          "movements": ("movement_lines", "lines")}  # fmt: skip


Entry = dict[str, Any]


def take_all(shop: Shop) -> list[str]:
    """Book every entry that was not answered yet, of the table or of the folder; answers the ids that they were taken
    as."""
    engine = create_engine(normalise_url(shop.source_url))
    folder = shop.folder / "inbox"
    with engine.begin() as connection:
        entries = _laid(folder) if folder.is_dir() else _in_the_table(connection)
        answered = {entry["marker"]: entry["taken_as"] for entry in entries if entry["taken_as"]}
        newest = {entry["marker"]: entry for entry in entries}
        taken = []
        for entry in sorted(newest.values(), key=lambda entry: (entry["kind"], entry["marker"])):
            if entry["taken_as"] or entry["refused"]:
                continue
            own = _book(connection, entry, answered.get(entry["marker"]))
            _say(connection, folder, {**entry, "taken_as": own})
            taken.append(own)
    engine.dispose()
    return taken


def _in_the_table(connection: Connection) -> list[Entry]:
    query = text("SELECT * FROM qbo_inbox ORDER BY marker, revision")
    return [dict(row) for row in connection.execute(query).mappings()]


def _laid(folder: Path) -> list[Entry]:
    """The entries of the folder with what was said of each, oldest revision first."""
    said = {(row["marker"], row["revision"]): row for row in _rows(folder / "outcomes")}
    nothing = {"taken_as": "", "refused": ""}
    found = [row | said.get((row["marker"], row["revision"]), nothing) for row in _rows(folder / "entries")]
    return sorted(found, key=lambda row: (row["marker"], int(row["revision"])))


def _rows(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as file:
            yield from csv.DictReader(file)


def _say(connection: Connection, folder: Path, entry: Entry) -> None:
    if not folder.is_dir():
        place = text("UPDATE qbo_inbox SET taken_as = :taken_as WHERE marker = :marker AND revision = :revision")
        connection.execute(place, entry)
        return
    answer = {name: entry[name] for name in ("marker", "revision", "taken_as")} | {"refused": ""}
    (folder / "outcomes").mkdir(exist_ok=True)
    path = folder / "outcomes" / f"{entry['marker']}-{entry['revision']}.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(answer))
        writer.writeheader()
        writer.writerow(answer)


def _book(connection: Connection, entry: Entry, before: str | None) -> str:
    content = json.loads(entry["content"])
    if entry["kind"] == "attachment":
        return str(content["sha256"])
    table, id_field = _TABLES[entry["kind"]]
    own = before or content[id_field].replace("/", "-")  # what was made in QuickBooks is named after its object there
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
