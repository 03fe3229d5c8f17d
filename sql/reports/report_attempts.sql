-- The journal: everything that happened to each posting, in order. It is append-only and hash-chained
-- (`qbo-pipeline verify`).
SELECT
    connection,
    seq,
    at,
    "key" AS posting_key,
    revision AS posting_revision,
    event,
    state,
    code,
    message,
    who,
    why,
    request_id,
    intuit_tid,
    hash
FROM attempts
