"""What reconciliation answers: the totals, the frames with every column documented, and the status.

What belongs here: `Reconciliation` and the columns of its frames. Amounts are home currency with two decimals
(`decimal128(18, 2)`), debit positive. Everywhere **difference = ledger − stock**: positive where QBO's ledger shows
more than the stock is worth. Every frame has a stated order and is the same for the same data, whatever the order
of the rows that came in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from qbo_pipeline.reconciliation.frames import DAY, EXACT, INSTANT, MONEY, TEXT, WHOLE, YES_NO, Column, Columns
from qbo_pipeline.verdicts import OF_STATUS

STATUSES = tuple(OF_STATUS)

ACCOUNTS: Columns = (
    Column("account_id", TEXT, "inventory account"),
    Column("account_name", TEXT, "its name (the id where QBO gave none)"),
    Column("stock_value", MONEY, "the source's stock value as at the date"),
    Column("ledger_balance", MONEY, "QBO's own balance as at the date"),
    Column("difference", MONEY, "ledger_balance − stock_value"),
    Column("explained", MONEY, "the part that has causes"),
    Column("unexplained", MONEY, "difference − explained"),
    Column("timing", MONEY, "of `explained`: causes of group `timing`"),
    Column("not_posted", MONEY, "… `not_posted`"),
    Column("parked", MONEY, "… `parked`"),
    Column("changed_in_qbo", MONEY, "… `changed_in_qbo`"),
    Column("deleted_in_qbo", MONEY, "… `deleted_in_qbo`"),
    Column("qbo_only", MONEY, "… `qbo_only`"),
    Column("back_dated", MONEY, "… `back_dated`"),
    Column("cost", MONEY, "… `cost` (cost, landed cost, revaluation, FX)"),
    Column("source", MONEY, "… `source` (changed or vanished in the source, source contradicts itself)"),
    Column("opening", MONEY, "… `opening`"),
    Column("rounding", MONEY, "… `rounding`"),
    Column("status", TEXT, "balanced, explained, unexplained or doubled"),
)  # ordered by account_id; the groups are those of `causes.CAUSES`

DOCUMENTS: Columns = (
    Column(
        "document_key",
        TEXT,
        "record key; `qbo/<type>/<id>` for an entry that only QBO has; `account/…`, "
        "`product/…` for what belongs to no document",
    ),
    Column("kind", TEXT, "the record's kind, null where only QBO has it"),
    Column("source_number", TEXT, "the source's number"),
    Column("business_date", DAY, "the source's date, else QBO's"),
    Column("account_id", TEXT, "inventory account"),
    Column("qbo_type", TEXT, "QBO entity (the first, where a record has several)"),
    Column("qbo_id", TEXT, "its Id"),
    Column("qbo_number", TEXT, "its number"),
    Column("state", TEXT, "state of the posting, or the record's disposition where there is none"),
    Column("source_value", MONEY, "what the source says"),
    Column("posted_value", MONEY, "what the postings in QBO were to do"),
    Column("ledger_value", MONEY, "what QBO's ledger has"),
    Column("difference", MONEY, "ledger_value − source_value = the sum of its rows in `differences`"),
    Column("causes", TEXT, "codes of its causes, in the order of the list, joined by `, `"),
    Column("age_days", WHOLE, "as_at − business_date"),
)  # one row a document and account that has a row in `differences`; ordered by business_date, document_key, account_id

DIFFERENCES: Columns = (
    Column("difference_key", TEXT, "identity of the difference from one reconciliation to the next"),
    Column("scope", TEXT, "document | ledger_entry | product_location | account: what the row is about"),
    Column("document_key", TEXT, "see `documents`"),
    Column("record_key", TEXT, "record of the trace"),
    Column("posting_key", TEXT, "posting of the trace"),
    Column("revision", WHOLE, "its revision"),
    Column("kind", TEXT, "the record's kind"),
    Column("source_number", TEXT, "the source's number"),
    Column("business_date", DAY, "the day on which the amount parts the two sides"),
    Column("account_id", TEXT, "inventory account"),
    Column("cause", TEXT, "code from the closed list (`causes.Cause`)"),
    Column("detail", TEXT, "what exactly: amount, account or date; reason of a parked one; kind of QBO entry"),
    Column("amount", MONEY, "the part of ledger − stock that this cause explains"),
    Column("qbo_type", TEXT, "QBO entity"),
    Column("qbo_id", TEXT, "its Id"),
    Column("qbo_number", TEXT, "its number"),
    Column("state", TEXT, "state of the posting or disposition of the record"),
    Column("reason", TEXT, "its reason, as recorded"),
    Column("changed_at", INSTANT, "when the QBO object was entered or last changed, as far as QBO tells"),
    Column("changed_by", TEXT, "by whom"),
    Column("first_seen", INSTANT, "when the difference was first seen by an earlier reconciliation; null: now"),
    Column("age_days", WHOLE, "as_at − business_date"),
    Column("explanation", TEXT, "in plain words: what happened, with what, by whom"),
    Column("remedy", TEXT, "what to do, in plain words"),
    Column("who", TEXT, "who does it: accountant, data engineer, source user, nobody"),
)  # ordered by business_date, document_key, account_id, cause, detail, amount
# A document that only moved its date within the period has two rows, − on the one day and + on the other.

CAUSES: Columns = (
    Column("cause", TEXT, "code"),
    Column("label", TEXT, "name for people"),
    Column("group", TEXT, "column of the certification"),
    Column("count", WHOLE, "documents that have it"),
    Column("amount", MONEY, "net amount"),
    Column("gross", MONEY, "sum of the amounts without their signs"),
)  # causes that occur, in the order of the list; `unexplained` last

BY_DATE: Columns = (
    Column("business_date", DAY, "day with a movement on either side"),
    Column("stock_movement", MONEY, "the source's movements of the day"),
    Column("ledger_movement", MONEY, "the ledger's lines of the day"),
    Column("delta", MONEY, "ledger_movement − stock_movement"),
    Column("cumulative_stock", MONEY, "stock value from movements"),
    Column("cumulative_ledger", MONEY, "ledger balance from lines"),
    Column("cumulative_difference", MONEY, "cumulative_ledger − cumulative_stock"),
    Column("documents", WHOLE, "documents with a difference on that day"),
)  # ordered by day; everything before `opening_date` is in the first row, dated the day before it

BY_PRODUCT_LOCATION: Columns = (
    Column("product_id", TEXT, "product"),
    Column("location_id", TEXT, "location"),
    Column("account_id", TEXT, "inventory account"),
    Column("quantity", EXACT, "quantity from movements"),
    Column("source_value", MONEY, "value from movements"),
    Column("own_quantity", EXACT, "the source's own quantity; null where it has no such row or cannot tell"),
    Column("own_value", MONEY, "the source's own value; null likewise"),
    Column("posted_value", MONEY, "from the effects of our postings in QBO (QBO itself keeps no value by location)"),
    Column("difference", MONEY, "posted_value − (own_value, else source_value)"),
    Column("largest_document", TEXT, "record with the largest value without sign"),
    Column("last_movement", DAY, "its last movement"),
)  # ordered by product_id, location_id, account_id; not part of the identity: shows where, `differences` shows why

ROLL_FORWARD: Columns = (
    Column("account_id", TEXT, "inventory account"),
    Column("line", TEXT, "one of `ROLL_FORWARD_LINES`"),
    Column("source", MONEY, "the source's side"),
    Column("ledger", MONEY, "QBO's side"),
    Column("difference", MONEY, "ledger − source"),
    Column("signed_source", MONEY, "opening only: what was signed; null without a sign-off"),
    Column("signed_ledger", MONEY, "opening only: likewise"),
)  # ordered by account_id, then the order of the lines; opening is the close of the last signed-off period

ROLL_FORWARD_LINES = (
    "opening", "receipts", "issues", "returns", "adjustments", "assemblies", "transfers", "landed_cost",
    "revaluation", "opening_stock", "documents", "entries_by_others", "outside_movements", "closing",
)  # fmt: skip

AGEING_BUCKETS = ("0-7", "8-30", "31-60", "61-90", ">90")

AGEING: Columns = (
    Column("cause", TEXT, "code"),
    Column("bucket", TEXT, "age in days, one of `AGEING_BUCKETS`"),
    Column("count", WHOLE, "rows of `differences`"),
    Column("amount", MONEY, "net amount"),
    Column("carried_forward", WHOLE, "of them, seen by an earlier reconciliation"),
    Column("new", WHOLE, "of them, seen for the first time"),
    Column("cleared", WHOLE, "differences of the reconciliation before that are gone now"),
)  # every occurring cause with all five buckets

LATE_ARRIVALS: Columns = (
    Column("side", TEXT, "source or ledger"),
    Column("signed_through", DAY, "the signed-off period that it falls into"),
    Column("signed_at", INSTANT, "when that was signed"),
    Column("document_key", TEXT, "see `documents`"),
    Column("kind", TEXT, "the record's kind, or QBO's type"),
    Column("number", TEXT, "its number"),
    Column("business_date", DAY, "its date"),
    Column("account_id", TEXT, "inventory account"),
    Column("amount", MONEY, "what it does to the period now"),
    Column("what", TEXT, "arrived or changed"),
    Column("at", INSTANT, "when it was first seen, or entered or changed in QBO"),
    Column("by", TEXT, "by whom, where QBO tells"),
)  # ordered by business_date, document_key, account_id, side

LEDGER_ONLY: Columns = (
    Column("business_date", DAY, "date"),
    Column("qbo_type", TEXT, "type as QBO calls it"),
    Column("qbo_id", TEXT, "Id"),
    Column("qbo_number", TEXT, "number"),
    Column("account_id", TEXT, "inventory account"),
    Column("amount", MONEY, "amount"),
    Column("name", TEXT, "customer or supplier"),
    Column("memo", TEXT, "memo, as it is"),
    Column("split", TEXT, "other account"),
    Column("created_at", INSTANT, "entered"),
    Column("created_by", TEXT, "by"),
    Column("changed_at", INSTANT, "last changed"),
    Column("changed_by", TEXT, "by"),
    Column("cause", TEXT, "its cause: qbo_only, duplicate_in_qbo, doubled_cogs, moved_account, opening_balance"),
)  # one row a ledger line that we did not post; ordered by business_date, qbo_type, qbo_id, account_id, amount

CHANGED_AFTER_POSTING: Columns = (
    Column("side", TEXT, "qbo or source: where it changed"),
    Column("document_key", TEXT, "see `documents`"),
    Column("posting_key", TEXT, "the posting"),
    Column("qbo_type", TEXT, "QBO entity"),
    Column("qbo_id", TEXT, "Id"),
    Column("qbo_number", TEXT, "number"),
    Column("field", TEXT, "amount, account, date or all (deleted, voided, vanished)"),
    Column("sent", TEXT, "value sent"),
    Column("now", TEXT, "value now"),
    Column("changed_at", INSTANT, "when, as far as known"),
    Column("changed_by", TEXT, "by whom, where QBO tells"),
    Column("effect", MONEY, "effect on the inventory accounts as at the date"),
)  # ordered by document_key, posting_key, side, field

COMPLETENESS: Columns = (
    Column("account_id", TEXT, "inventory account"),
    Column("opening_balance", MONEY, "QBO's balance before the first line read"),
    Column("lines", WHOLE, "ledger lines up to the date"),
    Column("movement", MONEY, "their sum"),
    Column("balance", MONEY, "QBO's own balance"),
    Column("missing", MONEY, "balance − opening_balance − movement"),
    Column("complete", YES_NO, "nothing is missing"),
)  # ordered by account_id

COUNTS: Columns = (
    Column("kind", TEXT, "the kind of stock-moving records, the type of others"),
    Column("read", WHOLE, "records that the source delivered; null where that is not known"),
    Column("posted", WHOLE, "records by disposition …"),
    Column("waiting", WHOLE, "…"),
    Column("parked", WHOLE, "…"),
    Column("skipped", WHOLE, "…"),
    Column("excluded", WHOLE, "…"),
    Column("set_aside", WHOLE, "…"),
    Column("not_extracted", WHOLE, "seen in the source, not extracted (not part of `read`)"),
    Column("holds", YES_NO, "read = posted + waiting + parked + skipped + excluded + set_aside; null: not checked"),
)  # stock-moving records ordered by kind, then the other types

FRAMES: dict[str, Columns] = {
    "accounts": ACCOUNTS,
    "documents": DOCUMENTS,
    "differences": DIFFERENCES,
    "causes": CAUSES,
    "by_date": BY_DATE,
    "by_product_location": BY_PRODUCT_LOCATION,
    "roll_forward": ROLL_FORWARD,
    "ageing": AGEING,
    "late_arrivals": LATE_ARRIVALS,
    "ledger_only": LEDGER_ONLY,
    "changed_after_posting": CHANGED_AFTER_POSTING,
    "completeness": COMPLETENESS,
    "counts": COUNTS,
}


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first day on which the two sides part: the day, by how much, and the documents of that day."""

    business_date: date
    amount: Decimal
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reconciliation:
    """Stock value against ledger at a date: totals, causes and every frame of the reports.

    `difference = ledger_balance − stock_value = explained + unexplained`, exactly; `explained` is the sum of the
    causes. `status`: `balanced` (no difference at all), `explained`, `doubled` (a
    document stands twice), or `unexplained` (unexplained amounts, added
    without their signs, exceed `tolerance`). `stock_basis` is `stock_values` or `movements`. `notes` are sentences
    that a reader must know (postings under way, an incomplete ledger read, days not yet extracted).
    `content_hash` (SHA-256, hex) is the same for the same data.
    """

    as_at: date
    currency: str
    stock_value: Decimal
    ledger_balance: Decimal
    difference: Decimal
    explained: Decimal
    unexplained: Decimal
    tolerance: Decimal
    status: str
    stock_basis: str
    first_divergence: Divergence | None
    notes: tuple[str, ...]
    content_hash: str
    accounts: pd.DataFrame
    documents: pd.DataFrame
    differences: pd.DataFrame
    causes: pd.DataFrame
    by_date: pd.DataFrame
    by_product_location: pd.DataFrame
    roll_forward: pd.DataFrame
    ageing: pd.DataFrame
    late_arrivals: pd.DataFrame
    ledger_only: pd.DataFrame
    changed_after_posting: pd.DataFrame
    completeness: pd.DataFrame
    counts: pd.DataFrame
