"""Synthetic books, and interventions on them as people and other tools make them, each with what must be found.

The expectation is kept beside the books and never read by the engine: cents by document, cause, account and day. An
intervention adds what it does to the gap; several on one document add up.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.inputs import Close, ReconciliationInput
from qbo_pipeline_tests.reconciliation.language import rows_table

AS_AT = date(2026, 6, 30)
FIRST = date(2026, 1, 1)
BUILT = datetime(2026, 6, 1, tzinfo=UTC)
CHANGED = datetime(2026, 7, 2, tzinfo=UTC)
CLOSE = Close(date(2026, 2, 28), datetime(2026, 6, 15, tzinfo=UTC))
ACCOUNTS = ("130", "131", "132")
CENT = Decimal("0.01")
PREPAID = "Prepaid expenses"
HOSTILE = ("=HYPERLINK('x')", "<b>&amp;", "‮evil", "a|b\x1f{c}", "'; DROP TABLE", "ünï😀" * 50)

Cell = tuple[str, date]  # account, day


@dataclass
class Line:
    product: str
    location: str
    account: str
    value: Decimal


@dataclass
class Doc:
    """A record with its posting and the ledger's view of its object."""

    key: str
    kind: str
    number: str
    day: date  # as posted
    lines: list[Line]
    entity: str
    qbo_id: str
    source_day: date
    sent: Counter[str]  # cents by account
    ledger_day: date
    ledger: Counter[str]
    in_source: bool = True
    in_qbo: str = "live"  # live | deleted | voided | never
    disposition: str = "posted"
    reason: str | None = None
    state: str = "posted"
    first_seen: datetime = BUILT
    changed_seen: datetime = BUILT
    revision: str | None = None  # state of a newer revision
    touched: set[str] = field(default_factory=set)
    products_sent: Counter[str] = field(default_factory=Counter)  # cents by product

    def source(self) -> Counter[str]:
        """What the source says now, in cents by account."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.account] = sums.get(line.account, Decimal(0)) + line.value
        return Counter({account: int(value.quantize(CENT, ROUND_HALF_UP) * 100) for account, value in sums.items()})


@dataclass
class World:
    """Books of both sides and what must be found in them."""

    chance: random.Random
    docs: list[Doc]
    others: list[dict[str, Any]] = field(default_factory=list)  # ledger lines that are not ours
    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # what QBO answers about objects
    expected: Counter[tuple[str, str, str, date]] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    next_id: int = 900_000

    def expect(self, key: str, cause: str, account: str, day: date, cents: int) -> None:
        self.expected[key, cause, account, day] += cents

    def forget(self, key: str, cause: str) -> None:
        for place in [place for place in self.expected if place[:2] == (key, cause)]:
            del self.expected[place]

    def must_find(self) -> dict[tuple[str, str, str, date], int]:
        return {place: cents for place, cents in self.expected.items() if cents and place[3] <= AS_AT}

    def new_id(self) -> str:
        self.next_id += 1
        return str(self.next_id)

    def some_day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange((AS_AT - FIRST).days + 1))

    def cents(self) -> int:
        return self.chance.choice((-1, 1)) * self.chance.choice(
            (self.chance.randint(1, 9), self.chance.randint(10, 99_999))
        )


KINDS = (
    ("receipt", 1),
    ("shipment", -1),
    ("adjustment", 1),
    ("write_off", -1),
    ("customer_return", 1),
    ("transfer", 1),
)


def make_world(seed: int, documents: int) -> World:
    """Books on which both sides agree to the cent."""
    chance = random.Random(seed)
    docs = []
    for n in range(documents):
        kind, sign = chance.choice(KINDS)
        lines = []
        for _ in range(chance.randint(1, 3)):
            product = f"P{chance.randrange(60)}"
            account = ACCOUNTS[int(product[1:]) % 2]
            value = sign * Decimal(chance.randint(100_000, 9_000_000)).scaleb(-chance.choice((2, 2, 2, 4)))
            lines.append(Line(product, f"L{chance.randrange(3)}", account, value))
        day = FIRST + timedelta(days=chance.randrange((AS_AT - FIRST).days + 1))
        number = f"M-{n}" + chance.choice(("", "", chance.choice(HOSTILE)))
        doc = Doc(f"movement/{n}", kind, number, day, lines, "JournalEntry", str(n), day, Counter(), day, Counter())
        doc.sent = doc.source()
        doc.ledger = Counter(doc.sent)
        for line in lines:
            doc.products_sent[line.product] += round(line.value * 100)
        docs.append(doc)
    for n in range(documents // 10):  # invoices and bills that do not touch inventory
        entity = chance.choice(("Invoice", "Bill"))
        day = FIRST + timedelta(days=chance.randrange((AS_AT - FIRST).days + 1))
        docs.append(
            Doc(f"document/{n}", "", f"D-{n}", day, [], entity, f"5{n:06d}", day, Counter(), day, Counter())
        )  # fmt: skip
    return World(chance, docs)


def _pick(world: World, fits: Callable[[Doc], bool]) -> Doc:
    """Mostly any fitting document, often one that was touched before: several interventions on one."""
    again = [doc for doc in world.docs if doc.touched and fits(doc)] if world.chance.random() < 0.3 else []
    return world.chance.choice(again or [doc for doc in world.docs if fits(doc)])


def _movement_in_qbo(doc: Doc) -> bool:
    return doc.in_qbo == "live" and bool(doc.sent)


def _movement_in_source(doc: Doc) -> bool:
    return doc.in_source and doc.in_qbo != "never" and bool(doc.lines) and "mapping" not in doc.touched


def edit_amount(world: World) -> None:
    doc = _pick(world, _movement_in_qbo)
    account = world.chance.choice(sorted(account for account, cents in doc.ledger.items() if cents))
    change = world.cents()
    if doc.ledger[account] + change == 0:
        change *= 2
    doc.ledger[account] += change
    world.expect(doc.key, "changed_in_qbo", account, doc.ledger_day, change)
    doc.touched.add("amount")


def edit_date(world: World) -> None:
    doc = _pick(world, _movement_in_qbo)
    day = world.some_day() + timedelta(days=world.chance.choice((0, 0, 0, 45)))
    for account, cents in doc.ledger.items():
        world.expect(doc.key, "changed_in_qbo", account, doc.ledger_day, -cents)
        world.expect(doc.key, "changed_in_qbo", account, day, cents)
    doc.ledger_day = day
    doc.touched.add("date")


def edit_account(world: World) -> None:
    doc = _pick(world, _movement_in_qbo)
    account = world.chance.choice(sorted(account for account, cents in doc.ledger.items() if cents))
    other = world.chance.choice([one for one in ACCOUNTS if one != account])
    cents = doc.ledger.pop(account)
    if doc.ledger[other] + cents == 0:
        cents += 1
        world.expect(doc.key, "changed_in_qbo", other, doc.ledger_day, 1)
        doc.ledger[other] += 1
        cents -= 1
    doc.ledger[other] += cents
    world.expect(doc.key, "changed_in_qbo", account, doc.ledger_day, -cents)
    world.expect(doc.key, "changed_in_qbo", other, doc.ledger_day, cents)
    doc.touched.add("account")


def delete(world: World) -> None:
    _remove(world, "deleted")


def void(world: World) -> None:
    _remove(world, "voided")


def _remove(world: World, how: str) -> None:
    doc = _pick(world, _movement_in_qbo)
    doc.in_qbo = how
    world.forget(doc.key, "changed_in_qbo")
    for account, cents in doc.sent.items():
        world.expect(doc.key, "deleted_in_qbo", account, doc.day, -cents)
    doc.touched.add(how)


def duplicate(world: World) -> None:
    """A copy by number, by marker (with another date and amount), or by content under a number of its own."""
    doc = _pick(
        world, lambda doc: bool(doc.sent) and doc.in_qbo == "live" and not doc.touched & {"amount", "date", "account"}
    )
    how = world.chance.choice(("number", "marker", "content"))
    day = doc.day if how == "content" else world.some_day()
    copy = world.new_id()
    extra = world.cents() if how == "marker" else 0
    for account, cents in sorted(doc.sent.items()):
        amount, extra = cents + extra, 0
        _other(
            world, "JournalEntry", copy, day, account, amount, "duplicate_in_qbo",
            qbo_number=f"Q-{doc.qbo_id}" if how == "number" else None,
            marker=doc.key if how == "marker" else None, memo=f"ours {doc.key}" if how == "content" else None,
        )  # fmt: skip
    doc.touched.add("duplicated")


def _other(
    world: World, entity: str, qbo_id: str, day: date, account: str, cents: int, cause: str, **more: Any
) -> None:
    labels = {"JournalEntry": "Journal Entry", "Purchase": "Expense", "SalesReceipt": "Sales Receipt"}
    line = {
        "account_id": account, "business_date": day, "qbo_type": labels.get(entity, entity), "qbo_id": qbo_id,
        "amount": Decimal(cents).scaleb(-2), "memo": world.chance.choice(HOSTILE), "created_at": CHANGED,
        "created_by": "Bolt", "changed_at": CHANGED, "changed_by": "Bolt",
    }  # fmt: skip
    world.others.append(line | more)
    world.expect(f"qbo/{entity}/{qbo_id}", cause, account, day, cents)


def manual_journal(world: World) -> None:
    _entry_of_others(world, "JournalEntry")


def bill_or_expense(world: World) -> None:
    _entry_of_others(world, world.chance.choice(("Bill", "Purchase", "Deposit")))


def _entry_of_others(world: World, entity: str) -> None:
    qbo_id, day = world.new_id(), world.some_day()
    accounts = world.chance.sample(ACCOUNTS, world.chance.choice((1, 1, 2)))
    amounts = [abs(world.cents()) for _ in accounts]
    for account, cents in zip(accounts, amounts, strict=True):
        _other(world, entity, qbo_id, day, account, cents, "qbo_only")


def tracked_item(world: World) -> None:
    """QBO posts the cost of a tracked item: on our invoice, or on a sale entered by hand."""
    cents = -abs(world.cents())
    if world.chance.random() < 0.5:
        doc = _pick(world, lambda doc: doc.entity == "Invoice")
        doc.ledger["130"] += cents
        world.expect(doc.key, "doubled_cogs", "130", doc.day, cents)
        doc.touched.add("tracked")
        _tracked(world, "Invoice", doc.qbo_id)
    else:
        qbo_id = world.new_id()
        _other(world, "SalesReceipt", qbo_id, world.some_day(), "130", cents, "doubled_cogs")
        _tracked(world, "SalesReceipt", qbo_id)


def _tracked(world: World, entity: str, qbo_id: str) -> None:
    """QBO answers, when it is asked, that an item of it is tracked."""
    world.objects[entity, qbo_id] = {"qbo_type": entity, "qbo_id": qbo_id, "status": "live", "tracked": True}


def coded_to_inventory(world: World) -> None:
    """A line of a bill of ours is re-coded to inventory."""
    doc = _pick(world, lambda doc: doc.entity == "Bill")
    cents = abs(world.cents())
    doc.ledger["131"] += cents
    world.expect(doc.key, "changed_in_qbo", "131", doc.day, cents)
    doc.touched.add("coded")


def transfer(world: World) -> None:
    """By a journal to another inventory account, or by a transfer to another asset account."""
    qbo_id, day, cents = world.new_id(), world.some_day(), abs(world.cents())
    if world.chance.random() < 0.5:
        _other(world, "JournalEntry", qbo_id, day, "130", -cents, "moved_account")
        _other(world, "JournalEntry", qbo_id, day, "131", cents, "moved_account")
    else:
        _other(world, "Transfer", qbo_id, day, "131", -cents, "moved_account", split=PREPAID)


def change_cost(world: World) -> None:
    doc = _pick(world, _movement_in_source)
    before = doc.source()
    world.chance.choice(doc.lines).value += Decimal(world.cents()).scaleb(-2)
    after = doc.source()
    for account in before:
        world.expect(doc.key, "changed_in_source", account, doc.source_day, before[account] - after[account])
    _revised(world, doc)


def change_source_date(world: World) -> None:
    """Back-dated, or moved to a later day (possibly out of the period), after it was posted."""
    doc = _pick(world, _movement_in_source)
    day = world.some_day() + timedelta(days=world.chance.choice((0, 0, 0, 45)))
    for account, cents in doc.source().items():
        world.expect(doc.key, "changed_in_source", account, doc.source_day, cents)
        world.expect(doc.key, "changed_in_source", account, day, -cents)
    doc.source_day = day
    _revised(world, doc)


def _revised(world: World, doc: Doc) -> None:
    doc.changed_seen = CHANGED
    doc.revision = doc.revision or world.chance.choice(("ready", "parked", "extracted"))
    doc.touched.add("revised")


def vanish(world: World) -> None:
    doc = _pick(world, _movement_in_source)
    doc.in_source = False
    doc.revision = None
    world.forget(doc.key, "changed_in_source")
    for account, cents in doc.sent.items():
        world.expect(doc.key, "vanished_in_source", account, doc.day, cents)
    doc.touched.add("vanished")


def change_mapping(world: World) -> None:
    """The product's inventory account changes after posting."""
    doc = _pick(world, lambda doc: _movement_in_source(doc) and not doc.touched)
    line = world.chance.choice(doc.lines)
    before = doc.source()
    line.account = "132"
    after = doc.source()
    if sum(before.values()) != sum(after.values()):  # parts of a cent went apart: leave it
        line.account = ACCOUNTS[int(line.product[1:]) % 2]
        return
    for account in sorted({*before, *after}):
        world.expect(doc.key, "moved_account", account, doc.day, before[account] - after[account])
    doc.touched |= {"mapping"}


