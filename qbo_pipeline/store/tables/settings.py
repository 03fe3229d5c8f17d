"""Tables of settings: each version by which postings were made, what would be another one by those of today, and what
their names mean in QBO."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table, Text

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

bound_names = Table(
    "bound_names",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),  # Account | TaxCode | Class | Department
    Column("name", Text, primary_key=True),  # as the settings write it: a name or an account's number
    Column("turn", Integer, primary_key=True),  # the newest counts, the earlier ones stay
    Column("qbo_id", Text, nullable=False),
    Column("bound_at", Instant(), nullable=False),
    Column("who", Text),  # where a person has said that the name means another object now
    Column("why", Text),
)
