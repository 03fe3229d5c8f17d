"""Running sums of the ledger's lines and of stock: added up when a file is opened, or as a clean end left them.

Adding up a million lines takes many seconds, finding the sums none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from qbo_pipeline.emulator.company.store import Store

_KEPT: Final = "balances"
_CHANGES: Final = "counter:changes"


@dataclass(slots=True)
class Balances:
    """Running sums of the ledger's lines, in minor units, debit positive; quantities in ten-millionths."""

    home: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    foreign: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    party: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    quantity: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))


def load(store: Store, control: set[int]) -> Balances:
    """The sums of a file; `control` are the accounts whose lines are what names owe and are owed."""
    return _found(store) or _added_up(store, control)


def keep(store: Store, balances: Balances) -> None:
    """Leave the sums of a file for the next opening; nothing may be written after it."""
    if store.path is None:
        return
    parties = [[kind, id, amount] for (kind, id), amount in balances.party.items()]
    sums = [list(map(list, each.items())) for each in (balances.home, balances.foreign, balances.quantity)]
    store.set_meta(_KEPT, json.dumps([store.get_meta(_CHANGES), *sums, parties]))


def _found(store: Store) -> Balances | None:
    """What `keep` left, where nothing has changed since.

    It is taken away at once: what ends otherwise than cleanly is added up anew.
    """
    text = store.get_meta(_KEPT)
    if text is None:
        return None
    store.execute("DELETE FROM meta WHERE key = ?", (_KEPT,))
    changes, home, foreign, quantity, parties = json.loads(text)
    if changes != store.get_meta(_CHANGES):
        return None
    out = Balances()
    for sums, pairs in ((out.home, home), (out.foreign, foreign), (out.quantity, quantity)):
        sums.update((id, amount) for id, amount in pairs)
    out.party.update(((kind, id), amount) for kind, id, amount in parties)
    return out


def _added_up(store: Store, control: set[int]) -> Balances:
    out = Balances()
    for account, home, foreign in store.rows("SELECT account, SUM(home), SUM(amount) FROM lines GROUP BY account"):
        out.home[account] = home
        out.foreign[account] = foreign
    marks = ", ".join("?" * len(control))
    sql = f"""SELECT party_kind, party, SUM(amount) FROM lines
              WHERE account IN ({marks}) AND party IS NOT NULL GROUP BY 1, 2"""
    for kind, party, amount in store.rows(sql, sorted(control)):
        out.party[(kind, party)] = amount
    for item, units in store.rows("SELECT item, SUM(qty) FROM moves GROUP BY item"):
        out.quantity[item] = units
    return out
