"""The rows of documents, payments and list entries, and all sections of the document in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from qbo_pipeline.inventory.records import Location, Party, Product
from qbo_pipeline_tests.accounting.company import DAY, FURTHER_ROLES, document, item, payment
from qbo_pipeline_tests.accounting.table.examples import INVOICE, UNMATCHED
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.rows import STOCK

D = Decimal
BEFORE = DAY - timedelta(days=1)
ALL_ROLES = {"roles": FURTHER_ROLES}
OFF = item(None, None, None, "-4.80", role="discount", discount_percent=D(10))
SHIPPED = item(None, None, None, "9", role="freight", description="Freight")
ORDER = document("purchase_order", item("bag", 10, "5", "50"), document_id="o1", number="PO-1")
FINISHED = replace(ORDER, finished_on=DAY)
VAT = {"tax_codes": {"S20": "7", "": "8"}, "tax_rates": {"7": ((D(20),), (D(20),)), "8": ((D(0),), (D(0),))}}
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
        what="Invoice whose prices have VAT in them (outside the US)",
        shown=(
            document(
                "sales_invoice",
                item("bag", 1, None, "8.33", tax_amount=D("1.67"), tax_code="S20"),
                document_id="v1",
                tax_inclusive=True,
            ),
        ),
        policies={"tax_regime": "global"},
        books=VAT,
        settings=("tax_codes",),
        tests=("test_own_tax.py::test_prices_with_tax_in_them_stay_so_on_a_sales_form",),
    ),
    Row(
        number="",
        what="Invoice whose VAT the source rounds by line and QuickBooks in total",
        shown=(
            document(
                "sales_invoice",
                *(item("bag", 1, None, "0.13", tax_amount=D("0.03"), tax_code="S20") for _ in range(3)),
                document_id="v2",
            ),
        ),
        policies={"tax_regime": "global", "tax_total": "by_document"},
        books=VAT,
        settings=("posting.tax_total",),
        tests=(
            "test_own_tax.py::test_the_cents_between_the_sources_tax_and_quickbooks_own_go_to_rounding",
            "test_own_tax.py::test_the_emulator_reckons_as_we_say_that_quickbooks_does",
        ),
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
    Row(
        number="",
        what="Invoice with a discount in percent and freight",
        shown=(document("sales_invoice", item("tea", 4, "12", "48"), OFF, SHIPPED),),
        books=ALL_ROLES,
        settings=("posting.freight", "accounts.roles"),
        tests=(
            "test_documents_in_quickbooks.py::test_quickbooks_books_what_the_document_says",
            "test_documents_in_quickbooks.py::test_the_one_discount_of_a_document_is_the_forms_own",
            "test_documents_in_quickbooks.py::test_freight_is_quickbooks_own_line_by_policy",
        ),
    ),
    Row(
        number="",
        what="Invoice with a deposit that was taken with it",
        shown=(document("sales_invoice", item("tea", 4, "12", "48"), deposit_amount=D(20)),),
        settings=("accounts.hints",),
        tests=("test_documents_in_quickbooks.py::test_a_deposit_leaves_the_rest_open_to_payments",),
    ),
    Row(
        number="",
        what="Sale that is paid at once",
        shown=(document("sales_receipt", item("tea", 4, "12", "48")),),
        settings=("accounts.hints", "posting.payment_methods"),
        tests=("test_documents_in_quickbooks.py::test_a_sale_paid_at_once_says_where_and_how",),
    ),
    Row(
        number="",
        what="Its refund",
        shown=(document("sales_refund", item("tea", 1, "12", "12")),),
        settings=("accounts.hints", "posting.payment_methods"),
        tests=("test_documents_in_quickbooks.py::test_its_reversal_takes_all_of_it_back",),
    ),
    Row(
        number="",
        what="Bill of an order: linked to it, so that QuickBooks closes it",
        shown=(document("bill", item("bag", 10, "5", "50", order_id="o1", order_line_id="1"), document_id="b6"),),
        known=(ORDER,),
        policies={"purchase_orders": True, "link_orders": True},
        settings=("posting.link_orders",),
        tests=("test_orders_in_quickbooks.py::test_an_order_is_closed_by_its_bills_and_open_between_them",),
    ),
    Row(
        number="",
        what="Finished order of a source without bills",
        shown=(FINISHED,),
        policies={"bills_from_orders": True},
        settings=("posting.bills_from_orders",),
        tests=("test_orders_in_quickbooks.py::test_a_finished_order_makes_its_bill",),
    ),
    Row(
        number="",
        what="Document that is not approved yet, or stays out by a block of [[not_exported]]",
        shown=(document("sales_invoice", item("tea", 4, "12", "48"), source_status="Parked"),),
        policies={"approved_statuses": ("Approved",)},
        settings=("posting.approved_statuses",),
        tests=(
            "test_exporting.py::test_only_what_is_approved_goes",
            "test_exporting.py::test_what_fits_a_block_stays_out",
        ),
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
    Row(
        number="",
        what="Money received of which a processor kept a fee",
        shown=(payment("payment_received", "48", ("i1", "48"), fee_amount=D("1.40")),),
        known=(INVOICE,),
        books=ALL_ROLES,
        settings=("accounts.roles", "posting.payment_methods"),
        tests=(
            "test_money_in_quickbooks.py::test_the_bank_has_what_the_processor_left_of_a_payment",
            "test_money_in_quickbooks.py::test_a_method_is_found_by_its_name",
        ),
    ),
    Row(
        number="",
        what="Money received before the invoice, on an account of its own, and applied when the invoice comes",
        shown=(payment("payment_received", "60", ("i1", "48"), business_date=BEFORE),),
        known=(INVOICE,),
        policies={"customer_deposits": "own_account"},
        books=ALL_ROLES,
        settings=("posting.customer_deposits",),
        tests=("test_money_in_quickbooks.py::test_of_a_customers_payment_what_is_for_later_is_a_deposit",),
    ),
    Row(
        number="",
        what="Paid to a supplier before the bill, on an account of its own, and applied when the bill comes",
        shown=(payment("payment_made", "50", ("b2", "50"), business_date=BEFORE),),
        known=(UNMATCHED,),
        policies={"supplier_deposits": "own_account"},
        books=ALL_ROLES,
        settings=("posting.supplier_deposits",),
        tests=("test_money_in_quickbooks.py::test_a_supplier_deposit_stands_on_its_account_until_the_bill_comes",),
    ),
    Row(
        number="",
        what="Head office pays for its branch",
        shown=(payment("payment_received", "48", ("i9", "48"), party_id="1"),),
        known=(
            Party(party_id="1", kind="customer", name="Head office"),
            Party(party_id="2", kind="customer", name="Branch", parent_id="1"),
            replace(INVOICE, document_id="i9", party_id="2"),
        ),
        settings=("posting.sub_customers",),
        tests=("test_money_in_quickbooks.py::test_a_head_office_pays_for_its_branches",),
    ),
)

LISTS: tuple[Row, ...] = (
    Row(
        number="",
        what="Customer",
        shown=(Party(party_id="7", kind="customer", name="Kitchen & Co"),),
        settings=(
            "posting.master_data",
            "posting.sub_customers",
            "posting.link_existing",
            "posting.party_currencies",
            "posting.unknown_terms",
        ),
        tests=(
            "test_parties.py::test_display_names",
            "test_party_currencies.py::test_the_names_of_a_party_in_each_currency",
            "test_terms.py::test_terms_that_quickbooks_lacks_wait_or_are_left_out_or_made",
        ),
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
        what="Supplier with payment terms",
        shown=(Party(party_id="9", kind="supplier", name="Leaf Imports", payment_terms="Net 30", payment_days=30),),
        policies={"unknown_terms": "make"},
        settings=("posting.unknown_terms",),
        tests=("test_terms.py::test_terms_that_quickbooks_lacks_wait_or_are_left_out_or_made",),
    ),
    Row(
        number="",
        what="Customer with documents in two currencies",
        shown=(Party(party_id="7", kind="customer", name="Kitchen & Co"),),
        policies={"multicurrency": True, "party_currencies": "each"},
        books={"further_currencies": lambda party: ("EUR",)},
        settings=("posting.party_currencies", "posting.foreign_documents"),
        tests=("test_party_currencies.py::test_the_names_of_a_party_in_each_currency",),
    ),
    Row(
        number="",
        what="Customer that is inactive in the source",
        shown=(Party(party_id="7", kind="customer", name="Kitchen & Co", active=False),),
        policies={"inactive": "deactivated"},
        books={"retired": lambda key: True},
        settings=("posting.inactive",),
        tests=("pipeline/test_retired.py::test_an_entry_is_deactivated_and_comes_back_with_its_next_document",),
    ),
    Row(
        number="",
        what="Product below its category",
        shown=(Product(product_id="tea", kind="stocked", number="T-1", name="Green tea", category="Drinks:Hot"),),
        policies={"categories": "kept"},
        settings=("posting.categories",),
        tests=(
            "test_categories.py::test_an_item_stands_below_its_category_and_that_below_another_where_they_are_kept",
        ),
    ),
    Row(
        number="",
        what="Product that goes as lines",
        shown=(Product(product_id="tea", kind="stocked", number="T-1", name="Green tea"),),
        policies={"products": "lines"},
        settings=("posting.products",),
        tests=(
            "test_categories.py::test_products_as_lines_have_no_item_and_their_lines_are_on_the_item_of_their_account",
        ),
    ),
    Row(
        number="",
        what="Product in stock",
        shown=(Product(product_id="tea", kind="stocked", number="T-1", name="Green tea"),),
        settings=("posting.master_data", "accounts.by_product", "posting.categories", "posting.products"),
        tests=(
            "test_products.py::test_the_sku_is_the_number_as_it_is",
            "test_categories.py::test_an_item_stands_below_its_category_and_that_below_another_where_they_are_kept",
            "test_categories.py::test_products_as_lines_have_no_item_and_their_lines_are_on_the_item_of_their_account",
        ),
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
