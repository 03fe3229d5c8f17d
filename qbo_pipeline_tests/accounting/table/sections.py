"""The rows of documents, payments and list entries, and all sections of the document in their order."""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.inventory.records import Location, Party, Product
from qbo_pipeline_tests.accounting.company import document, item, payment
from qbo_pipeline_tests.accounting.table.examples import INVOICE, UNMATCHED
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.rows import STOCK

D = Decimal
DOCUMENTS: tuple[Row, ...] = (
    Row(
        number="",
        what="Quote",
        shown=(document("quote", item("tea", 1, "12", "12")),),
        policies={"quotes": True},
        settings=("posting.quotes",),
        tests=("test_sales.py::test_quotes_go_by_policy_only",),
    ),
    Row(
        number="",
        what="Purchase order",
        shown=(document("purchase_order", item("tea", 1, "5", "5")),),
        policies={"purchase_orders": True},
        settings=("posting.purchase_orders",),
        tests=("test_purchases.py::test_purchase_orders_go_by_policy_only_and_have_no_effects",),
    ),
    Row(
        number="",
        what="Bill of what is no stock, its tax on its own line (US)",
        settings=("accounts.hints", "accounts.by_category"),
        shown=(document("bill", item("bag", 1, "10", "10", tax_amount=D("0.80")), document_id="b3"),),
        tests=(
            "test_purchases.py::test_other_lines_go_to_their_expense_account",
            "test_purchases.py::test_us_tax_on_a_bill_is_a_line_of_its_own",
        ),
    ),
    Row(
        number="",
        what="Bill with VAT (outside the US)",
        shown=(document("bill", item("bag", 1, "10", "10", tax_amount=D("2.00"), tax_code="S20"), document_id="b4"),),
        policies={"tax_regime": "global"},
        books={"tax_codes": {"S20": "7"}},
        settings=("tax_codes",),
        tests=("test_tax.py::test_elsewhere_each_line_has_its_code_on_both_sides",),
    ),
    Row(
        number="",
        what="Bill with a negative total",
        shown=(document("bill", item("bag", -1, "10", "-10"), document_id="b5"),),
        tests=("test_purchases.py::test_a_negative_bill_is_a_vendor_credit",),
    ),
    Row(
        number="",
        what="Sales of a day as one form, and the payments that settle them",
        said="the same accounts, classes and tax as one by one, to one customer",
        settings=(
            "posting.summarise",
            "posting.sales_channel",
            "posting.summarised_channels",
            "posting.summary_customer",
        ),
        tests=(
            "test_summarised_sales.py::test_the_sum_is_that_of_the_single_forms",
            "test_summarised_sales.py::test_a_payment_settles_the_summary",
            "pipeline/test_summarised_sales.py::test_a_day_of_sales_is_one_form_and_payments_settle_it",
        ),
    ),
    Row(
        number="",
        what="Invoice with a negative total",
        shown=(document("sales_invoice", item("tea", -1, "12", "-12")),),
        tests=("test_sales.py::test_a_negative_invoice_is_a_credit_memo_with_its_lines_turned",),
    ),
)

PAYMENTS: tuple[Row, ...] = (
    Row(
        number="",
        what="Money received for an invoice",
        shown=(payment("payment_received", "48", ("i1", "48")),),
        known=(INVOICE,),
        settings=("accounts.hints", "ownership.payments_received"),
        tests=("test_payments.py::test_money_received_settles_its_invoice",),
    ),
    Row(
        number="",
        what="Money paid for a bill",
        shown=(payment("payment_made", "50", ("b2", "50")),),
        known=(UNMATCHED,),
        settings=("accounts.hints", "ownership.payments_made"),
        tests=("test_payments.py::test_money_paid_settles_its_bill_by_check_or_card",),
    ),
    Row(
        number="",
        what="Money received beyond what it settles",
        shown=(payment("payment_received", "60", ("i1", "48")),),
        known=(INVOICE,),
        tests=("test_payments.py::test_the_rest_is_on_account",),
    ),
    Row(
        number="",
        what="Refund of a customer's credit",
        shown=(payment("payment_received", "-12", ("c1", "-12")),),
        known=(document("sales_credit", item("tea", 1, "12", "12"), document_id="c1"),),
        tests=("test_payments.py::test_a_refund_is_a_journal_and_settles_the_credit",),
    ),
)

LISTS: tuple[Row, ...] = (
    Row(
        number="",
        what="Customer",
        shown=(Party(party_id="7", kind="customer", name="Kitchen & Co"),),
        settings=("posting.master_data", "posting.sub_customers", "posting.link_existing"),
        tests=("test_parties.py::test_display_names",),
    ),
    Row(
        number="",
        what="Supplier",
        shown=(Party(party_id="9", kind="supplier", name="Leaf Imports"),),
        settings=("posting.master_data", "posting.link_existing"),
        tests=("test_parties.py::test_a_vendor_has_its_number_and_currency",),
    ),
    Row(
        number="",
        what="Product in stock",
        shown=(Product(product_id="tea", kind="stocked", number="T-1", name="Green tea"),),
        settings=("posting.master_data", "accounts.by_product"),
        tests=("test_products.py::test_the_sku_is_the_number_as_it_is",),
    ),
    Row(
        number="",
        what="Product without stock",
        shown=(Product(product_id="bag", kind="non_stocked", name="Paper bag"),),
        settings=("posting.master_data",),
        tests=("test_products.py::test_no_two_products_share_the_name_of_an_item",),
    ),
    Row(
        number="",
        what="Service",
        shown=(Product(product_id="fit", kind="service", name="Fitting"),),
        settings=("posting.master_data",),
        tests=("test_products.py::test_no_two_products_share_the_name_of_an_item",),
    ),
    Row(
        number="",
        what="Location",
        shown=(Location(location_id="east", name="East"),),
        settings=("accounts.by_location",),
        tests=("test_parties.py::test_locations_are_not_posted",),
    ),
)

SECTIONS: dict[str, tuple[Row, ...]] = {
    "Stock": STOCK,
    "Documents": DOCUMENTS,
    "Payments": PAYMENTS,
    "Customers, suppliers, products": LISTS,
}
