-- What people decided: who, why, when; and the document that it was about. A decision about the connection or a name of
-- its settings has no posting.
SELECT
    a.connection,
    a.seq,
    a.at,
    a.who,
    a.why,
    a.event AS decision,
    a.state AS posting_state_then,
    a."key" AS posting_key,
    a.revision AS posting_revision,
    NULLIF(p.entity, '') AS qbo_entity,
    NULLIF(p.business_date, '0001-01-01') AS posting_date,
    p.amount AS posting_amount,
    p.currency AS posting_currency,
    p.state AS posting_state_now
FROM attempts AS a
LEFT JOIN postings AS p ON p.connection = a.connection AND p."key" = a."key" AND p.revision = a.revision
WHERE a.who IS NOT NULL
