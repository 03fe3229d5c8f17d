"""The rows of docs/what-is-posted.md: what happens, the records that tell of it, the settings that steer it, the tests.

What belongs here: one row for each movement of stock (numbered as accountants' lists number them), document, payment
and list entry. What a row makes and books is not written here: `writing.py` asks the rules and an independent ledger.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qbo_pipeline_tests.accounting.company import (
    document,
    item,
    labour,
    match,
    movement,
    payment,
    stock,
)
from qbo_pipeline_tests.accounting.table.examples import (
    BILL,
    EURO,
    FREIGHT,
    FREIGHT_BILL,
    GERMAN,
    LATER,
    RECEIPT,
    RETURN,
    RETURN_CREDIT,
    TAXED,
    UNMATCHED,
)
from qbo_pipeline_tests.accounting.table.row import Row, line, row_of

D = Decimal
WEST: dict[str, Any] = {"overrides": {("inventory", "location", "west"): "83"}}

STOCK: tuple[Row, ...] = (
    row_of(
        "Goods received before their bill",
        "receipt",
        stock("tea", 10, "50"),
        number="1",
        settings=("posting.accrue_receipts", "posting.zero_cost", "posting.summarise"),
    ),
    Row(
        number="2",
        what="Bill of goods received, dearer than accrued",
        shown=(BILL,),
        known=(RECEIPT,),
        settings=("posting.bill_difference",),
        tests=("test_purchases.py::test_a_difference_goes_where_the_policy_says",),
    ),
    Row(
        number="2",
        what="The same, where the difference follows the goods: three of ten are still there",
        shown=(BILL,),
        known=(RECEIPT,),
        policies={"bill_difference": "on_hand_share"},
        books={"on_hand": lambda product, day: D(3)},
        settings=("posting.bill_difference",),
        tests=("test_transit.py::test_a_difference_is_shared_by_what_is_still_there",),
    ),
    Row(
        number="2b",
        what="Bill before its goods; they come the next day",
        shown=(BILL, LATER),
        policies={"unmatched_bill_lines": "in_transit"},
        settings=("posting.unmatched_bill_lines",),
        tests=(
            "test_transit.py::test_a_bill_before_its_goods_is_in_transit_until_they_come",
            "test_transit.py::test_whatever_is_billed_and_received_in_full_nothing_is_left_between_them",
            "pipeline/test_late_records.py::test_a_bill_ahead_of_its_goods_is_in_transit_and_a_later_change_of_it_reaches_the_receipt",
        ),
    ),
    Row(
        number="3",
        what="Bill where receipts do not accrue",
        shown=(UNMATCHED,),
        policies={"accrue_receipts": False},
        settings=("posting.accrue_receipts",),
        tests=("test_purchases.py::test_a_stock_line_without_receipt",),
    ),
    Row(
        number="4",
        what="Paid to a supplier before any bill",
        shown=(payment("payment_made", "100"),),
        settings=("accounts.hints",),
        tests=("test_payments.py::test_paid_to_a_supplier_on_account_is_a_journal_in_its_name",),
    ),
    Row(
        number="5",
        what="Invoice, with sales tax",
        shown=(TAXED,),
        settings=("tax_codes", "accounts.by_product"),
        tests=("test_sales.py::test_us_sales_tax_is_one_total_and_a_mark_on_each_line", "test_tax.py::test_a_us_sale"),
    ),
    row_of(
        "Goods that leave for a customer",
        "shipment",
        stock("tea", -4, "-20"),
        number="6",
        settings=("posting.zero_cost", "posting.summarise"),
    ),
    row_of(
        "Late cost of goods that are sold already",
        "landed_cost",
        line("sold", "12", "tea"),
        number="6b",
        settings=("posting.closed_period",),
        tests=(
            "test_making.py::test_a_late_cost_of_goods_that_are_all_sold_is_cost_of_sales",
            "pipeline/test_closed_periods.py::test_by_policy_an_approval_posts_on_the_first_open_day",
        ),
    ),
    Row(
        number="7",
        what="Goods that come back from a customer, and their credit",
        shown=(document("sales_credit", item("tea", 1, "12", "12")), movement("customer_return", stock("tea", 1, "5"))),
        settings=("posting.zero_cost", "posting.returns_move_stock_by"),
        tests=("test_movements.py::test_customer_return", "test_sales.py::test_a_sales_credit_is_a_credit_memo"),
    ),
    Row(
        number="7b",
        what="Credit without goods",
        shown=(document("sales_credit", item("tea", 1, "12", "12")),),
        tests=("test_sales.py::test_a_sales_credit_is_a_credit_memo",),
    ),
    Row(
        number="8",
        what="Goods that go back to their supplier, at their stock value, and the credit at its price",
        shown=(RETURN, RETURN_CREDIT),
        settings=("posting.supplier_return_clearing",),
        tests=("test_purchases.py::test_a_supplier_return_and_its_credit_leave_the_difference_in_price_variance",),
    ),
    row_of(
        "Adjustment up",
        "adjustment",
        stock("tea", 1, "7"),
        number="9",
        settings=("accounts.hints",),
        tests=("test_movements.py::test_adjustment_up",),
    ),
    row_of(
        "Adjustment down",
        "adjustment",
        stock("tea", -1, "-7"),
        number="10",
        settings=("accounts.hints",),
        tests=("test_movements.py::test_adjustment_down_with_its_reason",),
    ),
    row_of(
        "Write-off, with a service in it",
        "write_off",
        stock("tea", -2, "-12"),
        stock("fit", -1, "-7"),
        number="11",
        settings=("accounts.hints",),
        tests=(
            "test_movements.py::test_write_off",
            "test_making.py::test_a_service_in_a_write_off_is_written_off_with_it",
        ),
    ),
    row_of(
        "Stock take",
        "stock_count",
        stock("tea", 1, "5"),
        stock("cup", -1, "-7"),
        number="12",
        settings=("accounts.hints",),
        tests=("test_movements.py::test_stock_count_up_and_down",),
    ),
    row_of("Revaluation", "revaluation", stock("tea", 0, "200"), number="13", settings=("accounts.hints",)),
    row_of(
        "Write-down to net realisable value",
        "write_down",
        stock("tea", 0, "-30"),
        number="13",
        settings=("accounts.hints",),
        tests=("test_making.py::test_a_write_down_to_what_the_goods_would_bring",),
    ),
    row_of(
        "Assembly of stock alone, on one account",
        "assembly",
        stock("tea", -1, "-5"),
        stock("set", 1, "5"),
        number="14",
        settings=("accounts.by_product",),
        tests=("test_movement_answers.py::test_what_is_excluded",),
    ),
    row_of(
        "Assembly with labour, a product without stock and a supplier's work",
        "assembly",
        stock("tea", -10, "-50"),
        stock("bag", -2, "-5"),
        stock("set", 1, "68"),
        labour("3"),
        line("supplier_cost", "10"),
        number="14b",
        settings=("accounts.hints",),
        tests=(
            "test_making.py::test_an_assembly_takes_what_is_no_stock_off_its_purchases",
            "test_making.py::test_a_suppliers_work_waits_for_its_bill_as_goods_do",
        ),
    ),
    row_of(
        "Making starts: parts and labour",
        "production_issue",
        stock("tea", -10, "-50"),
        labour("8"),
        number="14c",
        tests=("test_making.py::test_work_in_progress_is_worth_its_parts_and_its_labour",),
    ),
    row_of(
        "Making ends: the product, and waste",
        "production_receipt",
        stock("set", 4, "50"),
        line("waste", "8"),
        number="14c",
        tests=("test_making.py::test_from_start_to_finish_with_waste_nothing_is_left_in_progress",),
    ),
    row_of(
        "Disassembly with a loss",
        "disassembly",
        stock("set", -1, "-29"),
        stock("tea", 1, "25"),
        number="15",
        tests=(
            "test_movements.py::test_disassembly_with_a_loss",
            "test_making.py::test_a_disassembly_gives_back_parts_and_what_was_bought_for_it",
        ),
    ),
    Row(
        number="16",
        what="Landed cost, shared between stock and what is sold, and the bill of the freight",
        shown=(FREIGHT, FREIGHT_BILL),
        settings=("accounts.hints",),
        tests=(
            "test_movements.py::test_landed_cost",
            "test_making.py::test_freight_is_shared_between_stock_and_what_is_sold_and_cleared_by_its_bill",
        ),
    ),
    row_of(
        "Transfer on one day, between warehouses with accounts of their own",
        "transfer",
        stock("tea", -10, "-50"),
        stock("tea", 10, "50", "west"),
        number="17",
        books=WEST,
        settings=("accounts.by_location",),
        tests=("test_movements.py::test_transfer_between_inventory_accounts",),
    ),
    Row(
        number="17",
        what="Transfer that leaves on one day and arrives on another",
        shown=(
            movement("transfer_out", stock("tea", -10, "-50")),
            movement("transfer_in", stock("tea", 10, "50", "west")),
        ),
        books=WEST,
        settings=("accounts.roles",),
        tests=("test_making.py::test_goods_between_two_warehouses_are_in_transit",),
    ),
    Row(
        number="18",
        what="Bill in a foreign currency at another rate than the receipt's",
        policies={"multicurrency": True},
        shown=(document("bill", item("tea", 10, "5", "50"), matches=(match(1, "receipt", 1, 10),), **EURO),),
        known=(GERMAN, movement("receipt", stock("tea", 10, "50"), **EURO | {"exchange_rate": D("1.20")})),
        settings=("exchange_rates",),
        tests=("test_purchases.py::test_a_foreign_bill_clears_the_accrual_at_its_own_rate",),
    ),
    Row(
        number="18",
        what="The same and its payment, where all goes in home currency",
        policies={"foreign_documents": "home_currency"},
        shown=(
            document("bill", item("bag", 10, "5", "50"), document_id="e1", **EURO),
            payment("payment_made", "50", ("e1", "50"), **EURO | {"exchange_rate": D("1.20")}),
        ),
        known=(GERMAN, document("bill", item("bag", 10, "5", "50"), document_id="e1", **EURO)),
        settings=("posting.foreign_documents", "exchange_rates"),
        tests=(
            "test_converting.py::test_a_payment_settles_its_document_and_shows_what_the_rate_did",
            "test_converting.py::test_home_amounts_are_equal_on_both_sides",
        ),
    ),
    Row(
        number="19",
        what="Goods that a supplier sends to the customer itself",
        settings=("accounts.roles",),
        shown=(document("bill", item("tea", 10, "5", "50", role="drop_shipment")),),
        tests=("test_documents_in_quickbooks.py::test_quickbooks_books_what_the_document_says",),
    ),
    Row(
        number="20",
        what="Voided or gone after it was posted",
        settings=("posting.vanished", "posting.closed_period"),
        said="the object voided or deleted; in a closed period an entry that reverses it, once a person approves",
        tests=(
            "pipeline/test_closed_periods.py::test_a_signed_period_holds_what_changed_in_it",
            "pipeline/test_source_changes.py::test_what_vanishes_is_voided_where_the_settings_say_so",
        ),
    ),
    row_of("Opening stock", "opening", stock("tea", 100, "1000"), number="21"),
)
