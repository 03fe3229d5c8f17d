"""What stands in QuickBooks within a day's form, for the two-way comparison: a record by its share of the form.

What belongs here: which form has which records, and whether it comes to the sum of their shares. A form is compared
with that sum, as none of its records has an object of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from qbo_pipeline.store.shares import IN_QBO, SUMMARIES
from qbo_pipeline.store.tables.posting import posting_links, posting_records

_S, _L = posting_records.c, posting_links.c
Place = tuple[str, str]  # entity and Id


@dataclass(slots=True)
class DayForms:
    """The forms that sum up records: `shares` by record key its form and its part of it, `sums` and `keys` by form what
    its shares come to and the key of its posting."""

    shares: dict[str, tuple[Place, Decimal]] = field(default_factory=dict)
    sums: dict[Place, Decimal] = field(default_factory=dict)
    keys: dict[Place, str] = field(default_factory=dict)

    def there(self, key: str, amounts: Mapping[Place, Decimal]) -> Decimal:
        """What QuickBooks has of a record within its form; nothing where the form is voided or gone."""
        place, share = self.shares[key]
        return share if amounts.get(place) else Decimal(0)

    def changed(self, amounts: Mapping[Place, Decimal]) -> Iterator[dict[str, Any]]:
        """A row for each form that stands and does not come to the sum of its shares."""
        for place, total in sorted(self.sums.items()):
            if (there := amounts.get(place)) and there != total:
                why = f"{place[0]} Id {place[1]} sums up documents of a day, and was changed in QuickBooks"
                yield {"key": self.keys[place], "here": total, "there": there, "why": why}


def day_forms(connection: Connection, name: str, records: Collection[str]) -> DayForms:
    """The forms in which these records stand, by key."""
    query = (
        select(_S.record_key, _S.amount, _L.key, _L.entity, _L.qbo_id)
        .select_from(posting_records.join(posting_links, IN_QBO))
        .where(_L.connection == name, _L.key.between(*SUMMARIES), _L.key.not_like("%#reversal-%"))
    )
    found, own = DayForms(), set[Place]()
    for row in connection.execute(query.order_by(_L.key, _S.record_key)):
        place = (row.entity, row.qbo_id)
        found.sums[place] = found.sums.get(place, Decimal(0)) + abs(row.amount)
        found.keys[place] = row.key
        if row.record_key in records:
            found.shares[row.record_key] = (place, abs(row.amount))
            own.add(place)
    for place in found.sums.keys() - own:
        del found.sums[place]
    return found
