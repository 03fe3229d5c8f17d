-- What the QuickBooks client keeps: encrypted tokens, the shared schedule of calls, the count of calls.

CREATE TABLE tokens (
    connection TEXT NOT NULL,
    purpose TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    ciphertext TEXT NOT NULL,
    version INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    minting_until TIMESTAMPTZ,
    refused_at TIMESTAMPTZ,
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (connection, purpose)
);

CREATE TABLE pacing (
    realm TEXT NOT NULL,
    next_call TIMESTAMPTZ NOT NULL,
    next_batch TIMESTAMPTZ NOT NULL,
    quiet_until TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (realm)
);

CREATE TABLE api_calls (
    connection TEXT NOT NULL,
    realm TEXT NOT NULL,
    day DATE NOT NULL,
    kind TEXT NOT NULL,
    calls INTEGER NOT NULL,
    batch_items INTEGER NOT NULL,
    PRIMARY KEY (connection, realm, day, kind)
);

CREATE INDEX api_calls_by_day ON api_calls (realm, day);
