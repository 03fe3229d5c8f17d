"""What reconciliation answers: the totals, the frames and the status.

What belongs here: `Reconciliation`; the columns of its frames are in `result_frames.py`. Amounts are home currency with
two decimals (`decimal128(18, 2)`), debit positive. Everywhere **difference = ledger − stock**: positive where QBO's
ledger shows more than the stock is worth. Every frame has a stated order and is the same for the same data, whatever
the order of the rows that came in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from qbo_pipeline.verdicts import OF_STATUS

STATUSES = tuple(OF_STATUS)


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first day on which the two sides part: the day, by how much, and the documents of that day."""

    business_date: date
    amount: Decimal
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reconciliation:
    """Stock value against ledger at a date: totals, causes and every frame of the reports.

    `difference = ledger_balance − stock_value = explained + unexplained`, exactly; `explained` is the sum of the
    causes. `status`: `balanced` (no difference at all), `explained`, `doubled` (a
    document stands twice), or `unexplained` (unexplained amounts, added
    without their signs, exceed `tolerance`). `stock_basis` is `stock_values` or `movements`. `notes` are sentences
    that a reader must know (postings under way, an incomplete ledger read, days not yet extracted).
    `content_hash` (SHA-256 in hex after its version, see `fingerprint.py`) is the same for the same data.
    """

    as_at: date
    currency: str
    stock_value: Decimal
    ledger_balance: Decimal
    difference: Decimal
    explained: Decimal
    unexplained: Decimal
    tolerance: Decimal
    status: str
    stock_basis: str
    first_divergence: Divergence | None
    notes: tuple[str, ...]
    content_hash: str
    accounts: pd.DataFrame
    documents: pd.DataFrame
    differences: pd.DataFrame
    causes: pd.DataFrame
    by_date: pd.DataFrame
    by_product_location: pd.DataFrame
    roll_forward: pd.DataFrame
    ageing: pd.DataFrame
    late_arrivals: pd.DataFrame
    ledger_only: pd.DataFrame
    changed_after_posting: pd.DataFrame
    completeness: pd.DataFrame
    counts: pd.DataFrame
    quantities: pd.DataFrame
