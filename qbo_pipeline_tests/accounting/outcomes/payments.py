"""Payments whose outcome is written down whole: by name, the record and the books."""

from __future__ import annotations

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.company import (
    ACCOUNTS,
    ROLES,
    document,
    item,
    payment,
)
from qbo_pipeline_tests.accounting.outcomes.company import (
    EURO,
    EURO_PAYABLES,
    MANY,
    stored,
)

PAYMENTS: dict[str, tuple[Record, Books]] = {
    "received": (
        payment("payment_received", "80", ("i1", "100"), ("i3", "-5"), ("i404", "2"), reference="CHQ 7", method="Check",
                memo="thanks"),
        stored(),
    ),
    "received without a number": (payment("payment_received", "80", number=""), stored()),
    "paid by check": (payment("payment_made", "90", ("b1", "100"), ("b2", "-10"), reference="77"), stored()),
    "paid by card": (payment("payment_made", "100", ("b1", "100"), account="card"), stored()),
    "paid where QBO numbers": (
        payment("payment_made", "100", ("b1", "100")), stored(policies={"numbered_by_quickbooks": ("BillPayment",)}),
    ),
    "paid where no payables are named": (
        payment("payment_made", "100", ("b1", "100")),
        stored(roles={k: v for k, v in ROLES.items() if k != "accounts_payable"}),
    ),
    "paid in another currency": (
        payment("payment_made", "100", ("e1", "100"), party_id="8", **EURO),
        stored(policies=MANY, document={
            "e1": document("bill", item("bag", 1, "100", "100"), document_id="e1", party_id="8", **EURO)
        }.get),
    ),
    "paid on account": (payment("payment_made", "100", ("b9", "100"), memo="deposit", reference="77"), stored()),
    "paid on account in another currency": (
        payment("payment_made", "100", party_id="8", **EURO),
        stored(policies=MANY, chart=ACCOUNTS | {"21": EURO_PAYABLES},
               overrides={("accounts_payable", "party", "supplier:8"): "21"}),
    ),
    "a refund that settles less of a credit than of charges": (
        payment("payment_received", "-5", ("i1", "20"), ("i3", "-10")), stored(),
    ),
    "less than two invoices": (payment("payment_received", "80", ("i1", "60"), ("i7", "50")), stored()),
    "one invoice twice": (payment("payment_received", "100", ("i1", "40"), ("i1", "60")), stored()),
    "the bank of a customer": (
        payment("payment_received", "80", ("i1", "80")), stored(overrides={("bank", "party", "customer:7"): "82"}),
    ),
    "more credit than there is to settle": (payment("payment_received", "10", ("i1", "20"), ("i3", "-30")), stored()),
    "more credit than is given back": (payment("payment_received", "-10", ("i3", "-30")), stored()),
    "nothing paid, a credit against an invoice": (
        payment("payment_received", "0", ("i1", "20"), ("i3", "-30")), stored(),
    ),
    "a customer of another currency": (payment("payment_received", "80", party_id="5"), stored(policies=MANY)),
    "half a dollar of an invoice": (payment("payment_received", "0.50", ("i1", "0.50")), stored()),
    "half a dollar paid on account": (payment("payment_made", "0.50"), stored()),
    "a refund in another currency": (payment("payment_received", "-30", party_id="5", **EURO), stored(policies=MANY)),
    "a refund to a customer": (payment("payment_received", "-30", ("i3", "-30"), memo="sorry"), stored()),
    "a refund to a customer on account": (payment("payment_received", "-30", method="Cash"), stored()),
    "a refund by a supplier": (payment("payment_made", "-30", ("b2", "-30")), stored()),
    "a refund that settles as much as it gives": (
        payment("payment_received", "-0.01", ("i3", "-20"), ("i1", "20")), stored(),
    ),
    "voided": (payment("payment_received", "100", status="voided"), stored()),
    "nothing": (payment("payment_made", "0"), stored()),
    "an unknown customer": (payment("payment_received", "1", party_id="404"), stored()),
    "an unknown supplier": (payment("payment_made", "1", party_id="404"), stored()),
    "a bank that is none": (payment("payment_made", "1", account="freight"), stored()),
    "received on a card": (payment("payment_received", "1", account="card"), stored()),
    "a bank of another currency": (
        payment("payment_made", "1", party_id="8", **EURO),
        stored(policies=MANY, chart=ACCOUNTS | {"10": AccountRef(id="10", name="Yen", type="Bank", currency="JPY")}),
    ),
    "a bank that is stock": (payment("payment_made", "1", account="stock"), stored()),
    "no payables to pay from": (
        payment("payment_made", "1"), stored(roles={k: v for k, v in ROLES.items() if k != "accounts_payable"}),
    ),
    "no receivables to refund from": (
        payment("payment_received", "-1"), stored(roles={k: v for k, v in ROLES.items() if k != "accounts_receivable"}),
    ),
}  # fmt: skip
