"""Tables of the way back: what people did in QuickBooks, and what of it the inventory system is to hold."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant, Money

_UNDER_WAY = text("state IN ('ready', 'sending', 'unknown')")
_UNANSWERED = text("state = 'posted' AND taken_as IS NULL AND superseded_by IS NULL")

quickbooks_objects = Table(
    "quickbooks_objects",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("qbo_id", Text, primary_key=True),
    Column("sync_token", Text, nullable=False),  # empty where QBO told of the deletion only
    Column("content", Text),  # as QBO answered it last; none where only its deletion was seen
    Column("deleted", Boolean, nullable=False),
    Column("disposition", Text, nullable=False),  # due | written_back | excluded | withheld
    Column("rule", Text),
    Column("message", Text),
    Column("first_seen", Instant(), nullable=False),
    Column("last_seen", Instant(), nullable=False),
    Index("quickbooks_objects_by_disposition", "connection", "disposition"),
)

write_backs = Table(
    "write_backs",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # entity/Id of the object in QBO
    Column("revision", Integer, primary_key=True),
    Column("marker", Text, nullable=False),  # names the thing in the inventory system, for ever
    Column("operation", Text, nullable=False),  # create | update | void: what the inventory system is to do
    Column("kind", Text, nullable=False),
    Column("business_date", Day(), nullable=False),
    Column("party_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", Money(), nullable=False),
    Column("payload", Text, nullable=False),  # the record as canonical JSON
    Column("payload_hash", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("stale", Integer, nullable=False),
    Column("doubt", Boolean, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("sent_at", Instant()),
    Column("lease_until", Instant()),
    Column("not_before", Instant()),
    Column("fallback", Text),
    Column("recovered", Boolean, nullable=False),
    Column("first_seen", Instant(), nullable=False),
    Column("posted_at", Instant()),  # when it was found or written in the inventory system's inbox
    Column("taken_as", Text),  # the id that the inventory system gave it
    Column("refused", Text),  # or why it did not take it
    Column("superseded_by", Integer),
    Index("write_backs_under_way", "connection", "key", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
    Index("write_backs_unanswered", "connection", "key", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
    Index("write_backs_by_taken", "connection", "taken_as"),
    Index("write_backs_by_party", "connection", "party_id", "amount"),
)

agreements = Table(
    "agreements",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("qbo_id", Text, nullable=False),
    Column("source_values", Text, nullable=False),  # JSON, by field
    Column("quickbooks_values", Text, nullable=False),
    Column("agreed_at", Instant(), nullable=False),
)

attached_files = Table(
    "attached_files",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("qbo_id", Text, primary_key=True),  # of the Attachable
    Column("sync_token", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("path", Text, nullable=False),  # within the folder of the files
    Column("fetched_at", Instant(), nullable=False),
)
