"""What the parts of the gateway share: company, clock, settings, credentials; and what of it outlives a restart."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.store import Store
from qbo_pipeline.emulator.http.clock import Schedule, VirtualClock
from qbo_pipeline.emulator.http.fault_rules import FaultPlan
from qbo_pipeline.emulator.http.intent import Intent
from qbo_pipeline.emulator.http.limits import Limits
from qbo_pipeline.emulator.http.meter import Meter
from qbo_pipeline.emulator.http.request_ids import RequestIds
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline.emulator.http.tokens import EVERYTHING, Tokens

SCHEMA = "CREATE TABLE IF NOT EXISTS gateway_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)"


def saved_value(store: Store, name: str) -> str | None:
    """A value that the gateway saved beside the company, or None."""
    store.execute(SCHEMA)
    value: str | None = store.value("SELECT value FROM gateway_state WHERE name = ?", (name,))
    return value


def save_value(store: Store, name: str, value: str) -> None:
    """Save a value of the gateway beside the company; durable at once."""
    store.execute("INSERT OR REPLACE INTO gateway_state VALUES (?, ?)", (name, value))


class EmulatorState:
    """One emulated company with its gateway. Its credentials are made once and kept in the company's file."""

    def __init__(
        self,
        company: Company,
        clock: VirtualClock,
        settings: Settings,
        *,
        base_url: str,
    ) -> None:
        self.company = company
        self.realm = company.realm
        self.clock = clock
        self.settings = settings
        self.base_url = base_url
        self.label = ""
        self.open_to_network = False
        self.refuse_connections: Callable[[float], None] | None = None
        self.schedule = Schedule(clock)
        self.limits = Limits()
        self.meter = Meter()
        self.faults = FaultPlan()
        self.intent: Intent | None = None
        self.emails: list[dict[str, str]] = []
        self.store = company.store
        ahead = timedelta(seconds=float(saved_value(self.store, "clock_ahead") or 0))
        if ahead > clock.offset:
            clock.move_to(clock.now() + ahead - clock.offset)
        save_value(self.store, "realm", self.realm)
        self.request_ids = RequestIds(self.store, settings)
        self.client_id, self.client_secret = self._credentials()
        self.tokens = Tokens(settings, self.client_id, self.client_secret)
        self.refresh_token = self._first_grant()
        self._zone = ZoneInfo(company.settings.time_zone)

    def _credentials(self) -> tuple[str, str]:
        saved = saved_value(self.store, "client")
        if saved is None:
            saved = json.dumps(["AB" + secrets.token_urlsafe(24), secrets.token_urlsafe(30)])
            save_value(self.store, "client", saved)
        client_id, client_secret = json.loads(saved)
        return client_id, client_secret

    def _first_grant(self) -> str:
        """The refresh token to hand out at start: the newest usable grant's, or that of a new consent."""
        saved = saved_value(self.store, "tokens")
        if saved is not None:
            self.tokens.restore(json.loads(saved))
        now = self.clock.seconds()
        grant = next((g for g in reversed(self.tokens.grants.values()) if not g.revoked), None)
        if grant is None or now >= grant.used + self.settings.refresh_idle_seconds:
            grant = self.tokens.consent(self.realm, EVERYTHING, now)
            self.save_tokens()
        return grant.refresh_token

    def save_tokens(self) -> None:
        """Make the grants durable; before a token answer leaves, and after a revocation."""
        save_value(self.store, "tokens", json.dumps(self.tokens.as_dict()))

    def save_clock(self) -> None:
        """Keep how far virtual time is ahead, so that a restart does not go back in time."""
        save_value(self.store, "clock_ahead", str(self.clock.offset.total_seconds()))

    def snapshot(self, name: str) -> None:
        """Keep company, request ids and the instant under a name. Raises ValueError as `Company.snapshot` does."""
        save_value(self.store, "snapshot_at", self.clock.now().isoformat())
        self.company.snapshot(name)

    def rewind(self, name: str) -> None:
        """Go back to a snapshot, in time too; whoever is connected stays so, and what was still to happen does not."""
        self.company.rewind(name)
        self.save_tokens()
        save_value(self.store, "client", json.dumps([self.client_id, self.client_secret]))
        self.clock.go_back_to(datetime.fromisoformat(saved_value(self.store, "snapshot_at") or ""))
        self.save_clock()
        self.schedule.clear()
        self.limits = Limits()
        self.request_ids.rewound()

    def time(self) -> str:
        """The present as QBO writes it: 2026-01-02T03:04:05.678-08:00, in the company's zone."""
        now = self.clock.now()
        offset = now.astimezone(self._zone).utcoffset() or timedelta(0)
        return now.astimezone(timezone(offset)).isoformat(timespec="milliseconds")

    def out_of_reads(self) -> bool:
        """Whether the month's metered reads are used up, where they are limited."""
        most = self.settings.monthly_reads
        return most is not None and self.meter.month_reads(self.clock.now()) >= most

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around everything that one request changes, in the company and beside it: one commit."""
        with self.company.batch():
            self.request_ids.forget_old(self.clock.seconds())
            yield
