-- The page for people: who may do what there, who is signed in, what was ordered; and how documents are found.

CREATE TABLE page_grants (
  connection TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  password_hash TEXT,
  granted_by TEXT NOT NULL,
  why TEXT NOT NULL,
  granted_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, number)
);

CREATE INDEX page_grants_by_name ON page_grants (name, connection, number);

CREATE TABLE page_sessions (
  connection TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  way TEXT NOT NULL,
  began_at TIMESTAMPTZ NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, token_hash)
);

CREATE INDEX page_sessions_by_token ON page_sessions (token_hash);

CREATE TABLE page_orders (
  connection TEXT NOT NULL,
  order_id TEXT NOT NULL,
  name TEXT NOT NULL,
  decision TEXT NOT NULL,
  items TEXT NOT NULL,
  why TEXT,
  results TEXT,
  made_at TIMESTAMPTZ NOT NULL,
  begun_at TIMESTAMPTZ,
  done_at TIMESTAMPTZ,
  PRIMARY KEY (connection, order_id)
);

ALTER TABLE records ADD COLUMN party_id TEXT;

-- By a pattern, since a content may hold what PostgreSQL refuses in JSON (U+0000); an id with an escape in it is found
-- once its record is read anew.
UPDATE records SET party_id = substring(content from '"party_id":"([^"\\]*)"')
WHERE record_type IN ('document', 'movement', 'payment');

CREATE INDEX records_by_number ON records (connection, number text_pattern_ops);
CREATE INDEX records_by_amount ON records (connection, amount);
CREATE INDEX records_by_party ON records (connection, party_id, business_date);
CREATE INDEX postings_by_qbo_number ON postings (connection, qbo_number);
CREATE INDEX postings_by_state ON postings (connection, state, business_date, key, reason, superseded_by);
