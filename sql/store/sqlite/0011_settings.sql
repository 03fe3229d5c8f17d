-- By which settings each posting was made, and what would be another one by the settings of today.

ALTER TABLE postings ADD COLUMN settings_hash TEXT;

CREATE INDEX postings_unsent ON postings (connection, settings_hash)
  WHERE superseded_by IS NULL AND state IN ('ready', 'parked');

CREATE TABLE settings_versions (
  connection TEXT NOT NULL,
  settings_hash TEXT NOT NULL,
  rules_hash TEXT NOT NULL,
  content TEXT NOT NULL,
  first_used TEXT NOT NULL,
  PRIMARY KEY (connection, settings_hash)
);

CREATE TABLE settings_comparisons (
  connection TEXT NOT NULL,
  record_key TEXT NOT NULL,
  rules_hash TEXT NOT NULL,
  differs BOOLEAN NOT NULL,
  PRIMARY KEY (connection, record_key)
);