def _unsent(world: World, disposition: str, state: str | None, cause: str, **facts: Any) -> None:
    doc = _pick(world, lambda doc: bool(doc.lines) and not doc.touched and doc.day <= facts.get("by", AS_AT))
    doc.in_qbo, doc.disposition, doc.state = "never", disposition, state or "none"
    doc.first_seen = facts.get("first_seen", BUILT)
    for account, cents in doc.source().items():
        world.expect(doc.key, cause, account, doc.source_day, -cents)
    doc.touched.add(cause)


def wait(world: World) -> None:
    _unsent(world, "waiting", world.chance.choice(("ready", "sending", "unknown", None)), "waiting")


def park(world: World) -> None:
    _unsent(world, "parked", "parked", "parked")


def skip(world: World) -> None:
    _unsent(world, "skipped", "skipped", "skipped")


def not_extracted(world: World) -> None:
    _unsent(world, "not_extracted", None, "not_extracted")


def late(world: World) -> None:
    _unsent(world, "parked", "parked", "back_dated", first_seen=CHANGED, by=CLOSE.through)


INTERVENTIONS: tuple[Callable[[World], None], ...] = (
    edit_amount, edit_date, edit_account, delete, void, duplicate, manual_journal, bill_or_expense, tracked_item,
    coded_to_inventory, transfer, change_cost, change_source_date, vanish, change_mapping, wait, park, skip,
    not_extracted, late,
)  # fmt: skip


