-- Lines of invoices with the tax of each; the goods are where the matched receipt or shipment line has them.
-- A line may bear several taxes (VAT and a surcharge): its tax code is the line's own tax, which names them together, its
-- tax amount their sum. The sum is made in whole ten-thousandths, so that it is exact in SQLite too, which would add up
-- the text of a CSV file as binary floating point.
SELECT l.C_INVOICE_ID AS document_id, l.C_INVOICELINE_ID AS line_id, l.M_PRODUCT_ID AS product_id,
  l.QTYINVOICED AS quantity, l.PRICEACTUAL AS unit_price, l.LINENETAMT AS net_amount,
  CASE WHEN l.TAX_UNITS < 0 THEN '-' ELSE '' END || CAST(ABS(l.TAX_UNITS) / 10000 AS VARCHAR) || '.'
    || SUBSTR(CAST(10000 + ABS(l.TAX_UNITS) % 10000 AS VARCHAR), 2) AS tax_amount,
  t.NAME AS tax_code, b.M_WAREHOUSE_ID AS location_id
FROM (
  SELECT n.C_INVOICE_ID, n.C_INVOICELINE_ID, n.M_PRODUCT_ID, n.QTYINVOICED, n.PRICEACTUAL, n.LINENETAMT,
    n.M_INOUTLINE_ID,
    COALESCE(
      n.C_TAX_ID, (SELECT MIN(x.C_TAX_ID) FROM C_INVOICELINETAX x WHERE x.C_INVOICELINE_ID = n.C_INVOICELINE_ID)
    ) AS C_TAX_ID,
    (
      SELECT CAST(SUM(ROUND(x.TAXAMT * 10000)) AS BIGINT) FROM C_INVOICELINETAX x
      WHERE x.C_INVOICELINE_ID = n.C_INVOICELINE_ID
    ) AS TAX_UNITS
  FROM C_INVOICELINE n
) l
JOIN C_INVOICE i ON i.C_INVOICE_ID = l.C_INVOICE_ID
LEFT JOIN C_TAX t ON t.C_TAX_ID = l.C_TAX_ID
LEFT JOIN M_INOUTLINE s ON s.M_INOUTLINE_ID = l.M_INOUTLINE_ID
LEFT JOIN M_LOCATOR b ON b.M_LOCATOR_ID = s.M_LOCATOR_ID
WHERE i.AD_ORG_ID IN :organisations
