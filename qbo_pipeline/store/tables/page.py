"""Tables of the page for people: what its users may do, who is signed in, what was ordered, changed and noted there."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant

page_grants = Table(
    "page_grants",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of one name the newest counts
    Column("name", Text, nullable=False),
    Column("roles", Text, nullable=False),  # words with blanks between them; empty where everything was taken away
    Column("password_hash", Text),  # none for somebody whom a proxy or an OpenID Connect provider names
    Column("granted_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("granted_at", Instant(), nullable=False),
    Index("page_grants_by_name", "name", "connection", "number"),
)

page_sessions = Table(
    "page_sessions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("token_hash", Text, primary_key=True),  # SHA-256; the token itself is in the browser alone
    Column("name", Text, nullable=False),
    Column("way", Text, nullable=False),  # password | proxy | openid
    Column("began_at", Instant(), nullable=False),
    Column("seen_at", Instant(), nullable=False),
    Column("ends_at", Instant(), nullable=False),
    Index("page_sessions_by_token", "token_hash"),
)

page_orders = Table(
    "page_orders",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("items", Text, nullable=False),  # JSON: key, revision, state, reason and fence of each as it was shown
    Column("why", Text),
    Column("results", Text),  # JSON: key, done, words
    Column("made_at", Instant(), nullable=False),
    Column("begun_at", Instant()),
    Column("done_at", Instant()),
)

setup_changes = Table(
    "setup_changes",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("what", Text, nullable=False),  # rules | settings | connected
    Column("changes", Text, nullable=False),  # JSON: path, before and after of each; no secret, no address
    Column("file_before", Text),  # SHA-256 of the settings file; none where it was not changed
    Column("file_after", Text),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("changed_at", Instant(), nullable=False),
)

difference_notes = Table(
    "difference_notes",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document_key", Text, nullable=False),  # of the differences, in each reconciliation that has one
    Column("as_at", Day(), nullable=False),  # of the reconciliation beside which it was written
    Column("remark", Text, nullable=False),
    Column("file_name", Text),
    Column("file_sha256", Text),
    Column("who", Text, nullable=False),
    Column("noted_at", Instant(), nullable=False),
    Index("difference_notes_by_document", "connection", "document_key"),
)

signed_reports = Table(
    "signed_reports",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the sign-off
    Column("form", Text, primary_key=True),  # page | workbook
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("kept_at", Instant(), nullable=False),
)

kept_files = Table(
    "kept_files",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("file_sha256", Text, primary_key=True),  # of the file itself: what is read is held against it
    Column("size", Integer, nullable=False),  # bytes
    Column("content", LargeBinary, nullable=False),  # zlib
)
