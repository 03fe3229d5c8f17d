-- The journal of attempts bound to what it is about: each line says what the posting held, each posting which line is
-- its last, each reconciliation and signature where the journal ended then. Lines of before hold none of it.

ALTER TABLE attempts ADD COLUMN content TEXT;
ALTER TABLE attempts ADD COLUMN facts TEXT;
ALTER TABLE postings ADD COLUMN last_attempt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reconciliations ADD COLUMN attempt_seq INTEGER;
ALTER TABLE reconciliations ADD COLUMN attempt_hash TEXT;
ALTER TABLE sign_offs ADD COLUMN attempt_seq INTEGER;
ALTER TABLE sign_offs ADD COLUMN attempt_hash TEXT;

-- What is worth a look in a good record, as sentences.
ALTER TABLE records ADD COLUMN warnings TEXT;
