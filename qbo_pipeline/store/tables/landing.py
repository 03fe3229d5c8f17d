"""Tables of landing: objects of systems that are read by API, what they were before, and how far reading has come."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant

landed_objects = Table(
    "landed_objects",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("object_id", Text, primary_key=True),
    Column("content", Text, nullable=False),  # JSON as it came, every number with its own digits
    Column("content_hash", Text, nullable=False),
    Column("mark", Text),  # what the system's list says of it: while that is the same, it is not asked for again
    Column("business_date", Day()),
    Column("change_number", Integer, nullable=False),  # in the order in which changes were committed
    Column("first_seen", Instant(), nullable=False),
    Column("changed_at", Instant(), nullable=False),
    Column("last_seen", Instant(), nullable=False),
    Column("vanished_at", Instant()),
    Index("landed_objects_by_change", "connection", "system", "change_number", unique=True),
)

landed_versions = Table(
    "landed_versions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("change_number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("changed_at", Instant(), nullable=False),
    Column("replaced_at", Instant(), nullable=False),
)

landings = Table(
    "landings",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("identity", Text, nullable=False),  # made with the row: what was worked out from another landing is not used
    Column("change_number", Integer, nullable=False),  # of the last change
    Column("calls", Integer, nullable=False),  # to the system's API, in all
    Column("run_id", Text),  # of the run that read it last to the end
    Column("finished_at", Instant()),
    Column("reader", Text),  # who is reading it now
    Column("reading_until", Instant()),  # after that, whoever was reading is taken for dead
)
