-- The counting identity, a row for each business date and type of record:
-- rows_read = posted + waiting + parked + skipped + excluded + set_aside. `rows_read` is empty where reading the day
-- broke off; `business_date` is empty for master data and for rows without a readable date.
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

standing AS (
    SELECT
        r.connection,
        r.business_date,
        r.record_type,
        CASE
            WHEN r.disposition IN ('posting', 'refused') AND u.most = 4 THEN 'parked'
            WHEN r.disposition IN ('posting', 'refused') AND u.most = 2 THEN 'skipped'
            WHEN r.disposition IN ('posting', 'refused') AND u.most = 1 THEN 'posted'
            WHEN r.disposition IN ('posting', 'new') THEN 'waiting'
            WHEN r.disposition = 'refused' AND u.most = 3 THEN 'waiting'
            WHEN r.disposition = 'refused' THEN 'parked'
            ELSE r.disposition
        END AS stands
    FROM records AS r
    LEFT JOIN unfinished AS u ON u.connection = r.connection AND u.record_key = r.record_type || '/' || r.record_id
    WHERE r.vanished_at IS NULL
),

told AS (
    SELECT connection, business_date, record_type, rows_read, NULL AS stands FROM reads
    UNION ALL
    SELECT connection, business_date, record_type, NULL AS rows_read, stands FROM standing
),

counted AS (
    SELECT
        connection,
        business_date,
        record_type,
        SUM(rows_read) AS rows_read,
        SUM(CASE WHEN stands = 'posted' THEN 1 ELSE 0 END) AS posted,
        SUM(CASE WHEN stands = 'waiting' THEN 1 ELSE 0 END) AS waiting,
        SUM(CASE WHEN stands = 'parked' THEN 1 ELSE 0 END) AS parked,
        SUM(CASE WHEN stands = 'skipped' THEN 1 ELSE 0 END) AS skipped,
        SUM(CASE WHEN stands = 'excluded' THEN 1 ELSE 0 END) AS excluded,
        SUM(CASE WHEN stands = 'set_aside' THEN 1 ELSE 0 END) AS set_aside
    FROM told
    GROUP BY connection, business_date, record_type
)

SELECT
    connection,
    NULLIF(business_date, '0001-01-01') AS business_date,
    record_type,
    rows_read,
    posted,
    waiting,
    parked,
    skipped,
    excluded,
    set_aside,
    CASE
        WHEN rows_read = posted + waiting + parked + skipped + excluded + set_aside THEN 'yes'
        ELSE 'no'
    END AS adds_up
FROM counted
