-- What a payment settles: the schedule details that lead to an invoice. What leads to an order alone, to a G/L item or
-- to nothing stays on account.
-- A payment by credit (amount 0, all of it credit that one earlier payment left on account) moves no money: what it
-- settles is settled by the earlier payment, which is where QuickBooks has the money. Where credit of several payments is
-- used, or money and credit together, Openbravo does not say which settled what: the allocations stay with the payment
-- that used it, exceed its amount and set it aside, for a person to link in QuickBooks.
SELECT COALESCE(c.FIN_PAYMENT_ID_USED, d.FIN_PAYMENT_ID) AS payment_id,
  a.FIN_PAYMENT_SCHEDULEDETAIL_ID AS allocation_id, s.C_INVOICE_ID AS document_id, a.AMOUNT AS amount
FROM FIN_PAYMENT_SCHEDULEDETAIL a
JOIN FIN_PAYMENT_DETAIL d ON d.FIN_PAYMENT_DETAIL_ID = a.FIN_PAYMENT_DETAIL_ID
JOIN FIN_PAYMENT p ON p.FIN_PAYMENT_ID = d.FIN_PAYMENT_ID
JOIN FIN_PAYMENT_SCHEDULE s ON s.FIN_PAYMENT_SCHEDULE_ID = a.FIN_PAYMENT_SCHEDULE_INVOICE
LEFT JOIN FIN_PAYMENT_CREDIT c ON c.FIN_PAYMENT_ID = p.FIN_PAYMENT_ID
  AND CAST(p.AMOUNT AS DECIMAL(18, 6)) = 0 AND p.PROCESSED = 'Y' AND p.STATUS <> 'RPVOIDED'
  AND NOT EXISTS (
    SELECT 1 FROM FIN_PAYMENT_CREDIT o
    WHERE o.FIN_PAYMENT_ID = p.FIN_PAYMENT_ID AND o.FIN_PAYMENT_ID_USED <> c.FIN_PAYMENT_ID_USED
  )
WHERE a.ISCANCELED = 'N' AND s.C_INVOICE_ID IS NOT NULL AND p.AD_ORG_ID IN :organisations
