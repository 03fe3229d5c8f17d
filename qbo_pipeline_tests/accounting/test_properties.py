"""What holds for every record: drafts balance, effects are the payload's, nothing is negative or a float."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.accounting.drafts import Draft, Effect, Excluded, Refused
from qbo_pipeline.accounting.movements import LINE_ROLES
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.accounting.schema_checks import problem_in
from qbo_pipeline.accounting.sharing import TO_SHARE
from qbo_pipeline.inventory.records import MOVEMENT_KINDS, Document, Movement, MovementLine
from qbo_pipeline_tests.accounting.company import (
    FURTHER_ROLES,
    NAMES,
    Ledger,
    books,
    document,
    item,
    match,
    movement,
    payment,
    stock,
)
from qbo_pipeline_tests.accounting.many import many

D = Decimal
STOCK_NAMES = ("Inventory", "Inventory West", "GRNI", "In transit", "Work in progress")
OVERRIDES = {
    ("inventory", "location", "west"): "83",
    ("cost_of_goods_sold", "category", "ware"): "56",
    ("department", "location", "west"): "1",
}
values = st.decimals(min_value=-99999, max_value=99999, places=2)
fine_values = st.decimals(min_value=-99999, max_value=99999, places=5)
quantities = st.integers(-500, 500)
STOCKED = ("tea", "cup", "set")
products = st.sampled_from(STOCKED)
locations = st.sampled_from(["east", "west", None])


def stock_lines(value: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Any]:
    return st.builds(lambda p, q, v, at: stock(p, q, str(v), at), products, quantities, value, locations)


def no_stock(role: str, value: Decimal, product: str | None = None) -> MovementLine:
    return MovementLine(line_id="", line_number=0, role=role, product_id=product, value=value)


def beside_stock(value: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Any]:
    """What stands beside goods: each role of a line, and services and products without stock."""
    roles = st.sampled_from([role for role in LINE_ROLES if role not in ("stock", TO_SHARE)])
    return st.one_of(
        st.builds(lambda role, v: no_stock(role, v if role == "sold" else abs(v)), roles, value),
        st.builds(lambda p, q, v: stock(p, q, str(v)), st.sampled_from(["bag", "fit"]), quantities, value),
    )


def movements(value: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Movement]:
    lines = st.lists(stock_lines(value), max_size=12)
    return st.builds(
        lambda kind, rows, beside, number: movement(kind, *rows, *beside, movement_id=f"m{number}"),
        st.sampled_from(MOVEMENT_KINDS),
        lines,
        st.lists(beside_stock(value), max_size=2),
        st.integers(0, 10**6),
    )


def by_account(effects: tuple[Effect, ...]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(lambda: D("0.00"))
    for effect in effects:
        totals[NAMES[effect.account_id]] += effect.amount
    return {name: amount for name, amount in totals.items() if amount}


def booked(made: Draft) -> dict[str, Decimal]:
    """What an independent ledger says that the payload does to the stock accounts."""
    ledger = Ledger().post(made)
    assert sum(amount for _, amount in ledger.lines) == 0
    return {name: ledger.balance(name) for name in STOCK_NAMES if ledger.balance(name)}


def floats_in(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [found for item_ in value.values() for found in floats_in(item_)]
    if isinstance(value, list):
        return [found for item_ in value for found in floats_in(item_)]
    return [value] if isinstance(value, float) else []


def check(made: Draft) -> None:
    assert problem_in(made.entity, made.payload) is None
    assert floats_in(made.payload) == []
    assert by_account(made.effects) == booked(made)
    assert made.amount >= 0
    if made.entity == "JournalEntry":
        assert all(line["Amount"] > 0 for line in made.payload["Line"])


POSTED = {"zero_cost": "post"}  # what waits for its cost is the subject of test_movement_answers


@given(movements(fine_values))
@many(60)
def test_every_journal_balances_and_its_effects_are_its_own(record: Movement) -> None:
    outcome = build(record, books(overrides=OVERRIDES, policies=POSTED))
    if isinstance(outcome, Draft):
        check(outcome)
    else:
        assert isinstance(outcome, Excluded)
        assert by_account(outcome.effects) == {}


@given(movements(fine_values))
@many(20)
def test_the_same_record_makes_the_same_draft(record: Movement) -> None:
    assert build(record, books(overrides=OVERRIDES, policies=POSTED)) == build(
        record, books(overrides=OVERRIDES, policies=POSTED)
    )


@given(st.lists(movements(values), max_size=12))
@many(40)
def test_inventory_moves_by_exactly_what_the_stock_is_worth(records: list[Movement]) -> None:
    """To the cent for each product and location, posted and nil movements together."""
    in_books = books(overrides=OVERRIDES, policies=POSTED)
    moved: dict[tuple[str | None, str | None], Decimal] = defaultdict(Decimal)
    worth: dict[tuple[str | None, str | None], Decimal] = defaultdict(Decimal)
    for record in records:
        outcome = build(record, in_books)
        assert isinstance(outcome, Draft | Excluded)
        for effect in outcome.effects:
            if effect.account_id in in_books.accounts_of("inventory"):
                moved[(effect.product_id, effect.location_id)] += effect.amount
        for line in record.lines:
            if line.role == "stock" and line.product_id in STOCKED:
                worth[(line.product_id, line.location_id)] += line.value
    assert {place: v for place, v in moved.items() if v} == {place: v for place, v in worth.items() if v}


@given(movements(fine_values))
@many(40)
def test_fractions_of_a_cent_cost_at_most_half_a_cent_an_account(record: Movement) -> None:
    outcome = build(record, books(policies=POSTED))
    assert isinstance(outcome, Draft | Excluded)
    goods = (line for line in record.lines if line.role == "stock" and line.product_id in STOCKED)
    exact = sum((line.value for line in goods), D(0))
    moved = sum((effect.amount for effect in outcome.effects if effect.account_id == "81"), D(0))
    assert abs(moved - exact) <= D("0.005")


receipt_lines = st.lists(
    st.tuples(products, st.integers(1, 100), st.decimals(min_value=0, max_value=9999, places=4)), min_size=1, max_size=6
)


def receipt_and_bills(
    rows: list[tuple[str, int, Decimal]], cuts: list[int], surcharge: Decimal
) -> tuple[Movement, list[Document]]:
    """A receipt and the bills that match all of it, each line cut at the given share into one line a bill."""
    arrived = movement("receipt", *(stock(p, q, str(v)) for p, q, v in rows))
    shares = [min(cut, quantity) for cut, (_, quantity, _) in zip(cuts, rows, strict=False)]
    shares += [quantity for _, quantity, _ in rows[len(shares) :]]
    bills = []
    for bill_number in range(2):
        lines, matches = [], []
        for number, ((product, quantity, value), share) in enumerate(zip(rows, shares, strict=True), start=1):
            part = share if bill_number == 0 else quantity - share
            net = (value * part / quantity).quantize(D("0.01")) + (surcharge if part else 0)
            lines.append(item(product, part, None, str(net)))
            if part:
                matches.append(match(number, "receipt", number, part))
        bills.append(document("bill", *lines, document_id=f"b{bill_number}", matches=tuple(matches)))
    return arrived, bills


@given(
    receipt_lines,
    st.lists(st.integers(0, 100), max_size=6),
    st.sampled_from([D("0"), D("0.01"), D("7.77"), D("-3")]),
    st.sampled_from(["purchase_price_variance", "inventory"]),
)
@many(60)
def test_what_is_matched_leaves_nothing_on_goods_received_not_invoiced(
    rows: list[tuple[str, int, Decimal]], cuts: list[int], surcharge: Decimal, policy: str
) -> None:
    arrived, bills = receipt_and_bills(rows, cuts, surcharge)
    in_books = books(arrived, *bills, policies={"bill_difference": policy, **POSTED})
    ledger = Ledger()
    for record in (arrived, *bills):
        outcome = build(record, in_books)
        if isinstance(outcome, Draft):
            check(outcome)
            ledger.post(outcome)
        else:
            assert isinstance(outcome, Excluded)
    assert ledger.balance("GRNI") == 0
    billed = sum((line.net_amount for bill in bills for line in bill.lines), D("0.00"))
    assert ledger.balance("Payables") == -billed
    assert ledger.balance("PPV" if policy == "inventory" else "COGS") == 0


document_lines = st.builds(
    lambda p, q, v, t: item(p, q, None, str(v), tax_amount=t),
    st.sampled_from(["tea", "bag", "fit", None]),
    st.integers(-100, 100),
    values,
    st.sampled_from([D("0"), D("1.25"), D("-0.40")]),
)


@given(st.sampled_from(["bill", "purchase_credit"]), st.lists(document_lines, min_size=1, max_size=10))
@many(60)
def test_purchase_documents_of_either_sign_post_what_they_say(kind: str, rows: list[Any]) -> None:
    record = document(kind, *rows)
    outcome = build(record, books(policies=POSTED))
    if isinstance(outcome, Draft):
        assert by_account(outcome.effects) == booked(outcome)
        direction = -1 if kind == "bill" else 1
        assert Ledger().post(outcome).balance("Payables") == direction * record.total_amount
    else:
        assert isinstance(outcome, Excluded)


# kind, the account on the other side of its sales, and the sign there
SALES = {
    "sales_invoice": ("Receivables", 1), "sales_credit": ("Receivables", -1),
    "sales_receipt": ("Bank", 1), "sales_refund": ("Bank", -1),
}  # fmt: skip


@given(st.sampled_from(sorted(SALES)), st.lists(document_lines, min_size=1, max_size=10))
@many(80)
def test_sales_documents_of_either_sign_post_what_they_say(kind: str, rows: list[Any]) -> None:
    record = document(kind, *rows)
    outcome = build(record, books(policies=POSTED))
    if isinstance(outcome, Draft):
        items = dict.fromkeys(outcome.depends_on, "Sales")
        other_side, direction = SALES[kind]
        assert Ledger(income=items).post(outcome).balance(other_side) == direction * record.total_amount
        assert problem_in(outcome.entity, outcome.payload) is None
        assert outcome.amount == abs(record.total_amount)
        assert outcome.effects == ()  # goods are moved by movements, never by the form
    elif isinstance(outcome, Refused):
        assert outcome.field == "TxnTaxDetail.TotalTax"
        assert record.tax_amount * record.total_amount < 0
    else:
        assert isinstance(outcome, Excluded)


@given(
    st.sampled_from(["payment_received", "payment_made"]),
    values.filter(bool),
    st.decimals(min_value=0, max_value=2, places=2),
    st.lists(st.decimals(min_value=D("0.01"), max_value=5000, places=2), max_size=3),
    st.sampled_from(["on_account", "own_account"]),
)
@many(60)
def test_payments_of_either_sign_move_the_bank_by_what_they_say(
    kind: str, amount: Decimal, fee: Decimal, shares: list[Decimal], deposits: str
) -> None:
    """Whatever they settle, at once or later: no amount is negative, the bank moves by the payment without its fee."""
    fee = fee if kind == "payment_received" and amount > fee else D(0)
    of = "sales_invoice" if kind == "payment_received" else "bill"
    settled = [document(of, item("bag", 1, None, "900"), document_id=f"d{n}", number=f"D{n}") for n in range(3)]
    links = [(one.document_id, str(share)) for one, share in zip(settled, shares, strict=False)]
    record = payment(kind, str(amount), *(links if amount > 0 else ()), fee_amount=fee or None)
    policies = {"customer_deposits": deposits, "supplier_deposits": deposits}
    outcome = build(record, books(*settled, roles=FURTHER_ROLES, policies=policies))
    drafts = [one for one in (outcome if isinstance(outcome, list) else [outcome]) if isinstance(one, Draft)]
    assert drafts, outcome
    ledger = Ledger()
    for made in drafts:
        check(made)
        ledger.post(made)
    direction = 1 if kind == "payment_received" else -1
    assert ledger.balance("Bank") == direction * amount - fee
    assert ledger.balance("Merchant fees") == fee
    assert sum(balance for _, balance in ledger.lines) == 0
