-- The inbox of an inventory system on MySQL or MariaDB: what happened in QuickBooks, a row for each revision of each thing.
-- qbo-pipeline adds rows and changes none: its login needs SELECT and INSERT on this table and nothing else. The inventory
-- system takes the newest revision of each marker and says, in the same transaction in which it books it, as what it took
-- it (taken_as: its own id) or why it did not (refused).
CREATE TABLE qbo_inbox (
  marker VARCHAR(40) NOT NULL,   -- names one thing, for ever
  revision INTEGER NOT NULL,     -- 1, and one more with each change in QuickBooks
  operation VARCHAR(10) NOT NULL,      -- create | update | void
  kind VARCHAR(30) NOT NULL,     -- payment_received | customer | sales_invoice | ... (docs/write-back.md)
  business_date DATE NOT NULL,
  party_id VARCHAR(255) NOT NULL,      -- the inventory system's own id of the customer or supplier
  number VARCHAR(255) NOT NULL,
  currency CHAR(3) NOT NULL,
  amount DECIMAL(28, 6) NOT NULL,
  content LONGTEXT NOT NULL,     -- the whole record as JSON, with its allocations to documents
  content_hash CHAR(64) NOT NULL,
  written_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  taken_as VARCHAR(255),
  refused TEXT,
  PRIMARY KEY (marker, revision)
) ENGINE = InnoDB;
