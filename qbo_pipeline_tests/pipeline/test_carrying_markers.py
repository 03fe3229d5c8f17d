"""Records that carry our marker: whatever the store knows by now, they are not posted a second time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert

from qbo_pipeline.accounting.drafts import Excluded, Refused
from qbo_pipeline.inventory.records import Movement, Payment, Record
from qbo_pipeline.pipeline.carrying_markers import carrying_markers
from qbo_pipeline.posting.identity import Identity
from qbo_pipeline.store import write_backs as store
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.tables.records import connections

REALM, SOURCE = "9130", "zuper:1"
MARKER = Identity(REALM, SOURCE).code("WriteBack", "InventoryAdjustment/7", 1)
OTHERS = Identity(REALM, "another").code("WriteBack", "InventoryAdjustment/7", 1)
DAY = date(2026, 10, 5)
SETTINGS: Any = SimpleNamespace(connection=SimpleNamespace(name="shop"), quickbooks=SimpleNamespace(realm=REALM))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    file: Path = tmp_path_factory.mktemp("markers") / "store.sqlite"
    found = open_database(f"sqlite:///{file}")
    now = datetime(2026, 10, 5, tzinfo=UTC)
    payload = '{"allocations":[{"amount":"10","document_id":"i1"}]}'
    row = {
        "key": "Payment/7", "revision": 1, "marker": MARKER, "operation": "create", "kind": "payment_received",
        "business_date": DAY, "party_id": "c1", "number": "7", "currency": "USD", "amount": Decimal("10.00"),
        "payload": payload, "payload_hash": "0", "first_seen": now, **store.FRESH,
    }  # fmt: skip
    with found.transaction() as transaction:
        known = {"connection": "shop", "environment": "emulator", "realm": REALM, "source": SOURCE, "currency": "USD"}
        transaction.execute(insert(connections).values({**known, "created_at": now}))
        store.add(transaction, "shop", [row])
    yield found
    found.close()


def outcomes(database: Database, *records: Record) -> dict[str, Any]:
    with database.reading() as reading:
        return dict(carrying_markers(reading, SETTINGS, records, "made_there", "changed"))


MOVEMENT = Movement(movement_id="t1", kind="adjustment", number="7", business_date=DAY, currency="USD",
                    memo=f"ADJ 7 [qp:{MARKER}]")  # fmt: skip
PAYMENT = Payment(payment_id="p1", kind="payment_received", number="7", business_date=DAY, party_id="c1",
                  currency="USD", amount=Decimal("10.00"), reference=f"BANK [qp:{MARKER}]")  # fmt: skip


def test_a_movement_and_a_payment_of_ours_are_not_posted(database: Database) -> None:
    found = outcomes(database, MOVEMENT, PAYMENT, replace(MOVEMENT, movement_id="t2", status="voided"))
    assert {key: type(outcome) for key, outcome in found.items()} == {
        "movement/t1": Excluded, "payment/p1": Excluded, "movement/t2": Excluded,
    }  # fmt: skip
    assert {outcome.rule for outcome in found.values()} == {"made_there"}


def test_a_payment_of_another_amount_waits_and_what_is_of_others_is_left_alone(database: Database) -> None:
    other = replace(MOVEMENT, movement_id="t3", memo=f"[qp:{OTHERS}]")
    without = replace(MOVEMENT, movement_id="t4", memo="ADJ 7")
    found = outcomes(database, replace(PAYMENT, amount=Decimal("9.00")), other, without)
    assert found.keys() == {"payment/p1"}
    assert isinstance(found["payment/p1"], Refused)
    assert "is of 9.00 here, and of 10.00 there" in found["payment/p1"].message
