-- QuickBooks' own general ledger of the inventory accounts, line by line, with the posting that made the line;
-- `posting_key` is empty for what people entered in QuickBooks themselves.
SELECT
    g.connection,
    g.account_id,
    a.name AS account_name,
    g.business_date,
    g.line_number,
    g.qbo_type,
    g.qbo_id,
    g.qbo_number,
    g.name,
    g.memo,
    g.split,
    g.amount,
    g.balance,
    l.posting_key,
    g.created_at,
    g.created_by,
    g.changed_at,
    g.changed_by
FROM ledger_lines AS g
LEFT JOIN (
    SELECT connection, entity, qbo_id, MIN("key") AS posting_key -- each line once, whatever is linked to its object
    FROM posting_links
    GROUP BY connection, entity, qbo_id
) AS l ON l.connection = g.connection AND l.entity = g.qbo_type AND l.qbo_id = g.qbo_id
LEFT JOIN reference_data AS a ON a.connection = g.connection AND a.entity = 'Account' AND a.qbo_id = g.account_id
