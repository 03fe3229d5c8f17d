"""Tables of the QuickBooks client: encrypted tokens, the shared schedule of calls, the count of calls.

Tokens and counts are a connection's. The schedule is the realm's, since QBO's limits are: two connections to one
company share it.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant

tokens = Table(
    "tokens",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("nonce", Text, nullable=False),  # base64
    Column("ciphertext", Text, nullable=False),  # base64
    Column("version", Integer, nullable=False),
    Column("fence", Integer, nullable=False),  # of the last claim to refresh
    Column("minting_until", Instant()),
    Column("refused_at", Instant()),
    Column("changed_at", Instant(), nullable=False),
)

token_versions = Table(
    "token_versions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("version", Integer, nullable=False),  # of the row in `tokens` that was written last
)

pacing = Table(
    "pacing",
    metadata,
    Column("realm", Text, primary_key=True),
    Column("next_call", Instant(), nullable=False),
    Column("next_batch", Instant(), nullable=False),
    Column("quiet_until", Instant(), nullable=False),
)

api_calls = Table(
    "api_calls",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("realm", Text, primary_key=True),
    Column("day", Day(), primary_key=True),  # UTC
    Column("kind", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("batch_items", Integer, nullable=False),
    Index("api_calls_by_day", "realm", "day"),
)
