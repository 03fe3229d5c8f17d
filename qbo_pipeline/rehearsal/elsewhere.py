"""The settings, the secrets and the time of a rehearsal: the user's own, but for where everything goes.

What belongs here: what differs from a night. The company is an emulated one on this machine, the store a file of the
rehearsal, the limits those of a server that has none, and time passes quickly while failures are waited out.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from qbo_pipeline.pipeline.connect import hosts, open_keeper, open_oauth
from qbo_pipeline.pipeline.run import Opened, Run
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.settings import Secrets, Settings
from qbo_pipeline.settings_sections import AlertSettings, StoreSettings
from qbo_pipeline.store.meter import StoredMeter

STORE = "store.sqlite"
SPEED = 30.0  # seconds of a rehearsal's night in one of ours, while QuickBooks fails on order
_NO_LIMITS = {"requests_per_minute": 1_000_000, "requests_per_second": 100_000, "batches_per_minute": 100_000}


@dataclass(frozen=True, slots=True)
class RehearsalPlace:
    """Where a rehearsed night happens: the emulated company, with its credentials, and the folder of its store."""

    base_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    encryption_key: str
    folder: str

    def as_dict(self) -> dict[str, str]:
        """For the order that another process reads."""
        return asdict(self)


class QuickClock:
    """Time that passes `speed` times as fast as ours, from an instant on; every process of a night lives in it."""

    def __init__(self, began: float, speed: float) -> None:
        self._began = began  # seconds since 1970, by the machine's clock
        self._speed = speed

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.fromtimestamp(self._began, UTC) + timedelta(seconds=(time.time() - self._began) * self._speed)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic() * self._speed

    def sleep(self, seconds: float) -> None:
        """Wait until so many of its seconds have passed."""
        if seconds > 0:
            time.sleep(seconds / self._speed)


class Rests:
    """A pacer for a server without limits: nobody waits, but for the rest after a refusal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def acquire(self, kind: str, patience: float) -> float:
        """As `quickbooks.pacing.Pacer`."""
        with self._lock:
            wait = self._quiet_until - self._clock.monotonic()
        if wait > patience:
            return wait
        self._clock.sleep(wait)
        return 0.0

    def quiet(self, seconds: float) -> None:
        """As `quickbooks.pacing.Pacer`."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, self._clock.monotonic() + seconds)


def clock_of(quick: float | None) -> Clock:
    """The clock of a night: our own, or one that began to run quickly at a moment."""
    return SystemClock() if quick is None else QuickClock(quick, SPEED)


def rehearsed(settings: Settings, place: RehearsalPlace, first: date) -> Settings:
    """The user's settings, for the emulated company and the rehearsal's store. The books begin on `first` where that is
    later than their own first day."""
    connection = settings.connection
    changed: dict[str, Any] = {
        "connection": connection.model_copy(update={"first_day": max(first, connection.first_day)}),
        "quickbooks": settings.quickbooks.model_copy(
            update={"environment": "emulator", "base_url": place.base_url, "allowed_hosts": (), **_NO_LIMITS}
        ),
        "store": StoreSettings(url=f"sqlite:///{Path(place.folder) / STORE}"),
        "alerts": AlertSettings(),
    }
    return settings.model_copy(update=changed)


def rehearsed_secrets(settings: Settings, place: RehearsalPlace) -> Secrets:
    """Of the user's secrets those of the source alone; all others are the emulator's, and worth nothing elsewhere."""
    own = Secrets.read(settings)
    return own.model_copy(
        update={
            "client_id": SecretStr(place.client_id),
            "client_secret": SecretStr(place.client_secret),
            "refresh_token": SecretStr(place.refresh_token),
            "encryption_key": SecretStr(place.encryption_key),
            "encryption_key_file": None,
            "webhook_verifier_token": None,
            "source_webhook_token": None,
        }
    )


def open_emulated(run: Run, transport: Transport) -> Opened:
    """The client for the emulated company, in the night's time."""
    clock = run.surroundings.clock
    keeper = open_keeper(run.settings, run.secrets, run.tokens, open_oauth(run.settings, run.secrets, transport))
    meter = StoredMeter(run.database, run.name, run.settings.quickbooks.realm)
    company = QuickBooks(
        run.settings.quickbooks.realm, hosts(run.settings), keeper, transport=transport, pacer=Rests(clock),
        meter=meter, clock=clock,
    )  # fmt: skip
    return company, meter
