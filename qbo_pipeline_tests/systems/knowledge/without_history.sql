-- What Syncro and Zuper alike cannot know of the demo's company, taken out of a copy of its database: each fact with its
-- statements. Stock itself is not compared with this copy: the system's own figures are.

-- There are no payments to suppliers.
DELETE FROM bank_entry_allocations WHERE entry_id IN (SELECT id FROM bank_entries WHERE kind = 'payment_made');
DELETE FROM bank_entries WHERE kind = 'payment_made';

-- There are no bills: an order that is received and finished becomes one, at its own price, on the day that was last.
CREATE TEMP TABLE finished AS
SELECT o.id, o.number, o.supplier_id, o.warehouse_id, o.net_cents, MAX(
  (SELECT MIN(b.business_date) FROM bills AS b WHERE b.order_id = o.id AND b.status = 'completed'),
  (SELECT MAX(r.business_date) FROM receipts AS r WHERE r.order_id = o.id)) AS day
FROM purchase_orders AS o
WHERE o.received = 1 AND EXISTS (SELECT 1 FROM bills AS b WHERE b.order_id = o.id AND b.status = 'completed');
DELETE FROM bill_receipt_matches;
DELETE FROM bill_lines;
DELETE FROM bills;
INSERT INTO bills (id, number, business_date, due_date, supplier_id, supplier_reference, order_id, warehouse_id,
  net_cents, total_cents)
SELECT id + 3000000, number, day, day, supplier_id, number, id, warehouse_id, net_cents, net_cents FROM finished;
INSERT INTO bill_lines (id, bill_id, line_number, order_line_id, item_id, description, quantity_milli, unit_cents,
  net_cents)
SELECT l.id + 3000000, l.order_id + 3000000, l.line_number, l.id, l.item_id, '', l.quantity_milli, l.unit_cents,
  l.net_cents
FROM purchase_order_lines AS l JOIN finished AS f ON f.id = l.order_id;
INSERT INTO bill_receipt_matches (bill_line_id, receipt_line_id, quantity_milli)
SELECT r.order_line_id + 3000000, r.id, r.quantity_milli
FROM receipt_lines AS r JOIN bill_lines AS b ON b.id = r.order_line_id + 3000000;

-- There are no returns to suppliers.
DELETE FROM supplier_credit_lines;
DELETE FROM supplier_credits;
DELETE FROM supplier_return_lines;
DELETE FROM supplier_returns;

-- There are no shipments: goods leave with their invoice, unless that was voided.
CREATE TEMP TABLE left_with AS
SELECT shipment_id FROM invoices WHERE shipment_id IS NOT NULL AND status = 'completed';
DELETE FROM shipment_lines WHERE shipment_id NOT IN (SELECT shipment_id FROM left_with);
DELETE FROM shipments WHERE id NOT IN (SELECT shipment_id FROM left_with);
UPDATE shipments SET business_date = (SELECT i.business_date FROM invoices AS i WHERE i.shipment_id = shipments.id);

-- There are no adjustments, counts, transfers and assemblies.
DELETE FROM stock_entry_lines;
DELETE FROM stock_entries;
