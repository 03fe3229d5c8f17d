-- Lines of invoices with the tax of each; the goods are where the matched receipt or shipment line has them.
SELECT l.C_INVOICE_ID AS document_id, l.C_INVOICELINE_ID AS line_id, l.M_PRODUCT_ID AS product_id,
  l.QTYINVOICED AS quantity, l.PRICEACTUAL AS unit_price, l.LINENETAMT AS net_amount, x.TAXAMT AS tax_amount,
  t.NAME AS tax_code, b.M_WAREHOUSE_ID AS location_id
FROM C_INVOICELINE l
JOIN C_INVOICE i ON i.C_INVOICE_ID = l.C_INVOICE_ID
LEFT JOIN C_INVOICELINETAX x ON x.C_INVOICELINE_ID = l.C_INVOICELINE_ID
LEFT JOIN C_TAX t ON t.C_TAX_ID = l.C_TAX_ID
LEFT JOIN M_INOUTLINE s ON s.M_INOUTLINE_ID = l.M_INOUTLINE_ID
LEFT JOIN M_LOCATOR b ON b.M_LOCATOR_ID = s.M_LOCATOR_ID
WHERE i.AD_ORG_ID IN :organisations
