"""Records in canonical form: what an inventory system says, one dataclass for each record type.

What belongs here: the shape of a record, its way to JSON and back, and its content hash. How a batch of
records is checked is in `schemas.py`; how one is read from a source is in `sources/`.

Signs: a movement line's quantity and value are seen from the stock (in is positive); documents and payments
carry positive amounts and their kind gives the direction. Amounts are in the currency that the record names.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Self

JsonObject = dict[str, Any]

DOCUMENT_KINDS = (
    "sales_invoice", "sales_credit", "bill", "purchase_credit", "quote", "purchase_order", "sales_receipt",
    "sales_refund",
)  # fmt: skip
LINE_ROLES = ("discount", "freight", "charge", "drop_shipment")  # of a document's line; most lines have none
MOVEMENT_KINDS = (
    "receipt", "shipment", "customer_return", "supplier_return", "adjustment", "write_off", "write_down", "stock_count",
    "assembly", "disassembly", "production_issue", "production_receipt", "transfer", "transfer_out", "transfer_in",
    "revaluation", "landed_cost", "opening",
)  # fmt: skip
PAYMENT_KINDS = ("payment_received", "payment_made")
PARTY_KINDS = ("customer", "supplier")
PRODUCT_KINDS = ("stocked", "non_stocked", "service")


def decimal_text(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros, so that equal numbers have equal text."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def column_of(field: str) -> str:
    """The name of a field in a source's columns and in stored content: Python keeps `class` for itself."""
    return field.rstrip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """Base of the record dataclasses: plain fields of `str`, `int`, `bool`, `date`, `Decimal` or `None`,
    and tuples of further rows."""

    def to_content(self) -> JsonObject:
        """The row as a JSON object: decimals and dates as text, rows as lists, `None` left out."""
        content: JsonObject = {}
        for field in fields(self):
            value, name = getattr(self, field.name), column_of(field.name)
            if value is None:
                continue
            if isinstance(value, Decimal):
                content[name] = decimal_text(value)
            elif isinstance(value, date):
                content[name] = value.isoformat()
            elif isinstance(value, tuple):
                content[name] = [row.to_content() for row in value]
            else:
                content[name] = value
        return content

    @classmethod
    def from_content(cls, content: JsonObject) -> Self:
        """The row that `to_content` wrote.

        Raises `TypeError` where a required field is missing or an unknown one is there.
        """
        values: JsonObject = {}
        for column, value in content.items():
            name = "class_" if column == "class" else column
            kind = cls.__annotations__.get(name, "")
            if kind.startswith("Decimal"):
                values[name] = Decimal(value)
            elif kind.startswith("date"):
                values[name] = date.fromisoformat(value)
            elif isinstance(value, list):
                rows = _LINE_ROWS[kind.removeprefix("tuple[").removesuffix(", ...]")]
                values[name] = tuple(rows.from_content(row) for row in value)
            else:
                values[name] = value
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(RecordRow):
    """A customer or a supplier; one that is both is two records."""

    party_id: str
    kind: str  # customer | supplier
    number: str | None = None
    name: str
    currency: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    parent_id: str | None = None  # of a customer: the one that it is a part of
    tax_number: str | None = None  # VAT, sales tax or company number
    tax_exempt: bool | None = None  # whether a customer is sold to without sales tax
    payment_terms: str | None = None  # by the name that they have in QBO too
    payment_days: int | None = None  # in how many days such terms want the money
    party_group: str | None = None
    active: bool = True

    @property
    def record_id(self) -> str:
        return f"{self.kind}:{self.party_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(RecordRow):
    """Something bought, made or sold; only `stocked` ones have a stock value."""

    product_id: str
    kind: str  # stocked | non_stocked | service
    number: str | None = None
    name: str
    category: str | None = None
    unit: str | None = None
    weight: Decimal | None = None  # of one unit
    sales_price: Decimal | None = None  # of one unit before tax, in home currency
    purchase_cost: Decimal | None = None  # what one unit is usually bought at, in home currency
    minimum_quantity: Decimal | None = None  # at which it is ordered again
    active: bool = True

    @property
    def record_id(self) -> str:
        return self.product_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(RecordRow):
    """A warehouse or another place that holds stock."""

    location_id: str
    kind: str = "location"
    number: str | None = None
    name: str

    @property
    def record_id(self) -> str:
        return self.location_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine(RecordRow):
    """A line of a document; amounts are positive for the document's own direction, before tax."""

    line_id: str
    line_number: int
    product_id: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    net_amount: Decimal
    tax_amount: Decimal = Decimal(0)
    tax_code: str | None = None
    role: str | None = None  # one of LINE_ROLES
    discount_percent: Decimal | None = None  # of a discount on the whole document
    order_id: str | None = None  # the purchase order that a bill's line is for, and its line
    order_line_id: str | None = None
    account: str | None = None  # the source's own hint, mapped in the settings
    location_id: str | None = None
    class_: str | None = None  # QBO's, by name or Id
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(RecordRow):
    """How much of a bill line was received by a movement line (for goods received not invoiced)."""

    line_id: str  # the bill's line
    movement_id: str
    movement_line_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(RecordRow):
    """A quote, purchase order, sales invoice, sales credit, bill or purchase credit, with its lines; or a sales receipt
    (paid at once) or refund of one."""

    document_id: str
    kind: str
    number: str
    business_date: date
    due_date: date | None = None
    payment_terms: str | None = None  # by the name that they have in QBO too
    payment_days: int | None = None
    party_id: str
    currency: str
    exchange_rate: Decimal | None = None  # home units for one foreign unit
    net_amount: Decimal
    tax_amount: Decimal = Decimal(0)
    total_amount: Decimal
    status: str = "completed"  # completed | voided | not_posted
    reference: str | None = None  # the other side's number (supplier's invoice number, customer's order number)
    memo: str | None = None
    account: str | None = None  # the source's bank account, of what is paid with the document
    method: str | None = None
    channel: str | None = None  # where it was sold: a shop, a marketplace
    source_status: str | None = None  # the source's own word
    finished_on: date | None = None  # of a purchase order: when nothing more of it was to come
    deposit_amount: Decimal | None = None  # taken with an invoice; the rest is open
    location_id: str | None = None
    class_: str | None = None
    department: str | None = None
    tax_inclusive: bool | None = None  # its prices have tax in them
    lines: tuple[DocumentLine, ...] = ()
    matches: tuple[Match, ...] = ()

    @property
    def record_id(self) -> str:
        return self.document_id


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementLine(RecordRow):
    """One product at one location: signed quantity and signed value, in is positive."""

    line_id: str
    line_number: int
    role: str = "stock"  # of inventory.columns.ROLES
    product_id: str | None = None
    location_id: str | None = None
    quantity: Decimal = Decimal(0)
    value: Decimal
    class_: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(RecordRow):
    """A change of stock, with its lines."""

    movement_id: str
    kind: str
    number: str
    business_date: date
    party_id: str | None = None
    currency: str
    exchange_rate: Decimal | None = None  # home units for one unit of the currency
    status: str = "completed"  # completed | voided
    account: str | None = None  # the source's own hint (adjustment reason), mapped in the settings
    memo: str | None = None
    class_: str | None = None
    department: str | None = None
    for_movement_id: str | None = None  # of a landed cost: the receipt whose goods bear it
    lines: tuple[MovementLine, ...] = ()

    @property
    def record_id(self) -> str:
        return self.movement_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation(RecordRow):
    """The part of a payment that settles a document."""

    allocation_id: str
    document_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(RecordRow):
    """Money received from a customer or paid to a supplier, with what it settles; the rest is on account."""

    payment_id: str
    kind: str  # payment_received | payment_made
    number: str
    business_date: date
    party_id: str
    currency: str
    exchange_rate: Decimal | None = None
    amount: Decimal
    status: str = "completed"  # completed | voided
    account: str | None = None  # the source's bank account, mapped in the settings
    method: str | None = None
    reference: str | None = None
    fee_amount: Decimal | None = None  # kept back by who processed the payment; `amount` is before it
    memo: str | None = None
    allocations: tuple[Allocation, ...] = ()

    @property
    def record_id(self) -> str:
        return self.payment_id


Record = Party | Product | Location | Document | Movement | Payment

RECORD_TYPES: dict[str, type[Record]] = {
    "party": Party,
    "product": Product,
    "location": Location,
    "document": Document,
    "movement": Movement,
    "payment": Payment,
}
_LINE_ROWS: dict[str, type[RecordRow]] = {row.__name__: row for row in (DocumentLine, Match, MovementLine, Allocation)}
_TYPE_NAMES = {cls: name for name, cls in RECORD_TYPES.items()}


def record_type(record: Record) -> str:
    """`party`, `product`, `location`, `document`, `movement` or `payment`."""
    return _TYPE_NAMES[type(record)]


def record_key(record: Record) -> str:
    """The record's identity in one string: `record_type/record_id`."""
    return f"{record_type(record)}/{record.record_id}"


def canonical_json(content: JsonObject) -> str:
    """The one way a content is written: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(content: JsonObject) -> str:
    """SHA-256 (hex) of the canonical JSON: equal hashes mean that nothing that matters to the books changed."""
    return text_hash(canonical_json(content))


def text_hash(text: str) -> str:
    """The `content_hash` of a content that is written as canonical JSON already."""
    return hashlib.sha256(text.encode()).hexdigest()
