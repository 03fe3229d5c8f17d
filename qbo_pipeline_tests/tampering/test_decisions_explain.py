"""A decision may change what is done about a difference; it never makes one less explained.

What belongs here: every kind of decision on every kind of difference, with open books and with closed ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.corrections import carry_out, preview
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.load import load
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline_tests.reconciliation.tampering import Doc
from qbo_pipeline_tests.tampering.companies import Company, demo_company
from qbo_pipeline_tests.tampering.office import Office
from qbo_pipeline_tests.tampering.people import Thing, account_of, journal_line, money, ref

WHO, WHY = "A. Controller", "month end"


def _journal(office: Office, doc: Doc) -> Thing:
    return office.people.get(doc.entity, doc.qbo_id)


def _amount(office: Office, doc: Doc) -> None:
    journal = _journal(office, doc)
    line = next(line for line in journal["Line"] if account_of(line) in office.accounts)
    debit = line["JournalEntryLineDetail"]["PostingType"] == "Debit"
    line["Amount"] = money(200 + int(Decimal(line["Amount"]).scaleb(2)))
    journal["Line"].append(journal_line(office.others["Uncategorized Expense"], -200 if debit else 200))
    office.people.save(doc.entity, journal)


def _date(office: Office, doc: Doc) -> None:
    journal = _journal(office, doc) | {"TxnDate": (doc.day + timedelta(days=1)).isoformat()}
    office.people.save(doc.entity, journal)


def _before_the_first_day(office: Office, doc: Doc) -> None:
    journal = _journal(office, doc) | {"TxnDate": (office.first - timedelta(days=3)).isoformat()}
    office.people.save(doc.entity, journal)


def _account(office: Office, doc: Doc) -> None:
    journal = _journal(office, doc)
    for line in journal["Line"]:
        if account_of(line) in office.accounts:
            line["JournalEntryLineDetail"]["AccountRef"] = ref(office.others["Uncategorized Expense"])
    office.people.save(doc.entity, journal)


def _deleted(office: Office, doc: Doc) -> None:
    office.people.delete(doc.entity, _journal(office, doc))


def _copied(office: Office, doc: Doc) -> None:
    gone = ("Id", "SyncToken", "MetaData", "DocNumber")
    office.people.save(doc.entity, {name: value for name, value in _journal(office, doc).items() if name not in gone})


def _cost(office: Office, doc: Doc) -> None:
    office.inventory.change_cost(doc, 300 if doc.lines[0].value >= 0 else -300)


def _day_in_source(office: Office, doc: Doc) -> None:
    office.inventory.move(doc, doc.day + timedelta(days=1))


def _gone_in_source(office: Office, doc: Doc) -> None:
    office.inventory.delete(doc)


def _both(office: Office, doc: Doc) -> None:
    _amount(office, doc)
    _cost(office, doc)


def _deleted_and_changed(office: Office, doc: Doc) -> None:
    _deleted(office, doc)
    _cost(office, doc)


def _nothing(office: Office, doc: Doc) -> None:
    """What agrees can be decided about as well."""


DIFFERENCES: dict[str, Callable[[Office, Doc], None]] = {
    "nothing": _nothing,
    "an edited amount": _amount,
    "an edited date": _date,
    "a date before the first day": _before_the_first_day,
    "an edited account": _account,
    "deleted": _deleted,
    "copied": _copied,
    "another cost": _cost,
    "another day in the source": _day_in_source,
    "gone in the source": _gone_in_source,
    "changed on both sides": _both,
    "deleted, and another cost": _deleted_and_changed,
}


Docs = Iterable[Doc]


def _decided(decision: str, *, dated: bool = False, relinked: bool = False) -> Callable[[Company, Docs], None]:
    def carry(company: Company, docs: Docs) -> None:
        day = company.last if dated else None
        for doc in docs:
            with suppress(NotPossible):
                decide(company.run, decision, doc.key, WHO, WHY, dated=day, qbo_id=doc.qbo_id if relinked else None)

    return carry


def _corrected(company: Company, docs: Docs) -> None:
    keys = {doc.key for doc in docs}
    steps = [one.key for one in preview(company.run, company.last) if one.action.posting_key in keys]
    carry_out(company.run, company.last, steps, WHO, WHY)


DECISIONS: dict[str, Callable[[Company, Docs], None]] = {
    "retry": _decided("retry"),
    "skip": _decided("skip"),
    "approve": _decided("approve"),
    "approve on another day": _decided("approve", dated=True),
    "reverse": _decided("reverse"),
    "reverse on another day": _decided("reverse", dated=True),
    "unlink": _decided("unlink"),
    "relink": _decided("relink", relinked=True),
    "correct": _corrected,
}


@pytest.fixture
def company(tmp_path: Path, queries_without_lag: None) -> Iterator[Company]:
    with demo_company(tmp_path, size="small", days=4) as company:
        yield company


@pytest.mark.parametrize("closed", [False, True], ids=["open books", "closed books"])
@pytest.mark.parametrize("name", DECISIONS)
def test_no_decision_makes_a_difference_less_explained(company: Company, name: str, closed: bool) -> None:
    office = company.office(3)
    untouched = (doc for doc in office.world.docs if any(doc.sent.values()) and doc.lines)
    docs = dict(zip(DIFFERENCES, untouched, strict=False))
    assert len(docs) == len(DIFFERENCES)
    for what, doc in docs.items():
        DIFFERENCES[what](office, doc)
    _close(company, company.last if closed else None)
    company.read_source()
    assert _unexplained(company.reconciled()) == []
    DECISIONS[name](company, docs.values())
    load(company.run, company.first, company.last)
    result = company.reconciled()
    kinds = {doc.key: what for what, doc in docs.items()}
    assert [(kinds.get(key, key), *rest) for key, *rest in _unexplained(result)] == []


def _unexplained(result: Reconciliation) -> list[tuple[str, str, Decimal]]:
    frame = result.differences[result.differences["cause"] == Cause.UNEXPLAINED]
    return list(zip(frame["document_key"], frame["detail"], frame["amount"], strict=True))


def _close(company: Company, through: date | None) -> None:
    preferences = company.people.all("Preferences")[0]
    closing = {"BookCloseDate": through.isoformat() if through else None}
    body = {"Id": preferences["Id"], "SyncToken": preferences["SyncToken"], "sparse": True}
    company.people.save("Preferences", body | {"AccountingInfoPrefs": closing})
    read_reference_data(company.run)
