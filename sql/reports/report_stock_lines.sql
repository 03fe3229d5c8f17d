-- What moved stock in the inventory system, line by line: in is positive. Values are in the line's currency, `rate` is
-- home units for one unit of it where the source gives one.
SELECT
    s.connection,
    s.record_id AS movement_id,
    s.line_id,
    s.kind,
    s.number AS document_number,
    s.business_date,
    NULLIF(s.product_id, '') AS product_id,
    p.number AS product_number,
    NULLIF(s.location_id, '') AS location_id,
    w.number AS location_number,
    s.quantity,
    s.value,
    s.currency,
    s.rate,
    s.first_seen
FROM stock_lines AS s
LEFT JOIN records AS p ON p.connection = s.connection AND p.record_type = 'product' AND p.record_id = s.product_id
LEFT JOIN records AS w ON w.connection = s.connection AND w.record_type = 'location' AND w.record_id = s.location_id
