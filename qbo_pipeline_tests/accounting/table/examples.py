"""The records that several rows of docs/what-is-posted.md are about."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from qbo_pipeline.inventory.records import Party
from qbo_pipeline_tests.accounting.company import DAY, document, item, match, movement, stock
from qbo_pipeline_tests.accounting.table.row import line

D = Decimal
NEXT = DAY + timedelta(days=1)
EURO: dict[str, Any] = {"currency": "EUR", "exchange_rate": D("1.10")}
GERMAN = Party(party_id="9", kind="supplier", name="Tee GmbH", currency="EUR")
RECEIPT = movement("receipt", stock("tea", 10, "50"), party_id="9")
LATER = movement("receipt", stock("tea", 10, "50"), party_id="9", business_date=NEXT)
BILL = document("bill", item("tea", 10, "6", "60"), document_id="b1", matches=(match(1, "receipt", 1, 10),))
UNMATCHED = document("bill", item("tea", 10, "5", "50"), document_id="b2")
INVOICE = document("sales_invoice", item("tea", 4, "12", "48"), document_id="i1", number="I-1")
TAXED = document("sales_invoice", item("tea", 4, "12", "48", tax_amount=D("3.84")), document_id="i2", number="I-2")
RETURN = movement("supplier_return", stock("tea", -2, "-10"), party_id="9")
RETURN_CREDIT = document("purchase_credit", item("tea", 2, "6", "12"), matches=(match(1, "supplier_return", 1, 2),))
FREIGHT = movement("landed_cost", stock("tea", 0, "30"), line("sold", "15", "tea"), movement_id="f")
FREIGHT_BILL = document("bill", item("fit", 1, "45", "45"), matches=(match(1, "f", 1, 1), match(1, "f", 2, 1)))
