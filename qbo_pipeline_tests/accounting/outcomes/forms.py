"""Further forms and policies of sales, whose outcomes are written down whole: by name, the record and the books."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.accounting.books import Books, ExportOff
from qbo_pipeline.inventory.records import Party, Record
from qbo_pipeline_tests.accounting.company import FURTHER_ROLES, books, document, item
from qbo_pipeline_tests.accounting.outcomes.company import EURO, MANY, NAMED, STORED, D, stored

BUYER = Party(party_id="g", kind="customer", name="Group", party_group="Own ")
RATES: dict[str, Any] = {
    "tax_codes": {"": "5", "S": "7", "R": "8", "N": "9"},
    "tax_rates": {
        "5": ((), ()), "7": ((D(20),), (D(10),)), "8": ((D(5), D("2.5")), (D(20), D(-20))),
    },
}  # fmt: skip
PAID: dict[str, Any] = {"method": "Visa", "reference": "R-9", "account": "card"}


def ruled(total: str = "source", **changes: Any) -> Books:
    return stored(**(RATES | {"policies": {"tax_regime": "global", "tax_total": total}} | changes))


def taxed(kind: str = "sales_invoice", tax: str = "2", **changes: Any) -> Any:
    return document(kind, item("tea", 1, "10", "10", tax_code="S", tax_amount=D(tax)), **changes)


def mixed(kind: str = "sales_invoice") -> Any:
    """Lines whose tax, rounded one by one, is another than rounded by code."""
    return document(
        kind, item("tea", 1, "0.33", "0.33", tax_code="S", tax_amount=D("0.07")),
        item("cup", 1, "0.33", "0.33", tax_code="S", tax_amount=D("0.07")),
        item("bag", 1, "1.30", "1.30", tax_code="R", tax_amount=D("0.10")), item("fit", 1, "1", "1"),
    )  # fmt: skip


def full(**changes: Any) -> Books:
    return stored(**({"roles": FURTHER_ROLES} | changes))


FORMS: dict[str, tuple[Record, Books]] = {
    "a receipt": (
        document("sales_receipt", item("tea", 1, "5", "5"), **PAID | {"account": None}),
        stored(policies={"payment_methods": "by_name"}, payment_methods={"visa": "3"}),
    ),
    "a receipt without number or method": (document("sales_receipt", item("tea", 1, "5", "5"), payment_terms="Net 30",
                                                    due_date=None), stored()),
    "a receipt on a card": (document("sales_receipt", item("tea", 1, "5", "5"), **PAID), stored()),
    "a refund": (document("sales_refund", item("tea", 1, "5", "5"), reference="R" * 30), stored()),
    "a negative receipt": (document("sales_receipt", item("tea", -1, "5", "-5")), stored()),
    "a receipt by the bank of a customer": (
        document("sales_receipt", item("tea", 1, "5", "5")), stored(overrides={("bank", "party", "customer:7"): "82"}),
    ),
    "a receipt by another bank": (
        document("sales_receipt", item("tea", 1, "5", "5"), deposit_amount=D(9)),
        full(overrides={("bank", "party", "customer:7"): "87"}),
    ),
    "an invoice with a deposit": (
        document("sales_invoice", item("tea", 1, "5", "5"), deposit_amount=D("1.50"), account="online"), stored(),
    ),
    "an invoice with a deposit in the bank": (
        document("sales_invoice", item("tea", 1, "5", "5"), deposit_amount=D("5")), stored(),
    ),
    "an invoice with a deposit of nothing": (
        document("sales_invoice", item("tea", 1, "5", "5"), deposit_amount=D("0.001")), stored(),
    ),
    "a deposit above the total": (
        document("sales_invoice", item("tea", 1, "5", "5"), deposit_amount=D("5.01")), stored(),
    ),
    "a deposit of less than nothing": (
        document("sales_invoice", item("tea", 1, "5", "5"), deposit_amount=D(-1)), stored(),
    ),
    "a deposit on a credit": (document("sales_credit", item("tea", 1, "5", "5"), deposit_amount=D(1)), stored()),
    "terms": (document("sales_invoice", item("tea", 1, "5", "5"), payment_terms=" Net 30\t"),
              stored(terms={"net 30": "3"})),
    "terms with an X": (document("sales_invoice", item("tea", 1, "5", "5"), payment_terms="XX 30"),
                        stored(terms={"xx 30": "3"})),
    "terms of a bill": (document("bill", item("bag", 1, "5", "5"), payment_terms="NET 30"),
                        stored(terms={"net 30": "3"})),
    "terms of a credit": (document("sales_credit", item("tea", 1, "5", "5"), payment_terms="NET 30"), stored()),
    "terms that QBO has not": (document("sales_invoice", item("tea", 1, "5", "5"), payment_terms="Net 31"), stored()),
    "terms that are left out": (
        document("sales_invoice", item("tea", 1, "5", "5"), payment_terms="Net 31"),
        stored(policies={"unknown_terms": "leave_out"}),
    ),
    "terms that are made": (
        document("bill", item("bag", 1, "5", "5"), payment_terms="Net 31 " + "x" * 40, payment_days=999),
        stored(policies={"unknown_terms": "make"}),
    ),
    "terms of no days that are made": (
        document("bill", item("bag", 1, "5", "5"), payment_terms="At once", payment_days=0),
        stored(policies={"unknown_terms": "make"}),
    ),
    "terms of days that nobody says": (
        document("bill", item("bag", 1, "5", "5"), payment_terms="Net 31"), stored(policies={"unknown_terms": "make"}),
    ),
    "terms of too many days": (
        document("bill", item("bag", 1, "5", "5"), payment_terms="Net 31", payment_days=1000),
        stored(policies={"unknown_terms": "make"}),
    ),
    "a discount, freight and a charge": (
        document(
            "sales_invoice", item("tea", 10, "10", "100", tax_amount=D(8)), item(None, None, None, "7", role="freight"),
            item(None, None, None, "3", role="charge", description="Gift wrap"),
            item(None, None, None, "-10", role="discount", description="Spring", class_="of lines",
                 discount_percent=D(10)),
        ),
        full(dimensions=NAMED),
    ),
    "a discount by percent": (
        document(
            "sales_invoice", item("tea", 10, "10", "100.30"), item("cup", 1, "5", "5"),
            item(None, None, None, "-10.53", role="discount", discount_percent=D(10), description="d" * 4100),
        ),
        full(),
    ),
    "a discount of another percent": (
        document(
            "sales_invoice", item(None, None, None, "-10.52", role="discount", discount_percent=D(10)),
            item("tea", 10, "10", "100.30"), item("cup", 1, "5", "5"),
        ),
        full(),
    ),
    "a discount of a credit": (
        document("sales_credit", item("tea", 10, "10", "100"), item(None, None, None, "-10", role="discount")), full(),
    ),
    "a discount on a negative invoice": (
        document("sales_invoice", item("tea", -10, "10", "-100"), item(None, None, None, "10", role="discount")),
        full(),
    ),
    "a discount of a product": (
        document("sales_invoice", item("tea", 10, "10", "100"), item("cup", None, None, "-10", role="discount")),
        full(),
    ),
    "two discounts": (
        document("sales_invoice", item("tea", 10, "10", "100"), item(None, None, None, "-10", role="discount"),
                 item(None, None, None, "-5", role="discount")),
        full(),
    ),
    "a discount alone": (
        document("sales_credit", item(None, None, None, "-10", role="discount"), total_amount=D(-10)), full(),
    ),
    "a discount that adds": (
        document("sales_invoice", item("tea", 10, "10", "100"), item(None, None, None, "0", role="discount"),), full(),
    ),
    "a discount where no account is named": (
        document("sales_invoice", item("tea", 10, "10", "100"), item(None, None, None, "-10", role="discount"),
                 item(None, None, None, "3", role="charge"), item(None, None, None, "7", role="freight")),
        stored(),
    ),
    "a discount on an account of its own": (
        document("sales_invoice", item("tea", 10, "10", "100"),
                 item(None, None, None, "-10", role="discount", account="online")),
        full(),
    ),
    "a discount on an expense": (
        document("sales_invoice", item("tea", 10, "10", "100"),
                 item(None, None, None, "-10", role="discount", account="freight")),
        full(),
    ),
    "discounts of a customer": (
        document("sales_invoice", item("tea", 10, "10", "100"), item(None, None, None, "-10", role="discount")),
        full(overrides={("discounts", "party", "customer:7"): "41"}),
    ),
    "a discount with tax elsewhere": (
        document("sales_invoice", item("tea", 10, "10", "100", tax_code="S", tax_amount=D(20)),
                 item(None, None, None, "-10", role="discount", tax_code="S", tax_amount=D(-2))),
        ruled(roles=FURTHER_ROLES),
    ),
    "a discount without tax elsewhere": (
        document("sales_invoice", item("tea", 10, "10", "100"), item(None, None, None, "-10", role="discount")),
        ruled("by_line", roles=FURTHER_ROLES),
    ),
    "freight as QBO ships": (
        document("sales_invoice", item("tea", 10, "10", "100"), item(None, None, None, "7", role="freight"),
                 item(None, None, None, "8", role="freight", account="online"), item("bag", 1, "1", "1")),
        full(policies={"freight": "shipping"}),
    ),
    "roles of a bill's lines": (
        document(
            "bill", item("bag", 1, "9", "9"), item(None, None, None, "-2", role="discount"),
            item(None, None, None, "3", role="freight"), item("tea", 1, "4", "4", role="drop_shipment"),
            item(None, None, None, "5", role="freight", account="spoiled"),
        ),
        full(),
    ),
    "roles of a bill's lines without accounts": (
        document("bill", item("bag", 1, "9", "9"), item(None, None, None, "-2", role="discount"),
                 item(None, None, None, "3", role="freight")),
        stored(),
    ),
    "a drop shipment on a stock account": (
        document("bill", item("tea", 1, "4", "4", role="drop_shipment", account="stock")), stored(),
    ),
    "products as lines": (
        document("sales_invoice", item("tea", 2, "5", "10"), item("fit", 1, "3", "3", account="online")),
        stored(policies={"products": "lines"}),
    ),
    "the source's own tax": (mixed(), ruled()),
    "tax by line": (mixed(), ruled("by_line")),
    "tax by document": (mixed(), ruled("by_document")),
    "a bill's tax by line": (mixed("bill"), ruled("by_line")),
    "a bill's tax by document": (mixed("bill"), ruled("by_document")),
    "a tax of which no rates are known": (
        document("sales_invoice", item("tea", 1, "9", "9", tax_code="N", tax_amount=D(1))), ruled("by_line"),
    ),
    "a tax that rounding explains": (taxed(tax="2.05"), ruled("by_line")),
    "a tax that rounding does not explain": (taxed(tax="2.06"), ruled("by_document")),
    "a credit's tax that rounding does not explain": (taxed("sales_credit", "1"), ruled("by_line")),
    "a bill's tax that is that of sales": (taxed("bill"), ruled("by_line")),
    "no tax elsewhere": (document("sales_invoice", item("tea", 1, "9", "9")), ruled("by_line")),
    "prices with tax in them": (
        document("sales_invoice", item("tea", 3, "4", "10", tax_code="S", tax_amount=D(2)), item("cup", 1, "1", "1"),
                 item("bag", 1, "0.31", "0.29", tax_code="R", tax_amount=D("0.02")), tax_inclusive=True),
        ruled("by_line"),
    ),
    "a bill's prices with tax in them": (taxed("bill", "1", tax_inclusive=True), ruled()),
    "prices with tax in them that do not agree": (taxed(tax="4", tax_inclusive=True), ruled()),
    "prices with tax in them in the US": (taxed(tax_inclusive=True), stored()),
    "in home currency for another": (
        document("sales_invoice", item("tea", 3, "3.33", "9.99", tax_amount=D("0.33")), item("cup", 1, "1", "1"),
                 party_id="5", memo="wire", deposit_amount=D("1.01"), **EURO),
        stored(policies={"foreign_documents": "home_currency"}),
    ),
    "a bill in home currency for another": (
        document("bill", item("bag", 3, "3.33", "9.99"), item("bag", 1, "1.01", "1.01"), party_id="8", **EURO),
        stored(policies={"foreign_documents": "home_currency"}),
    ),
    "in home currency where others are converted": (
        document("sales_invoice", item("tea", 3, "3.333", "10", tax_amount=D("0.33")), memo="wire"),
        stored(policies={"foreign_documents": "home_currency"}),
    ),
    "free goods in home currency for another": (
        document("sales_invoice", item("tea", 2, "0", "0"), party_id="5", **EURO),
        stored(policies={"foreign_documents": "home_currency"}),
    ),
    "cents of tax where the code has no rate": (
        document("sales_invoice", item("tea", 1, "9", "9", tax_amount=D("0.03"))), ruled("by_document"),
    ),
    "cents of tax where the code has no rate, by line": (
        document("sales_invoice", item("tea", 1, "9", "9", tax_amount=D("0.06"))), ruled("by_line"),
    ),
    "a voided one of another currency": (
        document("sales_invoice", item("tea", 1, "9", "9"), party_id="5", currency="EUR", status="voided"),
        stored(policies={"foreign_documents": "home_currency"}),
    ),
    "a customer with a name for each currency": (
        document("sales_invoice", item("tea", 1, "9", "9"), **EURO),
        stored(policies=MANY | {"party_currencies": "each"}),
    ),
    "kept out by the source": (document("sales_invoice", item("tea", 1, "9", "9"), status="not_posted"), stored()),
    "a status that is not approved": (
        document("sales_invoice", item("tea", 1, "9", "9"), source_status="open"),
        stored(policies={"approved_statuses": ("Paid", "Sent")}),
    ),
    "no status where some are approved": (
        document("bill", item("bag", 1, "9", "9")), stored(policies={"approved_statuses": ("Paid", "Sent")}),
    ),
    "a status that is approved": (
        document("sales_invoice", item("tea", 1, "9", "9"), source_status=" PAID "),
        stored(policies={"approved_statuses": ("Paid", "Sent")}),
    ),
    "kept out by all that is named": (
        document("sales_invoice", item("tea", 1, "9", "9"), party_id="g", channel="Web", source_status="new"),
        books(*STORED, BUYER, policies={"not_exported": (
            ExportOff(kinds=("bill",)), ExportOff(kinds=("sales_invoice",), channels=("shop",)),
            ExportOff(kinds=("sales_invoice",), party_groups=("own",), channels=("shop", "WEB "), statuses=("new",)),
        )}),
    ),
    "voided and kept out": (
        document("sales_invoice", item("tea", 1, "9", "9"), status="voided"),
        stored(policies={"not_exported": (ExportOff(kinds=("sales_invoice",)),)}),
    ),
    "of an unknown customer and kept out": (
        document("sales_invoice", item("tea", 1, "9", "9"), party_id="404"),
        stored(policies={"not_exported": (ExportOff(kinds=("sales_invoice",), party_groups=("own",)),)}),
    ),
    "of a kind that is not posted": (
        document("sales_invoice", item("tea", 1, "9", "9")), stored(policies={"not_posted": ("sales_invoice",)}),
    ),
}  # fmt: skip
