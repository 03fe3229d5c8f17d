"""One connection's settings: a TOML file, typed and validated, with its errors in plain words; secrets come from the
environment.

Each error names the file, the line, the setting, what is wrong and what would be right, and all errors of a file are
told at once.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from qbo_pipeline.accounting.books import DIMENSIONS, ROLES
from qbo_pipeline.environment import Secrets, variable, where_to_set
from qbo_pipeline.settings_errors import SettingsError

__all__ = ["Secrets", "Settings", "SettingsError", "load_settings"]

SETTINGS_VARIABLE = "QBO_PIPELINE_SETTINGS"


def exact(value: object) -> object:
    """The value, unless TOML has already made binary floating point of it."""
    if isinstance(value, float):
        raise ValueError(f'write {value} in quotes ("{value}"): a bare number with a point is not exact')
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


NAME_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"


def is_connection_name(text: str) -> bool:
    """Whether a connection may have this name: it becomes the name of files, variables and assets."""
    return re.fullmatch(NAME_PATTERN, text) is not None


class ConnectionSettings(_Section):
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


class SourceSettings(_Section):
    """`[source]`: where the inventory system's data is, and how it is mapped."""

    kind: Literal["sql", "csv"]
    url: str | None = None
    url_variable: str | None = None
    path: Path | None = None
    mapping: str | None = None
    parameters: dict[str, str | list[str]] = {}
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 2_000

    @model_validator(mode="after")
    def _has_its_place(self) -> SourceSettings:
        if self.kind == "csv" and self.path is None:
            raise ValueError('a source of kind "csv" needs path = "FOLDER"')
        if self.kind == "sql" and self.url is None and self.url_variable is None:
            raise ValueError('a source of kind "sql" needs url = "..." or url_variable = "NAME"')
        return self


class QuickBooksSettings(_Section):
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


class StoreSettings(_Section):
    """`[store]`: the pipeline's own database; on PostgreSQL its tokens may have a login of their own."""

    url: str | None = None
    url_variable: str | None = None
    tokens_url_variable: str | None = None

    @model_validator(mode="after")
    def _has_its_place(self) -> StoreSettings:
        if (self.url is None) == (self.url_variable is None):
            raise ValueError('give one of url = "sqlite:///FILE" and url_variable = "NAME"')
        return self


class AccountSettings(_Section):
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


class PostingSettings(_Section):
    """`[posting]`: policies, each with the default that a careful bookkeeper would choose; what each does is written
    at `accounting.books.Policies`, `posting.policy`, `pipeline.same_number` and `pipeline.closing`."""

    accrue_receipts: bool = True
    unmatched_bill_lines: Literal["goods_received_not_invoiced", "inventory"] = "goods_received_not_invoiced"
    bill_difference: Literal["purchase_price_variance", "inventory"] = "purchase_price_variance"
    supplier_return_clearing: Literal["purchase_price_variance", "goods_received_not_invoiced"] = (
        "purchase_price_variance"
    )
    quotes: bool = False
    purchase_orders: bool = False
    vanished: Literal["hold", "void", "delete"] = "hold"
    approval: bool = False
    same_number: Literal["hold_bills", "hold", "post"] = "hold_bills"
    closed_period: Literal["hold", "first_open_day"] = "hold"


class RateSettings(_Section):
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
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self


class ReconciliationSettings(_Section):
    """`[reconciliation]`: the tolerance decides the status alone and never hides a row; `report_readers` says who on
    this machine may read the reports' files."""

    tolerance: Decimal = Decimal("0.00")
    report_readers: Literal["owner", "group", "everybody"] = "owner"

    @field_validator("tolerance", mode="before")
    @classmethod
    def _exact(cls, value: object) -> object:
        return exact(value)


class ScheduleSettings(_Section):
    """`[schedule]`: when the nightly run starts, in the company's time zone, and how many past days it reads again."""

    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "02:30"
    look_back_days: Annotated[int, Field(ge=0, le=90)] = 3


