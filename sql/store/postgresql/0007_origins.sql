-- What a revision of a posting comes from, beside the hash of its payload, which is a hash alone from here on.

ALTER TABLE postings ADD COLUMN origin TEXT NOT NULL DEFAULT 'draft';

UPDATE postings
SET origin = CASE payload_hash WHEN 'reversed' THEN 'reversal' WHEN 'withdrawn' THEN 'withdrawal' ELSE 'refusal' END
WHERE payload IS NULL;

-- SHA-256 of nothing: these carry no payload.
UPDATE postings
SET payload_hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
WHERE payload_hash IN ('reversed', 'withdrawn');
