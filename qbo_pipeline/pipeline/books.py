"""The books that the posting rules look into: settings and QBO's reference data turned into `accounting.books.Books`,
with look-ups of stored records.

Master data is read once for a run; documents and movements that a batch refers to are fetched together before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.books import ROLES, AccountRef, Books
from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.accounting.parties import name_key
from qbo_pipeline.accounting.products import item_key
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline.inventory.records import Document, Movement, Party, Payment, Product, Record
from qbo_pipeline.pipeline.company_preferences import closing_date, preferences_of
from qbo_pipeline.pipeline.names_in_settings import DIMENSION_LISTS
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.postings import approved_under
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.tables.records import bill_matches, exchange_rates, records

R = TypeVar("R", bound=Record)
_IDS_IN_A_QUERY = 500


class StoredBooks:
    """`books` for one connection, over an open database connection; `prefetch` before building a batch.

    Raises `SettingsError` with every account and tax code that QuickBooks does not have; where a list for `mistakes` is
    given they are put there instead, and the books are without them. `rule_set` is what the settings say now, and
    `books` are by it.
    """

    def __init__(self, connection: Connection, settings: Settings, mistakes: list[str] | None = None) -> None:
        self._connection = connection
        self._settings = settings
        self._name = settings.connection.name
        self._cache: dict[tuple[str, str], Record | None] = {}
        self._namesakes: dict[str, list[Party]] = defaultdict(list)
        self._product_namesakes: dict[str, list[Product]] = defaultdict(list)
        self._bills: dict[tuple[str, str], list[tuple[date, str, Decimal]]] = {}
        for record_type in ("party", "product"):
            for record in self._read(record_type, None):
                self._cache[record_type, record.record_id] = record
                if isinstance(record, Party):
                    self._namesakes[name_key(record)].append(record)
                elif isinstance(record, Product):
                    self._product_namesakes[item_key(record)].append(record)
        self._chart = references(connection, self._name, "Account")
        self.closed_through = closing_date(preferences_of(connection, self._name))
        self.rule_set = resolve_rules(connection, settings, self._chart, mistakes)
        self._rates_read = self._read_rates()
        self._dimensions = {
            (dimension, name.casefold()): item.qbo_id
            for dimension, entity in DIMENSION_LISTS.items()
            for item in references(connection, self._name, entity)
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
            tax_codes=rules.tax_codes,
            policies=rules.policies,
            product=lambda record_id: self._look_up(Product, "product", record_id),
            party=lambda kind, party_id: self._look_up(Party, "party", f"{kind}:{party_id}"),
            document=lambda record_id: self._look_up(Document, "document", record_id),
            movement=lambda record_id: self._look_up(Movement, "movement", record_id),
            namesakes=lambda key: self._namesakes.get(key, ()),
            product_namesakes=lambda key: self._product_namesakes.get(key, ()),
            matched_before=self._matched_before,
            cost_approved=self._cost_approved,
            **more,
        )

    def prefetch(self, batch: Iterable[Record]) -> None:
        """Fetch at once what the records of a batch refer to."""
        wanted: dict[str, set[str]] = {"document": set(), "movement": set()}
        lines: set[str] = set()
        for record in batch:
            if isinstance(record, Document):
                ids = {match.movement_id for match in record.matches}
                wanted["movement"] |= ids
                lines |= ids
            elif isinstance(record, Payment):
                wanted["document"] |= {allocation.document_id for allocation in record.allocations}
        self._cache = {key: value for key, value in self._cache.items() if key[0] in ("party", "product")}
        for record_type, ids in wanted.items():
            for record in self._read(record_type, sorted(ids)):
                self._cache[record_type, record.record_id] = record
        self._bills = self._read_bills(sorted(lines))

    def _look_up(self, kind: type[R], record_type: str, record_id: str) -> R | None:
        key = (record_type, record_id)
        if key not in self._cache:
            self._cache[key] = next(iter(self._read(record_type, [record_id])), None)
        found = self._cache[key]
        return found if isinstance(found, kind) else None

    def _read(self, record_type: str, ids: Sequence[str] | None) -> Iterable[Record]:
        query = select(records).where(
            records.c.connection == self._name,
            records.c.record_type == record_type,
            records.c.disposition != "set_aside",
            records.c.vanished_at.is_(None),
        )
        if ids is None:
            yield from (load_record(row) for row in self._connection.execute(query))
            return
        for start in range(0, len(ids), _IDS_IN_A_QUERY):
            chunk = records.c.record_id.in_(ids[start : start + _IDS_IN_A_QUERY])
            yield from (load_record(row) for row in self._connection.execute(query.where(chunk)))

    def _matched_before(self, movement_id: str, line_id: str, document: Document) -> Decimal:
        if (movement_id, "") not in self._bills:
            self._bills |= self._read_bills([movement_id])
        own = (document.business_date, document.document_id)
        rows = self._bills.get((movement_id, line_id), [])
        return sum((quantity for day, bill, quantity in rows if (day, bill) < own), Decimal(0))

    def _cost_approved(self, movement_id: str) -> bool:
        return bool(approved_under(self._connection, self._name, [f"movement/{movement_id}"], COST_PENDING))

    def _read_bills(self, movement_ids: Sequence[str]) -> dict[tuple[str, str], list[tuple[date, str, Decimal]]]:
        found: dict[tuple[str, str], list[tuple[date, str, Decimal]]] = {}
        for start in range(0, len(movement_ids), _IDS_IN_A_QUERY):
            chunk = movement_ids[start : start + _IDS_IN_A_QUERY]
            found |= {(movement_id, ""): [] for movement_id in chunk}  # says that the movement was looked up
            query = select(bill_matches).where(
                bill_matches.c.connection == self._name, bill_matches.c.movement_id.in_(chunk)
            )
            for row in self._connection.execute(query):
                bill = (row.business_date, row.document_id, row.quantity)
                found.setdefault((row.movement_id, row.movement_line_id), []).append(bill)
        return found

    def _read_rates(self) -> list[tuple[str, date, date, Decimal]]:
        home = self._settings.connection.currency
        query = select(exchange_rates).where(
            exchange_rates.c.connection == self._name, exchange_rates.c.to_currency == home
        )
        return [(row.from_currency, row.first_day, row.last_day, row.rate) for row in self._connection.execute(query)]


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
