"""The table of what people and other tools enter in QuickBooks beside us."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant, Money

_ALIKE = text("record_key IS NOT NULL")

entered_by_others = Table(
    "entered_by_others",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("qbo_id", Text, primary_key=True),
    Column("party_id", Text, nullable=False),  # QBO's Id of its customer or vendor; empty where it names none
    Column("qbo_number", Text),
    Column("business_date", Day(), nullable=False),
    Column("amount", Money(), nullable=False),  # in its own currency
    Column("currency", Text),
    Column("found_at", Instant(), nullable=False),
    Column("record_key", Text),  # the posted record that it may be; none where it is like none
    Column("said", Text),  # a person's word that it is another one
    Index("entered_by_others_by_day", "connection", "business_date"),
    Index("entered_by_others_by_number", "connection", "qbo_number"),
    Index("entered_by_others_alike", "connection", "record_key", sqlite_where=_ALIKE, postgresql_where=_ALIKE),
)
