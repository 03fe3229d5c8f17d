"""Free goods and classes, through the command to QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, open_shop


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "300")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator)


def _posted(shop: Shop, entity: str) -> list[dict[str, Any]]:
    first, last = FIRST_DAY.isoformat(), LAST_DAY.isoformat()
    with shop.run() as run:
        return list(run.quickbooks().query(select(entity).where("TxnDate", ">=", first).where("TxnDate", "<=", last)))


def test_an_invoice_of_nothing_stands_in_quickbooks(shop: Shop, qbo: CommandLine) -> None:
    shop.change(
        "UPDATE document_lines SET net_amount = '0', unit_price = '0' WHERE document_id = 'i1'",
        "UPDATE documents SET net_amount = '0', tax_amount = '0', total_amount = '0' WHERE document_id = 'i1'",
        "DELETE FROM payment_allocations",
    )
    answer = qbo("run", *DAYS, "--settings", shop.settings)
    assert answer.status == 0, answer.plain
    found = _posted(shop, "Invoice")
    assert [thing["TotalAmt"] for thing in found] == [0]
    assert all(line["Amount"] == 0 for thing in found for line in thing["Line"])


def test_a_class_by_name_stands_on_the_lines_of_its_product(shop: Shop, qbo: CommandLine) -> None:
    with shop.run() as run:
        run.quickbooks().create("Class", {"Name": "East"}, request_id="a-person")
        (east,) = run.quickbooks().query(select("Class"))
    point_to(shop.settings, "[accounts.hints]", '[accounts.by_product.p1]\nclass = "East"\n\n[accounts.hints]')
    answer = qbo("run", *DAYS, "--settings", shop.settings)
    assert answer.status == 0, answer.plain
    for entity, detail in (("Invoice", "SalesItemLineDetail"), ("Bill", "AccountBasedExpenseLineDetail")):
        (made,) = _posted(shop, entity)
        lines = [line[detail] for line in made["Line"] if detail in line]
        assert lines
        assert {line["ClassRef"]["value"] for line in lines} == {east["Id"]}, entity
    legs = [line["JournalEntryLineDetail"] for entry in _posted(shop, "JournalEntry") for line in entry["Line"]]
    assert east["Id"] in {(leg.get("ClassRef") or {}).get("value") for leg in legs}


def test_a_class_that_is_not_there_is_called_a_class(shop: Shop, qbo: CommandLine) -> None:
    point_to(shop.settings, "[accounts.hints]", '[accounts.by_product.p1]\nclass = "East"\n\n[accounts.hints]')
    answer = qbo("run", *DAYS, "--settings", shop.settings)
    assert answer.status == 2
    assert "QuickBooks has no class 'East'" in answer.plain
