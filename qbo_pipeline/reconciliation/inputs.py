"""What reconciliation is given: the frames of source, postings and ledger, and the facts around them.

What belongs here: `ReconciliationInput` and the columns of its frames. A frame is a pandas frame or an Arrow table;
columns marked optional may be null or left out. Rows dated after `as_at` may be delivered and should be, as far as
they are known: they never enter a total, but they tell a document that moved to a later date from one that is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.reconciliation.frames import DAY, EXACT, INSTANT, TEXT, WHOLE, YES_NO, FrameColumn, FrameColumns

DISPOSITIONS = (*BECAME, "not_extracted")

STOCK: FrameColumns = (
    FrameColumn("record_key", TEXT, "the record: `record_type/record_id`"),
    FrameColumn("kind", TEXT, "the record's kind, for example `shipment`"),
    FrameColumn("number", TEXT, "the source's number", required=False),
    FrameColumn("business_date", DAY, "the date on which the record counts"),
    FrameColumn("product_id", TEXT, "the product", required=False),
    FrameColumn("location_id", TEXT, "the location", required=False),
    FrameColumn("account_id", TEXT, "the inventory account that the settings give it (null: the only one)",
                required=False),
    FrameColumn("quantity", EXACT, "signed quantity, in is positive", required=False),
    FrameColumn("value", EXACT, "signed value in home currency, in is positive"),
    FrameColumn("disposition", TEXT, "what became of the record, one of `DISPOSITIONS`"),
    FrameColumn("reason", TEXT, "why it is parked, skipped, excluded or set aside", required=False),
    FrameColumn("posted_by", TEXT, "the record whose posting carries this value, where another's does (the bill of a "
           "receipt without accrual, the summary of a day); null: its own", required=False),
    FrameColumn("first_seen", INSTANT, "when the record was first extracted", required=False),
    FrameColumn("changed_seen", INSTANT, "when its present content was first extracted", required=False),
    FrameColumn("unread", YES_NO, "the source has it so now, and it was not extracted so", required=False),
    FrameColumn("awaits_document", YES_NO, "the document that moves it in QBO is not there (yet)", required=False),
)  # fmt: skip

POSTINGS: FrameColumns = (
    FrameColumn("posting_key", TEXT, "the posting's key"),
    FrameColumn("record_key", TEXT, "the record that it posts"),
    FrameColumn("revision", WHOLE, "1, 2, …: a revision is a change of content"),
    FrameColumn("qbo_type", TEXT, "QBO entity name or report label"),
    FrameColumn("qbo_id", TEXT, "Id of the QBO object, once known", required=False),
    FrameColumn("qbo_number", TEXT, "its DocNumber", required=False),
    FrameColumn("business_date", DAY, "the TxnDate that was, or will be, sent"),
    FrameColumn("state", TEXT, "ready sending posted unknown parked drifted deleted_in_qbo superseded skipped"),
    FrameColumn("reason", TEXT, "why it is parked or skipped", required=False),
    FrameColumn("first_seen", INSTANT, "when this revision was built", required=False),
    FrameColumn("sync_token", TEXT, "QBO's version of the object as we left it", required=False),
    FrameColumn("currency", TEXT, "currency of the object (null: home currency)", required=False),
    FrameColumn("record_state", TEXT,
                "the record in the source: live, voided, vanished, set_aside (null: judged by its stock rows)",
           required=False),
    FrameColumn("by_person", TEXT,
                "what a person decided about its object: accepted (taken as it stands in QBO), reversed "
           "(taken out, or what takes another posting out); null: nothing", required=False),
    FrameColumn("costed", YES_NO, "QBO costs the goods on it by itself: its effects are what QBO booked, where it is "
                "as it was posted, else what the source says", required=False),
)  # fmt: skip

EFFECTS: FrameColumns = (
    FrameColumn("posting_key", TEXT, "the posting"),
    FrameColumn("revision", WHOLE, "its revision"),
    FrameColumn("account_id", TEXT, "the inventory account"),
    FrameColumn("product_id", TEXT, "the product", required=False),
    FrameColumn("location_id", TEXT, "the location", required=False),
    FrameColumn("amount", EXACT, "what the payload does to the account, debit positive, two decimals"),
    FrameColumn("record_key", TEXT, "whose share it is, in a posting that sums up several records", required=False),
    FrameColumn("ahead", YES_NO, "it is for goods that the source has not moved (yet)", required=False),
)

LEDGER: FrameColumns = (
    FrameColumn("account_id", TEXT, "the inventory account"),
    FrameColumn("business_date", DAY, "the transaction's date"),
    FrameColumn("qbo_type", TEXT, "QBO report label or entity name"),
    FrameColumn("qbo_id", TEXT, "the transaction's Id"),
    FrameColumn("qbo_number", TEXT, "its number", required=False),
    FrameColumn("name", TEXT, "customer or supplier", required=False),
    FrameColumn("memo", TEXT, "memo or description", required=False),
    FrameColumn("split", TEXT, "the account on the other side, or -Split-", required=False),
    FrameColumn("amount", EXACT, "debit positive, two decimals"),
    FrameColumn("balance", EXACT, "running balance as QBO printed it", required=False),
    FrameColumn("created_at", INSTANT, "when it was entered", required=False),
    FrameColumn("created_by", TEXT, "by whom", required=False),
    FrameColumn("changed_at", INSTANT, "when it was last changed", required=False),
    FrameColumn("changed_by", TEXT, "by whom", required=False),
    FrameColumn("marker", TEXT, "the posting key that the object's own marker names, if it has one", required=False),
)  # fmt: skip

STOCK_VALUES: FrameColumns = (
    FrameColumn("product_id", TEXT, "the product", required=False),
    FrameColumn("location_id", TEXT, "the location", required=False),
    FrameColumn("account_id", TEXT, "its inventory account (null: that of its movements)", required=False),
    FrameColumn("quantity", EXACT, "the source's own quantity as at the date", required=False),
    FrameColumn("value", EXACT, "the source's own value as at the date, home currency"),
)

LEDGER_BALANCES: FrameColumns = (
    FrameColumn("account_id", TEXT, "the inventory account"),
    FrameColumn("account_name", TEXT, "its name", required=False),
    FrameColumn("balance", EXACT, "QBO's own balance as at the date"),
    FrameColumn("opening_balance", EXACT, "QBO's balance before the first ledger line that was read (null: 0)",
           required=False),
)  # fmt: skip

OBJECTS: FrameColumns = (
    FrameColumn("qbo_type", TEXT, "entity name or report label"),
    FrameColumn("qbo_id", TEXT, "its Id"),
    FrameColumn("status", TEXT, "live, voided or deleted, as QBO answers today"),
    FrameColumn("sync_token", TEXT, "its version today", required=False),
    FrameColumn("changed_at", INSTANT, "when it was last changed", required=False),
    FrameColumn("changed_by", TEXT, "by whom, where QBO tells", required=False),
)

OBJECT_TRACKED = FrameColumn("tracked", YES_NO,
                             "whether one of its lines sells or buys an item that QBO tracks (null: not "
                        "looked at)", required=False)  # fmt: skip
OBJECT_DAY = FrameColumn("business_date", DAY, "its TxnDate today: tells one moved past the ledger's last day from one "
                    "coded to another account", required=False)  # fmt: skip

POSTED_QUANTITIES: FrameColumns = (
    FrameColumn("record_key", TEXT, "the record whose posting moves the stock of a tracked item"),
    FrameColumn("state", TEXT, "the posting's state, as in `POSTINGS`"),
    FrameColumn("qbo_type", TEXT, "QBO entity name", required=False),
    FrameColumn("qbo_id", TEXT, "Id of the QBO object, once known", required=False),
    FrameColumn("business_date", DAY, "its date in QBO"),
    FrameColumn("product_id", TEXT, "the product (null: the posting could not be built, nobody knows which)",
                required=False),
    FrameColumn("quantity", EXACT, "signed quantity, in is positive"),
)  # fmt: skip

ITEM_STOCK: FrameColumns = (
    FrameColumn("product_id", TEXT, "the product whose item it is"),
    FrameColumn("item_id", TEXT, "the item's Id in QBO"),
    FrameColumn("item_name", TEXT, "its name there"),
    FrameColumn("quantity", EXACT, "quantity on hand as at the date, by QBO's valuation"),
    FrameColumn("value", EXACT, "its value there, home currency"),
)

ITEM_MOVES: FrameColumns = (
    FrameColumn("product_id", TEXT, "the product whose item moved"),
    FrameColumn("qbo_type", TEXT, "QBO report label or entity name"),
    FrameColumn("qbo_id", TEXT, "the transaction's Id"),
    FrameColumn("quantity", EXACT, "signed quantity, in is positive"),
)

EARLIER: FrameColumns = (
    FrameColumn("difference_key", TEXT, "identity of a difference in the reconciliation before this one"),
    FrameColumn("cause", TEXT, "its cause"),
    FrameColumn("business_date", DAY, "its date"),
    FrameColumn("first_seen", INSTANT, "when it was first seen"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedItems:
    """Quantities of the items that QBO tracks for us: of which products, what our postings move (columns of
    `POSTED_QUANTITIES`), what QBO has (`ITEM_STOCK`), and for items that do not agree what moved them there
    (`ITEM_MOVES`; null: not read yet)."""

    products: frozenset[str]
    posted: Any
    stock: Any
    moves: Any | None = None


@dataclass(frozen=True, slots=True)
class ClosedBalance:
    """One account in a signed-off period: stock value and ledger balance, home currency, as they were signed."""

    account_id: str
    stock_value: Decimal
    ledger_balance: Decimal


@dataclass(frozen=True, slots=True)
class Close:
    """A signed-off period: through which date, when it was signed (aware UTC), and what was signed."""

    through: date
    signed_at: datetime
    balances: tuple[ClosedBalance, ...] = ()


def periods(closes: tuple[Close, ...]) -> list[Close]:
    """Signed-off periods by date; of one signed several times, the last signing. A day belongs to the first whose
    `through` it does not exceed."""
    last = {close.through: close for close in sorted(closes, key=lambda one: one.signed_at)}
    return [last[through] for through in sorted(last)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationInput:
    """Everything that `reconcile` looks at; it reads nothing else, no clock either.

    `stock_values` is None where the source cannot value its stock at a past date: then its movements are the stock
    value. `objects` is what QBO answers today for objects that do not agree (see `engine.objects_to_read`), with the
    columns of `OBJECTS` and, where known, `OBJECT_DAY` and `OBJECT_TRACKED`; `unanswered` says that it could not be
    asked or did not answer, so that nothing is said of what became of them. `opening_values` (columns of
    `STOCK_VALUES`) is the source's stock as at the day before `opening_date`, for a company that had stock before its
    movements are read. `opening_date` is the first day that the pipeline posts: what either side holds from before
    it, without being matched, is the opening balance; what others entered there after our first posting is an entry
    like any other. `pending_days` are days up to `as_at` that changed in the source since they were extracted; with
    `read_ahead` the stock frame has them as the source has them now. `records_read` counts the stock-moving records
    up to `as_at` that the source delivered, by kind, for the count identity; `beside_stock` those of them
    that have no row in the stock frame, by kind and disposition. `ledger_from` is the first day of which
    ledger lines were read (null: from the beginning of the company's books). `tolerance` (home currency) decides only
    the status, never what is shown. `tracked` is given where QBO keeps the stock by items. Sentences show
    instants in `time_zone` (IANA name), the company's. `hash_version` is the version of the content hash: that of a
    certificate that stands for this date, else the newest.
    """

    as_at: date
    currency: str
    stock: Any
    postings: Any
    effects: Any
    ledger: Any
    ledger_balances: Any
    stock_values: Any | None = None
    objects: Any | None = None
    unanswered: bool = False
    earlier: Any | None = None
    opening_values: Any | None = None
    closes: tuple[Close, ...] = ()
    opening_date: date | None = None
    pending_days: tuple[date, ...] = ()
    read_ahead: bool = False
    records_read: Mapping[str, int] | None = None
    beside_stock: Mapping[tuple[str, str], int] = field(default_factory=dict)
    other_records: Mapping[str, Mapping[str, int | None]] = field(
        default_factory=dict
    )  # by type: `read`, and what they became
    asset_accounts: frozenset[str] = field(default_factory=frozenset)  # names of other accounts that hold goods' value
    ledger_from: date | None = None
    ledger_read_at: datetime | None = None
    source_read_at: datetime | None = None
    tracked: TrackedItems | None = None
    tolerance: Decimal = Decimal(0)
    time_zone: str = "UTC"
    hash_version: int = 2
