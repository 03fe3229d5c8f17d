"""Work inside the warehouses: opening stock, adjustments, write-offs, counts, assemblies, transfers.

What belongs here: one function for each kind of work; it does one document and says whether there was anything to do.
"""

from __future__ import annotations

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.arithmetic import half_up, line_cents, spread
from qbo_pipeline.demo.catalogue import LABOUR_CENTS_PER_HOUR
from qbo_pipeline.demo.workday import Item, Workday

_SERIES = {
    "opening": "OPN", "adjustment": "ADJ", "write_off": "WO", "stock_count": "CNT", "assembly": "ASM",
    "disassembly": "DIS", "transfer": "TRF",
}  # fmt: skip


def open_stock(work: Workday) -> None:
    """Record the stock on the first day: one entry a warehouse, at purchase price; kits at their parts and labour."""
    for place in work.warehouses.values():
        entry = _entry(work, "opening", reason="OPENING", memo="Stock taken over on the first day")
        for position, item in enumerate(work.stocked, start=1):
            units = max(1, item.target_milli * place.stock_share * work.dice.randrange(70, 101) // 10_000_000)
            unit_cents = item.purchase_cents or kit_cost(work, item)
            _bring_in(work, entry, position, item.id, place.id, units * 1000, line_cents(units * 1000, unit_cents))


def kit_cost(work: Workday, kit: Item) -> int:
    """What one kit costs to make at purchase prices, in cents."""
    parts = sum(line_cents(quantity, part.purchase_cents) for part, quantity in _parts(work, kit))
    return parts + half_up(kit.labour_minutes * LABOUR_CENTS_PER_HOUR, 60)


def adjust_up(work: Workday) -> bool:
    """Book stock that was found, at the present average."""
    found = _pick(work, 1)
    if not found:
        return False
    place, (item,) = found
    quantity = work.dice.randrange(1, 4) * 1000
    entry = _entry(work, "adjustment", reason="FOUND", memo="Found while tidying the shelves")
    _bring_in(work, entry, 1, item.id, place, quantity, stock.average_cost(work, item.id, place, quantity))
    return True


def adjust_down(work: Workday) -> bool:
    """Book stock that was given away."""
    return _remove(work, "adjustment", "SAMPLES", "Given away as samples", lines=1)


def write_off(work: Workday) -> bool:
    """Write off one or two products."""
    reason, memo = work.dice.choice(
        [("DAMAGED", "Damaged in the warehouse"), ("THEFT", "Missing, reported"), ("OBSOLETE", "No longer saleable")]
    )
    return _remove(work, "write_off", reason, memo, lines=work.dice.randrange(1, 3))


def count(work: Workday) -> bool:
    """Count up to eight products of a warehouse: one is found short, one over, now and then a third."""
    found = _pick(work, 8)
    if not found or len(found[1]) < 2:
        return False
    place, items = found
    differences = [-1000, 1000, work.dice.choice([-1000, 0, 0, 2000])] + [0] * 5
    entry = _entry(work, "stock_count", reason="COUNT", memo="Cycle count")
    for position, (item, difference) in enumerate(zip(items, differences, strict=False), start=1):
        expected, _ = stock.on_hand(work, item.id, place)
        counted = {"expected_milli": expected, "counted_milli": expected + difference}
        if difference < 0:
            _take_out(work, entry, position, item.id, place, -difference, **counted)
        elif difference > 0:
            cost = stock.average_cost(work, item.id, place, difference)
            _bring_in(work, entry, position, item.id, place, difference, cost, **counted)
        else:
            _line(work, work.new_id(), entry, position, item.id, place, 0, 0, **counted)
    return True


def assemble(work: Workday) -> bool:
    """Make the kit that is most needed from its parts in the main warehouse; labour adds to its cost."""
    place = min(work.warehouses)
    kits = [item for item in work.stocked if item.supplier_id is None]
    work.dice.shuffle(kits)
    kits.sort(key=lambda kit: stock.on_hand(work, kit.id, place)[0] * 1000 // kit.target_milli)
    for kit in kits:
        parts = _parts(work, kit)
        possible = min(stock.on_hand(work, part.id, place)[0] // quantity for part, quantity in parts)
        made = min(possible, work.dice.randrange(2, 3 + kit.target_milli // 8000))
        if made < 1:
            continue
        minutes = made * kit.labour_minutes
        labour = half_up(minutes * LABOUR_CENTS_PER_HOUR, 60)
        entry = _entry(work, "assembly", memo=f"{made} x {kit.sku}", labour_minutes=minutes, labour_cents=labour)
        cost = labour
        for position, (part, quantity) in enumerate(parts, start=1):
            cost += _take_out(work, entry, position, part.id, place, made * quantity)
        _bring_in(work, entry, len(parts) + 1, kit.id, place, made * 1000, cost)
        return True
    return False


def disassemble(work: Workday) -> bool:
    """Take one kit apart: its average cost goes to its parts by their purchase price, labour included."""
    place = min(work.warehouses)
    kits = [item for item in stock.available(work, place, at_least_milli=1000) if item.supplier_id is None]
    if not kits:
        return False
    kit = work.dice.choice(kits)
    parts = _parts(work, kit)
    entry = _entry(work, "disassembly", memo=f"1 x {kit.sku}")
    cost = _take_out(work, entry, 1, kit.id, place, 1000)
    costs = spread(cost, [line_cents(quantity, part.purchase_cents) for part, quantity in parts])
    for position, ((part, quantity), share) in enumerate(zip(parts, costs, strict=True), start=2):
        _bring_in(work, entry, position, part.id, place, quantity, share)
    return True


def transfer(work: Workday) -> bool:
    """Move up to four products from the main warehouse to the place that lacks them most, at their average."""
    origin = min(work.warehouses)
    target = work.dice.choice([place for place in work.warehouses.values() if place.id != origin])
    wanted = []
    for item in stock.available(work, origin, at_least_milli=2000):
        goal = max(1000, item.target_milli * target.stock_share // 100)
        lacking = goal - stock.on_hand(work, item.id, target.id)[0]
        quantity = min(lacking, stock.on_hand(work, item.id, origin)[0] // 2) // 1000 * 1000
        if quantity > 0:
            wanted.append((lacking * 1000 // goal, item.id, quantity))
    if not wanted:
        return False
    wanted.sort(key=lambda want: (-want[0], want[1]))
    entry = _entry(work, "transfer", memo="Restocking")
    for position, (_, item_id, quantity) in enumerate(wanted[: work.dice.randrange(2, 5)]):
        cost = _take_out(work, entry, 2 * position + 1, item_id, origin, quantity)
        _bring_in(work, entry, 2 * position + 2, item_id, target.id, quantity, cost)
    return True


def _remove(work: Workday, kind: str, reason: str, memo: str, *, lines: int) -> bool:
    found = _pick(work, lines)
    if not found:
        return False
    place, items = found
    entry = _entry(work, kind, reason=reason, memo=memo)
    for position, item in enumerate(items, start=1):
        _take_out(work, entry, position, item.id, place, work.dice.randrange(1, 3) * 1000)
    return True


def _pick(work: Workday, most: int) -> tuple[int, list[Item]] | None:
    """A warehouse and up to `most` of its products, with at least three units of each on hand."""
    places = list(work.warehouses)
    work.dice.shuffle(places)
    for place in places:
        items = stock.available(work, place, at_least_milli=3000)
        if items:
            return place, work.dice.sample(items, min(most, len(items)))
    return None


def _parts(work: Workday, kit: Item) -> list[tuple[Item, int]]:
    rows = work.rows("SELECT item_id, quantity_milli FROM kit_components WHERE kit_id = ? ORDER BY item_id", kit.id)
    return [(work.items[item_id], quantity) for item_id, quantity in rows]


def _entry(work: Workday, kind: str, **values: int | str | None) -> int:
    return work.add("stock_entries", number=work.number(_SERIES[kind]), business_date=work.today, kind=kind, **values)


def _take_out(
    work: Workday, entry: int, position: int, item_id: int, warehouse_id: int, quantity: int, **counted: int
) -> int:
    line = work.new_id()
    cost = stock.take_out(work, (entry, line), item_id, warehouse_id, quantity)
    _line(work, line, entry, position, item_id, warehouse_id, -quantity, -cost, **counted)
    return cost


def _bring_in(
    work: Workday, entry: int, position: int, item_id: int, warehouse_id: int, quantity: int, cost: int, **counted: int
) -> None:
    line = work.new_id()
    stock.bring_in(work, (entry, line), item_id, warehouse_id, quantity, cost)
    _line(work, line, entry, position, item_id, warehouse_id, quantity, cost, **counted)


def _line(
    work: Workday, line: int, entry: int, position: int, item_id: int, warehouse_id: int, quantity: int, cost: int,
    **counted: int,
) -> None:  # fmt: skip
    work.add(
        "stock_entry_lines", line, entry_id=entry, line_number=position, item_id=item_id,
        warehouse_id=warehouse_id, quantity_milli=quantity, cost_cents=cost, **counted,
    )  # fmt: skip
