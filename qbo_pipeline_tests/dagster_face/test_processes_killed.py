"""The long run: a worker killed anywhere between reading and the reports, and the next run of the same day.

Each of them must find what was left, send nothing twice, and leave nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from qbo_pipeline_tests.dagster_face.deployment import Deployment
from qbo_pipeline_tests.emulator.server import running_emulator

pytestmark = pytest.mark.torture


@dataclass(frozen=True, slots=True)
class Death:
    """Where the worker dies; what is seen then in the store; the store's database."""

    point: str
    seen: tuple[str, ...]
    store: str = "sqlite"
    batch_size: int = 2_000


# What must be so in the store right after the death, for the death to be where it is meant to be.
NOT_ALL_READ = "(SELECT count(*) = 0 FROM reads WHERE record_type = 'document')"
SOME_RECORDS = "(SELECT count(*) > 0 FROM records WHERE record_type = 'document')"
NO_POSTINGS = "(SELECT count(*) = 0 FROM postings WHERE record_key LIKE 'document/%')"
A_SINGLE_IS_SENDING = (
    "(SELECT count(*) > 0 FROM postings JOIN frozen_requests USING (connection, request_id)"
    " WHERE state = 'sending' AND lane = 'single')"
)
SOME_POSTED = "(SELECT count(*) > 0 FROM postings WHERE state = 'posted')"
SOME_NOT_POSTED = "(SELECT count(*) > 0 FROM postings WHERE state <> 'posted')"
ALL_POSTED = "(SELECT count(*) > 0 AND count(*) = count(posted_at) FROM postings)"
NO_LINES = "(SELECT count(*) = 0 FROM ledger_lines)"
NOT_RECONCILED = "(SELECT count(*) = 0 FROM reconciliations)"
RECONCILED = "(SELECT count(*) > 0 FROM reconciliations)"
MINTING = "(SELECT count(*) = 1 FROM tokens WHERE minting_until IS NOT NULL)"

DEATHS = {
    "while reading, in the middle of a transaction": Death(
        "records are half written", (NOT_ALL_READ, SOME_RECORDS), batch_size=5
    ),
    "between records and postings": Death("records are there, postings are not", (SOME_RECORDS, NO_POSTINGS)),
    "while building postings": Death("postings are half written", (NO_POSTINGS,)),
    "a single between transaction 1 and its sending": Death("a single is claimed, not sent", (A_SINGLE_IS_SENDING,)),
    "a single between its answer and transaction 2": Death(
        "a single is answered, not stored", (A_SINGLE_IS_SENDING,), store="postgresql"
    ),
    "between two requests": Death("a first request is stored", (SOME_POSTED, SOME_NOT_POSTED)),
    "after transaction 2, before Dagster's event": Death("all is posted, Dagster does not know", (ALL_POSTED,)),
    "while writing ledger lines": Death("the ledger is half written", (ALL_POSTED, NO_LINES)),
    "while writing the reconciliation": Death(
        "the reconciliation is half written", (ALL_POSTED, NOT_RECONCILED), store="postgresql"
    ),
    "before the reports are written": Death("the reports are not written", (ALL_POSTED, RECONCILED)),
    "between a new token and its storing": Death("a new token is not stored", (MINTING,)),
}


@pytest.fixture(params=DEATHS)
def death(request: pytest.FixtureRequest) -> Death:
    return DEATHS[request.param]


@pytest.fixture
def deployment(tmp_path: Path, death: Death, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    values = {"store_url": request.getfixturevalue("postgresql_url")} if death.store == "postgresql" else {}
    with running_emulator("--company", "us", "--limits", "off") as emulator:
        deployment = Deployment(tmp_path, emulator, days=4, **values)
        text = deployment.company.settings.read_text(encoding="utf-8")
        text = text.replace("[source.parameters]", f"batch_size = {death.batch_size}\n[source.parameters]")
        deployment.company.settings.write_text(text, encoding="utf-8")
        yield deployment
        deployment.close()


def test_killed_anywhere_the_next_run_goes_on(deployment: Deployment, death: Death) -> None:
    dead = deployment.dies(death.point, 0, 3)
    for condition in death.seen:
        assert deployment.number(f"SELECT CASE WHEN {condition} THEN 1 ELSE 0 END"), condition
    deployment.after_the_death_of(dead)
    deployment.runs_through(0, 3)
    deployment.assert_each_exactly_once()
    assert deployment.reports() >= {".html", ".xlsx", ".json"}
