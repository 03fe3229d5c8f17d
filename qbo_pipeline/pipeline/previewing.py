"""What a run would send, as an accountant reads it: every document with its ledger lines, beside what QBO has now.

What belongs here: reading the outbox page by page, and the names behind Ids and keys. The lines themselves are made by
`accounting.preview`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, or_, select

from qbo_pipeline.accounting.preview import Names, PreviewLine, ledger_lines, party_of, totals_by_account
from qbo_pipeline.accounting.schema import SHIPPING_ITEM
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.events import CREATE, DELETE, PARKED, POSTED, READY, VOID
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.reference import references
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import UNDATED

AT_ONCE = 500  # postings in memory
WOULD = {"create": "created", "update": "updated", "void": "voided", "delete": "deleted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """One posting that is not sent yet.

    `lines` is what it would post, `before` what stands in QBO of it by our own last posting; `would` says what would
    become of the object there, and is empty for a posting that waits for a person (`reason` says for what).
    """

    key: str
    kind: str
    operation: str
    state: str
    reason: str | None
    number: str
    party: str
    day: date | None
    amount: Decimal
    currency: str
    lines: tuple[PreviewLine, ...]
    before: tuple[PreviewLine, ...]
    held_for: str = ""  # the word of the reason alone

    @property
    def would(self) -> str:
        return WOULD[self.operation] if self.state == READY else ""

    def changes(self) -> dict[tuple[str, str], Decimal]:
        """(number, account) -> by how much its balance would move, debit positive; what stays is left out."""
        now, then = totals_by_account(self.lines), totals_by_account(self.before)
        moved = {place: _net(now.get(place)) - _net(then.get(place)) for place in dict.fromkeys((*then, *now))}
        return {place: amount for place, amount in moved.items() if amount}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "key": self.key,
            "kind": self.kind,
            "would_be": self.would or None,
            "state": self.state,
            "reason": self.reason,
            "number": self.number,
            "party": self.party,
            "day": self.day.isoformat() if self.day else "",
            "amount": f"{self.amount:,.2f} {self.currency}",
            "currency": self.currency,
            "lines": [line.as_dict() for line in self.lines],
            "in_quickbooks_now": [line.as_dict() for line in self.before],
        }


@dataclass(slots=True)
class Totals:
    """Debits and credits by currency, account number and account, of what would be sent."""

    by_account: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    would: dict[str, int] = field(default_factory=dict)

    def add(self, one: Previewed) -> None:
        """Count a posting; one that waits for a person would not be sent and adds nothing to the accounts."""
        if not one.would:
            return
        self.would[one.would] = self.would.get(one.would, 0) + 1
        for (number, account), amount in one.changes().items():
            place = (one.currency, number, account)
            debit, credit = self.by_account.get(place, (Decimal("0.00"), Decimal("0.00")))
            self.by_account[place] = (debit + max(amount, Decimal(0)), credit + max(-amount, Decimal(0)))

    def rows(self) -> list[dict[str, Any]]:
        """One row for each account, in order of currency, number and name."""
        return [
            {"currency": currency, "account_number": number, "account": account, "debit": debit, "credit": credit}
            for (currency, number, account), (debit, credit) in sorted(self.by_account.items())
        ]


def preview(run: Run, last: date) -> Iterator[Previewed]:
    """Every posting up to a day that is not in QBO yet, list entries first, then by date; what waits is among them."""
    after: tuple[date, str] = (date.min, "")
    with run.database.reading() as connection:
        names = _names(connection, run)
    while True:
        with run.database.reading() as connection:
            page = _page(connection, run.name, last, after)
            if not page:
                return
            yield from _looked_at(connection, run, names, page)
        after = (page[-1]["business_date"], page[-1]["key"])


def preview_page(run: Run, after: tuple[date, str] = (date.min, ""), *, limit: int = AT_ONCE) -> list[Previewed]:
    """The first `limit` postings beyond a place that are not in QBO yet, by date and key, of all days."""
    with run.database.reading() as connection:
        return _looked_at(connection, run, _names(connection, run), _page(connection, run.name, date.max, after, limit))


def preview_of(run: Run, keys: Sequence[str]) -> list[Previewed]:
    """Those of these postings that are not in QBO yet, by date and key."""
    found: list[Previewed] = []
    with run.database.reading() as connection:
        names = _names(connection, run)
        for part in chunks(sorted(set(keys))):
            query = _unsent(run.name).where(postings.c.key.in_(part))
            rows = list(connection.execute(query.order_by(postings.c.business_date, postings.c.key)).mappings())
            found += _looked_at(connection, run, names, rows)
    return found


def lines_of(
    connection: Connection, run: Run, objects: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[tuple[PreviewLine, ...]]:
    """The ledger lines of entities with their payloads."""
    names = _names(connection, run).with_entries(connection, run.name, [payload for _, payload in objects])
    return [tuple(ledger_lines(entity, payload, names)) for entity, payload in objects]


def _looked_at(connection: Connection, run: Run, names: _Lists, page: Sequence[RowMapping]) -> list[Previewed]:
    earlier = _posted_before(connection, run.name, [row for row in page if row["operation"] != CREATE])
    payloads = [_payload(row) for row in page]
    found = names.with_entries(connection, run.name, [*payloads, *earlier.values()])
    return [
        _previewed(row, payload, earlier.get(row["key"]), found) for row, payload in zip(page, payloads, strict=True)
    ]


def _previewed(
    row: RowMapping, payload: Mapping[str, Any] | None, before: Mapping[str, Any] | None, names: Names
) -> Previewed:
    entity, gone = row["entity"], row["operation"] in (VOID, DELETE)
    shown = before if gone and before is not None else payload
    there = tuple(ledger_lines(entity, before, names)) if before is not None else ()
    return Previewed(
        key=row["key"],
        kind=entity or row["record_key"].split("/")[0],
        operation=row["operation"],
        state=row["state"],
        reason=f"{row['reason']}: {row['message']}" if row["message"] else row["reason"],
        number=str((shown or {}).get("DocNumber") or (shown or {}).get("PaymentRefNum") or row["number"] or ""),
        party=party_of(entity, shown, names) if shown else "",
        day=None if row["business_date"] == UNDATED else row["business_date"],
        amount=row["amount"],
        currency=row["currency"],
        lines=() if gone or payload is None else tuple(ledger_lines(entity, payload, names)),
        before=there,
        held_for=row["reason"] or "",
    )


_COLUMNS = [
    postings.c[name]
    for name in ("key", "revision", "record_key", "entity", "operation", "business_date", "amount", "currency",
                 "payload", "number", "state", "reason", "message")
]  # fmt: skip


def _unsent(name: str) -> Select[Any]:
    return select(*_COLUMNS).where(
        postings.c.connection == name, postings.c.superseded_by.is_(None), postings.c.state.in_((READY, PARKED))
    )


def _page(
    connection: Connection, name: str, last: date, after: tuple[date, str], limit: int = AT_ONCE
) -> list[RowMapping]:
    day, key = postings.c.business_date, postings.c.key
    beyond = or_(day > after[0], and_(day == after[0], key > after[1]))
    query = _unsent(name).where(day <= last, beyond).order_by(day, key).limit(limit)
    return list(connection.execute(query).mappings())


def _posted_before(connection: Connection, name: str, page: Sequence[RowMapping]) -> dict[str, Mapping[str, Any]]:
    """By key, the payload of the revision that stands in QBO."""
    query = (
        select(postings.c.key, postings.c.payload)
        .where(
            postings.c.connection == name,
            postings.c.key.in_([row["key"] for row in page]),
            postings.c.state == POSTED,
            postings.c.payload.is_not(None),
        )
        .order_by(postings.c.key, postings.c.revision)
    )
    return {key: from_wire(payload) for key, payload in connection.execute(query)}


def _payload(row: RowMapping) -> Mapping[str, Any] | None:
    return None if row["payload"] is None else from_wire(row["payload"])


def _net(sides: tuple[Decimal, Decimal] | None) -> Decimal:
    return Decimal(0) if sides is None else sides[0] - sides[1]


@dataclass(slots=True)
class _Lists:
    """The names in QBO's lists, read once."""

    accounts: dict[str, tuple[str, str]]
    classes: dict[str, str]
    departments: dict[str, str]
    tax_codes: dict[str, str]
    receivable: str | None
    payable: str | None
    shipping: str | None = None  # the account that QBO's own line of freight posts to

    def with_entries(self, connection: Connection, name: str, payloads: Sequence[Mapping[str, Any] | None]) -> Names:
        """With the customers, vendors and items to which these payloads refer by `$key`."""
        wanted = sorted({key for payload in payloads for key in _keys_in(payload)})
        entries: dict[str, Mapping[str, Any]] = {}
        for part in chunks(wanted):
            query = (
                select(postings.c.key, postings.c.payload)
                .where(postings.c.connection == name, postings.c.key.in_(part), postings.c.payload.is_not(None))
                .order_by(postings.c.key, postings.c.revision)
            )
            entries |= {f"${key}": from_wire(payload) for key, payload in connection.execute(query)}

        def item_account(reference: str, sold: bool) -> str | None:
            if reference == SHIPPING_ITEM:
                return self.shipping
            item = entries.get(reference, {})
            bought = item.get("AssetAccountRef") or item.get("ExpenseAccountRef")
            account = (item.get("IncomeAccountRef") if sold else bought) or {}
            found: str | None = account.get("value")
            return found

        def party(reference: str) -> str | None:
            found: str | None = entries.get(reference, {}).get("DisplayName")
            return found

        return Names(
            account=self.accounts.get,
            item_account=item_account,
            party=party,
            class_=self.classes.get,
            department=self.departments.get,
            tax_code=self.tax_codes.get,
            receivable=self.receivable,
            payable=self.payable,
        )


