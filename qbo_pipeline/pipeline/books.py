"""The books that the posting rules look into: settings and QBO's reference data turned into `accounting.books.Books`,
with look-ups of stored records.

What a batch refers to is fetched together before it: documents and movements for the batch, parties and products parsed
once for a run. What is called the same is found by its name; nobody reads all of the master data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.books import ROLES, AccountRef, Books
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.accounting.parties import further_currency, name_key
from qbo_pipeline.accounting.products import item_key
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline.accounting.rules import UNRECORDED
from qbo_pipeline.inventory.records import (
    PARTY_KINDS,
    Document,
    Movement,
    Party,
    Payment,
    Product,
    Record,
    record_type,
)
from qbo_pipeline.pipeline.company_preferences import closing_date, rates_of_codes
from qbo_pipeline.pipeline.item_beginnings import ItemBeginnings
from qbo_pipeline.pipeline.master_data import Parsed, all_called, called
from qbo_pipeline.pipeline.names_in_settings import DIMENSION_LISTS
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.pipeline.settled import SettledDocuments, bills_of_order
from qbo_pipeline.pipeline.summaries import summarised
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.master_names import are_noted, called_so, name_reference
from qbo_pipeline.store.postings import approved_under, chunks, entry_keys, links_to
from qbo_pipeline.store.reference import Reference, lists_of
from qbo_pipeline.store.retired import is_retired
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import bill_matches, exchange_rates, records, stock_lines

R = TypeVar("R", bound=Record)
_IDS_IN_A_QUERY = 500
_LISTS = ("Account", "Preferences", "Term", "PaymentMethod", *DIMENSION_LISTS.values())


class StoredBooks:
    """`books` for one connection, over an open database connection; `prefetch` before building a batch. `parsed` are
    the parties and products of the batches before it.

    Raises `SettingsError` with every account and tax code that QuickBooks does not have; where a list for `mistakes` is
    given they are put there instead, and the books are without them. `rule_set` is what the settings say now, and
    `books` are by it.
    """

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        mistakes: list[str] | None = None,
        *,
        parsed: Parsed | None = None,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._name = settings.connection.name
        self.parsed = parsed or Parsed()
        self._cache: dict[tuple[str, str], Record | None] = {}
        self._called: dict[str, list[str]] = {}  # by reference to a name, the keys of the records
        self._summed: set[str] | None = None  # documents that stand in a day's summary
        self._bills: dict[tuple[str, str], list[tuple[date, str, Decimal]]] = {}
        self._in_use: set[str] = set()  # parties and products that this page's drafts refer to
        self._currencies: dict[str, set[str]] = {}  # by a party's record id, the further ones
        self._settled = SettledDocuments(connection, self._name, self._read)
        lists = lists_of(connection, self._name, *_LISTS)
        self._chart = lists["Account"]
        self.closed_through = closing_date([item.content for item in lists["Preferences"]])
        self.rule_set = resolve_rules(connection, settings, self._chart, mistakes)
        self._keeps_transit = may_keep_transit(self.rule_set)
        self._stock: dict[str, list[tuple[date, Decimal]]] = {}  # by product, the quantities that moved
        self._rates_read = self._read_rates()
        self._items = ItemBeginnings(connection, self._name, self._to_home)
        self._tax_rates = rates_of_codes(connection, self._name)
        self._dimensions = {
            (dimension, name.casefold()): item.qbo_id
            for dimension, entity in DIMENSION_LISTS.items()
            for item in lists[entity]
            if item.active
            for name in (item.name, f"id:{item.qbo_id}")
        }
        self._terms = _terms(connection, self._name, lists["Term"])
        self._payment_methods = {
            name.casefold(): item.qbo_id
            for item in lists["PaymentMethod"]
            if item.active
            for name in (item.name, f"id:{item.qbo_id}")
        }
        self.books = self.books_under(self.rule_set)

    def books_under(self, rule_set: RuleSet) -> Books:
        """The books by these rules: the earliest ones, which list entries follow; `on` answers those of a date."""
        first, *later = rule_set.by_date
        rates = [*rule_set.rates, *self._rates_read]  # what a person wrote in the settings comes first
        common = {"further": _everywhere(rule_set), "rate": partial(_rate, rates)}
        if not later:
            return self._of(rule_set, first, **common)
        by_day: list[tuple[date, Books]] = []

        def on(day: date) -> Books:
            return next((books for since, books in reversed(by_day) if since <= day), lists)

        lists = self._of(rule_set, first, dated=on, **common)
        by_day += [(rules.first_day, self._of(rule_set, rules, dated=on, lists=lists, **common)) for rules in later]
        return lists

    def _of(self, rule_set: RuleSet, rules: Rules, **more: Any) -> Books:
        currency = self._settings.connection.currency
        return Books(
            home_currency=rule_set.home_currency,
            roles=rules.roles,
            overrides=rules.overrides,
            chart={
                item.qbo_id: AccountRef(
                    id=item.qbo_id, name=item.name, type=item.type or "", currency=item.currency or currency
                )
                for item in self._chart
            },
            hints=rules.hints,
            dimensions=self._dimensions,
            terms=self._terms,
            payment_methods=self._payment_methods,
            tax_codes=rules.tax_codes,
            tax_rates=self._tax_rates,
            policies=rules.policies,
            product=lambda record_id: self._look_up(Product, "product", record_id),
            party=lambda kind, party_id: self._look_up(Party, "party", f"{kind}:{party_id}"),
            document=lambda record_id: self._look_up(Document, "document", record_id),
            movement=lambda record_id: self._look_up(Movement, "movement", record_id),
            further_currencies=self._further_currencies,
            entry_key=self._entry_key,
            retired=self._retired,
            namesakes=lambda key: self._sharing(Party, "party", name_key, key),
            product_namesakes=lambda key: self._sharing(Product, "product", item_key, key),
            matched_before=self._matched_before,
            payments_of=self._settled.payments_of,
            bills_naming=self._bills_naming,
            posted_as=self._settled.posted_as,
            bills_of=self._bills_of if may_keep_transit(rule_set) else _no_bills_ahead,
            on_hand=self._on_hand,
            cost_approved=self._cost_approved,
            begins=self._settings.connection.first_day,
            opening=lambda product_id: self._items.openings.get(product_id),
            first_made=lambda product_id: self._items.first_made.get(product_id),
            made=lambda product_id: self._items.made(product_id),
            is_summarised=self._is_summarised,
            **more,
        )

    def prefetch(self, batch: Iterable[Record]) -> None:
        """Fetch at once what the records of a batch refer to; what the batch before referred to is forgotten."""
        self._cache, self._called, self._bills, self._summed = {}, {}, {}, None
        self._settled.forget()
        self.fetch_for(batch)

    def fetch_for(self, batch: Iterable[Record]) -> None:
        """Fetch what further records of a batch refer to, and who shares their names."""
        batch = list(batch)
        wanted: dict[str, set[str]] = {"document": set(), "movement": set(), "party": set(), "product": set()}
        names: set[str] = set()
        receipts: set[str] = set()
        for record in batch:
            if isinstance(record, Movement) and record.kind == "receipt":
                receipts.add(record.movement_id)
            if isinstance(record, Party | Product):
                self._cache[record_type(record), record.record_id] = record
                names.update(filter(None, [called(record)]))
            for kind, ids in _referred(record).items():
                wanted[kind] |= ids
        self._find_called(names)
        for key in (key for reference in names for key in self._called[reference]):
            kind, _, record_id = key.partition("/")
            wanted[kind].add(record_id)
        for kind, ids in wanted.items():
            self.fetch(kind, ids)
        if self.rule_set.by_date[0].policies.party_currencies != "one":
            parties = {one.record_id for one in batch if isinstance(one, Party)} - set(self._currencies)
            self._currencies |= self._read_currencies(sorted(parties))
        if settled := self._settled.fetch_for(batch):
            self._summed = (self._summed or set()) | summarised(
                self._connection, self._name, [f"document/{document_id}" for document_id in settled]
            )

    def fetch(self, record_type: str, ids: Iterable[str]) -> None:
        """Fetch at once what will be looked up of one type."""
        missing = sorted({record_id for record_id in ids if (record_type, record_id) not in self._cache})
        self._cache |= {(record_type, record_id): None for record_id in missing}
        for record in self._read(record_type, missing):
            self._cache[record_type, record.record_id] = record

    def _entry_key(self, key: str) -> str:
        """As it stands in the outbox, where it does; what is new stays as it is written first."""
        return self._entry_keys.setdefault(key.casefold(), key)

    @cached_property
    def _entry_keys(self) -> dict[str, str]:
        """The keys of list entries behind which no record stands, by how they are compared."""
        return {key.casefold(): key for key in entry_keys(self._connection, self._name, tuple(UNRECORDED))}

    def keep_active(self, record_key: str) -> None:
        """A document that is about to be drafted needs this party or product."""
        self._in_use.add(record_key)

    def _retired(self, record_key: str) -> bool:
        if record_key in self._in_use:
            return False
        return is_retired(self._connection, self._name, record_key)

    def want_currency(self, record_id: str, currency: str) -> None:
        """Have a party built in one further currency: a document needs it."""
        self._further_currencies(record_id)
        self._currencies[record_id].add(currency)

    def _further_currencies(self, record_id: str) -> list[str]:
        if record_id not in self._currencies:
            self._currencies |= self._read_currencies([record_id])
        return sorted(self._currencies[record_id])

    def _read_currencies(self, record_ids: Sequence[str]) -> dict[str, set[str]]:
        """The further currencies in which parties are in the outbox already."""
        found: dict[str, set[str]] = {record_id: set() for record_id in record_ids}
        for part in chunks([f"party/{record_id}" for record_id in record_ids]):
            query = select(postings.c.record_key, postings.c.key).where(
                postings.c.connection == self._name,
                postings.c.record_key.in_(part),
                postings.c.key != postings.c.record_key,
                postings.c.superseded_by.is_(None),
            )
            for row in self._connection.execute(query):
                of, currency = further_currency(row.key)
                if currency and of == row.record_key:
                    found[of.removeprefix("party/")].add(currency)
        return found

    def _find_called(self, references: Iterable[str]) -> None:
        missing = set(references) - set(self._called)
        if not missing:
            return
        if self._every_name is None:
            self._called |= called_so(self._connection, self._name, missing)
        else:
            self._called |= {reference: self._every_name.get(reference, []) for reference in missing}

    @cached_property
    def _every_name(self) -> dict[str, list[str]] | None:
        """All names, where the store does not keep them yet: nothing was built in it by this version."""
        if are_noted(self._connection, self._name):
            return None
        found: dict[str, list[str]] = defaultdict(list)
        for key, reference in all_called(self._connection, self._name):
            found[reference].append(key)
        return found

    def _sharing(self, kind: type[R], record_type: str, key_of: Callable[[R], str], key: str) -> list[R]:
        """The records of one type that share a name."""
        reference = name_reference(record_type, key)
        self._find_called([reference])
        found = (self._look_up(kind, record_type, held.partition("/")[2]) for held in self._called[reference])
        return [record for record in found if record is not None and key_of(record) == key]

    def _look_up(self, kind: type[R], record_type: str, record_id: str) -> R | None:
        key = (record_type, record_id)
        if key not in self._cache:
            self.fetch(record_type, [record_id])
        found = self._cache[key]
        return found if isinstance(found, kind) else None

    def _read(self, record_type: str, ids: Sequence[str]) -> Iterable[Record]:
        load = self.parsed.record if record_type in ("party", "product") else load_record
        query = select(records).where(
            records.c.connection == self._name,
            records.c.record_type == record_type,
            records.c.disposition != "set_aside",
            records.c.vanished_at.is_(None),
        )
        for start in range(0, len(ids), _IDS_IN_A_QUERY):
            chunk = records.c.record_id.in_(ids[start : start + _IDS_IN_A_QUERY])
            yield from (load(row) for row in self._connection.execute(query.where(chunk)))

    def _matched_before(self, movement_id: str, line_id: str, document: Document) -> Decimal:
        if (movement_id, "") not in self._bills:
            self._bills |= self._read_bills([movement_id])
        own = (document.business_date, document.document_id)
        rows = self._bills.get((movement_id, line_id), [])
        others = ((day, bill, quantity) for day, bill, quantity in rows if bill != document.document_id)
        return sum((quantity for day, bill, quantity in others if (day, bill) < own), Decimal(0))

    def _bills_naming(self, order_id: str) -> list[Document]:
        ids = bills_of_order(self._connection, self._name, order_id)
        found = (self._look_up(Document, "document", document_id) for document_id in ids)
        return [document for document in found if document is not None and document.kind == "bill"]

    def _bills_of(self, movement_id: str) -> Sequence[str]:
        if (movement_id, "") not in self._bills:
            self._bills |= self._read_bills([movement_id])
        return list(dict.fromkeys(bill for _, bill, _ in sorted(self._bills[movement_id, ""])))

    def _on_hand(self, product_id: str, day: date) -> Decimal:
        if product_id not in self._stock:
            mine = (stock_lines.c.connection == self._name, stock_lines.c.product_id == product_id)
            query = select(stock_lines.c.business_date, stock_lines.c.quantity).where(*mine)
            self._stock[product_id] = [(row.business_date, row.quantity) for row in self._connection.execute(query)]
        return sum((quantity for when, quantity in self._stock[product_id] if when <= day), Decimal(0))

    def _is_summarised(self, document_id: str) -> bool:
        key = f"document/{document_id}"
        return key in (self._summed if self._summed is not None else summarised(self._connection, self._name, [key]))

    def _cost_approved(self, movement_id: str) -> bool:
        return bool(approved_under(self._connection, self._name, [f"movement/{movement_id}"], COST_PENDING))

    def _read_bills(self, movement_ids: Sequence[str]) -> dict[tuple[str, str], list[tuple[date, str, Decimal]]]:
        found: dict[tuple[str, str], list[tuple[date, str, Decimal]]] = {}
        for start in range(0, len(movement_ids), _IDS_IN_A_QUERY):
            chunk = movement_ids[start : start + _IDS_IN_A_QUERY]
            found |= {(movement_id, ""): [] for movement_id in chunk}  # its lines together; says that it was looked up
            query = select(bill_matches).where(
                bill_matches.c.connection == self._name, bill_matches.c.movement_id.in_(chunk)
            )
            for row in self._connection.execute(query):
                bill = (row.business_date, row.document_id, row.quantity)
                found.setdefault((row.movement_id, row.movement_line_id), []).append(bill)
                found[row.movement_id, ""].append(bill)
        return found

    def _to_home(self, value: Decimal, currency: str, day: date, rate: Decimal | None) -> Decimal | None:
        """A value in home currency; `None` where nobody knows a rate."""
        if currency == self.books.home_currency:
            return value
        rate = rate if rate is not None else self.books.rate(currency, day)
        return None if rate is None else cents(value * rate)

    def _read_rates(self) -> list[tuple[str, date, date, Decimal]]:
        home = self._settings.connection.currency
        query = select(exchange_rates).where(
            exchange_rates.c.connection == self._name, exchange_rates.c.to_currency == home
        )
        return [(row.from_currency, row.first_day, row.last_day, row.rate) for row in self._connection.execute(query)]


def _no_bills_ahead(movement_id: str) -> Sequence[str]:
    """Where no bill goes ahead of its goods, none is looked for."""
    return ()


def may_keep_transit(rule_set: RuleSet) -> bool:
    """Whether bills of some date go ahead of their goods through stock in transit: then receipts depend on bills."""
    return any(rules.policies.unmatched_bill_lines == "in_transit" for rules in rule_set.by_date)


def _referred(record: Record) -> dict[str, set[str]]:
    """The ids of the records that one refers to, by type."""
    if isinstance(record, Payment):
        documents = {allocation.document_id for allocation in record.allocations}
        return {"document": documents, "party": _both_sides(record.party_id)}
    if not isinstance(record, Document | Movement):
        return {}
    found = {"product": {line.product_id for line in record.lines if line.product_id}}
    if isinstance(record, Document):
        movements = {match.movement_id for match in record.matches}
        found["document"] = {line.order_id for line in record.lines if line.order_id is not None}
        found |= {"movement": movements, "party": _both_sides(record.party_id)}
    elif record.for_movement_id is not None:
        found["movement"] = {record.for_movement_id}
    return found


def _terms(connection: Connection, name: str, terms: Iterable[Reference]) -> dict[str, str]:
    """QBO's payment terms by name; those that we made are referred to by their key, as when they were not there yet."""
    items = [item for item in terms if item.active]
    ours = links_to(connection, name, "Term", [item.qbo_id for item in items])
    return {
        item.name.casefold(): f"${ours[item.qbo_id][0].key}" if item.qbo_id in ours else item.qbo_id for item in items
    }


def _both_sides(party_id: str) -> set[str]:
    """A party as the customer and as the supplier that it may be: which of them is meant, the posting rules say."""
    return {f"{kind}:{party_id}" for kind in PARTY_KINDS}


def _rate(rates: Sequence[tuple[str, date, date, Decimal]], currency: str, day: date) -> Decimal | None:
    return next((rate for of, first, last, rate in rates if of == currency and first <= day <= last), None)


def _everywhere(rule_set: RuleSet) -> dict[str, frozenset[str]]:
    """By role, every account that serves it at some date; under `hints`, every hinted account."""
    if len(rule_set.by_date) == 1:
        return {}
    found: dict[str, set[str]] = {role: set() for role in (*ROLES, "hints")}
    for rules in rule_set.by_date:
        for role, account in rules.roles.items():
            found[role].add(account)
        for (role, _, _), account in rules.overrides.items():
            found.setdefault(role, set()).add(account)
        found["hints"].update(rules.hints.values())
    return {role: frozenset(ids) for role, ids in found.items()}
