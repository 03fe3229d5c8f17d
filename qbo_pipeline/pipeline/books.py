"""The books that the posting rules look into: settings and QBO's reference data turned into `accounting.books.Books`,
with look-ups of stored records.

Master data is read once for a run; documents and movements that a batch refers to are fetched together before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from qbo_pipeline.accounting.books import ROLES, AccountRef, Books, Policies, TaxRegimeName
from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.accounting.parties import name_key
from qbo_pipeline.accounting.products import item_key
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline.inventory.records import Document, Movement, Party, Payment, Product, Record
from qbo_pipeline.pipeline.names_in_settings import DIMENSION_LISTS, bound_object, followed, renamed_names
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.settings import Settings, SettingsError
from qbo_pipeline.sources.errors import did_you_mean
from qbo_pipeline.store.account_names import former_names
from qbo_pipeline.store.bound_names import Name, load_bound_names
from qbo_pipeline.store.dispositions import load_record
from qbo_pipeline.store.postings import approved_under
from qbo_pipeline.store.reference import Reference, references
from qbo_pipeline.store.tables.records import bill_matches, exchange_rates, records

R = TypeVar("R", bound=Record)
K = TypeVar("K")
_IDS_IN_A_QUERY = 500
_DIMENSION_PLURALS = {"class": "classes", "department": "departments"}


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


def resolve_rules(
    connection: Connection,
    settings: Settings,
    chart: Sequence[Reference] | None = None,
    mistakes: list[str] | None = None,
) -> RuleSet:
    """The settings that decide payloads, with QBO's Ids in the place of names.

    Raises `SettingsError` with every name that QBO lacks; where a list for `mistakes` is given they are put there
    instead. `chart` is the chart of accounts where it was read already.
    """
    name = settings.connection.name
    accounts = references(connection, name, "Account") if chart is None else chart
    codes = references(connection, name, "TaxCode")
    preferences = preferences_of(connection, name)
    prefs = preferences[0] if preferences else {}
    regime = tax_regime([item.content for item in references(connection, name, "CompanyInfo")], prefs)
    dimensions = {dimension: references(connection, name, entity) for dimension, entity in DIMENSION_LISTS.items()}
    wrong: list[str] = []
    bound = load_bound_names(connection, name)
    accounts = [*accounts, *former_names(connection, name, accounts)]  # a renamed account is followed by its Id
    by_date = [
        _rules(first_day, its, accounts, dimensions, codes, prefs, regime, bound, wrong)
        for first_day, its in settings.by_date()
    ]
    if wrong and mistakes is None:
        raise SettingsError("\n".join(dict.fromkeys(wrong)))
    if mistakes is not None:
        mistakes += dict.fromkeys(wrong)
    return RuleSet(
        home_currency=settings.connection.currency,
        by_date=by_date,
        rates=[(item.currency, item.first_day, item.last_day, item.rate) for item in settings.exchange_rates],
    )


def preferences_of(connection: Connection, name: str) -> list[dict[str, Any]]:
    """QBO's preferences as they were read last; none where they never were."""
    return [item.content for item in references(connection, name, "Preferences")]


def _rules(
    first_day: date,
    settings: Settings,
    chart: Sequence[Reference],
    dimensions: Mapping[str, Sequence[Reference]],
    codes: Sequence[Reference],
    preferences: dict[str, Any],
    regime: TaxRegimeName,
    bound: Mapping[Name, str],
    wrong: list[str],
) -> Rules:
    def found(
        names: Mapping[K, str], setting: Callable[[K], str], dimension: Callable[[K], str] = lambda key: ""
    ) -> dict[K, str]:
        ids = {}
        for key, name in names.items():
            entity = DIMENSION_LISTS.get(dimension(key), "Account")
            kept = bound_object(dimensions.get(dimension(key), chart), bound, entity, name)
            if kept is not None:
                ids[key] = kept.qbo_id
                continue
            try:
                if dimension(key) in dimensions:
                    items = dimensions[dimension(key)]
                    ids[key] = find_dimension(items, settings, dimension(key), name, setting(key))
                else:
                    ids[key] = find_account(chart, settings, name, setting(key))
            except SettingsError as error:
                wrong.append(str(error))
        return ids

    accounts = settings.accounts
    return Rules(
        first_day=first_day,
        roles=found(accounts.roles, lambda role: f"[accounts.roles] {role}"),
        overrides=found(
            accounts.overrides(), lambda key: f"[accounts.by_{key[1]}] {key[2]}.{key[0]}", lambda key: key[0]
        ),
        hints=found(accounts.hints, lambda hint: f"[accounts.hints] {hint}"),
        tax_codes=_tax_codes(settings, codes, bound, wrong),
        policies=_policies(settings, preferences, regime),
    )


def _tax_codes(
    settings: Settings, codes: Sequence[Reference], bound: Mapping[Name, str], wrong: list[str]
) -> dict[str, str]:
    known = {"TAX": "TAX", "NON": "NON"} | {code.name: code.qbo_id for code in codes}
    found = {}
    for source_code, name in settings.tax_codes.items():
        kept = bound_object(codes, bound, "TaxCode", name)
        qbo_id = kept.qbo_id if kept else name.removeprefix("id:") if name.startswith("id:") else known.get(name)
        if qbo_id is None:
            hint = did_you_mean(name, known, "tax codes")
            where = f"{settings.file}: [tax_codes] {source_code!r}"
            wrong.append(f"{where}: QuickBooks has no tax code {name!r}; {hint}")
            continue
        found[source_code] = qbo_id
    return found


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


