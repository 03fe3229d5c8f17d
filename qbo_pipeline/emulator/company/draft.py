"""A transaction on its way into the books: its body and the ledger lines, stock moves and links it will make."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.money import convert, major
from qbo_pipeline.emulator.company.schema.entities import Entity

_TOO_LARGE = 10**15
Party = tuple[str, int]
"""Kind (Customer, Vendor, Employee) and id."""


class Line(NamedTuple):
    """One ledger line: minor units, debit positive; `home` in home currency, `amount` in `currency`."""

    account: int
    home: int
    amount: int
    currency: str
    party_kind: str | None
    party: int | None
    item: int | None
    qty: int | None
    memo: str | None
    class_id: int | None
    department: int | None
    customer: int | None = None


class Move(NamedTuple):
    """A stock movement of an item; positive quantities come in.

    `line` is the index of its inventory line, whose home value is the cost; `counter` the index of the line that takes
    `base - cost` (-1 where none does: a receipt's counterpart is the payable itself).
    `rule`: fixed (the cost is given), issue (FIFO), restore (back at the last known unit cost).
    """

    line: int
    item: int
    qty: int
    rule: str
    base: int
    counter: int


class Link(NamedTuple):
    """A line of this transaction applied to another: `amount` in minor units of the transaction's currency."""

    line: int
    target: int
    target_line: str
    kind: str
    amount: int


@dataclass(slots=True)
class Draft:
    """What one transaction will write. Amounts are minor units; `total` is TotalAmt, `balance` what stays open."""

    book: Book
    entity: Entity
    id: int
    body: Body
    date: str
    number: str | None
    currency: str
    rate: Decimal
    party: Party | None
    errors: list[QboError]
    department: int | None = None
    memo: str | None = None
    lines: list[Line] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    total: int = 0
    balance: int | None = None

    def home(self, amount: int) -> int:
        """Home value of an amount in the transaction's currency, at its rate."""
        return convert(amount, self.rate)

    def post(
        self,
        account: str | int,
        amount: int,
        *,
        home: int | None = None,
        party: Party | None = None,
        item: int | None = None,
        qty: int | None = None,
        memo: str | None = None,
        class_id: str | None = None,
        department: str | None = None,
        customer: str | None = None,
        in_home: bool = False,
    ) -> int:
        """Add a line (debit positive); returns its index. Without `home` the amount is converted at the rate.

        `in_home` lines carry their home value as amount: cost of goods, exchange gain and loss, home-currency banks.
        """
        value = self.home(amount) if home is None else home
        if max(abs(value), abs(amount)) >= _TOO_LARGE:
            self.errors.append(error("2240", "Amount", low=0, high="9,999,999,999,999.99", what=major(amount)))
            value = amount = 0
        kind, id = party or self.party or (None, None)
        self.lines.append(
            Line(
                int(account),
                value,
                value if in_home else amount,
                self.book.home_currency if in_home else self.currency,
                kind,
                id,
                item,
                qty,
                memo or self.memo,
                int(class_id) if class_id else None,
                int(department) if department else self.department,
                int(customer) if customer else None,
            )
        )
        return len(self.lines) - 1

    def set_home(self, index: int, home: int, *, in_home: bool = False) -> None:
        """Replace the home value of a line."""
        line = self.lines[index]
        self.lines[index] = line._replace(home=home, amount=home if in_home else line.amount)

    def balance_home(self, index: int) -> None:
        """Give a line the home value that makes the transaction balance: what rounding leaves goes there."""
        rest = sum(line.home for line in self.lines) - self.lines[index].home
        in_home = self.lines[index].currency == self.book.home_currency and self.currency != self.book.home_currency
        self.set_home(index, -rest, in_home=in_home)
