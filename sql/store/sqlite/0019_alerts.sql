-- What people were told about, when, and when it was over.

CREATE TABLE alerts (
  connection TEXT NOT NULL,
  cause TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  told_at TEXT,
  over_at TEXT,
  over_told_at TEXT,
  PRIMARY KEY (connection, cause, opened_at)
);
