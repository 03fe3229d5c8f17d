"""Tables of what finance sees: QBO's ledger lines and how they were read, reconciliations with their differences,
sign-offs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from qbo_pipeline.store.tables.metadata import metadata
from qbo_pipeline.store.types import Day, Instant, Money

ledger_lines = Table(
    "ledger_lines",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("business_date", Day(), primary_key=True),
    Column("line_number", Integer, primary_key=True),  # within the account and day, in QBO's order
    Column("qbo_type", Text, nullable=False),
    Column("qbo_id", Text, nullable=False),
    Column("qbo_number", Text),
    Column("name", Text),
    Column("memo", Text),
    Column("split", Text),
    Column("amount", Money(), nullable=False),
    Column("balance", Money()),
    Column("created_at", Instant()),
    Column("created_by", Text),
    Column("changed_at", Instant()),
    Column("changed_by", Text),
    Column("marker", Text),
    Index("ledger_lines_by_object", "connection", "qbo_type", "qbo_id"),
)

ledger_windows = Table(
    "ledger_windows",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("first_day", Day(), primary_key=True),
    Column("last_day", Day(), nullable=False),
    Column("opening_balance", Money(), nullable=False),
    Column("closing_balance", Money(), nullable=False),
    Column("read_at", Instant(), nullable=False),
    Column("run_id", Text, nullable=False),
)  # windows of one account never overlap

ledger_balances = Table(
    "ledger_balances",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("as_at", Day(), primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("account_name", Text),
    Column("balance", Money(), nullable=False),
    Column("read_at", Instant(), nullable=False),
    Column("run_id", Text, nullable=False),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("as_at", Day(), nullable=False),
    Column("currency", Text, nullable=False),
    Column("stock_value", Money(), nullable=False),
    Column("ledger_balance", Money(), nullable=False),
    Column("difference", Money(), nullable=False),
    Column("explained", Money(), nullable=False),
    Column("unexplained", Money(), nullable=False),
    Column("tolerance", Money(), nullable=False),
    Column("status", Text, nullable=False),
    Column("stock_basis", Text, nullable=False),
    Column("first_divergence", Day()),
    Column("notes", Text, nullable=False),  # JSON list of sentences
    Column("content_hash", Text, nullable=False),
    Column("report_hash", Text, nullable=False),  # of every row and sentence, to tell a repetition
    Column("made_at", Instant(), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("attempt_seq", Integer),  # where the journal of attempts ended when it was made
    Column("attempt_hash", Text),
    Index("reconciliations_by_day", "connection", "as_at", "number"),
)

differences = Table(
    "differences",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True),  # of the reconciliation
    Column("difference_key", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("document_key", Text, nullable=False),
    Column("record_key", Text),
    Column("posting_key", Text),
    Column("revision", BigInteger),
    Column("kind", Text),
    Column("source_number", Text),
    Column("business_date", Day(), nullable=False),
    Column("account_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("amount", Money(), nullable=False),
    Column("qbo_type", Text),
    Column("qbo_id", Text),
    Column("qbo_number", Text),
    Column("state", Text),
    Column("reason", Text),
    Column("changed_at", Instant()),
    Column("changed_by", Text),
    Column("first_seen", Instant(), nullable=False),
    Column("explanation", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("who", Text, nullable=False),
    Index("differences_by_document", "connection", "document_key"),
)

roll_forwards = Table(
    "roll_forwards",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the reconciliation
    Column("account_id", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # from the opening to the closing
    Column("line", Text, nullable=False),
    Column("source", Money(), nullable=False),
    Column("ledger", Money(), nullable=False),
    Column("signed_source", Money()),
    Column("signed_ledger", Money()),
)

sign_offs = Table(
    "sign_offs",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("step", Integer, primary_key=True),  # each signature, and becoming void, is a row of its own
    Column("as_at", Day(), nullable=False),
    Column("currency", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("stock_value", Money(), nullable=False),
    Column("ledger_balance", Money(), nullable=False),
    Column("difference", Money(), nullable=False),
    Column("unexplained", Money(), nullable=False),
    Column("balances", Text, nullable=False),  # JSON: account, stock value, ledger balance
    Column("preparer", Text, nullable=False),
    Column("prepared_at", Instant(), nullable=False),
    Column("reviewer", Text),
    Column("reviewed_at", Instant()),
    Column("comment", Text, nullable=False),
    Column("void_at", Instant()),
    Column("void_why", Text),
    Column("attempt_seq", Integer),  # where the journal of attempts ended at this step
    Column("attempt_hash", Text),
    Index("sign_offs_by_day", "connection", "as_at", "number"),
)
