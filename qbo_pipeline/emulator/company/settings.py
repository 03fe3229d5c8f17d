"""What can be set on an emulated company: the points where QBO's behaviour is not documented, its plan, its limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from qbo_pipeline.emulator.company.assumed_rules import AssumedRule


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """Behaviour of one company; every default is the documented or the most plausible behaviour of QBO.

    The undocumented points are named as in Intuit's error list; amounts and percentages are `Decimal`.
    """

    user: str = "Sandbox User"
    """Name that a stale-object fault blames, and that reports show as creator."""
    time_zone: str = "America/Los_Angeles"
    """Zone of the company: decides today's business date and the offset of CreateTime and LastUpdatedTime."""
    subscription_active: bool = True
    """False: every write is refused with 6190."""
    plan: Literal["SimpleStart", "Essentials", "Plus", "Advanced"] = "Plus"
    """Inventory items, purchase orders, classes and locations need Plus or Advanced (fault 5020)."""
    account_limit: int = 250
    class_and_location_limit: int = 40
    """Usage limits of Plus (fault 6000); not enforced on Advanced."""
    max_results: int = 1000
    results_over_limit: Literal["cap", "refuse"] = "cap"
    """MAXRESULTS above the limit: silently capped, or fault 4001."""
    changes_look_back: timedelta = timedelta(days=30)
    changes_limit: int = 1000
    """Change data capture: how far back, and how many objects one answer holds."""
    changes_too_old: Literal["shorten", "refuse"] = "shorten"
    """Changes since an instant before that: those within the look-back are answered, or fault 6000."""
    bill_numbers_unique: Literal["vendor", "company"] = "vendor"
    """Among which bills a number may stand once, where the company warns of duplicates."""
    journal_imbalance_code: Literal["6000", "2300"] = "6000"
    one_control_line_per_journal: bool = False
    """True: a journal entry with more than one A/R or A/P line is refused, as QuickBooks Desktop does."""
    vendor_required_on_payables: bool = True
    void_of_paid_invoice: Literal["unlink", "refuse"] = "unlink"
    linked_delete: Literal["unlink", "refuse"] = "refuse"
    """Deleting a document that a payment is applied to."""
    closed_period_holds_not_posting: bool = False
    """True: estimates and purchase orders, which post nothing, are refused (6210) in the closed period too."""
    unknown_changes: Literal["skip", "refuse"] = "skip"
    """An entity without change data capture named beside others: left out of the answer, or fault 4001 for all."""
    close_billed_purchase_orders: bool = True
    deactivated_suffix: str = " (deleted)"
    """Appended to the name of a list entity that is made inactive; "" keeps the name and keeps it taken."""
    deactivate_with_balance: Literal["allow", "refuse"] = "refuse"
    """Fault 6220 for a customer, vendor or account whose balance is not zero."""
    cogs_delay: timedelta = timedelta(0)
    """How long after a sale its cost appears in the ledger; zero costs at once."""
    negative_stock: Literal["allow", "refuse"] = "allow"
    us_sales_tax_percent: Decimal = Decimal("8")
    """Rate that automated sales tax charges on lines with tax code TAX when the request gives no TotalTax."""
    tax_when_off: Literal["refuse", "charge"] = "refuse"
    """A total of tax in a US company whose sales tax is switched off: fault 6000, or charged all the same."""
    tax_rounding: Literal["total", "line"] = "total"
    """Whether tax on amounts without tax is rounded once for each code of a document, or on each line."""
    require_global_tax_calculation: bool = False
    """True: outside the US a missing GlobalTaxCalculation is fault 2020; False: it is taken as TaxExcluded."""
    vat_rate_required: bool = True
    """True: in a UK company a line without TaxCodeRef is refused (6000) unless tax is told to be NotApplicable."""
    require_currency_ref: bool = False
    """True: with multi-currency on, a transaction without CurrencyRef is fault 2020; False: the party's currency."""
    default_due_days: int = 30
    general_ledger_shape: Literal["keyed", "recorded"] = "keyed"
    """How the general ledger comes: a flat section for each account and ColKeys beside the columns, or as in
    recordings, where sub-accounts lie inside their parents, and a column's key is its ColType."""
    report_cell_limit: int = 400_000
    report_limit_text: str = "Unable to display more data"
    upload_limit: int = 100 * 1024 * 1024
    download_base_url: str = "http://127.0.0.1"
    """Start of TempDownloadUri; the gateway sets its own address here."""
    rules_off: frozenset[AssumedRule] = frozenset()
    """Refusals that are assumed and are not to be made: names of `assumed_rules.EXPLAINED`."""
    premium: frozenset[str] = field(default_factory=lambda: frozenset({"InventoryAdjustment"}))
    """Entities of Intuit's premium APIs that this company's app may use; others answer 5020."""
