-- What other programs read from the demo company's database: views with the names and columns of
-- sql/source/contract.md, so that a pipeline needs no mapping.
-- AMOUNT(x) and QUANTITY(x) stand for the decimal text of x cents and x thousandths; schema.py writes them out.
-- Ids and dates are plain columns, so that a page of a day is found by index.

CREATE VIEW parties AS
SELECT id AS party_id, 'customer' AS kind, number, name, (SELECT currency FROM company) AS currency, email, active FROM customers
UNION ALL
SELECT id, 'supplier', number, name, (SELECT currency FROM company), email, active FROM suppliers;

CREATE VIEW products AS
SELECT id AS product_id, kind, sku AS number, name, category, unit, active FROM items;

CREATE VIEW locations AS
SELECT id AS location_id, code AS number, name FROM warehouses;

CREATE VIEW documents AS
SELECT id AS document_id, 'sales_invoice' AS kind, number, business_date, due_date, customer_id AS party_id,
  (SELECT currency FROM company) AS currency, NULL AS exchange_rate, AMOUNT(net_cents) AS net_amount, AMOUNT(tax_cents) AS tax_amount,
  AMOUNT(total_cents) AS total_amount, status, customer_reference AS reference, memo, warehouse_id AS location_id
FROM invoices
UNION ALL
SELECT id, 'sales_credit', number, business_date, NULL, customer_id, (SELECT currency FROM company), NULL, AMOUNT(net_cents),
  AMOUNT(tax_cents), AMOUNT(total_cents), status, NULL, memo, warehouse_id
FROM credit_notes
UNION ALL
SELECT id, 'bill', number, business_date, due_date, supplier_id, (SELECT currency FROM company), NULL, AMOUNT(net_cents),
  '0.00', AMOUNT(total_cents), status, supplier_reference, memo, warehouse_id
FROM bills
UNION ALL
SELECT id, 'purchase_credit', number, business_date, NULL, supplier_id, (SELECT currency FROM company), NULL, AMOUNT(net_cents),
  '0.00', AMOUNT(total_cents), status, supplier_reference, NULL, warehouse_id
FROM supplier_credits
UNION ALL
SELECT id, 'purchase_order', number, business_date, NULL, supplier_id, (SELECT currency FROM company), NULL, AMOUNT(net_cents),
  '0.00', AMOUNT(net_cents), status, NULL, NULL, warehouse_id
FROM purchase_orders
UNION ALL
SELECT id, 'quote', number, business_date, NULL, customer_id, (SELECT currency FROM company), NULL, AMOUNT(net_cents),
  AMOUNT(tax_cents), AMOUNT(total_cents), status, NULL, memo, NULL
FROM quotes;

CREATE VIEW document_lines AS
SELECT l.invoice_id AS document_id, h.business_date, l.id AS line_id, l.line_number, l.item_id AS product_id,
  l.description, QUANTITY(l.quantity_milli) AS quantity, AMOUNT(l.unit_cents) AS unit_price,
  AMOUNT(l.net_cents) AS net_amount, AMOUNT(l.tax_cents) AS tax_amount, l.tax_code, NULL AS account,
  CASE WHEN l.shipment_line_id IS NOT NULL THEN h.warehouse_id END AS location_id
FROM invoice_lines AS l JOIN invoices AS h ON h.id = l.invoice_id
UNION ALL
SELECT l.credit_note_id, h.business_date, l.id, l.line_number, l.item_id, l.description,
  QUANTITY(l.quantity_milli), AMOUNT(l.unit_cents), AMOUNT(l.net_cents), AMOUNT(l.tax_cents), l.tax_code, NULL,
  h.warehouse_id
FROM credit_note_lines AS l JOIN credit_notes AS h ON h.id = l.credit_note_id
UNION ALL
SELECT l.bill_id, h.business_date, l.id, l.line_number, l.item_id, l.description, QUANTITY(l.quantity_milli),
  AMOUNT(l.unit_cents), AMOUNT(l.net_cents), '0.00', NULL, l.expense_account,
  CASE WHEN l.order_line_id IS NOT NULL THEN h.warehouse_id END
FROM bill_lines AS l JOIN bills AS h ON h.id = l.bill_id
UNION ALL
SELECT l.credit_id, h.business_date, l.id, l.line_number, l.item_id, NULL, QUANTITY(l.quantity_milli),
  AMOUNT(l.unit_cents), AMOUNT(l.net_cents), '0.00', NULL, NULL, h.warehouse_id
FROM supplier_credit_lines AS l JOIN supplier_credits AS h ON h.id = l.credit_id
UNION ALL
SELECT l.order_id, h.business_date, l.id, l.line_number, l.item_id, NULL, QUANTITY(l.quantity_milli),
  AMOUNT(l.unit_cents), AMOUNT(l.net_cents), '0.00', NULL, NULL, h.warehouse_id
FROM purchase_order_lines AS l JOIN purchase_orders AS h ON h.id = l.order_id
UNION ALL
SELECT l.quote_id, h.business_date, l.id, l.line_number, l.item_id, l.description, QUANTITY(l.quantity_milli),
  AMOUNT(l.unit_cents), AMOUNT(l.net_cents), AMOUNT(l.tax_cents), l.tax_code, NULL, NULL
