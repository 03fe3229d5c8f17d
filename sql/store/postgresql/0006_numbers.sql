-- The numbers of the documents that are there already, as store/derived.py writes them for those that come.

INSERT INTO record_references (connection, record_key, refers_to)
SELECT connection, 'document/' || record_id,
  CASE WHEN kind IN ('bill', 'purchase_credit')
    THEN 'number/' || kind || '/' || REPLACE(REPLACE(content::json ->> 'party_id', '%', '%25'), '/', '%2F') || '/'
      || COALESCE(NULLIF(content::json ->> 'reference', ''), content::json ->> 'number')
    ELSE 'number/' || kind || '//' || (content::json ->> 'number') END
FROM records
WHERE record_type = 'document' AND kind IN ('bill', 'purchase_credit', 'sales_invoice', 'sales_credit')
  AND disposition <> 'set_aside' AND vanished_at IS NULL AND content::json ->> 'status' <> 'voided'
ON CONFLICT DO NOTHING;
