-- Files that people attached in QuickBooks, fetched for the inventory system.

CREATE TABLE attached_files (
  connection TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  sync_token TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  path TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  PRIMARY KEY (connection, qbo_id)
);
