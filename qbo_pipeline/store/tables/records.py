"""Tables of what was extracted: connections, reads, records and their revisions, what is derived from them for
look-ups (stock lines, bill matches, references), reference data, watermarks."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Exact, Instant, Quantity

_GONE = text(
    "(vanished_at IS NOT NULL OR rule = 'voided_in_source' OR (record_type = 'movement' AND disposition = 'set_aside'))"
)
UNDATED = date.min  # the business date of master data and of rows whose own date cannot be read

connections = Table(
    "connections",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("realm", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("created_at", Instant(), nullable=False),
    # Bound by the first posting, as the three above are by the first run; empty where an earlier version wrote the row.
    Column("time_zone", Text),
    Column("first_day", Day()),
    Column("source_place", Text),
    Index("connections_by_company", "environment", "realm", unique=True),
)

reads = Table(
    "reads",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("business_date", Day(), primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("rows_read", Integer, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("read_at", Instant(), nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("number", Text),
    Column("business_date", Day(), nullable=False),
    Column("currency", Text),
    Column("amount", Quantity()),
    Column("revision", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("disposition", Text, nullable=False),  # new | posting | excluded | set_aside
    Column("rule", Text),
    Column("message", Text),
    Column("first_seen", Instant(), nullable=False),
    Column("changed_at", Instant(), nullable=False),
    Column("vanished_at", Instant()),
    Column("run_id", Text, nullable=False),
    Column("warnings", Text),  # JSON list of sentences; none where nothing is worth a look
    Column("party_id", Text),  # of whom a dated record tells; by which people find it
    Index("records_by_day", "connection", "business_date", "record_type"),
    Index("records_by_disposition", "connection", "disposition", "business_date"),
    Index(
        "records_gone",
        "connection",
        "record_type",
        "record_id",
        "vanished_at",
        "disposition",
        "rule",  # whoever asks finds all of it in the index, or SQLite takes another one
        sqlite_where=_GONE,
        postgresql_where=_GONE,
    ),
    Index("records_by_number", "connection", "number", postgresql_ops={"number": "text_pattern_ops"}),
    Index("records_by_amount", "connection", "amount"),
    Index("records_by_party", "connection", "party_id", "business_date"),
)

record_revisions = Table(
    "record_revisions",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("business_date", Day(), nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("seen_at", Instant(), nullable=False),
    Column("run_id", Text, nullable=False),
)

stock_lines = Table(
    "stock_lines",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),  # of the movement
    Column("line_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("business_date", Day(), nullable=False),
    Column("product_id", Text, nullable=False),
    Column("location_id", Text, nullable=False),
    Column("quantity", Quantity(), nullable=False),
    Column("value", Quantity(), nullable=False),
    Column("currency", Text, nullable=False),
    Column("rate", Exact(10)),  # home units for one unit of the currency, where the source gives it
    Column("first_seen", Instant(), nullable=False),
    Index("stock_lines_by_day", "connection", "business_date"),
)

bill_matches = Table(
    "bill_matches",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),  # of the bill
    Column("line_id", Text, primary_key=True),
    Column("movement_id", Text, primary_key=True),
    Column("movement_line_id", Text, primary_key=True),
    Column("business_date", Day(), nullable=False),  # of the bill
    Column("quantity", Quantity(), nullable=False),
    Index("bill_matches_by_movement", "connection", "movement_id"),
)

record_references = Table(
    "record_references",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
    # The key of a dated record that decides its postings besides itself, a document's number (`store.derived`), or what
    # a party or product is called (`store.master_names`).
    Column("refers_to", Text, primary_key=True),
    Index("record_references_to", "connection", "refers_to"),
)

reference_data = Table(
    "reference_data",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),  # one of `pipeline.reference.LISTS`, CompanyInfo or Preferences
    Column("qbo_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("number", Text),
    Column("type", Text),
    Column("currency", Text),
    Column("active", Boolean, nullable=False),
    Column("content", Text, nullable=False),
    Column("read_at", Instant(), nullable=False),
)

account_names = Table(
    "account_names",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # as the chart had it, now or formerly
    Column("qbo_id", Text, nullable=False),
    Column("read_at", Instant(), nullable=False),
)

exchange_rates = Table(
    "exchange_rates",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("from_currency", Text, primary_key=True),
    Column("to_currency", Text, primary_key=True),
    Column("first_day", Day(), primary_key=True),
    Column("last_day", Day(), nullable=False),
    Column("rate", Exact(10), nullable=False),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("moved_at", Instant(), nullable=False),
)
