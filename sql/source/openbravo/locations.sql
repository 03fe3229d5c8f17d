-- Warehouses; the storage bins inside one (M_LOCATOR) hold no value of their own.
SELECT M_WAREHOUSE_ID AS location_id, VALUE AS number, NAME AS name
FROM M_WAREHOUSE
WHERE M_WAREHOUSE_ID IN :warehouses
