"""Reconciled while postings are under way: it says so, and it is right about what QuickBooks has by then."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.posting.means import Company as PostingCompany
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.tampering.companies import Company, demo_company, found_in

ANSWER_LOST, KILLED = 4, 5  # of the batches


class Killed(BaseException):
    """The process is no more."""


class DyingQuickBooks:
    """The client, in a process that dies once its last batch has left."""

    def __init__(self, quickbooks: PostingCompany) -> None:
        self._quickbooks = quickbooks
        self._batches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._quickbooks, name)

    def send_batch(self, *arguments: Any, **named: Any) -> Any:
        self._batches += 1
        outcome = self._quickbooks.send_batch(*arguments, **named)
        if self._batches == KILLED:
            raise Killed
        return outcome


def _stopped_in_the_middle(company: Company) -> None:
    company.emulator.order({"kind": "lost_answer", "how": "reset", "operation": "batch", "nth": ANSWER_LOST})
    dying: Any = DyingQuickBooks(company.run.quickbooks())
    poster = Poster(company.run.database, dying, settings=PosterSettings(batch_workers=1, single_workers=0, patience=0))
    died = False
    try:
        poster.run(company.run.name, None, company.last)
    except Killed:
        died = True
    company.emulator.order()
    assert died


def _expected(company: Company) -> dict[tuple[object, ...], int]:
    """What the source has and QuickBooks, asked by number, does not."""
    there = {thing.get("DocNumber") for thing in company.people.all("JournalEntry")}
    accounts = {account["Name"]: account["Id"] for account in company.people.all("Account")}
    inventory = {accounts[name] for name in company.accounts}
    account_of = {
        (row["product_id"], row["location_id"]): row["account_id"]
        for row in rows(company.run, "SELECT product_id, location_id, account_id FROM posting_effects")
        if row["account_id"] in inventory
    }
    missing = {
        row["record_key"]
        for row in rows(company.run, "SELECT record_key, number FROM postings WHERE entity = 'JournalEntry'")
        if row["number"] not in there
    }
    expected: Counter[tuple[object, ...]] = Counter()
    for row in rows(company.run, "SELECT * FROM stock_lines"):
        key = f"movement/{row['record_id']}"
        if key in missing:
            account = account_of[row["product_id"], row["location_id"]]
            expected[key, "waiting", account, row["business_date"]] -= int(Decimal(row["value"]).scaleb(2))
    return {place: cents for place, cents in expected.items() if cents}


def test_a_poster_stopped_in_the_middle(tmp_path: Path) -> None:
    with demo_company(tmp_path, size="small", days=10, carried=False) as company:
        read_reference_data(company.run)
        company.read_source()
        _stopped_in_the_middle(company)
        states = {row["state"]: row["n"] for row in rows(company.run, _BY_STATE)}
        assert {"posted", "sending", "unknown", "ready"} <= set(states)

        result = company.reconciled()
        found = {
            (key, cause, account, day.isoformat()): c for (key, cause, account, day), c in found_in(result).items()
        }
        expected = _expected(company)
        assert found == expected
        assert 0 < len(expected) < sum(states.values())
        assert (result.status, result.unexplained) == ("explained", Decimal("0.00"))
        under_way = states["sending"] + states["unknown"]
        assert f"Postings are under way: the outcome of {under_way} is not known yet." in result.notes
        adopted = [note for note in result.notes if "documents whose answer did not arrive are in QuickBooks" in note]
        assert len(adopted) == 1
        assert company.reconciled().content_hash == result.content_hash


_BY_STATE = "SELECT state, COUNT(*) AS n FROM postings WHERE business_date > '1900-01-01' GROUP BY state"
