"""The way back: what people enter in QuickBooks reaches the inventory system once, and is not posted a second time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.preflight import _inbox
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.write_back import open_inbox, take_answers, write_back
from qbo_pipeline.pipeline.write_back_standing import decide_write_back, write_back_standing
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.store.evidence import altered
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop, shop_rows
from qbo_pipeline_tests.sources.company import Rows
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing

PAID = Decimal("90.00")  # the shop's one invoice, whole


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def people(emulator: RunningEmulator) -> Iterator[Bookkeeper]:
    people = Bookkeeper(emulator)
    yield people
    people.close()


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    return shop_with_inbox(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator)


def shop_with_inbox(folder: Path, store_url: str, emulator: RunningEmulator, owner: str = "both") -> Shop:
    """The shop without its payment; its inbox is in its own database."""
    shop = open_shop(folder, emulator, without_payments(), store_url=store_url)
    owned_by(shop, owner)
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        assert [problem.what for problem in inbox.check()] == ["there is no inbox"]
        assert [(found.ok, "there is no inbox" in found.finding) for found in _inbox(run)] == [(False, True)]
        inbox.create()
        assert inbox.check() == []
        assert [found.ok for found in _inbox(run)] == [True]
    return shop


def without_payments() -> Rows:
    return {**shop_rows(), "payments": [], "payment_allocations": []}


def owned_by(shop: Shop, owner: str) -> None:
    """Say in the settings who makes the payments that are received."""
    before = shop.settings.read_text()
    place = f'[write_back]\nfirst_day = {FIRST_DAY}\nurl = "{shop.source_url}"\n'
    said = before.replace('payments_received = "source"', f'payments_received = "{owner}"')
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


def test_a_payment_made_in_quickbooks_is_taken_once_and_never_comes_back(
    tmp_path: Path, store_url: str, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = shop_with_inbox(tmp_path, store_url, emulator)
    with shop.run() as run:
        carry(run)
        assert in_the_inbox(shop) == []
        payment = pay(run, people, PaymentRefNum="CHQ-7")
    with shop.run() as run:
        carry(run)
    (entry,) = in_the_inbox(shop)
    assert (entry["operation"], entry["kind"], entry["revision"]) == ("create", "payment_received", 1)
    content = json.loads(entry["content"])
    assert (content["number"], content["business_date"], content["amount"]) == ("CHQ-7", "2024-03-06", "90")
    assert [(item["document_id"], item["amount"]) for item in content["allocations"]] == [("i1", "90")]

    take(shop)
    for _ in range(2):
        with shop.run() as run:
            carry(run)
            standing = write_back_standing(run)
            assert rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'") == [
                {"disposition": "excluded", "rule": "made_in_quickbooks"}
            ]
            with run.database.reading() as connection:
                assert list(altered(connection, run.name)) == []
    assert [(row["state"], row["answer"], row["count"]) for row in standing.entries] == [("posted", "taken", 1)]
    assert list(standing.grounds()) == []
    assert len(in_the_inbox(shop)) == 1
    assert [thing["Id"] for thing in payments(people)] == [payment["Id"]]


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


def test_a_change_in_quickbooks_is_one_further_revision(shop: Shop, people: Bookkeeper) -> None:
    payment = paid(shop, people)
    take(shop)
    night(shop)
    half = [{**payment["Line"][0], "Amount": Decimal("40.00")}]
    people.save("Payment", {**people.get("Payment", payment["Id"]), "TotalAmt": Decimal("40.00"), "Line": half})
    standing = night(shop)
    assert operations(shop) == [(1, "create"), (2, "update")]
    assert (content(shop)["amount"], content(shop)["allocations"][0]["amount"]) == ("40", "40")
    # Before it takes that, the inventory system changes its own: both are told, and nothing is posted.
    shop.change("UPDATE payments SET amount = '95.00'")
    night(shop)
    with shop.run() as run:
        (record,) = rows(run, "SELECT disposition, rule, message FROM records WHERE record_type = 'payment'")
    assert (record["disposition"], record["rule"]) == ("refused", "changed_in_source")
    assert "amount 40 there and 95 here" in record["message"]
    take(shop)
    standing = night(shop)
    assert [(row["state"], row["answer"]) for row in standing["entries"]] == [("posted", "taken")]
    assert standing["waiting"] == []
    assert operations(shop) == [(1, "create"), (2, "update")]
    assert len(payments(people)) == 1


@pytest.mark.parametrize("how", ["void", "delete"])
def test_what_is_voided_or_deleted_in_quickbooks_is_taken_back(shop: Shop, people: Bookkeeper, how: str) -> None:
    payment = paid(shop, people)
    take(shop)
    night(shop)
    now = people.get("Payment", payment["Id"])
    if how == "delete":
        people.delete("Payment", now)
    else:
        people.save("Payment", {"Id": now["Id"], "SyncToken": now["SyncToken"], "sparse": True}, include="void")
    night(shop)
    assert operations(shop) == [(1, "create"), (2, "void")]
    assert (content(shop)["status"], content(shop)["amount"], content(shop)["allocations"]) == ("voided", "0", [])
    take(shop)
    for _ in range(2):
        assert night(shop)["waiting"] == []
    assert operations(shop) == [(1, "create"), (2, "void")]


@pytest.mark.torture
def test_what_is_gone_before_it_was_read_is_never_written(shop: Shop, people: Bookkeeper) -> None:
    night(shop)
    with shop.run() as run:
        payment = pay(run, people)
    people.delete("Payment", people.get("Payment", payment["Id"]))
    night(shop)
    assert in_the_inbox(shop) == []


def test_our_own_payments_never_come_back(tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper) -> None:
    shop = open_shop(tmp_path, emulator)  # with its payment, which is posted
    owned_by(shop, "both")
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()
    for _ in range(3):
        night(shop)
    assert in_the_inbox(shop) == []
    assert len(payments(people)) == 1
    with shop.run() as run:
        ours(run, people, "payment/y1")


def test_a_look_alike_is_held_until_the_inventory_system_has_said_what_it_is(shop: Shop, people: Bookkeeper) -> None:
    paid(shop, people)
    entry = in_the_inbox(shop)[-1]
    shop.change(
        "INSERT INTO payments (payment_id, kind, number, business_date, party_id, currency, amount, status) VALUES "
        f"('P9', 'payment_received', 'P9', '2024-03-06', '{entry['party_id']}', 'USD', '90.00', 'completed')"
    )
    night(shop)
    with shop.run() as run:
        (record,) = rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'")
    assert (record["disposition"], record["rule"]) == ("refused", "may_be_from_quickbooks")
    assert len(payments(people)) == 1

    # Another payment of the same amount it was: a person says so, and it is posted.
    with shop.run() as run:
        with pytest.raises(NotPossible, match="--who"):
            decide_write_back(run, entry_key(run), "skip", who="", why="")
        decide_write_back(run, entry_key(run), "skip", who="Dana", why="paid twice, both are real")
    night(shop)
    assert len(payments(people)) == 2
    assert night(shop)["waiting"] == []


def entry_key(run: Run) -> str:
    (row,) = rows(run, "SELECT key FROM write_backs WHERE superseded_by IS NULL")
    key: str = row["key"]
    return key


@pytest.mark.torture
def test_what_the_inventory_system_refuses_waits_with_its_words(
    shop: Shop, people: Bookkeeper, qbo: CommandLine
) -> None:
    payment = paid(shop, people)
    shop.change("UPDATE qbo_inbox SET refused = 'the period is closed'")
    night(shop)
    done = qbo("write-back", "list", "--settings", shop.settings, "--json")
    assert done.status == 1
    (waiting,) = done.json["waiting"]
    assert (waiting["key"], waiting["why"]) == (f"Payment/{payment['Id']}", "the period is closed")
    assert "the period is closed" in qbo("status", "--settings", shop.settings).plain
    # It changes its mind: what it says last counts.
    shop.change("UPDATE qbo_inbox SET taken_as = 'P1'")
    assert night(shop)["waiting"] == []
    assert qbo("write-back", "list", "--settings", shop.settings).status == 0


@pytest.mark.torture
def test_taken_as_what_was_posted_already_is_money_that_stands_twice(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, qbo: CommandLine
) -> None:
    shop = open_shop(tmp_path, emulator)
    owned_by(shop, "both")
    with shop.run() as run, closing(open_inbox(run)) as inbox:
        inbox.create()
    night(shop)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
        own = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": PAID, "TxnDate": "2024-03-06"}
        people.save("Payment", own)
    night(shop)
    shop.change("UPDATE qbo_inbox SET taken_as = 'y1'")
    night(shop)
    done = qbo("write-back", "list", "--settings", shop.settings)
    assert done.status == 4
    assert (
        "payment/y1, which is posted there as well"
        in qbo("status", "--settings", shop.settings, "--json").json["why"][0]
    )


@pytest.mark.parametrize("lost", ["the store", "the newest rows"])
def test_a_store_that_is_behind_its_inbox_goes_on_from_there(shop: Shop, people: Bookkeeper, lost: str) -> None:
    payment = paid(shop, people)
    with shop.run() as run, run.database.transaction() as connection:
        connection.execute(text("DELETE FROM write_backs"))
        connection.execute(text("DELETE FROM quickbooks_objects"))
        connection.execute(text("DELETE FROM watermarks WHERE name LIKE 'write_back%'"))
    if lost == "the newest rows":
        changed = {**people.get("Payment", payment["Id"]), "PaymentRefNum": "CHQ-8"}
        people.save("Payment", changed)
    night(shop)
    expected = [(1, "create")] if lost == "the store" else [(1, "create"), (2, "update")]
    assert operations(shop) == expected
    with shop.run() as run:
        found = rows(run, "SELECT revision, state, recovered FROM write_backs ORDER BY revision")
    assert [(row["revision"], bool(row["recovered"])) for row in found] == [
        (revision, revision == 1) for revision, _ in expected
    ]


@pytest.mark.torture
def test_only_what_is_dated_from_the_first_day_on_and_of_the_source_is_written_back(
    shop: Shop, people: Bookkeeper
) -> None:
    night(shop)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
        pay(run, people, TxnDate="2024-02-29")
        stranger = people.save("Customer", {"DisplayName": "Somebody Else"})
        party = {"value": stranger["Id"]}
        people.save("Payment", {"CustomerRef": party, "TotalAmt": Decimal("5.00"), "TxnDate": "2024-03-06"})
        people.save(
            "Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": Decimal("7.00"), "TxnDate": "2024-03-06"}
        )
    standing = night(shop)
    assert [content(shop)["amount"], content(shop)["allocations"]] == ["7", []]  # on account
    assert len(in_the_inbox(shop)) == 1
    rules = {row["rule"]: row["count"] for row in standing["objects"] if row["disposition"] == "excluded"}
    assert rules["before_first_day"] == 1
    # The emulated company has one of its own.
    assert rules["party_not_in_source"] == 2


@pytest.mark.parametrize("owner", ["quickbooks", pytest.param("off", marks=pytest.mark.torture)])
def test_by_setting_the_sources_own_payments_are_not_posted(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, owner: str
) -> None:
    shop = open_shop(tmp_path, emulator)
    before = shop.settings.read_text()
    if owner == "off":
        shop.settings.write_text(before.replace('payments_received = "source"', 'payments_received = "off"'))
    else:
        owned_by(shop, owner)
        with shop.run() as run, closing(open_inbox(run)) as inbox:
            inbox.create()
    night(shop)
    with shop.run() as run:
        assert rows(run, "SELECT disposition, rule FROM records WHERE record_type = 'payment'") == [
            {"disposition": "excluded", "rule": "owned_by_quickbooks"}
        ]
    assert payments(people) == []


@pytest.mark.torture
def test_what_was_posted_before_the_setting_changed_stays(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = open_shop(tmp_path, emulator)
    night(shop)
    (payment,) = payments(people)
    shop.settings.write_text(
        shop.settings.read_text().replace('payments_received = "source"', 'payments_received = "off"')
    )
    shop.change("UPDATE payments SET memo = 'seen again'")
    night(shop)
    assert [thing["TotalAmt"] for thing in payments(people)] == [payment["TotalAmt"]]
    with shop.run() as run:
        assert [row["state"] for row in rows(run, "SELECT state FROM postings WHERE key = 'payment/y1'")] == ["posted"]
