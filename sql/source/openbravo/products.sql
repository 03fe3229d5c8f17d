-- Products of the legal entity, of the organisations below it, and of the groups above it.
SELECT p.M_PRODUCT_ID AS product_id,
  CASE WHEN p.PRODUCTTYPE = 'I' AND p.ISSTOCKED = 'Y' THEN 'stocked'
    WHEN p.PRODUCTTYPE = 'S' THEN 'service' ELSE 'non_stocked' END AS kind,
  p.VALUE AS number, p.NAME AS name, c.NAME AS category, u.NAME AS unit, p.ISACTIVE AS active
FROM M_PRODUCT p
LEFT JOIN M_PRODUCT_CATEGORY c ON c.M_PRODUCT_CATEGORY_ID = p.M_PRODUCT_CATEGORY_ID
LEFT JOIN C_UOM u ON u.C_UOM_ID = p.C_UOM_ID
WHERE p.AD_ORG_ID = '0' OR p.AD_ORG_ID IN :organisations
  OR p.AD_ORG_ID IN (SELECT AD_ORG_ID FROM AD_ORG WHERE AD_ORGTYPE_ID = '0')
