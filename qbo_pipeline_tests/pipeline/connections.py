"""Connections for tests: settings as `init` writes them, secrets of an emulator beside them, and one run of all stages.

What belongs here: what every end-to-end test does before it asserts. What each test changes stands in the test.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from qbo_pipeline.commands.template import settings_text
from qbo_pipeline.pipeline.drift import find_drift
from qbo_pipeline.pipeline.extract import Extracted, extract_days, extract_master_data
from qbo_pipeline.pipeline.ledger import read_ledger
from qbo_pipeline.pipeline.load import Loaded, load
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.pipeline.transform import transform
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.opening import make_store
from qbo_pipeline.store.tables.records import watermarks
from qbo_pipeline_tests.emulator.server import RunningEmulator

ENCRYPTION_KEY = base64.b64encode(b"\x07" * 32).decode()
NO_LIMITS = "requests_per_minute = 1000000\nrequests_per_second = 100000\nbatches_per_minute = 100000\n"
NOBODY = "http://127.0.0.1:9"  # the discard port: for tests in which QBO must not be asked


def write_connection(
    folder: Path, name: str, emulator: RunningEmulator | None, *, with_store: bool = True, **values: Any
) -> Path:
    """Write `<name>.toml` and its secrets and make its store, for an emulator, or for none where nothing may be sent.

    `values` are those of the settings' template. Our own limits are off, like the emulator's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.toml"
    here = {
        "name": name,
        "time_zone": "America/New_York",
        "environment": "emulator",
        "realm": emulator.realm if emulator else "9130350000000001",
        "base_url": emulator.base_url if emulator else NOBODY,
    }
    file.write_text(settings_text({**here, **values}).replace("[store]", f"{NO_LIMITS}\n[store]"), encoding="utf-8")
    secrets = [f"QBO_{name.upper()}_ENCRYPTION_KEY={ENCRYPTION_KEY}"]
    for key in ("client_id", "client_secret", "refresh_token"):
        secrets += [f"QBO_{name.upper()}_{key.upper()}={getattr(emulator, key) if emulator else 'none'}"]
    with (folder / ".env").open("a", encoding="utf-8") as out:
        out.write("\n".join(secrets) + "\n")
    if with_store:
        made_live(file)
    return file


def made_live(file: Path) -> None:
    """Make the store, with somebody's word that the connection may go live: most tests are not about the first send."""
    settings = load_settings(file)
    database = make_store(settings.store_url())
    with database.transaction() as connection:
        row = {"connection": settings.connection.name, "name": "preflight accepted", "value": "{}"}
        mine = [watermarks.c[name] == row[name] for name in ("connection", "name")]
        there = connection.execute(select(watermarks.c.value).where(*mine)).first()
        if there is None:
            connection.execute(watermarks.insert(), {**row, "moved_at": database.now(connection)})
    database.close()


def point_to(file: Path, before: str, after: str) -> None:
    """Replace something in a settings file that stands there at least once."""
    content = file.read_text(encoding="utf-8")
    assert before in content, f"{before!r} is not in {file}"
    file.write_text(content.replace(before, after), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Carried:
    """What each stage answered."""

    extracted: dict[str, Extracted]
    transformed: Transformed
    loaded: Loaded
    result: Reconciliation
    calls: dict[str, int]

    @property
    def touched(self) -> dict[str, int]:
        """Records that are new, changed, vanished; and revisions in the outbox."""
        counts = [item.counts for item in self.extracted.values()]
        names = ("new", "changed", "vanished")
        intents = self.transformed.intents
        return {name: sum(getattr(count, name) for count in counts) for name in names} | {
            "postings": intents["new"] + intents["changed"] + intents["withdrawn"] + intents["refused"],
            "posted": self.loaded.summary.posted,
        }


def carry(run: Run, first: date, last: date, as_at: date | None = None) -> Carried:
    """All stages, as the nightly run and `qbo-pipeline run` order them."""
    extracted = [*extract_master_data(run), *extract_days(run, first, last)]
    read_reference_data(run)
    transformed = transform(run, first, last)
    loaded = load(run, first, last)
    find_drift(run)
    read_ledger(run, as_at or last)
    result = reconcile_as_at(run, as_at or last)
    return Carried({item.record_type: item for item in extracted}, transformed, loaded, result, run.api_calls())


def carry_file(file: Path, first: date, last: date, as_at: date | None = None) -> Carried:
    """The same, in a run of its own."""
    with open_run(load_settings(file)) as run:
        return carry(run, first, last, as_at)


def rows(run: Run, query: str, **values: Any) -> list[dict[str, Any]]:
    """What a SELECT finds in the store, as the database gives it."""
    with run.database.reading() as connection:
        return [dict(row) for row in connection.execute(text(query), values).mappings()]


RECORD_TABLES = ("records", "record_revisions", "stock_lines", "bill_matches", "record_references")
POSTING_TABLES = ("postings", "posting_effects", "posting_links", "attempts", "attempt_heads")


def content_of(run: Run, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these tables, to compare before and after."""
    with run.database.reading() as connection:
        return {
            table: sorted((tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))), key=repr)
            for table in tables
        }
