"""People and other tools at work in a QuickBooks Online company: plain HTTP on its v3 API, nothing of our client.

What belongs here: reading, saving, deleting and voiding objects as JSON, and the few shapes that entries have.
Amounts are `Decimal`; they travel as JSON numbers of two decimals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import httpx

from qbo_pipeline_tests.emulator.server import RunningEmulator

Thing = dict[str, Any]
PAGE = 1_000


class Bookkeeper:
    """Somebody with access to the company."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self._http = httpx.Client(base_url=emulator.api(""), headers=emulator.bearer(), timeout=60)

    def close(self) -> None:
        self._http.close()

    def get(self, entity: str, qbo_id: str) -> Thing:
        found: Thing = self._answer(self._http.get(f"{entity.lower()}/{qbo_id}"))[entity]
        return found

    def all(self, entity: str) -> list[Thing]:
        """Every object of an entity, by Id."""
        found: list[Thing] = []
        while True:
            text = f"SELECT * FROM {entity} ORDERBY Id STARTPOSITION {len(found) + 1} MAXRESULTS {PAGE}"
            page = self._answer(self._http.get("query", params={"query": text}))["QueryResponse"].get(entity, [])
            found += page
            if len(page) < PAGE:
                return found

    def report(self, name: str, **parameters: str) -> dict[str, Decimal]:
        """The last amount of each row of a report, by the row's name."""
        found: dict[str, Decimal] = {}
        todo = [self._answer(self._http.get(f"reports/{name}", params=parameters))["Rows"]]
        while todo:
            for row in todo.pop().get("Row", []):
                cells = row.get("ColData", [])
                if len(cells) > 1 and cells[-1]["value"]:
                    found[cells[0]["value"]] = Decimal(cells[-1]["value"])
                if "Rows" in row:
                    todo.append(row["Rows"])
        return found

    def save(self, entity: str, body: Thing, **options: str) -> Thing:
        """Create, or update where the body has an Id; answers the object as it is now."""
        saved: Thing = self._post(entity, body, options)[entity]
        return saved

    def delete(self, entity: str, thing: Thing) -> None:
        self._post(entity, {name: thing[name] for name in ("Id", "SyncToken")}, {"operation": "delete"})

    def void(self, entity: str, thing: Thing) -> None:
        self._post(entity, {name: thing[name] for name in ("Id", "SyncToken")}, {"operation": "void"})

    def _post(self, entity: str, body: Thing, options: dict[str, str]) -> Thing:
        return self._answer(
            self._http.post(
                entity.lower(),
                params=options,
                content=json.dumps(body, default=str),
                headers={"Content-Type": "application/json"},
            )
        )

    @staticmethod
    def _answer(response: httpx.Response) -> Thing:
        assert response.status_code == 200, f"{response.request.url}: {response.text}"
        answer: Thing = json.loads(response.text, parse_float=Decimal)
        return answer


def ref(qbo_id: str) -> dict[str, str]:
    return {"value": qbo_id}


def journal_line(account: str, cents: int, text: str = "") -> Thing:
    """A journal's line: debit where the cents are positive."""
    return {
        "Amount": money(abs(cents)),
        "Description": text,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"PostingType": "Debit" if cents > 0 else "Credit", "AccountRef": ref(account)},
    }


def expense_line(account: str, cents: int) -> Thing:
    return {
        "Amount": money(cents),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": ref(account)},
    }


def sale_line(item: str, quantity: int, price: Decimal) -> Thing:
    detail = {"ItemRef": ref(item), "Qty": quantity, "UnitPrice": price, "TaxCodeRef": ref("NON")}
    return {"Amount": quantity * price, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def signed_cents(line: Thing) -> int:
    """What a journal's line does to its account, debit positive."""
    sign = 1 if line["JournalEntryLineDetail"]["PostingType"] == "Debit" else -1
    return sign * int(Decimal(str(line["Amount"])).scaleb(2))


def account_of(line: Thing) -> str:
    found: str = line["JournalEntryLineDetail"]["AccountRef"]["value"]
    return found


def effect(journal: Thing, accounts: Iterable[str]) -> dict[str, int]:
    """Cents that a journal moves on each of these accounts."""
    sums = dict.fromkeys(accounts, 0)
    for line in journal["Line"]:
        if account_of(line) in sums:
            sums[account_of(line)] += signed_cents(line)
    return {account: cents for account, cents in sums.items() if cents}
