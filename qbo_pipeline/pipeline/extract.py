"""Extract: read the source, day by day and in batches, and write to the store what is new, changed or vanished.

Nothing is transformed here. A batch is committed before the next one is read, so a source that goes away in the
middle loses nothing: the next run finds what is there by content hash and goes on. Nothing in a record says which of
two versions is the newer: the one that was read last counts, and reading its day again heals what came out of order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from qbo_pipeline.inventory.records import canonical_json, content_hash
from qbo_pipeline.pipeline.master_data import called
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.sources.errors import SourceFailure
from qbo_pipeline.sources.source import Batch, SetAside, Warned
from qbo_pipeline.store.records import (
    PutCounts,
    StoredRecord,
    ids_of_days,
    mark_vanished,
    put_reads,
    put_records,
)
from qbo_pipeline.store.tables.records import UNDATED

MASTER_DATA = ("party", "product", "location")
DATED = ("document", "movement", "payment")
_SEVERAL = {
    "party": "parties", "product": "products", "location": "locations", "document": "documents",
    "movement": "movements", "payment": "payments",
}  # fmt: skip


@dataclass(slots=True)
class Extracted:
    """What reading one record type brought: how many the source delivered, and what that did to the store."""

    record_type: str
    rows_read: int = 0
    counts: PutCounts = field(default_factory=PutCounts)
    warnings: list[str] = field(default_factory=list)  # the first WARNINGS_KEPT; all of them are in the store
    warned: int = 0


WARNINGS_KEPT = 200


def warned(extracted: Iterable[Extracted]) -> list[str]:
    """What is worth a look in the records that were read, a sentence each; the last says how many more there are."""
    texts: list[str] = []
    more = 0
    for item in extracted:
        texts += item.warnings
        more += item.warned - len(item.warnings)
    return [*texts, f"{more:,} more records are worth a look: they are in the report's work list"] if more else texts


def extract_master_data(run: Run) -> list[Extracted]:
    """Read all parties, products and locations.

    Raises a `SourceFailure` where the source cannot be read; what was read until then is kept.
    """
    with run.source() as source:
        batches = source.read_master_data(batch_size=run.settings.source.batch_size)
        return _store(run, batches, MASTER_DATA, UNDATED, UNDATED, lambda _type, _ids: set())


def extract_days(run: Run, first: date, last: date, record_types: Collection[str] = DATED) -> list[Extracted]:
    """Read every document, movement and payment whose business date lies in the days given (both included).

    Raises a `SourceFailure` where the source cannot be read; what was read until then is kept.
    """
    with run.source() as source:
        size = run.settings.source.batch_size
        batches = source.read_days(first, last, batch_size=size, record_types=record_types)
        return _store(run, batches, record_types, first, last, source.existing)


Existing = Callable[[str, Sequence[str]], set[str]]
ByDay = dict[tuple[str, date], int]


def _store(
    run: Run, batches: Iterable[Batch], types: Iterable[str], first: date, last: date, existing: Existing
) -> list[Extracted]:
    extracted = {record_type: Extracted(record_type) for record_type in types}
    seen: dict[str, dict[str, date]] = defaultdict(dict)  # by record type, the day under which an id came last
    delivered: ByDay = defaultdict(int)
    for rows, group in _grouped(batches, run.settings.source.batch_size):
        with run.database.transaction() as connection:
            now = run.database.now(connection)
            counts = put_records(connection, run.name, rows, run_id=run.run_id, now=now, called=called)
        result = extracted[group[0].record_type]
        result.counts.add(counts)
        for batch in group:
            delivered[result.record_type, batch.day or UNDATED] += batch.rows_read
            result.rows_read += batch.rows_read
            result.warned += len(batch.warnings)
            room = WARNINGS_KEPT - len(result.warnings)
            result.warnings += [_sentence(item) for item in batch.warnings[: max(room, 0)]]
        days = seen[result.record_type]
        for row in rows:
            if row.record_id in days:  # it moved, or changed, while it was read: it is one record, as it came last
                delivered[result.record_type, days[row.record_id]] -= 1
            days[row.record_id] = row.business_date
        run.progress(f"{_SEVERAL[result.record_type]} read", result.rows_read)
    for record_type, result in extracted.items():
        result.counts.vanished = _finish(run, record_type, first, last, seen[record_type], delivered, existing)
    return list(extracted.values())


def _grouped(batches: Iterable[Batch], size: int) -> Iterator[tuple[list[StoredRecord], list[Batch]]]:
    """Batches of one record type gathered up to `size` records, so that a quiet day costs no transaction.

    The types of a day come one after the other, and the days after one another: each type is gathered by itself.
    """
    gathered: dict[str, tuple[list[StoredRecord], list[Batch]]] = {}
    try:
        for batch in batches:
            rows, group = gathered.setdefault(batch.record_type, ([], []))
            found: dict[str, list[str]] = defaultdict(list)
            for item in batch.warnings:
                found[item.record_id].append(item.message)
            rows += [StoredRecord.of(record, found[record.record_id]) for record in batch.records]
            rows += [_set_aside(item, batch.day) for item in batch.set_aside]
            group.append(batch)
            if len(rows) >= size:
                yield gathered.pop(batch.record_type)
    except SourceFailure:
        yield from gathered.values()  # the source went away: what it delivered until then is kept
        raise
    yield from gathered.values()


def _sentence(item: Warned) -> str:
    return f"{item.record_type}/{item.record_id}: {item.message}"


def _set_aside(item: SetAside, day: date | None) -> StoredRecord:
    content = {"column": item.column, "value": item.value, "row": item.content}
    return StoredRecord(
        record_type=item.record_type,
        record_id=item.record_id,
        kind=item.kind or item.record_type,
        number=item.number,
        business_date=day or item.business_date or UNDATED,
        currency=None,
        amount=None,
        content=canonical_json(content),
        content_hash=content_hash({**content, "rule": item.rule}),
        disposition="set_aside",
        rule=item.rule,
        message=item.message,
    )


def _finish(
    run: Run,
    record_type: str,
    first: date,
    last: date,
    seen: Mapping[str, date],
    delivered: ByDay,
    existing: Existing,
) -> int:
    """The days have been read to their end: mark what has vanished, and remember what each day delivered.

    A record that only moved to another day is left alone: that day brings it. Until then it stands under the old
    day, and counts there as read. A day without records is remembered with 0, so that silence is told apart from not
    having looked.
    """
    with run.database.reading() as connection:
        stored = ids_of_days(connection, run.name, record_type, first, last)
    missing = {record_id: day for record_id, day in stored if seen.get(record_id) != day}
    elsewhere = existing(record_type, list(missing)) if missing else set()
    gone = [record_id for record_id in missing if record_id not in elsewhere]
    moved = Counter(missing[record_id] for record_id in elsewhere)
    days = {first + timedelta(days=offset) for offset in range((last - first).days + 1)} | {UNDATED}
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        mark_vanished(connection, run.name, record_type, gone, run_id=run.run_id, now=now)
        counts = {day: delivered.get((record_type, day), 0) + moved[day] for day in days}
        put_reads(connection, run.name, record_type, counts, run_id=run.run_id, now=now)
    return len(gone)
