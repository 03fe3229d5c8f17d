"""Bodies with random damage: every answer is an object or a QBO fault, and the ledger balances after each."""

from __future__ import annotations

import copy
import random
from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.schema.entities import ENTITIES
from qbo_pipeline_tests.emulator.company.opening import Body, open_company
from qbo_pipeline_tests.emulator.company.random_books import RandomBooks

JUNK: list[Any] = [
    *(None, "", " ", "0", "-1", "x" * 5000, "NaN", "1e400", "\x00", "'; drop table lines; --", "2026-02-30", "true"),
    *(
        "\ud800",
        0,
        -1,
        10**30,
        99_999_999_999,
        9_999_999_999_999,
        Decimal("1e900000"),
        Decimal("1e-900000"),
        1.5,
        -0.0,
        float("inf"),
        Decimal("0.005"),
        True,
        [],
        {},
        [None],
        [[]],
        {"value": None},
    ),
    *(
        {"value": []},
        {"value": {"value": "1"}},
        {"value": True},
        {"value": "1", "type": 7},
        [{"LinkedTxn": [{"TxnId": "x"}]}],
        "²",
    ),
]
TRANSACTIONS = [name for name, entity in ENTITIES.items() if entity.kind == "transaction" and entity.create]
LISTS: dict[str, Body] = {
    "Account": {"Name": "A", "AccountType": "Bank", "OpeningBalance": 5, "CurrencyRef": {"value": "USD"}},
    "Attachable": {"Note": "n", "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "1"}}]},
    "Budget": {
        "Name": "B",
        "StartDate": "2026-01-01",
        "EndDate": "2026-12-31",
        "BudgetType": "ProfitAndLoss",
        "BudgetEntryType": "Monthly",
        "BudgetDetail": [{"BudgetDate": "2026-02-01", "Amount": 5, "AccountRef": {"value": "1"}}],
    },
    "Class": {"Name": "C", "ParentRef": {"value": "1"}},
    "CompanyCurrency": {"Code": "SEK"},
    "Customer": {"DisplayName": "N", "Balance": 5, "OpenBalanceDate": "2026-01-01", "ParentRef": {"value": "1"}},
    "Department": {"Name": "D"},
    "Employee": {"GivenName": "E"},
    "ExchangeRate": {"SourceCurrencyCode": "USD", "Rate": "0.9", "AsOfDate": "2026-01-01"},
    "Item": {
        "Name": "I",
        "Type": "Service",
        "IncomeAccountRef": {"value": "1"},
        "UnitPrice": 1,
        "ParentRef": {"value": "1"},
    },
    "JournalCode": {"Name": "VT", "Type": "Sales"},
    "PaymentMethod": {"Name": "P"},
    "TaxAgency": {"DisplayName": "T"},
    "TaxService": {"TaxCode": "T", "TaxRateDetails": [{"TaxRateName": "T", "RateValue": 5, "TaxAgencyId": "1"}]},
    "Term": {"Name": "T", "DueDays": 5},
    "TimeActivity": {"NameOf": "Employee", "EmployeeRef": {"value": "1"}, "Hours": 3, "Minutes": 15},
    "Vendor": {"DisplayName": "V", "Balance": 5, "OpenBalanceDate": "2026-01-01"},
}


def damage(chance: random.Random, body: Body) -> Body:
    """A copy with one to three places overwritten, removed, or given a property that is not theirs."""
    out = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        place: Any = out
        while True:
            inner = [key for key, value in _entries(place) if isinstance(value, (dict, list)) and value]
            if not inner or chance.random() < 0.4:
                break
            place = place[chance.choice(inner)]
        found = [key for key, _ in _entries(place)]
        if not found:
            continue
        key = chance.choice(found)
        what = chance.random()
        if what < 0.75:
            place[key] = copy.deepcopy(chance.choice(JUNK))
        elif what < 0.9:
            del place[key]
        elif isinstance(place, dict):
            place[chance.choice(["Line", "Amount", "Nonsense", "TxnDate", "CurrencyRef"])] = chance.choice(JUNK)
    return out


def _entries(place: Any) -> list[tuple[Any, Any]]:
    return list(place.items()) if isinstance(place, dict) else list(enumerate(place))


def _check_fault(refusal: QboFault) -> None:
    assert refusal.status == 400
    assert all(found.code.isdigit() for found in refusal.errors)


def attempt(company: Company, operation: Any) -> Body | None:
    try:
        made: Body = operation()
    except QboFault as refusal:
        _check_fault(refusal)
        return None
    jsontext.dumps(made)
    return made


@pytest.mark.parametrize("name", [*TRANSACTIONS, *LISTS])
def test_damaged_bodies(name: str) -> None:
    seed = 4711
    print(f"seed {seed}")
    chance = random.Random(f"{seed}{name}")
    company = open_company("eu", account_limit=10**6, class_and_location_limit=10**6)
    books = RandomBooks(company, seed)
    books.run(40)
    for n in range(120):
        body = LISTS[name] if name in LISTS else getattr(books, name)()
        body = damage(
            chance,
            body
            if name not in LISTS
            else {k: f"{v}{n}" if k in ("Name", "DisplayName") else v for k, v in body.items()},
        )
        made = attempt(company, lambda body=body: company.create(name, body))
        if made is None or "Id" not in made or chance.random() < 0.5:
            continue
        changed = damage(chance, made) | {"sparse": chance.random() < 0.5}
        attempt(company, lambda changed=changed: company.update(name, changed))
        attempt(company, lambda made=made: company.delete(name, made))
    assert sum(row["balance"] for row in company.accounts()) == 0
    text = company.query("select * from JournalEntry")
    assert text == {} or text["JournalEntry"]


@pytest.mark.parametrize("name", ["Preferences", "CompanyInfo"])
def test_damaged_company_pages(name: str) -> None:
    chance = random.Random(f"4711{name}")
    company = open_company("eu")
    for _ in range(400):
        now = company.read(name, "1")
        changed = damage(chance, now) | {"SyncToken": now["SyncToken"], "sparse": chance.random() < 0.5}
        attempt(company, lambda changed=changed: company.update(name, changed))
        company.query("select * from Customer")
        company.report("TrialBalance", {})


WORDS = (
    *(
        "select",
        "*",
        "count",
        "(",
        ")",
        "from",
        "Invoice",
        "Customer",
        "ExchangeRate",
        "where",
        "and",
        "or",
        "in",
        "like",
    ),
    *(
        "=",
        "<",
        ">=",
        "!=",
        "'x'",
        "'1'",
        "1",
        "%",
        "\\'",
        "''",
        "'",
        '"',
        "Id",
        "TxnDate",
        "Balance",
        "TotalAmt",
        "Active",
    ),
    *(
        "MetaData.CreateTime",
        "orderby",
        "order",
        "by",
        "desc",
        "startposition",
        "maxresults",
        "-1",
        "²",
        "\x00",
        ";",
        ",",
    ),
)


def test_random_queries_are_answered_or_refused_with_a_query_fault() -> None:
    chance = random.Random(4711)
    company = open_company("us")
    before = company.journal()
    answered = 0
    for _ in range(3000):
        start = chance.choice(
            ["select * from Invoice ", "select * from Customer where ", "select count(*) from Item ", ""]
        )
        text = start + " ".join(chance.choices(WORDS, k=chance.randint(0, 6)))
        try:
            company.query(text)
            answered += 1
        except QboFault as refusal:
            _check_fault(refusal)
    assert answered > 30
    assert company.journal() == before
