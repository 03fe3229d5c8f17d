-- The newest two-way tie-out: documents, payments and lists here and in QuickBooks, by kind, and each that differs.

CREATE TABLE two_way_kinds (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  agree INTEGER NOT NULL,
  differ INTEGER NOT NULL,
  compared_at TEXT NOT NULL,
  PRIMARY KEY (connection, kind)
);

CREATE TABLE two_way_differences (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  here TEXT,
  there TEXT,
  why TEXT NOT NULL,
  PRIMARY KEY (connection, kind, key)
);
