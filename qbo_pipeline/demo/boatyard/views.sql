-- The boatyard's rows as the contract has them; schema.py joins each with the warehouse's view of that name.

CREATE VIEW yard_of_parties AS
SELECT id AS party_id, kind, number, name, currency, email, phone, address, city, postal_code, country, parent_id,
  tax_number, tax_exempt, payment_terms, payment_days, party_group, active
FROM yard_parties;

CREATE VIEW yard_of_products AS
SELECT id AS product_id, kind, number, name, category, unit, QUANTITY(weight_milli) AS weight, 1 AS active
FROM yard_products;

CREATE VIEW yard_of_documents AS
SELECT id AS document_id, kind, number, business_date, due_date, payment_terms, payment_days, party_id, currency,
  exchange_rate, AMOUNT(net_cents) AS net_amount, AMOUNT(tax_cents) AS tax_amount, AMOUNT(total_cents) AS total_amount,
  tax_inclusive, status, reference, memo, account, method, channel, source_status, finished_on,
  AMOUNT(deposit_cents) AS deposit_amount, location_id, class, department
FROM yard_documents;

CREATE VIEW yard_of_document_lines AS
SELECT l.document_id, h.business_date, l.id AS line_id, l.line_number, l.product_id, l.description,
  QUANTITY(l.quantity_milli) AS quantity, AMOUNT(l.unit_cents) AS unit_price, AMOUNT(l.net_cents) AS net_amount,
  AMOUNT(l.tax_cents) AS tax_amount, l.tax_code, l.role, l.order_id, l.order_line_id, l.discount_percent, l.account,
  l.location_id, l.class
FROM yard_document_lines AS l JOIN yard_documents AS h ON h.id = l.document_id;

CREATE VIEW yard_of_bill_matches AS
SELECT document_id, line_id, movement_id, movement_line_id, QUANTITY(quantity_milli) AS quantity FROM yard_matches;

CREATE VIEW yard_of_movements AS
SELECT id AS movement_id, kind, number, business_date, party_id, currency, exchange_rate, status, account, memo, class,
  for_movement_id
FROM yard_movements;

CREATE VIEW yard_of_movement_lines AS
SELECT l.movement_id, h.business_date, l.id AS line_id, l.line_number, l.role, l.product_id, l.location_id,
  QUANTITY(l.quantity_milli) AS quantity, AMOUNT(l.cost_cents) AS value, 1 AS direction, h.currency
FROM yard_movement_lines AS l JOIN yard_movements AS h ON h.id = l.movement_id;

CREATE VIEW yard_of_payments AS
SELECT id AS payment_id, kind, number, business_date, party_id, currency, exchange_rate,
  AMOUNT(amount_cents) AS amount, status, account, method, reference, AMOUNT(fee_cents) AS fee_amount, memo
FROM yard_payments;

CREATE VIEW yard_of_payment_allocations AS
SELECT l.payment_id, h.business_date, l.id AS allocation_id, l.document_id, AMOUNT(l.amount_cents) AS amount
FROM yard_payment_allocations AS l JOIN yard_payments AS h ON h.id = l.payment_id;
