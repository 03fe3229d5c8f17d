"""The table of alerts: what people were told about, when, and when it was over."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Instant

alerts = Table(
    "alerts",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("cause", Text, primary_key=True),
    Column("opened_at", Instant(), primary_key=True),
    Column("told_at", Instant()),  # none while quiet hours last, or where nobody took the message
    Column("over_at", Instant()),  # when the cause was found gone
    Column("over_told_at", Instant()),
)
