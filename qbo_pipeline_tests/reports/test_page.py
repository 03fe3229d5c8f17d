"""The page read back: what it says, that it needs nothing else, and hostile text that stays text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports.header import ReportExtras
from qbo_pipeline.reports.page import ROWS_SHOWN, render
from qbo_pipeline.reports.views import ReportView
from qbo_pipeline.surfaces import visible
from qbo_pipeline_tests.reports import books, html


def page(reconciliation: Reconciliation, extras: ReportExtras | None = None, **facts: Any) -> str:
    return render(ReportView(reconciliation, books.header(reconciliation, **facts), extras or ReportExtras()))


@pytest.mark.parametrize(
    ("month", "word", "sentence", "since"),
    [
        (books.balanced, "In balance", "Stock value and the Inventory account agree to the cent.",
         "In balance on every day up to 2026-10-31."),
        (books.broken, "Waiting or explained",
         ("QuickBooks shows 2,324.39 USD less than the stock is worth. "
          "Every cent of it is explained: 7 documents, 4 causes."),
         "In balance up to 2026-10-05; first break 2026-10-06, 1 document, 1,245.15 USD."),
        (books.unexplained, "Unexplained, lost or doubled",
         ("QuickBooks shows 15.00 USD more than the stock is worth. No cause is known for 15.00 USD of it; "
          "1 finding in all."),
         "The two sides agree at the end of every day; the differences lie within single days or in the balances."),
    ],
)  # fmt: skip
def test_the_first_screen_says_it_in_words(month: Any, word: str, sentence: str, since: str) -> None:
    root = html.read(page(month()))
    verdict = root.find("div", **{"class": "verdict"})[0]
    assert [one.text.strip() for one in verdict.find("p")] == [word, sentence, since]
    assert word in root.find("title")[0].text


def test_the_figures_and_the_bridge_are_those_of_the_reconciliation() -> None:
    given = books.broken()
    root = html.read(page(given))
    figures = [html.amount(one.text) for one in root.find("dl", **{"class": "figures"})[0].find("dd")]
    assert figures == [given.stock_value, given.ledger_balance, given.difference, given.unexplained]
    lines = {
        row.find("th")[0].text: row.find("td") for row in root.find("table", **{"class": "bridge"})[0].find("tr")[1:-1]
    }
    total = {name: html.amount(cells[-1].text) for name, cells in lines.items()}
    causes = [amount for name, amount in total.items() if not name.endswith(")")]
    assert sum(causes, total["Stock value (inventory system)"]) == total["Inventory account (QuickBooks)"]
    assert total["Waiting for a person"] == Decimal("-1477.25")
    assert "35 records read = 33 posted + 2 parked. It adds up." in root.text
    signed = "Signed is what stands above: a difference of −2,324.39 USD, of it 0.00 USD without a known cause."
    assert root.text.index(signed) < root.text.index("Prepared by")


def test_the_page_fetches_nothing_and_runs_only_its_own_script() -> None:
    text = page(books.hostile())
    root = html.read(text)
    policy = root.find("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"] or ""
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; img-src data:; "
        r"base-uri 'none'; form-action 'none'",
        policy,
    )
    assert [one.attributes["href"] for one in root.find("link")] == ["data:,"]
    assert not root.find("script")[0].attributes
    assert not any("src" in one.attributes or "style" in one.attributes for one in root.every())
    assert "@import" not in text
    assert "url(" not in text
    outside = [one.attributes for one in root.find("a") if not str(one.attributes["href"]).startswith("#")]
    assert all(one["rel"] == "noopener noreferrer" for one in outside)


def test_hostile_text_stays_text() -> None:
    quiet, loud = html.read(page(books.broken())), html.read(page(books.hostile(), company=books.HOSTILE["tag"]))
    assert {one.tag for one in loud.every()} <= {one.tag for one in quiet.every()}
    assert len(loud.find("script")) == 1
    assert not [one for one in loud.every() if any(name.startswith("on") for name in one.attributes)]
    memos = [row["Memo"] for row in html.rows(loud, "ledger_only")]
    assert sorted(memos) == sorted(visible(text) for text in books.HOSTILE.values())
    assert loud.find("p", **{"class": "company"})[0].text == books.HOSTILE["tag"]


def test_every_text_of_others_keeps_its_direction_to_itself() -> None:
    root = html.read(page(books.hostile()))
    strange = [
        one for one in root.every() if any(isinstance(child, str) and "⟨U+202E⟩" in child for child in one.children)
    ]
    assert strange
    assert {one.tag for one in strange} == {"bdi"}


def test_the_same_data_gives_the_same_page_but_for_the_time_of_making() -> None:
    first, second = page(books.broken()), page(books.broken(), made_at=books.MADE_AT + timedelta(days=1))
    assert first == page(books.broken.__wrapped__())
    marked = re.compile(r'<time id="made-at".*?</time>')
    assert first != second
    assert marked.sub("", first) == marked.sub("", second)


def test_a_large_table_says_how_much_of_it_is_shown() -> None:
    given, rows = books.balanced(), ROWS_SHOWN + 7
    row = {"severity": "low", "what": "w", "to_do": "t"}
    root = html.read(page(given, books.extras(given, exceptions=[row] * rows)))
    assert len(html.rows(root, "work_list")) == ROWS_SHOWN
    assert f"Shown here: the first {ROWS_SHOWN} of {rows} rows. All of them are in the workbook" in root.text


def test_of_a_table_that_is_cut_the_largest_rows_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given = books.broken()
    whole = html.read(page(given))
    monkeypatch.setattr("qbo_pipeline.reports.page.ROWS_SHOWN", 3)
    root = html.read(page(given))
    amounts = [html.amount(row["Difference"]) for row in html.rows(whole, "by_document")]
    shown = [html.amount(row["Difference"]) for row in html.rows(root, "by_document")]
    assert [abs(one) for one in shown] == sorted((abs(one) for one in amounts), reverse=True)[:3]
    assert f"Shown here: the largest 3 of {len(amounts)} rows. All of them are in the workbook" in root.text


def test_the_trace_goes_down_to_lines_and_attempts() -> None:
    given = books.broken()
    parked = next(row for row in given.differences.to_dict("records") if row["source_number"] == "SH-1034")
    at = datetime(2026, 10, 30, 5, 2, tzinfo=UTC)
    extras = books.extras(
        given,
        lines=[{"document_key": parked["document_key"], "side": "source", "product_id": "KENYA-1KG",
                "account_id": "130",
                "quantity": Decimal("-41.275"), "amount": Decimal("-412.75")}],
        attempts=[{"posting_key": parked["posting_key"], "at": at, "event": "refused", "state": "parked",
                   "code": "6210", "message": "Account period closed", "intuit_tid": "1-63ab"}],
    )  # fmt: skip
    root = html.read(page(given, extras))
    account = root.find("details", **{"class": "account"}) + root.find("details", **{"class": "account", "open": ""})
    cause = next(
        one for one in account[0].find("details", **{"class": "cause"}) if "Parked" in one.find("summary")[0].text
    )
    document = next(one for one in cause.find("details") if "SH-1034" in one.find("summary")[0].text)
    lines, attempts = document.find("table")
    assert [cell.text for cell in lines.find("td")] == [
        "Source",
        "KENYA-1KG",
        "",
        "Inventory Asset",
        "",
        "-41.275",
        "(412.75)",
    ]
    assert [cell.text for cell in attempts.find("td")] == [
        "2026-10-30 01:02", "refused", "parked", "6210", "Account period closed", "1-63ab",
    ]  # fmt: skip


def test_every_document_of_a_cause_is_there_or_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qbo_pipeline.reports.drill_down.DOCUMENTS_IN_A_CAUSE", 4)
    root = html.read(page(books.hostile()))
    causes = root.find("details", **{"class": "cause"})
    assert [len(one.find("details")) for one in causes] == [4, 4]
    assert all("Shown here: the 4 largest of 15 documents." in one.text for one in causes)


def test_it_can_be_read_aloud() -> None:
    root = html.read(page(books.broken()))
    assert root.find("html")[0].attributes["lang"] == "en"
    for table in root.find("table"):
        assert table.find("caption")[0].text.strip()
        assert all(one.attributes.get("scope") in ("col", "row") for one in table.find("th"))
    drawn = next(one for one in root.find("svg") if one.attributes.get("role") == "img")
    named = str(drawn.attributes["aria-labelledby"]).split()
    assert [one.attributes["id"] for one in drawn.find("title") + drawn.find("desc")] == named
    assert "The two part on 2026-10-06." in drawn.find("desc")[0].text
    negative = root.find("span", **{"class": "neg"})
    assert negative
    assert all(one.find("span", **{"class": "vh"}) for one in negative)


def test_links_lead_into_the_company_in_quickbooks() -> None:
    root = html.read(page(books.broken()))
    links = {one.text: one.attributes["href"] for one in root.find("table", id="ledger_only")[0].find("a")}
    base = "https://app.sandbox.qbo.intuit.com/app"
    assert links == {"ADJ-7": f"{base}/journal?txnId=901", "B-1043": f"{base}/bill?txnId=902"}
    assert not html.read(page(books.broken(), qbo_url=None)).find("table", id="ledger_only")[0].find("a")


def test_sign_offs_and_names_are_shown_where_given() -> None:
    given = books.balanced()
    extras = books.extras(
        given,
        sign_offs=[{"period": date(2026, 9, 30), "content_hash": "ab" * 32, "preparer": "accountant",
                    "reviewer": "controller", "signed_at": books.MADE_AT,
                    "status": "invalidated", "why": "data changed"}],
        product_names=[{"id": "P1", "number": "SKU-1", "name": "House blend"}],
        location_names=[{"id": "L1", "number": "MAIN", "name": "Roastery"}],
    )  # fmt: skip
    root = html.read(page(given, extras, prepared_by="accountant", reviewed_by="controller"))
    assert html.rows(root, "sign_offs")[0]["Why"] == "data changed"
    place = html.rows(root, "by_product_location")[0]
    assert (place["Item"], place["Name"], place["Warehouse"]) == ("SKU-1", "House blend", "Roastery")
    signed = [one.text.strip() for one in root.find("dl", **{"class": "signatures"})[0].find("dd")]
    assert signed == ["accountant", "controller", ""]


def test_the_files_of_the_templates_are_in_the_package() -> None:
    import qbo_pipeline.reports.page as module

    folder = Path(module.__file__).parent / "templates"
    assert {file.name for file in folder.iterdir()} == {
        "page.html",
        "parts.html",
        "drill_down.html",
        "page.js",
        "style.css",
    }
