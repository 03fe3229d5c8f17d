"""No secret anywhere: canary values of every kind of secret go through a run with failures, and are looked for."""

from __future__ import annotations

import logging
import traceback
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from qbo_pipeline.posting.history import history
from qbo_pipeline.posting.shell import Poster, PosterSettings
from qbo_pipeline.store.database import open_database
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.posting.harness import CONNECTION, VirtualClock, client, connect, intent, journal_entry, take_in

CANARY = "canary-7f3a-access-token-91c2"


class Fails:
    """A client that fails with everything it knows in the exception."""

    def __init__(self, company: object) -> None:
        self.realm = company.realm  # type: ignore[attr-defined]

    def send_batch(self, *arguments: object, **named: object) -> None:
        raise RuntimeError("the worker fails here")


def test_no_canary_in_store_logs_history_or_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clock = VirtualClock()
    database = open_database(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock.now)
    with running_emulator("--limits", "off") as emulator:
        secrets = [CANARY, emulator.refresh_token, emulator.client_secret, emulator.access_token()]
        identity = connect(database, emulator.realm)
        take_in(database, identity, [intent(journal_entry(n, "1", "2", Decimal(n))) for n in range(1, 4)])
        settings = PosterSettings(batch_workers=1, single_workers=0)
        hosts = {"base_url": emulator.base_url, "discovery_url": emulator.discovery_url, "realm": emulator.realm}
        with_canary = client(SimpleNamespace(**hosts, access_token=lambda: CANARY), clock=clock)
        refused = Poster(database, with_canary, clock, settings).run(CONNECTION)
        emulator.order({"kind": "server_error", "commit": True, "times": 1}, {"kind": "html", "times": 1})
        good = client(emulator, clock=clock)
        posted = Poster(database, good, clock, settings).run(CONNECTION)
        trace = ""
        take_in(database, identity, [intent(journal_entry(n, "1", "2", Decimal(n))) for n in (7, 8)])
        try:
            Poster(database, Fails(good), clock, settings).run(CONNECTION)  # type: ignore[arg-type]
        except RuntimeError:
            trace = traceback.format_exc()
        good.close()
        with_canary.close()
    with database.reading() as reading:
        story = repr(history(reading, CONNECTION, "movement/1"))
    database.close()
    assert refused.degraded is not None
    assert "the worker fails here" in trace
    places = {
        "logs": caplog.text,
        "history": story,
        "summaries": repr((refused, posted)),
        "traceback": trace,
        **{path.name: path.read_bytes().decode("latin-1") for path in tmp_path.iterdir()},
    }
    assert any("store.sqlite" in name for name in places)
    found = {(name, secret[:8]) for name, text in places.items() for secret in secrets if secret in text}
    assert found == set()
