"""The shop of a week without its payment, with an inbox in its own database; a bookkeeper pays in QuickBooks.

What belongs here: what each test of the way back does before it asserts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.preflight import _inbox
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.write_back import write_back
from qbo_pipeline.pipeline.write_back_answers import take_answers
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop, shop_rows
from qbo_pipeline_tests.sources.company import Rows
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing

PAID = Decimal("90.00")  # the shop's one invoice, whole


def shop_with_inbox(
    folder: Path,
    store_url: str,
    emulator: RunningEmulator,
    owner: str = "both",
    kinds: Sequence[str] = ("payments_received",),
    more: str = "",
) -> Shop:
    """The shop without its payment; its inbox is in its own database."""
    shop = open_shop(folder, emulator, without_payments(), store_url=store_url)
    owned_by(shop, owner, kinds, more)
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        assert [problem.what for problem in inbox.check()] == ["there is no inbox"]
        assert [(found.ok, "there is no inbox" in found.finding) for found in _inbox(run)] == [(False, True)]
        inbox.create()
        assert inbox.check() == []
        assert [found.ok for found in _inbox(run)] == [True]
    return shop


def without_payments() -> Rows:
    return {**shop_rows(), "payments": [], "payment_allocations": []}


def owned_by(
    shop: Shop, owner: str, kinds: Sequence[str] = ("payments_received",), more: str = "", where: str | None = None
) -> None:
    """Say in the settings who makes the payments that are received, or things of other kinds; `where` the inbox is, if
    not in the shop's own database."""
    before = shop.settings.read_text()
    place = f"[write_back]\nfirst_day = {FIRST_DAY}\n" + (where or f'url = "{shop.source_url}"') + f"\n{more}"
    said = before
    for kind in kinds:
        said = said.replace(f'{kind} = "source"', f'{kind} = "{owner}"')
    assert said != before
    shop.settings.write_text(said.replace("[reconciliation]", f"{place}\n[reconciliation]", 1))


def carry(run: Run) -> None:
    """A night with its way back, in the order of `qbo-pipeline run`."""
    extract_master_data(run)
    extract_days(run, FIRST_DAY, LAST_DAY)
    read_reference_data(run)
    take_answers(run)
    transform(run, FIRST_DAY, LAST_DAY)
    load(run, FIRST_DAY, LAST_DAY)
    write_back(run)


def ours(run: Run, people: Bookkeeper, key: str) -> Thing:
    (link,) = rows(run, "SELECT entity, qbo_id FROM posting_links WHERE key = :key", key=key)
    return people.get(link["entity"], link["qbo_id"])


def pay(run: Run, people: Bookkeeper, amount: Decimal = PAID, **more: Any) -> Thing:
    """A bookkeeper enters in QuickBooks that the shop's invoice was paid."""
    invoice = ours(run, people, "document/i1")
    line = {"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": amount, "TxnDate": "2024-03-06", "Line": [line]}
    return people.save("Payment", {**body, **more})


def payments(people: Bookkeeper) -> list[Thing]:
    """The payments of QuickBooks without those that the emulated company begins with."""
    days = (FIRST_DAY.isoformat(), LAST_DAY.isoformat())
    return [thing for thing in people.all("Payment") if days[0] <= thing["TxnDate"] <= days[1]]


def in_the_inbox(shop: Shop) -> list[dict[str, Any]]:
    return _select(shop, "SELECT * FROM qbo_inbox ORDER BY marker, revision")


def take(shop: Shop, payment_id: str = "P1") -> None:
    """The inventory system books the newest entry of its inbox and says so, in one transaction."""
    entry = in_the_inbox(shop)[-1]
    content = json.loads(entry["content"])
    columns = ("kind", "number", "business_date", "party_id", "currency", "amount")
    payment = {"payment_id": payment_id, "status": "completed", **{name: content[name] for name in columns}}
    tables = {"payment_allocations": [{"payment_id": payment_id, **item} for item in content["allocations"]]}
    tables["payments"] = [payment] if entry["operation"] != "void" else []
    engine = create_engine(normalise_url(shop.source_url))
    with engine.begin() as connection:
        for table, new in tables.items():
            connection.execute(text(f"DELETE FROM {table} WHERE payment_id = :id"), {"id": payment_id})
            for row in new:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
        said = {"id": payment_id, "marker": entry["marker"], "revision": entry["revision"]}
        connection.execute(
            text("UPDATE qbo_inbox SET taken_as = :id WHERE marker = :marker AND revision = :revision"), said
        )
    engine.dispose()


def _select(shop: Shop, query: str) -> list[dict[str, Any]]:
    engine = create_engine(normalise_url(shop.source_url))
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(text(query)).mappings()]
    engine.dispose()
    return found


def night(shop: Shop) -> dict[str, Any]:
    """A night, and how the way back stands after it."""
    with shop.run() as run:
        carry(run)
        return write_back_standing(run).as_dict()


def paid(shop: Shop, people: Bookkeeper, **more: Any) -> Thing:
    """A night, then a payment in QuickBooks, then the night that writes it back."""
    night(shop)
    with shop.run() as run:
        payment = pay(run, people, **more)
    night(shop)
    return payment


def content(shop: Shop) -> dict[str, Any]:
    """What the newest entry of the inbox says."""
    found: dict[str, Any] = json.loads(in_the_inbox(shop)[-1]["content"])
    return found


def operations(shop: Shop) -> list[tuple[int, str]]:
    return [(entry["revision"], entry["operation"]) for entry in in_the_inbox(shop)]


def entry_key(run: Run) -> str:
    (row,) = rows(run, "SELECT key FROM write_backs WHERE superseded_by IS NULL")
    key: str = row["key"]
    return key


def taken(shop: Shop, people: Bookkeeper) -> Thing:
    """A payment of QuickBooks that the inventory system has taken as P1, known to the store."""
    payment = paid(shop, people)
    take(shop)
    night(shop)
    return payment


def outcome(shop: Shop) -> tuple[str, str]:
    """What became of the inventory system's one payment."""
    with shop.run() as run:
        (row,) = rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'")
    return row["disposition"], row["rule"]
