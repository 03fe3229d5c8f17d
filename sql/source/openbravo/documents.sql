-- Customer and vendor invoices by their accounting date. The kind is that of the document type; a type that is not
-- known here is delivered by its own name, so that it is set aside and not lost. Tax is the total less the lines.
-- Quotes and purchase orders (C_ORDER) are not delivered.
SELECT i.C_INVOICE_ID AS document_id,
  CASE t.DOCBASETYPE WHEN 'ARI' THEN 'sales_invoice' WHEN 'ARI_RM' THEN 'sales_invoice' WHEN 'ARC' THEN 'sales_credit'
    WHEN 'API' THEN 'bill' WHEN 'APC' THEN 'purchase_credit' ELSE t.DOCBASETYPE END AS kind,
  i.DOCUMENTNO AS number, i.DATEACCT AS business_date,
  (SELECT MIN(s.DUEDATE) FROM FIN_PAYMENT_SCHEDULE s WHERE s.C_INVOICE_ID = i.C_INVOICE_ID) AS due_date,
  i.C_BPARTNER_ID AS party_id,
  COALESCE((SELECT y.ISO_CODE FROM C_CURRENCY y WHERE y.C_CURRENCY_ID = i.C_CURRENCY_ID), i.C_CURRENCY_ID) AS currency,
  (
    SELECT r.MULTIPLYRATE FROM C_CONVERSION_RATE r JOIN AD_ORG e ON e.AD_ORG_ID = :legal_entity
    WHERE r.C_CURRENCY_ID = i.C_CURRENCY_ID AND r.C_CURRENCY_ID_TO = e.C_CURRENCY_ID
      AND r.CONVERSIONRATETYPE = 'S' AND r.ISACTIVE = 'Y' AND r.AD_ORG_ID IN ('0', e.AD_ORG_ID)
      AND SUBSTR(CAST(i.DATEACCT AS VARCHAR), 1, 10) >= SUBSTR(CAST(r.VALIDFROM AS VARCHAR), 1, 10)
      AND SUBSTR(CAST(i.DATEACCT AS VARCHAR), 1, 10) <= SUBSTR(CAST(r.VALIDTO AS VARCHAR), 1, 10)
    ORDER BY r.AD_ORG_ID DESC, r.VALIDFROM DESC LIMIT 1
  ) AS exchange_rate,
  i.TOTALLINES AS net_amount, i.GRANDTOTAL AS total_amount,
  CASE WHEN i.PROCESSED <> 'Y' THEN 'draft' WHEN i.DOCSTATUS = 'VO' THEN 'voided' ELSE 'completed' END AS status
FROM C_INVOICE i
JOIN C_DOCTYPE t ON t.C_DOCTYPE_ID = i.C_DOCTYPETARGET_ID
WHERE i.AD_ORG_ID IN :organisations
