"""Names that the days ahead would take in QuickBooks and that somebody has there already: what would be linked to them,
and what stands in the way.

What belongs here: asking QuickBooks by name, a metered read for each 30 of an entity, and the findings for preflight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.namesakes import obstacle
from qbo_pipeline.posting.reading_back import name_field
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.store.postings import chunks, links

AT_ONCE = 30  # names in one query
_SHARING = {"Customer": ("Customer", "Vendor"), "Vendor": ("Vendor", "Customer")}  # names are unique over both


@dataclass(frozen=True, slots=True)
class Namesake:
    """An entry of QuickBooks that has the name of one of ours; `obstacle` says why it cannot be linked."""

    entity: str
    name: str
    qbo_id: str
    obstacle: str | None

    @property
    def text(self) -> str:
        return f"{self.entity} {self.name!r} (Id {self.qbo_id})"


def namesakes_of(run: Run, entries: Sequence[Draft]) -> Iterator[Namesake]:
    """What has the name of one of these entries, among those that are not linked yet."""
    with run.database.reading() as connection:
        linked = links(connection, run.name, [draft.key for draft in entries])
    wanted: dict[str, dict[str, Draft]] = {}
    for draft in entries:
        field = name_field(draft.entity)
        if draft.key not in linked and field is not None:
            wanted.setdefault(draft.entity, {})[str(draft.payload[field]).casefold()] = draft
    for entity, by_name in wanted.items():
        field = name_field(entity)
        assert field is not None
        for part in chunks([str(draft.payload[field]) for draft in by_name.values()], AT_ONCE):
            for asked in _SHARING.get(entity, (entity,)):
                query = select(asked, with_inactive=True).where(field, "IN", list(part))
                for thing in run.quickbooks().query(query):
                    ours = by_name.get(str(thing.get(field)).casefold())
                    if ours is not None:
                        of_another_kind = f"a {entity} cannot have the name of a {asked}" if asked != entity else None
                        found = of_another_kind or obstacle(thing, ours.payload)
                        yield Namesake(asked, str(thing[field]), str(thing["Id"]), found)
