"""What the boatyard thinks better of after the night's run: voided, deleted, moved, taken back."""

from __future__ import annotations

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.boatyard.desk import Desk, Line, Move


def written_in_haste(desk: Desk) -> None:
    """Papers that will be changed: three invoices, two payments, samples that were given away."""
    for name in ("voided later", "deleted later", "paid in time"):
        desk.document(name, "sales_invoice", "Y-CAMP", Line("FITTING", 1, 5_000), memo="Written in haste")
    desk.payment("moved later", "payment_received", "Y-CAMP", 5_000, [("paid in time", 5_000)], method="Check")
    desk.payment("bounced later", "payment_received", "Y-CAMP", 3_000, method="Check", memo="On account")
    desk.movement("samples", "adjustment", Move("OAR", -1), account="SAMPLES", memo="Lent, as it turned out")


def thought_better_of(desk: Desk) -> None:
    """One invoice voided, one deleted, a payment moved to today, one that bounced, and the samples are back."""
    desk.change("yard_documents", "voided later", status="voided")
    desk.delete_document("deleted later")
    desk.change("yard_payments", "moved later", business_date=desk.work.today)
    desk.change("yard_payments", "bounced later", status="voided")
    desk.change("yard_movements", "samples", status="voided")
    stock.take_back(desk.work.db, desk.named("samples"))
