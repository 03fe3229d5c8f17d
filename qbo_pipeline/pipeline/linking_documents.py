"""Documents, payments and journals that QuickBooks has already, posted by whatever carried them before us.

What belongs here: asking QuickBooks for what lies in the days, holding it against what is to be made, and carrying out
what a person orders: a match is linked, by the same door as `relink`, and its line in the journal; a doubt waits. So
who comes from a vendor's own integration posts nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.accounting.documents_there import SIGNS, Doubted, Transaction, Twins, compare
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.days import within_the_books
from qbo_pipeline.pipeline.extract import extract_days, extract_master_data
from qbo_pipeline.pipeline.linking import DOUBTFUL, link_by_policy
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.posting.decisions import relink
from qbo_pipeline.posting.events import CREATE, PARKED, READY
from qbo_pipeline.posting.freezing import references as keys_in
from qbo_pipeline.posting.freezing import resolve
from qbo_pipeline.posting.identity import marker_in
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.quickbooks.ledger import LedgerReport
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store import attempts
from qbo_pipeline.store.postings import change, chunks, links, links_to
from qbo_pipeline.store.tables.posting import posting_effects, postings

ENTITIES = (
    "Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate", "Bill", "VendorCredit", "PurchaseOrder",
    "Payment", "BillPayment", "JournalEntry",
)  # fmt: skip
AROUND = timedelta(days=31)  # another integration may have dated the same document otherwise
_P = postings.c
_COLUMNS = [
    _P[name]
    for name in ("key", "revision", "fence", "entity", "state", "reason", "retries", "payload", "amount",
                 "currency", "business_date")
]  # fmt: skip


@dataclass(slots=True)
class DocumentsThere:
    """What of the transactions to be made is in QuickBooks already: matches, doubts, and how many are like nothing.

    `others` are transactions there that move an inventory account in these days and are like none of ours, with what
    they move it by: whatever they were posted for would stand twice.
    """

    matches: list[Twins] = field(default_factory=list)
    doubts: list[Doubted] = field(default_factory=list)
    new: int = 0
    others: list[Transaction] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # days that were asked for and not looked at

    @property
    def moved_by_others(self) -> Decimal:
        return sum((amount for one in self.others for amount in one.stock.values()), Decimal(0))

    def others_told(self) -> list[dict[str, Any]]:
        """A row for each of the others: kind, Id, number, day, and what it moves the inventory account by."""
        return [
            {"kind": one.entity, "qbo_id": one.id, "number": one.number, "day": one.day, "moves": one.shown("stock")}
            for one in self.others
        ]

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each pair, with both sides' values."""
        for match in self.matches:
            yield _row("match", "number, party, day, amount and stock agree", match)
        for doubt in self.doubts:
            for pair in doubt.pairs:
                yield _row("doubt", doubt.why, pair)


def of_days(run: Run, first: date, last: date, person: Person | None = None) -> DocumentsThere:
    """Read and build what is dated in these days, as a run does, send nothing, and say what of it is there already;
    what `person` orders is linked. Raises `NotPossible` where the last day is before the first, and as
    `within_the_books`."""
    if last < first:
        raise NotPossible(f"the last day {last} is before the first {first}")
    first, last, remarks = within_the_books(run.settings, first, last)
    extract_master_data(run)
    extract_days(run, first, last)
    read_reference_data(run)
    transform(run, first, last)
    found = documents_there(run, first, last) if person is None else link_documents(run, first, last, person)
    found.remarks = remarks
    return found


def documents_there(run: Run, first: date, last: date) -> DocumentsThere:
    """Compare the transactions of these days that were never sent with those of QuickBooks; reads only.

    A metered read for each 1,000 transactions there, and those of the ledger.
    """
    with run.database.reading() as connection:
        rows = _never_sent(connection, run, first, last)
        accounts = sorted(StoredBooks(connection, run.settings).books.accounts_of("inventory"))
        multi_currency = StoredBooks(connection, run.settings).books.policies.multicurrency
        ours = list(_ours(connection, run, rows, accounts))
    report = run.quickbooks().ledger(accounts, first - AROUND, last + AROUND, multi_currency=multi_currency)
    moved = _moved(report)
    theirs = [
        _theirs(entity, thing, moved)
        for entity in ENTITIES
        if any(one.entity == entity for one in ours)
        for thing in of_others(run, entity, first - AROUND, last + AROUND)
    ]
    found = DocumentsThere()
    found.matches, found.doubts = compare(ours, theirs)
    found.new = len(ours) - len(found.matches) - len(found.doubts)
    named = {(pair.theirs.entity, pair.theirs.id) for pair in found.matches}
    named |= {(pair.theirs.entity, pair.theirs.id) for doubt in found.doubts for pair in doubt.pairs}
    found.others = list(_others(run, report, moved, named, first, last))
    return found