def tamper(world: World, times: int) -> None:
    """This many interventions, of all kinds, in random order."""
    for n in range(times):
        intervention = (
            INTERVENTIONS[n % len(INTERVENTIONS)] if n < len(INTERVENTIONS) else world.chance.choice(INTERVENTIONS)
        )
        intervention(world)
        world.made[intervention.__name__] += 1


def reconciliation_input(world: World, *, shuffle: random.Random | None = None) -> ReconciliationInput:
    """The world as the engine is given it."""
    stock: list[dict[str, Any]] = []
    postings: list[dict[str, Any]] = []
    effects: list[dict[str, Any]] = []
    ledger = list(world.others)
    for doc in world.docs:
        _add_source(doc, stock)
        _add_postings(doc, postings, effects)
        _add_ledger(doc, ledger)
    if shuffle:
        for rows in (stock, postings, effects, ledger):
            shuffle.shuffle(rows)
    balances = {account: Decimal(0) for account in ACCOUNTS}
    for line in ledger:
        if line["business_date"] <= AS_AT:
            balances[line["account_id"]] += line["amount"]
    return ReconciliationInput(
        as_at=AS_AT,
        currency="USD",
        stock=rows_table(stock, inputs.STOCK),
        postings=rows_table(postings, inputs.POSTINGS),
        effects=rows_table(effects, inputs.EFFECTS),
        ledger=rows_table(ledger, inputs.LEDGER),
        ledger_balances=rows_table(
            [{"account_id": account, "balance": balance} for account, balance in balances.items()],
            inputs.LEDGER_BALANCES,
        ),
        objects=rows_table(list(world.objects.values()), (*inputs.OBJECTS, inputs.OBJECT_DAY, inputs.OBJECT_TRACKED)),
        asset_accounts=frozenset({PREPAID}),
        closes=(CLOSE,),
    )


