"""The page of a company that posts: histories down to the ledger, drift accepted, reconciliations compared, signed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from qbo_pipeline.page import forms
from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.finding import over_time, reconciled
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.page.site import Visitor, grant, opened, served, signed_in
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop

AS_AT = LAST_DAY.isoformat()
PREPARE, REVIEW = f"/c/shop/sign/{AS_AT}/prepare", f"/c/shop/sign/{AS_AT}/review"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop's week, posted and reconciled."""
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path / "shop", emulator)
        with shop.run() as run:
            write_reports(run, carry(run, FIRST_DAY, LAST_DAY).result)
        yield shop


@pytest.fixture
def companies(shop: Shop) -> Iterator[Companies]:
    with opened(shop.settings) as companies:
        for name, *roles in (("ann", "preparer"), ("bob", "reviewer"), ("both", "preparer", "reviewer")):
            grant(companies, name, *roles)
        yield companies


@pytest.fixture
def url(companies: Companies) -> Iterator[str]:
    with served(companies) as url:
        yield url


def cost_corrected(shop: Shop) -> None:
    """A shipment gets another cost, is read and waits for approval: the books differ by it."""
    point_to(shop.settings, "approval = false", "approval = true")
    shop.change("UPDATE movement_lines SET value = '-35.00' WHERE movement_id = 'd1'")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)


def test_two_people_sign_a_month(url: str, companies: Companies) -> None:
    ann, bob = signed_in(url, "ann"), signed_in(url, "bob")
    assert "in balance" in ann.get("/").text
    assert "Sign as preparer" in ann.get("/c/shop/reconciliations/1").text
    assert "Sign as" not in bob.get("/c/shop/reconciliations/1").text
    assert ann.post(PREPARE, {"comment": "counted"}).status_code == 400  # the difference was not seen
    assert bob.post(PREPARE, {"seen": "yes"}).status_code == 403
    prepared = ann.post(PREPARE, {"seen": "yes", "comment": "counted on Friday"}).text
    assert "prepared by <bdi>ann</bdi>" in prepared
    assert "somebody else reviews it" in prepared
    assert ann.post(REVIEW, {"seen": "yes"}).status_code == 403
    assert "Sign as reviewer" in bob.get("/c/shop/reconciliations/1").text
    signed = bob.post(REVIEW, {"seen": "yes"}).text
    assert "reviewed by <bdi>bob</bdi>" in signed
    assert "counted on Friday" in signed
    with companies.by_name["shop"].database.reading() as connection:
        ((_, certificate),) = load_sign_offs(connection, "shop")
    assert (certificate.preparer, certificate.reviewer, certificate.state) == ("ann", "bob", "signed")
    assert "by two" in ann.get("/c/shop/reconciliations").text


def test_nobody_reviews_what_they_prepared_whatever_their_roles(url: str) -> None:
    both = signed_in(url, "both")
    assert "prepared by" in both.post(PREPARE, {"seen": "yes"}).text
    answer = both.post(REVIEW, {"seen": "yes"})
    assert (answer.status_code, "the reviewer must be another person" in answer.text) == (409, True)


def test_a_review_never_becomes_a_preparation(url: str, shop: Shop) -> None:
    """The data changed after it was prepared: the certificate is void, and the reviewer is told so."""
    signed_in(url, "ann").post(PREPARE, {"seen": "yes"})
    cost_corrected(shop)
    answer = signed_in(url, "bob").post(REVIEW, {"seen": "yes"})
    assert (answer.status_code, "is to be prepared next" in answer.text) == (409, True)


def test_the_history_of_a_document_goes_down_to_the_ledger(url: str) -> None:
    visitor = signed_in(url, "ann")
    page = visitor.get("/c/shop/documents/history", key="movement/d1").text
    for text in (
        "read from the inventory system", "posted in QuickBooks", "In QuickBooks&#39; ledger" , "Journal Entry",
        "Ledger lines that it makes", "Cost of Goods Sold",
    ):  # fmt: skip
        assert text.replace("&#39;", "'") in page.replace("&#39;", "'"), text
    assert "Sales invoice" in visitor.get("/c/shop/documents/history", key="I1").text
    assert visitor.get("/c/shop/documents/history", key="nobody").status_code == 404
    assert visitor.get("/c/shop/documents/history").status_code == 404


