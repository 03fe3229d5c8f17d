"""Parties, products and locations whose outcome is written down whole: by name, the record and the books."""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Location, Party, Product, Record
from qbo_pipeline_tests.accounting.company import (
    ROLES,
    books,
)
from qbo_pipeline_tests.accounting.outcomes.company import (
    DIMENSIONS,
    FIRST,
    GERMAN,
    MANY,
    SECOND,
    SELF,
    SHARING,
    STORED,
    TWIN,
    UNTOLD,
    stored,
)

LISTS: dict[str, tuple[Record, Books]] = {
    "a party with all that is known": (
        Party(
            party_id="1", kind="customer", name="X Co", phone="+1 555 0100 X " + "1" * 30, city="X" + "c" * 300,
            address="\n".join(["1 X Street", "", *"abcde"]) + "l" * 600, region="X" + "r" * 300,
            country="X" + "y" * 300, postal_code="X" + "9" * 40,
        ),
        stored(),
    ),
    "an address of one long line": (Party(party_id="1", kind="customer", name="A", address="l" * 600), stored()),
    "a part of a customer": (
        Party(party_id="1", kind="customer", name="Branch", parent_id="7"), stored(),
    ),
    "a part of a customer, kept beside it": (
        Party(party_id="1", kind="customer", name="Branch", parent_id="7"),
        stored(policies={"sub_customers": "flattened"}),
    ),
    "a part of a customer that is unknown": (
        Party(party_id="1", kind="customer", name="Branch", parent_id="404"), stored(),
    ),
    "a part of a customer of another currency": (
        Party(party_id="1", kind="customer", name="Branch", parent_id="5"), stored(policies=MANY),
    ),
    "a part of a customer of the same currency": (
        Party(party_id="1", kind="customer", name="Branch", parent_id="7"), stored(policies=MANY),
    ),
    "a part of itself": (SELF, books(*STORED, SELF)),
    "a customer": (
        Party(party_id="1", kind="customer", number="K1", name=" Xeno\t: Co ", email="a@b.example"), stored(),
    ),
    "a supplier": (Party(party_id="2", kind="supplier", number="L" * 130, name="N" * 600, email="a@b"), stored()),
    "a party with a number alone": (Party(party_id="3", kind="customer", name=":", number="X1"), stored()),
    "a party without a name": (Party(party_id="3", kind="customer", name=":"), stored()),
    "an address of a hundred signs": (
        Party(party_id="4", kind="customer", name="A", email=f"{'a' * 90}@b.example"), stored(),
    ),
    "an address of one more": (Party(party_id="4", kind="customer", name="A", email=f"{'a' * 91}@b.example"), stored()),
    "an address of thousands": (
        Party(party_id="4", kind="customer", name="A", email=f"{'a' * 3000}@b.example"), stored(),
    ),
    "a party of its own currency": (GERMAN, stored(policies=MANY)),
    "a party of the home currency": (Party(party_id="6", kind="supplier", name="Home"), stored(policies=MANY)),
    "a supplier named as a customer": (SHARING, books(*STORED, SHARING)),
    "two of a kind, and a third who is called so": (
        TWIN, books(*STORED, TWIN, Party(party_id="c", kind="customer", name="Kitchen & Co [K X1]")),
    ),
    "two of a kind and one name": (TWIN, books(*STORED, TWIN)),
    "a product": (
        Product(product_id="1", kind="stocked", number='5" pipe: X x', name="P" * 4100, category="ware"),
        stored(overrides=DIMENSIONS),
    ),
    "two of a kind without telling numbers": (UNTOLD, books(*STORED, UNTOLD)),
    "a service without a number": (Product(product_id="1", kind="service", name="Fitting"), stored()),
    "a product of a long number": (Product(product_id="1", kind="non_stocked", number="N" * 130, name="Bag"), stored()),
    "a product without purchases": (
        Product(product_id="1", kind="stocked", name="Cup"),
        stored(roles={k: v for k, v in ROLES.items() if k != "purchases"}),
    ),
    "two products of one number": (SECOND, books(FIRST, SECOND)),
    "a product that sells to no income": (
        Product(product_id="1", kind="stocked", name="Cup"), stored(roles=ROLES | {"sales": "60"}),
    ),
    "a location": (Location(location_id="east", name="East"), stored()),
}  # fmt: skip
