"""The columns of every kind of row that a source delivers: name, type, whether required, meaning.

What belongs here: one table. The frames, the pandera schemas, the check of a SQL source and the text of
`sql/source/contract.md` are all made from it, so that they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qbo_pipeline.inventory import records

ColumnType = Literal["text", "date", "amount", "quantity", "rate", "integer", "flag", "choice"]

MONEY_TYPES: tuple[ColumnType, ...] = ("amount", "quantity", "rate")
STATUSES = ("completed", "voided", "draft")
DOCUMENT_STATUSES = (*STATUSES, "not_posted")
ROLES = ("stock", "sold", "waste", "labour", "overhead", "supplier_cost", "to_share")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `values` lists what a choice may hold, `default` stands where an optional one is NULL or absent."""

    name: str
    type: ColumnType
    required: bool
    meaning: str
    values: tuple[str, ...] = ()
    default: str | None = None


def _required(name: str, type: ColumnType, meaning: str, values: tuple[str, ...] = ()) -> Column:
    return Column(name, type, True, meaning, values)


def _optional(
    name: str, type: ColumnType, meaning: str, values: tuple[str, ...] = (), default: str | None = None
) -> Column:
    return Column(name, type, False, meaning, values, default)


_CURRENCY = _required("currency", "text", "ISO 4217 code of the amounts")
_RATE = _optional("exchange_rate", "rate", "home units for one unit of `currency`, at the record's date")
_STATUS = _optional(
    "status",
    "choice",
    "voided: it stays in the source and no longer counts, neither in the books nor in the stock value; "
    "draft: not yet real, set aside until it is",
    STATUSES,
    "completed",
)
_DOCUMENT_STATUS = _optional(
    "status",
    "choice",
    f"{_STATUS.meaning}; not_posted: real, and the source itself keeps it out of the books",
    DOCUMENT_STATUSES,
    "completed",
)
_MEMO = _optional("memo", "text", "free text")
_CLASS = _optional("class", "text", "QuickBooks' class, by its full name (`Parent:Child`) or `id:<Id>`")
_DEPARTMENT = _optional(
    "department", "text", "QuickBooks' department (its screens say location), by its full name or `id:<Id>`"
)
_PAYMENT_TERMS = _optional("payment_terms", "text", "when it is to be paid, by the name that QuickBooks has too")
_PAYMENT_DAYS = _optional("payment_days", "integer", "in how many days such terms want the money, 0 to 999")
_LINE_NUMBER = _optional("line_number", "integer", "position; without it lines count 1, 2, 3 in the order of line_id")
_LINE_DATE = _optional("business_date", "date", "repeats the header's; a line with another date sets the record aside")

# By kind, columns of which a source delivers at least one; what no row of it has is told under the first.
ONE_OF: dict[str, tuple[str, ...]] = {"movement_lines": ("value", "unit_cost")}

