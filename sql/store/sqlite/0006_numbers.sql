-- The numbers of the documents that are there already, as store/derived.py writes them for those that come.

INSERT OR IGNORE INTO record_references (connection, record_key, refers_to)
SELECT connection, 'document/' || record_id,
  CASE WHEN kind IN ('bill', 'purchase_credit')
    THEN 'number/' || kind || '/' || REPLACE(REPLACE(json_extract(content, '$.party_id'), '%', '%25'), '/', '%2F') || '/'
      || COALESCE(NULLIF(json_extract(content, '$.reference'), ''), json_extract(content, '$.number'))
    ELSE 'number/' || kind || '//' || json_extract(content, '$.number') END
FROM records
WHERE record_type = 'document' AND kind IN ('bill', 'purchase_credit', 'sales_invoice', 'sales_credit')
  AND disposition <> 'set_aside' AND vanished_at IS NULL AND json_extract(content, '$.status') <> 'voided';
