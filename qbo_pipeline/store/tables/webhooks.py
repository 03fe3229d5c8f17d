"""The table of what QuickBooks' webhooks told: hints that something changed there, and when its changes were read."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Instant

webhook_hints = Table(
    "webhook_hints",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("entity", Text, nullable=False),  # QBO's name, or what the event said where we do not know it
    Column("qbo_id", Text),
    Column("operation", Text, nullable=False),
    Column("changed_at", Instant()),  # as the event says; never relied on
    Column("received_at", Instant(), nullable=False),
    Column("taken_up_at", Instant()),  # when a reading of QBO's changes that began after it was complete
    Index("webhook_hints_by_taking_up", "connection", "taken_up_at"),
)
