"""Stock movements: each becomes one journal entry that moves the inventory account by the movement's value.

What belongs here: the table of movement kinds and how a movement's lines become legs. Rows of the accounting rules
are numbered as in docs/accounting-rules.md.

A voided movement counts no longer, neither here nor in the source's own stock value (that is what the source contract
means by the word). A source that keeps a movement and writes its reversal on another day delivers both as completed:
then each counts on its own date, and stock value and ledger are equal on every day between the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, product_of
from qbo_pipeline.accounting.books import Books, rate_on
from qbo_pipeline.accounting.drafts import Draft, Excluded, exclude, refuse
from qbo_pipeline.accounting.journals import Heading, Leg, in_cents, journal_entry, leg
from qbo_pipeline.accounting.money import ROUNDING_LIMIT, ZERO, cents, slice_of
from qbo_pipeline.accounting.sharing import TO_SHARE, shared_legs
from qbo_pipeline.accounting.transit import billed_ahead
from qbo_pipeline.inventory.records import Movement, MovementLine, record_key

COST_PENDING = "cost_pending"
# Where somebody says what the goods cost; elsewhere it follows from the stock's.
_STATED = ("receipt", "opening", "adjustment")
_LINES_NAMED = 5
_SUPPLIER_RETURN_CLEARING = "policy:supplier_return_clearing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRule:
    """How a kind posts. `against` is the role of the other side of each line; a kind without one moves value between
    its own lines, and what they do not explain goes to `remainder`. `hinted` is the role that the source's own account
    text may set. `absorbs`: the cost of services and of products without stock, which go in here, is taken off the
    account *purchases* on which their bills put it; elsewhere such a line says nothing."""

    label: str
    against: str | None = None
    remainder: str = "inventory_adjustment"
    hinted: str | None = None
    absorbs: bool = False


# Role of a line -> the role of its account, and the side on which its value stands there: 1 debits.
LINE_ROLES: dict[str, tuple[str, int]] = {
    "stock": ("inventory", 1),
    "sold": ("cost_of_goods_sold", 1),
    "waste": ("inventory_adjustment", 1),
    "labour": ("labour_absorbed", -1),
    "overhead": ("overhead_absorbed", -1),
    "supplier_cost": ("goods_received_not_invoiced", -1),
    TO_SHARE: ("inventory", 1),  # on its shares: `sharing`
}
OVERHEAD_OTHERWISE = "labour_absorbed"  # where a company keeps one account for labour and overhead


MOVEMENT_RULES: dict[str, MovementRule] = {
    "receipt": MovementRule(label="Receipt", against="goods_received_not_invoiced"),
    "shipment": MovementRule(label="Shipment", against="cost_of_goods_sold"),
    "customer_return": MovementRule(label="Customer return", against="cost_of_goods_sold"),
    "supplier_return": MovementRule(label="Supplier return", against=_SUPPLIER_RETURN_CLEARING),
    "adjustment": MovementRule(label="Adjustment", against="inventory_adjustment", hinted="inventory_adjustment"),
    "write_off": MovementRule(label="Write-off", against="write_off", hinted="write_off", absorbs=True),
    "write_down": MovementRule(label="Write-down", against="cost_of_goods_sold", hinted="cost_of_goods_sold"),
    "stock_count": MovementRule(label="Stock count", against="inventory_adjustment", hinted="inventory_adjustment"),
    "revaluation": MovementRule(label="Revaluation", against="inventory_adjustment", hinted="inventory_adjustment"),
    "landed_cost": MovementRule(label="Landed cost", against="landed_cost", hinted="landed_cost"),
    "opening": MovementRule(label="Opening stock", against="opening_balance_equity"),
    "assembly": MovementRule(label="Assembly", hinted="labour_absorbed", absorbs=True),
    "disassembly": MovementRule(label="Disassembly", hinted="labour_absorbed", absorbs=True),
    "production_issue": MovementRule(
        label="Production issue", against="work_in_progress", hinted="work_in_progress", absorbs=True
    ),
    "production_receipt": MovementRule(
        label="Production receipt", against="work_in_progress", hinted="work_in_progress", absorbs=True
    ),
    "transfer": MovementRule(label="Transfer", hinted="inventory_adjustment"),
    "transfer_out": MovementRule(label="Transfer out", against="in_transit"),
    "transfer_in": MovementRule(label="Transfer in", against="in_transit"),
}


def build_movement(movement: Movement, books: Books) -> Draft | Excluded:
    """The journal entry of a movement, in home currency, dated on its business date.

    A movement in a foreign currency is converted at its own rate, else at the books' of its business date, each line
    rounded half up to cents by itself, as the source's stock value converts it; `Refused` where there is no rate.
    `Excluded`: voided, services only, nil effect, receipts that do not accrue. `Refused` as `cost_pending`: goods whose
    cost is 0, or that come in at less, until the source gives it or a person approves it, unless policy posts them.
    """
    label = f"{MOVEMENT_RULES[movement.kind].label} {movement.number}"
    if movement.status == "voided":
        exclude("voided_in_source", f"{label} was voided in the source")
    rule = MOVEMENT_RULES[movement.kind]
    if movement.lines and not any(_counts(books, line) or (rule.absorbs and line.value) for line in movement.lines):
        exclude("service_movement", f"{label} moves services and products without stock value only")
    if movement.kind == "receipt" and not books.policies.accrue_receipts:
        exclude("accrual_off", f"{label} posts nothing: goods received are not accrued, the bill brings them in")
    heading = Heading(
        key=record_key(movement),
        number=movement.number,
        label=label,
        business_date=movement.business_date,
        currency=books.home_currency,
        memo=movement.memo,
    )
    legs = movement_legs(movement, books)
    _mind_missing_cost(movement, label, legs, books)
    return journal_entry(books, heading, legs)


def _mind_missing_cost(movement: Movement, label: str, legs: Sequence[Leg], books: Books) -> None:
    """Goods at cost 0 wait for their cost, and goods that come in at a stated cost below 0 for a person; not those that
    stay on one account, where no cost posts anything."""
    if books.policies.zero_cost == "post" or len({item.account.id for item in legs}) < 2:
        return
    moved = [line for line in movement.lines if line.quantity and _counts(books, line)]
    without = [line for line in moved if not line.value]
    below = [line for line in moved if movement.kind in _STATED and line.quantity > 0 > line.value]
    if not (without or below) or books.cost_approved(movement.movement_id):
        return
    if without:
        said = (
            f"{label}: the goods of line {_numbered(without)} have cost 0 in the inventory system; it goes by itself "
            "once they have their cost there; approve it where they cost nothing, or skip it"
        )
    else:
        said = (
            f"{label}: the goods of line {_numbered(below)} come in at a cost below 0 in the inventory system; it goes "
            "by itself once that is corrected there; approve it where it is meant, or skip it"
        )
    refuse(COST_PENDING, said, "lines.value")


def _numbered(lines: Sequence[MovementLine]) -> str:
    more = f" and {len(lines) - _LINES_NAMED} more" if len(lines) > _LINES_NAMED else ""
    return ", ".join(str(line.line_number) for line in lines[:_LINES_NAMED]) + more


def movement_legs(movement: Movement, books: Books, roles: Mapping[str, tuple[str, int]] = LINE_ROLES) -> list[Leg]:
    """The movement's legs in home currency, exact: each line on the account of its role (`LINE_ROLES`, unless `roles`
    says otherwise), and their other side."""
    rule = MOVEMENT_RULES[movement.kind]
    rate = rate_on(books, movement.currency, movement.business_date, movement.exchange_rate)
    legs = [item for line in movement.lines for item in _line_legs(movement, line, rate, books, roles)]
    legs = _with_transit(movement, legs, books)
    gap = -sum((item.amount for item in legs), Decimal(0))
    if rule.against is None and abs(gap) > ROUNDING_LIMIT:
        place = Place(
            field=f"what the lines of {rule.label.lower()} {movement.number} leave over",
            document_hint=movement.account if rule.hinted == rule.remainder else None,
            party=_party(movement),
            document=movement,
        )
        legs.append(_other_side(books, rule.remainder, gap, place, None))
    return legs


def _with_transit(movement: Movement, legs: list[Leg], books: Books) -> list[Leg]:
    """The legs of a receipt with what bills were ahead of taken off stock in transit instead of accrued.

    What the bill said otherwise than the receipt goes where the policy has the difference of the two: all the goods
    are on hand as they come.
    """
    ahead = billed_ahead(movement, books)
    if not ahead:
        return legs
    moved = {line.line_id: abs(line.quantity) for line in movement.lines}
    found: list[Leg] = []
    for item in legs:
        billed = ahead.get(item.line_id or "", ())
        if item.role != "goods_received_not_invoiced" or not billed:
            found.append(item)
            continue
        quantity = sum((one.quantity for one in billed), Decimal(0))
        received = slice_of(cents(-item.amount), moved[item.line_id or ""], Decimal(0), quantity)
        found.append(replace(item, amount=item.amount + received))
        found += [leg(books, "in_transit", -one.home, one.place) for one in billed]
        if difference := received - sum((one.home for one in billed), ZERO):
            policy = books.policies.bill_difference
            role = "inventory" if policy == "on_hand_share" else policy
            found.append(leg(books, role, -difference, billed[0].place))
    return found


def accrued(movement: Movement, books: Books, role: str) -> dict[str, Leg]:
    """For each line of a movement, what it posted to the account of `role`, in the cents that were posted.

    By the books of the movement's own date, which may be others than those of the document that asks.
    """
    books = books.on(movement.business_date)
    if movement.kind == "receipt" and not books.policies.accrue_receipts:
        return {}
    legs = in_cents(movement_legs(movement, books))
    return {item.line_id: item for item in legs if item.role == role and item.line_id is not None}


def _line_legs(
    movement: Movement, line: MovementLine, rate: Decimal, books: Books, roles: Mapping[str, tuple[str, int]]
) -> Iterator[Leg]:
    rule = MOVEMENT_RULES[movement.kind]
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    role, sign = roles[line.role]
    if line.role == "overhead" and not books.accounts_of(role):
        role = OVERHEAD_OTHERWISE
    if line.role == "stock" and not _counts(books, line):
        if not (rule.absorbs and line.value):
            return
        role = "purchases"
    value = sign * (line.value if movement.currency == books.home_currency else cents(line.value * rate))
    place = Place(
        field=f"line {line.line_number} of {rule.label.lower()} {movement.number}",
        product=product,
        location_id=line.location_id,
        document_hint=movement.account if role == rule.hinted else None,
        party=_party(movement),
        line=line,
        document=movement,
    )
    if line.role == TO_SHARE:
        value = cents(value)
        yield from shared_legs(movement, line, value, books)
    elif role == "inventory":
        yield leg(books, role, value, place, line_id=line.line_id)
    else:
        yield _other_side(books, role, value, place, line.line_id)
    if rule.against is not None:
        against = other_role(rule, books)
        hint = movement.account if rule.hinted == rule.against else None
        yield _other_side(books, against, -value, replace(place, document_hint=hint), line.line_id)


def _other_side(books: Books, role: str, amount: Decimal, place: Place, line_id: str | None) -> Leg:
    """The leg against stock; never on an inventory account, where it would undo the movement unseen."""
    item = leg(books, role, amount, place, line_id=line_id)
    if item.account.id in books.accounts_of("inventory"):
        refuse(
            "account_is_inventory",
            f"{place.field} would post both sides to the inventory account '{item.account.name}': "
            f"give the role '{role}' an account of its own",
            f"role:{role}",
        )
    return item


def other_role(rule: MovementRule, books: Books) -> str:
    """The role of the other side of each stock line of a kind that has one."""
    if rule.against == _SUPPLIER_RETURN_CLEARING:
        return books.policies.supplier_return_clearing
    assert rule.against is not None
    return rule.against


def _counts(books: Books, line: MovementLine) -> bool:
    """Whether a line has a cost of its own: services and non-stocked products have none."""
    if line.role != "stock" or line.product_id is None:
        return True
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    return product is not None and product.kind == "stocked"


def _party(movement: Movement) -> str | None:
    """The record id of the other side; a movement names a customer's or a supplier's id by its kind."""
    if movement.party_id is None:
        return None
    kind = "supplier" if movement.kind in ("receipt", "supplier_return", "landed_cost") else "customer"
    return f"{kind}:{movement.party_id}"
