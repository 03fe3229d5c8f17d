"""The report views after a week in which much happened: their numbers are those of the product, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from qbo_pipeline.pipeline.counts import day_counts
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.reference import LISTS, WEEKLY, read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.sign import sign
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.store.attempts import verify
from qbo_pipeline.store.ledger_lines import load_balances, load_ledger
from qbo_pipeline.store.postings import counts
from qbo_pipeline.store.reconciliations import load_differences, load_sign_offs, load_summaries
from qbo_pipeline.store.report_views import report_views
from qbo_pipeline.store.tables.posting import posting_records, postings
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import ENCRYPTION_KEY, carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop, open_shop, shop_rows
from qbo_pipeline_tests.store.calls import calls_between

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Week:
    """The shop after its week, and its run."""

    shop: Shop
    run: Run
    emulator: RunningEmulator

    def view(self, name: str, condition: str = "") -> Rows:
        """The rows of a view, amounts as they come: exact numbers on PostgreSQL, decimal text on SQLite."""
        return rows(self.run, f"SELECT * FROM report_{name} {condition}")


@pytest.fixture
def week(tmp_path: Path, store_url: str) -> Iterator[Week]:
    """One payment skipped by a person, one parked, one document set aside, one undated, one excluded; the week signed
    off by two people, then a cost changed and a movement reversed: the certificate is void, there are differences. At
    last a document vanished, a customer came who waits, half of a movement was parked, a changed one skipped."""
    given = shop_rows()
    invoice = given["documents"][1]
    given["documents"] += [
        {**invoice, "document_id": "i2", "number": "I2", "total_amount": "91.00"},
        {**invoice, "document_id": "i3", "number": "I3", "business_date": "2024-02-31"},
        {**invoice, "document_id": "i4", "number": "I4", "status": "voided"},
    ]
    given["document_lines"] += [
        {**line, "document_id": name, "line_id": f"{name}-{line['line_id']}"}
        for name in ("i2", "i3", "i4")
        for line in given["document_lines"]
        if line["document_id"] == "i1"
    ]
    given["payments"].append({**given["payments"][0], "payment_id": "y2", "number": "Y2", "account": "SAFE"})
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, given, store_url=store_url)
        with shop.run() as run:
            extract_master_data(run)
            extract_days(run, FIRST_DAY, LAST_DAY)
            read_reference_data(run)
            transform(run, FIRST_DAY, LAST_DAY)
            decide(run, "skip", "payment/y1", "Dana", "paid by hand")
            carry(run, FIRST_DAY, LAST_DAY)
            sign(run, LAST_DAY, "Ann", "looks right")
            sign(run, LAST_DAY, "Ben")
            decide(run, "reverse", "movement/a1", "Dana", "the wrong box", dated=LAST_DAY)
            shop.change(
                "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
                "UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'",
            )
            carry(run, FIRST_DAY, LAST_DAY)
            shop.change(
                "DELETE FROM documents WHERE document_id = 'i4'",
                "INSERT INTO parties (party_id, kind, name) VALUES ('c2', 'customer', 'Late')",
            )
            extract_master_data(run)
            extract_days(run, FIRST_DAY, LAST_DAY)
            decide(run, "skip", "movement/d1", "Dana", "the change is small")
            half_parked(run, "movement/r1")
        with shop.run() as run:
            yield Week(shop, run, emulator)


def half_parked(run: Run, key: str) -> None:
    """Give a record a second posting, parked: its least finished one counts for it."""
    with run.database.transaction() as connection:
        (row,) = connection.execute(select(postings).where(postings.c.key == key)).mappings()
        connection.execute(postings.insert(), {**row, "key": f"{key}#freight", "state": "parked", "message": "no rate"})
        share = {name: row[name] for name in ("connection", "revision", "record_key", "record_hash", "amount")}
        connection.execute(posting_records.insert(), {**share, "key": f"{key}#freight"})
        # A revision that another one stands for counts no more, whatever became of it.
        connection.execute(update(postings).where(postings.c.superseded_by.is_not(None)).values(state="parked"))


def test_each_view_says_what_the_product_says(week: Week) -> None:
    the_counts_are_those_of_the_identity(week)
    the_documents_stand_where_they_stand(week)
    the_reconciliations_and_their_certificates(week)
    the_ledger_and_the_stock(week)
    the_journal_and_the_calls(week)
    the_lists_are_those_of_quickbooks(week)
    no_view_shows_a_secret(week)


def the_lists_are_those_of_quickbooks(week: Week) -> None:
    found = {(row["qbo_list"], row["qbo_id"]): (row["name"], row["active"]) for row in week.view("reference_data")}
    expected = {
        (entity, thing["Id"]): (
            thing.get("FullyQualifiedName") or thing.get("Name") or thing["DisplayName"],
            "yes" if thing.get("Active", True) else "no",
        )
        for entity in (*LISTS, *WEEKLY)
        for thing in week.run.quickbooks().query(select_objects(entity, with_inactive=entity_named(entity).changes))
    }
    facts = {row["name"]: row["number"] for row in week.view("reference_data") if row["qbo_list"] == "CompanyFacts"}
    assert {place: told for place, told in found.items() if place[0] != "CompanyFacts"} == expected
    assert (facts["country"], facts["home currency"], facts["closed through"]) == ("US", "USD", "")
    assert facts["plan"]
    assert {entity for entity, _ in found} >= {"Account", "TaxCode"}
    types = {row["name"]: row["account_type"] for row in week.view("reference_data") if row["qbo_list"] == "Account"}
    assert types["Checking"] == "Bank"


def the_counts_are_those_of_the_identity(week: Week) -> None:
    found = {
        (_day(row["business_date"]), row["record_type"]): {
            key: value for key, value in row.items() if key not in ("connection", "business_date", "record_type")
        }
        for row in week.view("counts")
    }
    expected = day_counts(week.run)
    assert found == {
        (item.day, item.record_type): {
            "rows_read": item.rows_read, **item.became, "adds_up": "yes" if item.holds else "no",
        }
        for item in expected
    }  # fmt: skip
    became = Counter(name for item in expected for name, number in item.became.items() if number)
    assert {"posted", "waiting", "parked", "skipped", "set_aside"} <= set(became)
    assert any(item.day is None and item.record_type == "document" for item in expected)


def the_documents_stand_where_they_stand(week: Week) -> None:
    found = week.view("documents")
    # By record: the words of the counting identity, and as many of each.
    stands = {(row["record_type"], row["record_id"]): row["stands"] for row in found if row["record_type"]}
    total: Counter[str] = Counter()
    for item in day_counts(week.run):
        total.update(item.became)
    assert Counter(stands.values()) == +total + Counter(vanished=1)
    expected = {
        ("payment", "y1"): "skipped", ("payment", "y2"): "parked", ("document", "i2"): "set_aside",
        ("document", "i4"): "vanished", ("movement", "r1"): "parked", ("party", "customer:c2"): "waiting",
        ("movement", "d1"): "skipped",
    }  # fmt: skip
    assert {record: stands[record] for record in expected} == expected
    # By posting: as many in each state, and of the same amount.
    states: Counter[tuple[str, str]] = Counter()
    amounts: dict[tuple[str, str], Decimal] = {}
    with week.run.database.reading() as connection:
        for line in counts(connection, NAME):
            states[line.state, line.currency] += line.count
            amounts[line.state, line.currency] = amounts.get((line.state, line.currency), Decimal(0)) + line.amount
    own = [row for row in found if row["posting_key"]]
    assert Counter((row["posting_state"], row["posting_currency"]) for row in own) == states
    for state, currency in states:
        mine = [row for row in own if (row["posting_state"], row["posting_currency"]) == (state, currency)]
        assert sum((Decimal(row["posting_amount"]) for row in mine), Decimal(0)) == amounts[state, currency]
    by_key = {row["posting_key"]: row for row in own}
    assert by_key["document/i1"]["qbo_entity"] == "Invoice"
    assert Decimal(by_key["document/i1"]["amount"]) == Decimal(by_key["document/i1"]["posting_amount"]) == Decimal(90)
    assert all(row["qbo_id"] and row["linked_by"] and row["posted_at"] for row in own if row["stands"] == "posted")
    reversal = by_key["movement/a1#reversal-1"]
    assert (reversal["record_id"], reversal["approved_by"], reversal["posting_state"]) == (None, "Dana", "posted")
    aside = next(row for row in found if row["record_id"] == "i2")
    assert (aside["document_number"], aside["reason"]) == ("I2", "total")
    assert "91" in aside["reason_in_words"]


def the_reconciliations_and_their_certificates(week: Week) -> None:
    found = {row["number"]: row for row in week.view("reconciliations")}
    with week.run.database.reading() as connection:
        summaries = load_summaries(connection, NAME)
        newest = summaries[0]
        differences = load_differences(connection, NAME, newest["number"])
        signed = load_sign_offs(connection, NAME)
    assert set(found) == {item["number"] for item in summaries}
    for item in summaries:
        row = found[item["number"]]
        for name in ("stock_value", "ledger_balance", "difference", "explained", "unexplained", "tolerance"):
            assert Decimal(row[name]) == item[name], name
        assert (_day(row["as_at"]), row["status"], row["currency"]) == (item["as_at"], item["status"], "USD")
        assert row["newest"] == ("yes" if item is newest else "no")
    assert [(number, item.state) for number, item in signed] == [(1, "void")]
    certified = [row for row in found.values() if row["content_hash"] == signed[0][1].content_hash]
    assert {(row["sign_off"], row["preparer"], row["reviewer"]) for row in certified} == {("void", "Ann", "Ben")}
    assert (found[newest["number"]]["sign_off"], found[newest["number"]]["preparer"]) == ("none", None)
    steps = week.view("sign_offs", "ORDER BY number, step")
    assert [(row["sign_off"], row["newest"]) for row in steps] == [
        ("prepared", "no"),
        ("signed", "no"),
        ("void", "yes"),
    ]
    assert steps[-1]["void_why"] == signed[0][1].void_why

    listed = week.view("differences", "WHERE newest = 'yes'")
    assert {row["reconciliation"] for row in listed} == {newest["number"]}
    own = differences.to_dict("records")
    assert Counter((row["cause"], Decimal(row["amount"]), row["document_key"]) for row in listed) == Counter(
        (row["cause"], row["amount"], row["document_key"]) for row in own
    )
    assert own
    assert sum((Decimal(row["amount"]) for row in listed), Decimal(0)) == newest["difference"] != 0
    assert all(row["account_name"] == "Inventory Asset" and row["remedy"] for row in listed)


def the_ledger_and_the_stock(week: Week) -> None:
    found = week.view("ledger_lines")
    with week.run.database.reading() as connection:
        ledger = load_ledger(connection, NAME).to_pylist()
        balances = load_balances(connection, NAME, LAST_DAY).to_pylist()
    assert len(found) == len(ledger)
    assert {row["account_name"] for row in found} == {"Inventory Asset"}
    total = sum((Decimal(row["amount"]) for row in found), Decimal(0))
    assert total == sum(row["balance"] for row in balances)
    assert {row["posting_key"] for row in found} >= {"movement/r1", "movement/a1", "movement/a1#reversal-1"}

    stock = week.view("stock_lines")
    with week.run.source() as source:
        values = source.stock_values(LAST_DAY)
    assert sum((Decimal(row["value"]) for row in stock), Decimal(0)) == sum(item.home_value for item in values)
    assert {(row["product_id"], row["location_id"]) for row in stock} == {("p1", "w1"), ("p1", "w2"), ("p2", "w1")}


def the_journal_and_the_calls(week: Week) -> None:
    journal = week.view("attempts", "ORDER BY seq")
    assert [row["seq"] for row in journal] == list(range(1, len(journal) + 1))
    with week.run.database.reading() as connection:
        assert verify(connection, NAME) == []
        stored = rows(week.run, "SELECT seq, hash FROM attempt_heads")
    assert [{"seq": journal[-1]["seq"], "hash": journal[-1]["hash"]}] == stored
    decided = [(row["who"], row["why"], row["decision"], row["posting_key"]) for row in week.view("decisions")]
    assert set(decided) >= {
        ("Dana", "paid by hand", "skip", "payment/y1"),
        ("Dana", "the wrong box", "reverse", "movement/a1"),
        ("Dana", "the change is small", "skip", "movement/d1"),
    }
    assert len(decided) == sum(row["who"] is not None for row in journal)
    assert all(row["posting_state_now"] for row in week.view("decisions"))

    calls = week.view("api_calls")
    everything = calls_between(week.run.database, week.emulator.realm, date.min, date.max)
    for column, name in (("writes", "write"), ("metered_reads", "metered_read"), ("free_calls", "free"),
                         ("calls", "calls"), ("batch_items", "batch_items")):  # fmt: skip
        assert sum(row[column] for row in calls) == getattr(everything, name), column
    assert everything.write > 0


def no_view_shows_a_secret(week: Week) -> None:
    emulator = week.emulator
    secrets = (emulator.client_secret, emulator.refresh_token, ENCRYPTION_KEY, week.run.settings.quickbooks.realm)
    (token,) = rows(week.run, "SELECT * FROM tokens")
    for name in report_views():
        found = week.view(name.removeprefix("report_"))
        assert found, name
        shown = repr(found)
        for secret in (*secrets, token["ciphertext"], token["nonce"], "PrivateNote"):
            assert secret not in shown, name
        forbidden = {"payload", "content", "body", "items", "fallback", "ciphertext", "nonce", "key_id", "realm"}
        assert forbidden.isdisjoint(found[0]), name


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
