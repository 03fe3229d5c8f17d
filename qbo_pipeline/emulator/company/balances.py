"""Running sums of the ledger's lines and of stock, kept in the file beside what they sum up.

Adding up a million lines takes many seconds, reading the sums none. Each commit that changes lines or stock changes
their sums with them, so they hold after any end, a kill too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from qbo_pipeline.emulator.company.store import Store

_ACCOUNT, _ITEM = "Account", "Item"
_CHANGES: Final = "Changes"
"""The row that says up to which change the sums of a file reach."""
_PUT: Final = """INSERT INTO sums VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET amount = excluded.amount, home = excluded.home"""


class Balances:
    """Running sums of the ledger's lines, in minor units, debit positive; quantities in ten-millionths.

    What has moved since the last `store` is written by the next one, and can be taken back until then.
    """

    def __init__(self) -> None:
        self.home: defaultdict[int, int] = defaultdict(int)
        self.foreign: defaultdict[int, int] = defaultdict(int)
        self.quantity: defaultdict[int, int] = defaultdict(int)
        self.party: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._moves: list[tuple[str, int, int, int]] = []
        self._is_stored = True
        self._changes = 0

    def post(self, account: int, home: int, amount: int) -> None:
        """Add a line's amounts, in home currency and in its own, to its account."""
        self.home[account] += home
        self.foreign[account] += amount
        self._moves.append((_ACCOUNT, account, amount, home))

    def owe(self, kind: str, party: int, amount: int) -> None:
        """Add an amount to what a customer, vendor or employee owes (positive) or is owed."""
        self.party[(kind, party)] += amount
        self._moves.append((kind, party, amount, 0))

    def stock(self, item: int, quantity: int) -> None:
        """Add a movement's quantity to what there is of an item."""
        self.quantity[item] += quantity
        self._moves.append((_ITEM, item, quantity, 0))

    def merge(self, kind: str, gone: int, kept: int) -> None:
        """Let one name owe what another did."""
        amount = self.party[(kind, gone)]
        self.owe(kind, gone, -amount)
        self.owe(kind, kept, amount)

    def mark(self) -> int:
        """The present state, for `take_back`; it holds until the next `store`."""
        return len(self._moves)

    def take_back(self, mark: int) -> None:
        """Go back to the state of a mark."""
        for kind, id, amount, home in self._moves[mark:]:
            if kind == _ACCOUNT:
                self.home[id] -= home
                self.foreign[id] -= amount
            elif kind == _ITEM:
                self.quantity[id] -= amount
            else:
                self.party[(kind, id)] -= amount
        del self._moves[mark:]

    def store(self, store: Store, changes: int) -> None:
        """Write the sums that have moved, and that they reach up to a change, inside the open transaction."""
        if not self._is_stored:
            store.execute("DELETE FROM sums")
        elif not self._moves and changes == self._changes:
            return
        rows: list[tuple[str, int, int, int]] = [(_CHANGES, 0, changes, 0)]
        for kind, id in {(kind, id) for kind, id, _, _ in self._moves}:
            if kind == _ACCOUNT:
                rows.append((kind, id, self.foreign[id], self.home[id]))
            else:
                rows.append((kind, id, self.quantity[id] if kind == _ITEM else self.party[(kind, id)], 0))
        store.executemany(_PUT, rows)
        self._moves.clear()
        self._is_stored, self._changes = True, changes

    def _read(self, store: Store) -> None:
        """Take over the sums that the file holds."""
        for kind, id, amount, home in store.rows("SELECT kind, id, amount, home FROM sums"):
            if kind == _ACCOUNT:
                self.foreign[id], self.home[id] = amount, home
            elif kind == _ITEM:
                self.quantity[id] = amount
            elif kind == _CHANGES:
                self._changes = amount
            else:
                self.party[(kind, id)] = amount

    def _add_up(self, store: Store, control: set[int]) -> None:
        """Make the sums from what they sum up; all of them are written by the next `store`."""
        for account, home, amount in store.rows("SELECT account, SUM(home), SUM(amount) FROM lines GROUP BY account"):
            self.post(account, home, amount)
        marks = ", ".join("?" * len(control))
        sql = f"""SELECT party_kind, party, SUM(amount) FROM lines
                  WHERE account IN ({marks}) AND party IS NOT NULL GROUP BY 1, 2"""
        for kind, party, amount in store.rows(sql, sorted(control)):
            self.owe(kind, party, amount)
        for item, units in store.rows("SELECT item, SUM(qty) FROM moves GROUP BY item"):
            self.stock(item, units)
        self._is_stored = False


def load(store: Store, control: set[int]) -> Balances:
    """The sums of a file; `control` are the accounts whose lines are what names owe and are owed.

    They are added up anew where the file holds none, or those of another state: an earlier version of the emulator
    wrote to it and left them as they were.
    """
    out = Balances()
    reached = store.value("SELECT amount FROM sums WHERE kind = ?", (_CHANGES,))
    if str(reached) == store.get_meta("counter:changes"):
        out._read(store)
    else:
        out._add_up(store, control)
    return out
