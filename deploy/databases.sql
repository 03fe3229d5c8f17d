-- Run once, when PostgreSQL's volume is new: a database for each connection's store, beside Dagster's own.
CREATE DATABASE acme;
