-- Postings that a person let go although another document has their number.

ALTER TABLE postings ADD COLUMN number_twice BOOLEAN NOT NULL DEFAULT 0;
