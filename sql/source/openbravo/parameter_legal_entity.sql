-- The legal entities: organisations of type 1, which keep their own accounts and hold the others below them.
-- choose: one
SELECT NAME AS name, AD_ORG_ID AS value
FROM AD_ORG
WHERE AD_ORGTYPE_ID = '1'
