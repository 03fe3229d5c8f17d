"""Tables of the newest two-way tie-out: what agrees on both sides, by kind, and each that differs."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Instant, Quantity

two_way_kinds = Table(
    "two_way_kinds",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # as [ownership] calls it
    Column("agree", Integer, nullable=False),
    Column("differ", Integer, nullable=False),
    Column("compared_at", Instant(), nullable=False),
)

two_way_differences = Table(
    "two_way_differences",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # of the record, or entity/Id of what QuickBooks alone has
    Column("here", Quantity()),  # an amount or a quantity; none for what has neither
    Column("there", Quantity()),
    Column("why", Text, nullable=False),
)