def link_documents(run: Run, first: date, last: date, person: Person) -> DocumentsThere:
    """Link every match and let every doubt wait for a person; answers what was found.

    Customers, suppliers and products are linked first, where [posting] link_existing says by which signs.
    """
    link_by_policy(run)
    found = documents_there(run, first, last)
    things: dict[tuple[str, str], JsonObject] = {}
    for entity in {match.theirs.entity for match in found.matches}:
        ids = [match.theirs.id for match in found.matches if match.theirs.entity == entity]
        for part in chunks(sorted(ids), 30):
            for thing in run.quickbooks().query(select_objects(entity).where("Id", "IN", tuple(part))):
                things[entity, str(thing["Id"])] = thing
    linked = []
    for match in found.matches:
        try:
            relink(run.database, run.name, match.ours.id, things[match.theirs.entity, match.theirs.id], person)
        except NotPossible as error:
            found.doubts.append(Doubted(match.ours, (match,), str(error)))
        else:
            linked.append(match)
        run.progress("documents linked", len(linked))
    found.matches = linked
    with run.database.transaction() as transaction:
        _hold(transaction, run, {doubt.ours.id: _text(doubt) for doubt in found.doubts}, first, last)
    return found


def _never_sent(connection: Connection, run: Run, first: date, last: date) -> list[RowMapping]:
    """The newest revisions of what is to be made in these days, that nobody has decided about and that never left."""
    query = select(*_COLUMNS).where(
        _P.connection == run.name,
        _P.superseded_by.is_(None),
        _P.entity.in_(ENTITIES),
        _P.operation == CREATE,
        _P.state.in_((READY, PARKED)),
        _P.business_date.between(first, last),
        _P.attempts == 0,
        _P.retries == 0,
        _P.doubt.is_(False),
        _P.request_id.is_(None),
        _P.payload.is_not(None),
    )
    return list(connection.execute(query.order_by(_P.business_date, _P.key)).mappings())


def _ours(
    connection: Connection, run: Run, rows: Sequence[RowMapping], accounts: Sequence[str]
) -> Iterator[Transaction]:
    effects = _effects(connection, run.name, rows, accounts)
    payloads = {row["key"]: _resolved(connection, run.name, row["payload"]) for row in rows}
    parties = [_party(content)[0] or "" for content in payloads.values()]
    wanted = {party[1:] for party in parties if party.startswith("$")}
    names = _names(connection, run, wanted)
    for row in rows:
        content = payloads[row["key"]]
        party = _party(content)[0]
        unknown = party is not None and party.startswith("$")
        amount = _debits(content) if row["entity"] == "JournalEntry" else row["amount"]
        yield Transaction(
            row["key"], row["entity"], number_of(row["entity"], content), None if unknown else party,
            names.get(party[1:], "") if unknown and party else "", row["business_date"], amount, row["currency"],
            effects.get(row["key"], {}),
        )  # fmt: skip


def _names(connection: Connection, run: Run, keys: set[str]) -> dict[str, str]:
    """By key, the names under which parties that QuickBooks does not have by us are looked for there: only where
    [posting] link_existing says that a name is enough."""
    if run.settings.posting.link_existing != "same_name" or not keys:
        return {}
    found: dict[str, str] = {}
    for part in chunks(sorted(keys)):
        query = select(_P.key, _P.payload).where(
            _P.connection == run.name, _P.superseded_by.is_(None), _P.key.in_(part), _P.payload.is_not(None)
        )
        for row in connection.execute(query):
            found[row.key] = str(from_wire(row.payload).get("DisplayName") or "")
    return found


