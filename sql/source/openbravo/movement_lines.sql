-- Stock transactions as lines of what caused them. TRANSACTIONCOST is kept unsigned: the sign of the quantity gives
-- the direction. A cost that is negative by itself (an average that fell below zero) keeps its sign.
SELECT COALESCE(s.M_INOUT_ID, c.M_INVENTORY_ID, v.M_MOVEMENT_ID, t.M_TRANSACTION_ID) AS movement_id,
  t.MOVEMENTDATE AS business_date, t.M_TRANSACTION_ID AS line_id, t.M_PRODUCT_ID AS product_id,
  b.M_WAREHOUSE_ID AS location_id, t.MOVEMENTQTY AS quantity, t.TRANSACTIONCOST AS value,
  CASE WHEN CAST(t.MOVEMENTQTY AS VARCHAR) LIKE '-%' THEN -1 ELSE 1 END AS direction,
  COALESCE((SELECT y.ISO_CODE FROM C_CURRENCY y WHERE y.C_CURRENCY_ID = t.C_CURRENCY_ID), t.C_CURRENCY_ID) AS currency
FROM M_TRANSACTION t
JOIN M_LOCATOR b ON b.M_LOCATOR_ID = t.M_LOCATOR_ID
LEFT JOIN M_INOUTLINE s ON s.M_INOUTLINE_ID = t.M_INOUTLINE_ID
LEFT JOIN M_INVENTORYLINE c ON c.M_INVENTORYLINE_ID = t.M_INVENTORYLINE_ID
LEFT JOIN M_MOVEMENTLINE v ON v.M_MOVEMENTLINE_ID = t.M_MOVEMENTLINE_ID
WHERE b.M_WAREHOUSE_ID IN :warehouses
