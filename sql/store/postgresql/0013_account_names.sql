-- Which account each name of QuickBooks' chart stood for when it was read last: a renamed account is followed by its Id.

CREATE TABLE account_names (
  connection TEXT NOT NULL,
  name TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  read_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection, name)
);

INSERT INTO account_names (connection, name, qbo_id, read_at)
SELECT connection, name, MIN(qbo_id), MIN(read_at) FROM reference_data WHERE entity = 'Account' GROUP BY connection, name;
