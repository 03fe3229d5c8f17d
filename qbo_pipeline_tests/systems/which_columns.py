"""Which columns of the contract each system that is read by API fills, by what it really answers.

What belongs here: reading some days of the company through each box, and the table of it.
`python -m qbo_pipeline_tests.systems.which_columns` prints it; docs/systems/README.md holds it. What the demo's company
has no place for, as addresses, the boxes are given here under the names that the vendors' pages say.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from qbo_pipeline.demo.company import generate
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.settings import load_settings
from qbo_pipeline.systems.cin7_core.world import World as Cin7World
from qbo_pipeline.systems.syncro.world import World as SyncroWorld
from qbo_pipeline.systems.unleashed.world import World as UnleashedWorld
from qbo_pipeline.systems.zuper.world import World as ZuperWorld
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.systems import evenings
from qbo_pipeline_tests.systems.boxes import running_cin7_core, running_syncro, running_unleashed, running_zuper
from qbo_pipeline_tests.systems.readings import FIRST, Reading, cin7_core, unleashed

DAYS, SEED = 8, 7
LAST = FIRST + timedelta(days=DAYS - 1)
SYSTEMS = ("cin7_core", "unleashed", "syncro", "zuper")
KINDS = ("parties", "products", "locations", "documents", "document_lines", "bill_matches", "movements",
         "movement_lines", "payments", "payment_allocations")  # fmt: skip
_HEADS = {"party": "parties", "product": "products", "location": "locations", "document": "documents",
          "movement": "movements", "payment": "payments"}  # fmt: skip
_CHILDREN = {("document", "lines"): "document_lines", ("document", "matches"): "bill_matches",
             ("movement", "lines"): "movement_lines", ("payment", "allocations"): "payment_allocations"}  # fmt: skip
# What every source fills, what only SQL has, and what is filled only where a paper is foreign or not completed.
_LEFT_OUT = {"direction", "business_date", "line_number", "exchange_rate", "status", "tax_inclusive"}
_HARBOUR = {"City": "Portland", "Country": "United States"}
Filled = dict[str, set[str]]

MORE: Mapping[str, tuple[type[Any], Mapping[str, Mapping[str, Any]]]] = {
    "cin7_core": (
        Cin7World,
        {
            kind: {
                "TaxNumber": "12-3456789",
                "Addresses": [{"Type": "Billing", "Line1": "1 Pier", "State": "ME", "Postcode": "04101", **_HARBOUR}],
                "Contacts": [{"Name": "Accounts", "Phone": "207 555 0101", "Email": "a@example.com", "Default": True}],
            }
            for kind in ("customer", "supplier")
        }
        | {"product": {"Weight": 2}, "sale": {"SourceChannel": "Web", "TaxCalculation": "Exclusive"}},
    ),
    "unleashed": (
        UnleashedWorld,
        {
            kind: {
                "PhoneNumber": "207 555 0101", "GSTVATNumber": "12-3456789", "CustomerType": "Retail",
                "Addresses": [{"AddressType": "Postal", "StreetAddress": "1 Pier", "Region": "ME",
                               "PostalCode": "04101", **_HARBOUR}],
            }
            for kind in ("customer", "supplier")
        }
        | {"product": {"Weight": 2}, "invoice": {"CustomerRef": "PO 1"}},
    ),
    "syncro": (
        SyncroWorld,
        {
            kind: {"phone": "207 555 0101", "address": "1 Pier", "city": "Portland", "state": "ME", "zip": "04101"}
            for kind in ("customer", "vendor")
        }
        | {"purchase_order": {"shipping": Decimal("4.5")}},
    ),
    "zuper": (
        ZuperWorld,
        {
            "customer": {
                "customer_contact_no": {"work": "207 555 0101"},
                "customer_billing_address": {"street": "1 Pier", "city": "Portland", "state": "ME",
                                             "zip_code": "04101"},
            },
            "invoice": {"payment_term": "30 days"},
        },
    ),
}  # fmt: skip
"""By system, the class of its box's objects, and by kind the fields that its API has and the demo's company has not."""


@contextmanager
def knowing_more() -> Iterator[None]:
    """The boxes answer these fields too, to the end of the block."""
    with ExitStack() as stack:
        for world, fields in MORE.values():
            stack.enter_context(patch.object(world, "refresh", _refreshing(world.refresh, fields)))
        yield


def _refreshing(real: Callable[[Any], None], fields: Mapping[str, Mapping[str, Any]]) -> Callable[[Any], None]:
    def refresh(world: Any) -> None:
        real(world)
        for kind, more in fields.items():
            for thing in world.objects[kind].values():
                thing.update(more)

    return refresh


def filled(run: Run) -> Filled:
    """By kind of row, the columns that hold something in any record that was read."""
    found: Filled = {kind: set() for kind in KINDS}
    for row in rows(run, "SELECT record_type, content FROM records WHERE vanished_at IS NULL"):
        content = json.loads(row["content"])
        _note(found[_HEADS[row["record_type"]]], _HEADS[row["record_type"]], content)
        for (record_type, name), kind in _CHILDREN.items():
            for child in content.get(name) or () if record_type == row["record_type"] else ():
                _note(found[kind], kind, child)
    return found


def _note(into: set[str], kind: str, content: Mapping[str, Any]) -> None:
    for column in COLUMNS[kind]:
        if content.get(column.name) not in (None, "", column.default):
            into.add(column.name)


def read_all(folder: Path) -> dict[str, Filled]:
    """What each system fills."""
    found: dict[str, Filled] = {}
    common = {"currency": "USD", "first_day": FIRST.isoformat()}

    def read(system: str, file: Path) -> None:
        Reading(file).read(LAST)
        with open_run(load_settings(file)) as run:
            found[system] = filled(run)

    with knowing_more():
        company = folder / "inventory.sqlite"
        generate(company, seed=SEED, first_day=FIRST, days=DAYS)
        with running_cin7_core(company) as box:
            read("cin7_core", cin7_core(folder / "cin7", box, **common))
        with running_unleashed(company) as unleashed_box:
            read("unleashed", unleashed(folder / "unleashed", unleashed_box, **common))
        by_evening: dict[str, tuple[Callable[[Path], AbstractContextManager[Any]], Callable[..., Path]]] = {
            "syncro": (running_syncro, evenings.syncro),
            "zuper": (running_zuper, evenings.zuper),
        }
        for system, (running, connected) in by_evening.items():
            (folder / system).mkdir()
            with evenings.company(folder / system, SEED, running) as (path, evening_box):
                file = connected(folder / system / "api", None, evening_box)
                evenings.nights(path, file, evenings.Evenings(evening_box), LAST)
                read(system, file)
    return found


def table(found: Mapping[str, Filled]) -> str:
    """The table of docs/systems/README.md: what may be left out, where one of them fills it; then what none does."""
    lines = [f"| | {' | '.join(f'`{system}`' for system in SYSTEMS)} |", f"|---|{'---|' * len(SYSTEMS)}"]
    none: list[str] = []
    for kind in KINDS:
        for column in COLUMNS[kind]:
            if column.required or column.name in _LEFT_OUT:
                continue
            cells = ["yes" if column.name in found[system][kind] else "–" for system in SYSTEMS]
            if "yes" in cells:
                lines.append(f"| `{kind}.{column.name}` | {' | '.join(cells)} |")
            else:
                none.append(f"`{kind}.{column.name}`")
    return "\n".join([*lines, "", f"None of the four fills {', '.join(none)}."]) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(table(read_all(Path(name))), end="")
