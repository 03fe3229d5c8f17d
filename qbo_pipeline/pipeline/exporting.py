"""Master data at once: all active customers, suppliers or products are drafted, and sent where that is ordered.

What belongs here: building list entries that no document has named yet. How they are sent is `load`'s, what of them is
in QuickBooks already `linking`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from qbo_pipeline.pipeline.building import PageOfRecords
from qbo_pipeline.pipeline.linking import Likenesses, likenesses, link_by_policy
from qbo_pipeline.pipeline.load import Loaded, load
from qbo_pipeline.pipeline.looking import looking
from qbo_pipeline.pipeline.master_data import Parsed, note_names
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.settings_in_force import keep
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.tables.records import UNDATED, records

# What people call the lists, and the record type and kinds behind each.
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "customers": ("party", ("customer",)),
    "suppliers": ("party", ("supplier",)),
    "products": ("product", ("stocked", "non_stocked", "service")),
}
AT_ONCE = 500  # records in one transaction


def draft_lists(run: Run, lists: Collection[str], keys: Collection[str] | None = None) -> Transformed:
    """Draft the active entries of these lists that are not in the outbox; with `keys`, these alone."""
    result, parsed = Transformed(), Parsed()
    with run.database.transaction() as connection:
        note_names(connection, run.name, run.database.now(connection))
        keep(connection, run, PageOfRecords(run, connection, result).in_force)
    for name in lists:
        for rows in _pages(run, *LISTS[name]):
            wanted = [row for row in rows if keys is None or f"{row.record_type}/{row.record_id}" in keys]
            with run.database.transaction() as connection:
                PageOfRecords(run, connection, result, parsed=parsed).build(wanted, listed=True)
            run.progress(f"{name} drafted", sum(result.outcomes.values()))
    return result


def linked_ahead(run: Run, lists: Collection[str]) -> Likenesses:
    """What of these lists is in QuickBooks already, as if all of it were drafted; nothing is kept of it."""
    with looking(run) as look:
        draft_lists(look, lists)
        with look.database.reading() as connection:
            return likenesses(connection, look)


def link_lists(run: Run, lists: Collection[str], person: Person) -> Likenesses:
    """Link every match of these lists; doubts are answered and left as they are."""
    ahead = linked_ahead(run, lists)
    keys = [match.pair.ours.id for match in ahead.matches]
    if keys:
        draft_lists(run, lists, {key.partition("#")[0] for key in keys})
        done = link_by_policy(run, keys, person)
        ahead.matches, ahead.doubts = done.matches, ahead.doubts + done.doubts
    return ahead


def export_lists(run: Run, lists: Collection[str]) -> tuple[Transformed, Loaded]:
    """Draft these lists and send them; what QuickBooks has already is linked by policy, as in every run."""
    drafted = draft_lists(run, lists)
    return drafted, load(run, UNDATED, UNDATED)


def _pages(run: Run, record_type: str, kinds: Sequence[str]) -> Iterator[Sequence[Any]]:
    after = ""
    while True:
        with run.database.reading() as connection:
            query = select(records).where(
                records.c.connection == run.name,
                records.c.record_type == record_type,
                records.c.kind.in_(kinds),
                records.c.disposition != "set_aside",
                records.c.vanished_at.is_(None),
                records.c.record_id > after,
            )
            rows = connection.execute(query.order_by(records.c.record_id).limit(AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].record_id
        yield [row for row in rows if getattr(load_record(row), "active", True)]