def test_what_somebody_changed_in_quickbooks_is_accepted_by_an_order(
    url: str, shop: Shop, companies: Companies
) -> None:
    with shop.run() as run:
        (posted,) = rows(run, "SELECT qbo_id FROM postings WHERE key = 'document/i1'")
        invoice = run.quickbooks().read("Invoice", posted["qbo_id"])
        place = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"], "sparse": True}
        changed = {**place, "DocNumber": "I1-A", "TxnDate": "2024-03-05"}
        assert shop.emulator is not None
        answer = httpx.post(shop.emulator.api("invoice"), json=changed, headers=shop.emulator.bearer(), timeout=60)
        assert answer.status_code == 200, answer.text
        find_drift(run)
    visitor = signed_in(url, "ann")
    assert "Changed in QuickBooks" in visitor.get("/c/shop/work-list").text
    answer = visitor.post("/c/shop/orders/make/relink", {"key": "document/i1"})
    assert "Nothing is done yet" in answer.text
    done = visitor.post(f"{answer.url.path}/carry-out", {"why": "the customer asked for it"})
    assert "1 of 1 document decided" in done.text
    found = rows(
        companies.by_name["shop"].run, "SELECT who, why FROM attempts WHERE key = 'document/i1' AND event = 'relink'"
    )
    assert [(row["who"], row["why"]) for row in found] == [("ann", "the customer asked for it")]


def test_differences_are_drilled_into_and_compared(url: str, shop: Shop) -> None:
    cost_corrected(shop)
    visitor = signed_in(url, "ann")
    page = visitor.get("/c/shop/reconciliations/2").text
    assert "Changed in the inventory system" in page
    cause = page.split("/c/shop/reconciliations/2/cause?cause=")[1].split('"')[0]
    assert "D1" in visitor.get("/c/shop/reconciliations/2/cause", cause=cause).text
    moved = visitor.get("/c/shop/reconciliations/compare", first="1", second="2").text
    assert re.search("Documents whose difference moved: [1-9]", moved)
    assert "movement/d1" in moved
    for path in ("99", "2/cause?cause=nothing", "compare?first=1&second=99"):
        assert visitor.client.get(f"/c/shop/reconciliations/{path}").status_code == 404, path
    assert visitor.client.get(f"/c/shop/reconciliations/{'9' * 30}").status_code == 400


def test_a_month_is_reconciled_signed_and_kept_as_it_was(url: str, shop: Shop, companies: Companies) -> None:
    ann, bob = signed_in(url, "ann"), signed_in(url, "bob")
    made = ann.post("/c/shop/reconciliations/make", {"as_at": AS_AT})
    assert "in balance" in made.text
    assert "Roll-forward" in made.text
    assert ann.post("/c/shop/reconciliations/make", {"as_at": "2999-01-01"}).status_code == 400
    assert "Nothing was signed by two yet" in ann.get("/c/shop/archive").text
    ann.post(PREPARE, {"seen": "yes", "comment": "counted"})
    bob.post(REVIEW, {"seen": "yes"})
    page = bob.get("/c/shop/archive/1/page")
    assert "Inventory reconciliation" in page.text
    assert "bob" in page.text
    assert page.headers["content-security-policy"].startswith("sandbox ")
    assert bob.get("/c/shop/archive/1/workbook").content[:2] == b"PK"
    cost_corrected(shop)  # the books of the signed month are not what was signed any more
    listed = bob.get("/c/shop/archive").text
    assert ">void</span>" in listed
    assert "/c/shop/archive/1/page" in listed
    assert bob.get("/c/shop/archive/1/page").content == page.content
    run = companies.by_name["shop"].run
    assert verify_attempts(run).intact
    for path in ("2/page", "1/json", "9999999999/page"):
        assert bob.get(f"/c/shop/archive/{path}").status_code in (400, 404), path
    with run.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE kept_files SET content = ?", (zlib.compress(b"another report"),))
    changed = bob.get("/c/shop/archive/1/page")
    assert (changed.status_code, "does not read as it was kept" in changed.text) == (409, True)


@pytest.mark.torture
def test_a_difference_is_aged_and_rolled_forward(url: str, shop: Shop, companies: Companies) -> None:
    signed_in(url, "ann").post(PREPARE, {"seen": "yes"})
    signed_in(url, "bob").post(REVIEW, {"seen": "yes"})
    cost_corrected(shop)
    company = companies.by_name["shop"]
    with company.database.reading() as connection:
        row = dict(reconciled.one(connection, "shop", 2).row)  # type: ignore[union-attr]
        aged = over_time.ageing(connection, "shop", row)
        again = over_time.ageing(connection, "shop", row | {"number": 3})
        rolled = over_time.roll_forward(connection, "shop", row)
    assert [(one.new > 0, one.carried, one.cleared) for one in aged] == [(True, 0, 0)] * len(aged)
    assert all(not any(count for count, _ in one.cells[1:]) for one in aged)  # none is older than a week
    assert sum(amount for one in aged for _, amount in one.cells) == row["difference"]
    assert sum(one.cleared for one in again) == sum(one.new for one in aged)  # a later one that has none of them
    assert rolled is not None
    assert rolled.holds
    assert rolled.lines[-1] == ("closing", row["stock_value"], row["ledger_balance"])
    with company.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE roll_forwards SET ledger = '1.00' WHERE line = 'closing'")
    assert "changed past the pipeline" in signed_in(url, "ann").get("/c/shop/reconciliations/2").text


