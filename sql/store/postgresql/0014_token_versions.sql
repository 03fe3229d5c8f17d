-- Which version of a connection's tokens was written last, so that an older row put back is noticed.

CREATE TABLE token_versions (
    connection TEXT NOT NULL,
    purpose TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (connection, purpose)
);
