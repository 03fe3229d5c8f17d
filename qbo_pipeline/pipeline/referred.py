"""What a refused document refers to, by our keys and names: QuickBooks says only which kind of reference it refuses.

What belongs here: finding the references in a payload, and a sentence about them for each posting concerned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, select

from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_links, postings

_SAID = re.compile(r"QuickBooks said (?:2500|610) in (\w+Ref)\b")
_NAMES = ("Name", "DisplayName", "DocNumber")


def references_named(connection: Connection, name: str, rows: Iterable[Any]) -> dict[tuple[str, int], str]:
    """By posting a sentence that names what stands in the reference that QuickBooks refused, with its Id there."""
    asked: dict[tuple[str, int], tuple[str, list[str]]] = {}
    for row in rows:
        found = _SAID.search(row.message or "")
        if found and row.payload:
            keys = re.findall(rf'"{found[1]}":\{{"value":"\$([^"]+)"', row.payload)
            asked[row.key, row.revision] = (found[1], list(dict.fromkeys(keys)))
    wanted = sorted({key for _, keys in asked.values() for key in keys})
    called = _called(connection, name, wanted)
    return {
        posting: f"Its {reference} is {', '.join(called.get(key, key) for key in keys)}."
        for posting, (reference, keys) in asked.items()
        if keys
    }


def _called(connection: Connection, name: str, keys: list[str]) -> dict[str, str]:
    """Each key with its name and its Id in QuickBooks."""
    found: dict[str, str] = {}
    for part in chunks(keys):
        newest = (postings.c.connection == name, postings.c.key.in_(part), postings.c.superseded_by.is_(None))
        linked = (posting_links.c.connection == postings.c.connection) & (posting_links.c.key == postings.c.key)
        query = select(postings.c.key, postings.c.payload, posting_links.c.qbo_id).outerjoin(posting_links, linked)
        for row in connection.execute(query.where(*newest)):
            payload = orjson.loads(row.payload) if row.payload else {}
            title = next((repr(payload[field]) for field in _NAMES if payload.get(field)), "")
            where = f"Id {row.qbo_id} in QuickBooks" if row.qbo_id else "not in QuickBooks yet"
            found[row.key] = f"{row.key} ({', '.join(filter(None, (title, where)))})"
    return found
