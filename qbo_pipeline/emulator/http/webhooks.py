"""Webhooks: which changes are told to whom, signed as Intuit signs them, retried on Intuit's schedule."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import logging
import ssl
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from qbo_pipeline.emulator.company.company import Change
from qbo_pipeline.emulator.company.jsontext import dumps
from qbo_pipeline.emulator.http.clock import Schedule
from qbo_pipeline.emulator.http.loopback import check_loopback

log = logging.getLogger(__name__)

ANSWER_SECONDS = 3.0
RETRY_SECONDS = (10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600)
"""Waits between the attempts (Intuit, webhooks best practices, February 2026); then every six hours."""
MOST_ATTEMPTS = 20

# Entities that Intuit sends no webhooks for.
SILENT = frozenset(
    {
        *("InventoryAdjustment", "TaxCode", "TaxRate", "TaxAgency", "CompanyInfo", "CompanyCurrency"),
        *("RecurringTransaction", "ReimburseCharge", "TaxPayment"),
    }
)
PAST_TENSE = {"Create": "created", "Update": "updated", "Delete": "deleted", "Merge": "merged", "Void": "voided"}


class Subscription(BaseModel):
    """Where webhooks go: an address, the token that signs them, the format, and which entities (none: all)."""

    model_config = ConfigDict(extra="forbid")

    url: str
    verifier_token: str = Field(min_length=8, repr=False)
    format: Literal["cloudevents", "legacy"] = "cloudevents"
    entities: list[str] = []


@dataclass(slots=True)
class Delivery:
    """One notification on its way: its bytes never change between attempts."""

    id: str
    subscription: Subscription
    body: bytes
    created: str
    attempts: list[str] = field(default_factory=list)
    delivered: bool = False
    given_up: bool = False


class Webhooks:
    """Turns committed changes into notifications and delivers them in virtual time."""

    def __init__(self, realm: str, schedule: Schedule, allowed_hosts: frozenset[str]) -> None:
        self.realm = realm
        self.schedule = schedule
        self.allowed_hosts = allowed_hosts
        self.subscriptions: list[Subscription] = []
        self.deliveries: deque[Delivery] = deque(maxlen=500)
        self._pending: list[Change] = []

    def subscribe(self, subscription: Subscription) -> None:
        """Add a receiver; raises ValueError for an address that is not on loopback and was not allowed."""
        check_loopback(subscription.url, "url", self.allowed_hosts)
        self.subscriptions.append(subscription)

    def changed(self, changes: list[Change]) -> None:
        """Take note of committed changes; they are sent as one notification per receiver shortly after."""
        if not self.subscriptions:
            return
        if not self._pending:
            self.schedule.after(0.0, self._notify)
        self._pending.extend(change for change in changes if change.entity not in SILENT)

    async def _notify(self) -> None:
        changes, self._pending = self._pending, []
        sends = []
        for subscription in self.subscriptions:
            wanted = [c for c in changes if not subscription.entities or c.entity in subscription.entities]
            if wanted:
                body = dumps(notification(wanted, self.realm, subscription.format))
                created = self.schedule.clock.now().isoformat(timespec="milliseconds")
                delivery = Delivery(str(uuid.uuid4()), subscription, body, created)
                self.deliveries.append(delivery)
                sends.append(self._attempt(delivery))
        await asyncio.gather(*sends)

    async def _attempt(self, delivery: Delivery) -> None:
        outcome = await asyncio.to_thread(_post, delivery)
        delivery.attempts.append(outcome)
        delivery.delivered = outcome == "200"
        if delivery.delivered:
            return
        tried = len(delivery.attempts)
        if tried >= MOST_ATTEMPTS:
            delivery.given_up = True
            log.warning("webhook %s given up after %d attempts: %s", delivery.id, tried, outcome)
            return
        wait = RETRY_SECONDS[min(tried, len(RETRY_SECONDS)) - 1]
        self.schedule.after(wait, lambda: self._attempt(delivery))

    def as_dict(self) -> dict[str, Any]:
        """The body of GET /emulator/webhooks; without the verifier tokens."""
        return {
            "subscriptions": [s.model_dump(exclude={"verifier_token"}) for s in self.subscriptions],
            "deliveries": [
                {
                    "id": d.id,
                    "url": d.subscription.url,
                    "created": d.created,
                    "attempts": d.attempts,
                    "delivered": d.delivered,
                    "given_up": d.given_up,
                }
                for d in self.deliveries
            ],
        }


def notification(changes: list[Change], realm: str, style: str) -> list[dict[str, Any]] | dict[str, Any]:
    """The body that tells of some changes: CloudEvents (an array), or the format used until 2026."""
    if style == "cloudevents":
        source = "intuit." + base64.b64encode(hashlib.sha256(realm.encode()).digest()).decode()
        return [
            {
                "specversion": "1.0",
                "id": str(uuid.uuid4()),
                "source": source,
                "type": f"qbo.{change.entity.lower()}.{PAST_TENSE[change.operation]}.v1",
                "datacontenttype": "application/json",
                "time": _zulu(change.at),
                "intuitentityid": change.id,
                "intuitaccountid": realm,
                "data": {},
            }
            for change in changes
        ]
    entities = [
        {"name": c.entity, "id": c.id, "operation": c.operation, "lastUpdated": _zulu(c.at)}
        | ({"deletedId": c.deleted} if c.deleted else {})
        for c in changes
    ]
    return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": entities}}]}


def sign(body: bytes, verifier_token: str) -> str:
    """The `intuit-signature` header: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(verifier_token.encode(), body, hashlib.sha256).digest()).decode()


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _post(delivery: Delivery) -> str:
    """One attempt: the status as text, or what went wrong. Redirects are not followed."""
    parts = urlsplit(delivery.subscription.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    options: dict[str, Any] = {"context": ssl.create_default_context()} if secure else {}
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS, **options)
    headers = {
        "Content-Type": "application/json",
        "intuit-signature": sign(delivery.body, delivery.subscription.verifier_token),
        "intuit-t-id": delivery.id,
        "intuit-created-time": delivery.created,
    }
    if delivery.subscription.format == "legacy":
        headers["intuit-notification-schema-version"] = "0.1"
    try:
        path = parts.path or "/"
        connection.request("POST", f"{path}?{parts.query}" if parts.query else path, delivery.body, headers)
        answer = connection.getresponse()
        answer.read(65_536)
        return str(answer.status)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