def find_account(accounts: Sequence[Reference], settings: Settings, name: str, setting: str) -> str:
    """The Id of the account that a setting names: by `id:<Id>`, by its full name, by its number.

    Raises `SettingsError` with the nearest name where there is none, or where it is inactive.
    """
    for key in ("qbo_id", "name", "number"):
        wanted = name.removeprefix("id:") if key == "qbo_id" else name
        if key == "qbo_id" and not name.startswith("id:"):
            continue
        for account in accounts:
            if getattr(account, key) == wanted:
                if not account.active:
                    raise SettingsError(f"{settings.file}: {setting}: the QuickBooks account {name!r} is inactive")
                return account.qbo_id
    if not accounts:
        raise SettingsError(
            f"{settings.connection.name}: the chart of accounts has not been read from QuickBooks yet: "
            "run `qbo-pipeline preflight`, or the asset reference_data in Dagster, first"
        )
    hint = did_you_mean(name, [account.name for account in accounts], "accounts")
    raise SettingsError(f"{settings.file}: {setting}: QuickBooks has no account {name!r}; {hint}")


def find_dimension(items: Sequence[Reference], settings: Settings, dimension: str, name: str, setting: str) -> str:
    """The Id of the class or department that a setting names: by `id:<Id>` or by its full name (`Parent:Child`).

    Raises `SettingsError` with the nearest name where there is none, or where it is inactive.
    """
    by_id = name.startswith("id:")
    for item in items:
        if (item.qbo_id if by_id else item.name) == name.removeprefix("id:"):
            if not item.active:
                raise SettingsError(f"{settings.file}: {setting}: the QuickBooks {dimension} {name!r} is inactive")
            return item.qbo_id
    hint = (
        did_you_mean(name, [item.name for item in items], _DIMENSION_PLURALS[dimension])
        if items
        else f"the company has none that we have read: create it there (switch on tracking by {dimension} first)"
    )
    raise SettingsError(f"{settings.file}: {setting}: QuickBooks has no {dimension} {name!r}; {hint}")


def renamed_in_quickbooks(connection: Connection, settings: Settings) -> list[str]:
    """Sentences about what the settings name as it was called before, each with its name of now."""
    name = settings.connection.name
    chart = references(connection, name, "Account")
    now = {account.qbo_id: account for account in chart}
    used: set[str] = set()
    for _, its in settings.by_date():
        stated = its.accounts
        used |= {*stated.roles.values(), *stated.overrides().values(), *stated.hints.values()}
    found = [
        followed("Account", former.name, now[former.qbo_id])
        for former in former_names(connection, name, chart)
        if former.name in used
    ]
    return list(dict.fromkeys([*found, *renamed_names(connection, settings)]))


def closing_date(preferences: Sequence[dict[str, Any]]) -> date | None:
    """Through which day the company's books are closed, as QBO's preferences say."""
    text = preferences[0].get("AccountingInfoPrefs", {}).get("BookCloseDate") if preferences else None
    return date.fromisoformat(text[:10]) if text else None


def numbered_by_quickbooks(preferences: dict[str, Any]) -> tuple[str, ...]:
    """The entities that QBO numbers by itself, each form by its own preference; bills and journals never are.

    The preference of supplier credits and purchase orders is a name and value under `OtherPrefs`.
    """
    others = {pair.get("Name"): pair.get("Value") for pair in preferences.get("OtherPrefs", {}).get("NameValue", [])}
    found: set[str] = set()
    if not preferences.get("SalesFormsPrefs", {}).get("CustomTxnNumbers", True):
        found |= {"Invoice", "CreditMemo", "Estimate"}
    if others.get("VendorAndPurchasesPrefs.UseCustomTxnNumbers") == "false":
        found |= {"VendorCredit", "PurchaseOrder"}
    return tuple(sorted(found))


def tax_regime(companies: Sequence[dict[str, Any]], preferences: dict[str, Any]) -> TaxRegimeName:
    """The country decides whether it is a US company, its tax preferences how sales tax is kept there; where the
    country is not known, automated sales tax still tells that it is a US one."""
    country = str(companies[0].get("Country") or "") if companies else ""
    taxes = preferences.get("TaxPrefs", {})
    automated = bool(taxes.get("PartnerTaxEnabled"))
    if country != "US" and not (automated and not country):
        return "global"
    if automated:
        return "us"
    return "us_none" if taxes.get("UsingSalesTax") is False else "us_manual"


def _policies(settings: Settings, preferences: dict[str, Any], regime: TaxRegimeName) -> Policies:
    currency = preferences.get("CurrencyPrefs", {})
    posting = settings.posting
    return Policies(
        accrue_receipts=posting.accrue_receipts,
        unmatched_bill_lines=posting.unmatched_bill_lines,
        bill_difference=posting.bill_difference,
        supplier_return_clearing=posting.supplier_return_clearing,
        tax_regime=regime,
        multicurrency=bool(currency.get("MultiCurrencyEnabled")),
        numbered_by_quickbooks=numbered_by_quickbooks(preferences),
        zero_cost=posting.zero_cost,
        quotes=posting.quotes,
        purchase_orders=posting.purchase_orders,
        sub_customers=posting.sub_customers,
        summarise=tuple(sorted(posting.summarise)),
        not_posted=tuple(
            sorted(kind for kind, owned_as in OWNED_AS.items() if owned_as in settings.ownership.not_posted())
        ),
    )
