"""Tables of what is posted: postings and their effects, links to QBO's objects, frozen requests, the journal."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, false, text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant, Money, Quantity

_READY = text("state = 'ready'")
_IN_DOUBT = text("state IN ('sending', 'unknown')")
_AGAIN = text("state = 'ready' AND request_id IS NOT NULL")
_WAITING = text("waits_for IS NOT NULL")
_ASIDE = text("origin = 'aside'")
_UNSENT = text("superseded_by IS NULL AND state IN ('ready', 'parked')")

postings = Table(
    "postings",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("record_key", Text, nullable=False),  # what asks for it: a record, a summary of records, a person's order
    Column("record_hash", Text, nullable=False),  # the content of what asks
    Column("entity", Text, nullable=False),  # QBO's name; empty where a refused record never got so far
    Column("operation", Text, nullable=False),  # create | update | void | delete
    Column("business_date", Day(), nullable=False),
    Column("amount", Money(), nullable=False),
    Column("currency", Text, nullable=False),
    Column("payload", Text),  # canonical JSON with references as "$key"; none for void, delete and refused
    Column("payload_hash", Text, nullable=False),  # SHA-256: of the payload, of the refusal, or of nothing
    Column("origin", Text, nullable=False, server_default="draft"),  # draft | refusal | withdrawal | reversal
    Column("number", Text),  # by which a read-back finds it: DocNumber, or the name of a list entry
    Column("marker", Text, nullable=False),
    Column("by_name", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    Column("waits_for", Text),  # the key of one posting that must be in QBO first
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("stale", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("doubt", Boolean, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("sent_at", Instant()),
    Column("lease_until", Instant()),
    Column("not_before", Instant()),
    Column("request_id", Text),
    Column("item", Text),
    Column("fallback", Text),
    Column("base", Text),
    Column("base_token", Text),
    Column("approved_by", Text),
    Column("number_twice", Boolean, nullable=False, server_default=false()),  # QBO is told to take a number again
    Column("qbo_id", Text),
    Column("qbo_number", Text),
    Column("sync_token", Text),
    Column("posted_fingerprint", Text),
    Column("answer_hash", Text),
    Column("intuit_tid", Text),
    Column("recovered", Boolean, nullable=False),
    Column("first_seen", Instant(), nullable=False),
    Column("posted_at", Instant()),
    Column("superseded_by", Integer),
    Column("last_attempt", Integer, nullable=False, server_default="0"),  # the newest line of `attempts` about it
    Column("settings_hash", Text),  # the settings that made it; none where it was made before they were kept
    Index("postings_unsent", "connection", "settings_hash", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    Index("postings_ready", "connection", "business_date", "key", sqlite_where=_READY, postgresql_where=_READY),
    Index("postings_in_doubt", "connection", "not_before", sqlite_where=_IN_DOUBT, postgresql_where=_IN_DOUBT),
    Index("postings_again", "connection", "request_id", sqlite_where=_AGAIN, postgresql_where=_AGAIN),
    Index("postings_waiting", "connection", "waits_for", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("postings_aside", "connection", "state", sqlite_where=_ASIDE, postgresql_where=_ASIDE),
    Index("postings_by_day", "connection", "business_date", "state"),
    Index("postings_by_record", "connection", "record_key"),
    Index("postings_by_qbo_number", "connection", "qbo_number"),
    Index("postings_by_state", "connection", "state", "business_date", "key", "reason", "superseded_by"),
)

posting_effects = Table(
    "posting_effects",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("product_id", Text),
    Column("location_id", Text),
    Column("amount", Quantity(), nullable=False),
    Column("record_key", Text),  # whose share it is, in a posting of several records
)

posting_records = Table(
    "posting_records",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("record_key", Text, primary_key=True),
    Column("record_hash", Text, nullable=False),  # the record's content when the revision was made
    Column("amount", Money(), nullable=False),  # the record's share of the posting's amount, in its currency
    # With the posting, or SQLite goes through all records of a connection rather than by it.
    Index("posting_records_by_record", "connection", "record_key", "key", "revision"),
)

posting_links = Table(
    "posting_links",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("qbo_id", Text, nullable=False),
    Column("sync_token", Text, nullable=False),
    Column("qbo_number", Text),
    Column("fingerprint", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("linked_by", Text, nullable=False),  # posted | recovered | name | person
    Column("linked_at", Instant(), nullable=False),
    Index("posting_links_by_object", "connection", "entity", "qbo_id", unique=True),
)

posting_copies = Table(
    "posting_copies",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("qbo_id", Text, primary_key=True),
    Column("key", Text, nullable=False),  # the posting whose marker it carries
    Column("qbo_number", Text),
    Column("business_date", Day(), nullable=False),
    Column("amount", Money()),  # of the object's own currency; none where QBO gives none (a journal)
    Column("currency", Text),
    Column("found_at", Instant(), nullable=False),
)

frozen_requests = Table(
    "frozen_requests",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("lane", Text, nullable=False),  # batch | single
    Column("items", Text, nullable=False),  # JSON: [bId, key, revision, operation, entity] of each item
    Column("body_hash", Text, nullable=False),
    Column("body", LargeBinary),  # zlib, one line an item; dropped once nothing of it is in doubt
    Column("frozen_at", Instant(), nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant(), nullable=False),
    Column("key", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("request_id", Text),
    Column("item", Text),
    Column("code", Text),
    Column("message", Text),
    Column("intuit_tid", Text),
    Column("who", Text),
    Column("why", Text),
    Column("hash", Text, nullable=False),
    Column("content", Text),  # digest of what the revision asks for, in its first line
    Column("facts", Text),  # digest of what the posting held after this line
    Index("attempts_by_key", "connection", "key"),
)

attempt_heads = Table(
    "attempt_heads",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)
