-- The demo company's own inventory database (SQLite), as a small ERP would keep it.
-- What belongs here: tables and indexes. The views that other programs read are in views.sql.
-- Units: *_cents are US cents, *_milli are thousandths of the item's unit, business_date is ISO text in the company's
-- time zone. Every table is STRICT, so that no binary floating point number can be stored.

CREATE TABLE company (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  seed INTEGER NOT NULL,
  documents_per_day INTEGER NOT NULL,
  first_day TEXT NOT NULL,
  next_day TEXT NOT NULL,      -- the first day that has not been worked yet
  last_id INTEGER NOT NULL     -- one counter for the ids of all tables
) STRICT;
CREATE TABLE numbering (series TEXT PRIMARY KEY, last_number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE work_plan (kind TEXT PRIMARY KEY, owed_milli INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE day_changes (
  business_date TEXT PRIMARY KEY, changed_at TEXT NOT NULL   -- UTC, by the company's own clock (see tracking.py)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT NOT NULL,
  terms_days INTEGER NOT NULL, taxable INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE suppliers (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT NOT NULL,
  terms_days INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE warehouses (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  receives_purchases INTEGER NOT NULL, sales_share INTEGER NOT NULL,   -- per cent of the sales orders
  stock_share INTEGER NOT NULL                                                -- per cent of the items' target stock
) STRICT;
CREATE TABLE items (
  id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, category TEXT NOT NULL, unit TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('stocked', 'non_stocked', 'service')),
  supplier_id INTEGER REFERENCES suppliers (id),   -- null for kits, which are assembled here
  purchase_cents INTEGER NOT NULL, sales_cents INTEGER NOT NULL,
  step_milli INTEGER NOT NULL,                     -- the smallest quantity sold
  usual_milli INTEGER NOT NULL,                    -- the largest quantity usual on one order line
  target_milli INTEGER NOT NULL,                   -- the stock level to order up to, company-wide
  labour_minutes INTEGER NOT NULL DEFAULT 0,       -- to assemble one kit
  active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE kit_components (
  kit_id INTEGER NOT NULL REFERENCES items (id), item_id INTEGER NOT NULL REFERENCES items (id),
  quantity_milli INTEGER NOT NULL, PRIMARY KEY (kit_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE purchase_orders (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, supplier_id INTEGER NOT NULL,
  warehouse_id INTEGER NOT NULL, expected_date TEXT NOT NULL,
  net_cents INTEGER NOT NULL,
  billed_first INTEGER NOT NULL,                   -- the supplier bills on order, before the goods arrive
  status TEXT NOT NULL DEFAULT 'completed', received INTEGER NOT NULL DEFAULT 0, billed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE purchase_order_lines (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES purchase_orders (id), line_number INTEGER NOT NULL,
  item_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, unit_cents INTEGER NOT NULL, net_cents INTEGER NOT NULL,
  received_milli INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, supplier_id INTEGER NOT NULL,
  warehouse_id INTEGER NOT NULL, order_id INTEGER NOT NULL REFERENCES purchase_orders (id),
  status TEXT NOT NULL DEFAULT 'completed', billed INTEGER NOT NULL DEFAULT 0, returned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE receipt_lines (
  id INTEGER PRIMARY KEY, receipt_id INTEGER NOT NULL REFERENCES receipts (id), line_number INTEGER NOT NULL,
  order_line_id INTEGER NOT NULL REFERENCES purchase_order_lines (id), item_id INTEGER NOT NULL,
  quantity_milli INTEGER NOT NULL, cost_cents INTEGER NOT NULL
) STRICT;
CREATE TABLE bills (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, due_date TEXT NOT NULL,
  supplier_id INTEGER NOT NULL, supplier_reference TEXT NOT NULL, order_id INTEGER, warehouse_id INTEGER,
  net_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL, paid_cents INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'completed', memo TEXT
) STRICT;
CREATE TABLE bill_lines (
  id INTEGER PRIMARY KEY, bill_id INTEGER NOT NULL REFERENCES bills (id), line_number INTEGER NOT NULL,
  order_line_id INTEGER, item_id INTEGER NOT NULL, description TEXT NOT NULL, quantity_milli INTEGER NOT NULL,
  unit_cents INTEGER NOT NULL, net_cents INTEGER NOT NULL, expense_account TEXT
) STRICT;
CREATE TABLE bill_receipt_matches (
  id INTEGER PRIMARY KEY, bill_line_id INTEGER NOT NULL REFERENCES bill_lines (id),
  receipt_line_id INTEGER NOT NULL REFERENCES receipt_lines (id), quantity_milli INTEGER NOT NULL
) STRICT;
CREATE TABLE supplier_returns (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, supplier_id INTEGER NOT NULL,
  warehouse_id INTEGER NOT NULL, receipt_id INTEGER NOT NULL REFERENCES receipts (id),
  status TEXT NOT NULL DEFAULT 'completed', credited INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE supplier_return_lines (
  id INTEGER PRIMARY KEY, return_id INTEGER NOT NULL REFERENCES supplier_returns (id), line_number INTEGER NOT NULL,
  item_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, cost_cents INTEGER NOT NULL, credit_unit_cents INTEGER NOT NULL
) STRICT;
CREATE TABLE supplier_credits (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, supplier_id INTEGER NOT NULL,
  supplier_reference TEXT NOT NULL, return_id INTEGER NOT NULL REFERENCES supplier_returns (id),
  warehouse_id INTEGER NOT NULL, net_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'completed'
) STRICT;
CREATE TABLE supplier_credit_lines (
  id INTEGER PRIMARY KEY, credit_id INTEGER NOT NULL REFERENCES supplier_credits (id), line_number INTEGER NOT NULL,
  return_line_id INTEGER NOT NULL REFERENCES supplier_return_lines (id), item_id INTEGER NOT NULL,
  quantity_milli INTEGER NOT NULL, unit_cents INTEGER NOT NULL, net_cents INTEGER NOT NULL
) STRICT;

CREATE TABLE quotes (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, customer_id INTEGER NOT NULL,
  net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'completed', memo TEXT
) STRICT;
CREATE TABLE quote_lines (
  id INTEGER PRIMARY KEY, quote_id INTEGER NOT NULL REFERENCES quotes (id), line_number INTEGER NOT NULL,
  item_id INTEGER NOT NULL, description TEXT NOT NULL, quantity_milli INTEGER NOT NULL, unit_cents INTEGER NOT NULL,
  net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, tax_code TEXT NOT NULL
) STRICT;
CREATE TABLE sales_orders (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, customer_id INTEGER NOT NULL,
  warehouse_id INTEGER NOT NULL, customer_reference TEXT NOT NULL, shipped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE sales_order_lines (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES sales_orders (id), line_number INTEGER NOT NULL,
  item_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, unit_cents INTEGER NOT NULL,
  shipped_milli INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE shipments (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, customer_id INTEGER NOT NULL,
  warehouse_id INTEGER NOT NULL, order_id INTEGER NOT NULL REFERENCES sales_orders (id),
  status TEXT NOT NULL DEFAULT 'completed', invoiced INTEGER NOT NULL DEFAULT 0, returned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE shipment_lines (
  id INTEGER PRIMARY KEY, shipment_id INTEGER NOT NULL REFERENCES shipments (id), line_number INTEGER NOT NULL,
  order_line_id INTEGER NOT NULL REFERENCES sales_order_lines (id), item_id INTEGER NOT NULL,
  quantity_milli INTEGER NOT NULL, cost_cents INTEGER NOT NULL
) STRICT;
CREATE TABLE invoices (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, due_date TEXT NOT NULL,
  customer_id INTEGER NOT NULL, customer_reference TEXT, shipment_id INTEGER REFERENCES shipments (id),
  warehouse_id INTEGER, net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL,
  paid_cents INTEGER NOT NULL DEFAULT 0, credited INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'completed', memo TEXT
) STRICT;
CREATE TABLE invoice_lines (
  id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL REFERENCES invoices (id), line_number INTEGER NOT NULL,
  shipment_line_id INTEGER REFERENCES shipment_lines (id), item_id INTEGER NOT NULL, description TEXT NOT NULL,
  quantity_milli INTEGER NOT NULL, unit_cents INTEGER NOT NULL, net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL,
  tax_code TEXT NOT NULL
) STRICT;
CREATE TABLE customer_returns (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, customer_id INTEGER NOT NULL,
  warehouse_id INTEGER NOT NULL, invoice_id INTEGER NOT NULL REFERENCES invoices (id),
  status TEXT NOT NULL DEFAULT 'completed', credited INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE customer_return_lines (
  id INTEGER PRIMARY KEY, return_id INTEGER NOT NULL REFERENCES customer_returns (id), line_number INTEGER NOT NULL,
  invoice_line_id INTEGER NOT NULL REFERENCES invoice_lines (id), item_id INTEGER NOT NULL,
  quantity_milli INTEGER NOT NULL, cost_cents INTEGER NOT NULL
) STRICT;
CREATE TABLE credit_notes (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL, customer_id INTEGER NOT NULL,
  invoice_id INTEGER NOT NULL REFERENCES invoices (id), return_id INTEGER REFERENCES customer_returns (id),
  warehouse_id INTEGER, net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'completed', memo TEXT NOT NULL
) STRICT;
CREATE TABLE credit_note_lines (
  id INTEGER PRIMARY KEY, credit_note_id INTEGER NOT NULL REFERENCES credit_notes (id), line_number INTEGER NOT NULL,
  invoice_line_id INTEGER NOT NULL REFERENCES invoice_lines (id), item_id INTEGER NOT NULL, description TEXT NOT NULL,
  quantity_milli INTEGER NOT NULL, unit_cents INTEGER NOT NULL, net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL,
  tax_code TEXT NOT NULL
) STRICT;

-- Stock entries: what happens inside the warehouses. Lines are signed from the stock's side (in is positive).
CREATE TABLE stock_entries (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN
    ('opening', 'adjustment', 'write_off', 'stock_count', 'assembly', 'disassembly', 'transfer')),
  reason TEXT, labour_minutes INTEGER NOT NULL DEFAULT 0, labour_cents INTEGER NOT NULL DEFAULT 0, memo TEXT,
  status TEXT NOT NULL DEFAULT 'completed'
) STRICT;
CREATE TABLE stock_entry_lines (
  id INTEGER PRIMARY KEY, entry_id INTEGER NOT NULL REFERENCES stock_entries (id), line_number INTEGER NOT NULL,
  item_id INTEGER NOT NULL, warehouse_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, cost_cents INTEGER NOT NULL,
  expected_milli INTEGER, counted_milli INTEGER     -- of a stock count; a line without difference is kept too
) STRICT;

CREATE TABLE bank_entries (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, business_date TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment_received', 'payment_made')), party_id INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL, bank_account TEXT NOT NULL, method TEXT NOT NULL, reference TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'completed', memo TEXT
) STRICT;
CREATE TABLE bank_entry_allocations (
  id INTEGER PRIMARY KEY, entry_id INTEGER NOT NULL REFERENCES bank_entries (id), document_id INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL
) STRICT;

-- The perpetual record of stock: one row for each line that moved stock, and the balance it led to.
CREATE TABLE stock_ledger (
  id INTEGER PRIMARY KEY, business_date TEXT NOT NULL, item_id INTEGER NOT NULL, warehouse_id INTEGER NOT NULL,
  source_id INTEGER NOT NULL, source_line_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, value_cents INTEGER NOT NULL
) STRICT;
CREATE TABLE stock_balances (
  item_id INTEGER NOT NULL, warehouse_id INTEGER NOT NULL, quantity_milli INTEGER NOT NULL, value_cents INTEGER NOT NULL,
  PRIMARY KEY (item_id, warehouse_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_orders_day ON purchase_orders (business_date);
CREATE INDEX purchase_orders_to_receive ON purchase_orders (expected_date, id) WHERE received = 0;
CREATE INDEX purchase_orders_to_bill ON purchase_orders (id) WHERE billed = 0 AND billed_first = 1;
CREATE INDEX purchase_order_lines_order ON purchase_order_lines (order_id, line_number);
CREATE INDEX purchase_order_lines_open ON purchase_order_lines (item_id) WHERE received_milli < quantity_milli;
CREATE INDEX receipts_day ON receipts (business_date);
CREATE INDEX receipts_to_bill ON receipts (order_id, id) WHERE billed = 0;
CREATE INDEX receipts_returnable ON receipts (business_date, id) WHERE returned = 0 AND billed = 1;
CREATE INDEX receipt_lines_receipt ON receipt_lines (receipt_id, line_number);
CREATE INDEX bills_day ON bills (business_date);
CREATE INDEX bills_order ON bills (order_id);
CREATE INDEX bills_open ON bills (due_date, id) WHERE paid_cents < total_cents AND status = 'completed';
CREATE INDEX bills_open_supplier ON bills (supplier_id, due_date, id) WHERE paid_cents < total_cents AND status = 'completed';
CREATE INDEX bill_lines_bill ON bill_lines (bill_id, line_number);
CREATE INDEX bill_lines_order_line ON bill_lines (order_line_id) WHERE order_line_id IS NOT NULL;
CREATE INDEX bill_receipt_matches_line ON bill_receipt_matches (bill_line_id);
CREATE INDEX bill_receipt_matches_receipt ON bill_receipt_matches (receipt_line_id);
CREATE INDEX supplier_returns_day ON supplier_returns (business_date);
CREATE INDEX supplier_returns_to_credit ON supplier_returns (id) WHERE credited = 0;
CREATE INDEX supplier_return_lines_return ON supplier_return_lines (return_id, line_number);
CREATE INDEX supplier_credits_day ON supplier_credits (business_date);
CREATE INDEX supplier_credit_lines_credit ON supplier_credit_lines (credit_id, line_number);
CREATE INDEX quotes_day ON quotes (business_date);
CREATE INDEX quote_lines_quote ON quote_lines (quote_id, line_number);
CREATE INDEX sales_orders_to_ship ON sales_orders (id) WHERE shipped = 0;
CREATE INDEX sales_order_lines_order ON sales_order_lines (order_id, line_number);
CREATE INDEX sales_order_lines_open ON sales_order_lines (item_id) WHERE shipped_milli < quantity_milli;
CREATE INDEX shipments_day ON shipments (business_date);
CREATE INDEX shipments_to_invoice ON shipments (id) WHERE invoiced = 0;
CREATE INDEX shipment_lines_shipment ON shipment_lines (shipment_id, line_number);
CREATE INDEX invoices_day ON invoices (business_date);
CREATE INDEX invoices_creditable ON invoices (business_date, id) WHERE credited = 0 AND shipment_id IS NOT NULL;
CREATE INDEX invoices_open ON invoices (due_date, id) WHERE paid_cents < total_cents AND status = 'completed';
CREATE INDEX invoices_open_customer ON invoices (customer_id, due_date, id)
  WHERE paid_cents < total_cents AND status = 'completed';
CREATE INDEX invoice_lines_invoice ON invoice_lines (invoice_id, line_number);
CREATE INDEX customer_returns_day ON customer_returns (business_date);
CREATE INDEX customer_returns_to_credit ON customer_returns (id) WHERE credited = 0;
CREATE INDEX customer_return_lines_return ON customer_return_lines (return_id, line_number);
CREATE INDEX credit_notes_day ON credit_notes (business_date);
CREATE INDEX credit_note_lines_note ON credit_note_lines (credit_note_id, line_number);
CREATE INDEX stock_entries_day ON stock_entries (business_date);
CREATE INDEX stock_entry_lines_entry ON stock_entry_lines (entry_id, line_number);
CREATE INDEX bank_entries_day ON bank_entries (business_date);
CREATE INDEX bank_entry_allocations_entry ON bank_entry_allocations (entry_id);
CREATE INDEX bank_entry_allocations_document ON bank_entry_allocations (document_id);
CREATE INDEX stock_ledger_day ON stock_ledger (business_date);
CREATE INDEX stock_ledger_source ON stock_ledger (source_line_id);
CREATE INDEX day_changes_time ON day_changes (changed_at);
