-- Which receipt delivered a bill's line. A match without a stock transaction is of a service and matches no goods.
SELECT l.C_INVOICE_ID AS document_id, m.C_INVOICELINE_ID AS line_id, s.M_INOUT_ID AS movement_id,
  t.M_TRANSACTION_ID AS movement_line_id, m.QTY AS quantity
FROM M_MATCHINV m
JOIN C_INVOICELINE l ON l.C_INVOICELINE_ID = m.C_INVOICELINE_ID
JOIN C_INVOICE i ON i.C_INVOICE_ID = l.C_INVOICE_ID
JOIN M_INOUTLINE s ON s.M_INOUTLINE_ID = m.M_INOUTLINE_ID
JOIN M_TRANSACTION t ON t.M_INOUTLINE_ID = m.M_INOUTLINE_ID
WHERE i.AD_ORG_ID IN :organisations
