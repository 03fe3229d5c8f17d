"""The frames of a tracked company: quantities that our postings move, what QuickBooks books for them, what it has.

What belongs here: from payloads, ledger lines and QuickBooks' valuation reports to what reconciliation is given besides
(`reconciliation.inputs`). QuickBooks costs the goods, so a posting's effect is what it booked, as long as the object is
as we posted it; where it is not, the source's own values say what it was to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Connection, select

from qbo_pipeline.accounting.accounts import Place, account_for
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Stop
from qbo_pipeline.accounting.money import ZERO, apportion
from qbo_pipeline.pipeline.arrow import streamed
from qbo_pipeline.pipeline.carried import Carried
from qbo_pipeline.pipeline.goods_from_quickbooks import SIGN, MadeThere, made_there
from qbo_pipeline.posting.events import CREATE, UPDATE
from qbo_pipeline.quickbooks.wire import from_wire
from qbo_pipeline.reconciliation.coding import ENTITIES
from qbo_pipeline.store.tables.posting import posting_links, postings
from qbo_pipeline.store.tables.records import UNDATED, records

STARTING_VALUE = "InventoryStartingValue"
_COSTED = tuple(entity for entity in SIGN if entity != "Bill")
_PRODUCT = "$product/"
OPENING_SUFFIX = "#opening"


class CarriedGoods(NamedTuple):
    """Goods that a document carries: `ahead` of the source, or as it moved them; `value` is signed, home currency."""

    product_id: str
    location_id: str | None
    account_id: str
    value: Decimal
    ahead: bool = False


class PostedMoves(NamedTuple):
    """One revision of a posting that moves tracked stock, with the signed quantity of each product."""

    row: Any
    quantities: Mapping[str, Decimal]


@dataclass(slots=True)
class PostedGoods:
    """What our postings move of the stock that QBO tracks; `first_day` is that of its items."""

    connection: Connection
    name: str
    first_day: date
    products: frozenset[str] = field(default=frozenset(), init=False)
    moves: list[PostedMoves] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        query = (
            select(postings)
            .where(
                postings.c.connection == self.name,
                postings.c.entity.in_((*SIGN, "Item", "")),
                postings.c.operation.in_((CREATE, UPDATE)),
            )
            .order_by(postings.c.key, postings.c.revision)
        )
        self.products = _stocked_products(self.connection, self.name)
        for row in streamed(self.connection, query):
            moved = {product: count for product, count in _quantities(row).items() if product in self.products}
            self.moves.append(PostedMoves(row, moved))
        items = products_of_items(self.connection, self.name)
        for thing in made_there(self.connection, self.name):
            counts = ((items.get(item), count) for item, count in thing.quantities.items())
            moved = {product: count for product, count in counts if product in self.products and product}
            if moved:
                self.moves.append(PostedMoves(thing, moved))

    def made_there(self) -> list[MadeThere]:
        """Of these, what people made in QuickBooks and the source has taken."""
        return [row for row, _ in self.moves if isinstance(row, MadeThere)]

    def costed(self) -> set[tuple[str, int]]:
        """Keys and revisions of what moves tracked stock."""
        return {(row.key, row.revision) for row, quantities in self.moves if quantities}

    def rows(self) -> list[dict[str, Any]]:
        """What our postings move of each product: rows of `POSTED_QUANTITIES`.

        The newest revision that reached QBO, and the newest that has not.
        """
        newest: dict[tuple[str, bool], PostedMoves] = {}
        made: dict[str, PostedMoves] = {}
        for one in self.moves:
            if one.row.entity == "Item":
                made.setdefault(one.row.key, one)  # what an item was made with stands for ever
            elif one.row.state != "superseded" or one.row.qbo_id is not None:
                newest[one.row.key, one.row.qbo_id is not None] = one
        rows: list[dict[str, Any]] = []
        for row, quantities in (*made.values(), *newest.values()):
            known = {
                "record_key": row.record_key,
                "state": "posted" if row.qbo_id and row.state == "superseded" else row.state,
                "qbo_type": row.entity or None,
                "qbo_id": row.qbo_id,
                "business_date": self.first_day if row.business_date == UNDATED else row.business_date,
            }
            if row.entity == "Item":
                known |= {"qbo_type": STARTING_VALUE, "qbo_id": ""}
            rows += [known | {"product_id": product, "quantity": count} for product, count in quantities.items()]
            if not quantities and not row.entity:  # refused: nobody knows what it moves
                rows.append(known | {"product_id": None, "quantity": Decimal(0)})
        return rows


@dataclass(slots=True)
class TrackedFrames:
    """The effects of what moves tracked stock; `changed` are the objects that move other quantities in QBO than those
    that we posted."""

    goods: PostedGoods
    books: Books
    carried: Carried
    changed: Collection[tuple[str, str]] = ()

    def effects(self, stock: pa.Table, ledger: pa.Table) -> Iterator[dict[str, Any]]:
        """What QBO booked for the costed postings, shared by their goods; where an object is not as it was posted,
        or has no cost yet, what the source says of its goods."""
        shares, booked = self._shares(stock), _booked(ledger)
        for row, quantities in self.goods.moves:
            costed = row.entity in _COSTED or isinstance(row, MadeThere)
            if not costed or not quantities or row.key.endswith(OPENING_SUFFIX):
                continue
            mine = shares.get(row.record_key, [])
            as_posted = row.state == "posted" and (row.entity, row.qbo_id) not in self.changed
            there = booked.get((row.entity, row.qbo_id), {}) if as_posted else {}
            for account in sorted({*there, *(share.account_id for share in mine)}):
                of_account = [share for share in mine if share.account_id == account]
                if not there:
                    of_account = [share for share in of_account if not share.ahead] or of_account
                amounts = _divided(there.get(account), of_account)
                for share, amount in zip(of_account or [_unknown(account)], amounts, strict=True):
                    if amount:
                        yield _effect(row, share, amount)

    def bill_effects(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The effects that are known from the payloads, with what of a bill is for goods that have not come."""
        bought = {
            (row.key, row.revision): (row, counts)
            for row, counts in self.goods.moves
            if row.entity == "Bill" and not isinstance(row, MadeThere)
        }
        for effect in rows:
            row, counts = bought.get((effect["posting_key"], effect["revision"]), (None, {}))
            product, whole = effect["product_id"], counts.get(effect["product_id"], Decimal(0))
            document = row.record_key.partition("/")[2] if row is not None else ""
            ahead = self.carried.ahead.get(document, {}).get(product, Decimal(0)) if whole else Decimal(0)
            if not ahead:
                yield effect
                continue
            part, rest = apportion((effect["amount"] * ahead / whole, effect["amount"] * (whole - ahead) / whole))
            yield effect | {"amount": part, "ahead": True}
            if rest:
                yield effect | {"amount": rest}

    def _shares(self, stock: pa.Table) -> dict[str, list[CarriedGoods]]:
        """By record key, the goods that its posting carries."""
        found: dict[str, list[CarriedGoods]] = defaultdict(list)
        value: dict[str, Decimal] = defaultdict(Decimal)
        count: dict[str, Decimal] = defaultdict(Decimal)
        names = ("record_key", "posted_by", "product_id", "location_id", "quantity", "value")
        for row in stock.select(names).to_pylist():
            product = row["product_id"]
            if product is None or row["quantity"] is None:
                continue
            value[product] += abs(row["value"])
            count[product] += abs(row["quantity"])
            share = CarriedGoods(product, row["location_id"], self._account(product), row["value"])
            found[row["posted_by"] or row["record_key"]].append(share)
        for document, products in self.carried.ahead.items():
            for product, quantity in products.items():
                each = value[product] / count[product] if count[product] else Decimal(1)
                ahead = CarriedGoods(product, None, self._account(product), quantity * each, ahead=True)
                found[f"document/{document}"].append(ahead)
        return found

    def _account(self, product_id: str) -> str:
        product = self.books.product(product_id)
        try:
            return account_for(self.books, "inventory", Place(field="stock", product=product)).id
        except Stop:
            return ""


