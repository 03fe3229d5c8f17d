"""What Zuper makes of the state of an invoice that is put: paid, in full or in part, or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_pipeline.systems.booking import Money, enter_payment
from qbo_pipeline.systems.company import guid
from qbo_pipeline.systems.goods import void_invoice
from qbo_pipeline.systems.zuper.goods import Refused
from qbo_pipeline.systems.zuper.world import World


def set_state(world: World, own: str, given: Mapping[str, Any]) -> bool:
    """Set the state of an invoice; answers whether there is one of this uid.

    Raises `Refused` where it makes no sense.
    """
    found = next((row for row in world.company.table("invoices") if guid("invoice", row["id"]) == own), None)
    if found is None:
        return False
    if given.get("invoice_uid") != own:
        raise Refused("invoice_uid is required")
    state = given.get("invoice_status")
    if found["status"] == "voided":
        raise Refused("The invoice is cancelled")
    if state == "CANCELED":
        if found["paid_cents"]:
            raise Refused("An invoice with payments cannot be cancelled")
        void_invoice(world.company, found["id"])
    elif state == "PAID":
        due = found["total_cents"] - found["paid_cents"]
        cents = int(Decimal(str(given.get("amount_paid") or 0)) * 100) or due
        if not 0 < cents <= due:
            raise Refused("amount_paid is more than what is due")
        money = Money(
            kind="payment_received", party_id=found["customer_id"], day=str(given["payment_date"])[:10], cents=cents,
            method="Bank transfer", reference=str(given.get("reference_no") or ""), settled={found["id"]: cents},
        )  # fmt: skip
        enter_payment(world.company, money)
    else:
        raise Refused(f"{state} is not taken here")
    world.refresh()
    return True
