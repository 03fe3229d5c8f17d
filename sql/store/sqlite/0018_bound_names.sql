-- Which object in QuickBooks each name of the settings meant when something was posted with it; the newest turn counts.

CREATE TABLE bound_names (
  connection TEXT NOT NULL,
  entity TEXT NOT NULL,
  name TEXT NOT NULL,
  turn INTEGER NOT NULL,
  qbo_id TEXT NOT NULL,
  bound_at TEXT NOT NULL,
  who TEXT,
  why TEXT,
  PRIMARY KEY (connection, entity, name, turn)
);
