"""What users change in the inventory system after it was posted, each with what must be found.

What belongs here: interventions on the source's database. What the pipeline reads again before it reconciles is a
revision that is not posted yet; what it does not read again it must find all the same, by looking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from qbo_pipeline_tests.reconciliation.tampering import Doc, Line
from qbo_pipeline_tests.tampering.office import Office
from qbo_pipeline_tests.tampering.people import money

NOT_COSTED = ("stock_count",)  # may have a first line that moved nothing


def _in_source(doc: Doc) -> bool:
    return doc.in_source and doc.in_qbo != "never" and bool(doc.sent)


def _costed(doc: Doc) -> bool:
    return _in_source(doc) and doc.kind not in NOT_COSTED


def change_cost(office: Office) -> None:
    doc = office.pick(_costed)
    cents = _dearer(office, doc)
    _expect_cost(office, doc, office.inventory.change_cost(doc, cents), cents)


def misstate_cost(office: Office) -> None:
    """A faulty system changes a movement and not the stock's value: it contradicts itself, too."""
    doc = office.pick(_costed)
    cents = _dearer(office, doc)
    number = office.inventory.misstate(doc, cents)
    if number is None:
        return
    _expect_cost(office, doc, number, cents)
    line = doc.lines[number]
    office.misstated.append((doc, line.product, line.location, line.account, cents))


def _dearer(office: Office, doc: Doc) -> int:
    """Cents away from nil, as the stock sees them: no cost becomes negative by it."""
    return office.cents() if doc.lines[0].value >= 0 else -office.cents()


def _expect_cost(office: Office, doc: Doc, number: int, cents: int) -> None:
    line = doc.lines[number]
    line.value += money(cents)
    office.world.expect(doc.key, "changed_in_source", line.account, doc.source_day, -cents)
    doc.touched.add("revised")


def change_date(office: Office) -> None:
    """To another day of the period, often an earlier one, or out of it."""
    doc = office.pick(_in_source)
    day = office.other_day(doc.source_day)
    office.inventory.move(doc, day)
    for account, cents in doc.source().items():
        office.world.expect(doc.key, "changed_in_source", account, doc.source_day, cents)
        office.world.expect(doc.key, "changed_in_source", account, day, -cents)
    doc.source_day = day
    doc.touched.add("revised")


def delete_in_source(office: Office) -> None:
    doc = office.pick(_in_source)
    if office.inventory.delete(doc):
        _gone(office, doc)


def void_in_source(office: Office) -> None:
    doc = office.pick(_in_source)
    if not office.extracted and office.inventory.void(doc):
        _gone(office, doc)


def _gone(office: Office, doc: Doc) -> None:
    doc.in_source = False
    office.world.forget(doc.key, "changed_in_source")
    for account, cents in doc.sent.items():
        office.world.expect(doc.key, "vanished_in_source", account, doc.day, cents)
    doc.touched.add("vanished")


def enter_late(office: Office) -> None:
    """A movement of a day long past: waiting to be posted where it was read, else not even read."""
    day, cents = office.some_day(), office.cents()
    key, number, product, location = office.inventory.add_late(day, cents)
    account = office.account_of[product, location]
    lines = [Line(product, location, account, money(cents))]
    doc = Doc(key, "adjustment", number, day, lines, "JournalEntry", "", day, Counter(), day, Counter())
    doc.in_qbo = "never"
    office.world.docs.append(doc)
    cause = "waiting" if office.extracted else "not_extracted"
    office.world.expect(key, cause, account, day, -cents)


IN_SOURCE: tuple[Callable[[Office], None], ...] = (
    change_cost,
    misstate_cost,
    change_date,
    delete_in_source,
    void_in_source,
    enter_late,
)
