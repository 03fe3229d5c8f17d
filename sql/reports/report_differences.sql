-- Every difference of every reconciliation, with its cause, and what to do and who. `newest` marks those of the
-- reconciliation that counts for its date. The amount is ledger minus stock.
SELECT
    d.connection,
    r.number AS reconciliation,
    r.as_at,
    CASE WHEN r.place = 1 THEN 'yes' ELSE 'no' END AS newest,
    d.business_date,
    d.cause,
    d.detail,
    d.amount,
    r.currency,
    d.account_id,
    a.name AS account_name,
    d.kind,
    d.source_number AS document_number,
    d.document_key,
    d.posting_key,
    d.qbo_type,
    d.qbo_id,
    d.qbo_number,
    d.explanation,
    d.remedy,
    d.who,
    d.changed_at,
    d.changed_by,
    d.first_seen
FROM differences AS d
INNER JOIN (
    SELECT
        connection,
        number,
        as_at,
        currency,
        ROW_NUMBER() OVER (PARTITION BY connection, as_at ORDER BY number DESC) AS place
    FROM reconciliations
) AS r ON r.connection = d.connection AND r.number = d.number
LEFT JOIN reference_data AS a ON a.connection = d.connection AND a.entity = 'Account' AND a.qbo_id = d.account_id
