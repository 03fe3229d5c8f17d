"""The books that records are posted to: home currency, accounts, tax codes, policies, and look-ups.

What belongs here: everything that a posting rule may know besides its record. It is filled from the connection's
settings, from QBO's reference data and from the stored records; the rules read it and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from qbo_pipeline.accounting.drafts import refuse
from qbo_pipeline.inventory.records import Document, Movement, Party, Payment, Product

ROLES = (
    "inventory", "in_transit", "goods_received_not_invoiced", "accounts_payable", "accounts_receivable", "sales",
    "cost_of_goods_sold", "inventory_adjustment", "write_off", "labour_absorbed", "purchase_price_variance",
    "purchases", "bank", "rounding", "opening_balance_equity", "input_tax",
    "landed_cost", "work_in_progress", "exchange_difference",
    "customer_deposits", "supplier_deposits", "payment_fees", "discounts", "freight", "charges",
    "purchase_discounts", "freight_in", "overhead_absorbed",
)  # fmt: skip
DIMENSIONS = ("class", "department")
LEVELS = ("product", "category", "location", "party")
STOCK_ROLES = ("inventory", "in_transit", "goods_received_not_invoiced", "work_in_progress")
# Home units for one unit: beyond these a rate is a mistake (the Lebanese pound, the smallest unit there is, was 0.00001
# dollars; the Kuwaiti dinar was 290,000 of them).
LOWEST_RATE, HIGHEST_RATE = Decimal("0.000001"), Decimal(1_000_000)


TaxRegimeName = Literal["us", "us_manual", "us_none", "global"]
PostingMode = Literal["external", "tracked"]

UnknownTerms = Literal["refuse", "make", "leave_out"]

PartyCurrencies = Literal["one", "each", "each_named"]

# Kinds of movements that can go as one journal entry a day (`accounting.summaries`), and of sales documents that can go
# as one form a day (`accounting.summarised_sales`).
SummarisedMovement = Literal[
    "receipt", "shipment", "customer_return", "supplier_return", "adjustment", "write_off", "write_down", "stock_count",
    "assembly", "disassembly", "production_issue", "production_receipt", "transfer", "transfer_out", "transfer_in",
    "revaluation", "landed_cost",
]  # fmt: skip
SummarisedSale = Literal["sales_invoice", "sales_credit", "sales_receipt", "sales_refund"]
SummarisedKind = Literal[SummarisedMovement, SummarisedSale]
SalesChannel = Literal["none", "channel", "location", "class", "department"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRef:
    """An account of the company's chart; `type` is QBO's AccountType, `currency` an ISO code."""

    id: str
    name: str
    type: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Goods of a product that came into stock without a bill (its opening stock over all locations, what was first made
    of it): `value` in home currency."""

    business_date: date
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The tracked item of a product as it came to be in QBO: `quantity` is what we made it with, `None` for an item
    that was there and was adopted."""

    quantity: Decimal | None


class ExportOff(NamedTuple):
    """Documents that stay out of QBO: all that is named has to fit; at least one of them is."""

    kinds: tuple[str, ...] = ()
    party_groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """How this connection posts where there is a choice.

    - `mode`: who keeps the stock's books, a table of `rules.MODES`. `external`: the inventory system does, and its
      movements go as journals. `tracked`: QBO does, by documents with items and by adjustments of quantities.
    - `returns_move_stock_by`: in tracked mode, goods that come back: `movements` adjust quantities and credits name no
      tracked item, or `documents`: credits name the items, and the movements of returns post nothing.
    - `accrue_receipts`: a receipt posts Dr inventory / Cr goods received not invoiced; off: only the bill posts.
    - `unmatched_bill_lines`: where a bill's stock line goes that has no receipt (yet), while receipts accrue; with
      `in_transit` a receipt of a later day takes it off again (`accounting.transit`).
    - `bill_difference`: where bill price and accrued value differ. `purchase_price_variance` is right for a source
      that leaves its stock value alone, `inventory` for one that revalues all of it, `on_hand_share` for one that
      revalues what is still there: the part of the goods that are sold is cost of sales.
    - `supplier_return_clearing`: the account between a supplier return and its vendor credit.
    - `tax_regime`: how the company's tax is told, a row of `tax.REGIMES`.
    - `multicurrency`: whether the company has it switched on.
    - `numbered_by_quickbooks`: the entities that QBO numbers by itself; our number then stands in the private note.
    - `zero_cost`: goods that move at a cost of 0, or come in at less, wait for their cost, or post what they have.
    - `quotes`, `purchase_orders`: whether they go to QBO as estimates and purchase orders.
    - `sub_customers`: whether a customer that is a part of another stands below it in QBO, or beside it.
    - `party_currencies`: a party has one name in QBO, in its own currency; or one for each currency of its documents,
      the further ones named by it (`each`), or all of them (`each_named`).
    - `categories`: whether products stand below category items in QBO.
    - `products`: products have items in QBO, or go as lines of documents on the item of the line's account (`lines`).
    - `inactive`: what is not active in the source stays active in QBO, or is deactivated once nothing needs it.
    - `unknown_terms`: payment terms that QBO lacks have their record wait, are made, or are left out.
    - `landed_cost_by`: what a landed cost that comes as one sum is shared by (`accounting.sharing`).
    - `tax_total`: outside the US, whether the source's tax is told, or QBO's own, as it rounds (each code's lines
      together, or each line), with the cents between them on the account `rounding` (`accounting.own_tax`).
    - `foreign_documents`: documents and payments in a foreign currency go in it, or converted to the home currency.
    - `link_orders`: bills are linked to the lines of their purchase orders, which QBO closes by it.
    - `bills_from_orders`: a finished purchase order makes its bill.
    - `freight`: a sales form's freight is a line on the account of that role, or QBO's own shipping line.
    - `payment_methods`: a payment's method stands in its note alone, or is QBO's method of that name too.
    - `customer_deposits`, `supplier_deposits`: where a payment stands that comes before its document: on the party's
      account, or on an account of its own.
    - `summarise`: the kinds of movements and sales documents that go as one object a day instead of one each.
    - `sales_channel`: the field of a sales document by which days are told apart further.
    - `summarised_channels`: the values of that field for which sales are summed up; none named: all.
    - `summary_customer`: the name of the customer in QBO that a day's sales are for.
    - `approved_statuses`: where there are some, only documents of these statuses of the source go.
    - `not_exported`: documents that stay out of QBO, each an `ExportOff`.
    - `not_posted`: the kinds of records that QuickBooks makes, or nobody: they are not posted.
    """

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
    tax_regime: TaxRegimeName = "us"
    multicurrency: bool = False
    quotes: bool = False
    purchase_orders: bool = False
    numbered_by_quickbooks: tuple[str, ...] = ()
    sub_customers: Literal["kept", "flattened"] = "kept"
    unknown_terms: UnknownTerms = "refuse"
    party_currencies: PartyCurrencies = "one"
    categories: Literal["off", "kept"] = "off"
    inactive: Literal["kept_active", "deactivated"] = "kept_active"
    products: Literal["items", "lines"] = "items"
    summarise: tuple[SummarisedKind, ...] = ()
    landed_cost_by: Literal["value", "quantity", "weight"] = "value"
    tax_total: Literal["source", "by_document", "by_line"] = "source"
    foreign_documents: Literal["own_currency", "home_currency"] = "own_currency"
    link_orders: bool = False
    bills_from_orders: bool = False
    freight: Literal["line", "shipping"] = "line"
    payment_methods: Literal["noted", "by_name"] = "noted"
    customer_deposits: Literal["on_account", "own_account"] = "on_account"
    supplier_deposits: Literal["on_account", "own_account"] = "on_account"
    sales_channel: SalesChannel = "none"
    summarised_channels: tuple[str, ...] = ()
    summary_customer: str = "Daily sales"
    approved_statuses: tuple[str, ...] = ()
    not_exported: tuple[ExportOff, ...] = ()
    not_posted: tuple[str, ...] = ()
    supplier_suffix: str = " (Supplier)"


def _no_rate(currency: str, day: date) -> Decimal | None:
    return None


def _no_namesakes(name_key: str) -> Sequence[Party]:
    return ()


def _nothing_retired(key: str) -> bool:
    return False


def _no_further_currencies(party_id: str) -> Sequence[str]:
    return ()


def _no_product_namesakes(item_key: str) -> Sequence[Product]:
    return ()


def _nobody_approved(movement_id: str) -> bool:
    return False


def _nothing_opened(product_id: str) -> Opening | None:
    return None


def _not_made(product_id: str) -> Made | None:
    return None


def _no_payments(document_id: str) -> Sequence[Payment]:
    return ()


def _no_bills(order_id: str) -> Sequence[Document]:
    return ()


def _not_posted(key: str) -> str | None:
    return None


def _no_matches(movement_id: str) -> Sequence[str]:
    return ()


def _nothing_on_hand(product_id: str, day: date) -> Decimal:
    return Decimal(0)


def _in_no_summary(document_id: str) -> bool:
    return False


def _nothing_matched(movement_id: str, line_id: str, document: Document) -> Decimal:
    return Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the rules may know. Account ids, class ids and department ids are QBO's.

    - `roles`: role -> account id, the default. `overrides`: (role, level, value) -> id with a level of `LEVELS`;
      the role may also be `class` or `department`. A category's value is its text, a party's its record id.
    - `chart`: account id -> account, the whole chart as QBO gives it.
    - `hints`: the source's own account text -> account id.
    - `dimensions`: (`class` or `department`, its full name in lower case or `id:<Id>`) -> id, the active ones of QBO.
    - `terms`: QBO's payment terms, name in lower case -> id, the active ones.
    - `payment_methods`: its name in lower case or `id:<Id>` -> id, the active ones of QBO.
    - `tax_codes`: the source's tax code -> QBO's; the entry `""` serves lines without a tax code.
    - `tax_rates`: QBO's tax code -> the percentages that it charges on sales, and on purchases; where they are known.
    - `product`, `party` (by kind and id), `document`, `movement`: stored records, `None` where unknown.
    - `namesakes`: all parties whose `parties.name_key` is the given one.
    - `further_currencies`: in which currencies, besides its own, a party (by record id) has documents or payments.
    - `product_namesakes`: all products whose `products.item_key` is the given one.
    - `retired`: whether nothing that is still to be sent needs a party or product (by its key), which is in QBO.
    - `entry_key`: the key of a list entry that belongs to no record, as it was first written: capitals do not count.
    - `rate`: home units for one unit of a currency on a date, `None` where there is none.
    - `matched_before`: quantity of a movement's line that bills before the given one (by date, then id) match.
    - `begins`: the first day of these books, on which tracked items start. `None`: not known.
    - `opening`: the opening stock of a product by its id, `None` where it has none.
    - `first_made`: what was made of a product (by its id) when any of it was made first, with quantity and value above
      0; `None` where nothing was.
    - `made`: how a product's tracked item came to be in QBO, `None` where nothing of it was ever sent.
    - `payments_of`: the payments with an allocation to a document (by its id), voided ones too, in the order in which
      they came.
    - `bills_naming`: the bills of which a line names an order (by its id), voided ones too.
    - `posted_as`: the entity under which a posting (by its key) stands in QBO, `None` where it does not.
    - `bills_of`: the ids of the documents that are matched to a movement, in the order of their dates.
    - `on_hand`: the quantity of a product at the end of a day, at all locations.
    - `cost_approved`: whether a person let a movement (by its id) go although its cost is 0.
    - `is_summarised`: whether a document stands in a day's summary, and not by itself.
    - `dated`: the books for a business date where settings change by date; `on` answers them.
    - `lists`: the books by which list entries (items) are made, `None` where they are these.
    - `further`: account ids by role that serve at another date; they count among a role's accounts.

    Raises `ValueError` for a role or a level that does not exist.
    """

    home_currency: str
    roles: Mapping[str, str]
    chart: Mapping[str, AccountRef]
    product: Callable[[str], Product | None]
    party: Callable[[str, str], Party | None]
    document: Callable[[str], Document | None]
    movement: Callable[[str], Movement | None]
    overrides: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    payment_methods: Mapping[str, str] = field(default_factory=dict)
    tax_codes: Mapping[str, str] = field(default_factory=dict)
    tax_rates: Mapping[str, tuple[tuple[Decimal, ...], tuple[Decimal, ...]]] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    namesakes: Callable[[str], Sequence[Party]] = _no_namesakes
    further_currencies: Callable[[str], Sequence[str]] = _no_further_currencies
    product_namesakes: Callable[[str], Sequence[Product]] = _no_product_namesakes
    retired: Callable[[str], bool] = _nothing_retired
    entry_key: Callable[[str], str] = str
    rate: Callable[[str, date], Decimal | None] = _no_rate
    matched_before: Callable[[str, str, Document], Decimal] = _nothing_matched
    payments_of: Callable[[str], Sequence[Payment]] = _no_payments
    bills_naming: Callable[[str], Sequence[Document]] = _no_bills
    posted_as: Callable[[str], str | None] = _not_posted
    bills_of: Callable[[str], Sequence[str]] = _no_matches
    on_hand: Callable[[str, date], Decimal] = _nothing_on_hand
    cost_approved: Callable[[str], bool] = _nobody_approved
    first_made: Callable[[str], Opening | None] = _nothing_opened
    begins: date | None = None
    opening: Callable[[str], Opening | None] = _nothing_opened
    made: Callable[[str], Made | None] = _not_made
    is_summarised: Callable[[str], bool] = _in_no_summary
    dated: Callable[[date], Books] | None = None
    lists: Books | None = None
    further: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stock_accounts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        unknown = [role for role in self.roles if role not in ROLES]
        unknown += [
            f"{role} by {level}"
            for role, level, _ in self.overrides
            if level not in LEVELS or role not in ROLES + DIMENSIONS
        ]
        if unknown:
            raise ValueError(f"unknown account role or level: {', '.join(unknown)}; roles are {', '.join(ROLES)}")
        ids = [self.accounts_of(role) for role in STOCK_ROLES]
        object.__setattr__(self, "stock_accounts", frozenset().union(*ids))

    def on(self, day: date) -> Books:
        """The books for what is dated on this day."""
        return self if self.dated is None else self.dated(day)

    def accounts_of(self, role: str) -> frozenset[str]:
        """Every account id that serves a role: its default and all its overrides, at any date."""
        ids = {account for (name, _, _), account in self.overrides.items() if name == role}
        ids |= self.further.get(role, frozenset())
        if role in self.roles:
            ids.add(self.roles[role])
        return frozenset(ids)


def rate_on(books: Books, currency: str, day: date, stated: Decimal | None = None) -> Decimal:
    """Home units for one unit of `currency`: 1 for the home currency, else the record's own rate, else the books'.

    Ends with `Refused` where there is none, for an amount in a foreign currency is never taken as if it were home; and
    for one that no two currencies have.
    """
    if currency == books.home_currency:
        return Decimal(1)
    rate = stated if stated is not None else books.rate(currency, day)
    if rate is not None and not LOWEST_RATE <= rate <= HIGHEST_RATE:
        where = "the settings" if stated is None else "the source"
        refuse(
            "impossible_exchange_rate",
            f"the exchange rate from {currency} to {books.home_currency} on {day.isoformat()} is {rate:f}, which no "
            f"two currencies have: correct it in {where} (home units for one unit of {currency}, "
            f"{LOWEST_RATE:f} to {HIGHEST_RATE:,f})",
            "currency" if stated is None else "exchange_rate",
        )
    if rate is None:
        refuse(
            "no_exchange_rate",
            f"no exchange rate from {currency} to {books.home_currency} on {day.isoformat()}: "
            "give the source a rate for this date, or write one into the settings' [[exchange_rates]]",
            "currency" if stated is None else "exchange_rate",
        )
    return rate
