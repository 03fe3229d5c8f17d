-- What a connection is bound to once it has posted; a company belongs to one connection of a store.

ALTER TABLE connections ADD COLUMN time_zone TEXT;

ALTER TABLE connections ADD COLUMN first_day TEXT;

ALTER TABLE connections ADD COLUMN source_place TEXT;

CREATE UNIQUE INDEX connections_by_company ON connections (environment, realm);
