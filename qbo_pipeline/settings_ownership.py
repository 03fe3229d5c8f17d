"""The settings of the way back: which side makes what, and where the other one takes it.

What belongs here: one class for each section of this kind, and what is wrong within one.
"""

from __future__ import annotations

import difflib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from qbo_pipeline.settings_sections import Section

Owner = Literal["source", "quickbooks", "both", "off"]
_CONTACT_FIELDS = ("name", "email", "phone", "address", "city", "region", "postal_code", "country", "active")
# The fields that are compared, by the kinds that both sides may keep.
# Of these a source may know nothing: what it never says of a thing is not compared.
OPTIONAL_FIELDS = frozenset({"category", "sales_price", "purchase_cost", "minimum_quantity"})
MERGED_FIELDS = {
    "customers": (*_CONTACT_FIELDS, "parent_id"),
    "suppliers": (*_CONTACT_FIELDS, "number"),
    "products": ("number", "name", "category", "active", "sales_price", "purchase_cost", "minimum_quantity"),
}


class OwnershipSettings(Section):
    """`[ownership]`: which side makes things of a kind; what is made in QuickBooks is written back to the source."""

    customers: Owner = "source"
    suppliers: Owner = "source"
    products: Owner = "source"
    sales_invoices: Owner = "source"
    sales_credits: Owner = "source"
    sales_receipts: Owner = "source"
    sales_refunds: Owner = "source"
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
    conflicts: dict[str, Literal["source", "quickbooks"]] = Field(default_factory=dict)
    currencies: tuple[str, ...] = ()
    closed_through: date | None = None
    negative_stock: bool = True
    location: str | None = None
    documents_move_stock: bool = True
    default_quantity: Decimal | None = Field(default=None, ge=0)
    files: Path | None = None
    deleted_files: Literal["keep", "mirror"] = "keep"
    new_entries: dict[str, dict[str, str]] = Field(default_factory=dict)

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
        if self.has_inbox and self.new_entries:
            raise ValueError("new_entries has no effect with an inbox: it is for systems that are written by their API")
        return self
