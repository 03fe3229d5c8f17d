-- What is posted: postings and their effects, links to QBO's objects, frozen requests, the journal of attempts.

CREATE TABLE postings (
    connection TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    record_key TEXT NOT NULL,
    record_hash TEXT NOT NULL,
    entity TEXT NOT NULL,
    operation TEXT NOT NULL,
    business_date DATE NOT NULL,
    amount NUMERIC(28, 2) NOT NULL,
    currency TEXT NOT NULL,
    payload TEXT,
    payload_hash TEXT NOT NULL,
    number TEXT,
    marker TEXT NOT NULL,
    by_name BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    message TEXT,
    waits_for TEXT,
    fence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    misses INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    doubt BOOLEAN NOT NULL,
    alone BOOLEAN NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    not_before TIMESTAMP WITH TIME ZONE,
    request_id TEXT,
    item TEXT,
    fallback TEXT,
    base TEXT,
    base_token TEXT,
    approved_by TEXT,
    qbo_id TEXT,
    qbo_number TEXT,
    sync_token TEXT,
    posted_fingerprint TEXT,
    answer_hash TEXT,
    intuit_tid TEXT,
    recovered BOOLEAN NOT NULL,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    posted_at TIMESTAMP WITH TIME ZONE,
    superseded_by INTEGER,
    PRIMARY KEY (connection, key, revision)
);

CREATE INDEX postings_again ON postings (connection, request_id) WHERE state = 'ready' AND request_id IS NOT NULL;

CREATE INDEX postings_by_day ON postings (connection, business_date, state);

CREATE INDEX postings_by_record ON postings (connection, record_key);

CREATE INDEX postings_in_doubt ON postings (connection, not_before) WHERE state IN ('sending', 'unknown');

CREATE INDEX postings_ready ON postings (connection, business_date, key) WHERE state = 'ready';

CREATE INDEX postings_waiting ON postings (connection, waits_for) WHERE waits_for IS NOT NULL;

CREATE TABLE posting_effects (
    connection TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    line INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    amount NUMERIC(28, 6) NOT NULL,
    PRIMARY KEY (connection, key, revision, line)
);

CREATE TABLE posting_links (
    connection TEXT NOT NULL,
    key TEXT NOT NULL,
    entity TEXT NOT NULL,
    qbo_id TEXT NOT NULL,
    sync_token TEXT NOT NULL,
    qbo_number TEXT,
    fingerprint TEXT NOT NULL,
    revision INTEGER NOT NULL,
    linked_by TEXT NOT NULL,
    linked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection, key)
);

CREATE INDEX posting_links_by_object ON posting_links (connection, entity, qbo_id);

CREATE TABLE frozen_requests (
    connection TEXT NOT NULL,
    request_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    items TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    body BYTEA,
    frozen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection, request_id)
);

CREATE TABLE attempts (
    connection TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    fence INTEGER NOT NULL,
    request_id TEXT,
    item TEXT,
    code TEXT,
    message TEXT,
    intuit_tid TEXT,
    who TEXT,
    why TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (connection, seq)
);

CREATE INDEX attempts_by_key ON attempts (connection, key);

CREATE TABLE attempt_heads (
    connection TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (connection)
);

-- The journal is append-only: its hash chain would show a change, these triggers refuse it.
CREATE FUNCTION refuse_change_of_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal of attempts is append-only';
END;
$$;

CREATE TRIGGER attempts_refuse_change BEFORE UPDATE OR DELETE ON attempts
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_attempts();

CREATE TRIGGER attempts_refuse_truncate BEFORE TRUNCATE ON attempts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_attempts();
