-- Objects of inventory systems that are read by API, as they came; and how far reading them has come.

CREATE TABLE landed_objects (
  connection TEXT NOT NULL,
  system TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  content TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  mark TEXT,
  business_date DATE,
  change_number INTEGER NOT NULL,
  first_seen TIMESTAMPTZ NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  last_seen TIMESTAMPTZ NOT NULL,
  vanished_at TIMESTAMPTZ,
  PRIMARY KEY (connection, system, kind, object_id)
);

CREATE UNIQUE INDEX landed_objects_by_change ON landed_objects (connection, system, change_number);

CREATE TABLE landed_versions (
  connection TEXT NOT NULL,
  system TEXT NOT NULL,
  change_number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  content TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  replaced_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, system, change_number)
);

CREATE TABLE landings (
  connection TEXT NOT NULL,
  system TEXT NOT NULL,
  identity TEXT NOT NULL,
  change_number INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  run_id TEXT,
  finished_at TIMESTAMPTZ,
  reader TEXT,
  reading_until TIMESTAMPTZ,
  PRIMARY KEY (connection, system)
);
