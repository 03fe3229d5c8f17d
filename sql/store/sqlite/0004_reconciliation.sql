-- What finance sees: ledger lines and how they were read, reconciliations, differences, sign-offs.

CREATE TABLE differences (
    connection TEXT NOT NULL,
    number INTEGER NOT NULL,
    difference_key TEXT NOT NULL,
    scope TEXT NOT NULL,
    document_key TEXT NOT NULL,
    record_key TEXT,
    posting_key TEXT,
    revision BIGINT,
    kind TEXT,
    source_number TEXT,
    business_date TEXT NOT NULL,
    account_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    detail TEXT NOT NULL,
    amount TEXT NOT NULL,
    qbo_type TEXT,
    qbo_id TEXT,
    qbo_number TEXT,
    state TEXT,
    reason TEXT,
    changed_at TEXT,
    changed_by TEXT,
    first_seen TEXT NOT NULL,
    explanation TEXT NOT NULL,
    remedy TEXT NOT NULL,
    who TEXT NOT NULL,
    PRIMARY KEY (connection, number, difference_key)
);

CREATE INDEX differences_by_document ON differences (connection, document_key);

CREATE TABLE ledger_balances (
    connection TEXT NOT NULL,
    as_at TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT,
    balance TEXT NOT NULL,
    read_at TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, as_at, account_id)
);

CREATE TABLE ledger_lines (
    connection TEXT NOT NULL,
    account_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    line_number INTEGER NOT NULL,
    qbo_type TEXT NOT NULL,
    qbo_id TEXT NOT NULL,
    qbo_number TEXT,
    name TEXT,
    memo TEXT,
    split TEXT,
    amount TEXT NOT NULL,
    balance TEXT,
    created_at TEXT,
    created_by TEXT,
    changed_at TEXT,
    changed_by TEXT,
    marker TEXT,
    PRIMARY KEY (connection, account_id, business_date, line_number)
);

CREATE INDEX ledger_lines_by_object ON ledger_lines (connection, qbo_type, qbo_id);

CREATE TABLE ledger_windows (
    connection TEXT NOT NULL,
    account_id TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    opening_balance TEXT NOT NULL,
    closing_balance TEXT NOT NULL,
    read_at TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, account_id, first_day)
);

CREATE TABLE reconciliations (
    connection TEXT NOT NULL,
    number INTEGER NOT NULL,
    as_at TEXT NOT NULL,
    currency TEXT NOT NULL,
    stock_value TEXT NOT NULL,
    ledger_balance TEXT NOT NULL,
    difference TEXT NOT NULL,
    explained TEXT NOT NULL,
    unexplained TEXT NOT NULL,
    tolerance TEXT NOT NULL,
    status TEXT NOT NULL,
    stock_basis TEXT NOT NULL,
    first_divergence TEXT,
    notes TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    report_hash TEXT NOT NULL,
    made_at TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, number)
);

CREATE INDEX reconciliations_by_day ON reconciliations (connection, as_at, number);

CREATE TABLE sign_offs (
    connection TEXT NOT NULL,
    number INTEGER NOT NULL,
    step INTEGER NOT NULL,
    as_at TEXT NOT NULL,
    currency TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    stock_value TEXT NOT NULL,
    ledger_balance TEXT NOT NULL,
    difference TEXT NOT NULL,
    unexplained TEXT NOT NULL,
    balances TEXT NOT NULL,
    preparer TEXT NOT NULL,
    prepared_at TEXT NOT NULL,
    reviewer TEXT,
    reviewed_at TEXT,
    comment TEXT NOT NULL,
    void_at TEXT,
    void_why TEXT,
    PRIMARY KEY (connection, number, step)
);

CREATE INDEX sign_offs_by_day ON sign_offs (connection, as_at, number);

CREATE TRIGGER sign_offs_refuse_update BEFORE UPDATE ON sign_offs
BEGIN
    SELECT RAISE(ABORT, 'sign-offs are history: they are neither changed nor deleted');
END;

CREATE TRIGGER sign_offs_refuse_delete BEFORE DELETE ON sign_offs
BEGIN
    SELECT RAISE(ABORT, 'sign-offs are history: they are neither changed nor deleted');
END;
