"""Deposits, fees, methods and converted payments, whose outcomes are written down whole: by name, record and books."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Party, Payment, Record
from qbo_pipeline_tests.accounting.company import ACCOUNTS, DAY, FURTHER_ROLES, books, document, item, payment
from qbo_pipeline_tests.accounting.outcomes.company import EURO, STORED, D, stored

LATER = date(2026, 3, 20)
OWN: dict[str, Any] = {"customer_deposits": "own_account", "supplier_deposits": "own_account"}
HOME: dict[str, Any] = {"foreign_documents": "home_currency"}
BY_NAME: dict[str, Any] = {"payment_methods": "by_name"}
SALE = document("sales_invoice", item("tea", 5, "10", "50"), document_id="l1", number="L-1", business_date=LATER)
NEXT = document("sales_invoice", item("tea", 4, "10", "40"), document_id="l2", number="L-2", business_date=DAY)
LAST = document("sales_invoice", item("tea", 3, "10", "30"), document_id="l3", number="L-3",
                business_date=date(2026, 3, 18))  # fmt: skip
PURCHASE = document("bill", item("bag", 5, "10", "50"), document_id="l4", number="L-4", business_date=LATER)
FOREIGN = document("sales_invoice", item("tea", 1, "80", "80"), document_id="f1", number="F-1", party_id="5",
                   currency="EUR", exchange_rate=D("1.20"), deposit_amount=D(8))  # fmt: skip
OWED = document("bill", item("bag", 1, "80", "80"), document_id="f2", number="F-2", party_id="8", currency="EUR",
                exchange_rate=D("1.20"))  # fmt: skip
TAKEN = document("sales_invoice", item("tea", 10, "10", "100"), document_id="d1", number="D-1", deposit_amount=D(30))
BRANCH = Party(party_id="71", kind="customer", name="Branch", parent_id="7")
SHOP = Party(party_id="72", kind="customer", name="Shop", parent_id="71")
ITS = document("sales_invoice", item("tea", 1, "10", "10"), document_id="s1", number="S-1", party_id="72")
OTHERS = document("bill", item("bag", 1, "80", "80"), document_id="f3", number="F-3", party_id="8")
MORE = (SALE, NEXT, LAST, PURCHASE, FOREIGN, OWED, OTHERS, TAKEN, BRANCH, SHOP, ITS)


def funded(**changes: Any) -> Books:
    return books(*STORED, *MORE, **({"roles": FURTHER_ROLES} | changes))


def summed(*documents: str, **changes: Any) -> Books:
    return funded(is_summarised=lambda document_id: document_id in documents, **changes)


def before(*payments: Payment, **changes: Any) -> Books:
    return funded(payments_of=lambda document_id: payments, **changes)


DEPOSITS: dict[str, tuple[Record, Books]] = {
    "taken before its document": (payment("payment_received", "50", ("l1", "50")), funded(policies=OWN)),
    "taken for documents of now and of later days": (
        payment("payment_received", "200", ("l1", "50"), ("i1", "60"), ("l3", "30"), reference="CHQ 7", memo="thanks"),
        funded(policies=OWN),
    ),
    "taken for nothing that is known": (payment("payment_received", "50", memo="for May"), funded(policies=OWN)),
    "nothing paid, a credit against an invoice to come": (
        payment("payment_received", "0", ("l1", "20"), ("i3", "-20")), funded(policies=OWN),
    ),
    "a credit against two invoices to come": (
        payment("payment_received", "40", ("l1", "40"), ("l3", "30"), ("i3", "-30")), funded(policies=OWN),
    ),
    "paid before its bill": (payment("payment_made", "50", ("l4", "50"), ("b1", "0")), funded(policies=OWN)),
    "paid for bills of now and to come": (
        payment("payment_made", "120", ("l4", "50"), ("b1", "60")), funded(policies=OWN),
    ),
    "paid to a supplier for nothing that is known": (
        payment("payment_made", "50", reference="77"), funded(policies=OWN),
    ),
    "deposits of the other side only": (
        payment("payment_received", "50", ("l1", "50")), funded(policies={"supplier_deposits": "own_account"}),
    ),
    "deposits of customers only": (
        payment("payment_made", "50", ("l4", "50")), funded(policies={"customer_deposits": "own_account"}),
    ),
    "a refund where deposits have an account": (payment("payment_received", "-30", ("i3", "-30")),
                                                funded(policies=OWN)),
    "a deposit of a customer that is no liability": (
        payment("payment_received", "50"), funded(policies=OWN, roles=FURTHER_ROLES | {"customer_deposits": "87"}),
    ),
    "a deposit of a supplier that is no claim": (
        payment("payment_made", "50"), funded(policies=OWN, roles=FURTHER_ROLES | {"supplier_deposits": "27"}),
    ),
    "a deposit by customer": (
        payment("payment_received", "50"),
        funded(policies=OWN, overrides={("customer_deposits", "party", "customer:7"): "55"}),
    ),
    "no account for deposits": (payment("payment_received", "50"), stored(policies=OWN)),
    "a fee kept back": (payment("payment_received", "100", ("i1", "100"), fee_amount=D("2.90")), funded()),
    "a fee given back": (payment("payment_received", "-30", ("i3", "-30"), fee_amount=D("-0.90")), funded()),
    "a fee of all of it": (payment("payment_received", "2", ("i1", "2"), fee_amount=D(2)), funded()),
    "a fee above its payment": (payment("payment_received", "2", ("i1", "2"), fee_amount=D("2.01")), funded()),
    "a fee above what was given back": (payment("payment_received", "-2", fee_amount=D("-2.01")), funded()),
    "a fee of a customer": (
        payment("payment_received", "2", fee_amount=D(1)),
        funded(overrides={("payment_fees", "party", "customer:7"): "61"}),
    ),
    "a fee on a stock account": (
        payment("payment_received", "2", fee_amount=D(1)), funded(roles=FURTHER_ROLES | {"payment_fees": "81"}),
    ),
    "a fee of what settles nothing and is nothing": (payment("payment_received", "0", fee_amount=D(1)), funded()),
    "a method by name": (
        payment("payment_received", "2", method=" Visa"), funded(policies=BY_NAME, payment_methods={"visa": "3"}),
    ),
    "a method that QBO has not": (payment("payment_received", "2", method="Beads"), funded(policies=BY_NAME)),
    "no method": (payment("payment_received", "2"), funded(policies=BY_NAME)),
    "linked to what stands as a journal": (
        payment("payment_made", "100", ("b1", "60"), memo="deposit"),
        funded(posted_as={"payment/p1": "JournalEntry"}.get),
    ),
    "credits alone against what stands as a journal": (
        payment("payment_made", "100", ("b1", "10"), ("b2", "-10")),
        funded(posted_as={"payment/p1": "JournalEntry"}.get),
    ),
    "of a summary": (payment("payment_received", "80", ("i1", "80")), summed("i1")),
    "of a summary and of itself": (
        payment("payment_received", "80", ("i1", "50"), ("l2", "20"), ("i404", "5"), reference="R", fee_amount=D(1)),
        summed("i1"),
    ),
    "of two in summaries, and a credit": (
        payment("payment_received", "80", ("i1", "50"), ("l2", "40"), ("i3", "-10")), summed("i1", "l2", "i3"),
    ),
    "of a summary alone, with one another": (
        payment("payment_received", "0", ("i1", "20"), ("i3", "-20")), summed("i1", "i3"),
    ),
    "a credit of a summary against an invoice of its own": (
        payment("payment_received", "0", ("l2", "20"), ("i3", "-20")), summed("i3"),
    ),
    "a refund of a summary": (payment("payment_received", "-30", ("i3", "-30")), summed("i3")),
    "of a summary where deposits have an account": (
        payment("payment_received", "80", ("i1", "50"), ("l1", "20")), summed("i1", policies=OWN),
    ),
    "received in home currency for another": (
        payment("payment_received", "80", ("f1", "72"), ("i1", "2"), ("f9", "1"), party_id="5", fee_amount=D(2),
                memo="wire", **EURO),
        funded(policies=HOME),
    ),
    "paid in home currency for another": (
        payment("payment_made", "80", ("f2", "80"), party_id="8", **EURO), funded(policies=HOME),
    ),
    "paid in home currency at the same rate": (
        payment("payment_made", "80", ("f2", "80"), party_id="8", currency="EUR", exchange_rate=D("1.20")),
        funded(policies=HOME),
    ),
    "received in home currency where others are converted": (
        payment("payment_received", "80", ("i1", "80"), memo="wire"), funded(policies=HOME),
    ),
    "a gain on receivables": (
        payment("payment_received", "80", ("f1", "72"), party_id="5", **EURO),
        funded(policies=HOME, roles=FURTHER_ROLES | {"exchange_difference": "12"}),
    ),
    "a fee on payables": (
        payment("payment_received", "2", fee_amount=D(1)), funded(roles=FURTHER_ROLES | {"payment_fees": "20"}),
    ),
    "a refund from receivables of another currency": (
        payment("payment_received", "-30"),
        funded(chart=ACCOUNTS | {"12": replace(ACCOUNTS["12"], currency="EUR")}),
    ),
    "a payment on account from payables of another currency": (
        payment("payment_made", "30"), funded(chart=ACCOUNTS | {"20": replace(ACCOUNTS["20"], currency="EUR")}),
    ),
    "a gain on a stock account": (
        payment("payment_received", "80", ("f1", "72"), party_id="5", **EURO),
        funded(policies=HOME, roles=FURTHER_ROLES | {"exchange_difference": "81"}),
    ),
    "a voided payment of another currency": (
        payment("payment_received", "80", party_id="5", status="voided", currency="EUR"), funded(policies=HOME),
    ),
    "no rate to convert by": (
        payment("payment_received", "80", party_id="5", currency="EUR"), funded(policies=HOME),
    ),
    "an invoice with a deposit of its own": (payment("payment_received", "80", ("d1", "80")), funded()),
    "what others before it settled": (
        payment("payment_received", "80", ("i1", "80")),
        before(payment("payment_received", "50", ("i1", "50"), ("i7", "5"), payment_id="p0"),
               payment("payment_received", "10", ("i1", "10"), payment_id="p00", status="voided"),
               payment("payment_made", "10", ("i1", "10"), payment_id="p000"),
               payment("payment_received", "80", ("i1", "80")),
               payment("payment_received", "30", ("i1", "30"), payment_id="p2")),
    ),
    "a branch's invoice paid by the customer above": (payment("payment_received", "10", ("s1", "10")), funded()),
    "a branch's invoice, flattened": (
        payment("payment_received", "10", ("s1", "10")), funded(policies={"sub_customers": "flattened"}),
    ),
    "an invoice of the customer above paid by a branch": (
        payment("payment_received", "10", ("i1", "10"), party_id="72"), funded(),
    ),
    "a bill of another supplier": (
        payment("payment_made", "10", ("f3", "10")), funded(),
    ),
    "an invoice that stays out": (
        payment("payment_received", "10", ("i1", "10")), funded(policies={"approved_statuses": ("paid",)}),
    ),
    "an invoice that stays out and is there": (
        payment("payment_received", "10", ("i1", "10")),
        funded(policies={"approved_statuses": ("paid",)}, posted_as={"document/i1": "Invoice"}.get),
    ),
}  # fmt: skip
