"""The sections of a connection's settings: typed, with the defaults that a careful bookkeeper would choose.

What belongs here: one class for each section, and what is wrong within one. What a setting means is said where `init`
writes it (`commands/connection.toml.j2`), from which docs/settings.md is made; a new setting has its line there.
"""

from __future__ import annotations

import difflib
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from qbo_pipeline.accounting.books import (
    DIMENSIONS,
    HIGHEST_RATE,
    LOWEST_RATE,
    ROLES,
)


def exact(value: object) -> object:
    """The value, unless TOML has already made binary floating point of it."""
    if isinstance(value, float):
        raise ValueError(f'write {value} in quotes ("{value}"): a bare number with a point is not exact')
    return value


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


NAME_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"


def is_connection_name(text: str) -> bool:
    """Whether a connection may have this name: it becomes the name of files, variables and assets."""
    return re.fullmatch(NAME_PATTERN, text) is not None


class ConnectionSettings(Section):
    """`[connection]`: one account of an inventory system tied to one QBO company."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    time_zone: str
    first_day: date
    last_day: date | None = None  # a closed history has one; a living company has none

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            near = difflib.get_close_matches(value, available_timezones(), n=1)
            hint = f", did you mean {near[0]!r}?" if near else ", for example 'Europe/Madrid'"
            raise ValueError(f"no time zone has the name {value!r}{hint}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def is_safe_address(url: str) -> bool:
    """Whether our key may be sent there: by https, or to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))


WRITTEN_BY_API = ("cin7_core", "http_contract", "syncro", "unleashed", "zuper")
"""The kinds of source that take what comes back by their own API."""
LINK_PLACES = ("type", "kind", "id", "number")


class SourceSettings(Section):
    """`[source]`: where the inventory system's data is, and how it is mapped."""

    kind: Literal["sql", "csv", "cin7_core", "http_contract", "syncro", "unleashed", "zuper"]
    url: str | None = None
    url_variable: str | None = None
    path: Path | None = None
    mapping: str | None = None
    parameters: dict[str, str | list[str]] = {}
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    calls_per_minute: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    document_url: str | None = None

    @property
    def is_read_by_api(self) -> bool:
        return self.kind not in ("sql", "csv")

    @field_validator("document_url")
    @classmethod
    def _leads_to_a_page(cls, value: str | None) -> str | None:
        if value is not None:
            if not re.match(r"https?://[^/{}\s]+(/|$)", value):
                raise ValueError("write an address that browsers open: https://erp.example.com/documents/{id}")
            named = set(re.findall(r"\{([^{}]*)\}", value))
            if unknown := sorted(named - set(LINK_PLACES)):
                places = ", ".join(f"{{{place}}}" for place in LINK_PLACES)
                raise ValueError(f"{{{unknown[0]}}} is no place in it; there are {places}")
        return value

    @model_validator(mode="after")
    def _has_a_safe_address(self) -> SourceSettings:
        if self.is_read_by_api and self.url is not None and not is_safe_address(self.url):
            raise ValueError("our key goes to url: write https://..., or an emulator on this machine")
        return self

    @model_validator(mode="after")
    def _has_its_place(self) -> SourceSettings:
        if self.kind == "csv" and self.path is None:
            raise ValueError('a source of kind "csv" needs path = "FOLDER"')
        if self.kind in ("http_contract", "syncro", "zuper") and self.url is None:
            raise ValueError(f'a source of kind "{self.kind}" needs url = "https://..."')
        if self.kind == "sql" and self.url is None and self.url_variable is None:
            raise ValueError('a source of kind "sql" needs url = "..." or url_variable = "NAME"')
        return self


class QuickBooksSettings(Section):
    """`[quickbooks]`: the company that the connection is tied to."""

    environment: Literal["sandbox", "production", "emulator"]
    realm: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    base_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    redirect_uri: str = "http://localhost:8914/callback"
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = 10
    batches_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 40

    @model_validator(mode="after")
    def _emulator_has_a_url(self) -> QuickBooksSettings:
        if self.environment == "emulator" and self.base_url is None:
            raise ValueError('environment "emulator" needs base_url = "http://127.0.0.1:PORT"')
        return self


