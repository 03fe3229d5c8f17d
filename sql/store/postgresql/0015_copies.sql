-- Objects in QuickBooks that carry the marker of one of ours and are another object: copies that people made.

CREATE TABLE posting_copies (
  connection TEXT NOT NULL,
  entity TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  key TEXT NOT NULL,
  qbo_number TEXT,
  business_date DATE NOT NULL,
  amount NUMERIC(28, 2),
  currency TEXT,
  found_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, entity, qbo_id)
);
