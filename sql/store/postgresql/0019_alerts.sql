-- What people were told about, when, and when it was over.

CREATE TABLE alerts (
  connection TEXT NOT NULL,
  cause TEXT NOT NULL,
  opened_at TIMESTAMPTZ NOT NULL,
  told_at TIMESTAMPTZ,
  over_at TIMESTAMPTZ,
  over_told_at TIMESTAMPTZ,
  PRIMARY KEY (connection, cause, opened_at)
);
