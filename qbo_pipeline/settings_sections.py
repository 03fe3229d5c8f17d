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
    PartyCurrencies,
    PostingMode,
    SalesChannel,
    SummarisedKind,
    UnknownTerms,
)
from qbo_pipeline.accounting.likenesses import SIGNS, Combination, Sign


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


WRITTEN_BY_API = ("cin7_core", "http_contract", "syncro", "unleashed")
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


class PostingSettings(Section):
    """`[posting]`: policies, each with the default that a careful bookkeeper would choose; what each does is written
    at `accounting.books.Policies`, `posting.policy`, `pipeline.same_number` and `pipeline.closing`."""

    mode: PostingMode = "external"
    returns_move_stock_by: Literal["movements", "documents"] = "movements"
    accrue_receipts: bool = True
    unmatched_bill_lines: Literal["goods_received_not_invoiced", "inventory", "in_transit"] = (
        "goods_received_not_invoiced"
    )
    bill_difference: Literal["purchase_price_variance", "inventory", "on_hand_share"] = "purchase_price_variance"
    supplier_return_clearing: Literal["purchase_price_variance", "goods_received_not_invoiced"] = (
        "purchase_price_variance"
    )
    zero_cost: Literal["hold", "post"] = "hold"
    quotes: bool = False
    purchase_orders: bool = False
    sub_customers: Literal["kept", "flattened"] = "kept"
    landed_cost_by: Literal["value", "quantity", "weight"] = "value"
    tax_total: Literal["source", "by_document", "by_line"] = "source"
    foreign_documents: Literal["own_currency", "home_currency"] = "own_currency"
    party_currencies: PartyCurrencies = "one"
    products: Literal["items", "lines"] = "items"
    categories: Literal["off", "kept"] = "off"
    inactive: Literal["kept_active", "deactivated"] = "kept_active"
    unknown_terms: UnknownTerms = "refuse"
    master_data: Literal["when_needed", "all"] = "when_needed"
    summarise: tuple[SummarisedKind, ...] = ()
    link_orders: bool = False
    bills_from_orders: bool = False
    freight: Literal["line", "shipping"] = "line"
    approved_statuses: tuple[str, ...] = ()
    payment_methods: Literal["noted", "by_name"] = "noted"
    customer_deposits: Literal["on_account", "own_account"] = "on_account"
    supplier_deposits: Literal["on_account", "own_account"] = "on_account"
    sales_channel: SalesChannel = "none"
    summarised_channels: tuple[str, ...] = ()
    summary_customer: Annotated[str, Field(pattern=r"^[^:\t\n]{1,100}$")] = "Daily sales"
    vanished: Literal["hold", "void", "delete"] = "hold"
    approval: bool = False
    same_number: Literal["hold_bills", "hold", "post"] = "hold_bills"
    link_existing: Literal["never", "same_name"] | tuple[Sign, ...] | tuple[tuple[Sign, ...], ...] = "never"
    closed_period: Literal["hold", "first_open_day"] = "hold"
    history_before: date | None = None

    def link_signs(self) -> tuple[Combination, ...]:
        """The combinations of signs of which one must agree for an entry of QBO's lists to be linked; none by name."""
        said = self.link_existing
        if isinstance(said, str) or not said:
            return ()
        return (said,) if isinstance(said[0], str) else said

    @field_validator("link_existing", mode="before")
    @classmethod
    def _names_signs(cls, value: object) -> object:
        """What is wrong in one sentence, not once for each shape that it could have had."""
        if value in ("never", "same_name"):
            return value
        lists = value if isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple) else [value]
        for signs in lists:
            if not isinstance(signs, list | tuple) or not signs:
                raise ValueError('say "never", "same_name", or name at least one sign in each list: ["number", "name"]')
            if unknown := [sign for sign in signs if sign not in SIGNS]:
                raise ValueError(f"{unknown[0]!r} is no sign; there are {', '.join(SIGNS)}")
        return value

    def of_no_effect(self) -> str | None:
        """The first setting that says something which this mode does not do; `None` where all of them count."""
        if self.mode == "external":
            return "returns_move_stock_by" if self.returns_move_stock_by != "movements" else None
        external: dict[str, object] = {
            "unmatched_bill_lines": "goods_received_not_invoiced",
            "bill_difference": "purchase_price_variance",
            "landed_cost_by": "value",
            "zero_cost": "hold",
            "summarise": (),
            "products": "items",
        }
        return next((name for name, usual in external.items() if getattr(self, name) != usual), None)

    @model_validator(mode="after")
    def _each_counts(self) -> PostingSettings:
        if (name := self.of_no_effect()) is not None:
            raise ValueError(f'{name} has no effect where mode = "{self.mode}": leave it out')
        if self.foreign_documents == "home_currency" and self.party_currencies != "one":
            raise ValueError('party_currencies has no effect where foreign_documents = "home_currency": leave it out')
        if self.summarised_channels and self.sales_channel == "none":
            raise ValueError(
                "summarised_channels has no effect without sales_channel: say by which field they are told"
            )
        return self

    @model_validator(mode="after")
    def _has_orders_to_link(self) -> PostingSettings:
        if self.link_orders and not self.purchase_orders:
            raise ValueError("link_orders needs purchase_orders = true: bills are linked to orders in QuickBooks")
        return self


