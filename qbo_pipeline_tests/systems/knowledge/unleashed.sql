-- What Unleashed cannot know of the demo's company, taken out of a copy of its database: each fact with its statements.

-- There are no payments.
DELETE FROM bank_entry_allocations;
DELETE FROM bank_entries;

-- Quotes are not read.
DELETE FROM quote_lines;
DELETE FROM quotes;

-- An order becomes its bill: of what was received, at the price of the order. A bill before its goods is not known, nor
-- is a price that differs.
UPDATE bill_lines SET
  net_cents = COALESCE((SELECT SUM(r.cost_cents) FROM bill_receipt_matches AS m
    JOIN receipt_lines AS r ON r.id = m.receipt_line_id WHERE m.bill_line_id = bill_lines.id), 0),
  quantity_milli = COALESCE((SELECT SUM(m.quantity_milli) FROM bill_receipt_matches AS m
    WHERE m.bill_line_id = bill_lines.id), 0)
WHERE order_line_id IS NOT NULL;
DELETE FROM bill_lines WHERE order_line_id IS NOT NULL AND quantity_milli = 0;
DELETE FROM bill_lines WHERE order_line_id IS NULL
  AND bill_id IN (SELECT id FROM bills WHERE order_id IS NOT NULL)
  AND bill_id NOT IN (SELECT bill_id FROM bill_lines WHERE order_line_id IS NOT NULL);
UPDATE bill_lines SET unit_cents = net_cents * 1000 / quantity_milli;
DELETE FROM bills WHERE id NOT IN (SELECT bill_id FROM bill_lines);
UPDATE bills SET net_cents = (SELECT SUM(net_cents) FROM bill_lines WHERE bill_id = bills.id);
UPDATE bills SET total_cents = net_cents;

-- What comes back from a customer is credited on that day.
INSERT INTO credit_notes (id, number, business_date, customer_id, invoice_id, return_id, warehouse_id, net_cents,
  tax_cents, total_cents, memo)
SELECT r.id + 1000000, 'CRN-' || r.number, r.business_date, r.customer_id, r.invoice_id, r.id, r.warehouse_id,
  (l.quantity_milli * i.unit_cents + 500) / 1000,
  CASE i.tax_code WHEN 'TAX' THEN ((l.quantity_milli * i.unit_cents + 500) / 1000 * 55 + 500) / 1000 ELSE 0 END,
  0, 'Returned'
FROM customer_returns AS r
JOIN customer_return_lines AS l ON l.return_id = r.id
JOIN invoice_lines AS i ON i.id = l.invoice_line_id
WHERE r.id NOT IN (SELECT return_id FROM credit_notes WHERE return_id IS NOT NULL);
UPDATE credit_notes SET total_cents = net_cents + tax_cents;
INSERT INTO credit_note_lines (id, credit_note_id, line_number, invoice_line_id, item_id, description, quantity_milli,
  unit_cents, net_cents, tax_cents, tax_code)
SELECT c.id + 1000000, c.id, 1, i.id, i.item_id, i.description, l.quantity_milli, i.unit_cents, c.net_cents,
  c.tax_cents, i.tax_code
FROM credit_notes AS c
JOIN customer_return_lines AS l ON l.return_id = c.return_id
JOIN invoice_lines AS i ON i.id = l.invoice_line_id
WHERE c.id NOT IN (SELECT credit_note_id FROM credit_note_lines);
UPDATE credit_notes SET business_date =
  (SELECT r.business_date FROM customer_returns AS r WHERE r.id = credit_notes.return_id)
WHERE return_id IS NOT NULL;

-- What is sent back to a supplier is credited on that day.
INSERT INTO supplier_credits (id, number, business_date, supplier_id, supplier_reference, return_id, warehouse_id,
  net_cents, total_cents)
SELECT r.id + 2000000, 'SCR-' || r.number, r.business_date, r.supplier_id, r.number, r.id, r.warehouse_id,
  (l.quantity_milli * l.credit_unit_cents + 500) / 1000, (l.quantity_milli * l.credit_unit_cents + 500) / 1000
FROM supplier_returns AS r JOIN supplier_return_lines AS l ON l.return_id = r.id
WHERE r.id NOT IN (SELECT return_id FROM supplier_credits);
INSERT INTO supplier_credit_lines (id, credit_id, line_number, return_line_id, item_id, quantity_milli, unit_cents,
  net_cents)
SELECT c.id + 2000000, c.id, 1, l.id, l.item_id, l.quantity_milli, l.credit_unit_cents, c.net_cents
FROM supplier_credits AS c JOIN supplier_return_lines AS l ON l.return_id = c.return_id
WHERE c.id NOT IN (SELECT credit_id FROM supplier_credit_lines);
UPDATE supplier_credits SET business_date =
  (SELECT r.business_date FROM supplier_returns AS r WHERE r.id = supplier_credits.return_id);
