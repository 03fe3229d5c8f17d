-- What Zuper cannot know beside what is in without_history.sql.

-- Of a credit note its total is told, and neither its lines nor its tax.
DELETE FROM credit_note_lines WHERE id NOT IN (SELECT MIN(id) FROM credit_note_lines GROUP BY credit_note_id);
UPDATE credit_notes SET net_cents = total_cents, tax_cents = 0;
UPDATE credit_note_lines SET
  net_cents = (SELECT c.total_cents FROM credit_notes AS c WHERE c.id = credit_note_lines.credit_note_id),
  tax_cents = 0, tax_code = 'NON', quantity_milli = 1000,
  unit_cents = (SELECT c.total_cents FROM credit_notes AS c WHERE c.id = credit_note_lines.credit_note_id);

-- There are no returns, and no credit note says that goods came back.
UPDATE credit_notes SET return_id = NULL;
DELETE FROM customer_return_lines;
DELETE FROM customer_returns;
