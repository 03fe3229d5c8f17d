"""The door: one QuickBooks Online company without HTTP. Every operation of the emulator goes through `Company`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from qbo_pipeline.emulator.company import (
    attachments,
    changes,
    documents,
    in_window,
    journal,
    merging,
    pdf,
    rates,
    reading,
    saving,
    taxservice,
    window,
)
from qbo_pipeline.emulator.company.attachments import Attachment
from qbo_pipeline.emulator.company.book import Body, Book, Change
from qbo_pipeline.emulator.company.faults import QboFault, fault
from qbo_pipeline.emulator.company.query.execute import run
from qbo_pipeline.emulator.company.reports.catalogue import build as build_report
from qbo_pipeline.emulator.company.schema import entities
from qbo_pipeline.emulator.company.seeds.copying import plant_copy
from qbo_pipeline.emulator.company.seeds.seeding import plant, upgrade
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.company.snapshots import Snapshots
from qbo_pipeline.emulator.company.store import Store
from qbo_pipeline.emulator.company.writing import Writing

__all__ = ["Attachment", "Body", "Change", "Company"]


class Company:
    """One company: entities, ledger, stock, query, reports and changes over one SQLite file (or memory).

    Thread-safe by one lock. Outside `batch` every write is committed before it returns; a refused write raises
    `faults.QboFault` and changes nothing. Bodies hold `str`, `bool`, `int`, `Decimal`, lists and dicts;
    `jsontext.dumps` writes them with exact numbers, `jsontext.loads` reads a request's body.
    """

    def __init__(self, book: Book, realm: str) -> None:
        self._book = book
        self._writing = Writing(book)
        self._lock = self._writing.lock
        self._closed = False
        self.snapshots = Snapshots(book.store)
        self.realm = realm
        """The company's id, part of every URL."""

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        seed: str,
        realm: str,
        clock: Callable[[], datetime],
        settings: CompanySettings | None = None,
        copy: Mapping[str, Any] | None = None,
    ) -> Company:
        """Open the file at `path` (None: memory), or make a new company from `seed` (us, uk, eu, empty), or after
        another one (`copy`, as `seeds.copying` takes it).

        `clock` gives aware UTC instants. An existing file keeps its seed; another realm raises `ValueError`.
        """
        store = Store(path)
        stored = store.get_meta("realm")
        if stored is not None and stored != realm:
            store.close()
            raise ValueError(f"{path} holds company {stored}, not {realm}: give that realm, or another file")
        company = cls(Book(store, clock, settings or CompanySettings()), realm)
        if stored is None:
            company._plant(seed, realm, copy)
        else:
            with company.batch():
                upgrade(company._book)
        return company

    def _plant(self, seed: str, realm: str, copy: Mapping[str, Any] | None) -> None:
        with self.batch():
            if copy is None:
                plant(self._book, seed)
            else:
                plant_copy(self._book, copy)
                upgrade(self._book)
            self._book.store.set_meta("realm", realm)

    @property
    def settings(self) -> CompanySettings:
        """The settings in force."""
        return self._book.settings

    @property
    def store(self) -> Store:
        """The file itself, for tables that a gateway keeps beside the books and commits with them inside `batch`."""
        return self._book.store

    def change_settings(self, settings: CompanySettings) -> None:
        """Put other settings in force from now on; the time zone stays that of the opening."""
        with self._lock:
            self._book.settings = settings

    def close(self) -> None:
        """Let go of the file; everything acknowledged is already in it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._book.store.close()

    def batch(self) -> AbstractContextManager[None]:
        """Group commit: the writes inside are committed together on leaving; each is still refused on its own.

        Acknowledge them only after the block. Holds the company's lock, so other threads wait. May be nested. If the
        block raises, nothing of it is kept.
        """
        return self._writing.batch()

    def create(self, entity: str, body: Mapping[str, Any], options: frozenset[str] = frozenset()) -> Body:
        """Create an object; returns it as QBO would (without the `{"Invoice": …}` wrapper). Options as `include=`."""
        name = entities.entity_name(entity)
        if name == "TaxService":
            return self.tax_service(body)
        if name == "ExchangeRate":
            return self._writing.write(lambda: rates.put(self._book, body))
        rules = entities.entity(name)
        self._check_allowed(name)
        if not rules.create:
            raise fault("500", what=f"create on {name}")
        return self._writing.write(lambda: saving.create(self._book, rules, body, options))

    def update(self, entity: str, body: Mapping[str, Any], options: frozenset[str] = frozenset()) -> Body:
        """Full update, or sparse with `"sparse": true`; option `void` voids. Needs Id and SyncToken."""
        name = entities.entity_name(entity)
        if "void" in options:
            return self.void(name, body)
        if name == "ExchangeRate":
            return self._writing.write(lambda: rates.put(self._book, body))
        rules = entities.entity(name)
        self._check_allowed(name)
        if not rules.update:
            raise fault("500", what=f"update on {name}")
        return self._writing.write(lambda: saving.update(self._book, rules, body, options))

    def delete(self, entity: str, body: Mapping[str, Any]) -> Body:
        """Delete a transaction; returns `{"domain", "status": "Deleted", "Id"}`. Needs Id and SyncToken."""
        rules = entities.entity(entity)
        self._check_allowed(rules.name)
        if not rules.delete:
            raise fault("500", what=f"delete on {rules.name}")
        return self._writing.write(lambda: saving.delete(self._book, rules, body))

    def void(self, entity: str, body: Mapping[str, Any]) -> Body:
        """Void: amounts become zero, links are cleared, PrivateNote starts with Voided."""
        rules = entities.entity(entity)
        return self._writing.write(lambda: saving.stored(self._book, documents.void(self._book, rules.name, body)))

    def merge_customers(self, gone: str, kept: str) -> None:
        """Move all documents of one customer to another and let it go, as QBO's window does; not a call of the API."""
        self._writing.write(lambda: merging.customers(self._book, gone, kept))

    def invoice_charges(self, customer: str) -> Body:
        """Invoice a customer for what waits to be reimbursed, as QBO's window does; not a call of the API.

        Returns the invoice. Raises 6000 where nothing waits, and the faults of an invoice.
        """
        return self._writing.write(lambda: in_window.invoice_charges(self._book, customer))

    def make_bundle(self, name: str, parts: dict[str, Decimal]) -> Body:
        """Make a bundle of products (Ids and quantities), as QBO's window does; not a call of the API.

        Returns the Item. Raises 6240, 2500 and 2020.
        """
        return self._writing.write(lambda: in_window.make_bundle(self._book, name, parts))

    def pay_tax(self, agency: str, account: str, amount: Decimal, **more: Any) -> Body:
        """Pay a tax agency from a bank account, or get tax back, as QBO's window does; not a call of the API.

        See `in_window.pay_tax` for the rest. Returns the TaxPayment.
        """
        return self._writing.write(lambda: in_window.pay_tax(self._book, agency, account, amount, **more))

    @property
    def today(self) -> date:
        """Today's business date in the company's zone."""
        return self._book.today()

    def _check_allowed(self, name: str) -> None:
        if name == "InventoryAdjustment" and name not in self._book.settings.premium:
            raise fault("5020", what="InventoryAdjustment is a premium API; this app may not use it.")

    def read(self, entity: str, id: str) -> Body:
        """One object. CompanyInfo and Preferences are found under any id. Raises fault 610, 2030 for no number."""
        with self._lock:
            return reading.one(self._writing.settled(), entity, id)

    def query(self, text: str) -> Body:
        """The value of `QueryResponse` for a statement of QBO's query language."""
        with self._lock:
            return run(self._writing.settled(), text)

    def report(self, name: str, params: Mapping[str, str]) -> Body:
        """A report in QBO's Header/Columns/Rows shape; `params` are the URL's parameters."""
        with self.batch():  # a report on cash basis may need an account that is not there yet
            try:
                return build_report(self._writing.settled(), name, params)
            except QboFault as fault:
                refused = fault  # raised outside: to leave by an exception would take back the batch around this
        raise refused

    def changes(self, entities: list[str], since: datetime) -> Body:
        """Change data capture: `{"CDCResponse": [...]}` with stubs for what was deleted. `since` is aware."""
        with self._lock:
            return changes.since(self._writing.settled(), entities, since)

    def exchange_rate(self, currency: str, as_of: date | None = None) -> Body:
        """The ExchangeRate object of a currency at a date (today if None). It is set by `create("ExchangeRate", …)`."""
        with self._lock:
            return rates.get(self._book, currency, as_of)

    def tax_service(self, body: Mapping[str, Any]) -> Body:
        """`POST /taxservice/taxcode`: makes a tax code and its rates; the answer is not wrapped."""
        return self._writing.write(lambda: taxservice.create(self._book, body))

    def upload(self, metadata: Mapping[str, Any] | None, file_name: str, content_type: str, content: bytes) -> Body:
        """Store a file; returns its Attachable. Raises 6030 where it is too large."""
        file = attachments.Attachment(file_name, content_type, content)
        return self._writing.write(lambda: attachments.upload(self._book, metadata, file))

    def download(self, id: str) -> Attachment:
        """The file of an Attachable. Raises fault 610."""
        with self._lock:
            return attachments.download(self._book, id)

    def pdf(self, entity: str, id: str) -> bytes:
        """A simple PDF of a form. Raises 500 for other entities, 610 for an unknown id."""
        name = entities.entity_name(entity)
        if name not in pdf.FORMS:
            raise fault("500", what=f"pdf of {name}")
        company = str(self._book.single("CompanyInfo").get("CompanyName", ""))
        return pdf.form(company, entities.LABELS[name], self.read(name, id))

    def journal(self) -> str:
        """The whole ledger in home currency as an hledger journal."""
        with self._lock:
            return journal.text(self._writing.settled())

    def accounts(self) -> list[dict[str, Any]]:
        """Accounts with id, name, type, currency and balance (`Decimal`, debit positive) for the window."""
        with self._lock:
            return window.accounts(self._writing.settled())

    def latest_transactions(self, limit: int = 50) -> list[dict[str, Any]]:
        """Newest transactions: id, entity, label, number, date, name, amount, currency, updated."""
        with self._lock:
            return window.latest_transactions(self._writing.settled(), limit)

    def latest_lines(self, limit: int = 50) -> list[dict[str, Any]]:
        """Newest ledger lines: txn, label, date, account, debit, credit, name, memo."""
        with self._lock:
            return window.latest_lines(self._writing.settled(), limit)

    def snapshot(self, name: str) -> None:
        """Keep the whole state under a name. Raises ValueError for a name that cannot be one, and inside `batch`."""
        with self._writing.outside_batch():
            self.snapshots.take(name)

    def rewind(self, name: str) -> None:
        """Go back to a snapshot: objects, ledger, numbers, what the gateway keeps beside them. Raises ValueError."""
        with self._writing.outside_batch():
            self.snapshots.bring_back(name)
            self._book.reload()

    def on_change(self, listener: Callable[[list[Change]], None]) -> None:
        """Call `listener` after each commit with the changes that it made durable, under the company's lock."""
        self._writing.listeners.append(listener)

    @property
    def change_counter(self) -> int:
        """Number of changes so far; it grows, survives a restart, and goes back with `rewind` alone."""
        return self._book.counters.get("changes", 0)

    @staticmethod
    def entity_name(name: str) -> str:
        """The canonical name (`SalesReceipt`) of an entity in any case (`salesreceipt`). Raises fault 2000."""
        return entities.entity_name(name)