FROM quote_lines AS l JOIN quotes AS h ON h.id = l.quote_id;

CREATE VIEW bill_matches AS
SELECT b.bill_id AS document_id, m.bill_line_id AS line_id, r.receipt_id AS movement_id,
  m.receipt_line_id AS movement_line_id, QUANTITY(m.quantity_milli) AS quantity
FROM bill_receipt_matches AS m
JOIN bill_lines AS b ON b.id = m.bill_line_id
JOIN receipt_lines AS r ON r.id = m.receipt_line_id
UNION ALL
SELECT c.credit_id, c.id, r.return_id, r.id, QUANTITY(c.quantity_milli)
FROM supplier_credit_lines AS c JOIN supplier_return_lines AS r ON r.id = c.return_line_id;

CREATE VIEW movements AS
SELECT id AS movement_id, 'receipt' AS kind, number, business_date, supplier_id AS party_id, (SELECT currency FROM company) AS currency,
  NULL AS exchange_rate, status, NULL AS account, NULL AS memo
FROM receipts
UNION ALL
SELECT id, 'shipment', number, business_date, customer_id, (SELECT currency FROM company), NULL, status, NULL, NULL FROM shipments
UNION ALL
SELECT id, 'customer_return', number, business_date, customer_id, (SELECT currency FROM company), NULL, status, NULL, NULL
FROM customer_returns
UNION ALL
SELECT id, 'supplier_return', number, business_date, supplier_id, (SELECT currency FROM company), NULL, status, NULL, NULL
FROM supplier_returns
UNION ALL
SELECT id, kind, number, business_date, NULL, (SELECT currency FROM company), NULL, status, reason, memo FROM stock_entries;

CREATE VIEW movement_lines AS
SELECT l.receipt_id AS movement_id, h.business_date, l.id AS line_id, l.line_number, 'stock' AS role,
  l.item_id AS product_id, h.warehouse_id AS location_id, QUANTITY(l.quantity_milli) AS quantity,
  AMOUNT(l.cost_cents) AS value, 1 AS direction, (SELECT currency FROM company) AS currency
FROM receipt_lines AS l JOIN receipts AS h ON h.id = l.receipt_id
UNION ALL
SELECT l.shipment_id, h.business_date, l.id, l.line_number, 'stock', l.item_id, h.warehouse_id,
  QUANTITY(-l.quantity_milli), AMOUNT(-l.cost_cents), 1, (SELECT currency FROM company)
FROM shipment_lines AS l JOIN shipments AS h ON h.id = l.shipment_id
UNION ALL
SELECT l.return_id, h.business_date, l.id, l.line_number, 'stock', l.item_id, h.warehouse_id,
  QUANTITY(l.quantity_milli), AMOUNT(l.cost_cents), 1, (SELECT currency FROM company)
FROM customer_return_lines AS l JOIN customer_returns AS h ON h.id = l.return_id
UNION ALL
SELECT l.return_id, h.business_date, l.id, l.line_number, 'stock', l.item_id, h.warehouse_id,
  QUANTITY(-l.quantity_milli), AMOUNT(-l.cost_cents), 1, (SELECT currency FROM company)
FROM supplier_return_lines AS l JOIN supplier_returns AS h ON h.id = l.return_id
UNION ALL
SELECT l.entry_id, h.business_date, l.id, l.line_number, 'stock', l.item_id, l.warehouse_id,
  QUANTITY(l.quantity_milli), AMOUNT(l.cost_cents), 1, (SELECT currency FROM company)
FROM stock_entry_lines AS l JOIN stock_entries AS h ON h.id = l.entry_id
WHERE l.quantity_milli <> 0 OR l.cost_cents <> 0
UNION ALL
SELECT h.id, h.business_date, h.id, (SELECT COUNT(*) + 1 FROM stock_entry_lines AS l WHERE l.entry_id = h.id),
  'labour', NULL, NULL, '0', AMOUNT(h.labour_cents), 1, (SELECT currency FROM company)
FROM stock_entries AS h WHERE h.labour_cents <> 0;

CREATE VIEW payments AS
SELECT id AS payment_id, kind, number, business_date, party_id, (SELECT currency FROM company) AS currency, NULL AS exchange_rate,
  AMOUNT(amount_cents) AS amount, status, bank_account AS account, method, reference, memo
FROM bank_entries;

CREATE VIEW payment_allocations AS
SELECT l.entry_id AS payment_id, h.business_date, l.id AS allocation_id, l.document_id, AMOUNT(l.amount_cents) AS amount
FROM bank_entry_allocations AS l JOIN bank_entries AS h ON h.id = l.entry_id;

CREATE VIEW stock_values AS
SELECT item_id AS product_id, warehouse_id AS location_id, QUANTITY(SUM(quantity_milli)) AS quantity,
  AMOUNT(SUM(value_cents)) AS value, (SELECT currency FROM company) AS currency, 1 AS direction, NULL AS exchange_rate, business_date
FROM stock_ledger
GROUP BY business_date, item_id, warehouse_id;

CREATE VIEW changed_days AS
SELECT business_date, changed_at FROM day_changes;
