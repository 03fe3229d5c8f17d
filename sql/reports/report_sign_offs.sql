-- Every certificate with its whole history, a row for each step: prepared, signed, void. `newest` marks the step at
-- which it stands now.
SELECT
    connection,
    number,
    step,
    as_at,
    CASE WHEN void_at IS NOT NULL THEN 'void' WHEN reviewer IS NULL THEN 'prepared' ELSE 'signed' END AS sign_off,
    CASE
        WHEN ROW_NUMBER() OVER (PARTITION BY connection, number ORDER BY step DESC) = 1 THEN 'yes' ELSE 'no'
    END AS newest,
    currency,
    stock_value,
    ledger_balance,
    difference,
    unexplained,
    preparer,
    prepared_at,
    reviewer,
    reviewed_at,
    "comment" AS sign_off_comment,
    void_at,
    void_why,
    content_hash
FROM sign_offs
