"""The settings that say what is posted, and how: policies, what stays out, and what changes from a day on.

What belongs here: one class for each section of this kind, and what is wrong within one.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from qbo_pipeline.accounting.books import (
    PartyCurrencies,
    PostingMode,
    SalesChannel,
    SummarisedKind,
    UnknownTerms,
)
from qbo_pipeline.accounting.likenesses import SIGNS, Combination, Sign
from qbo_pipeline.settings_sections import AccountSettings, Section


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


class ChangedAccounts(AccountSettings):
    """`[changes.accounts]`: the roles and particulars that are other ones from that day; the rest stays."""

    roles: dict[str, str] = Field(default_factory=dict)


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
    tax_codes: dict[str, str] = Field(default_factory=dict)
    posting: ChangedPosting = ChangedPosting()
