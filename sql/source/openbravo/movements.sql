-- Everything that moves stock, by the date on which it counts in the stock's value (MOVEMENTDATE): receipts and
-- shipments with at least one stocked product, physical inventories, movements between warehouses, and, one by one,
-- transactions of any other origin, by their own type's name, so that they are set aside and not lost.
-- The currency is that of the transactions' cost, which need not be the legal entity's own.
-- Voiding a shipment makes a second one that brings the goods back. Where both have the same date they are delivered
-- as voided and move nothing on balance; where the dates differ both count, each on its own day.
SELECT m.movement_id, m.kind, m.number, m.business_date, m.party_id,
  COALESCE((SELECT y.ISO_CODE FROM C_CURRENCY y WHERE y.C_CURRENCY_ID = m.cost_currency), m.cost_currency) AS currency,
  (
    SELECT r.MULTIPLYRATE FROM C_CONVERSION_RATE r JOIN AD_ORG e ON e.AD_ORG_ID = :legal_entity
    WHERE r.C_CURRENCY_ID = m.cost_currency AND r.C_CURRENCY_ID_TO = e.C_CURRENCY_ID
      AND r.CONVERSIONRATETYPE = 'S' AND r.ISACTIVE = 'Y' AND r.AD_ORG_ID IN ('0', e.AD_ORG_ID)
      AND SUBSTR(CAST(m.business_date AS VARCHAR), 1, 10) >= SUBSTR(CAST(r.VALIDFROM AS VARCHAR), 1, 10)
      AND SUBSTR(CAST(m.business_date AS VARCHAR), 1, 10) <= SUBSTR(CAST(r.VALIDTO AS VARCHAR), 1, 10)
    ORDER BY r.AD_ORG_ID DESC, r.VALIDFROM DESC LIMIT 1
  ) AS exchange_rate,
  m.status, m.memo
FROM (
  SELECT s.M_INOUT_ID AS movement_id,
    CASE s.MOVEMENTTYPE WHEN 'V+' THEN 'receipt' WHEN 'V-' THEN 'supplier_return' WHEN 'C-' THEN 'shipment'
      WHEN 'C+' THEN 'customer_return' ELSE s.MOVEMENTTYPE END AS kind,
    s.DOCUMENTNO AS number, s.MOVEMENTDATE AS business_date, s.C_BPARTNER_ID AS party_id,
    COALESCE(
      (
        SELECT MIN(t.C_CURRENCY_ID) FROM M_INOUTLINE l JOIN M_TRANSACTION t ON t.M_INOUTLINE_ID = l.M_INOUTLINE_ID
        WHERE l.M_INOUT_ID = s.M_INOUT_ID
      ),
      (SELECT e.C_CURRENCY_ID FROM AD_ORG e WHERE e.AD_ORG_ID = :legal_entity)
    ) AS cost_currency,
    CASE WHEN s.PROCESSED <> 'Y' THEN 'draft'
      WHEN s.DOCSTATUS = 'VO' AND NOT EXISTS (
        SELECT 1 FROM M_INOUTLINE a JOIN M_INOUTLINE z ON z.CANCELED_INOUTLINE_ID = a.M_INOUTLINE_ID
        JOIN M_INOUT o ON o.M_INOUT_ID = a.M_INOUT_ID JOIN M_INOUT n ON n.M_INOUT_ID = z.M_INOUT_ID
        WHERE (a.M_INOUT_ID = s.M_INOUT_ID OR z.M_INOUT_ID = s.M_INOUT_ID) AND o.MOVEMENTDATE <> n.MOVEMENTDATE
      ) THEN 'voided'
      ELSE 'completed' END AS status,
    s.DESCRIPTION AS memo
  FROM M_INOUT s
  WHERE s.AD_ORG_ID IN :organisations
    AND EXISTS (
      SELECT 1 FROM M_INOUTLINE l JOIN M_PRODUCT p ON p.M_PRODUCT_ID = l.M_PRODUCT_ID
      WHERE l.M_INOUT_ID = s.M_INOUT_ID AND p.PRODUCTTYPE = 'I' AND p.ISSTOCKED = 'Y'
    )
  UNION ALL
  SELECT c.M_INVENTORY_ID, 'stock_count', c.NAME, c.MOVEMENTDATE, NULL,
    COALESCE(
      (
        SELECT MIN(t.C_CURRENCY_ID) FROM M_INVENTORYLINE l
        JOIN M_TRANSACTION t ON t.M_INVENTORYLINE_ID = l.M_INVENTORYLINE_ID
        WHERE l.M_INVENTORY_ID = c.M_INVENTORY_ID
      ),
      (SELECT e.C_CURRENCY_ID FROM AD_ORG e WHERE e.AD_ORG_ID = :legal_entity)
    ),
    CASE WHEN c.PROCESSED <> 'Y' THEN 'draft' ELSE 'completed' END,
    c.NAME
  FROM M_INVENTORY c
  WHERE c.AD_ORG_ID IN :organisations
  UNION ALL
  SELECT v.M_MOVEMENT_ID, 'transfer', v.DOCUMENTNO, v.MOVEMENTDATE, NULL,
    COALESCE(
      (
        SELECT MIN(t.C_CURRENCY_ID) FROM M_MOVEMENTLINE l
        JOIN M_TRANSACTION t ON t.M_MOVEMENTLINE_ID = l.M_MOVEMENTLINE_ID
        WHERE l.M_MOVEMENT_ID = v.M_MOVEMENT_ID
      ),
      (SELECT e.C_CURRENCY_ID FROM AD_ORG e WHERE e.AD_ORG_ID = :legal_entity)
    ),
    CASE WHEN v.PROCESSED <> 'Y' THEN 'draft' ELSE 'completed' END,
    v.NAME
  FROM M_MOVEMENT v
  WHERE v.AD_ORG_ID IN :organisations
  UNION ALL
  SELECT t.M_TRANSACTION_ID, t.MOVEMENTTYPE, t.M_TRANSACTION_ID, t.MOVEMENTDATE, NULL, t.C_CURRENCY_ID, 'completed', NULL
  FROM M_TRANSACTION t
  JOIN M_LOCATOR b ON b.M_LOCATOR_ID = t.M_LOCATOR_ID
  WHERE t.M_INOUTLINE_ID IS NULL AND t.M_INVENTORYLINE_ID IS NULL AND t.M_MOVEMENTLINE_ID IS NULL
    AND b.M_WAREHOUSE_ID IN :warehouses
) m
