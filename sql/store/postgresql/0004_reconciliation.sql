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
    business_date DATE NOT NULL,
    account_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    detail TEXT NOT NULL,
    amount NUMERIC(28, 2) NOT NULL,
    qbo_type TEXT,
    qbo_id TEXT,
    qbo_number TEXT,
    state TEXT,
    reason TEXT,
    changed_at TIMESTAMP WITH TIME ZONE,
    changed_by TEXT,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    explanation TEXT NOT NULL,
    remedy TEXT NOT NULL,
    who TEXT NOT NULL,
    PRIMARY KEY (connection, number, difference_key)
);

CREATE INDEX differences_by_document ON differences (connection, document_key);

CREATE TABLE ledger_balances (
    connection TEXT NOT NULL,
    as_at DATE NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT,
    balance NUMERIC(28, 2) NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, as_at, account_id)
);

CREATE TABLE ledger_lines (
    connection TEXT NOT NULL,
    account_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    line_number INTEGER NOT NULL,
    qbo_type TEXT NOT NULL,
    qbo_id TEXT NOT NULL,
    qbo_number TEXT,
    name TEXT,
    memo TEXT,
    split TEXT,
    amount NUMERIC(28, 2) NOT NULL,
    balance NUMERIC(28, 2),
    created_at TIMESTAMP WITH TIME ZONE,
    created_by TEXT,
    changed_at TIMESTAMP WITH TIME ZONE,
    changed_by TEXT,
    marker TEXT,
    PRIMARY KEY (connection, account_id, business_date, line_number)
);

CREATE INDEX ledger_lines_by_object ON ledger_lines (connection, qbo_type, qbo_id);

CREATE TABLE ledger_windows (
    connection TEXT NOT NULL,
    account_id TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    opening_balance NUMERIC(28, 2) NOT NULL,
    closing_balance NUMERIC(28, 2) NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, account_id, first_day)
);

CREATE TABLE reconciliations (
    connection TEXT NOT NULL,
    number INTEGER NOT NULL,
    as_at DATE NOT NULL,
    currency TEXT NOT NULL,
    stock_value NUMERIC(28, 2) NOT NULL,
    ledger_balance NUMERIC(28, 2) NOT NULL,
    difference NUMERIC(28, 2) NOT NULL,
    explained NUMERIC(28, 2) NOT NULL,
    unexplained NUMERIC(28, 2) NOT NULL,
    tolerance NUMERIC(28, 2) NOT NULL,
    status TEXT NOT NULL,
    stock_basis TEXT NOT NULL,
    first_divergence DATE,
    notes TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    report_hash TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, number)
);

CREATE INDEX reconciliations_by_day ON reconciliations (connection, as_at, number);

CREATE TABLE sign_offs (
    connection TEXT NOT NULL,
    number INTEGER NOT NULL,
    step INTEGER NOT NULL,
    as_at DATE NOT NULL,
    currency TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    stock_value NUMERIC(28, 2) NOT NULL,
    ledger_balance NUMERIC(28, 2) NOT NULL,
    difference NUMERIC(28, 2) NOT NULL,
    unexplained NUMERIC(28, 2) NOT NULL,
    balances TEXT NOT NULL,
    preparer TEXT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reviewer TEXT,
    reviewed_at TIMESTAMP WITH TIME ZONE,
    comment TEXT NOT NULL,
    void_at TIMESTAMP WITH TIME ZONE,
    void_why TEXT,
    PRIMARY KEY (connection, number, step)
);

CREATE INDEX sign_offs_by_day ON sign_offs (connection, as_at, number);

CREATE FUNCTION sign_offs_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sign-offs are history: they are neither changed nor deleted';
END
$$;

CREATE TRIGGER sign_offs_refuse BEFORE UPDATE OR DELETE ON sign_offs
FOR EACH ROW EXECUTE FUNCTION sign_offs_refuse();