class StoreSettings(Section):
    """`[store]`: the pipeline's own database; on PostgreSQL its tokens may have a login of their own."""

    url: str | None = None
    url_variable: str | None = None
    tokens_url_variable: str | None = None

    @model_validator(mode="after")
    def _has_its_place(self) -> StoreSettings:
        if (self.url is None) == (self.url_variable is None):
            raise ValueError('give one of url = "sqlite:///FILE" and url_variable = "NAME"')
        return self


class AccountSettings(Section):
    """`[accounts]`: the QBO account for each role, by its name, its number or `id:<Id>`; what is more particular than
    the default (line, product, category, location, document, party) is in the tables below it."""

    roles: dict[str, str]
    hints: dict[str, str] = {}
    by_product: dict[str, dict[str, str]] = {}
    by_category: dict[str, dict[str, str]] = {}
    by_location: dict[str, dict[str, str]] = {}
    by_party: dict[str, dict[str, str]] = {}

    @model_validator(mode="after")
    def _known_roles(self) -> AccountSettings:
        levels = (self.by_product, self.by_category, self.by_location, self.by_party)
        particular = [role for level in levels for table in level.values() for role in table]
        for role in (*self.roles, *particular):
            known = ROLES if role in self.roles else ROLES + DIMENSIONS
            if role not in known:
                near = difflib.get_close_matches(role, known, n=1)
                hint = f", did you mean {near[0]!r}?" if near else f"; the roles are: {', '.join(known)}"
                raise ValueError(f"{role!r} is no account role{hint}")
        return self

    def overrides(self) -> dict[tuple[str, str, str], str]:
        """(role, level, value) -> account, for everything more particular than the defaults."""
        levels = {
            "product": self.by_product,
            "category": self.by_category,
            "location": self.by_location,
            "party": self.by_party,
        }
        return {
            (role, level, value): account
            for level, tables in levels.items()
            for value, table in tables.items()
            for role, account in table.items()
        }


class RateSettings(Section):
    """`[[exchange_rates]]`: home units for one unit of a currency, between two days, both included."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    first_day: date
    last_day: date
    rate: Decimal

    @field_validator("rate", mode="before")
    @classmethod
    def _exact(cls, value: object) -> object:
        return exact(value)

    @model_validator(mode="after")
    def _makes_sense(self) -> RateSettings:
        if self.rate <= 0:
            raise ValueError(f"a rate is more than 0, this is {self.rate}")
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            raise ValueError(f"no two currencies have the rate {self.rate:f}")
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self


class ReconciliationSettings(Section):
    """`[reconciliation]`: the tolerance decides the status alone and never hides a row; `report_readers` says who on
    this machine may read the reports' files."""

    tolerance: Decimal = Decimal("0.00")
    report_readers: Literal["owner", "group", "everybody"] = "owner"

    @field_validator("tolerance", mode="before")
    @classmethod
    def _exact(cls, value: object) -> object:
        return exact(value)


class ScheduleSettings(Section):
    """`[schedule]`: when the nightly run starts, in the company's time zone, and how many past days it reads again."""

    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "02:30"
    look_back_days: Annotated[int, Field(ge=0, le=90)] = 3


class PageSettings(Section):
    """`[page]`: where browsers find the page for people, and what groups of its OpenID Connect provider may do."""

    url: Annotated[str | None, Field(pattern=r"^https?://[^/\s?#@\\()<>|]+$")] = None
    roles: dict[str, tuple[Literal["viewer", "preparer", "reviewer", "operator"], ...]] = {}


_HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"


class AlertSettings(Section):
    """`[alerts]`: who is told what is wrong, by the addresses in a variable of the environment; hours are by the
    company's clock."""

    urls_variable: str | None = None
    digest_at: Annotated[str | None, Field(pattern=_HOUR)] = None
    quiet_from: Annotated[str | None, Field(pattern=_HOUR)] = None
    quiet_to: Annotated[str | None, Field(pattern=_HOUR)] = None
    waiting_days: Annotated[int, Field(ge=1, le=365)] = 3
    silent_hours: Annotated[int, Field(ge=1, le=8_760)] = 30
    metered_reads_a_month: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _both_ends(self) -> AlertSettings:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours have two ends: give quiet_from and quiet_to")
        return self