def remarked(visitor: Visitor, remark: str, file: tuple[str, bytes] | None = None) -> httpx.Response:
    """A remark on the difference of the shipment, as the form sends it."""
    return visitor.client.post(
        "/c/shop/reconciliations/document",
        data={"token": visitor.token(), "key": "movement/d1", "remark": remark},
        files={"file": file or ("", b"")},
        headers={"origin": visitor.url},
    )


def test_remarks_go_with_a_difference_until_it_is_cleared(url: str, shop: Shop, companies: Companies) -> None:
    cost_corrected(shop)
    ann, bob = signed_in(url, "ann"), signed_in(url, "bob")
    done = remarked(ann, "the carrier’s bill is wrong", ("../../bill <1>\u202e.pdf", b"%PDF-1.7 not really"))
    assert "carrier’s bill is wrong" in done.text
    page = bob.get("/c/shop/reconciliations/2").text
    assert "carrier’s bill is wrong" in page
    assert "bill &lt;1&gt;⟨U+202E⟩.pdf" in page
    file = bob.get("/c/shop/remarks/1/file")
    assert file.content == b"%PDF-1.7 not really"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''bill%20%3C1%3E")
    shop.change("UPDATE movement_lines SET value = '-36.00' WHERE movement_id = 'd1'")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)  # nothing was decided: the difference is carried forward
    assert "carrier’s bill is wrong" in bob.get("/c/shop/reconciliations/3").text
    shop.change("UPDATE movement_lines SET value = '-40.00' WHERE movement_id = 'd1'")
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
    cleared = bob.get("/c/shop/reconciliations/4").text
    assert "There is no difference" in cleared
    assert "carrier" not in cleared
    assert "carrier’s bill is wrong" in bob.get("/c/shop/reconciliations/document", key="movement/d1").text
    run = companies.by_name["shop"].run
    assert rows(run, "SELECT who FROM attempts WHERE event = 'remarked'") == [{"who": "ann"}]
    with run.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM difference_notes")
    assert any("remark 1 on a difference was written" in said for said in verify_attempts(run).findings)


@pytest.mark.torture
def test_what_is_no_remark_is_refused(url: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    cost_corrected(shop)
    ann = signed_in(url, "ann")
    assert remarked(ann, "").status_code == 400
    assert remarked(ann, "x" * 2_001).status_code == 400
    assert remarked(ann, "empty", ("a.txt", b"")).status_code == 400
    monkeypatch.setattr(forms, "MOST_OF_FILE", 100)
    assert remarked(ann, "big", ("a.txt", b"x" * 101)).status_code == 413
    assert remarked(ann, "bigger", ("a.txt", b"x" * 100_000)).status_code == 413
    other = {"token": ann.token(), "key": "movement/nobody", "remark": "x"}
    assert ann.send("/c/shop/reconciliations/document", other, origin=url).status_code == 404
    assert ann.get("/c/shop/remarks/1/file").status_code == 404


def test_the_report_is_shown_without_its_script(url: str) -> None:
    visitor = signed_in(url, "bob")
    page = visitor.get(f"/c/shop/reports/{AS_AT}/page")
    assert "Inventory reconciliation" in page.text
    assert page.headers["content-security-policy"].startswith("sandbox ")
    assert "script" not in page.headers["content-security-policy"]
    workbook = visitor.get(f"/c/shop/reports/{AS_AT}/workbook")
    assert workbook.content[:2] == b"PK"
    assert "attachment" in workbook.headers["content-disposition"]
    for path in ("2024-03-06/page", f"{AS_AT}/json", "..%2f..%2fshop/page", f"{AS_AT}/..%2fshop.toml"):
        assert visitor.client.get(f"/c/shop/reports/{path}").status_code == 404, path


def test_hostile_text_is_only_shown(url: str, shop: Shop, companies: Companies) -> None:
    with companies.by_name["shop"].database.transaction() as connection:
        hostile = "<img src=x onerror=alert(1)>\u202egnp\x07"
        connection.exec_driver_sql(
            "UPDATE postings SET state = 'parked', message = ? WHERE key = 'document/i1'", (hostile,)
        )
    visitor: Visitor = signed_in(url, "ann")
    for path in ("/c/shop/work-list", "/c/shop/documents/history?key=document/i1", "/c/shop/documents?party=<b>x</b>"):
        page = visitor.client.get(path).text
        assert "<img" not in page
        assert "<b>x" not in page
        assert "\u202e" not in page
    assert "⟨U+202E⟩" in visitor.get("/c/shop/work-list").text
