"""The company's working memory over its store: list entities, running balances, counters, and the changes of a batch.

Everything here can be rebuilt from the store; `reload` does so after a refused operation that had begun to write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from qbo_pipeline.emulator.company import balances, jsontext
from qbo_pipeline.emulator.company.assumed_rules import AssumedRule
from qbo_pipeline.emulator.company.schema.entities import ENTITIES, entity
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.company.store import Store, entry_key

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change, as a webhook reports it: operation is Create, Update, Delete, Void or Merge.

    `at` is aware UTC; `deleted` is the id that was merged away.
    """

    entity: str
    id: str
    operation: str
    at: datetime
    deleted: str = ""


@dataclass(slots=True)
class Entry:
    """A list entity as stored: `body` holds only what is written, never what is computed."""

    id: str
    active: bool
    sync: int
    created: str
    updated: str
    body: Body

    @property
    def name(self) -> str:
        """The name that references to it show."""
        body = self.body
        found = body.get("FullyQualifiedName") or body.get("DisplayName") or body.get("Name") or body.get("Code")
        return str(found or self.id)


class Book:
    """One company's state. Not thread-safe: `Company` holds the lock."""

    def __init__(self, store: Store, clock: Callable[[], datetime], settings: CompanySettings) -> None:
        self.store = store
        self.clock = clock
        self.settings = settings
        self.zone = ZoneInfo(settings.time_zone)
        self.changes: list[Change] = []
        self.touched = False
        self.reload()

    def reload(self) -> None:
        """Read everything anew from the store, as it was last committed."""
        self.reread()
        self.balances = balances.load(self.store, self.control_accounts())

    def reread(self) -> None:
        """Read everything but the running sums anew from the store."""
        self.entries: dict[str, dict[str, Entry]] = {
            name: {} for name, e in ENTITIES.items() if e.kind != "transaction"
        }
        self.names: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        self.children: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for kind, id, active, sync, created, updated, body in self.store.rows(
            "SELECT * FROM entries ORDER BY entity, id"
        ):
            entry = Entry(str(id), bool(active), sync, created, updated, jsontext.loads(body))
            self.entries[kind][entry.id] = entry
            self.index_name(kind, entry)
        self.counters: dict[str, int] = {
            key[8:]: int(value)
            for key, value in self.store.rows("SELECT key, value FROM meta WHERE key LIKE 'counter:%'")
        }
        self._stored_counters = dict(self.counters)
        self.system_accounts: dict[tuple[str, str], str] = {}
        self.stock: dict[int, Any] = {}
        self.next_due: str | None = self.store.value("SELECT MIN(due) FROM moves WHERE due IS NOT NULL")
        self.refresh_recurring()
        self.touched = False
        self.refresh_preferences()

    def holds(self, rule: AssumedRule) -> bool:
        """Whether a refusal that is merely assumed is made in this company."""
        return rule not in self.settings.rules_off

    def refresh_recurring(self) -> None:
        """Take over from the templates the business date on which a recurring transaction is to be made next."""
        templates = self.entries["RecurringTransaction"].values()
        self.next_recurring: str | None = min((e.body["Due"] for e in templates if e.body.get("Due")), default=None)

    def control_accounts(self) -> set[int]:
        """Ids of the accounts of type Accounts Receivable and Accounts Payable."""
        types = ("Accounts Receivable", "Accounts Payable")
        return {int(e.id) for e in self.entries["Account"].values() if e.body.get("AccountType") in types}

    def refresh_preferences(self) -> None:
        """Take over what preferences and company info say about currency, closing date and fiscal year."""
        preferences = self.single("Preferences")
        currency = preferences.get("CurrencyPrefs", {})
        self.home_currency: str = currency.get("HomeCurrency", {}).get("value", "USD")
        self.multi_currency: bool = bool(currency.get("MultiCurrencyEnabled"))
        self.closed_to: str = preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate") or ""
        company = self.single("CompanyInfo")
        self.country: str = company.get("Country", "US")
        months = entity("CompanyInfo").fields["FiscalYearStartMonth"].options
        self.fiscal_month: int = months.index(company.get("FiscalYearStartMonth", "January")) + 1
        self.control: set[int] = self.control_accounts()

    def single(self, kind: str) -> Body:
        """The body of CompanyInfo or Preferences ({} while the company is being made)."""
        found = self.entries[kind].get("1")
        return found.body if found else {}

    def preference(self, path: str) -> Any:
        """A preference by path, such as `SalesFormsPrefs.CustomTxnNumbers`, or by name under OtherPrefs."""
        group, _, name = path.partition(".")
        values = self.single("Preferences").get(group, {})
        if group == "OtherPrefs":
            pairs = values.get("NameValue", [])
            return next((pair["Value"] == "true" for pair in pairs if pair["Name"] == name), None)
        return values.get(name)

    def account(self, id: str | int) -> Body:
        """The body of an account that is known to exist."""
        return self.entries["Account"][str(id)].body

    def currency_of(self, account: Body) -> str:
        """The currency of an account: its own, or home."""
        found: str = (account.get("CurrencyRef") or {}).get("value") or self.home_currency
        return found

    def index_name(self, kind: str, entry: Entry) -> None:
        """Enter an object's name in the list of names taken, and itself under its parent."""
        parent = entry.body.get("ParentRef")
        if parent:
            self.children[(kind, parent["value"])].add(entry.id)
        field_name = entity(kind).name_field
        if field_name:
            self.names[namespace(kind)][self.name_key(kind, entry.body)] = (kind, entry.id)

    def forget_name(self, kind: str, entry: Entry) -> None:
        """The opposite of `index_name`; a name that another object holds stays taken."""
        parent = entry.body.get("ParentRef")
        if parent:
            self.children[(kind, parent["value"])].discard(entry.id)
        if entity(kind).name_field:
            taken, key = self.names[namespace(kind)], self.name_key(kind, entry.body)
            if taken.get(key) == (kind, entry.id):
                del taken[key]

    def name_key(self, kind: str, body: Body) -> str:
        """The text by which an object's name is unique: the full path for trees, the name otherwise; case-folded."""
        if kind != "Customer" and body.get("FullyQualifiedName"):
            return str(body["FullyQualifiedName"]).casefold()
        return str(body.get(entity(kind).name_field) or "").casefold()

    def save_entry(self, kind: str, entry: Entry, *, is_new: bool) -> None:
        """Write a list entity to the store and to memory, and record the change."""
        self.touched = True
        row = (
            kind,
            entry_key(entry.id),
            int(entry.active),
            entry.sync,
            entry.created,
            entry.updated,
            jsontext.dumps(entry.body),
        )
        self.store.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        old = self.entries[kind].get(entry.id)
        if old is not None:
            self.forget_name(kind, old)
        self.entries[kind][entry.id] = entry
        self.index_name(kind, entry)
        if kind == "Account":
            self.system_accounts.clear()
            self.control = self.control_accounts()
        elif kind in ("Preferences", "CompanyInfo"):
            self.refresh_preferences()
        elif kind == "RecurringTransaction":
            self.refresh_recurring()
        self.record(kind, entry.id, "Create" if is_new else "Update")

    def next_id(self, sequence: str) -> int:
        """The next number of a sequence, starting at 1; it is stored with the batch."""
        self.counters[sequence] = found = self.counters.get(sequence, 0) + 1
        return found

    def store_counters(self) -> None:
        """Write the sums and counters that moved, inside the open transaction."""
        self.balances.store(self.store, self.counters.get("changes", 0))
        for key, value in self.counters.items():
            if self._stored_counters.get(key) != value:
                self.store.set_meta(f"counter:{key}", str(value))
        self._stored_counters = dict(self.counters)

    def record(self, kind: str, id: str | int, operation: str, deleted: str = "") -> None:
        """Remember a change, for the listeners, and count it."""
        self.touched = True
        self.counters["changes"] = self.counters.get("changes", 0) + 1
        self.changes.append(Change(kind, str(id), operation, self.clock().astimezone(UTC), deleted))

    def now(self) -> str:
        """The instant as stored: UTC, whole seconds, so that text order is time order."""
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def today(self) -> date:
        """Today's business date in the company's zone."""
        return self.clock().astimezone(self.zone).date()

    def local(self, instant: str) -> str:
        """A stored instant as QBO prints it: in the company's zone, with offset."""
        return _local(instant, self.zone)

    def fiscal_year_start(self, day: date) -> date:
        """First day of the fiscal year that contains `day`."""
        start = date(day.year, self.fiscal_month, 1)
        return start if start <= day else date(day.year - 1, self.fiscal_month, 1)

    def rate(self, currency: str, day: str) -> Decimal:
        """Home units for one unit of `currency` on `day`: the latest rate set on or before it, else 1."""
        if currency == self.home_currency:
            return Decimal(1)
        sql = "SELECT rate FROM rates WHERE currency = ? AND as_of <= ? ORDER BY as_of DESC LIMIT 1"
        found = self.store.value(sql, (currency, day))
        if found is None:
            found = self.store.value("SELECT rate FROM rates WHERE currency = ? ORDER BY as_of LIMIT 1", (currency,))
        return Decimal(found or 1)

    def due_instant(self) -> str | None:
        """When the cost of a sale made now becomes due, or None where costs are posted at once."""
        if self.settings.cogs_delay <= timedelta(0):
            return None
        due = self.clock().astimezone(UTC) + self.settings.cogs_delay
        return due.strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def _local(instant: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(instant).astimezone(zone).isoformat(timespec="seconds")


PEOPLE = ("Customer", "Vendor", "Employee")


def namespace(kind: str) -> str:
    """The list within which a name must be unique: customers, vendors and employees share one."""
    return "Names" if kind in PEOPLE else kind
