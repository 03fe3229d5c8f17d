"""The way back on the page: counts, causes with their remedies, both values of a conflict, and what is decided."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.page.companies import Companies, PageCompany
from qbo_pipeline.pipeline import two_way_kept
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.quickbooks.errors import QuotaExhausted
from qbo_pipeline.store.entered_by_others import judge_entered, put_entered
from qbo_pipeline_tests.page.browser import CHROMIUM, browsing
from qbo_pipeline_tests.page.site import PASSWORD, Visitor, grant, opened, served, signed_in
from qbo_pipeline_tests.page.way_back_scene import HERE, THERE, came_back, with_way_back
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.pipeline.without_qbo import chart, read

WHY = "asked them on the telephone"
TAKE = "take:Customer/58:email"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.change(f"UPDATE parties SET email = '{HERE}' WHERE party_id = 'c1'")
    with_way_back(shop.settings)
    with shop.run() as run:
        chart(run)
        read(run)
        came_back(run)
    return shop


@pytest.fixture
def company(companies: Companies) -> PageCompany:
    return companies.by_name["shop"]


@pytest.fixture
def url(companies: Companies) -> Iterator[str]:
    grant(companies, "ann", "preparer")
    grant(companies, "bob", "viewer")
    with served(companies) as url:
        yield url


def ordered(visitor: Visitor, decision: str, fields: dict[str, str]) -> str:
    answer = visitor.post(f"/c/shop/orders/make/{decision}", fields)
    assert answer.status_code == 200, answer.text
    assert "Nothing is done yet" in answer.text
    return answer.url.path


def test_counts_causes_and_both_values_stand_there(url: str) -> None:
    page = signed_in(url, "ann").get("/c/shop/way-back").text
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Changed on both sides: 1" in said
    assert f"In the inventory system: {HERE}" in said
    assert f"In QuickBooks: {THERE}" in said
    assert "It settles a document that the inventory system no longer has: 1" in said
    assert "Restore the document there, or move the payment to another one in QuickBooks" in said
    assert "Refused by the inventory system: 1" in said
    assert "the period is closed" in said
    assert "Payment received taken by the inventory system 1" in said
    assert "Payments received 2 1" in said  # two agree, one differs
    assert "0.00 40.00 withheld: Payment CHQ-8 settles document/i7" in said


@pytest.mark.torture
def test_who_only_looks_sees_both_values_and_no_buttons(url: str) -> None:
    page = signed_in(url, "bob").get("/c/shop/way-back").text
    assert HERE in page
    assert THERE in page
    assert "orders/make" not in page
    assert "way-back/compare" not in page


@pytest.mark.parametrize(
    ("side", "kept"),
    [("quickbooks", (HERE, "old@example.com")), pytest.param("source", (None, THERE), marks=pytest.mark.torture)],
)
def test_a_conflict_is_decided_with_both_values_before_the_eyes(
    url: str, company: PageCompany, side: str, kept: tuple[str | None, str]
) -> None:
    ann = signed_in(url, "ann")
    order = ordered(ann, "decide", {TAKE: side})
    shown = ann.get(order).text
    assert (THERE if side == "quickbooks" else HERE) in shown
    answer = ann.post(f"{order}/carry-out", {"why": WHY})
    assert "1 of 1 thing decided" in answer.text
    (agreed,) = rows(company.run, "SELECT source_values, quickbooks_values FROM agreements")
    here, there = kept
    assert (here or "old@example.com") in agreed["source_values"]
    assert there in agreed["quickbooks_values"]
    (line,) = rows(company.run, "SELECT who, why, message FROM attempts WHERE event = 'decide'")
    assert (line["who"], line["why"], line["message"].endswith(f": {side}")) == ("ann", WHY, True)
    assert verify_attempts(company.run).intact
    again = ann.post(f"{order}/carry-out", {"why": "once more"})
    assert "1 of 1 thing decided" in again.text
    assert len(rows(company.run, "SELECT seq FROM attempts WHERE event = 'decide'")) == 1
    assert "by <b>" in ann.get("/c/shop/documents/history", key="party/customer:c1").text


def test_a_value_that_changed_since_it_was_shown_is_not_decided_about(
    url: str, company: PageCompany, shop: Shop
) -> None:
    ann = signed_in(url, "ann")
    order = ordered(ann, "decide", {TAKE: "source"})
    shop.change("UPDATE parties SET email = 'newer@example.com' WHERE party_id = 'c1'")
    with shop.run() as run:
        read(run)
    answer = ann.post(f"{order}/carry-out", {"why": WHY})
    assert "0 of 1 thing decided" in answer.text
    assert "it has changed since it was shown" in answer.text
    assert rows(company.run, "SELECT seq FROM attempts WHERE event = 'decide'") == []


def test_what_is_parked_is_written_again_and_what_was_refused_is_skipped(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    again = ordered(ann, "write_again", {"key": "Payment/73"})
    assert "no such column" in ann.get(again).text
    assert "goes with the next run" in ann.post(f"{again}/carry-out", {"why": WHY}).text
    for key in ("Payment/72", "Payment/71"):
        order = ordered(ann, "leave", {"key": key})
        assert "is skipped" in ann.post(f"{order}/carry-out", {"why": WHY}).text
    states = {row["key"]: row["state"] for row in rows(company.run, "SELECT key, state FROM write_backs")}
    assert states == {"Payment/70": "posted", "Payment/72": "skipped", "Payment/73": "ready"}
    assert rows(company.run, "SELECT disposition, rule FROM quickbooks_objects WHERE qbo_id = '71'") == [
        {"disposition": "excluded", "rule": "skipped"}
    ]
    page = ann.get("/c/shop/way-back").text
    assert "It settles a document" not in page
    assert "the period is closed" not in page


def test_what_others_entered_beside_ours_is_shown_with_it_and_left_by_a_word(url: str, company: PageCompany) -> None:
    with company.run.database.transaction() as connection:
        now = company.run.database.now(connection)
        row = {"qbo_id": "80", "party_id": "58", "qbo_number": "CHQ-11", "business_date": date(2024, 3, 7),
               "amount": Decimal("120.00"), "currency": "USD"}  # fmt: skip
        put_entered(connection, "shop", "Payment", ["80"], [row], now=now)
        judge_entered(connection, "shop", {("Payment", "80"): "payment/y1"}, now=now)
    ann = signed_in(url, "ann")
    page = ann.get("/c/shop/way-back").text
    assert "Entered in QuickBooks beside one that was posted from here: 1" in page
    history = ann.get("/c/shop/documents/history", key="Payment/80").text
    assert "payment/y1" in history
    assert "was entered in QuickBooks by somebody else" in history
    order = ordered(ann, "leave", {"key": "Payment/80"})
    assert "is skipped" in ann.post(f"{order}/carry-out", {"why": WHY}).text
    assert "beside one that was posted" not in ann.get("/c/shop/way-back").text
    assert (
        f"said to be another one than payment/y1 by ann: {WHY}"
        in ann.get("/c/shop/documents/history", key="payment/y1").text
    )
    assert verify_attempts(company.run).intact


@pytest.mark.torture
@pytest.mark.parametrize(
    ("decision", "fields"), [("decide", {TAKE: "nobody"}), ("decide", {"key": "Payment/73"}), ("leave", {})]
)
def test_an_order_about_nothing_is_refused(url: str, decision: str, fields: dict[str, str]) -> None:
    answer = signed_in(url, "ann").post(f"/c/shop/orders/make/{decision}", fields)
    assert (answer.status_code, "Nothing was chosen" in answer.text) == (400, True)


@pytest.mark.torture
def test_a_decision_that_does_not_fit_is_not_offered_and_not_done(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    order = ordered(ann, "write_again", {"key": "Payment/71"})
    assert "this cannot be decided about it" in ann.get(order).text
    assert "0 of 1 thing decided" in ann.post(f"{order}/carry-out", {"why": WHY}).text
    assert rows(company.run, "SELECT seq FROM attempts WHERE event = 'retry'") == []


def test_the_history_of_each_is_found_by_its_key(url: str) -> None:
    ann = signed_in(url, "ann")
    for key in ("Payment/71", "Payment/72", "party/customer:c1"):
        page = ann.get("/c/shop/documents/history", key=key)
        assert (page.status_code, "From QuickBooks to the inventory system" in page.text) == (200, True), key


@pytest.mark.torture
def test_where_quickbooks_does_not_answer_the_tie_out_of_before_stays(
    url: str, companies: Companies, company: PageCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used_up(*_: object) -> None:
        raise QuotaExhausted("the month's reads are used up")

    monkeypatch.setattr(two_way_kept, "two_way", used_up)
    answer = signed_in(url, "ann").post("/c/shop/way-back/compare")
    assert (answer.status_code, "the month&#39;s reads are used up" in answer.text) == (400, True)
    assert rows(company.run, "SELECT agree, differ FROM two_way_kinds") == [{"agree": 2, "differ": 1}]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_conflict_is_decided_by_keyboard_alone(url: str, tmp_path: Path) -> None:
    with browsing(tmp_path) as browser:
        browser.size(390, 844)
        browser.go(url)
        browser.type("ann")
        browser.press("Tab")
        browser.type(PASSWORD)
        browser.enter()
        browser.go(f"{url}/c/shop/way-back")
        browser.tab_to(f"input[name='{TAKE}']")
        browser.press("ArrowUp")  # from “not decided yet” to what QuickBooks says
        browser.tab_to("button[formaction$='/orders/make/decide']")
        browser.enter()
        assert "Nothing is done yet" in browser.text
        browser.tab_to("textarea[name=why]")
        browser.type(WHY)
        browser.tab_to("form[action$='/carry-out'] button")
        browser.enter()
        assert "1 of 1 thing decided" in browser.text
        assert browser.console == []
        assert browser.see("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.torture
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_it_fits_a_phone_and_the_dark_and_axe_finds_nothing(url: str, tmp_path: Path) -> None:
    axe = os.environ.get("QBO_PIPELINE_AXE")
    with browsing(tmp_path) as browser:
        browser.go(url)
        browser.type("ann")
        browser.press("Tab")
        browser.type(PASSWORD)
        browser.enter()
        browser.go(f"{url}/c/shop/way-back")
        browser.see(f"document.querySelector(\"input[name='{TAKE}'][value=quickbooks]\").click()")
        browser.click("button[formaction$='/orders/make/decide']")
        order = browser.see("location.pathname")
        for width, dark in ((1200, False), (1200, True), (390, False), (390, True)):
            browser.size(width, 844, dark=dark)
            for path in ("/c/shop/way-back", "/c/shop/documents/history?key=Payment/72", order):
                browser.go(f"{url}{path}")
                assert browser.see("document.documentElement.scrollWidth <= innerWidth"), (path, width)
                if axe:
                    browser.see(Path(axe).read_text(encoding="utf-8") + "; 0")
                    found = browser.see(
                        "axe.run().then(r => r.violations.map(one => one.id + ': ' + "
                        "one.nodes.map(n => n.html).join(' ')))"
                    )
                    assert found == [], (path, width, dark)
        assert browser.console == []
    if not axe:
        pytest.skip("no axe-core: name its axe.min.js in QBO_PIPELINE_AXE; all else was looked at")


@pytest.mark.torture
def test_nothing_comes_back_where_the_settings_say_so(shop: Shop) -> None:
    said = shop.settings.read_text().replace('"both"', '"source"')
    shop.settings.write_text(re.sub(r"\n\[write_back\]\n.*?\n\n", "\n", said, flags=re.DOTALL))
    with shop.run() as run, run.database.transaction() as connection:
        for table in ("write_backs", "quickbooks_objects", "two_way_kinds", "two_way_differences"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    with opened(shop.settings) as companies:
        grant(companies, "ann", "preparer")
        with served(companies) as url:
            page = signed_in(url, "ann").get("/c/shop/way-back").text
    assert "Nothing comes back from QuickBooks" in page
    assert "way-back/compare" not in page