def _quantities(row: Any) -> dict[str, Decimal]:
    if row.payload is None:
        return {}
    payload = from_wire(row.payload)
    if row.entity == "Item":
        quantity = payload.get("QtyOnHand")
        return {row.key.partition("/")[2]: Decimal(quantity)} if quantity is not None else {}
    found: dict[str, Decimal] = {}
    for line in payload.get("Line", ()):
        detail = line.get(line.get("DetailType"), {})
        item = (detail.get("ItemRef") or {}).get("value", "")
        quantity = detail.get("QtyDiff", detail.get("Qty"))
        if item.startswith(_PRODUCT) and quantity is not None:
            product = item.removeprefix(_PRODUCT)
            found[product] = found.get(product, Decimal(0)) + SIGN[row.entity] * Decimal(quantity)
    return found


def _booked(ledger: pa.Table) -> dict[tuple[str, str], dict[str, Decimal]]:
    """By object, what QBO booked on each inventory account."""
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in ledger.select(["qbo_type", "qbo_id", "account_id", "amount"]).to_pylist():
        accounts = found.setdefault((ENTITIES.get(row["qbo_type"], row["qbo_type"]), row["qbo_id"]), {})
        accounts[row["account_id"]] = accounts.get(row["account_id"], ZERO) + row["amount"]
    return found


def _divided(whole: Decimal | None, shares: Sequence[CarriedGoods]) -> list[Decimal]:
    """What each of these goods has of an amount that QBO booked, by their value; without one, their own values."""
    if whole is None:
        return apportion(share.value for share in shares)
    if not shares:
        return [whole]
    weights = [abs(share.value) for share in shares]
    total = sum(weights, Decimal(0))
    return apportion(whole * weight / total if total else whole / len(shares) for weight in weights)


def _unknown(account_id: str) -> CarriedGoods:
    return CarriedGoods("", None, account_id, ZERO)


def _effect(row: Any, share: CarriedGoods, amount: Decimal) -> dict[str, Any]:
    return {
        "posting_key": row.key,
        "revision": row.revision,
        "account_id": share.account_id,
        "product_id": share.product_id or None,
        "location_id": share.location_id,
        "amount": amount,
        "ahead": share.ahead,
    }


def _stocked_products(connection: Connection, name: str) -> frozenset[str]:
    """The products whose stock is counted."""
    mine = (records.c.connection == name, records.c.record_type == "product", records.c.kind == "stocked")
    return frozenset(connection.scalars(select(records.c.record_id).where(*mine)))


def products_of_items(connection: Connection, name: str) -> dict[str, str]:
    """Our products by the Id of their item."""
    p = posting_links.c
    query = select(p.qbo_id, p.key).where(p.connection == name, p.entity == "Item", p.key.like("product/%"))
    return {row.qbo_id: row.key.partition("/")[2] for row in connection.execute(query)}
