-- Every record of the inventory system and where it stands, a row for each object in QuickBooks that it has a share of;
-- then the objects that people ordered without a record (reversals, adjustments). `record_share` is the record's part of
-- `posting_amount`, which is the object's: a journal that sums up a day stands in a row for each of its records.
-- `stands` is the record's word in the counting identity, that of its least finished object.
WITH unfinished AS (
    SELECT
        l.connection,
        l.record_key,
        MAX(CASE p.state WHEN 'parked' THEN 4 WHEN 'skipped' THEN 2 ELSE 3 END) AS most
    FROM postings AS p
    CROSS JOIN posting_records AS l -- in this order on SQLite: few postings are unfinished
    WHERE
        p.superseded_by IS NULL AND p.state IN ('parked', 'ready', 'sending', 'unknown', 'skipped')
        AND l.connection = p.connection AND l."key" = p."key" AND l.revision = p.revision
    GROUP BY l.connection, l.record_key
)

SELECT
    r.connection,
    r.record_type,
    r.kind,
    r.record_id,
    r.number AS document_number,
    NULLIF(r.business_date, '0001-01-01') AS business_date,
    r.amount,
    r.currency,
    CASE
        WHEN r.vanished_at IS NOT NULL THEN 'vanished'
        WHEN r.disposition IN ('posting', 'refused') AND u.most = 4 THEN 'parked'
        WHEN r.disposition IN ('posting', 'refused') AND u.most = 3 THEN 'waiting'
        WHEN r.disposition IN ('posting', 'refused') AND u.most = 2 THEN 'skipped'
        WHEN r.disposition IN ('posting', 'refused') AND p."key" IS NOT NULL THEN 'posted'
        WHEN r.disposition = 'posting' THEN 'waiting'
        WHEN r.disposition = 'refused' THEN 'parked'
        WHEN r.disposition = 'new' THEN 'waiting'
        ELSE r.disposition
    END AS stands,
    COALESCE(p.reason, r.rule) AS reason,
    COALESCE(
        p.message,
        CASE WHEN p.waits_for = p."key" THEN 'waits for its own earlier revision' END,
        'waits for ' || p.waits_for,
        r.message
    ) AS reason_in_words,
    p."key" AS posting_key,
    p.revision AS posting_revision,
    p.state AS posting_state,
    p.operation,
    NULLIF(p.business_date, '0001-01-01') AS posting_date,
    CASE WHEN p."key" IS NOT NULL THEN s.amount END AS record_share,
    p.amount AS posting_amount,
    p.currency AS posting_currency,
    NULLIF(p.entity, '') AS qbo_entity,
    COALESCE(l.qbo_id, p.qbo_id) AS qbo_id,
    COALESCE(l.qbo_number, p.qbo_number) AS qbo_number,
    l.linked_by,
    l.linked_at,
    p.posted_at,
    p.approved_by,
    r.first_seen,
    r.changed_at,
    r.vanished_at
FROM records AS r
LEFT JOIN posting_records AS s
    ON s.connection = r.connection AND s.record_key = CAST(r.record_type || '/' || r.record_id AS TEXT)
LEFT JOIN postings AS p
    ON p.connection = s.connection AND p."key" = s."key" AND p.revision = s.revision
    AND p.superseded_by IS NULL AND p.state <> 'superseded'
LEFT JOIN posting_links AS l ON l.connection = p.connection AND l."key" = p."key"
LEFT JOIN unfinished AS u ON u.connection = r.connection AND u.record_key = r.record_type || '/' || r.record_id
WHERE
    p."key" IS NOT NULL OR s."key" IS NULL
    OR NOT EXISTS (
        SELECT 1
        FROM posting_records AS e
        LEFT JOIN postings AS o ON o.connection = e.connection AND o."key" = e."key" AND o.revision = e.revision
        WHERE
            e.connection = s.connection AND e.record_key = s.record_key
            AND (
                (o.superseded_by IS NULL AND o.state <> 'superseded')
                OR e."key" < s."key" OR (e."key" = s."key" AND e.revision < s.revision)
            )
    )
UNION ALL
SELECT
    p.connection,
    NULL AS record_type,
    NULL AS kind,
    NULL AS record_id,
    NULL AS document_number,
    NULL AS business_date,
    NULL AS amount,
    NULL AS currency,
    NULL AS stands,
    p.reason,
    COALESCE(p.message, 'waits for ' || p.waits_for) AS reason_in_words,
    p."key" AS posting_key,
    p.revision AS posting_revision,
    p.state AS posting_state,
    p.operation,
    NULLIF(p.business_date, '0001-01-01') AS posting_date,
    NULL AS record_share,
    p.amount AS posting_amount,
    p.currency AS posting_currency,
    NULLIF(p.entity, '') AS qbo_entity,
    COALESCE(l.qbo_id, p.qbo_id) AS qbo_id,
    COALESCE(l.qbo_number, p.qbo_number) AS qbo_number,
    l.linked_by,
    l.linked_at,
    p.posted_at,
    p.approved_by,
    p.first_seen,
    NULL AS changed_at,
    NULL AS vanished_at
FROM postings AS p
LEFT JOIN posting_links AS l ON l.connection = p.connection AND l."key" = p."key"
WHERE
    p.superseded_by IS NULL AND p.state <> 'superseded'
    AND NOT EXISTS (
        SELECT 1
        FROM posting_records AS s
        INNER JOIN records AS k
            ON k.connection = s.connection
            -- The key taken apart: what is left of its letters at the left is the slash and the id.
            AND k.record_type
            = SUBSTR(s.record_key, 1, LENGTH(s.record_key) - LENGTH(LTRIM(s.record_key, 'abcdefghijklmnopqrstuvwxyz')))
            AND k.record_id = SUBSTR(LTRIM(s.record_key, 'abcdefghijklmnopqrstuvwxyz'), 2)
        WHERE s.connection = p.connection AND s."key" = p."key" AND s.revision = p.revision
    )
