"""The seeds as data: country, currency, tax set-up, customers, vendors, items and first documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qbo_pipeline.emulator.company.seeds.charts import ALWAYS, EUROPE, TRADING, US, Row


@dataclass(frozen=True, slots=True)
class Seed:
    """One company as it is on its first day. Percentages in `tax_codes` are those of both sides; None: no rate.

    With a code of `reverse_charge` the buyer accounts for the tax: a sale carries none.
    """

    country: str
    currency: str
    name: str
    city: str
    postal_code: str
    state: str | None
    chart: tuple[Row, ...]
    agency: str | None = None
    tax_codes: tuple[tuple[str, str | None], ...] = ()
    reverse_charge: tuple[tuple[str, str], ...] = ()
    currencies: tuple[tuple[str, str], ...] = ()
    multi_currency: bool = False
    foreign_banks: tuple[str, ...] = ()
    customers: tuple[tuple[str, str | None], ...] = ()
    vendors: tuple[tuple[str, str | None], ...] = ()
    employees: tuple[tuple[str, str], ...] = ()
    items: tuple[tuple[str, str, str, str], ...] = ()
    documents: bool = False
    customer_types: tuple[str, ...] = ()


_US_ITEMS: Final = (
    ("Services", "Service", "0", "0"),
    ("Hours", "Service", "25", "0"),
    ("Concrete", "Inventory", "0", "0"),
    ("Design", "Service", "75", "0"),
    ("Fountain Pump", "Inventory", "15", "10"),
    ("Gardening", "Service", "50", "0"),
    ("Lighting", "NonInventory", "15", "9"),
    ("Pest Control", "Service", "35", "0"),
    ("Rock Fountain", "Inventory", "275", "125"),
    ("Soil", "NonInventory", "10", "6.5"),
    ("Sprinkler Heads", "Inventory", "2", "0.75"),
    ("Sprinkler Pipes", "Inventory", "4", "2.5"),
    ("Trimming", "Service", "35", "0"),
)
_EU_ITEMS: Final = (
    ("Steel Bracket", "Inventory", "12.5", "7.2"),
    ("Oak Shelf", "Inventory", "89", "48.35"),
    ("Desk Lamp", "Inventory", "39.9", "21.17"),
    ("Fixing Kit", "NonInventory", "4.5", "1.8"),
    ("Assembly", "Service", "45", "0"),
    ("Delivery", "Service", "15", "0"),
)
SEEDS: Final[dict[str, Seed]] = {
    "us": Seed(
        country="US",
        currency="USD",
        name="Sandbox Landscaping and Supply",
        city="Mountain View",
        postal_code="94043",
        state="CA",
        chart=(*ALWAYS, *TRADING, *US),
        agency="California Department of Tax and Fee Administration",
        tax_codes=(("California", None),),
        currencies=(("CAD", "0.73"), ("EUR", "1.08"), ("GBP", "1.27")),
        customers=(
            ("Amy's Bird Sanctuary", None),
            ("Bill's Windsurf Shop", None),
            ("Cool Cars", None),
            ("Diego's Road Warrior Bodyshop", None),
            ("Freeman Sporting Goods", None),
            ("0969 Ocean View Road", "Freeman Sporting Goods"),
            ("Geeta's Garden Design", None),
            ("Kookies by the Bay", None),
            ("Paulsen Medical Supplies", None),
            ("Sushi by the Sea", None),
        ),
        vendors=(
            ("Books by the Bay", None),
            ("Brosnahan Insurance Agency", None),
            ("Cal Telephone", None),
            ("Chin's Gas and Oil", None),
            ("Hicks Hardware", None),
            ("Norton Lumber and Building Materials", None),
            ("Tania's Nursery", None),
        ),
        employees=(("Emily", "Platt"), ("John", "Johnson")),
        customer_types=("Commercial", "Residential"),
        items=_US_ITEMS,
        documents=True,
    ),
    "uk": Seed(
        country="GB",
        currency="GBP",
        name="Sandbox Trading UK",
        city="London",
        postal_code="EC1Y 8SY",
        state=None,
        chart=(*ALWAYS, *TRADING, *EUROPE),
        agency="HMRC",
        tax_codes=(("20.0% S", "20"), ("5.0% R", "5"), ("0.0% Z", "0"), ("Exempt", "0"), ("No VAT", None)),
        reverse_charge=(("20.0% RC SG", "20"), ("20.0% RC CIS", "20")),
        currencies=(("EUR", "0.86"), ("USD", "0.79")),
        multi_currency=True,
        foreign_banks=("EUR", "USD"),
        customers=(
            ("Harbour Books", None),
            ("Northern Cycles", None),
            ("Lyon Interieurs", "EUR"),
            ("Boston Outfitters", "USD"),
        ),
        vendors=(("City Fabrics", None), ("Moor Joinery", None), ("Bremen Metall", "EUR"), ("Ohio Lighting", "USD")),
        employees=(("Alex", "Reed"),),
        items=_EU_ITEMS,
    ),
    "eu": Seed(
        country="FR",
        currency="EUR",
        name="Sandbox Commerce EU",
        city="Lyon",
        postal_code="69001",
        state=None,
        chart=(*ALWAYS, *TRADING, *EUROPE),
        agency="Tax Office",
        tax_codes=(
            ("20.0% Standard", "20"),
            ("10.0% Reduced", "10"),
            ("5.5% Low", "5.5"),
            ("0.0% Export", "0"),
            ("No VAT", None),
        ),
        reverse_charge=(("20.0% RC", "20"),),
        currencies=(("USD", "0.92"), ("GBP", "1.16")),
        multi_currency=True,
        foreign_banks=("USD", "GBP"),
        customers=(
            ("Atelier Nord", None),
            ("Maison Verte", None),
            ("Boston Outfitters", "USD"),
            ("Harbour Books", "GBP"),
        ),
        vendors=(("Bremen Metall", None), ("Bois du Sud", None), ("Ohio Lighting", "USD"), ("Moor Joinery", "GBP")),
        employees=(("Camille", "Martin"),),
        items=_EU_ITEMS,
    ),
    "empty": Seed(
        country="US",
        currency="USD",
        name="Sandbox Company",
        city="Mountain View",
        postal_code="94043",
        state="CA",
        chart=ALWAYS,
    ),
}
TERMS: Final = (
    {"Name": "Due on receipt", "DueDays": 0},
    {"Name": "Net 15", "DueDays": 15},
    {"Name": "Net 30", "DueDays": 30},
    {"Name": "Net 60", "DueDays": 60},
)
PAYMENT_METHODS: Final = (
    ("Cash", "NON_CREDIT_CARD"),
    ("Check", "NON_CREDIT_CARD"),
    ("Visa", "CREDIT_CARD"),
    ("MasterCard", "CREDIT_CARD"),
    ("Bank Transfer", "NON_CREDIT_CARD"),
)
