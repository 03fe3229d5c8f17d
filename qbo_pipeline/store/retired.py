"""Parties and products that are inactive in the source: which of them nothing needs any more, and which are inactive in
QBO.

What belongs here: SQL on what the payloads of list entries say of `Active`, where a policy has them say it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, and_, or_, select

from qbo_pipeline.store.dispositions import build_anew
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import records

_INACTIVE, _ACTIVE = '"Active":false', '"Active":true'
_UNSENT = ("ready", "parked", "sending", "unknown")
_P, _L, _R = postings.c, posting_links.c, records.c


def is_retired(connection: Connection, name: str, key: str) -> bool:
    """Whether an entry is in QBO, nothing that is still to be sent names it, and no other entry stands below it."""
    there = select(_L.key).where(_L.connection == name, _L.key == key)
    if connection.execute(there.limit(1)).first() is None:
        return False
    told = json.dumps(f"${key}", ensure_ascii=False)[:-1]
    named = or_(*(_P.payload.contains(f'"value":{told}{end}', autoescape=True) for end in ('"', "#")))
    unsent = or_(_P.state.in_(_UNSENT), _P.entity == "Customer")  # a customer below it has it stay, sent or not
    query = select(_P.key).where(_P.connection == name, _P.superseded_by.is_(None), unsent, named)
    return connection.execute(query.limit(1)).first() is None


def inactive_in_qbo(connection: Connection, name: str, keys: Iterable[str], *, newest: bool = False) -> set[str]:
    """Those of these entries that are inactive in QBO by what we sent; with `newest`, by what is to be sent."""
    which = _P.superseded_by.is_(None) if newest else _P.revision == _L.revision
    both = and_(_P.connection == _L.connection, _P.key == _L.key, which)
    found: set[str] = set()
    for part in chunks(sorted(set(keys))):
        query = select(_P.key).join(posting_links, both).where(_L.connection == name, _L.key.in_(part))
        found.update(connection.scalars(query.where(_P.payload.contains(_INACTIVE, autoescape=True))))
    return found


def reopen_retired(connection: Connection, name: str) -> int:
    """Have the inactive records built again that are active in QBO and that nothing needs; answers how many."""
    key = _R.record_type + "/" + _R.record_id
    query = (
        select(key)
        .join(postings, and_(_P.connection == _R.connection, _P.key == key))
        .where(
            _R.connection == name,
            _R.record_type.in_(("party", "product")),
            _R.disposition == "posting",
            _R.vanished_at.is_(None),
            _R.content.contains('"active":false', autoescape=True),
            _P.superseded_by.is_(None),
            _P.state == "posted",
            _P.payload.contains(_ACTIVE, autoescape=True),
        )
    )
    found = [one for one in connection.scalars(query) if is_retired(connection, name, one)]
    build_anew(connection, name, found)
    return len(found)
