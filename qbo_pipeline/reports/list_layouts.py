"""The layouts of the lists (S7–S11, late arrivals, counts, completeness of the read) as data.

What belongs here: as in `layouts.py`, for the tables that show rows as they are.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.reports.fields import DAY, INSTANT, MONEY, QUANTITY, WHOLE, YES_NO, Layout, ReportField

WORK_LIST = Layout(
    "work_list", "S7 Work list", "Work list",
    "What somebody must do, the gravest and largest first. Amount is the effect on the difference where there is one, "
    "else that of the document.",
    (
        ReportField("Severity", "severity", width=10),
        ReportField("Document", "document", width=20),
        ReportField("Amount", "amount", MONEY, 15),
        ReportField("What happened", "what", width=55),
        ReportField("What to do", "to_do", width=55),
        ReportField("Who", "who", width=14),
        ReportField("Since", "since", INSTANT, 16),
        ReportField("QBO message", "qbo_message", width=40),
        ReportField("Attempts", "attempts", WHOLE, 9),
        ReportField("Id of the call, for Intuit's support", "intuit_tid", width=22),
    ),
)  # fmt: skip

LEDGER_ONLY = Layout(
    "ledger_only", "S8 QBO-only entries", "Entries that only QuickBooks has",
    "Entries on the inventory accounts that the pipeline did not make; they are usually the cause of a difference.",
    (
        ReportField("Date", "business_date", DAY, 11),
        ReportField("Type", "qbo_type", width=16),
        ReportField("No.", "qbo_shown", width=14, link="qbo_link"),
        ReportField("Account", "account_name", width=18),
        ReportField("Amount", "amount", MONEY, 15, total=True),
        ReportField("Cause", "cause_word", width=34),
        ReportField("Name", "name", width=24),
        ReportField("Memo", "memo", width=40),
        ReportField("Other account", "split", width=20),
        ReportField("Created by", "created_by", width=16),
        ReportField("Created at", "created_at", INSTANT, 16),
        ReportField("Changed by", "changed_by", width=16),
        ReportField("Changed at", "changed_at", INSTANT, 16),
    ),
    csv="ledger_only", totals=True, weight="amount",
)  # fmt: skip

CHANGED = Layout(
    "changed_after_posting", "S9 Changed after posting", "Changed after posting",
    "What the pipeline sent, what it is now, and what that does to the inventory accounts.",
    (
        ReportField("Where", "side_word", width=12),
        ReportField("QBO type", "qbo_type_word", width=14),
        ReportField("QBO no.", "qbo_shown", width=14, link="qbo_link"),
        ReportField("Field", "field", width=10),
        ReportField("Value sent", "sent", width=20),
        ReportField("Value now", "now", width=20),
        ReportField("By", "changed_by", width=16),
        ReportField("At", "changed_at", INSTANT, 16),
        ReportField("Effect on inventory", "effect", MONEY, 16, total=True),
        ReportField("Document", "document_key", width=24),
    ),
    csv="changed_after_posting", totals=True, weight="effect",
)  # fmt: skip

LATE = Layout(
    "late_arrivals", "Late arrivals", "Late arrivals in signed-off periods",
    "What came, or was changed, after its period had been signed off.",
    (
        ReportField("Side", "side_word", width=12),
        ReportField("Signed through", "signed_through", DAY, 13),
        ReportField("Signed at", "signed_at", INSTANT, 16),
        ReportField("Type", "kind_word", width=16),
        ReportField("Number", "number", width=16),
        ReportField("Date", "business_date", DAY, 11),
        ReportField("Account", "account_name", width=18),
        ReportField("Amount", "amount", MONEY, 15, total=True),
        ReportField("What", "what", width=10),
        ReportField("At", "at", INSTANT, 16),
        ReportField("By", "by", width=16),
        ReportField("Document", "document_key", width=24),
    ),
    csv="late_arrivals", totals=True, weight="amount",
)  # fmt: skip

POSTING_JOURNAL = Layout(
    "posting_journal", "S10 Posting journal", "Posting journal",
    "What was sent to QuickBooks, for auditors: each hash of the chain covers the one before it.",
    (
        ReportField("Posted at", "posted_at", INSTANT, 16),
        ReportField("Posting", "posting_key", width=24),
        ReportField("requestid", "requestid", width=38),
        ReportField("Payload hash", "payload_hash", width=30),
        ReportField("QBO type", "qbo_type_word", width=14),
        ReportField("Id", "qbo_id", width=10, link="qbo_link"),
        ReportField("SyncToken", "sync_token", width=10),
        ReportField("Recovered", "recovered", YES_NO, 10),
        ReportField("Chain hash", "chain_hash", width=30),
    ),
    csv="posting_journal",
)  # fmt: skip

SIGN_OFFS = Layout(
    "sign_offs", "S11 Sign-off log", "Sign-off log",
    "A sign-off is void when the data under it changes; preparer and reviewer are two people.",
    (
        ReportField("Period", "period", DAY, 12),
        ReportField("Preparer", "preparer", width=20),
        ReportField("Reviewer", "reviewer", width=20),
        ReportField("Signed at", "signed_at", INSTANT, 16),
        ReportField("Status", "status", width=14),
        ReportField("Why", "why", width=50),
        ReportField("Content hash", "content_hash", width=66),
    ),
    csv="sign_offs",
)  # fmt: skip

_SUM = ",".join(f"{{{name}}}" for name in BECAME)

COUNTS = Layout(
    "counts", "Counts", "Nothing is lost: records by what became of them",
    "Read = posted + waiting + parked + skipped + excluded + set aside.",
    (
        ReportField("Kind", "kind_word", width=22),
        ReportField("Read", "read", WHOLE, 11, total=True, whole_only=True),
        *(ReportField(name.replace("_", " ").capitalize(), name, WHOLE, 11, total=True) for name in BECAME),
        ReportField("Sum", "sum", WHOLE, 11, total=True, formula=f"SUM({_SUM})"),
        ReportField("Not extracted", "not_extracted", WHOLE, 13, total=True),
        ReportField("Adds up", "holds_word", width=12),
    ),
    csv="counts", totals=True,
)  # fmt: skip

QUANTITIES = Layout(
    "quantities", "S12 Quantities by item", "Quantities of the items that QuickBooks tracks",
    "QuickBooks' quantity on hand against the inventory system's, over all locations: QuickBooks keeps none of stock.",
    (
        ReportField("Item", "product_number", width=16),
        ReportField("Name", "product_name", width=30),
        ReportField("Name in QBO", "item_name", width=24),
        ReportField("Qty source", "source_quantity", QUANTITY, 14),
        ReportField("Qty QBO", "qbo_quantity", QUANTITY, 14),
        ReportField("Difference", "difference", QUANTITY, 13, formula="{qbo_quantity}-{source_quantity}"),
        ReportField("Timing", "timing", QUANTITY, 12),
        ReportField("Not posted", "not_posted", QUANTITY, 12),
        ReportField("Parked", "parked", QUANTITY, 12),
        ReportField("Changed in QBO", "changed_in_qbo", QUANTITY, 15),
        ReportField("Deleted in QBO", "deleted_in_qbo", QUANTITY, 15),
        ReportField("QBO-only", "qbo_only", QUANTITY, 12),
        ReportField("Changed in source", "source", QUANTITY, 17),
        ReportField("Opening", "opening", QUANTITY, 12),
        ReportField("Unexplained", "unexplained", QUANTITY, 13),
        ReportField("Value QBO", "qbo_value", MONEY, 16, total=True),
    ),
    csv="quantities", totals=True, weight="difference", only_with_rows=True,
)  # fmt: skip

WAY_BACK = Layout(
    "way_back", "S13 Way back", "What came back from QuickBooks",
    "What people did in QuickBooks, by kind and by what became of it; what waits for somebody is in the work list.",
    (
        ReportField("Kind", "kind_word", width=22),
        ReportField("What became of it", "state", width=22),
        ReportField("Why", "reason_word", width=34),
        ReportField("Count", "count", WHOLE, 11, total=True),
    ),
    csv="way_back", totals=True, only_with_rows=True,
)  # fmt: skip

TWO_WAY = Layout(
    "two_way", "S14 Both sides", "Documents, payments and lists on both sides",
    "The inventory system as it was read last against QuickBooks as it was at the instant named.",
    (
        ReportField("What", "kind_word", width=24),
        ReportField("Agree", "agree", WHOLE, 11, total=True),
        ReportField("Differ", "differ", WHOLE, 11, total=True),
        ReportField("Compared at", "compared_at", INSTANT, 18),
    ),
    csv="two_way", totals=True, only_with_rows=True,
)  # fmt: skip

TWO_WAY_DIFFERENCES = Layout(
    "two_way_differences", "S15 Sides that differ", "What differs on the two sides",
    "Each with its cause; amounts in the currency of the document.",
    (
        ReportField("What", "kind_word", width=22),
        ReportField("Key", "key", width=28),
        ReportField("Inventory system", "here", QUANTITY, 18),
        ReportField("QuickBooks", "there", QUANTITY, 18),
        ReportField("Cause", "why", width=70),
    ),
    csv="two_way_differences", only_with_rows=True,
)  # fmt: skip

COMPLETENESS = Layout(
    "completeness", "Ledger read", "Was the ledger read completely?",
    "QBO's own balance must be the opening balance and the lines that were read.",
    (
        ReportField("Account", "account_name", width=24),
        ReportField("Opening balance", "opening_balance", MONEY, 16, total=True),
        ReportField("Lines", "lines", WHOLE, 11, total=True),
        ReportField("Movement", "movement", MONEY, 16, total=True),
        ReportField("Balance (QBO)", "balance", MONEY, 16, total=True),
        ReportField("Missing", "missing", MONEY, 14, total=True,
              formula="ROUND({balance}-{opening_balance}-{movement},2)"),
        ReportField("Complete", "complete", YES_NO, 11),
    ),
    csv="completeness", totals=True,
)  # fmt: skip
