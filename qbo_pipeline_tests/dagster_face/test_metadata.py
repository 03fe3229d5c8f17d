"""What stands in metadata: tables and small charts."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from qbo_pipeline.assets.reconciling import _by_day
from qbo_pipeline.checks.reconciling import _links
from qbo_pipeline.environment import Secrets
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.resources import ShownLink, curve, table
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline_tests.pipeline.connections import point_to, write_connection


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        (["5"], "▁"),
        (["1", "1", "1"], "▁▁▁"),
        (["0", "7"], "▁█"),
        (["-3.50", "0", "3.50"], "▁▄█"),
        (["0", "1", "2", "3", "4", "5", "6", "7"], "▁▂▃▄▅▆▇█"),
    ],
)
def test_a_curve_goes_from_its_lowest_to_its_highest_value(values: list[str], drawn: str) -> None:
    assert curve([Decimal(value) for value in values]) == drawn


def test_a_long_curve_shows_its_end() -> None:
    assert curve([Decimal(100)] * 10 + [Decimal(0), Decimal(1)], width=2) == "▁█"


def test_a_table_keeps_text_in_its_cell() -> None:
    shown = table([{"a": "x|y\nz", "b": None}], ["a", "b"]).value
    assert shown == "| a | b |\n|---|---|\n| x\\|y␊z |  |"


def test_a_row_leads_to_the_page_and_to_quickbooks_where_these_are_known(tmp_path: Path) -> None:
    file = write_connection(tmp_path, "acme", None, currency="USD", first_day="2026-01-01", source_url="sqlite:///s")
    changed = {"key": "document/a|1", "kind": "JournalEntry", "qbo_id": "77"}
    entry = {"document_key": "qbo/Invoice/9", "qbo_type": "Invoice", "qbo_id": None, "posting_key": None}

    def links() -> tuple[dict[str, ShownLink], dict[str, ShownLink]]:
        settings = load_settings(file)
        with closing(open_database("sqlite:///:memory:")) as database:
            run = Run(settings, database, Secrets.read(settings), "r")
            return _links(run, changed), _links(run, entry)

    assert links() == ({}, {})  # an emulator's company has no pages
    point_to(file, '# url = "https://books.example.com" ', 'url = "https://books.example.com" ')
    point_to(file, 'environment = "emulator"', 'environment = "sandbox"')
    there = "https://app.sandbox.qbo.intuit.com/app/journal?txnId=77"
    here = "https://books.example.com/c/acme/documents/history?key=document%2Fa%7C1"
    assert links() == ({"key": ShownLink("document/a|1", here), "in_quickbooks": ShownLink("open", there)}, {})
    shown = table([changed | links()[0]], ["key", "in_quickbooks"]).value
    assert shown.splitlines()[2] == f"| [document/a\\|1]({here}) | [open]({there}) |"


def test_what_has_no_cause_is_plotted_over_the_days_like_the_difference() -> None:
    days = [date(2026, 3, 2), date(2026, 3, 4)]
    amounts = {name: [Decimal(1), Decimal(9)] for name in ("stock", "ledger", "difference")}
    by_date = pd.DataFrame({"business_date": days, **{f"cumulative_{name}": both for name, both in amounts.items()}})
    rows = [("unexplained", days[0], "0.25"), ("qbo_only", days[0], "8"), ("unexplained", days[1], "0.50")]
    differences = pd.DataFrame(rows, columns=["cause", "business_date", "amount"])
    differences["amount"] = differences["amount"].map(Decimal)
    result: Any = SimpleNamespace(by_date=by_date, differences=differences)
    found = _by_day(result, [(date(2026, 3, 1), date(2026, 3, 5))])
    assert [(day, str(one["difference"]), str(one["unexplained"])) for day, one in found.items()] == [
        ("2026-03-02", "1", "0.25"), ("2026-03-03", "1", "0.25"), ("2026-03-04", "9", "0.75"),
    ]  # fmt: skip
