-- The legal entity and the organisations below it. Openbravo keeps the tree in AD_TREENODE; where that table is not at
-- hand the tree shows in what they use: business partners and products belong to the legal entity, so an organisation
-- that is no legal entity itself belongs to the one whose business partners its invoices and shipments name, or whose
-- products its stock transactions move. Where those belong to a group above all legal entities, copy this mapping and
-- name the organisations here.
-- choose: many
SELECT NAME AS name, AD_ORG_ID AS value
FROM AD_ORG
WHERE AD_ORG_ID = :legal_entity
  OR (
    AD_ORGTYPE_ID <> '1'
    AND AD_ORG_ID IN (
      SELECT i.AD_ORG_ID FROM C_INVOICE i JOIN C_BPARTNER b ON b.C_BPARTNER_ID = i.C_BPARTNER_ID
      WHERE b.AD_ORG_ID = :legal_entity
      UNION
      SELECT s.AD_ORG_ID FROM M_INOUT s JOIN C_BPARTNER b ON b.C_BPARTNER_ID = s.C_BPARTNER_ID
      WHERE b.AD_ORG_ID = :legal_entity
      UNION
      SELECT t.AD_ORG_ID FROM M_TRANSACTION t JOIN M_PRODUCT p ON p.M_PRODUCT_ID = t.M_PRODUCT_ID
      WHERE p.AD_ORG_ID = :legal_entity
    )
  )
