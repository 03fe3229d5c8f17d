-- Which records stand behind each posting, and with what share: postings and records are many to many.

CREATE TABLE posting_records (
  connection TEXT NOT NULL,
  key TEXT NOT NULL,
  revision INTEGER NOT NULL,
  record_key TEXT NOT NULL,
  record_hash TEXT NOT NULL,
  amount NUMERIC(28, 2) NOT NULL,
  PRIMARY KEY (connection, key, revision, record_key)
);

CREATE INDEX posting_records_by_record ON posting_records (connection, record_key);

-- Until now each posting stood for one record, whole; a person's order (a reversal, an adjustment) stands for none.
INSERT INTO posting_records (connection, key, revision, record_key, record_hash, amount)
SELECT connection, key, revision, record_key, record_hash, amount FROM postings
WHERE origin <> 'reversal' AND record_key NOT LIKE 'adjustment/%';

ALTER TABLE posting_effects ADD COLUMN record_key TEXT;
