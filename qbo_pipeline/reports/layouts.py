"""The layouts of the certification and of the differences (S1–S6) as data.

What belongs here: which table shows which columns, how each is written, which formula stands behind it. Page and
workbook both write these; the rows come from `views.py`.
"""

from __future__ import annotations

from qbo_pipeline.reconciliation.causes import GROUPS
from qbo_pipeline.reconciliation.result_frames import AGEING_BUCKETS
from qbo_pipeline.reports.fields import DAY, INSTANT, MONEY, QUANTITY, WHOLE, Layout, ReportField
from qbo_pipeline.reports.words import GROUP_WORDS


def _group(code: str) -> ReportField:
    """A column of the certification: added up live from the sheet `Differences`."""
    formula = (
        "ROUND(SUMIFS({differences.amount},{differences.account_id},{account_id},{differences.group},"
        f'"{GROUP_WORDS[code]}"),2)'
    )
    return ReportField(GROUP_WORDS[code], code, MONEY, 13, total=True, formula=formula)


_EXPLAINED = ",".join(f"{{{group}}}" for group in GROUPS)

CERTIFICATION = Layout(
    "certification", "S1 Certification", "Certification",
    "Difference = ledger − stock value. The columns of causes add up the sheet Differences; what they leave is "
    "unexplained.",
    (
        ReportField("Account", "account_name", width=24),
        ReportField("GL balance (QBO)", "ledger_balance", MONEY, 16, total=True),
        ReportField("Stock value (source)", "stock_value", MONEY, 16, total=True),
        ReportField("Difference", "difference", MONEY, 14, total=True,
                    formula="ROUND({ledger_balance}-{stock_value},2)"),
        *(_group(code) for code in GROUPS),
        ReportField("Unexplained", "unexplained", MONEY, 14, total=True,
              formula=f"ROUND({{difference}}-SUM({_EXPLAINED}),2)"),
        ReportField("Tolerance", "tolerance", MONEY, 11),
        ReportField("Status", "status_word", width=22),
        ReportField("Account id", "account_id", width=10),
    ),
    csv="accounts",
)  # fmt: skip

ROLL_FORWARD = Layout(
    "roll_forward", "S2 Roll-forward", "Roll-forward from the last signed-off close",
    "The opening must equal what was signed; without a sign-off it is where the pipeline began.",
    (
        ReportField("Account", "account_name", width=24),
        ReportField("Line", "line_word", width=20),
        ReportField("Source", "source", MONEY, 18),
        ReportField("GL (QBO)", "ledger", MONEY, 18),
        ReportField("Difference", "difference", MONEY, 16, formula="ROUND({ledger}-{source},2)"),
        ReportField("Signed: source", "signed_source", MONEY, 16),
        ReportField("Signed: GL", "signed_ledger", MONEY, 16),
        ReportField("Opening as signed", "as_signed", width=18),
    ),
    csv="roll_forward", mark="is_closing",
)  # fmt: skip

BY_DATE = Layout(
    "by_date", "S3 By date", "By date: where the two sides part",
    "The first day on which the cumulative difference is not zero is highlighted.",
    (
        ReportField("Date", "business_date", DAY, 12),
        ReportField("Stock movement", "stock_movement", MONEY, 16, total=True),
        ReportField("GL movement", "ledger_movement", MONEY, 16, total=True),
        ReportField("Delta", "delta", MONEY, 14, total=True, formula="ROUND({ledger_movement}-{stock_movement},2)"),
        ReportField("Cumulative stock", "cumulative_stock", MONEY, 18,
              formula="ROUND({above.cumulative_stock}+{stock_movement},2)"),
        ReportField("Cumulative GL", "cumulative_ledger", MONEY, 18,
              formula="ROUND({above.cumulative_ledger}+{ledger_movement},2)"),
        ReportField("Cumulative difference", "cumulative_difference", MONEY, 18,
              formula="ROUND({cumulative_ledger}-{cumulative_stock},2)"),
        ReportField("Documents", "documents", WHOLE, 11, total=True),
        ReportField("", "first_break", width=12),
    ),
    csv="by_date", totals=True, mark="is_first_break",
)  # fmt: skip

# What a reader of paper needs first stands on the first page of a sheet that is wider than one.
BY_DOCUMENT = Layout(
    "by_document", "S4 By document", "By document",
    "One row for each document and account that differs. The sheet Differences has a row for each cause.",
    (
        ReportField("Doc date", "business_date", DAY, 12),
        ReportField("Age (days)", "age_days", WHOLE, 8),
        ReportField("Type", "kind_word", width=14),
        ReportField("Source no.", "source_number", width=14),
        ReportField("QBO no.", "qbo_shown", width=12, link="qbo_link"),
        ReportField("Difference", "difference", MONEY, 15, total=True,
                    formula="ROUND({ledger_value}-{source_value},2)"),
        ReportField("Cause", "cause_words", width=32),
        ReportField("Note", "note", width=52),
        ReportField("Owner", "who", width=14),
        ReportField("Source value", "source_value", MONEY, 15, total=True),
        ReportField("Posted value", "posted_value", MONEY, 15, total=True),
        ReportField("QBO value", "ledger_value", MONEY, 15, total=True),
        ReportField("Account", "account_name", width=18),
        ReportField("QBO type", "qbo_type_word", width=14),
        ReportField("Item count", "items", WHOLE, 8),
        ReportField("State", "state_word", width=24),
        ReportField("First seen", "first_seen", INSTANT, 16),
    ),
    csv="documents", totals=True, weight="difference",
)  # fmt: skip

