-- What a store of many nights is searched by, so that a night with nothing to do does not go through all of it.

DROP INDEX posting_records_by_record;

CREATE INDEX posting_records_by_record ON posting_records (connection, record_key, key, revision);

CREATE INDEX postings_aside ON postings (connection, state) WHERE origin = 'aside';

CREATE INDEX records_gone ON records (connection, record_type, record_id, vanished_at, disposition, rule)
WHERE (
  vanished_at IS NOT NULL OR rule = 'voided_in_source' OR (record_type = 'movement' AND disposition = 'set_aside')
);
