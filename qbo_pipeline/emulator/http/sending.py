"""POST /{entity}/{id}/send: nothing leaves the machine; the e-mail is recorded, and the form marked as sent."""

from __future__ import annotations

import re
from typing import Any

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.http.fault_texts import gateway_fault
from qbo_pipeline.emulator.http.requests import Operation
from qbo_pipeline.emulator.http.state import EmulatorState

SENDABLE = frozenset({"Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt", "PurchaseOrder", "Payment"})
_ADDRESS_FIELDS = {"PurchaseOrder": "POEmail", "Payment": ""}
"""Where a form keeps the address that it went to; BillEmail for the others, nowhere for a payment."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def send_form(state: EmulatorState, operation: Operation, params: dict[str, str]) -> dict[str, Any]:
    """Record the e-mail and return the form with EmailStatus EmailSent.

    Raises fault 6420 without an address, 2210 for a bad one, 6000 past the day's e-mails, 610 for no such form.
    """
    if operation.entity not in SENDABLE:
        raise gateway_fault("500", f"send {operation.entity}")
    form = state.company.read(operation.entity, operation.id)
    field = _ADDRESS_FIELDS.get(operation.entity, "BillEmail")
    address = params.get("sendto") or (form.get(field) or {}).get("Address")
    if not address:
        raise gateway_fault("6420", element=field)
    if not _ADDRESS.fullmatch(address):
        raise faults.fault("2210", "sendTo", what=address[:100])
    now = state.clock.now()
    today = [mail for mail in state.emails if mail["sent_at"][:10] == now.isoformat()[:10]]
    if state.settings.limits != "off" and len(today) >= state.settings.emails_per_day:
        raise faults.business(f"No more than {state.settings.emails_per_day} e-mails can be sent in a day.")
    sent = {"EmailStatus": "EmailSent", field: {"Address": address}} if field else {}
    changed = state.company.update(
        operation.entity, {"Id": form["Id"], "SyncToken": form["SyncToken"], "sparse": True} | sent
    )
    changed["EmailStatus"] = "EmailSent"
    changed["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": state.time()}
    state.emails.append(
        {"sent_at": now.isoformat(), "to": address, "entity": operation.entity, "id": str(operation.id)}
    )
    return {operation.entity: changed}