DIFFERENCES = Layout(
    "differences", "Differences", "Differences, one row for each cause",
    "Ledger − stock. These rows add up to the difference exactly; the certification adds them up.",
    (
        ReportField("Date", "business_date", DAY, 12),
        ReportField("Type", "kind_word", width=16),
        ReportField("Source no.", "source_number", width=14),
        ReportField("QBO no.", "qbo_shown", width=13, link="qbo_link"),
        ReportField("Amount", "amount", MONEY, 15, total=True),
        ReportField("Cause", "cause_word", width=30),
        ReportField("What happened", "explanation", width=60),
        ReportField("What to do", "remedy", width=60),
        ReportField("Owner", "who", width=14),
        ReportField("QBO type", "qbo_type_word", width=14),
        ReportField("Account", "account_name", width=18),
        ReportField("Certification column", "group", width=24),
        ReportField("Detail", "detail_word", width=16),
        ReportField("State", "state_word", width=24),
        ReportField("Reason", "reason", width=30),
        ReportField("Changed at", "changed_at", INSTANT, 16),
        ReportField("Changed by", "changed_by", width=16),
        ReportField("First seen", "first_seen", INSTANT, 16),
        ReportField("Age (days)", "age_days", WHOLE, 8),
        ReportField("Document", "document_key", width=24),
        ReportField("Account id", "account_id", width=10),
    ),
    csv="differences", totals=True, weight="amount",
)  # fmt: skip

CAUSES = Layout(
    "causes", "Causes", "Why the two sides differ",
    "Amount is net; gross adds the amounts without their signs, so that nothing hides by cancelling.",
    (
        ReportField("Cause", "label", width=44),
        ReportField("Certification column", "group_word", width=22),
        ReportField("Documents", "count", WHOLE, 11),
        ReportField("Amount", "amount", MONEY, 16, total=True,
              formula="ROUND(SUMIFS({differences.amount},{differences.cause_word},{label}),2)"),
        ReportField("Gross", "gross", MONEY, 16, total=True),
    ),
    csv="causes", totals=True,
)  # fmt: skip

BY_PRODUCT = Layout(
    "by_product_location", "S5 By product and location", "By product and location",
    "QBO keeps no value by location: its side is built from the lines that the pipeline posted. Shows where, not why.",
    (
        ReportField("Item", "product_number", width=16),
        ReportField("Name", "product_name", width=30),
        ReportField("Warehouse", "location_name", width=20),
        ReportField("Account", "account_name", width=18),
        ReportField("Qty source", "shown_quantity", QUANTITY, 14),
        ReportField("Unit cost", "unit_cost", QUANTITY, 13),
        ReportField("Value source", "shown_value", MONEY, 16, total=True),
        ReportField("Value posted to GL", "posted_value", MONEY, 16, total=True),
        ReportField("Difference", "difference", MONEY, 15, total=True, formula="ROUND({posted_value}-{shown_value},2)"),
        ReportField("%", "percent", QUANTITY, 9),
        ReportField("Last movement", "last_movement", DAY, 13),
        ReportField("Largest document", "largest_document", width=24),
    ),
    csv="by_product_location", totals=True, weight="difference",
)  # fmt: skip

AGEING = Layout(
    "ageing", "S6 Ageing", "Ageing of what is not reconciled",
    "Age in days at the date. Carried forward: seen by an earlier reconciliation; cleared: seen then, gone now.",
    (
        ReportField("Cause", "label", width=44),
        *(ReportField(f"{bucket} days: count", f"count {bucket}", WHOLE, 12, total=True) for bucket in AGEING_BUCKETS),
        *(ReportField(f"{bucket} days", f"amount {bucket}", MONEY, 14, total=True) for bucket in AGEING_BUCKETS),
        ReportField("Amount", "amount", MONEY, 15, total=True,
              formula="ROUND(SUM(" + ",".join(f"{{amount {bucket}}}" for bucket in AGEING_BUCKETS) + "),2)"),
        ReportField("Carried forward", "carried_forward", WHOLE, 10, total=True),
        ReportField("New", "new", WHOLE, 10, total=True),
        ReportField("Cleared", "cleared", WHOLE, 10, total=True),
    ),
    csv="ageing", totals=True,
)  # fmt: skip
