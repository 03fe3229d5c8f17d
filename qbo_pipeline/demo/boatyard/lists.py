"""Who the boatyard trades with, and what it buys, makes and sells. All companies are made up; nobody is a person."""

from __future__ import annotations

from qbo_pipeline.demo.boatyard.desk import Desk, Move
from qbo_pipeline.demo.workday import Value

# number, kind, name, category below the boatyard's own, weight in thousandths of a kilogram
_PRODUCTS = (
    ("OAK", "stocked", "Oak plank", "Timber", 12_000),
    ("VARNISH", "stocked", "Spar varnish 1 l", "Chandlery", 1_100),
    ("SAIL", "stocked", "Lug sail", "Sails", 4_500),
    ("OAR", "stocked", "Ash oar", "Oars", 2_000),
    ("OARS", "stocked", "Pair of ash oars", "Oars", 4_000),
    ("DINGHY", "stocked", "Clinker dinghy 12 ft", "Boats", 95_000),
    ("HULL", "stocked", "Moulded hull 14 ft", "Boats", 120_000),
    ("MAST", "stocked", "Carbon mast", "Spars", 9_000),
    ("SCREWS", "non_stocked", "Bronze screws, box", "Chandlery", None),
    ("FITTING", "service", "Fitting out", "Work", None),
    ("CARRIAGE", "service", "Carriage by lorry", "Work", None),
)
_ADDRESS = {"address": "1 Quay Road", "city": "Bath", "postal_code": "04530", "country": "USA", "phone": "555 0142"}


def enter(desk: Desk) -> None:
    """Enter the lists, and the stock that the boatyard had on the first day."""
    for row in _PRODUCTS:
        desk.product(*row)
    _customers(desk)
    net_30: dict[str, Value] = {"payment_terms": "Net 30", "payment_days": 30}
    net_45: dict[str, Value] = {"payment_terms": "Net 45", "payment_days": 45}  # QuickBooks has none of that name
    desk.party("Y-TIMBER", "supplier", name="Androscoggin Timber", email="sales@androscoggin.example", **net_30)
    desk.party("Y-SAILS", "supplier", name="Merrymeeting Sailmakers", **net_45)
    desk.party("Y-LORRY", "supplier", name="Sagadahoc Haulage", tax_number="98-7654321")
    desk.party("Y-SPARS", "supplier", name="Sheepscot Spars")
    desk.party("Y-HULLS", "supplier", name="Nordsee Bootsbau", currency=desk.foreign)
    desk.movement(
        "stock taken over",
        "opening",
        Move("OAR", 20, 30_000),
        Move("SAIL", 10, 80_000),
        Move("VARNISH", 30, 36_000),
        account="OPENING",
    )


def _customers(desk: Desk) -> None:
    desk.party("Y-COUNTER", "customer", name="Boatyard counter sales", party_group="Retail")
    desk.party("Y-CLUB", "customer", name="Casco Bay Rowing Club", email="boats@cascorowing.example", **_ADDRESS)
    desk.party("Y-FLEET", "customer", name="Penobscot Fleet", payment_terms="Net 30", payment_days=30)
    branch = {"parent_id": desk.named("Y-FLEET")}
    desk.party("Y-FLEET-N", "customer", name="Penobscot Fleet North", **branch)
    desk.party("Y-FLEET-S", "customer", name="Penobscot Fleet South", **branch)
    desk.party("Y-CAMP", "customer", name="Sebago Lake Camp", tax_exempt=1)
    desk.party("Y-ABROAD", "customer", name="Fundy Passage Outfitters")
    desk.party("Y-LAST", "customer", name="Monhegan Mail Boat")
