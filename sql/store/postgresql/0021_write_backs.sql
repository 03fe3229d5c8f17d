-- The way back: what people did in QuickBooks, and what of it the inventory system is to hold.

CREATE TABLE quickbooks_objects (
  connection TEXT NOT NULL,
  entity TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  sync_token TEXT NOT NULL,
  content TEXT,
  deleted BOOLEAN NOT NULL,
  disposition TEXT NOT NULL,
  rule TEXT,
  message TEXT,
  first_seen TIMESTAMPTZ NOT NULL,
  last_seen TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, entity, qbo_id)
);

CREATE INDEX quickbooks_objects_by_disposition ON quickbooks_objects (connection, disposition);

CREATE TABLE write_backs (
  connection TEXT NOT NULL,
  key TEXT NOT NULL,
  revision INTEGER NOT NULL,
  marker TEXT NOT NULL,
  operation TEXT NOT NULL,
  kind TEXT NOT NULL,
  business_date DATE NOT NULL,
  party_id TEXT NOT NULL,
  number TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount NUMERIC(28, 2) NOT NULL,
  payload TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  message TEXT,
  fence INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  misses INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  stale INTEGER NOT NULL,
  doubt BOOLEAN NOT NULL,
  alone BOOLEAN NOT NULL,
  sent_at TIMESTAMPTZ,
  lease_until TIMESTAMPTZ,
  not_before TIMESTAMPTZ,
  fallback TEXT,
  recovered BOOLEAN NOT NULL,
  first_seen TIMESTAMPTZ NOT NULL,
  posted_at TIMESTAMPTZ,
  taken_as TEXT,
  refused TEXT,
  superseded_by INTEGER,
  PRIMARY KEY (connection, key, revision)
);

CREATE INDEX write_backs_under_way ON write_backs (connection, key) WHERE state IN ('ready', 'sending', 'unknown');
CREATE INDEX write_backs_unanswered ON write_backs (connection, key)
  WHERE state = 'posted' AND taken_as IS NULL AND superseded_by IS NULL;
CREATE INDEX write_backs_by_taken ON write_backs (connection, taken_as);
CREATE INDEX write_backs_by_party ON write_backs (connection, party_id, amount);
