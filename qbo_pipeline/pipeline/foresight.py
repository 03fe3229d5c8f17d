"""What the days ahead would ask of the settings: the source's records of those days, built as a run would build them,
and nothing stored.

What belongs here: the codes of the inventory system that no setting maps yet, and what else the rules would refuse.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Outcome, Refused
from qbo_pipeline.accounting.parties import further_currency, name_key
from qbo_pipeline.accounting.products import item_key
from qbo_pipeline.accounting.rules import build, build_unrecorded
from qbo_pipeline.inventory.records import Document, Movement, Party, Payment, Product, Record
from qbo_pipeline.sources.source import Source

DAYS = 31
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`unmapped_hints` and `unmapped_tax_codes`: the source's code, and on how many records; `refused`: what else would
    park a record, an example for each reason and field, and how many records; `set_aside`: rows that break a rule, by
    rule; `records`: how many were looked at; `entries`: the customers, vendors and items that the documents need;
    `transactions`: what the dated records would make."""

    records: int
    unmapped_hints: Mapping[str, int]
    unmapped_tax_codes: Mapping[str, int]
    refused: tuple[tuple[Refused, int], ...]
    set_aside: Mapping[str, int]
    entries: tuple[Draft, ...] = ()
    transactions: tuple[Draft, ...] = ()


