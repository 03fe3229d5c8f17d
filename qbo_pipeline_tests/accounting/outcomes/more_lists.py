"""Further policies of parties and products, whose outcomes are written down whole; and what belongs to no record."""

from __future__ import annotations

from typing import Any

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Party, Product, Record
from qbo_pipeline_tests.accounting.company import books
from qbo_pipeline_tests.accounting.outcomes.company import BUYER, GERMAN, MANY, STORED, stored

EACH: dict[str, Any] = MANY | {"party_currencies": "each"}
KEPT: dict[str, Any] = {"categories": "kept"}
LEVELS = tuple(
    Party(party_id=str(n), kind="customer", name=f"Level {n}", parent_id=str(n + 1) if n < 16 else None)
    for n in range(11, 17)
)  # fmt: skip
PART = Party(party_id="1", kind="customer", name="Branch", parent_id="5")
GONE = Party(party_id="1", kind="customer", name="Gone", active=False)
OLD = Product(product_id="1", kind="stocked", number="O-1", name="Old", active=False)
UPPER = Product(product_id="A1", kind="stocked", number="N", name="Upper")
LOWER = Product(product_id="a1", kind="stocked", number="n", name="Lower")


def abroad(*currencies: str, **policies: Any) -> Books:
    return stored(policies=EACH | policies, further_currencies=lambda party_id: currencies)


def placed(category: str | None, **changes: Any) -> Product:
    return Product(**({"product_id": "1", "kind": "stocked", "number": "P-1", "name": "Pot"} | changes),
                   category=category)  # fmt: skip


MORE_LISTS: dict[str, tuple[Record, Books]] = {
    "a customer of three currencies": (BUYER, abroad("EUR", "USD", "GBP")),
    "a customer of three currencies, all named by them": (BUYER, abroad("USD", "GBP", party_currencies="each_named")),
    "a supplier of one currency": (GERMAN, abroad()),
    "a part of a customer of another currency, each by its own": (PART, abroad()),
    "a customer whose documents are converted": (BUYER, stored(policies=MANY | {"foreign_documents": "home_currency"})),
    "a customer of a company with one currency": (BUYER, abroad("GBP", multicurrency=False)),
    "a customer of a company with one currency, whatever names are for": (
        BUYER, abroad("GBP", multicurrency=False, party_currencies="each_named"),
    ),
    "a customer where settings change by date": (BUYER, stored(dated=dict[Any, Any]().__getitem__)),
    "a customer on the fifth level": (LEVELS[1], books(*STORED, *LEVELS)),
    "a customer on the sixth level": (LEVELS[0], books(*STORED, *LEVELS)),
    "a customer on the sixth level, flattened": (
        LEVELS[0], books(*STORED, *LEVELS, policies={"sub_customers": "flattened"}),
    ),
    "a supplier that names a parent": (Party(party_id="2", kind="supplier", name="A", parent_id="404"), stored()),
    "a customer that is not active": (GONE, stored(policies={"inactive": "deactivated"}, retired=lambda key: True)),
    "a customer that is not active and is needed": (
        GONE, stored(policies={"inactive": "deactivated"}, retired=lambda key: key != "party/customer:1"),
    ),
    "a customer that is active": (BUYER, stored(policies={"inactive": "deactivated"}, retired=lambda key: True)),
    "a customer that is kept active": (GONE, stored(retired=lambda key: True)),
    "a product that is not active": (OLD, stored(policies={"inactive": "deactivated"}, retired=lambda key: True)),
    "a product that is not active and is needed": (
        OLD, stored(policies={"inactive": "deactivated"}, retired=lambda key: key != "product/1"),
    ),
    "a customer with tax number and terms": (
        Party(party_id="1", kind="customer", name="A", tax_number=" GB\t1", tax_exempt=True, payment_terms="net 30"),
        stored(terms={"net 30": "3"}),
    ),
    "a customer who is taxed": (
        Party(party_id="1", kind="customer", name="A", tax_number="7" * 40, tax_exempt=False), stored(),
    ),
    "a supplier with tax number and terms": (
        Party(party_id="1", kind="supplier", name="A", tax_number="7" * 40, tax_exempt=True, payment_terms="Net 30"),
        stored(terms={"net 30": "3"}),
    ),
    "a customer with terms that QBO has not": (
        Party(party_id="1", kind="customer", name="A", payment_terms="Net 31"), stored(),
    ),
    "a supplier with terms that are made": (
        Party(party_id="1", kind="supplier", name="A", payment_terms="Net 31", payment_days=31),
        stored(policies={"unknown_terms": "make"}),
    ),
    "a product below its category": (placed(' Drinks :Hot: "Tea" '), stored(policies=KEPT)),
    "a product below a category written otherwise": (
        placed("DRINKS:Hot"),
        stored(policies=KEPT, entry_key={"category/DRINKS:Hot": "category/Drinks:Hot"}.get),
    ),
    "a product below four categories": (placed("a:b:c:d"), stored(policies=KEPT)),
    "a product without a number below four categories": (placed("a:b:c:d", number=None), stored(policies=KEPT)),
    "a product below nothing": (placed(" : "), stored(policies=KEPT)),
    "a product without a category": (placed(None), stored(policies=KEPT)),
    "a product below a category of a long name": (placed("c" * 130), stored(policies=KEPT)),
    "a product whose categories are not kept": (placed("Drinks"), stored()),
    "a product that goes as lines": (placed(None), stored(policies={"products": "lines"})),
    "a product whose id differs in capitals alone": (LOWER, books(UPPER, LOWER)),
}  # fmt: skip

UNRECORDED: dict[str, tuple[str, Books]] = {
    "terms": ("term/31/Net 31", stored()),
    "terms whose name has a slash": ("term/0/At/once", stored()),
    "a category": ("category/Drinks", stored()),
    "a category below others": (
        "category/Drinks:Hot:Tea", stored(entry_key={"category/Drinks:Hot": "category/drinks:hot"}.get),
    ),
    "the customer of a day's sales": ("customer/summary", stored(policies={"summary_customer": "Web: shop"})),
    "the customer of a day's sales by currency": ("customer/summary", stored(policies=MANY)),
    "a key of a record": ("party/customer:1", stored()),
}  # fmt: skip
