-- Hints from QuickBooks' webhooks that something changed there; only a reason to read its changes, never content.

CREATE TABLE webhook_hints (
    connection TEXT NOT NULL,
    event_id TEXT NOT NULL,
    entity TEXT NOT NULL,
    qbo_id TEXT,
    operation TEXT NOT NULL,
    changed_at TIMESTAMPTZ,
    received_at TIMESTAMPTZ NOT NULL,
    taken_up_at TIMESTAMPTZ,
    PRIMARY KEY (connection, event_id)
);

CREATE INDEX webhook_hints_by_taking_up ON webhook_hints (connection, taken_up_at);
