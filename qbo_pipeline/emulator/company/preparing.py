"""From a checked body to a transaction in the books: defaults, semantic rules, posting, storing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import jsontext, ledger, linking, numbering, references, stock
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.cleaning import missing
from qbo_pipeline.emulator.company.draft import Draft, Party
from qbo_pipeline.emulator.company.faults import VALIDATION, QboError, QboFault, error
from qbo_pipeline.emulator.company.fields import DATE, NUMBER, Field, text
from qbo_pipeline.emulator.company.people_rules import add_currency
from qbo_pipeline.emulator.company.posting import banking, journals, purchases, sales, settlements
from qbo_pipeline.emulator.company.posting.lines import number_lines, ref_id
from qbo_pipeline.emulator.company.references import known_currency
from qbo_pipeline.emulator.company.schema.common import ENVELOPE
from qbo_pipeline.emulator.company.schema.entities import STARTING_VALUE, Entity, entity

POSTINGS: Final[dict[str, Callable[[Draft], None]]] = {
    "Bill": purchases.bill,
    "BillPayment": settlements.bill_payment,
    "CreditCardPayment": banking.credit_card_payment,
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
TEMPLATE: Final = "template"
"""The option of a draft that is kept as a template: it takes no number."""
BY_AMOUNT: Final = ("CreditCardPayment", "Transfer")
"""Transactions whose total is called Amount."""
NOT_POSTING: Final = ("Estimate", "PurchaseOrder")
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


def prepare(
    book: Book,
    rules: Entity,
    id: int,
    body: Body,
    before: Before | None,
    options: frozenset[str],
    errors: list[QboError],
) -> Draft:
    """The draft of a transaction from its cleaned body. Raises every fault of the tables, then every one of posting.

    `id` is 0 for a new one; the option `reposting` leaves the closing date aside.
    """
    missing(body, rules.fields, errors)
    _missing_lines(body, rules, errors)
    references.check(book, body, rules.fields, errors, before.body if before else None)
    if rules.plans and book.settings.plan not in rules.plans:
        errors.append(error("5020", what=f"{rules.name} is not available in QuickBooks Online {book.settings.plan}."))
    day = body.pop("TxnDate", None) or book.today().isoformat()
    if "reposting" not in options:
        check_open(book, rules.name, day, errors)
    old_number = before.number if before else None
    given = body.pop("DocNumber", None)
    named = ref_id(body, rules.party) if rules.party else None
    number = None
    if TEMPLATE not in options:
        number = numbering.choose(book, rules.name, id, given, old_number, options, errors, named)
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
    for line in body.get("Line") or []:
        kind = line.get("DetailType")
        if kind in _NEEDED and kind not in line:
            errors.append(error("2020", kind, what=f"Required parameter {kind} is missing in the request"))


_NEEDED: Final = (
    "AccountBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail",
    "JournalEntryLineDetail",
    "ItemAdjustmentLineDetail",
)


def check_open(book: Book, kind: str, day: str, errors: list[QboError]) -> None:
    """Append 6210 for a day in the closed period, once; what posts nothing is let through unless it is held too."""
    if kind in NOT_POSTING and not book.settings.closed_period_holds_not_posting:
        return
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


def write(
    book: Book, draft: Draft, sync: int, created: str, updated: str, items: set[int] | None = None
) -> tuple[Any, ...]:
    """Store a draft with its lines, moves and links; `items` are those whose earlier moves were taken out."""
    again = stock.cost(book, draft)
    kind, party = draft.party or (None, None)
    stored = {k: v for k, v in draft.body.items() if k not in _NOT_STORED}
    if draft.entity.name in BY_AMOUNT:
        stored.pop("Amount", None)
    balance = draft.balance
    if balance is not None and items is not None:
        balance -= linking.applied(book, draft.id)
    head = (draft.id, draft.entity.name, draft.number, draft.date, kind, party, draft.currency, draft.total, balance)
    row = (*head, sync, created, updated)
    book.store.execute(_INSERT, (*row, jsontext.dumps(stored)))
    ledger.write(book, draft.id, draft.date, draft.lines)
    stock.write(book, draft)
    if again or items:
        stock.replay(book, again | (items or set()))
    linking.enter(book, draft, updated)
    return (*row, stored)


def raise_all(errors: list[QboError]) -> None:
    """Raise a fault of all errors, if there are any."""
    if errors:
        raise QboFault(400, VALIDATION, errors)