COLUMNS: dict[str, tuple[Column, ...]] = {
    "parties": (
        _required("party_id", "text", "the source's id; a party that buys and sells has one row for each kind"),
        _required("kind", "choice", "which side of the business it is on", records.PARTY_KINDS),
        _optional("number", "text", "the code that people use"),
        _required("name", "text", "display name"),
        _optional("currency", "text", "ISO 4217 code of its documents, where it has only one"),
        _optional("email", "text", "address for documents"),
        _optional("phone", "text", "telephone number"),
        _optional("address", "text", "street and house, each line of it on one of its own"),
        _optional("city", "text", "city or town"),
        _optional("region", "text", "state, province or county"),
        _optional("postal_code", "text", "postal code"),
        _optional("country", "text", "country"),
        _optional("parent_id", "text", "the customer that a customer is a part of: a branch, a job"),
        _optional("tax_number", "text", "its VAT, sales tax or company number"),
        _optional("tax_exempt", "flag", "yes for a customer that is sold to without sales tax"),
        _PAYMENT_TERMS,
        _PAYMENT_DAYS,
        _optional("party_group", "text", "group of customers or suppliers, which the settings may name"),
        _optional("active", "flag", "no for a party no longer in use", default="yes"),
    ),
    "products": (
        _required("product_id", "text", "the source's id"),
        _required("kind", "choice", "only stocked products have a stock value", records.PRODUCT_KINDS),
        _optional("number", "text", "the code that people use (SKU)"),
        _required("name", "text", "display name"),
        _optional(
            "category", "text", "its category, for accounts and QuickBooks' own; `Parent:Child` is below another"
        ),
        _optional("unit", "text", "name of the unit in which quantities are counted"),
        _optional(
            "weight", "quantity", "of one unit, in the unit of weight of all products; for landed cost by weight"
        ),
        _optional("sales_price", "amount", "usual price of one unit before tax, in home currency"),
        _optional("purchase_cost", "amount", "what one unit is usually bought at, in home currency; no value of stock"),
        _optional("minimum_quantity", "quantity", "at how many units it is ordered again; for tracked items"),
        _optional("active", "flag", "no for a product no longer in use", default="yes"),
    ),
    "locations": (
        _required("location_id", "text", "the source's id of the warehouse or store"),
        _optional("number", "text", "the code that people use"),
        _required("name", "text", "display name"),
    ),
    "documents": (
        _required("document_id", "text", "the source's id, never its number"),
        _required("kind", "choice", "gives the direction of the amounts", records.DOCUMENT_KINDS),
        _required("number", "text", "the number that people see"),
        _required("business_date", "date", "the date on which it counts in the books"),
        _optional("due_date", "date", "when it is to be paid"),
        _PAYMENT_TERMS,
        _PAYMENT_DAYS,
        _required("party_id", "text", "customer of a sales document or quote, supplier of a purchase document"),
        _CURRENCY,
        _RATE,
        _required("net_amount", "amount", "sum of the lines before tax"),
        _optional("tax_amount", "amount", "tax of the whole document (without it: `total_amount` less `net_amount`)"),
        _required("total_amount", "amount", "net and tax together"),
        _optional("tax_inclusive", "flag", "yes where its prices have tax in them; the amounts here stay apart"),
        _DOCUMENT_STATUS,
        _optional("reference", "text", "the other side's number (the supplier's invoice, the customer's order)"),
        _MEMO,
        _optional(
            "account",
            "text",
            "of a sales receipt, its refund, and a deposit: the source's bank account, mapped in the settings",
        ),
        _optional("method", "text", "of a sales receipt or its refund: how it was paid"),
        _optional("channel", "text", "where it was sold: a shop, a marketplace"),
        _optional("source_status", "text", "the source's own word for how far it is; the settings may ask for it"),
        _optional("finished_on", "date", "of a purchase order: the day on which it was finished; no more will come"),
        _optional("deposit_amount", "amount", "of an invoice: what was paid with it; no payment tells it again"),
        _optional("location_id", "text", "location of the lines that name none"),
        _CLASS,
        _DEPARTMENT,
    ),
    "document_lines": (
        _required("document_id", "text", "the header's id"),
        _LINE_DATE,
        _required("line_id", "text", "the source's id of the line, unique over all documents"),
        _LINE_NUMBER,
        _optional("product_id", "text", "empty for a charge or a text line"),
        _optional("description", "text", "what the line says"),
        _optional("quantity", "quantity", "in the product's unit"),
        _optional("unit_price", "amount", "price of one unit before tax"),
        _required("net_amount", "amount", "the line before tax"),
        _optional("tax_amount", "amount", "tax of the line", default="0"),
        _optional("tax_code", "text", "the source's tax code, mapped in the settings"),
        _optional(
            "role",
            "choice",
            "discount (its amount is negative), freight, charge; drop_shipment: goods that went from the supplier to "
            "the customer, so that their bill is cost of goods sold",
            records.LINE_ROLES,
        ),
        _optional("order_id", "text", "of a bill: the purchase order that the line is for"),
        _optional("order_line_id", "text", "of a bill: that order's line"),
        _optional("discount_percent", "rate", "of a discount on all other lines of the document: how many percent"),
        _optional("account", "text", "the source's own account hint, mapped in the settings"),
        _optional("location_id", "text", "where the goods are"),
        _CLASS,
        _DEPARTMENT,
    ),
    "bill_matches": (
        _required("document_id", "text", "the bill's id; the order's where orders make their bills"),
        _required("line_id", "text", "the bill's line"),
        _required("movement_id", "text", "the receipt"),
        _required("movement_line_id", "text", "the receipt's line"),
        _required("quantity", "quantity", "how much of the bill's line that receipt's line delivered"),
    ),
    "movements": (
        _required("movement_id", "text", "the source's id, never its number"),
        _required("kind", "choice", "what moved the stock", records.MOVEMENT_KINDS),
        _required("number", "text", "the number that people see"),
        _required("business_date", "date", "the date on which it counts in the stock's value"),
        _optional("party_id", "text", "supplier of a receipt, customer of a shipment"),
        _CURRENCY,
        _RATE,
        _STATUS,
        _optional("account", "text", "the source's own account hint (an adjustment's reason), mapped in the settings"),
        _MEMO,
        _CLASS,
        _DEPARTMENT,
        _optional(
            "for_movement_id", "text", "of a landed cost with a line `to_share`: the receipt whose goods bear it"
        ),
    ),
    "movement_lines": (
        _required("movement_id", "text", "the header's id"),
        _LINE_DATE,
        _required("line_id", "text", "the source's id of the line, unique over all movements"),
        _LINE_NUMBER,
        _optional(
            "role",
            "choice",
            "what is no stock has quantity 0: labour: work that goods absorb; overhead: what else making costs and "
            "goods absorb (a source that does not tell the two apart delivers both as labour); supplier_cost: work of "
            "a supplier that goods absorb until its bill comes; waste: what is lost in making; sold: a cost of goods "
            "that are sold already; to_share: a landed cost as one sum, shared here over the goods of a receipt. "
            "Values are positive, those of `sold` and `to_share` are signed",
            ROLES,
            "stock",
        ),
        _optional("product_id", "text", "required where role is stock"),
        _optional("location_id", "text", "required where role is stock"),
        _required(
            "quantity", "quantity", "signed, in is positive; 0 for a change of value alone and for what is no stock"
        ),
        _optional(
            "value",
            "amount",
            "signed, in is positive; the cost of the whole line, not of one unit; required without `unit_cost`",
        ),
        _optional(
            "unit_cost",
            "rate",
            "cost of one unit, 0 or more; the line's value is then quantity times unit cost, rounded half up to 2 "
            "decimals; where `value` is there too, both have to agree to the cent",
        ),
        _optional("direction", "integer", "1 or -1, multiplies `value`: for sources that keep cost unsigned"),
        _optional("currency", "text", "repeats the header's; a line in another currency sets the record aside"),
        _CLASS,
        _DEPARTMENT,
    ),
    "payments": (
        _required("payment_id", "text", "the source's id, never its number"),
        _required("kind", "choice", "gives the direction of the amount", records.PAYMENT_KINDS),
        _required("number", "text", "the number that people see"),
        _required("business_date", "date", "the date on which the money moved"),
        _required("party_id", "text", "customer of a payment received, supplier of a payment made"),
        _CURRENCY,
        _RATE,
        _required("amount", "amount", "the whole payment; what is not allocated is on account"),
        _STATUS,
        _optional("account", "text", "the source's bank account, mapped in the settings"),
        _optional("method", "text", "how it was paid"),
        _optional("reference", "text", "check number, bank reference"),
        _optional("fee_amount", "amount", "what a processor kept back; `amount` is before it, the bank has the rest"),
        _MEMO,
    ),
    "payment_allocations": (
        _required("payment_id", "text", "the header's id"),
        _LINE_DATE,
        _required("allocation_id", "text", "the source's id of the allocation, unique over all payments"),
        _required("document_id", "text", "the document that it settles"),
        _required("amount", "amount", "how much of the payment settles it"),
    ),
    "stock_values": (
        _required("product_id", "text", "the product"),
        _required("location_id", "text", "where it is"),
        _required("quantity", "quantity", "signed"),
        _required("value", "amount", "at cost, signed"),
        _CURRENCY,
        _optional("direction", "integer", "1 or -1, multiplies `value`: for sources that keep cost unsigned"),
        _RATE,
        _optional(
            "business_date",
            "date",
            "for a view of all movements: rows dated after the day asked for are left out",
        ),
    ),
    "changed_days": (
        _required("business_date", "date", "a day of which something changed"),
        _required("changed_at", "text", "when, as ISO 8601 text or a timestamp: it must sort as time"),
    ),
}
