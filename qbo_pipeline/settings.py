"""One connection's settings: a TOML file, typed and validated; secrets come from the environment.

What belongs here: the whole file, where it is found, and the URLs and paths that it names. Its sections are in
`settings_sections.py`, the words for mistakes in `settings_errors.py` (all mistakes of a file are told at once), the
environment in `environment.py`.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from qbo_pipeline.accounting.books import SummarisedSale
from qbo_pipeline.bounded_files import read_text
from qbo_pipeline.environment import Secrets, variable, where_to_set
from qbo_pipeline.settings_errors import SettingsError, in_plain_words
from qbo_pipeline.settings_ownership import OwnershipSettings, WriteBackSettings
from qbo_pipeline.settings_posting import ChangeSettings, NotExportedSettings, PostingSettings
from qbo_pipeline.settings_sections import (
    LINK_PLACES,
    WRITTEN_BY_API,
    AccountSettings,
    AlertSettings,
    ConnectionSettings,
    PageSettings,
    QuickBooksSettings,
    RateSettings,
    ReconciliationSettings,
    ScheduleSettings,
    Section,
    SourceSettings,
    StoreSettings,
    is_safe_address,
)

__all__ = [
    "LINK_PLACES", "Secrets", "Settings", "SettingsError", "is_safe_address", "load_settings", "settings_of",
]  # fmt: skip

SETTINGS_VARIABLE = "QBO_PIPELINE_SETTINGS"


class Settings(Section):
    """The whole file."""

    connection: ConnectionSettings
    source: SourceSettings
    quickbooks: QuickBooksSettings
    store: StoreSettings
    accounts: AccountSettings
    tax_codes: dict[str, str] = Field(default={})
    exchange_rates: tuple[RateSettings, ...] = ()
    not_exported: tuple[NotExportedSettings, ...] = ()
    changes: tuple[ChangeSettings, ...] = ()
    posting: PostingSettings = PostingSettings()
    ownership: OwnershipSettings = OwnershipSettings()
    write_back: WriteBackSettings | None = Field(default=None, validate_default=True)
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    alerts: AlertSettings = AlertSettings()
    page: PageSettings = PageSettings()
    file: Path = Field(default=Path(), exclude=True)

    @field_validator("changes")
    @classmethod
    def _in_order(cls, value: tuple[ChangeSettings, ...]) -> tuple[ChangeSettings, ...]:
        days = [change.first_day for change in value]
        if days != sorted(set(days)):
            raise ValueError("each change needs a first_day of its own, the earliest first")
        return value

    @field_validator("write_back")
    @classmethod
    def _what_is_written_back_has_its_place(
        cls, value: WriteBackSettings | None, info: ValidationInfo
    ) -> WriteBackSettings | None:
        ownership: OwnershipSettings = info.data.get("ownership", OwnershipSettings())
        kinds = ownership.made_in_quickbooks()
        if kinds and value is None:
            raise ValueError(f"[ownership] {kinds[0]} is made in QuickBooks too: say here where it is written to")
        source: SourceSettings | None = info.data.get("source")
        by_api = source is not None and source.kind in WRITTEN_BY_API
        if kinds and value is not None and not value.has_inbox and not by_api:
            raise ValueError('give one of url = "postgresql://...", url_variable = "NAME" and inbox_folder = "FOLDER"')
        if value is not None and not kinds and ownership.attachments == "off":
            raise ValueError('has nothing to do: no kind of [ownership] is "quickbooks" or "both"')
        if ownership.attachments != "off" and (value is None or value.files is None):
            raise ValueError('[ownership] attachments go through a folder: name it here, as files = "FOLDER"')
        return value

    @model_validator(mode="after")
    def _sums_up_sales(self) -> Settings:
        """What says how sales are summed up counts only where some are, at one date or another."""
        posting = self.posting
        said = {"sales_channel": "none", "summary_customer": "Daily sales"}
        name = next((name for name, usual in said.items() if getattr(posting, name) != usual), None)
        if name is not None and not any(
            set(get_args(SummarisedSale)) & set(its.posting.summarise) for _, its in self.by_date()
        ):
            raise ValueError(
                f"[posting] {name} has no effect where no sales are summed up: name a kind of them in summarise "
                f"({', '.join(get_args(SummarisedSale))}), or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _fits_its_mode(self) -> Settings:
        if self.posting.mode == "tracked":
            for _, its in self.by_date():
                if (name := its.posting.of_no_effect()) is not None:
                    raise ValueError(f'[[changes]] posting.{name} has no effect where [posting] mode = "tracked"')
                if place := next(
                    (key for key in its.accounts.overrides() if key[:2] == ("inventory", "location")), None
                ):
                    raise ValueError(
                        f'[accounts.by_location] {place[2]}.inventory: where [posting] mode = "tracked" an item has '
                        "one inventory account, wherever it lies; set it by product or category"
                    )
        return self

    @property
    def folder(self) -> Path:
        return self.file.parent

    def by_date(self) -> list[tuple[date, Settings]]:
        """The settings with the day from which each counts, in order; the first counts from the beginning."""
        found = [(date.min, self)]
        for change in self.changes:
            found.append((change.first_day, _changed(found[-1][1], change)))
        return found

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

    def inbox_url(self) -> str:
        """The URL of the database with the inventory system's inbox; a relative SQLite path counts from the settings'
        folder."""
        assert self.write_back is not None
        return self._url(self.write_back.url, self.write_back.url_variable, "write_back")

    def inbox_folder(self) -> Path | None:
        """The folder that is the inbox, counted from the settings' folder; `None` where a database is."""
        if self.write_back is None or self.write_back.inbox_folder is None:
            return None
        return (self.folder / self.write_back.inbox_folder).resolve()

    def files_folder(self) -> Path | None:
        """The folder of attached files, counted from the settings' folder; `None` where none pass."""
        if self.ownership.attachments == "off" or self.write_back is None or self.write_back.files is None:
            return None
        return (self.folder / self.write_back.files).resolve()

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


def _changed(before: Settings, change: ChangeSettings) -> Settings:
    accounts = before.accounts
    levels = {
        level: _merged(getattr(accounts, level), getattr(change.accounts, level))
        for level in ("by_product", "by_category", "by_location", "by_party")
    }
    merged = {
        "roles": accounts.roles | change.accounts.roles,
        "hints": accounts.hints | change.accounts.hints,
        **levels,
    }
    return before.model_copy(
        update={
            "accounts": accounts.model_copy(update=merged),
            "tax_codes": before.tax_codes | change.tax_codes,
            "posting": before.posting.model_copy(update=change.posting.model_dump(exclude_none=True)),
        }
    )


def _merged(before: dict[str, dict[str, str]], changed: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return before | {name: before.get(name, {}) | table for name, table in changed.items()}


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
        text = read_text(path)
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
    except ValueError as error:  # TOMLDecodeError is one; so is a number of thousands of digits
        forms = 'a text stands in "quotes", a number as 3, a date as 2026-03-31, yes and no as true and false'
        raise SettingsError(f"{path}: not valid TOML: {error}; {forms}") from None
    except RecursionError:
        raise SettingsError(f"{path}: not valid TOML: brackets within brackets, hundreds deep") from None
    try:
        return Settings.model_validate({**content, "file": path.resolve()})
    except ValidationError as error:
        raise SettingsError("\n".join(in_plain_words(path, text, item, Settings) for item in error.errors())) from None
