-- Objects in QuickBooks that carry the marker of one of ours and are another object: copies that people made.

CREATE TABLE posting_copies (
  connection TEXT NOT NULL,
  entity TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  key TEXT NOT NULL,
  qbo_number TEXT,
  business_date TEXT NOT NULL,
  amount TEXT,
  currency TEXT,
  found_at TEXT NOT NULL,
  PRIMARY KEY (connection, entity, qbo_id)
);
