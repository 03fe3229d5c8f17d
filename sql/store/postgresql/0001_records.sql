-- What was extracted: connections, reads, records and their revisions, stock lines, reference data.

CREATE TABLE bill_matches (
    connection TEXT NOT NULL,
    document_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    movement_id TEXT NOT NULL,
    movement_line_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    quantity NUMERIC(28, 6) NOT NULL,
    PRIMARY KEY (connection, document_id, line_id, movement_id, movement_line_id)
);

CREATE INDEX bill_matches_by_movement ON bill_matches (connection, movement_id);

CREATE TABLE connections (
    connection TEXT NOT NULL,
    environment TEXT NOT NULL,
    realm TEXT NOT NULL,
    source TEXT NOT NULL,
    currency TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection)
);

CREATE TABLE exchange_rates (
    connection TEXT NOT NULL,
    from_currency TEXT NOT NULL,
    to_currency TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    rate NUMERIC(28, 10) NOT NULL,
    PRIMARY KEY (connection, from_currency, to_currency, first_day)
);

CREATE TABLE reads (
    connection TEXT NOT NULL,
    business_date DATE NOT NULL,
    record_type TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection, business_date, record_type)
);

CREATE TABLE record_references (
    connection TEXT NOT NULL,
    record_key TEXT NOT NULL,
    refers_to TEXT NOT NULL,
    PRIMARY KEY (connection, record_key, refers_to)
);

CREATE INDEX record_references_to ON record_references (connection, refers_to);

CREATE TABLE record_revisions (
    connection TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    business_date DATE NOT NULL,
    content_hash TEXT NOT NULL,
    content TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, record_type, record_id, revision)
);

CREATE TABLE records (
    connection TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT,
    business_date DATE NOT NULL,
    currency TEXT,
    amount NUMERIC(28, 6),
    revision INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    content TEXT NOT NULL,
    disposition TEXT NOT NULL,
    rule TEXT,
    message TEXT,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    vanished_at TIMESTAMP WITH TIME ZONE,
    run_id TEXT NOT NULL,
    PRIMARY KEY (connection, record_type, record_id)
);

CREATE INDEX records_by_day ON records (connection, business_date, record_type);

CREATE INDEX records_by_disposition ON records (connection, disposition, business_date);

CREATE TABLE reference_data (
    connection TEXT NOT NULL,
    entity TEXT NOT NULL,
    qbo_id TEXT NOT NULL,
    name TEXT NOT NULL,
    number TEXT,
    type TEXT,
    currency TEXT,
    active BOOLEAN NOT NULL,
    content TEXT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection, entity, qbo_id)
);

CREATE TABLE stock_lines (
    connection TEXT NOT NULL,
    record_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    business_date DATE NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    quantity NUMERIC(28, 6) NOT NULL,
    value NUMERIC(28, 6) NOT NULL,
    currency TEXT NOT NULL,
    rate NUMERIC(28, 10),
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection, record_id, line_id)
);

CREATE INDEX stock_lines_by_day ON stock_lines (connection, business_date);

CREATE TABLE watermarks (
    connection TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connection, name)
);