def _names(connection: Connection, run: Run) -> _Lists:
    lists = {
        entity: {item.qbo_id: item.name for item in references(connection, run.name, entity)}
        for entity in ("Class", "Department", "TaxCode")
    }
    chart = references(connection, run.name, "Account")
    # Without the master data, which the whole books hold: nothing of it is needed for an account's name.
    roles = resolve_rules(connection, run.settings, chart, []).by_date[0].roles
    return _Lists(
        accounts={item.qbo_id: (item.number or "", item.name) for item in chart},
        classes=lists["Class"],
        departments=lists["Department"],
        tax_codes=lists["TaxCode"],
        receivable=roles.get("accounts_receivable"),
        payable=roles.get("accounts_payable"),
        shipping=shipping_account(next((one.content for one in references(connection, run.name, "Preferences")), {})),
    )


def shipping_account(preferences: Mapping[str, Any]) -> str | None:
    """The Id of the account of QBO's own line of freight, where the company ships; `None` where it does not tell.

    `SalesFormsPrefs.DefaultShippingAccount`: an Id as companies answer it, or a reference as schemas have it.
    """
    told = preferences.get("SalesFormsPrefs", {})
    account = told.get("DefaultShippingAccount") if told.get("AllowShipping") else None
    if isinstance(account, Mapping):
        account = account.get("value")
    return str(account) if account else None


def _keys_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "value" and isinstance(item, str) and item.startswith("$"):
                yield item[1:]
            else:
                yield from _keys_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys_in(item)
