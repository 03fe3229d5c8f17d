-- What people do on the page besides decisions: settings and connections changed there, remarks on differences with their
-- files, the reports of signed periods as they were signed; and the roll-forward of each reconciliation.

CREATE TABLE setup_changes (
  connection TEXT NOT NULL,
  number INTEGER NOT NULL,
  what TEXT NOT NULL,
  changes TEXT NOT NULL,
  file_before TEXT,
  file_after TEXT,
  who TEXT NOT NULL,
  why TEXT NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, number)
);

CREATE TABLE difference_notes (
  connection TEXT NOT NULL,
  number INTEGER NOT NULL,
  document_key TEXT NOT NULL,
  as_at DATE NOT NULL,
  remark TEXT NOT NULL,
  file_name TEXT,
  file_sha256 TEXT,
  who TEXT NOT NULL,
  noted_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, number)
);

CREATE INDEX difference_notes_by_document ON difference_notes (connection, document_key);

CREATE TABLE signed_reports (
  connection TEXT NOT NULL,
  number INTEGER NOT NULL,
  form TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  kept_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, number, form)
);

CREATE TABLE kept_files (
  connection TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (connection, file_sha256)
);

CREATE TABLE roll_forwards (
  connection TEXT NOT NULL,
  number INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  place INTEGER NOT NULL,
  line TEXT NOT NULL,
  source NUMERIC(28, 2) NOT NULL,
  ledger NUMERIC(28, 2) NOT NULL,
  signed_source NUMERIC(28, 2),
  signed_ledger NUMERIC(28, 2),
  PRIMARY KEY (connection, number, account_id, place)
);
