-- The boatyard's papers: what the warehouse's own tables have no place for, as a small ERP of another make keeps it.
-- What belongs here: tables and indexes. The views that other programs read are in views.sql.
-- Units: *_cents are hundredths of the row's own currency, *_milli thousandths of the product's unit; rates are decimal
-- text. Ids come from the one counter of the company, stock is kept in the warehouse's stock_ledger.

CREATE TABLE yard_names (name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;  -- what the story calls a paper

CREATE TABLE yard_parties (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, currency TEXT NOT NULL,
  email TEXT, phone TEXT, address TEXT, city TEXT, postal_code TEXT, country TEXT,
  parent_id INTEGER REFERENCES yard_parties (id), tax_number TEXT, tax_exempt INTEGER, payment_terms TEXT,
  payment_days INTEGER, party_group TEXT, active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE yard_products (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, category TEXT NOT NULL,
  unit TEXT NOT NULL, weight_milli INTEGER
) STRICT;
CREATE TABLE yard_documents (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, due_date TEXT,
  payment_terms TEXT, payment_days INTEGER, party_id INTEGER NOT NULL, currency TEXT NOT NULL, exchange_rate TEXT,
  net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL, tax_inclusive INTEGER,
  status TEXT NOT NULL DEFAULT 'completed', reference TEXT, memo TEXT, account TEXT, method TEXT, channel TEXT,
  source_status TEXT, finished_on TEXT, deposit_cents INTEGER, location_id INTEGER, class TEXT, department TEXT
) STRICT;
CREATE TABLE yard_document_lines (
  id INTEGER PRIMARY KEY, document_id INTEGER NOT NULL REFERENCES yard_documents (id), line_number INTEGER NOT NULL,
  product_id INTEGER, description TEXT, quantity_milli INTEGER, unit_cents INTEGER, net_cents INTEGER NOT NULL,
  tax_cents INTEGER NOT NULL, tax_code TEXT, role TEXT, order_id INTEGER, order_line_id INTEGER, discount_percent TEXT,
  account TEXT, location_id INTEGER, class TEXT
) STRICT;
CREATE TABLE yard_matches (
  line_id INTEGER NOT NULL, movement_id INTEGER NOT NULL, movement_line_id INTEGER NOT NULL,
  document_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, PRIMARY KEY (line_id, movement_line_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE yard_movements (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL,
  party_id INTEGER, currency TEXT NOT NULL, exchange_rate TEXT, status TEXT NOT NULL DEFAULT 'completed', account TEXT,
  memo TEXT, class TEXT, for_movement_id INTEGER
) STRICT;
CREATE TABLE yard_movement_lines (
  id INTEGER PRIMARY KEY, movement_id INTEGER NOT NULL REFERENCES yard_movements (id), line_number INTEGER NOT NULL,
  role TEXT NOT NULL, product_id INTEGER, location_id INTEGER, quantity_milli INTEGER NOT NULL,
  cost_cents INTEGER NOT NULL
) STRICT;
CREATE TABLE yard_payments (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL,
  party_id INTEGER NOT NULL, currency TEXT NOT NULL, exchange_rate TEXT, amount_cents INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'completed', account TEXT NOT NULL, method TEXT NOT NULL, reference TEXT,
  fee_cents INTEGER, memo TEXT
) STRICT;
CREATE TABLE yard_payment_allocations (
  id INTEGER PRIMARY KEY, payment_id INTEGER NOT NULL REFERENCES yard_payments (id), document_id INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL
) STRICT;

CREATE INDEX yard_documents_day ON yard_documents (business_date);
CREATE INDEX yard_document_lines_document ON yard_document_lines (document_id, line_number);
CREATE INDEX yard_matches_document ON yard_matches (document_id);
CREATE INDEX yard_movements_day ON yard_movements (business_date);
CREATE INDEX yard_movement_lines_movement ON yard_movement_lines (movement_id, line_number);
CREATE INDEX yard_payments_day ON yard_payments (business_date);
CREATE INDEX yard_payment_allocations_payment ON yard_payment_allocations (payment_id);
