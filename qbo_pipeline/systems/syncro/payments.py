"""What Syncro makes of a payment that is posted to it.

What belongs here: its checks and the booking. Quirks on purpose: it takes cents and answers dollars, and dates the
payment itself, on the day of its own clock; it can neither be changed nor deleted.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.systems.booking import Money, enter_payment
from qbo_pipeline.systems.door import Answer
from qbo_pipeline.systems.syncro.world import World


def enter(world: World, body: bytes) -> Answer:
    """Answer `POST /payments`."""
    try:
        given: dict[str, Any] = json.loads(body, parse_float=Decimal)
        cents = int(given["amount_cents"])
        settled = {
            int(key): int(Decimal(str(value)) * 100) for key, value in (given.get("apply_payments") or {}).items()
        }
        customer = int(given["customer_id"])
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return 422, {"success": False, "message": ["Amount and customer must be given"]}
    world.refresh()
    unknown = [key for key in settled if str(key) not in world.objects["invoice"]]
    if unknown or str(customer) not in world.objects["customer"] or cents <= 0 or sum(settled.values()) > cents:
        return 422, {"success": False, "message": ["Customer, invoice or amount is invalid"]}
    (company,) = world.company.table("company")
    today = world.changes.clock().astimezone(ZoneInfo(company["time_zone"])).date().isoformat()
    money = Money(
        kind="payment_received", party_id=customer, day=today, cents=cents, settled=settled,
        method=str(given.get("payment_method") or "Other"), reference=str(given.get("ref_num") or ""),
    )  # fmt: skip
    entry_id = str(enter_payment(world.company, money))
    world.refresh()
    return 200, {"payment": world.objects["payment"][entry_id]}