class _Missing(dict[str, str]):
    """A table of the settings in which nothing is missing: it notes what it was asked in vain, and gives a stand-in."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__(known)
        self.stand_in = ""
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            return self[key]
        self.asked.add(key)
        return self.stand_in


def foresee(
    source: Source, books: Books, first: date, last: date, batch_size: int, *, all_master_data: bool = False
) -> Foreseen:
    """What the records of these days, both included, would ask for; raises `SourceFailure` as the source does.

    With `all_master_data` every active party and product counts, else those that the days' records refer to.
    Master data and the days' records are held in memory: look at a month, not at years.
    """
    read = _Read.of(source, first, last, batch_size)
    hints, codes = _Missing(books.hints), _Missing(books.tax_codes)
    ahead = replace(read.books(books), hints=hints, tax_codes=codes)
    unmapped: dict[str, Counter[str]] = {"hint": Counter(), "tax": Counter()}
    refused: dict[tuple[str, str], tuple[Refused, int]] = {}
    stand_ins = [_any_account(books, kind) for kind in ("Expense", "Income", "Bank")]
    everything = read.everything()
    entries: dict[str, Draft] = {}
    needed: set[str] = set()
    transactions: list[Draft] = []
    for record in everything:
        hints.asked, codes.asked = set(), set()
        answer = _built(record, ahead)
        for draft in answer if isinstance(answer, list) else [answer] if isinstance(answer, Draft) else []:
            if isinstance(record, Party | Product):
                entries[draft.key] = draft
                if all_master_data and record.active:
                    needed.add(draft.key)
            elif draft.business_date is not None:
                transactions.append(draft)
            needed.update(draft.depends_on)
        for stand_in in stand_ins if hints.asked else ():  # one that the rule takes leads to the record's next code
            hints.stand_in = stand_in
            _built(record, ahead)
        unmapped["hint"].update(hints.asked)
        unmapped["tax"].update(codes.asked)
        # What a stand-in leads to says nothing about the record.
        if isinstance(answer, Refused) and not hints.asked and not codes.asked:
            example, count = refused.get((answer.reason, answer.field), (answer, 0))
            refused[answer.reason, answer.field] = (example, count + 1)
    entries |= _further_entries(needed - set(entries), read.known, ahead)
    wanted = tuple(draft for key, draft in sorted(entries.items()) if key in needed)
    return Foreseen(
        len(everything), unmapped["hint"], unmapped["tax"], tuple(refused.values()), read.set_aside, wanted,
        tuple(transactions),
    )  # fmt: skip


@dataclass(slots=True)
class _Read:
    """Master data and the records of some days, in memory."""

    known: dict[tuple[str, str], Record] = field(default_factory=dict)
    by_name: dict[str, list[Party]] = field(default_factory=lambda: defaultdict(list))
    by_item: dict[str, list[Product]] = field(default_factory=lambda: defaultdict(list))
    dated: list[Record] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, source: Source, first: date, last: date, batch_size: int) -> _Read:
        read = cls()
        for batch in source.read_master_data(batch_size=batch_size):
            read.known |= {(batch.record_type, record.record_id): record for record in batch.records}
            read.set_aside.update(f"{item.record_type}: {item.message}" for item in batch.set_aside)
            for record in batch.records:
                if isinstance(record, Party):
                    read.by_name[name_key(record)].append(record)
                elif isinstance(record, Product):
                    read.by_item[item_key(record)].append(record)
        for batch in source.read_days(first, last, batch_size=batch_size):
            read.known |= {(batch.record_type, record.record_id): record for record in batch.records}
            aside = (item for item in batch.set_aside if item.rule != "draft")
            read.set_aside.update(f"{item.record_type}: {item.message}" for item in aside)
            read.dated += batch.records
        return read

    def everything(self) -> list[Record]:
        """Lists first, then what is dated."""
        lists = [record for record in self.known.values() if not isinstance(record, Document | Movement | Payment)]
        return lists + self.dated

    def books(self, books: Books) -> Books:
        """The books, with the look-ups of what was read."""
        return replace(
            books,
            product=lambda record_id: self._look_up(Product, "product", record_id),
            party=lambda kind, party_id: self._look_up(Party, "party", f"{kind}:{party_id}"),
            document=lambda record_id: self._look_up(Document, "document", record_id),
            movement=lambda record_id: self._look_up(Movement, "movement", record_id),
            namesakes=lambda key: self.by_name.get(key, ()),
            product_namesakes=lambda key: self.by_item.get(key, ()),
            **_matches(self.dated),
        )

    def _look_up(self, kind: type[R], record_type: str, record_id: str) -> R | None:
        found = self.known.get((record_type, record_id))
        return found if isinstance(found, kind) else None


def _matches(dated: Iterable[Record]) -> dict[str, Any]:
    """The look-ups of which bills are for which goods."""
    matched: dict[str, set[tuple[date, str]]] = defaultdict(set)
    bills: dict[tuple[str, str], list[tuple[tuple[date, str], Decimal]]] = defaultdict(list)
    for bill in (record for record in dated if isinstance(record, Document)):
        for match in bill.matches:
            own = (bill.business_date, bill.document_id)
            bills[match.movement_id, match.movement_line_id].append((own, match.quantity))
            matched[match.movement_id].add(own)

    def matched_before(movement_id: str, line_id: str, document: Document) -> Decimal:
        own = (document.business_date, document.document_id)
        others = ((key, quantity) for key, quantity in bills[movement_id, line_id] if key[1] != document.document_id)
        return sum((quantity for key, quantity in others if key < own), Decimal(0))

    def bills_of(movement_id: str) -> list[str]:
        return [document_id for _, document_id in sorted(matched[movement_id])]

    return {"matched_before": matched_before, "bills_of": bills_of}


def _further_entries(keys: set[str], known: Mapping[tuple[str, str], Record], books: Books) -> dict[str, Draft]:
    """What documents refer to that no record asks for by itself: parties in further currencies, payment terms."""
    currencies: dict[str, set[str]] = defaultdict(set)
    found: dict[str, Draft] = {}
    for key in keys:
        of, currency = further_currency(key)
        if currency:
            currencies[of.removeprefix("party/")].add(currency)
        elif (entry := build_unrecorded(key, books)) is not None:
            found[key] = entry
    books = replace(books, further_currencies=lambda record_id: sorted(currencies[record_id]))
    for record_id in list(currencies):
        answer = _built(known["party", record_id], books)
        found |= {draft.key: draft for draft in answer} if isinstance(answer, list) else {}
    return found


def days_ahead(first_day: date, last_day: date | None, read_through: date | None, today: date) -> tuple[date, date]:
    """The days that the next run would carry, at most a month of them; the latest month of days where all are read."""
    end = min(last_day or today, today)
    start = max(first_day, read_through + timedelta(days=1) if read_through else first_day)
    if start > end:
        start = max(first_day, end - timedelta(days=DAYS - 1))
    return start, min(end, start + timedelta(days=DAYS - 1))


def _built(record: Record, books: Books) -> Outcome:
    try:
        return build(record, books)
    except Exception as error:  # a run would park this one record for it
        label = f"{record.kind} {record.record_id}"
        return Refused(reason="rule_failed", message=f"{label}: a posting rule fails ({error!r})", field=record.kind)


def _any_account(books: Books, kind: str) -> str:
    ids = (account.id for account in books.chart.values() if kind in account.type)
    return next(ids, "")
