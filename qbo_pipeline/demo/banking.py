"""Money: payments received and made, in full, in part, for several documents at once, or on account.

What belongs here: one function for each way to pay; it does one payment and says whether there was anything to pay.
"""

from __future__ import annotations

from dataclasses import dataclass

from qbo_pipeline.demo.catalogue import BANK_ACCOUNT
from qbo_pipeline.demo.workday import Workday


@dataclass(frozen=True, slots=True)
class Side:
    """Receivable or payable: where the documents are, and how the payment is named."""

    kind: str
    series: str
    documents: str
    party: str
    methods: tuple[str, ...]


RECEIVED = Side("payment_received", "PMT", "invoices", "customer_id", ("Check", "Card", "Bank transfer"))
MADE = Side("payment_made", "PAY", "bills", "supplier_id", ("Check", "Bank transfer"))


def in_full(work: Workday, side: Side) -> bool:
    """Pay what is open of one document."""
    found = _open(work, side)
    if not found:
        return False
    party_id, document_id, amount = work.dice.choice(found)
    _pay(work, side, party_id, amount, [(document_id, amount)])
    return True


def in_part(work: Workday, side: Side) -> bool:
    """Pay three to seven tenths of what is open of one document."""
    found = [row for row in _open(work, side) if row[2] >= 5000]
    if not found:
        return False
    party_id, document_id, open_cents = work.dice.choice(found)
    amount = open_cents * work.dice.randrange(3, 8) // 10
    _pay(work, side, party_id, amount, [(document_id, amount)])
    return True


def several(work: Workday, side: Side) -> bool:
    """Pay two to four documents of one party at once."""
    found = _open(work, side)
    work.dice.shuffle(found)
    for party_id in dict.fromkeys(row[0] for row in found):
        documents = work.rows(
            f"SELECT id, total_cents - paid_cents FROM {side.documents} WHERE {side.party} = ?"
            " AND paid_cents < total_cents AND status = 'completed' ORDER BY due_date, id LIMIT 4",
            party_id,
        )
        if len(documents) > 1:
            chosen = documents[: work.dice.randrange(2, len(documents) + 1)]
            _pay(work, side, party_id, sum(amount for _, amount in chosen), chosen)
            return True
    return False


def on_account(work: Workday, side: Side) -> bool:
    """Pay more than one document asks for, or a deposit for none; the rest stays on account."""
    found = _open(work, side)
    if not found:
        return False
    party_id, document_id, amount = work.dice.choice(found)
    deposit = work.dice.randrange(2, 21) * 5000
    if work.chance(2):
        _pay(work, side, party_id, deposit, [], memo="Deposit")
    else:
        _pay(work, side, party_id, amount + deposit, [(document_id, amount)], memo="Paid in advance in part")
    return True


def _open(work: Workday, side: Side) -> list[tuple[int, int, int]]:
    """The open documents that are due first: party, document, what is open of it in cents."""
    rows = work.rows(
        f"SELECT {side.party}, id, total_cents - paid_cents FROM {side.documents}"
        " WHERE paid_cents < total_cents AND status = 'completed' ORDER BY due_date, id LIMIT 40"
    )
    return [(party_id, document_id, amount) for party_id, document_id, amount in rows]


def _pay(
    work: Workday, side: Side, party_id: int, amount: int, settled: list[tuple[int, int]], memo: str | None = None
) -> None:
    entry = work.add(
        "bank_entries", number=work.number(side.series), business_date=work.today, kind=side.kind, party_id=party_id,
        amount_cents=amount, bank_account=BANK_ACCOUNT, method=work.dice.choice(side.methods),
        reference=f"{work.dice.randrange(100000, 1000000)}", memo=memo,
    )  # fmt: skip
    for document_id, part in settled:
        work.add("bank_entry_allocations", entry_id=entry, document_id=document_id, amount_cents=part)
        work.db.execute(
            f"UPDATE {side.documents} SET paid_cents = paid_cents + ? WHERE id = ?",
            (part, document_id),
        )
