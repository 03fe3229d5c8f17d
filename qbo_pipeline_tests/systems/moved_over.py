"""A connection as one of the profiles begins, to a company in a box that has worked some days.

What belongs here: what the tests of moving over and of a profile's both ways begin with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from qbo_pipeline.commands.demo_systems import HINTS
from qbo_pipeline.commands.profiles import PROFILES, decided, with_choices
from qbo_pipeline.commands.template import DEFAULT_ROLES
from qbo_pipeline.demo.company import generate
from qbo_pipeline.systems.cin7_core.chart import BY_REASON
from qbo_pipeline.systems.unleashed.words import ACCOUNT_OF_REASON
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import write_connection
from qbo_pipeline_tests.systems import evenings
from qbo_pipeline_tests.systems.boxes import (
    ACCOUNT_ID,
    API_ID,
    API_KEY,
    APPLICATION_KEY,
    TOKEN,
    running_cin7_core,
    running_http_contract,
    running_syncro,
    running_unleashed,
    running_zuper,
)
from qbo_pipeline_tests.systems.readings import FIRST

CUT_OVER, LAST = FIRST + timedelta(days=1), FIRST + timedelta(days=4)  # a Friday to the Monday after
KEYS = {
    "cin7_core": {"ACCOUNT_ID": ACCOUNT_ID, "APPLICATION_KEY": APPLICATION_KEY},
    "http_contract": {"TOKEN": TOKEN}, "syncro": {"TOKEN": TOKEN}, "zuper": {"API_KEY": API_KEY},
    "unleashed": {"API_ID": API_ID, "API_KEY": API_KEY},
}  # fmt: skip
ACCOUNTS = {
    "cin7_core": {BY_REASON[reason]: account for reason, account in HINTS.items()}
    | {"4000": DEFAULT_ROLES["sales"], "1300": DEFAULT_ROLES["purchases"]},
    "http_contract": HINTS,
    "unleashed": {code: HINTS[reason] for reason, code in ACCOUNT_OF_REASON.items()},
    "syncro": evenings.HINTS,
    "zuper": evenings.HINTS,
}
BOXES: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    "cin7_core": running_cin7_core,
    "http_contract": running_http_contract,
    "unleashed": running_unleashed,
}


@contextmanager
def connected(profile: str, folder: Path, emulator: RunningEmulator) -> Iterator[Path]:
    """A connection as the profile begins, to a company that is worked up to the last day."""
    system = PROFILES[profile].system

    def write(url: str) -> Path:
        file = write_connection(
            folder, "demo", emulator, currency="USD", first_day=CUT_OVER.isoformat(), source_kind=system,
            source_url=url, calls_per_minute=1_000_000, hints=ACCOUNTS[system],
            tax_codes={"": "NON", "NON": "NON", "TAX": "TAX"},
            roles={**DEFAULT_ROLES, "customer_deposits": "Customer Deposits", "supplier_deposits": "Supplier Deposits"},
            parameters={"inventory_accounts": ["1300"]} if system == "cin7_core" else {},
        )  # fmt: skip
        choices = decided(PROFILES[profile], system, CUT_OVER.isoformat())
        file.write_text(with_choices(file.read_text(encoding="utf-8"), choices), encoding="utf-8")
        with (folder / ".env").open("a") as out:
            out.writelines(f"QBO_DEMO_SOURCE_{name}={value}\n" for name, value in KEYS[system].items())
        return file

    if system in BOXES:
        company = folder / "inventory.sqlite"
        generate(company, seed=7, first_day=FIRST, days=5)
        with BOXES[system](company) as box:
            yield write(box.url)
        return
    running: Callable[[Path], AbstractContextManager[Any]] = running_syncro if system == "syncro" else running_zuper
    with evenings.company(folder, 7, running) as (path, evening_box):
        file = write(evening_box.url)
        evenings.nights(path, file, evenings.Evenings(evening_box), LAST)
        yield file
