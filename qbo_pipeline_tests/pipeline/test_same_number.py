"""Two documents under one number: both are kept and flagged, and by policy the later one waits for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text

from qbo_pipeline.pipeline.counts import broken_counts, numbers_twice
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store.migrations import migrations, run_script
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, STOCK_VALUE, Shop, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, message, read, states
from qbo_pipeline_tests.sources.company import Rows

BILL, SECOND = "document/b1", "document/b2"


def with_another(document: str, identity: str, **changes: Any) -> Rows:
    """The shop with a second document like one of its own, but for these columns; its lines like the first's."""
    found = shop_rows()
    (header,) = (row for row in found["documents"] if row["document_id"] == document)
    found["parties"].append({"party_id": "s/2", "kind": "supplier", "name": "Another roastery"})
    found["documents"].append({**header, "document_id": identity, **changes})
    found["document_lines"] += [
        {**line, "document_id": identity, "line_id": f"{identity}-{place}"}
        for place, line in enumerate(row for row in found["document_lines"] if row["document_id"] == document)
    ]
    return found


def opened(tmp_path: Path, store_url: str, source: Rows, policy: str | None = None) -> Shop:
    shop = open_shop(tmp_path, None, source, store_url=store_url)
    if policy is not None:
        point_to(shop.settings, 'same_number = "hold_bills"', f'same_number = "{policy}"')
    with shop.run() as run:
        chart(run)
        read(run)
    return shop


# the second document, what its policy is, whether it waits, whether the number is flagged
CASES: list[tuple[str, str, dict[str, Any], str | None, bool, bool]] = [
    ("a supplier's bill", "b1", {"number": "B1"}, None, True, True),
    ("another bill of the supplier", "b1", {"number": "B2"}, None, False, False),
    ("another supplier's bill", "b1", {"number": "B1", "party_id": "s/2"}, None, False, False),
    ("the supplier's own number", "b1", {"number": "B2", "reference": "B1"}, None, True, True),
    ("another number of the supplier", "b1", {"number": "B1", "reference": "77"}, None, False, False),
    ("voided", "b1", {"number": "B1", "status": "voided"}, None, False, False),
    ("another kind", "b1", {"number": "B1", "kind": "purchase_credit"}, None, False, False),
    ("an invoice", "i1", {"number": "I1"}, None, False, True),
    ("an invoice, held by policy", "i1", {"number": "I1"}, "hold", True, True),
    ("a bill, posted by policy", "b1", {"number": "B1"}, "post", False, True),
]


