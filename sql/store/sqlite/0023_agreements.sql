-- What the two sides said of a thing that both keep when they last agreed.

CREATE TABLE agreements (
  connection TEXT NOT NULL,
  record_key TEXT NOT NULL,
  entity TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  source_values TEXT NOT NULL,
  quickbooks_values TEXT NOT NULL,
  agreed_at TEXT NOT NULL,
  PRIMARY KEY (connection, record_key)
);
