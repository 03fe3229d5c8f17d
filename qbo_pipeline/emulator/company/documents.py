"""Creating, updating, deleting and voiding transactions: what holds for all of them, whatever they post."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext, ledger, linking, numbering, references, stock
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft, Party
from qbo_pipeline.emulator.company.entries import check_token
from qbo_pipeline.emulator.company.faults import (
    NOT_FOUND_DELETED,
    VALIDATION,
    QboError,
    QboFault,
    error,
    fault,
)
from qbo_pipeline.emulator.company.fields import DATE, NUMBER, Field, clean, missing, text
from qbo_pipeline.emulator.company.people_rules import add_currency
from qbo_pipeline.emulator.company.posting import banking, journals, purchases, sales, settlements
from qbo_pipeline.emulator.company.posting.lines import number_lines, ref_id
from qbo_pipeline.emulator.company.references import known_currency
from qbo_pipeline.emulator.company.schema.common import ENVELOPE
from qbo_pipeline.emulator.company.schema.entities import STARTING_VALUE, Entity, entity

POSTINGS: Final[dict[str, Callable[[Draft], None]]] = {
    "Bill": purchases.bill,
    "BillPayment": settlements.bill_payment,
    "CreditMemo": sales.credit_memo,
    "Deposit": banking.deposit,
    "Estimate": sales.estimate,
    "InventoryAdjustment": journals.inventory_adjustment,
    "Invoice": sales.invoice,
    "JournalEntry": journals.journal_entry,
    "Payment": settlements.payment,
    "Purchase": purchases.purchase,
    "PurchaseOrder": purchases.purchase_order,
    "RefundReceipt": sales.refund_receipt,
    "SalesReceipt": sales.sales_receipt,
    "Transfer": banking.transfer,
    "VendorCredit": purchases.vendor_credit,
    STARTING_VALUE: journals.starting_value,
}
_STARTING: Final = Entity(
    STARTING_VALUE,
    "transaction",
    ENVELOPE
    | {"TxnDate": DATE, "DocNumber": text(21), "PrivateNote": text(4000), "Qty": NUMBER, "UnitPrice": NUMBER}
    | {"ItemRef": Field("ref", target=("Item",))},
)
# Properties that live in columns of their own, or are computed on reading.
_NOT_STORED: Final = ("Id", "SyncToken", "DocNumber", "TxnDate", "TotalAmt", "HomeTotalAmt", "Balance", "HomeBalance")
_INSERT: Final = "INSERT OR REPLACE INTO txns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def rules_of(kind: str) -> Entity:
    """The rules of a transaction's kind, the internal one included."""
    return _STARTING if kind == STARTING_VALUE else entity(kind)


def create(book: Book, kind: str, body: Mapping[str, Any], options: frozenset[str]) -> int:
    """Enter a new transaction; returns its id. Raises every fault found in it."""
    rules = rules_of(kind)
    errors: list[QboError] = []
    cleaned = {k: v for k, v in clean(body, rules.fields, errors).items() if v is not None}
    draft = _prepare(book, rules, 0, cleaned, None, options, errors)
    draft.id = book.next_id("Transaction")
    now = book.now()
    _write(book, draft, 0, now, now)
    if kind != STARTING_VALUE:
        book.record(kind, draft.id, "Create")
    return draft.id


def update(book: Book, kind: str, body: Mapping[str, Any], options: frozenset[str]) -> int:
    """Replace a transaction, or change some of its properties (sparse), and post it anew under its id."""
    rules = rules_of(kind)
    row = existing(book, kind, body)
    id, number, day, sync, created = row["id"], row["number"], row["date"], row["sync"], row["created"]
    old = row["body"]
    errors: list[QboError] = []
    cleaned = clean(body, rules.fields, errors)
    sparse = body.get("sparse") in (True, "true")
    if rules.sparse_only and not sparse:
        errors.append(error("2010", "sparse", what=f"{kind} can only be updated sparsely"))
    merged = {k: v for k, v in ((old | cleaned) if sparse else cleaned).items() if v is not None}
    if kind in ("Payment", "BillPayment", "Transfer") and sparse:
        merged.setdefault("Amount" if kind == "Transfer" else "TotalAmt", Decimal(row["total"]).scaleb(-2))
    if "TxnDate" not in merged or kind == "InventoryAdjustment":
        merged["TxnDate"] = day
    if sparse and book.country != "US" and "TxnTaxDetail" not in cleaned:
        merged.pop("TxnTaxDetail", None)
    if "ExchangeRate" not in merged and merged["TxnDate"] == day and "ExchangeRate" in old:
        merged["ExchangeRate"] = old["ExchangeRate"]
    _check_open(book, day, errors)
    linking.check_deposited(book, id, errors)
    before = Before(id, number, old, row["total"], row["party"], row["currency"])
    draft = _prepare(book, rules, id, merged, before, options, errors)
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    _write(book, draft, sync + 1, created, book.now(), items)
    linking.after_change(book, draft, before.total, rebuild)
    book.record(kind, id, "Update")
    return int(id)


