-- The warehouses of those organisations.
-- choose: many
SELECT NAME AS name, M_WAREHOUSE_ID AS value
FROM M_WAREHOUSE
WHERE AD_ORG_ID IN :organisations