def _effects(
    connection: Connection, name: str, rows: Sequence[RowMapping], accounts: Sequence[str]
) -> dict[str, dict[str, Decimal]]:
    """By key and inventory account, what our postings will do there, in cents."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    e = posting_effects.c
    revisions = {row["key"]: row["revision"] for row in rows}
    for part in chunks(sorted(revisions)):
        query = select(e.key, e.revision, e.account_id, e.amount).where(
            e.connection == name, e.key.in_(part), e.account_id.in_(accounts)
        )
        for row in connection.execute(query):
            if row.revision == revisions[row.key]:
                found[row.key][row.account_id] += row.amount
    return {key: {account: round(amount, 2) for account, amount in by.items()} for key, by in found.items()}


def _resolved(connection: Connection, name: str, payload: str) -> JsonObject:
    known = links(connection, name, named := keys_in(payload))
    content: JsonObject = from_wire(
        resolve(payload, {key: known[key].qbo_id if key in known else f"${key}" for key in named})
    )
    return content


def of_others(run: Run, entity: str, first: date, last: date) -> Iterator[JsonObject]:
    """The transactions of these days that nothing of ours stands for: neither linked nor with a marker."""
    query = select_objects(entity).where("TxnDate", ">=", first).where("TxnDate", "<=", last)
    things = [thing for thing in run.quickbooks().query(query) if not marker_in(thing.get("PrivateNote"))]
    with run.database.reading() as connection:
        ours = links_to(connection, run.name, entity, [str(thing["Id"]) for thing in things])
    for thing in things:
        if str(thing["Id"]) not in ours:
            yield thing


def _moved(report: LedgerReport) -> dict[tuple[str, str], dict[str, Decimal]]:
    found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in report.lines:
        found[line.qbo_type, line.qbo_id][line.account_id] += line.amount
    return found


def _theirs(entity: str, thing: JsonObject, moved: Mapping[tuple[str, str], Mapping[str, Decimal]]) -> Transaction:
    party, name = _party(thing)
    amount = amount_of(entity, thing)
    return Transaction(
        str(thing["Id"]), entity, number_of(entity, thing), party,
        name, date.fromisoformat(str(thing["TxnDate"])), amount, str((thing.get("CurrencyRef") or {}).get("value", "")),
        dict(moved.get((entity, str(thing["Id"])), {})),
    )  # fmt: skip


def _party(thing: JsonObject) -> tuple[str | None, str]:
    """The Id and the name of whom a transaction is with."""
    for name in ("CustomerRef", "VendorRef"):
        if found := thing.get(name):
            return str(found["value"]), str(found.get("name") or "")
    return None, ""


def number_of(entity: str, thing: JsonObject) -> str:
    """The number of a transaction; empty where it has none."""
    return str(thing.get("PaymentRefNum" if entity == "Payment" else "DocNumber") or "")


def amount_of(entity: str, thing: JsonObject) -> Decimal:
    """What a transaction of QuickBooks comes to: its total, of a journal what its debits add up to."""
    return _debits(thing) if entity == "JournalEntry" else Decimal(str(thing.get("TotalAmt") or 0))


def _debits(thing: JsonObject) -> Decimal:
    lines = thing.get("Line") or ()
    debits = (line for line in lines if (line.get("JournalEntryLineDetail") or {}).get("PostingType") == "Debit")
    return sum((Decimal(str(line.get("Amount") or 0)) for line in debits), Decimal(0))


def _others(
    run: Run, report: LedgerReport, moved: Mapping[tuple[str, str], Mapping[str, Decimal]],
    named: set[tuple[str, str]], first: date, last: date,
) -> Iterator[Transaction]:  # fmt: skip
    """What else moves the inventory accounts in these days, and is nothing of ours."""
    lines = {(line.qbo_type, line.qbo_id): line for line in report.lines if first <= line.business_date <= last}
    by_entity: dict[str, list[str]] = defaultdict(list)
    for entity, qbo_id in lines.keys() - named:
        by_entity[entity].append(qbo_id)
    with run.database.reading() as connection:
        ours = {
            (entity, qbo_id)
            for entity, ids in by_entity.items()
            for qbo_id in links_to(connection, run.name, entity, ids)
        }
    for place, line in sorted(lines.items()):
        if place not in named and place not in ours and marker_in(line.memo) is None and any(moved[place].values()):
            yield Transaction(
                line.qbo_id, line.qbo_type, line.qbo_number, None, line.name, line.business_date, Decimal(0), "",
                dict(moved[place]),
            )  # fmt: skip


def _hold(transaction: Connection, run: Run, doubts: Mapping[str, str], first: date, last: date) -> None:
    """Park what is in doubt; what was and is no more goes."""
    changes, lines = [], []
    for row in _never_sent(transaction, run, first, last):
        text = doubts.get(row["key"])
        if text is None and not (row["state"] == PARKED and row["reason"] == DOUBTFUL):
            continue
        if text is not None and row["state"] != READY:
            continue  # it waits already, for that or for something else
        state = PARKED if text is not None else READY
        reason = DOUBTFUL if text is not None else None
        changes.append((row["key"], row["revision"], {"state": state, "reason": reason, "message": text}))
        lines.append(
            attempts.AttemptLine(
                key=row["key"],
                revision=row["revision"],
                fence=row["fence"],
                event="likeness",
                state=state,
                message=text,
            )
        )
    if changes:
        change(transaction, run.name, changes)
        attempts.append(transaction, run.name, run.database.now(transaction), lines)


def _text(doubt: Doubted) -> str:
    alike = ", ".join(
        f"{pair.theirs.entity} {pair.theirs.number or '-'} of {pair.theirs.day} (Id {pair.theirs.id})"
        for pair in doubt.pairs[:3]
    )
    return (
        f"QuickBooks has {alike}, and it is not sure that it is this one: {doubt.why}. Link it with `qbo-pipeline "
        f"relink {doubt.ours.id} ID`, or have a new one made with `retry`, or leave it out with `skip`"
    )


def _row(verdict: str, why: str, pair: Twins) -> dict[str, Any]:
    sides = {
        f"{sign}_{side}": one.shown(sign)
        for sign in SIGNS
        for side, one in (("here", pair.ours), ("in_quickbooks", pair.theirs))
    }
    head = {"key": pair.ours.id, "answer": verdict, "why": why, "kind": pair.theirs.entity, "qbo_id": pair.theirs.id}
    return {**head, **sides}
