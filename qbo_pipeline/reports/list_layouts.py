"""The layouts of the lists (S7–S11, late arrivals, counts, completeness of the read) as data.

What belongs here: as in `layouts.py`, for the tables that show rows as they are.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.reports.fields import DAY, INSTANT, MONEY, WHOLE, YES_NO, Field, Layout

WORK_LIST = Layout(
    "work_list", "S7 Work list", "Work list",
    "What somebody must do, the gravest and largest first. Amount is the effect on the difference where there is one, "
    "else that of the document.",
    (
        Field("Severity", "severity", width=10),
        Field("What happened", "what", width=60),
        Field("What to do", "to_do", width=60),
        Field("Who", "who", width=14),
        Field("Document", "document", width=20),
        Field("Amount", "amount", MONEY, 15),
        Field("QBO message", "qbo_message", width=40),
        Field("intuit_tid", "intuit_tid", width=22),
        Field("Attempts", "attempts", WHOLE, 9),
        Field("Since", "since", INSTANT, 16),
    ),
)  # fmt: skip

LEDGER_ONLY = Layout(
    "ledger_only", "S8 QBO-only entries", "Entries that only QuickBooks has",
    "Entries on the inventory accounts that the pipeline did not make; they are usually the cause of a difference.",
    (
        Field("Date", "business_date", DAY, 11),
        Field("Type", "qbo_type", width=16),
        Field("No.", "qbo_shown", width=14, link="qbo_link"),
        Field("Account", "account_name", width=18),
        Field("Amount", "amount", MONEY, 15, total=True),
        Field("Cause", "cause_word", width=34),
        Field("Name", "name", width=24),
        Field("Memo", "memo", width=40),
        Field("Other account", "split", width=20),
        Field("Created by", "created_by", width=16),
        Field("Created at", "created_at", INSTANT, 16),
        Field("Changed by", "changed_by", width=16),
        Field("Changed at", "changed_at", INSTANT, 16),
    ),
    csv="ledger_only", totals=True,
)  # fmt: skip

CHANGED = Layout(
    "changed_after_posting", "S9 Changed after posting", "Changed after posting",
    "What the pipeline sent, what it is now, and what that does to the inventory accounts.",
    (
        Field("Where", "side_word", width=12),
        Field("Document", "document_key", width=24),
        Field("QBO type", "qbo_type_word", width=14),
        Field("QBO no.", "qbo_shown", width=14, link="qbo_link"),
        Field("Field", "field", width=10),
        Field("Value sent", "sent", width=20),
        Field("Value now", "now", width=20),
        Field("By", "changed_by", width=16),
        Field("At", "changed_at", INSTANT, 16),
        Field("Effect on inventory", "effect", MONEY, 16, total=True),
    ),
    csv="changed_after_posting", totals=True,
)  # fmt: skip

LATE = Layout(
    "late_arrivals", "Late arrivals", "Late arrivals in signed-off periods",
    "What came, or was changed, after its period had been signed off.",
    (
        Field("Side", "side_word", width=12),
        Field("Signed through", "signed_through", DAY, 13),
        Field("Signed at", "signed_at", INSTANT, 16),
        Field("Document", "document_key", width=24),
        Field("Type", "kind_word", width=16),
        Field("Number", "number", width=16),
        Field("Date", "business_date", DAY, 11),
        Field("Account", "account_name", width=18),
        Field("Amount", "amount", MONEY, 15, total=True),
        Field("What", "what", width=10),
        Field("At", "at", INSTANT, 16),
        Field("By", "by", width=16),
    ),
    csv="late_arrivals", totals=True,
)  # fmt: skip

POSTING_JOURNAL = Layout(
    "posting_journal", "S10 Posting journal", "Posting journal",
    "What was sent to QuickBooks, for auditors: each hash of the chain covers the one before it.",
    (
        Field("Posted at", "posted_at", INSTANT, 16),
        Field("Posting", "posting_key", width=24),
        Field("requestid", "requestid", width=38),
        Field("Payload hash", "payload_hash", width=30),
        Field("QBO type", "qbo_type_word", width=14),
        Field("Id", "qbo_id", width=10, link="qbo_link"),
        Field("SyncToken", "sync_token", width=10),
        Field("Recovered", "recovered", YES_NO, 10),
        Field("Chain hash", "chain_hash", width=30),
    ),
    csv="posting_journal",
)  # fmt: skip

SIGN_OFFS = Layout(
    "sign_offs", "S11 Sign-off log", "Sign-off log",
    "A sign-off is void when the data under it changes; preparer and reviewer are two people.",
    (
        Field("Period", "period", DAY, 11),
        Field("Hash", "content_hash", width=66),
        Field("Preparer", "preparer", width=20),
        Field("Reviewer", "reviewer", width=20),
        Field("Signed at", "signed_at", INSTANT, 16),
        Field("Status", "status", width=14),
        Field("Why", "why", width=50),
    ),
    csv="sign_offs",
)  # fmt: skip

_SUM = ",".join(f"{{{name}}}" for name in BECAME)

COUNTS = Layout(
    "counts", "Counts", "Nothing is lost: records by what became of them",
    "Read = posted + waiting + parked + skipped + excluded + set aside.",
    (
        Field("Kind", "kind_word", width=22),
        Field("Read", "read", WHOLE, 11, total=True, whole_only=True),
        *(Field(name.replace("_", " ").capitalize(), name, WHOLE, 11, total=True) for name in BECAME),
        Field("Sum", "sum", WHOLE, 11, total=True, formula=f"SUM({_SUM})"),
        Field("Not extracted", "not_extracted", WHOLE, 13, total=True),
        Field("Adds up", "holds_word", width=12),
    ),
    csv="counts", totals=True,
)  # fmt: skip

COMPLETENESS = Layout(
    "completeness", "Ledger read", "Was the ledger read completely?",
    "QBO's own balance must be the opening balance and the lines that were read.",
    (
        Field("Account", "account_name", width=24),
        Field("Opening balance", "opening_balance", MONEY, 16, total=True),
        Field("Lines", "lines", WHOLE, 11, total=True),
        Field("Movement", "movement", MONEY, 16, total=True),
        Field("Balance (QBO)", "balance", MONEY, 16, total=True),
        Field("Missing", "missing", MONEY, 14, total=True,
              formula="ROUND({balance}-{opening_balance}-{movement},2)"),
        Field("Complete", "complete", YES_NO, 11),
    ),
    csv="completeness", totals=True,
)  # fmt: skip