@pytest.mark.parametrize(
    ("document", "changes", "policy", "waits", "flagged"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_which_documents_wait_and_which_are_flagged(
    tmp_path: Path,
    store_url: str,
    document: str,
    changes: dict[str, Any],
    policy: str | None,
    waits: bool,
    flagged: bool,
) -> None:
    shop = opened(tmp_path, store_url, with_another(document, "x2", **changes), policy)
    with shop.run() as run:
        build(run)
        found = states(run)
        twice = numbers_twice(run)
        assert broken_counts(run) == []

    first, second = f"document/{document}", "document/x2"
    assert found[first] == ("ready", None)  # the one that was there before is never touched
    if changes.get("status") == "voided":
        assert second not in found
    else:
        assert found[second] == (("parked", "conflict") if waits else ("ready", None))
    assert [row["records"] for row in twice] == ([[first, second]] if flagged else [])


def test_the_later_one_waits_wherever_its_day_lies(tmp_path: Path, store_url: str) -> None:
    """The bill that is entered later and back-dated waits; the first goes on, also when it is built again."""
    shop = opened(tmp_path, store_url, shop_rows())
    with shop.run() as run:
        build(run)
    _enter_again(shop, business_date="2024-03-01")
    shop.change("UPDATE documents SET memo = 'looked at' WHERE document_id = 'b1'")
    with shop.run() as run:
        read(run)
        build(run)
        assert (states(run)[BILL], states(run)[SECOND]) == (("ready", None), ("parked", "conflict"))
        assert message(run, SECOND).startswith(
            "number: the bill document/b1 of 2024-03-02 over 100.00 USD has the same number (the same amount): "
        )
        again = build(run).totals()
    assert (again["postings_new"], again["postings_changed"], again["records_refused"]) == (0, 0, 1)


def _enter_again(shop: Shop, **changes: str) -> None:
    """The bill once more, under another identity."""
    values = {"document_id": "b2", **changes}
    for table, keys in (("documents", values), ("document_lines", {"document_id": "b2", "line_id": "b2-1"})):
        names = [name for name in shop_rows()[table][0] if name not in keys]
        shop.change(
            f"INSERT INTO {table} ({', '.join([*names, *keys])}) SELECT {', '.join(names)}, "
            f"{', '.join(f'{value!r}' for value in keys.values())} FROM {table} WHERE document_id = 'b1'"
        )


@pytest.mark.parametrize(
    "mended",
    [
        "UPDATE documents SET number = 'B2' WHERE document_id = 'b2'",
        "UPDATE documents SET number = 'B0' WHERE document_id = 'b1'",
        "UPDATE documents SET status = 'voided' WHERE document_id = 'b1'",
        "DELETE FROM documents WHERE document_id = 'b1'",
    ],
)
def test_what_is_corrected_in_the_source_heals_by_itself(tmp_path: Path, store_url: str, mended: str) -> None:
    shop = opened(tmp_path, store_url, with_another("b1", "b2"))
    with shop.run() as run:
        build(run)
        assert states(run)[SECOND] == ("parked", "conflict")
        shop.change(mended)
        read(run)
        build(run)
        assert states(run)[SECOND] == ("ready", None)
        assert numbers_twice(run) == []


def test_a_person_approves_both(tmp_path: Path, store_url: str) -> None:
    """The approval is in the journal and holds when the document is built again."""
    shop = opened(tmp_path, store_url, with_another("b1", "b2"))
    with shop.run() as run:
        build(run)
        decide(run, "approve", SECOND, "Ann", "two deliveries, one number")
        build(run)
        assert states(run)[SECOND] == ("ready", None)
        shop.change("UPDATE documents SET memo = 'looked at' WHERE document_id = 'b2'")
        read(run)
        build(run)
        assert states(run)[SECOND] == ("ready", None)
        assert [row["records"] for row in numbers_twice(run)] == [[BILL, SECOND]]
        journal = rows(run, "SELECT key, who, why FROM attempts WHERE event = 'approve'")
        assert [tuple(row.values()) for row in journal] == [(SECOND, "Ann", "two deliveries, one number")]
        assert verify_attempts(run).intact


def test_numbers_are_looked_up_once_a_page(tmp_path: Path) -> None:
    """However many documents there are, none of which has another's number."""
    asked = []
    for many in (1, 40):
        source = shop_rows()
        for number in range(many):
            more = with_another("b1", f"n{number}", number=f"N{number}")
            for kind in ("documents", "document_lines"):
                source[kind].append(more[kind][-1])
        shop = opened(tmp_path / str(many), f"sqlite:///{tmp_path / str(many)}.sqlite", source)
        with shop.run() as run:
            statements: list[str] = []
            event.listen(
                run.database.engine, "before_cursor_execute", lambda *given, to=statements: to.append(given[2])
            )
            build(run)
            asked.append(sum("number/" in text or "refers_to LIKE" in text for text in statements))
    assert asked[0] == asked[1] > 0


def test_documents_of_an_earlier_version_have_their_numbers_too(tmp_path: Path, store_url: str) -> None:
    source = with_another("b1", "b2", party_id="s/2", reference="77")
    source["documents"].append({**source["documents"][0], "document_id": "v1", "status": "voided"})
    source["document_lines"].append({**source["document_lines"][0], "document_id": "v1", "line_id": "v1-1"})
    source["documents"].append({**source["documents"][0], "document_id": "a1", "total_amount": "a lot"})
    shop = opened(tmp_path, store_url, source)
    query = "SELECT * FROM record_references ORDER BY record_key, refers_to"
    with shop.run() as run:
        expected = rows(run, query)
        with run.database.transaction() as connection:
            connection.execute(text("DELETE FROM record_references WHERE refers_to LIKE 'number/%'"))
        assert rows(run, query) != expected
        (script,) = (item for item in migrations(run.database.dialect) if item.name == "0006_numbers")
        for _ in range(2):  # the second time there is nothing left to do
            with run.database.transaction() as connection:
                run_script(connection, run.database.dialect, script.script)
            assert rows(run, query) == expected
    numbers = [row["refers_to"] for row in expected if row["refers_to"].startswith("number/")]
    assert sorted(numbers) == ["number/bill/s%2F2/77", "number/bill/s1/B1", "number/sales_invoice//I1"]


def test_the_run_and_the_status_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bill is in QBO, the other waits, by the same supplier under the same number, and stock is in balance."""
    monkeypatch.setenv("COLUMNS", "300")
    qbo = CommandLine(monkeypatch, capsys)
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, with_another("b1", "b2"))
        settings = ("--settings", shop.settings)
        waits = qbo("run", *DAYS, *settings, "--json")
        status = qbo("status", *settings)
        approved = qbo("approve", SECOND, "--who", "Ann", "--why", "two deliveries", *settings)
        after = qbo("run", *DAYS, *settings, "--json")

    assert (waits.status, status.status, approved.status, after.status) == (1, 1, 0, 0)
    assert [row["key"] for row in waits.json["postings"]] == [SECOND]
    assert "number twice: bill B1: document/b1, document/b2" in status.plain
    assert "conflict: number: the bill document/b1" in status.plain
    assert after.json["stock_value"] == f"{STOCK_VALUE} USD"
    assert after.json["posted"] == 1


@pytest.mark.usefixtures("queries_without_lag")
@pytest.mark.parametrize("bills", [pytest.param(1, id="alone"), pytest.param(2, id="in a batch")])
def test_what_quickbooks_refuses_for_its_number_goes_when_a_person_approves_it(
    bills: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person entered bills of these numbers by hand: 6140, until somebody says that ours are others."""
    qbo = CommandLine(monkeypatch, capsys)
    names = ["b1", "b2"][:bills]
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, with_another("b1", "b2", number="B2") if bills == 2 else None)
        settings = ("--settings", shop.settings)
        # A company that looks at all vendors' bills: so the number is taken without our supplier being there yet.
        httpx.post(f"{emulator.base_url}/emulator/company", json={"bill_numbers_unique": "company"}).raise_for_status()
        with shop.run() as run:
            quickbooks = run.quickbooks()
            quickbooks.create("Vendor", {"DisplayName": "By hand"}, request_id="v")
            (vendor,) = quickbooks.query(select("Vendor").where("DisplayName", "=", "By hand"))
            (account,) = quickbooks.query(select("Account").where("Name", "=", "Checking"))
            for name in names:
                line = {
                    "Amount": 5,
                    "DetailType": "AccountBasedExpenseLineDetail",
                    "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account["Id"]}},
                }
                bill = {"VendorRef": {"value": vendor["Id"]}, "DocNumber": name.upper(), "Line": [line]}
                quickbooks.create("Bill", bill, request_id=name)
        first = qbo("run", *DAYS, *settings, "--json")
        for name in names:
            approved = qbo("approve", f"document/{name}", "--who", "Ann", "--why", "another supplier's", *settings)
            assert approved.status == 0, approved.plain
        after = qbo("run", *DAYS, *settings, "--json")
        shop.change("UPDATE documents SET memo = 'looked at' WHERE document_id = 'b1'")
        later = qbo("run", *DAYS, *settings, "--json")
    found = [row for row in first.json["postings"] if row["kind"] == "Bill"]
    assert [row["reason"].split(":")[0] for row in found] == ["duplicate_number"] * bills
    assert (after.json["posted"], after.json["postings"]) == (bills, [])
    assert later.json["postings"] == []