def delete(book: Book, kind: str, body: Mapping[str, Any]) -> int:
    """Take a transaction out of the books. Raises 6540, 6210, and 6000 where another transaction settles it."""
    row = existing(book, kind, body)
    id = int(row["id"])
    errors: list[QboError] = []
    _check_open(book, row["date"], errors)
    linking.check_deposited(book, id, errors)
    if book.settings.linked_delete == "refuse" and linking.settled_by(book, id):
        errors.append(error("6000", what="This transaction is linked to others. Unlink it before you delete it."))
    raise_all(errors)
    for source in linking.settled_by(book, id):
        linking.unlink(book, source, id, rebuild)
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    book.store.execute("DELETE FROM txns WHERE id = ?", (id,))
    book.store.execute("DELETE FROM links WHERE target = ?", (id,))
    book.store.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (kind, id, book.now()))
    stock.replay(book, items)
    book.record(kind, id, "Delete")
    return id


def void(book: Book, kind: str, body: Mapping[str, Any]) -> int:
    """Set a transaction's amounts to zero and clear its links, and keep it. Raises as `delete` does."""
    rules = rules_of(kind)
    if not rules.void:
        raise fault("500", what=f"void on {kind}")
    row = existing(book, kind, body)
    id = int(row["id"])
    errors: list[QboError] = []
    _check_open(book, row["date"], errors)
    linking.check_deposited(book, id, errors)
    sources = linking.settled_by(book, id)
    if sources and book.settings.void_of_paid_invoice == "refuse":
        errors.append(error("6450", what="A payment is applied to this transaction. Remove it before you void it."))
    raise_all(errors)
    for source in sources:
        linking.unlink(book, source, id, rebuild)
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    emptied = linking.emptied(kind, row["body"])
    now = book.now()
    sql = "UPDATE txns SET total = 0, balance = CASE WHEN balance IS NULL THEN NULL ELSE 0 END, sync = sync + 1, updated = ?, body = ? WHERE id = ?"
    book.store.execute(sql, (now, jsontext.dumps(emptied), id))
    stock.replay(book, items)
    book.record(kind, id, "Void")
    return id


def rebuild(book: Book, id: int, body: Body | None = None) -> None:
    """Post a stored transaction anew, from its body or a changed one, because what it settles has changed."""
    sql = "SELECT entity, number, date, sync, created, total, body FROM txns WHERE id = ?"
    found = book.store.row(sql, (id,))
    assert found is not None
    kind, number, day, sync, created, total, stored = found
    is_changed = body is not None
    body = body if body is not None else jsontext.loads(stored)
    body["TxnDate"] = day
    if kind in ("Payment", "BillPayment"):
        body["TotalAmt"] = Decimal(total).scaleb(-2)
    before = Before(id, number, body, total, None, None)
    draft = _prepare(book, rules_of(kind), id, body, before, frozenset({"reposting"}), [])
    linking.withdraw(book, id)
    items = stock.remove(book, id)
    ledger.remove(book, id)
    _write(book, draft, sync + is_changed, created, book.now(), items)
    book.record(kind, id, "Update")


