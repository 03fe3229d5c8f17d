"""Tables of settings: each version by which postings were made, and what would be another one by those of today."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Instant

settings_versions = Table(
    "settings_versions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("settings_hash", Text, primary_key=True),  # of rules and of what policy keeps back
    Column("rules_hash", Text, nullable=False),  # of what decides a payload
    Column("content", Text, nullable=False),  # JSON: both, with QBO's Ids; no secret, no address
    Column("first_used", Instant(), nullable=False),
)

settings_comparisons = Table(
    "settings_comparisons",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
    Column("rules_hash", Text, nullable=False),  # those of the time at which the record was built to compare
    Column("differs", Boolean, nullable=False),
)
