-- The legal entity and the organisations below it. Openbravo keeps the tree in AD_TREENODE; where that table is not at
-- hand the tree shows in the documents: business partners belong to the legal entity, so an organisation that is no
-- legal entity itself belongs to the one whose business partners its invoices and shipments name.
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
    )
  )
