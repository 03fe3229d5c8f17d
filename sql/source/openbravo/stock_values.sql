-- Stock transactions at cost: the reader adds them up to the day asked for. What has no cost yet counts as nothing.
-- A cost in another currency has the source's own rate of its day.
SELECT t.M_PRODUCT_ID AS product_id, b.M_WAREHOUSE_ID AS location_id, t.MOVEMENTDATE AS business_date,
  t.MOVEMENTQTY AS quantity, COALESCE(t.TRANSACTIONCOST, '0') AS value,
  CASE WHEN CAST(t.MOVEMENTQTY AS VARCHAR) LIKE '-%' THEN -1 ELSE 1 END AS direction,
  COALESCE((SELECT y.ISO_CODE FROM C_CURRENCY y WHERE y.C_CURRENCY_ID = t.C_CURRENCY_ID), t.C_CURRENCY_ID) AS currency,
  (
    SELECT r.MULTIPLYRATE FROM C_CONVERSION_RATE r JOIN AD_ORG e ON e.AD_ORG_ID = :legal_entity
    WHERE r.C_CURRENCY_ID = t.C_CURRENCY_ID AND r.C_CURRENCY_ID_TO = e.C_CURRENCY_ID
      AND r.CONVERSIONRATETYPE = 'S' AND r.ISACTIVE = 'Y' AND r.AD_ORG_ID IN ('0', e.AD_ORG_ID)
      AND SUBSTR(CAST(t.MOVEMENTDATE AS VARCHAR), 1, 10) >= SUBSTR(CAST(r.VALIDFROM AS VARCHAR), 1, 10)
      AND SUBSTR(CAST(t.MOVEMENTDATE AS VARCHAR), 1, 10) <= SUBSTR(CAST(r.VALIDTO AS VARCHAR), 1, 10)
    ORDER BY r.AD_ORG_ID DESC, r.VALIDFROM DESC LIMIT 1
  ) AS exchange_rate
FROM M_TRANSACTION t
JOIN M_LOCATOR b ON b.M_LOCATOR_ID = t.M_LOCATOR_ID
WHERE b.M_WAREHOUSE_ID IN :warehouses
