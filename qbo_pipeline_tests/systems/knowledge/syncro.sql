-- What Syncro cannot know beside what is in without_history.sql.

-- Estimates are not read.
DELETE FROM quote_lines;
DELETE FROM quotes;

-- There are no returns: goods come back with their credit note.
DELETE FROM customer_return_lines
WHERE return_id NOT IN (SELECT return_id FROM credit_notes WHERE return_id IS NOT NULL);
DELETE FROM customer_returns WHERE id NOT IN (SELECT return_id FROM credit_notes WHERE return_id IS NOT NULL);
UPDATE customer_returns SET business_date =
  (SELECT c.business_date FROM credit_notes AS c WHERE c.return_id = customer_returns.id);
