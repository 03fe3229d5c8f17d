"""A way back for the page without QuickBooks: a conflict, a payment that waits, one that was refused, one taken.

What belongs here: rows of the store as a night leaves them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.two_sided import CONFLICT
from qbo_pipeline.store import agreements, evidence
from qbo_pipeline.store import quickbooks_objects as objects
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.postings import put_links
from qbo_pipeline.store.two_way import keep_two_way

KINDS = ("customers", "payments_received")
THERE, HERE = "there@example.com", "here@example.com"


def with_way_back(settings: Path) -> None:
    """Say in the settings that payments and customers come back."""
    said = settings.read_text()
    for kind in KINDS:
        said = said.replace(f'{kind} = "source"', f'{kind} = "both"')
    place = '[write_back]\nfirst_day = 2024-03-01\nurl = "sqlite:///source.sqlite"\n\n'
    settings.write_text(said.replace("[reconciliation]", f"{place}[reconciliation]", 1))


def came_back(run: Run) -> None:
    """A night of which something waits for each of three causes, and a two-way tie-out that names one."""
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        _conflict(run, connection, now)
        paid = {"Id": "71", "SyncToken": "0", "TxnDate": "2024-03-06", "TotalAmt": 40, "PaymentRefNum": "CHQ-8"}
        rows = [{"qbo_id": "71", "sync_token": "0", "content": orjson.dumps(paid).decode(), "deleted": False}]
        objects.keep_objects(connection, run.name, "Payment", rows, now)
        _judged(run, connection, "Payment", "71", "0", "document_gone", "Payment CHQ-8 settles document/i7")
        store.add(connection, run.name, [
            _entry("Payment/70", "CHQ-7", now, taken_as="P1"),
            _entry("Payment/72", "CHQ-9", now, refused="the period is closed"),
            _entry("Payment/73", "CHQ-10", now, state="parked", reason="refused", posted_at=None,
                   message="no such column"),
        ])  # fmt: skip
        named: list[tuple[Any, ...]] = [(f"Payment/{number}", 1) for number in (70, 72, 73)]
        evidence.note_all(connection, run.name, evidence.WRITE_BACK, named, "planned", now=now)
        differs = {"kind": "payments_received", "key": "Payment/71", "here": Decimal(0), "there": Decimal(40),
                   "why": "withheld: Payment CHQ-8 settles document/i7"}  # fmt: skip
        keep_two_way(connection, run.name, [{"kind": "payments_received", "agree": 2, "differ": 1}], [differs], now)


def _conflict(run: Run, connection: Any, now: Any) -> None:
    """The e-mail of Café Sol, changed on both sides since they last agreed."""
    thing = {"Id": "58", "SyncToken": "3", "DisplayName": "Café Sol", "PrimaryEmailAddr": {"Address": THERE},
             "MetaData": {"CreateTime": "2024-03-02T00:00:00Z"}, "Active": True}  # fmt: skip
    rows = [{"qbo_id": "58", "sync_token": "3", "content": orjson.dumps(thing).decode(), "deleted": False}]
    objects.keep_objects(connection, run.name, "Customer", rows, now)
    link = {"key": "party/customer:c1", "entity": "Customer", "qbo_id": "58", "sync_token": "1", "fingerprint": "",
            "revision": 1, "linked_by": "posted", "linked_at": now}  # fmt: skip
    put_links(connection, run.name, [link])
    before = {"name": "Café Sol", "email": "old@example.com", "active": True}
    agreements.keep_agreed(
        connection, run.name, {"party/customer:c1": ("Customer", "58", (before, before))}, now
    )  # fmt: skip
    _judged(run, connection, "Customer", "58", "3", CONFLICT, "party/customer:c1 was changed on both sides")


def _judged(run: Run, connection: Any, entity: str, qbo_id: str, token: str, rule: str, message: str) -> None:
    place = {"entity": entity, "qbo_id": qbo_id, "sync_token": token}
    objects.judge_objects(
        connection, run.name, [{**place, "disposition": "withheld", "rule": rule, "message": message}]
    )


def _entry(key: str, number: str, now: Any, **more: Any) -> dict[str, Any]:
    content = {"kind": "payment_received", "payment_id": key, "party_id": "c1", "amount": "40", "number": number}
    return {
        "key": key, "revision": 1, "marker": f"M{number}", "operation": "create", "kind": "payment_received",
        "business_date": date(2024, 3, 6), "party_id": "c1", "number": number, "currency": "USD",
        "amount": Decimal("40.00"), "payload": orjson.dumps(content).decode(), "payload_hash": "h", "first_seen": now,
        "superseded_by": None, "taken_as": None, "refused": None, **store.FRESH, "state": "posted", "posted_at": now,
        **more,
    }  # fmt: skip
