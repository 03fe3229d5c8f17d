"""The columns of every frame that a reconciliation answers with, and in which order its rows stand.

What belongs here: name, type and meaning of each column. Money is in the home currency with two decimals; the sign is
that of the ledger, so that a positive difference means that the ledger has more than the stock is worth.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation.frames import (
    DAY,
    EXACT,
    INSTANT,
    MONEY,
    TEXT,
    WHOLE,
    YES_NO,
    FrameColumn,
    FrameColumns,
)

ACCOUNTS: FrameColumns = (
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("account_name", TEXT, "its name (the id where QBO gave none)"),
    FrameColumn("stock_value", MONEY, "the source's stock value as at the date"),
    FrameColumn("ledger_balance", MONEY, "QBO's own balance as at the date"),
    FrameColumn("difference", MONEY, "ledger_balance − stock_value"),
    FrameColumn("explained", MONEY, "the part that has causes"),
    FrameColumn("unexplained", MONEY, "difference − explained"),
    FrameColumn("timing", MONEY, "of `explained`: causes of group `timing`"),
    FrameColumn("not_posted", MONEY, "… `not_posted`"),
    FrameColumn("parked", MONEY, "… `parked`"),
    FrameColumn("changed_in_qbo", MONEY, "… `changed_in_qbo`"),
    FrameColumn("deleted_in_qbo", MONEY, "… `deleted_in_qbo`"),
    FrameColumn("qbo_only", MONEY, "… `qbo_only`"),
    FrameColumn("back_dated", MONEY, "… `back_dated`"),
    FrameColumn("cost", MONEY, "… `cost` (cost, landed cost, revaluation, FX)"),
    FrameColumn("source", MONEY, "… `source` (changed or vanished in the source, source contradicts itself)"),
    FrameColumn("opening", MONEY, "… `opening`"),
    FrameColumn("rounding", MONEY, "… `rounding`"),
    FrameColumn("status", TEXT, "balanced, explained, unexplained or doubled"),
)  # ordered by account_id; the groups are those of `causes.CAUSES`

DOCUMENTS: FrameColumns = (
    FrameColumn(
        "document_key",
        TEXT,
        "record key; `qbo/<type>/<id>` for an entry that only QBO has; `account/…`, "
        "`product/…` for what belongs to no document",
    ),
    FrameColumn("kind", TEXT, "the record's kind, null where only QBO has it"),
    FrameColumn("source_number", TEXT, "the source's number"),
    FrameColumn("business_date", DAY, "the source's date, else QBO's"),
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("qbo_type", TEXT, "QBO entity (the first, where a record has several)"),
    FrameColumn("qbo_id", TEXT, "its Id"),
    FrameColumn("qbo_number", TEXT, "its number"),
    FrameColumn("state", TEXT, "state of the posting, or the record's disposition where there is none"),
    FrameColumn("source_value", MONEY, "what the source says"),
    FrameColumn("posted_value", MONEY, "what the postings in QBO were to do"),
    FrameColumn("ledger_value", MONEY, "what QBO's ledger has"),
    FrameColumn("difference", MONEY, "ledger_value − source_value = the sum of its rows in `differences`"),
    FrameColumn("causes", TEXT, "codes of its causes, in the order of the list, joined by `, `"),
    FrameColumn("age_days", WHOLE, "as_at − business_date"),
)  # one row a document and account that has a row in `differences`; ordered by business_date, document_key, account_id

DIFFERENCES: FrameColumns = (
    FrameColumn("difference_key", TEXT, "identity of the difference from one reconciliation to the next"),
    FrameColumn("scope", TEXT, "document | ledger_entry | product_location | account: what the row is about"),
    FrameColumn("document_key", TEXT, "see `documents`"),
    FrameColumn("record_key", TEXT, "record of the trace"),
    FrameColumn("posting_key", TEXT, "posting of the trace"),
    FrameColumn("revision", WHOLE, "its revision"),
    FrameColumn("kind", TEXT, "the record's kind"),
    FrameColumn("source_number", TEXT, "the source's number"),
    FrameColumn("business_date", DAY, "the day on which the amount parts the two sides"),
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("cause", TEXT, "code from the closed list (`causes.Cause`)"),
    FrameColumn("detail", TEXT, "what exactly: amount, account or date; reason of a parked one; kind of QBO entry"),
    FrameColumn("amount", MONEY, "the part of ledger − stock that this cause explains"),
    FrameColumn("qbo_type", TEXT, "QBO entity"),
    FrameColumn("qbo_id", TEXT, "its Id"),
    FrameColumn("qbo_number", TEXT, "its number"),
    FrameColumn("state", TEXT, "state of the posting or disposition of the record"),
    FrameColumn("reason", TEXT, "its reason, as recorded"),
    FrameColumn("changed_at", INSTANT, "when the QBO object was entered or last changed, as far as QBO tells"),
    FrameColumn("changed_by", TEXT, "by whom"),
    FrameColumn("first_seen", INSTANT, "when the difference was first seen by an earlier reconciliation; null: now"),
    FrameColumn("age_days", WHOLE, "as_at − business_date"),
    FrameColumn("explanation", TEXT, "in plain words: what happened, with what, by whom"),
    FrameColumn("remedy", TEXT, "what to do, in plain words"),
    FrameColumn("who", TEXT, "who does it: accountant, data engineer, source user, nobody"),
)  # ordered by business_date, document_key, account_id, cause, detail, amount
# A document that only moved its date within the period has two rows, − on the one day and + on the other.

CAUSES: FrameColumns = (
    FrameColumn("cause", TEXT, "code"),
    FrameColumn("label", TEXT, "name for people"),
    FrameColumn("group", TEXT, "column of the certification"),
    FrameColumn("count", WHOLE, "documents that have it"),
    FrameColumn("amount", MONEY, "net amount"),
    FrameColumn("gross", MONEY, "sum of the amounts without their signs"),
)  # causes that occur, in the order of the list; `unexplained` last

BY_DATE: FrameColumns = (
    FrameColumn("business_date", DAY, "day with a movement on either side"),
    FrameColumn("stock_movement", MONEY, "the source's movements of the day"),
    FrameColumn("ledger_movement", MONEY, "the ledger's lines of the day"),
    FrameColumn("delta", MONEY, "ledger_movement − stock_movement"),
    FrameColumn("cumulative_stock", MONEY, "stock value from movements"),
    FrameColumn("cumulative_ledger", MONEY, "ledger balance from lines"),
    FrameColumn("cumulative_difference", MONEY, "cumulative_ledger − cumulative_stock"),
    FrameColumn("documents", WHOLE, "documents with a difference on that day"),
)  # ordered by day; everything before `opening_date` is in the first row, dated the day before it

BY_PRODUCT_LOCATION: FrameColumns = (
    FrameColumn("product_id", TEXT, "product"),
    FrameColumn("location_id", TEXT, "location"),
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("quantity", EXACT, "quantity from movements"),
    FrameColumn("source_value", MONEY, "value from movements"),
    FrameColumn("own_quantity", EXACT, "the source's own quantity; null where it has no such row or cannot tell"),
    FrameColumn("own_value", MONEY, "the source's own value; null likewise"),
    FrameColumn(
        "posted_value", MONEY, "from the effects of our postings in QBO (QBO itself keeps no value by location)"
    ),
    FrameColumn("difference", MONEY, "posted_value − (own_value, else source_value)"),
    FrameColumn("largest_document", TEXT, "record with the largest value without sign"),
    FrameColumn("last_movement", DAY, "its last movement"),
)  # ordered by product_id, location_id, account_id; not part of the identity: shows where, `differences` shows why

ROLL_FORWARD: FrameColumns = (
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("line", TEXT, "one of `ROLL_FORWARD_LINES`"),
    FrameColumn("source", MONEY, "the source's side"),
    FrameColumn("ledger", MONEY, "QBO's side"),
    FrameColumn("difference", MONEY, "ledger − source"),
    FrameColumn("signed_source", MONEY, "opening only: what was signed; null without a sign-off"),
    FrameColumn("signed_ledger", MONEY, "opening only: likewise"),
)  # ordered by account_id, then the order of the lines; opening is the close of the last signed-off period

ROLL_FORWARD_LINES = (
    "opening", "receipts", "issues", "returns", "adjustments", "assemblies", "transfers", "landed_cost",
    "revaluation", "opening_stock", "documents", "entries_by_others", "outside_movements", "closing",
)  # fmt: skip

AGEING_BUCKETS = ("0-7", "8-30", "31-60", "61-90", ">90")

AGEING: FrameColumns = (
    FrameColumn("cause", TEXT, "code"),
    FrameColumn("bucket", TEXT, "age in days, one of `AGEING_BUCKETS`"),
    FrameColumn("count", WHOLE, "rows of `differences`"),
    FrameColumn("amount", MONEY, "net amount"),
    FrameColumn("carried_forward", WHOLE, "of them, seen by an earlier reconciliation"),
    FrameColumn("new", WHOLE, "of them, seen for the first time"),
    FrameColumn("cleared", WHOLE, "differences of the reconciliation before that are gone now"),
)  # every occurring cause with all five buckets

LATE_ARRIVALS: FrameColumns = (
    FrameColumn("side", TEXT, "source or ledger"),
    FrameColumn("signed_through", DAY, "the signed-off period that it falls into"),
    FrameColumn("signed_at", INSTANT, "when that was signed"),
    FrameColumn("document_key", TEXT, "see `documents`"),
    FrameColumn("kind", TEXT, "the record's kind, or QBO's type"),
    FrameColumn("number", TEXT, "its number"),
    FrameColumn("business_date", DAY, "its date"),
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("amount", MONEY, "what it does to the period now"),
    FrameColumn("what", TEXT, "arrived or changed"),
    FrameColumn("at", INSTANT, "when it was first seen, or entered or changed in QBO"),
    FrameColumn("by", TEXT, "by whom, where QBO tells"),
)  # ordered by business_date, document_key, account_id, side

LEDGER_ONLY: FrameColumns = (
    FrameColumn("business_date", DAY, "date"),
    FrameColumn("qbo_type", TEXT, "type as QBO calls it"),
    FrameColumn("qbo_id", TEXT, "Id"),
    FrameColumn("qbo_number", TEXT, "number"),
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("amount", MONEY, "amount"),
    FrameColumn("name", TEXT, "customer or supplier"),
    FrameColumn("memo", TEXT, "memo, as it is"),
    FrameColumn("split", TEXT, "other account"),
    FrameColumn("created_at", INSTANT, "entered"),
    FrameColumn("created_by", TEXT, "by"),
    FrameColumn("changed_at", INSTANT, "last changed"),
    FrameColumn("changed_by", TEXT, "by"),
    FrameColumn("cause", TEXT, "its cause: qbo_only, duplicate_in_qbo, doubled_cogs, moved_account, opening_balance"),
)  # one row a ledger line that we did not post; ordered by business_date, qbo_type, qbo_id, account_id, amount

CHANGED_AFTER_POSTING: FrameColumns = (
    FrameColumn("side", TEXT, "qbo or source: where it changed"),
    FrameColumn("document_key", TEXT, "see `documents`"),
    FrameColumn("posting_key", TEXT, "the posting"),
    FrameColumn("qbo_type", TEXT, "QBO entity"),
    FrameColumn("qbo_id", TEXT, "Id"),
    FrameColumn("qbo_number", TEXT, "number"),
    FrameColumn("field", TEXT, "amount, account, date or all (deleted, voided, vanished)"),
    FrameColumn("sent", TEXT, "value sent"),
    FrameColumn("now", TEXT, "value now"),
    FrameColumn("changed_at", INSTANT, "when, as far as known"),
    FrameColumn("changed_by", TEXT, "by whom, where QBO tells"),
    FrameColumn("effect", MONEY, "effect on the inventory accounts as at the date"),
)  # ordered by document_key, posting_key, side, field

COMPLETENESS: FrameColumns = (
    FrameColumn("account_id", TEXT, "inventory account"),
    FrameColumn("opening_balance", MONEY, "QBO's balance before the first line read"),
    FrameColumn("lines", WHOLE, "ledger lines up to the date"),
    FrameColumn("movement", MONEY, "their sum"),
    FrameColumn("balance", MONEY, "QBO's own balance"),
    FrameColumn("missing", MONEY, "balance − opening_balance − movement"),
    FrameColumn("complete", YES_NO, "nothing is missing"),
)  # ordered by account_id

COUNTS: FrameColumns = (
    FrameColumn("kind", TEXT, "the kind of stock-moving records, the type of others"),
    FrameColumn("read", WHOLE, "records that the source delivered; null where that is not known"),
    FrameColumn("posted", WHOLE, "records by disposition …"),
    FrameColumn("waiting", WHOLE, "…"),
    FrameColumn("parked", WHOLE, "…"),
    FrameColumn("skipped", WHOLE, "…"),
    FrameColumn("excluded", WHOLE, "…"),
    FrameColumn("set_aside", WHOLE, "…"),
    FrameColumn("not_extracted", WHOLE, "seen in the source, not extracted (not part of `read`)"),
    FrameColumn(
        "holds", YES_NO, "read = posted + waiting + parked + skipped + excluded + set_aside; null: not checked"
    ),
)  # stock-moving records ordered by kind, then the other types

QUANTITY_GROUPS = (
    "timing", "not_posted", "parked", "changed_in_qbo", "deleted_in_qbo", "qbo_only", "source", "opening",
)  # fmt: skip
QUANTITIES: FrameColumns = (
    FrameColumn("product_id", TEXT, "product whose item QBO tracks"),
    FrameColumn("item_id", TEXT, "the item's Id in QBO, null where it has none"),
    FrameColumn("item_name", TEXT, "its name there"),
    FrameColumn("source_quantity", EXACT, "the source's quantity as at the date, over all locations"),
    FrameColumn("qbo_quantity", EXACT, "QBO's quantity on hand as at the date"),
    FrameColumn("difference", EXACT, "qbo_quantity − source_quantity"),
    FrameColumn("timing", EXACT, "of it: goods and their document of different days, or one of them not there yet"),
    FrameColumn("not_posted", EXACT, "… not extracted, waiting or skipped"),
    FrameColumn("parked", EXACT, "… parked"),
    FrameColumn("changed_in_qbo", EXACT, "… changed in QBO after posting"),
    FrameColumn("deleted_in_qbo", EXACT, "… deleted or voided in QBO"),
    FrameColumn("qbo_only", EXACT, "… moved in QBO by others"),
    FrameColumn("source", EXACT, "… changed in the source after posting, or the source contradicts itself"),
    FrameColumn("opening", EXACT, "… opening stock that is not the item's"),
    FrameColumn("unexplained", EXACT, "what is left"),
    FrameColumn("qbo_value", EXACT, "QBO's value of the item, first in, first out"),
)  # ordered by product_id

FRAMES: dict[str, FrameColumns] = {
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
    "quantities": QUANTITIES,
}