def _add_source(doc: Doc, stock: list[dict[str, Any]]) -> None:
    if not doc.in_source:
        return
    record = {
        "record_key": doc.key, "kind": doc.kind, "number": doc.number, "business_date": doc.source_day,
        "quantity": Decimal(1), "disposition": doc.disposition, "first_seen": doc.first_seen,
        "changed_seen": doc.changed_seen,
    }  # fmt: skip
    stock += [
        record
        | {"product_id": line.product, "location_id": line.location, "account_id": line.account, "value": line.value}
        for line in doc.lines
    ]


def _add_postings(doc: Doc, postings: list[dict[str, Any]], effects: list[dict[str, Any]]) -> None:
    if doc.in_qbo == "never" and doc.state == "none":
        return
    head = {"posting_key": doc.key, "record_key": doc.key, "qbo_type": doc.entity, "first_seen": BUILT}
    known = {"qbo_id": doc.qbo_id, "qbo_number": f"Q-{doc.qbo_id}"} if doc.in_qbo != "never" else {}
    postings.append(head | {"revision": 1, "business_date": doc.day, "state": doc.state} | known)
    for account, cents in doc.sent.items():
        effects.append(_effect(doc.key, 1, account, cents))
    if doc.revision in ("ready", "parked"):
        postings.append(head | {"revision": 2, "business_date": doc.source_day, "state": doc.revision})
        for account, cents in doc.source().items():
            effects.append(_effect(doc.key, 2, account, cents))


def _effect(key: str, revision: int, account: str, cents: int) -> dict[str, Any]:
    return {"posting_key": key, "revision": revision, "account_id": account, "amount": Decimal(cents).scaleb(-2)}


def _add_ledger(doc: Doc, ledger: list[dict[str, Any]]) -> None:
    if doc.in_qbo in ("deleted", "never"):
        return
    for account, cents in doc.ledger.items():
        voided = doc.in_qbo == "voided"
        ledger.append(
            {
                "account_id": account, "business_date": doc.ledger_day, "qbo_type": doc.entity, "qbo_id": doc.qbo_id,
                "qbo_number": f"Q-{doc.qbo_id}", "memo": f"{'Voided ' * voided}ours {doc.key}",
                "amount": Decimal(0 if voided else cents).scaleb(-2), "created_at": BUILT, "marker": doc.key,
            }
        )  # fmt: skip