def existing(book: Book, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The stored row that a request names, body parsed, after checking Id (2020, 2030, 610) and SyncToken (5010)."""
    id = str(body.get("Id") or "")
    if not id:
        raise fault("2020", "Id", what="Required parameter Id is missing in the request")
    if not id.isdigit():
        raise fault("2030", "Id", what=id)
    sql = "SELECT id, number, date, sync, created, total, party, currency, body FROM txns WHERE id = ? AND entity = ?"
    found = book.store.row(sql, (int(id) if len(id) < 19 else -1, kind))
    if found is None:
        raise fault("610", what=NOT_FOUND_DELETED)
    names = ("id", "number", "date", "sync", "created", "total", "party", "currency", "body")
    row = dict(zip(names, found, strict=True))
    check_token(book, body, row["sync"])
    row["body"] = jsontext.loads(row["body"])
    return row


class Before:
    """What a transaction was before the change."""

    __slots__ = ("body", "currency", "id", "number", "party", "total")

    def __init__(
        self, id: int, number: str | None, body: Body, total: int, party: int | None, currency: str | None
    ) -> None:
        self.id = id
        self.number = number
        self.body = body
        self.total = total
        self.party = party
        self.currency = currency


def _prepare(
    book: Book,
    rules: Entity,
    id: int,
    body: Body,
    before: Before | None,
    options: frozenset[str],
    errors: list[QboError],
) -> Draft:
    missing(body, rules.fields, errors)
    _missing_lines(body, rules, errors)
    references.check(book, body, rules.fields, errors, before.body if before else None)
    if rules.plans and book.settings.plan not in rules.plans:
        errors.append(error("5020", what=f"{rules.name} is not available in QuickBooks Online {book.settings.plan}."))
    day = body.pop("TxnDate", None) or book.today().isoformat()
    if "reposting" not in options:
        _check_open(book, day, errors)
    old_number = before.number if before else None
    number = numbering.choose(book, rules.name, id, body.pop("DocNumber", None), old_number, options, errors)
    raise_all(errors)
    party = _party(book, rules, body)
    currency, rate = _currency(book, rules, body, day, party, errors)
    department = ref_id(body, "DepartmentRef")
    memo = body.get("PrivateNote")
    draft = Draft(
        book, rules, id, body, day, number, currency, rate, party, errors, int(department) if department else None, memo
    )
    if isinstance(body.get("Line"), list):
        body["Line"] = number_lines(body["Line"], before.body.get("Line", []) if before else [])
    if before is not None:
        linking.check_change(book, before.id, party, currency, before.party, before.currency, errors)
    POSTINGS[rules.name](draft)
    linking.link_documents(draft)
    if book.settings.negative_stock == "refuse":
        _check_stock(draft)
    raise_all(errors)
    return draft


def _check_stock(draft: Draft) -> None:
    for move in draft.moves:
        if move.qty < 0 and draft.book.balances.quantity[move.item] + move.qty < 0:
            text = "There is not enough of the product on hand to complete this transaction."
            draft.errors.append(error("6000", "Qty", what=text))


def _missing_lines(body: Body, rules: Entity, errors: list[QboError]) -> None:
    """A typed line must bring the detail that its type names."""
    if not isinstance(body.get("Line"), list) or not rules.fields["Line"].required:
        return
    for line in body["Line"]:
        kind = line.get("DetailType")
        if kind in _NEEDED and kind not in line:
            errors.append(error("2020", kind, what=f"Required parameter {kind} is missing in the request"))


_NEEDED: Final = (
    "AccountBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail",
    "JournalEntryLineDetail",
    "ItemAdjustmentLineDetail",
)


def _check_open(book: Book, day: str, errors: list[QboError]) -> None:
    if book.closed_to and day <= book.closed_to and not any(e.code == "6210" for e in errors):
        errors.append(error("6210"))


def _party(book: Book, rules: Entity, body: Body) -> Party | None:
    reference = body.get(rules.party) if rules.party else None
    if not reference:
        return None
    kinds = rules.fields[rules.party].target
    wanted = reference.get("type")
    for kind in kinds:
        if (wanted is None or wanted == kind or len(kinds) == 1) and reference["value"] in book.entries[kind]:
            if len(kinds) > 1:
                reference["type"] = kind
            return kind, int(reference["value"])
    return None


def _currency(
    book: Book, rules: Entity, body: Body, day: str, party: Party | None, errors: list[QboError]
) -> tuple[str, Decimal]:
    given = ref_id(body, "CurrencyRef")
    own = book.entries[party[0]][str(party[1])].body.get("CurrencyRef") if party else None
    expected = own["value"] if own else None
    code = given or expected or book.home_currency
    if not known_currency(code):
        errors.append(error("2220", "CurrencyRef", what=code))
        return book.home_currency, Decimal(1)
    if code != book.home_currency and not book.multi_currency:
        errors.append(error("6000", "CurrencyRef", what="Multicurrency must be turned on to use another currency."))
    if expected is not None and code != expected and rules.name != "Purchase":
        errors.append(
            error("6000", "CurrencyRef", what="The currency of the transaction must be that of the name used in it.")
        )
    if given is None and book.multi_currency and book.settings.require_currency_ref and "CurrencyRef" in rules.fields:
        errors.append(error("2020", "CurrencyRef", what="Required parameter CurrencyRef is missing in the request"))
    rate = Decimal(body.get("ExchangeRate") or 0) or book.rate(code, day)
    if code == book.home_currency:
        rate = Decimal(1)
        body.pop("ExchangeRate", None)
    elif rules.name != STARTING_VALUE:
        body["ExchangeRate"] = rate
        add_currency(book, code)
    if "CurrencyRef" in rules.fields:
        body["CurrencyRef"] = {"value": code}
    return code, rate


def _write(book: Book, draft: Draft, sync: int, created: str, updated: str, items: set[int] | None = None) -> None:
    again = stock.cost(book, draft)
    kind, party = draft.party or (None, None)
    stored = {k: v for k, v in draft.body.items() if k not in _NOT_STORED}
    if draft.entity.name == "Transfer":
        stored.pop("Amount", None)
    balance = None if draft.balance is None else draft.balance - linking.applied(book, draft.id)
    row = (draft.id, draft.entity.name, draft.number, draft.date, kind, party, draft.currency, draft.total, balance)
    book.store.execute(_INSERT, (*row, sync, created, updated, jsontext.dumps(stored)))
    ledger.write(book, draft.id, draft.date, draft.lines)
    stock.write(book, draft)
    stock.replay(book, again | (items or set()))
    linking.enter(book, draft, updated)


def raise_all(errors: list[QboError]) -> None:
    """Raise a fault of all errors, if there are any."""
    if errors:
        raise QboFault(400, VALIDATION, errors)