class Settings(_Section):
    """The whole file."""

    connection: ConnectionSettings
    source: SourceSettings
    quickbooks: QuickBooksSettings
    store: StoreSettings
    accounts: AccountSettings
    tax_codes: dict[str, str] = {}
    exchange_rates: tuple[RateSettings, ...] = ()
    posting: PostingSettings = PostingSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    file: Path = Field(default=Path(), exclude=True)

    @property
    def folder(self) -> Path:
        return self.file.parent

    def store_url(self) -> str:
        """The store's URL; a relative SQLite path counts from the settings' folder."""
        return self._url(self.store.url, self.store.url_variable, "store")

    def tokens_url(self) -> str | None:
        """The store's URL with the login that may read the tokens; `None` where the store's own login does."""
        name = self.store.tokens_url_variable
        return None if name is None else self._url(None, name, "store", "tokens_url_variable")

    def source_url(self) -> str:
        """The URL of a SQL source; a relative SQLite path counts from the settings' folder."""
        return self._url(self.source.url, self.source.url_variable, "source")

    def source_mapping(self) -> str | None:
        """The name of a mapping of `sql/source`, or the path of a folder, counted from the settings' folder."""
        mapping = self.source.mapping
        return mapping if mapping is None or len(Path(mapping).parts) == 1 else str((self.folder / mapping).resolve())

    def source_path(self) -> Path:
        """The folder of a CSV source, counted from the settings' folder."""
        assert self.source.path is not None
        return (self.folder / self.source.path).resolve()

    def _url(self, url: str | None, name: str | None, section: str, setting: str = "url_variable") -> str:
        if name is not None:
            url = variable(name, self.folder)
            if not url:
                raise SettingsError(
                    f"{self.file}: [{section}] {setting} names {name}, which is not set: "
                    f"{where_to_set([name], self.folder)}"
                )
        assert url is not None
        path = url.removeprefix("sqlite:///")
        if url.startswith("sqlite:///") and path and not path.startswith((":", "/")):
            return f"sqlite:///{(self.folder / path).resolve()}"
        return url


def load_settings(file: Path | str | None = None) -> Settings:
    """Read and check a settings file; without one, the file that `QBO_PIPELINE_SETTINGS` names.

    Raises `SettingsError` with every mistake in the file, a line each.
    """
    name = file or os.environ.get(SETTINGS_VARIABLE)
    if not name:
        raise SettingsError(
            f"no settings: name a file with --settings, or in the environment variable {SETTINGS_VARIABLE}"
        )
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file; `qbo-pipeline init` writes one to start from") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not text in UTF-8: save it as such") from None
    return settings_of(text, path)


def settings_of(text: str, path: Path) -> Settings:
    """The settings that the text of a file says; `path` is that file, which need not be there yet.

    Raises `SettingsError` with every mistake in the text, a line each.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    try:
        return Settings.model_validate({**content, "file": path.resolve()})
    except ValidationError as error:
        raise SettingsError("\n".join(_plain(path, text, item) for item in error.errors())) from None


def _plain(path: Path, text: str, error: ErrorDetails) -> str:
    """One mistake in one line: file, line, setting, what is wrong, what would be right."""
    names = [str(part) for part in error["loc"]]
    named = re.match(r"'([^']+)'", str(error.get("ctx", {}).get("error", "")))
    line = (_line_of(text, names, named[1]) if named else None) or _line_of(text, names)
    place = f"{path}:{line}" if line else str(path)
    setting = f"[{'.'.join(names[:-1])}] {names[-1]}" if len(names) > 1 else f"[{'.'.join(names)}]"
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(names[-1], _known_names(names[:-1]), n=1)
            return f"{place}: {setting}: there is no such setting" + (f", did you mean {near[0]!r}?" if near else "")
        case "missing":
            return f"{place}: {setting}: is missing"
        case "value_error":
            return f"{place}: {setting}: {error['ctx']['error']!s}"
        case "string_pattern_mismatch":
            meant = _PATTERNS.get(".".join(names), f"text like {error['ctx']['pattern']}")
            return f"{place}: {setting}: must be {meant} (got {_shown(error['input'])})"
        case _:
            return f"{place}: {setting}: {error['msg']} (got {_shown(error['input'])})"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _known_names(parents: list[str]) -> list[str]:
    model: Any = Settings
    for name in parents:
        field = getattr(model, "model_fields", {}).get(name)
        model = field.annotation if field else None
    return [name for name in getattr(model, "model_fields", {}) if name != "file"]


_PATTERNS = {
    "connection.name": "lower-case letters, digits and underscores, beginning with a letter",
    "connection.currency": "a currency code of three capital letters, such as USD",
    "quickbooks.realm": "the company's realm id: digits only",
    "schedule.at": "a time of day, such as 02:30",
}


def _line_of(text: str, names: list[str], key_named: str | None = None) -> int | None:
    """The line (from 1) on which a setting stands, or its section where the setting itself is missing; with
    `key_named`, the line of that key anywhere below the section."""
    section: list[str] = []
    best = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            section = [part.strip().strip("\"'") for part in header[1].split(".")]
            if section == names[: len(section)]:
                best = number
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            full = section + [part.strip("\"'") for part in key[1].split(".")]
            if key_named is not None:
                if full[-1] == key_named and full[: len(names)] == names:
                    return number
            elif full == names or full == names[: len(full)]:
                return number
    return best if key_named is None else None
