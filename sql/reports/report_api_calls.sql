-- Calls to QuickBooks by day (UTC), as Intuit bills them: writes are free, metered reads are not.
SELECT
    connection,
    day,
    SUM(CASE WHEN kind = 'write' THEN calls ELSE 0 END) AS writes,
    SUM(CASE WHEN kind = 'metered_read' THEN calls ELSE 0 END) AS metered_reads,
    SUM(CASE WHEN kind = 'free' THEN calls ELSE 0 END) AS free_calls,
    SUM(calls) AS calls,
    SUM(batch_items) AS batch_items
FROM api_calls
GROUP BY connection, day
