-- What a payment settles: the schedule details that lead to an invoice. What leads to an order alone, to a G/L item or
-- to nothing stays on account.
SELECT d.FIN_PAYMENT_ID AS payment_id, a.FIN_PAYMENT_SCHEDULEDETAIL_ID AS allocation_id,
  s.C_INVOICE_ID AS document_id, a.AMOUNT AS amount
FROM FIN_PAYMENT_SCHEDULEDETAIL a
JOIN FIN_PAYMENT_DETAIL d ON d.FIN_PAYMENT_DETAIL_ID = a.FIN_PAYMENT_DETAIL_ID
JOIN FIN_PAYMENT p ON p.FIN_PAYMENT_ID = d.FIN_PAYMENT_ID
JOIN FIN_PAYMENT_SCHEDULE s ON s.FIN_PAYMENT_SCHEDULE_ID = a.FIN_PAYMENT_SCHEDULE_INVOICE
WHERE a.ISCANCELED = 'N' AND s.C_INVOICE_ID IS NOT NULL AND p.AD_ORG_ID IN :organisations
