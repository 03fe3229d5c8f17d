-- Every record of the inventory system and where it stands, a row for each object in QuickBooks that it has a share of;
-- then the objects that people ordered without a record (reversals, adjustments). `record_share` is the record's part of
-- `posting_amount`, which is the object's: a journal that sums up a day stands in a row for each of its records.
-- `stands` is the record's word in the counting identity, that of its least finished object.
WITH unfinished AS (
    SELECT
        l.connection,
        l.record_key,
        MAX(CASE p.state
            WHEN 'parked' THEN 4 WHEN 'ready' THEN 3 WHEN 'sending' THEN 3 WHEN 'unknown' THEN 3
            WHEN 'skipped' THEN 2 ELSE 1
        END) AS most
    FROM postings AS p
    INNER JOIN posting_records AS l ON l.connection = p.connection AND l."key" = p."key" AND l.revision = p.revision
    WHERE p.superseded_by IS NULL AND p.state <> 'superseded'
    GROUP BY l.connection, l.record_key
),

live AS (
    SELECT
        p.*,
        COALESCE(l.qbo_id, p.qbo_id) AS object_id,
        COALESCE(l.qbo_number, p.qbo_number) AS object_number,
        l.linked_by,
        l.linked_at
    FROM postings AS p
    LEFT JOIN posting_links AS l ON l.connection = p.connection AND l."key" = p."key"
    WHERE p.superseded_by IS NULL AND p.state <> 'superseded'
),

shared AS (
    SELECT
        s.record_key AS of_record,
        s.amount AS share,
        p.*
    FROM live AS p
    INNER JOIN posting_records AS s ON s.connection = p.connection AND s."key" = p."key" AND s.revision = p.revision
),

known AS (
    SELECT DISTINCT connection, CAST(record_type || '/' || record_id AS TEXT) AS record_key -- so that SQLite can search it
    FROM records
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
        WHEN r.disposition IN ('posting', 'refused') AND u.most = 2 THEN 'skipped'
        WHEN r.disposition IN ('posting', 'refused') AND u.most = 1 THEN 'posted'
        WHEN r.disposition IN ('posting', 'new') THEN 'waiting'
        WHEN r.disposition = 'refused' AND u.most = 3 THEN 'waiting'
        WHEN r.disposition = 'refused' THEN 'parked'
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
    p.share AS record_share,
    p.amount AS posting_amount,
    p.currency AS posting_currency,
    NULLIF(p.entity, '') AS qbo_entity,
    p.object_id AS qbo_id,
    p.object_number AS qbo_number,
    p.linked_by,
    p.linked_at,
    p.posted_at,
    p.approved_by,
    r.first_seen,
    r.changed_at,
    r.vanished_at
FROM records AS r
LEFT JOIN unfinished AS u ON u.connection = r.connection AND u.record_key = r.record_type || '/' || r.record_id
LEFT JOIN shared AS p ON p.connection = r.connection AND p.of_record = r.record_type || '/' || r.record_id
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
    p.object_id AS qbo_id,
    p.object_number AS qbo_number,
    p.linked_by,
    p.linked_at,
    p.posted_at,
    p.approved_by,
    p.first_seen,
    NULL AS changed_at,
    NULL AS vanished_at
FROM live AS p
WHERE NOT EXISTS (
    SELECT 1
    FROM posting_records AS s
    INNER JOIN known AS k ON k.connection = s.connection AND k.record_key = s.record_key
    WHERE s.connection = p.connection AND s."key" = p."key" AND s.revision = p.revision
)
