-- Every reconciliation that was kept, with the certificate on exactly its data: `sign_off` is prepared (one signature),
-- signed (two), void, or none. `newest` marks the one that counts for its date.
WITH certificate AS (
    SELECT
        s.*,
        ROW_NUMBER() OVER (
            PARTITION BY s.connection, s.as_at, s.content_hash ORDER BY s.number DESC, s.step DESC
        ) AS place
    FROM sign_offs AS s
)

SELECT
    r.connection,
    r.number,
    r.as_at,
    r.currency,
    r.stock_value,
    r.ledger_balance,
    r.difference,
    r.explained,
    r.unexplained,
    r.tolerance,
    r.status,
    r.stock_basis,
    r.first_divergence,
    r.made_at,
    CASE
        WHEN ROW_NUMBER() OVER (PARTITION BY r.connection, r.as_at ORDER BY r.number DESC) = 1 THEN 'yes'
        ELSE 'no'
    END AS newest,
    CASE
        WHEN c.number IS NULL THEN 'none'
        WHEN c.void_at IS NOT NULL THEN 'void'
        WHEN c.reviewer IS NULL THEN 'prepared'
        ELSE 'signed'
    END AS sign_off,
    c.preparer,
    c.prepared_at,
    c.reviewer,
    c.reviewed_at,
    c."comment" AS sign_off_comment,
    c.void_at,
    c.void_why,
    r.content_hash
FROM reconciliations AS r
LEFT JOIN certificate AS c
    ON c.connection = r.connection AND c.as_at = r.as_at AND c.content_hash = r.content_hash AND c.place = 1
