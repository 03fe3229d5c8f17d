"""Change data capture: split at its caps, and honest where something may be missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from qbo_pipeline.quickbooks.changes import MAX_OBJECTS, read_changes
from qbo_pipeline.quickbooks.errors import Unavailable
from qbo_pipeline.quickbooks.query import Query
from qbo_pipeline_tests.quickbooks.fakes import answer, quickbooks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
TIME = "2026-03-01T04:00:05.000-08:00"


class Company:
    """Changed objects by entity (deleted ones have a status); answers no more than the cap, as QBO does."""

    def __init__(self, **changed: int) -> None:
        self.rows = {name: [{"Id": str(i), "SyncToken": "1"} for i in range(count)] for name, count in changed.items()}
        self.asked: list[tuple[str, datetime]] = []
        self.queried: list[str] = []

    def ask(self, names: str, since: datetime) -> dict[str, Any]:
        self.asked.append((names, since))
        room = MAX_OBJECTS
        answers: list[dict[str, Any]] = []
        for name in names.split(","):
            rows = self.rows.get(name, [])[:room]
            room -= len(rows)
            answers.append({name: rows, "startPosition": 1, "maxResults": len(rows)} if rows else {})
        return {"CDCResponse": [{"QueryResponse": answers}], "time": TIME}

    def query(self, query: Query) -> list[dict[str, Any]]:
        self.queried.append(query.text())
        return [row for row in self.rows[query.entity.name] if row.get("status") != "Deleted"]


def test_changes_and_deletions_are_told_apart() -> None:
    company = Company(Invoice=2, Customer=1)
    company.rows["Invoice"][1] = {"Id": "9", "status": "Deleted"}
    found = read_changes(["Invoice", "Customer", "Bill"], SINCE, NOW, company.ask, company.query)
    assert [row["Id"] for row in found.objects["Invoice"]] == ["0"]
    assert [row["Id"] for row in found.deleted["Invoice"]] == ["9"]
    assert (len(found.objects["Customer"]), found.objects["Bill"]) == (1, [])
    assert found.complete
    assert found.as_at == datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    assert company.asked == [("Invoice,Customer,Bill", SINCE)]


def test_an_answer_at_the_cap_is_split_by_entity() -> None:
    company = Company(Invoice=600, Bill=600, JournalEntry=10)
    found = read_changes(["Invoice", "Bill", "JournalEntry"], SINCE, NOW, company.ask, company.query)
    assert {name: len(rows) for name, rows in found.objects.items()} == {
        "Invoice": 600,
        "Bill": 600,
        "JournalEntry": 10,
    }
    assert found.complete
    assert company.queried == []


def test_an_entity_at_the_cap_is_completed_by_a_query_and_its_deletions_are_a_gap() -> None:
    company = Company(Invoice=1500, Bill=3)
    found = read_changes(["Invoice", "Bill"], SINCE, NOW, company.ask, company.query)
    assert {name: len(rows) for name, rows in found.objects.items()} == {"Invoice": 1500, "Bill": 3}
    assert len({row["Id"] for row in found.objects["Invoice"]}) == 1500
    assert not found.complete
    assert list(found.gaps) == ["Invoice"]
    assert "deletions may be missing" in found.gaps["Invoice"]
    (text,) = company.queried
    assert f"MetaData.LastUpdatedTime >= '{SINCE.isoformat()}'" in text


def test_beyond_thirty_days_every_entity_has_a_gap() -> None:
    company = Company(Customer=2)
    since = NOW - timedelta(days=40)
    found = read_changes(["Customer"], since, NOW, company.ask, company.query)
    assert list(found.gaps) == ["Customer"]
    assert "30 days" in found.gaps["Customer"]
    assert company.asked[0][1] > NOW - timedelta(days=30)
    assert "Active IN (true, false)" in company.queried[0]
    assert since.isoformat() in company.queried[0]


def test_a_clock_that_is_behind_quickbooks_hides_no_gap() -> None:
    company = Company(Customer=2)
    behind = NOW - timedelta(days=20)
    found = read_changes(["Customer"], NOW - timedelta(days=35), behind, company.ask, company.query)
    assert "30 days" in found.gaps["Customer"]
    assert len(company.queried) == 1


def test_what_cannot_be_asked_is_refused() -> None:
    company = Company()
    with pytest.raises(ValueError, match="does not cover TaxCode"):
        read_changes(["TaxCode"], SINCE, NOW, company.ask, company.query)
    with pytest.raises(ValueError, match="time zone"):
        read_changes(["Bill"], SINCE.replace(tzinfo=None), NOW, company.ask, company.query)
    assert company.asked == []


@pytest.mark.parametrize(
    "body", [{}, {"time": TIME}, {"time": "x", "CDCResponse": []}, {"time": TIME, "CDCResponse": [7]},
             {"time": "2026-03-01T04:00:05", "CDCResponse": []}]
)  # fmt: skip
def test_an_answer_of_another_shape_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        read_changes(["Bill"], SINCE, NOW, lambda names, since: body, Company().query)


def test_the_client_asks_as_qbo_wants_it() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(200, {"CDCResponse": [{"QueryResponse": [{}]}], "time": TIME})

    with quickbooks(handler) as qbo:
        assert qbo.changes(["Invoice", "Bill"], SINCE).complete
    assert dict(seen[0].url.params) == {
        "entities": "Invoice,Bill",
        "changedSince": "2026-02-28T12:00:00+00:00",
        "minorversion": "75",
    }