Owner = Literal["source", "quickbooks", "both", "off"]
_CONTACT_FIELDS = ("name", "email", "phone", "address", "city", "region", "postal_code", "country", "active")
# The fields that are compared, by the kinds that both sides may keep.
MERGED_FIELDS = {
    "customers": (*_CONTACT_FIELDS, "parent_id"),
    "suppliers": (*_CONTACT_FIELDS, "number"),
    "products": ("number", "name", "active"),
}


class OwnershipSettings(Section):
    """`[ownership]`: which side makes things of a kind; what is made in QuickBooks is written back to the source."""

    customers: Owner = "source"
    suppliers: Owner = "source"
    products: Owner = "source"
    sales_invoices: Owner = "source"
    sales_credits: Owner = "source"
    bills: Owner = "source"
    purchase_credits: Owner = "source"
    adjustments: Owner = "source"
    payments_received: Owner = "source"
    payments_made: Owner = "source"
    attachments: Owner = "off"

    def made_in_quickbooks(self) -> tuple[str, ...]:
        """The kinds that are written back."""
        return tuple(kind for kind in type(self).model_fields if getattr(self, kind) in ("quickbooks", "both"))

    def not_posted(self) -> tuple[str, ...]:
        """The kinds whose records are not posted; files are none."""
        kinds = (kind for kind in type(self).model_fields if kind != "attachments")
        return tuple(kind for kind in kinds if getattr(self, kind) in ("quickbooks", "off"))


class WriteBackSettings(Section):
    """`[write_back]`: where the inventory system takes what people did in QuickBooks, and from which day on. Without a
    place it is written by the API that it is read by."""

    first_day: date
    url: str | None = None
    url_variable: str | None = None
    inbox_folder: Path | None = None
    first_agreement: Literal["nothing", "source", "quickbooks"] = "nothing"
    conflicts: dict[str, Literal["source", "quickbooks"]] = {}
    location: str | None = None
    documents_move_stock: bool = True
    files: Path | None = None
    deleted_files: Literal["keep", "mirror"] = "keep"

    @field_validator("conflicts")
    @classmethod
    def _of_a_field(
        cls, value: dict[str, Literal["source", "quickbooks"]]
    ) -> dict[str, Literal["source", "quickbooks"]]:
        known = [f"{kind}.{field}" for kind, fields in MERGED_FIELDS.items() for field in fields]
        for name in value:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"such as {known[0]!r}"
                raise ValueError(f"{name!r} is no field that both sides keep: {hint}")
        return value

    @property
    def has_inbox(self) -> bool:
        """Whether a database is named that has the table `qbo_inbox`, or a folder that takes its place."""
        return any(place is not None for place in (self.url, self.url_variable, self.inbox_folder))

    @model_validator(mode="after")
    def _has_its_place(self) -> WriteBackSettings:
        if sum(place is not None for place in (self.url, self.url_variable, self.inbox_folder)) > 1:
            raise ValueError('give one of url = "postgresql://...", url_variable = "NAME" and inbox_folder = "FOLDER"')
        return self


DocumentKind = Literal[
    "sales_invoice", "sales_credit", "bill", "purchase_credit", "quote", "purchase_order", "sales_receipt",
    "sales_refund",
]  # fmt: skip


class NotExportedSettings(Section):
    """`[[not_exported]]`: documents that stay out of QuickBooks; all that a block names has to fit."""

    kinds: tuple[DocumentKind, ...] = ()
    party_groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_something(self) -> NotExportedSettings:
        if not (self.kinds or self.party_groups or self.channels or self.statuses):
            raise ValueError("names nothing: give kinds, party_groups, channels or statuses")
        return self


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


class ChangedAccounts(AccountSettings):
    """`[changes.accounts]`: the roles and particulars that are other ones from that day; the rest stays."""

    roles: dict[str, str] = {}


class ChangedPosting(Section):
    """`[changes.posting]`: the policies that decide what is posted, from that day; what is left out stays."""

    accrue_receipts: bool | None = None
    unmatched_bill_lines: Literal["goods_received_not_invoiced", "inventory", "in_transit"] | None = None
    bill_difference: Literal["purchase_price_variance", "inventory", "on_hand_share"] | None = None
    supplier_return_clearing: Literal["purchase_price_variance", "goods_received_not_invoiced"] | None = None
    zero_cost: Literal["hold", "post"] | None = None
    quotes: bool | None = None
    purchase_orders: bool | None = None
    summarise: tuple[SummarisedKind, ...] | None = None
    link_orders: bool | None = None
    bills_from_orders: bool | None = None
    freight: Literal["line", "shipping"] | None = None
    approved_statuses: tuple[str, ...] | None = None
    payment_methods: Literal["noted", "by_name"] | None = None
    customer_deposits: Literal["on_account", "own_account"] | None = None
    supplier_deposits: Literal["on_account", "own_account"] | None = None
    landed_cost_by: Literal["value", "quantity", "weight"] | None = None
    tax_total: Literal["source", "by_document", "by_line"] | None = None


class ChangeSettings(Section):
    """`[[changes]]`: accounts, tax codes and policies for what is dated on this day or later; what is dated before
    keeps the earlier ones."""

    first_day: date
    accounts: ChangedAccounts = ChangedAccounts()
    tax_codes: dict[str, str] = {}
    posting: ChangedPosting = ChangedPosting()


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
