"""Orders: shown first, carried out once, with who and why in the journal; what changed since is not decided unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from qbo_pipeline.page import words
from qbo_pipeline.page.companies import Companies, PageCompany
from qbo_pipeline.page.finding.work_list import of_keys
from qbo_pipeline.page.offers import offered
from qbo_pipeline.page.ordering import CHANGED
from qbo_pipeline.page.roles import DECISIONS, RELINK
from qbo_pipeline.page.views import orders
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.posting.decisions import APPROVABLE
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.posting.states import Reason, State
from qbo_pipeline_tests.page.site import Visitor, grant, served, signed_in
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.without_qbo import states

WHY = "looked at with the invoice"


@pytest.fixture
def url(companies: Companies) -> Iterator[str]:
    grant(companies, "ann", "reviewer", "preparer")
    grant(companies, "bob", "reviewer")
    with served(companies) as url:
        yield url


@pytest.fixture
def company(companies: Companies) -> PageCompany:
    return companies.by_name["shop"]


def made(visitor: Visitor, decision: str, **fields: object) -> str:
    """The address of a new order, which is shown."""
    answer = visitor.post(f"/c/shop/orders/make/{decision}", dict(fields))
    assert answer.status_code == 200, answer.text
    assert "Nothing is done yet" in answer.text
    return answer.url.path


def decided(company: PageCompany) -> list[tuple[str, str, str, str]]:
    found = rows(company.run, "SELECT key, event, who, why FROM attempts WHERE who IS NOT NULL AND event <> 'granted'")
    return [(row["key"], row["event"], row["who"], row["why"]) for row in found]


def test_many_are_approved_at_once_and_only_once(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    before = states(company.run)
    assert before["document/i1"] == before["document/b1"] == ("parked", "awaiting_approval")
    order = made(ann, "approve", key=["document/i1", "document/b1"])
    shown = ann.get(order).text
    assert "Accounts Receivable" in shown  # the ledger lines that would be posted
    assert states(company.run) == before
    answer = ann.post(f"{order}/carry-out", {"why": WHY})
    assert "2 of 2 documents decided" in answer.text
    assert {states(company.run)[key] for key in ("document/i1", "document/b1")} == {("ready", None)}
    wanted = sorted((key, "approve", "ann", WHY) for key in ("document/b1", "document/i1"))
    assert sorted(decided(company)) == wanted
    again = ann.post(f"{order}/carry-out", {"why": "a second time"})  # sent again, by a double click or by somebody
    assert "2 of 2 documents decided" in again.text
    assert sorted(decided(company)) == wanted


def test_everything_of_a_cause_is_chosen_in_one_click(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    order = made(ann, "approve", state="parked", reason="awaiting_approval")
    ann.post(f"{order}/carry-out", {"why": WHY})
    left = {state for state in states(company.run).values() if state[0] == "parked"}
    assert left == {("parked", "cost_pending")}


def test_one_kind_of_what_waits_is_approved_from_the_preview(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    page = ann.get("/c/shop/preview").text
    assert "Approve invoice…" in page
    fields = dict(re.findall(r'name="(state|reason|entity)" value="(parked|awaiting_approval|Invoice)"', page))
    assert fields == {"state": "parked", "reason": "awaiting_approval", "entity": "Invoice"}
    order = made(ann, "approve", **fields)
    ann.post(f"{order}/carry-out", {"why": WHY})
    with company.database.reading() as connection:
        kinds = {
            (entity, state)
            for entity, state in connection.execute(text("SELECT entity, state FROM postings WHERE entity IS NOT NULL"))
        }
    assert {("Invoice", "ready"), ("Bill", "parked"), ("JournalEntry", "parked")} <= kinds
    assert not {("Bill", "ready"), ("JournalEntry", "ready")} & kinds


def test_what_changed_since_it_was_shown_is_left_alone(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    order = made(ann, "approve", key=["document/i1", "document/b1"])
    decide(company.run, "skip", "document/i1", "Zoe", "a test invoice")
    answer = ann.post(f"{order}/carry-out", {"why": WHY})
    assert "1 of 2 documents decided" in answer.text
    assert CHANGED in answer.text
    assert states(company.run)["document/i1"][0] == "skipped"


def test_an_order_is_its_maker_s_alone(url: str, company: PageCompany) -> None:
    order = made(signed_in(url, "ann"), "approve", key="document/i1")
    bob = signed_in(url, "bob")
    assert bob.get(order).status_code == 404
    assert bob.post(f"{order}/carry-out", {"why": WHY}).status_code == 404
    assert decided(company) == []


def test_who_may_not_decide_any_more_does_not_carry_out(url: str, companies: Companies, company: PageCompany) -> None:
    order = made(signed_in(url, "ann"), "approve", key="document/i1")
    grant(companies, "ann", "preparer")
    answer = signed_in(url, "ann").post(f"{order}/carry-out", {"why": WHY})
    assert (answer.status_code, "do not include this any more" in answer.text) == (403, True)
    assert decided(company) == []


def test_an_old_order_is_not_carried_out(url: str, company: PageCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = signed_in(url, "ann")
    order = made(ann, "approve", key="document/i1")
    monkeypatch.setattr(orders, "LASTING", timedelta(0))
    assert "choose anew" in ann.get(order).text
    assert ann.post(f"{order}/carry-out", {"why": WHY}).status_code == 400
    assert decided(company) == []


@pytest.mark.parametrize("why", ["", "   ", "x" * 501])
def test_without_a_why_nothing_is_done(url: str, company: PageCompany, why: str) -> None:
    ann = signed_in(url, "ann")
    order = made(ann, "approve", key="document/i1")
    assert ann.post(f"{order}/carry-out", {"why": why}).status_code == 400
    assert decided(company) == []


def test_what_waits_for_approval_is_not_sent_by_a_retry(url: str, company: PageCompany) -> None:
    ann = signed_in(url, "ann")
    order = made(ann, "retry", key="document/i1")
    assert "cannot be done" in ann.get(order).text
    assert "0 of 1 document decided" in ann.post(f"{order}/carry-out", {"why": WHY}).text
    assert states(company.run)["document/i1"] == ("parked", "awaiting_approval")


@pytest.mark.parametrize(
    ("decision", "fields", "status"),
    [
        ("approve", {}, 400),
        ("approve", {"key": "document/nobody"}, 404),
        ("approve", {"key": [f"document/{number}" for number in range(501)]}, 400),
        ("approve", {"key": "document/i1", "qbo_id": "7"}, 400),
        ("relink", {"key": "document/i1", "qbo_id": "7 OR 1=1"}, 400),
        ("see", {"key": "document/i1"}, 404),
        ("prepare", {"key": "document/i1"}, 404),
        ("post_again", {"key": [f"document/{number}" for number in range(51)]}, 400),
        ("correct", {}, 400),
    ],
)
def test_orders_that_are_none(url: str, decision: str, fields: dict[str, object], status: int) -> None:
    assert signed_in(url, "ann").post(f"/c/shop/orders/make/{decision}", fields).status_code == status


def test_the_work_list_says_what_waits_and_what_to_do(url: str) -> None:
    page = signed_in(url, "ann").get("/c/shop/work-list").text
    for state, reason in (("parked", "awaiting_approval"), ("parked", "cost_pending")):
        cause = words.cause(state, reason)
        assert f"{cause.title}: " in page
        assert cause.remedy in page
    assert page.count('name="key"') == len(re.findall(r"documents/history\?key=", page))


def test_a_viewer_sees_the_same_list_without_marks(url: str, companies: Companies) -> None:
    grant(companies, "vic", "viewer")
    page = signed_in(url, "vic").get("/c/shop/work-list").text
    assert "Waiting for approval" in page
    assert "checkbox" not in page
    assert "<button formaction" not in page


def test_every_reason_of_the_protocol_has_its_words() -> None:
    parked = {str(reason) for reason in Reason} - {"edited", "voided", "withdrawn", "unsure"}
    assert {reason for state, reason in words.CAUSES if state == "parked"} >= parked
    assert set(words.STATE_WORDS) >= {str(state) for state in State}
    assert set(words.DECISIONS) == set(words.WOULD) == set(DECISIONS)


@pytest.mark.parametrize(("key", "done"), [("document/i1", "approve"), ("movement/d1", "skip")])
def test_what_is_offered_can_be_done_and_what_is_not_is_refused(company: PageCompany, key: str, done: str) -> None:
    """Held against the decisions themselves; of these, retrying what waits for approval alone is possible, and is not
    offered, since it would go without one."""
    run = company.run
    with run.database.reading() as connection:
        (item,) = of_keys(connection, run.name, [key])
    assert set(item.offers) == {"approve", "skip"}
    for decision in {"retry", "unlink"} - ({"retry"} if item.reason in APPROVABLE else set()):
        with pytest.raises(NotPossible):
            decide(run, decision, key, "Ann", WHY)
    decide(run, done, key, "Ann", WHY)


@pytest.mark.parametrize("reason", sorted(APPROVABLE))
def test_what_policy_holds_back_is_offered_for_approval_and_never_for_a_retry(reason: str) -> None:
    row = {"state": "parked", "reason": reason, "operation": "create", "doubt": False, "built": True}
    assert offered(row)[0] == "approve"
    assert "retry" not in offered(row)
    assert RELINK not in offered(row)
