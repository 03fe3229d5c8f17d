"""`reconcile`: from the input to the answer, in the order in which the other modules do their part.

What belongs here: the order of the work, and the notes that a reader must know.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.instants import show_instant
from qbo_pipeline.reconciliation import documents, lists, tables, timeline, totals
from qbo_pipeline.reconciliation.adjustments import settle
from qbo_pipeline.reconciliation.amounts import to_decimal
from qbo_pipeline.reconciliation.beside_stock import changed_beside_stock
from qbo_pipeline.reconciliation.books import IN_FLIGHT, UNMAPPED, CodedInput, read_books
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.reconciliation.examine import examine
from qbo_pipeline.reconciliation.fingerprint import content_hash
from qbo_pipeline.reconciliation.foreign import UNTRACKED_SALES, explain_foreign
from qbo_pipeline.reconciliation.inputs import ReconciliationInput
from qbo_pipeline.reconciliation.matching import match
from qbo_pipeline.reconciliation.places import by_product_location, read_places
from qbo_pipeline.reconciliation.quantities import quantities
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.sides import Balances, balances, explain_sides
from qbo_pipeline.reconciliation.unsent import explain_unsent


def reconcile(given: ReconciliationInput) -> Reconciliation:
    """Compare stock and ledger as at a date, and name every difference.

    Pure: the same input gives the same answer. Raises `frames.FrameError` for a frame that cannot be used.
    """
    # NumPy and Arrow take turns with columns of one size: out of one memory, what one gives back serves the other.
    pa.set_memory_pool(pa.system_memory_pool())
    books = read_books(given)
    matching = match(books)
    foreign = explain_foreign(books)
    stock = read_places(books)
    both = balances(books, stock)
    found, changes = examine(books, matching)
    changes += changed_beside_stock(books, changes)
    rest, sides = explain_sides(books, matching, foreign, stock, both)
    entries = tables.join(
        [explain_unsent(books, matching), *found, tables.entry_table(foreign.entries), tables.entry_table(rest)], books
    )
    entries = settle(entries)
    accounts = totals.accounts_frame(entries, books, both)
    differences = tables.differences(entries, books)
    flows = timeline.Flows(books, matching, foreign, both)
    by_date = timeline.by_date(flows, entries)
    difference = int((both.ledger - both.stock).sum())
    unexplained = int(sum(totals.by_account_and_group(entries, books, both)["unexplained"]))
    pieces = quantities(books)
    return Reconciliation(
        as_at=given.as_at,
        currency=given.currency,
        stock_value=to_decimal(both.stock.sum()),
        ledger_balance=to_decimal(both.ledger.sum()),
        difference=to_decimal(difference),
        explained=to_decimal(difference - unexplained),
        unexplained=to_decimal(unexplained),
        tolerance=given.tolerance,
        status="unexplained" if _has_unexplained(pieces) else totals.status(entries, books),
        stock_basis="movements" if given.stock_values is None else "stock_values",
        first_divergence=timeline.first_divergence(by_date, entries),
        notes=(*_notes(books, both), *_about_items(pieces)),
        content_hash=content_hash(books, entries),
        accounts=accounts,
        documents=documents.documents_frame(entries, books, matching, sides),
        differences=differences,
        causes=totals.causes_frame(entries),
        by_date=by_date,
        by_product_location=by_product_location(books, stock),
        roll_forward=timeline.roll_forward(flows, books, both),
        ageing=totals.ageing_frame(entries, differences, books),
        late_arrivals=lists.late_arrivals(books),
        ledger_only=lists.ledger_only(books, foreign),
        changed_after_posting=tables.changes_frame(changes),
        completeness=lists.completeness(books, both),
        counts=lists.counts(books),
        quantities=pieces,
    )


def _has_unexplained(pieces: pd.DataFrame) -> bool:
    return bool((pieces["unexplained"] != 0).any())


def _about_items(pieces: pd.DataFrame) -> list[str]:
    if pieces.empty:
        return []
    differing = int((pieces["difference"] != 0).sum())
    said = f"Of {len(pieces):,} items that QuickBooks tracks for us {differing:,} have another quantity there"
    if _has_unexplained(pieces):
        names = ", ".join(str(name) for name in pieces["product_id"][pieces["unexplained"] != 0][:5])
        return [f"{said}; nothing explains it for {names}: look at these items by hand."]
    return [f"{said}, and each piece is explained." if differing else f"{said}."]


def objects_to_read(reconciliation: Reconciliation) -> list[tuple[str, str]]:
    """The QBO objects (type, Id) whose present state would tell more: pass them as `objects` and reconcile again.

    Of the entries by others those are asked for whose items decide the cause: sales.
    """
    frame = reconciliation.differences
    asked = frame["cause"].isin([Cause.CHANGED_IN_QBO, Cause.DELETED_IN_QBO, Cause.DOUBLED_COGS, Cause.UNEXPLAINED])
    sales = frame["detail"] == UNTRACKED_SALES[None]
    rows = frame[((asked & (frame["scope"] == "document")) | sales) & frame["qbo_id"].notna()]
    return sorted(set(zip(rows["qbo_type"], rows["qbo_id"], strict=True)))


def _notes(books: CodedInput, both: Balances) -> tuple[str, ...]:
    """Sentences that a reader must know, in a fixed order."""
    given, notes = books.input, []
    if given.ledger_read_at:
        read = show_instant(given.ledger_read_at, given.time_zone, seconds=True)
        notes.append(f"QuickBooks' ledger was read at {read}.")
    if given.source_read_at:
        read = show_instant(given.source_read_at, given.time_zone, seconds=True)
        notes.append(f"The inventory system was read up to {read}.")
    states = books.postings["state"]
    under_way = int(pc.sum(pc.is_in(states, pc.cast(list(IN_FLIGHT), states.type))).as_py() or 0)
    if under_way:
        notes.append(f"Postings are under way: the outcome of {under_way} is not known yet.")
    if books.adopted:
        notes.append(
            f"{len(books.adopted)} documents whose answer did not arrive are in QuickBooks: they carry our mark."
        )
    pending = [day for day in given.pending_days if day <= given.as_at]
    if pending:
        notes.append(f"{len(pending)} days changed in the inventory system since they were read.")
    for account in np.flatnonzero(both.missing).tolist():
        name, missing = books.account_names[account], to_decimal(both.missing[account])
        notes.append(f"The ledger of {name} was read incompletely: lines of {missing:,} {given.currency} are missing.")
    without = [books.account_names[account] for account in np.flatnonzero(~both.given).tolist()]
    if names := [name for name in without if name != UNMAPPED]:
        notes.append(f"QuickBooks gave no balance of {', '.join(names)}: the sum of its ledger lines is used.")
    if UNMAPPED in books.accounts:
        notes.append("Some stock has no inventory account in the settings; it is shown under an account of its own.")
    orphans = int((books.effect_posting < 0).sum())
    if orphans:
        notes.append(f"{orphans} stock lines belong to postings that are not in the store and were left out.")
    return tuple(notes)
