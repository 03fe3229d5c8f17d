"""Behaviour beyond operations, parameters and faults: each with its evidence, and the setting that switches it."""

from __future__ import annotations

from typing import Final, NamedTuple

from qbo_pipeline.emulator.conformance.evidence import ASSUMED, DOCUMENTED, RECORDED


class Behaviour(NamedTuple):
    """What the emulator does, how well it is known, the marks of the sources, and the settings that change it."""

    what: str
    status: str
    sources: str
    settings: tuple[str, ...] = ()


BEHAVIOURS: Final = (
    Behaviour("reports ignore parameters that they do not know", RECORDED, "R"),
    Behaviour(
        "the general ledger is flat with keys, or nested as recorded", RECORDED, "R I", ("general_ledger_shape",)
    ),
    Behaviour(
        "a report is cut off at 400,000 cells with a sentence",
        DOCUMENTED,
        "I",
        ("report_cell_limit", "report_limit_text"),
    ),
    Behaviour("cash basis defers income and cost in proportion to what is settled", ASSUMED, "K"),
    Behaviour("on cash basis what is owed leaves that out too, and tax counts when it is paid", ASSUMED, "K"),
    Behaviour("a report of several amounts that is divided has nested columns", DOCUMENTED, "I X"),
    Behaviour("what is owed is divided by the dates and names of the open documents", ASSUMED, "K"),
    Behaviour("the general ledger shows the amount once more in the columns that divide it", ASSUMED, "K"),
    Behaviour("cash flows by name show what moved under each name, and add up in the total alone", ASSUMED, "K"),
    Behaviour("nothing is ever cleared or reconciled: `cleared` knows what was deposited", ASSUMED, "K"),
    Behaviour("journals of companies in France are VT, HA, BQ and OD where a document names none", DOCUMENTED, "I"),
    Behaviour("what settles to nothing is lettered AA, AB … in the order of documents", ASSUMED, "K"),
    Behaviour("US companies list the tax codes TAX and NON", RECORDED, "R"),
    Behaviour("vendors come by name where no order is given", RECORDED, "R"),
    Behaviour("the other lists come by name too, transactions by Id", ASSUMED, "K"),
    Behaviour("customers are found by PrimaryEmailAddr, vendors are not", RECORDED, "R"),
    Behaviour("employees are found by PrimaryEmailAddr", ASSUMED, "K"),
    Behaviour("a projection shows its properties, Id and domain, and says sparse", ASSUMED, "I"),
    Behaviour("MAXRESULTS above 1000 is capped", ASSUMED, "I", ("max_results", "results_over_limit")),
    Behaviour("RatePercent on a sales line is accepted", RECORDED, "R"),
    Behaviour("the line of a bundle has the amount 0, and a line for each product in it", RECORDED, "R I"),
    Behaviour("bundles are made in QBO's window; the API reads and sells them", DOCUMENTED, "I"),
    Behaviour("one error alone for a body with an unknown property", RECORDED, "R"),
    Behaviour("an item of a batch without bId or operation is refused alone", ASSUMED, "X"),
    Behaviour("an entity without change data capture is left out beside others", ASSUMED, "R", ("unknown_changes",)),
    Behaviour(
        "changes reach 30 days back and hold 1000 objects", DOCUMENTED, "I", ("changes_look_back", "changes_limit")
    ),
    Behaviour("changes since an earlier instant are answered, not refused", RECORDED, "R"),
    Behaviour("they are then those of the last 30 days", ASSUMED, "I", ("changes_too_old",)),
    Behaviour("what is wrong with an upload is told under HTTP 200", RECORDED, "R"),
    Behaviour("each billable line of a bill or an expense makes a ReimburseCharge", DOCUMENTED, "I"),
    Behaviour("it names its line until it is on an invoice, and that invoice from then on", ASSUMED, "I"),
    Behaviour("HasBeenBilled is set by QBO alone", DOCUMENTED, "E"),
    Behaviour("an active automated recurring transaction is made on each date of its schedule", DOCUMENTED, "I X"),
    Behaviour("a date on which it is refused is left out", ASSUMED, "K"),
    Behaviour("refusals that nothing public tells of can be switched off by name", ASSUMED, "K", ("rules_off",)),
    Behaviour(
        "tax payments are entered in QBO's window and read by the API, in Australia, Canada, the UK", DOCUMENTED, "I"
    ),
    Behaviour("answers hold a CreditCardPayment as CreditCardPaymentTxn", DOCUMENTED, "I X"),
    Behaviour("a bill's number is unique with its vendor", ASSUMED, "K", ("bill_numbers_unique",)),
    Behaviour(
        "estimates and purchase orders may be entered in a closed period",
        ASSUMED,
        "K",
        ("closed_period_holds_not_posting",),
    ),
    Behaviour("a document that a payment settles is not deleted", ASSUMED, "K", ("linked_delete",)),
    Behaviour("voiding a paid document frees the payment", ASSUMED, "K", ("void_of_paid_invoice",)),
    Behaviour("an unbalanced journal is fault 6000", ASSUMED, "K", ("journal_imbalance_code",)),
    Behaviour("a journal may have several lines on control accounts", ASSUMED, "K", ("one_control_line_per_journal",)),
    Behaviour("a journal line on accounts payable needs a vendor", ASSUMED, "R", ("vendor_required_on_payables",)),
    Behaviour("a purchase order closes when all of it is billed", ASSUMED, "K", ("close_billed_purchase_orders",)),
    Behaviour("a deactivated name gets (deleted) and is free again", ASSUMED, "K", ("deactivated_suffix",)),
    Behaviour("a name or account with a balance is not deactivated", DOCUMENTED, "E", ("deactivate_with_balance",)),
    Behaviour("the cost of tracked goods is posted at once, or later", RECORDED, "R", ("cogs_delay",)),
    Behaviour("stock may go below zero", RECORDED, "R", ("negative_stock",)),
    Behaviour("automated sales tax is one percentage of what is taxable", ASSUMED, "I", ("us_sales_tax_percent",)),
    Behaviour(
        "a US company charges tax automatically, by the tax code that a form names, or not at all", ASSUMED, "I K"
    ),
    Behaviour("tax is refused in a US company whose sales tax is switched off", ASSUMED, "K", ("tax_when_off",)),
    Behaviour("tax is rounded once for each code of a document", ASSUMED, "K", ("tax_rounding",)),
    Behaviour("a rate may be of the kind REVERSE_CHARGE", DOCUMENTED, "X"),
    Behaviour(
        "with reverse charge a sale carries no tax; a purchase owes it at one rate, and gets it back at another",
        ASSUMED,
        "K",
    ),
    Behaviour("a missing GlobalTaxCalculation is TaxExcluded", ASSUMED, "I", ("require_global_tax_calculation",)),
    Behaviour("lines in the UK need a VAT rate", RECORDED, "R1", ("vat_rate_required",)),
    Behaviour("a missing CurrencyRef is that of the name", ASSUMED, "I", ("require_currency_ref",)),
    Behaviour("an invoice without terms is due after 30 days", ASSUMED, "K", ("default_due_days",)),
    Behaviour(
        "the plan decides on stock, orders, classes and locations, and how many there are",
        DOCUMENTED,
        "I",
        ("plan", "account_limit", "class_and_location_limit"),
    ),
    Behaviour("stock adjustments need a premium tier", DOCUMENTED, "I", ("premium",)),
    Behaviour(
        "a repeated requestid gets the first answer",
        DOCUMENTED,
        "I R",
        ("request_id", "request_id_seconds", "request_id_conflict"),
    ),
    Behaviour("500 requests a minute, 10 a second, 40 batches a minute", DOCUMENTED, "L", ("limits",)),
    Behaviour(
        "XML is taken and answered where it is asked for; without Accept the answer is JSON",
        ASSUMED,
        "R X",
        ("answers",),
    ),
    Behaviour("the body of 429 has upper or lower keys", ASSUMED, "R", ("throttle_keys",)),
    Behaviour("reads are counted, and blocked at a number a month", DOCUMENTED, "L", ("monthly_reads",)),
    Behaviour("40 e-mails a day", DOCUMENTED, "L", ("emails_per_day",)),
    Behaviour(
        "tokens live an hour, their refresh 100 days, five years at most",
        DOCUMENTED,
        "O",
        ("access_token_seconds", "rotation_seconds", "refresh_idle_seconds", "refresh_hard_seconds"),
    ),
    Behaviour("the discovery document names no PKCE", RECORDED, "O", ("pkce",)),
)
OWN_SETTINGS: Final = (
    *("user", "time_zone", "subscription_active", "upload_limit", "download_base_url"),
    *("latency_ms", "intent_url"),
)
"""Settings that choose a company or the emulator's own ways, and stand for no behaviour of QBO."""
