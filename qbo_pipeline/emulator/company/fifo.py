"""First in, first out for one item, pure: layers of stock, what leaves them, and what was sold before it was there.

Units and values are whole numbers; a layer's last unit takes all that is left of its value: rounding loses nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from qbo_pipeline.emulator.company.money import share

Key = tuple[str, int, int]
"""Date, transaction and line of a movement: the order in which stock moves."""


@dataclass(slots=True)
class _Shortage:
    key: Key
    units: int
    value: int


@dataclass(slots=True)
class Fifo:
    """The layers of one item. `unit_value` per `unit_count` is the last known unit cost, first the purchase cost."""

    unit_value: int
    unit_count: int
    layers: deque[list[int]] = field(default_factory=deque)
    shortages: deque[_Shortage] = field(default_factory=deque)

    def at_last_cost(self, units: int) -> int:
        """The value of so many units at the last known unit cost."""
        return share(self.unit_value, units, self.unit_count)

    def receive(self, units: int, value: int) -> list[tuple[Key, int]]:
        """Stock comes in at a value. Shortages are filled first: returns each one's key and the change of its cost."""
        if units == 0:
            return []
        self.unit_value, self.unit_count = value, units
        changes: list[tuple[Key, int]] = []
        while self.shortages and units:
            shortage = self.shortages[0]
            taken = min(units, shortage.units)
            cost = value if taken == units else share(value, taken, units)
            assumed = shortage.value if taken == shortage.units else share(shortage.value, taken, shortage.units)
            changes.append((shortage.key, cost - assumed))
            units, value = units - taken, value - cost
            shortage.units -= taken
            shortage.value -= assumed
            if not shortage.units:
                self.shortages.popleft()
        if units:
            self.layers.append([units, value])
        return changes

    def issue(self, key: Key, units: int) -> int:
        """Stock goes out; returns its cost. What is not there is costed at the last known unit cost until it comes."""
        cost = 0
        while units and self.layers:
            layer = self.layers[0]
            taken = min(units, layer[0])
            value = layer[1] if taken == layer[0] else share(layer[1], taken, layer[0])
            self.unit_value, self.unit_count = value, taken
            cost += value
            units -= taken
            layer[0] -= taken
            layer[1] -= value
            if not layer[0]:
                self.layers.popleft()
        if units:
            value = self.at_last_cost(units)
            self.shortages.append(_Shortage(key, units, value))
            cost += value
        return cost
