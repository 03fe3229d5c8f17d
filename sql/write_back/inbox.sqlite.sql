-- The inbox of an inventory system on SQLite: what happened in QuickBooks, a row for each revision of each thing.
-- qbo-pipeline adds rows and changes none. The inventory system takes the newest revision of each marker and says, in the
-- same transaction in which it books it, as what it took it (taken_as: its own id) or why it did not (refused).
CREATE TABLE qbo_inbox (
  marker TEXT NOT NULL,          -- names one thing, for ever
  revision INTEGER NOT NULL,     -- 1, and one more with each change in QuickBooks
  operation TEXT NOT NULL,       -- create | update | void
  kind TEXT NOT NULL,            -- payment_received | customer | sales_invoice | ... (docs/write-back.md)
  business_date TEXT NOT NULL,
  party_id TEXT NOT NULL,        -- the inventory system's own id of the customer or supplier
  number TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount TEXT NOT NULL,          -- exact decimal
  content TEXT NOT NULL,         -- the whole record as JSON, with its allocations to documents
  content_hash TEXT NOT NULL,
  written_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  taken_as TEXT,
  refused TEXT,
  PRIMARY KEY (marker, revision)
);
