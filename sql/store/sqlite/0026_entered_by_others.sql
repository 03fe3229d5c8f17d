-- What people and other tools enter in QuickBooks beside us: by what it may be told to be the same event as one that was
-- posted, and of which posting that is so.

CREATE TABLE entered_by_others (
  connection TEXT NOT NULL,
  entity TEXT NOT NULL,
  qbo_id TEXT NOT NULL,
  party_id TEXT NOT NULL,
  qbo_number TEXT,
  business_date TEXT NOT NULL,
  amount TEXT NOT NULL,
  currency TEXT,
  found_at TEXT NOT NULL,
  record_key TEXT,
  said TEXT,
  PRIMARY KEY (connection, entity, qbo_id)
);

CREATE INDEX entered_by_others_by_day ON entered_by_others (connection, business_date);
CREATE INDEX entered_by_others_by_number ON entered_by_others (connection, qbo_number);
CREATE INDEX entered_by_others_alike ON entered_by_others (connection, record_key) WHERE record_key IS NOT NULL;
