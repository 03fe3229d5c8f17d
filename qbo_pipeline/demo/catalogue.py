"""The company's master data as tables: warehouses, suppliers, products, kits, customers, and how it grows with size.

What belongs here: names and prices. All companies are made up; nobody in them is a person.
"""

from __future__ import annotations

COMPANY = "Harbour & Pine Outfitters"
# By country: currency, time zone, and the general rate of tax on sales in thousandths.
COUNTRIES = {
    "us": ("USD", "America/New_York", 55),
    "uk": ("GBP", "Europe/London", 200),
    "eu": ("EUR", "Europe/Paris", 200),
}
SALES_TAX_PER_MILLE = {currency: rate for currency, _, rate in COUNTRIES.values()}
BANK_ACCOUNT = "OPERATING"

# code, name, receives purchases, share of sales, share of an item's target stock (both per cent)
WAREHOUSES = [
    ("MAIN", "Portland main warehouse", 1, 55, 70),
    ("WEST", "Westbrook depot", 1, 30, 35),
    ("SHOP", "Commercial Street shop", 0, 15, 20),
]

# name, payment terms in days
SUPPLIERS = [
    ("Allagash Canvas Works", 30),
    ("Bluefin Marine Supply", 30),
    ("Casco Rope & Cordage", 14),
    ("Dirigo Outdoor Wholesale", 45),
    ("Evergreen Camp Goods", 30),
    ("Fathom Instruments", 30),
    ("Granite State Footwear", 60),
    ("Harpswell Woollens", 30),
    ("Ironbound Hardware", 14),
    ("Juniper Trail Foods", 10),
    ("Kennebec Paddle Company", 45),
    ("Lantern Cove Lighting", 30),
]

# sku, name, category, unit, supplier (position in SUPPLIERS), purchase cents, sales cents, smallest quantity (milli)
STOCKED = [
    ("TEN-2P", "Ridgeline tent, two persons", "Camping", "each", 0, 11850, 22900, 1000),
    ("TEN-4P", "Ridgeline tent, four persons", "Camping", "each", 0, 18925, 36500, 1000),
    ("TARP-10", "Canvas tarp 10 x 12 ft", "Camping", "each", 0, 3410, 6900, 1000),
    ("DUF-60", "Waxed canvas duffel 60 l", "Bags", "each", 0, 4735, 9800, 1000),
    ("PFD-AD", "Life vest, adult", "Marine", "each", 1, 2860, 5995, 1000),
    ("PFD-CH", "Life vest, child", "Marine", "each", 1, 2215, 4495, 1000),
    ("ANC-08", "Folding anchor 8 lb", "Marine", "each", 1, 1945, 3995, 1000),
    ("FEN-15", "Boat fender 15 in", "Marine", "each", 1, 1180, 2450, 1000),
    ("BIL-PMP", "Bilge hand pump", "Marine", "each", 1, 1367, 2895, 1000),
    ("ROP-10", "Braided dock line 10 mm", "Rope", "foot", 2, 62, 135, 500),
    ("ROP-12", "Three-strand nylon 12 mm", "Rope", "foot", 2, 84, 179, 500),
    ("COR-04", "Accessory cord 4 mm", "Rope", "foot", 2, 19, 45, 500),
    ("STO-1B", "Trail stove, single burner", "Kitchen", "each", 3, 2490, 5200, 1000),
    ("POT-SET", "Nesting pot set", "Kitchen", "each", 3, 1875, 3990, 1000),
    ("MUG-EN", "Enamel mug", "Kitchen", "each", 3, 318, 895, 1000),
    ("BTL-1L", "Steel bottle 1 l", "Kitchen", "each", 3, 742, 1995, 1000),
    ("FIL-W", "Water filter cartridge", "Kitchen", "each", 3, 1633, 3450, 1000),
    ("COO-30", "Hard cooler 30 qt", "Camping", "each", 4, 6980, 13900, 1000),
    ("CHA-FLD", "Folding camp chair", "Camping", "each", 4, 1724, 3995, 1000),
    ("MAT-SLP", "Closed-cell sleeping mat", "Camping", "each", 4, 983, 2495, 1000),
    ("BAG-SLP", "Three-season sleeping bag", "Camping", "each", 4, 5615, 11900, 1000),
    ("CMP-BP", "Baseplate compass", "Navigation", "each", 5, 1127, 2695, 1000),
    ("CMP-MAR", "Bracket-mount boat compass", "Navigation", "each", 5, 4288, 8900, 1000),
    ("BIN-750", "Binoculars 7 x 50", "Navigation", "each", 5, 7833, 15900, 1000),
    ("BAR-AN", "Aneroid barometer", "Navigation", "each", 5, 3956, 8250, 1000),
    ("BOT-DCK", "Deck boots", "Footwear", "pair", 6, 4310, 9495, 1000),
    ("BOT-HIK", "Hiking boots", "Footwear", "pair", 6, 6745, 14900, 1000),
    ("SND-RIV", "River sandals", "Footwear", "pair", 6, 2337, 5495, 1000),
    ("BLK-WOL", "Wool camp blanket", "Clothing", "each", 7, 3892, 8495, 1000),
    ("HAT-WOL", "Wool watch cap", "Clothing", "each", 7, 671, 1895, 1000),
    ("SOC-WOL", "Merino hiking socks", "Clothing", "pair", 7, 543, 1450, 1000),
    ("SHK-ST", "Stainless shackle 8 mm", "Hardware", "each", 8, 227, 595, 1000),
    ("CLE-BR", "Bronze cleat 6 in", "Hardware", "each", 8, 1416, 2995, 1000),
    ("KNF-RIG", "Rigging knife", "Hardware", "each", 8, 1859, 3995, 1000),
    ("MEA-VEG", "Trail meal, vegetable stew", "Food", "pack", 9, 412, 895, 1000),
    ("MEA-CHO", "Trail meal, chowder", "Food", "pack", 9, 438, 950, 1000),
    ("PAD-KAY", "Kayak paddle", "Paddling", "each", 10, 5240, 10900, 1000),
    ("DRY-20", "Dry bag 20 l", "Paddling", "each", 10, 1098, 2495, 1000),
    ("LAN-LED", "Camp lantern", "Lighting", "each", 11, 1675, 3795, 1000),
    ("LMP-HD", "Headlamp", "Lighting", "each", 11, 1142, 2695, 1000),
]

# sku, name, sales cents, labour minutes for one, components (sku, milli)
KITS = [
    ("KIT-KITCH", "Camp kitchen set", 13900, 12, [("STO-1B", 1000), ("POT-SET", 1000), ("MUG-EN", 4000)]),
    ("KIT-DOCK", "Docking kit", 9950, 20, [("FEN-15", 2000), ("ROP-10", 15000), ("CLE-BR", 1000)]),
    ("KIT-HIKE", "Day hiker's kit", 8900, 9, [("CMP-BP", 1000), ("BTL-1L", 1000), ("LMP-HD", 1000), ("MEA-VEG", 2000)]),
]
LABOUR_CENTS_PER_HOUR = 2650

# sku, name, category, kind, unit, purchase cents, sales cents
UNSTOCKED = [
    ("FREIGHT-OUT", "Shipping and handling", "Freight", "service", "each", 0, 1450),
    ("INSTALL", "Installation on board", "Services", "service", "hour", 0, 9500),
    ("RIG-CHECK", "Rigging inspection", "Services", "service", "each", 0, 17500),
    ("GIFT-CARTON", "Gift carton", "Packing", "non_stocked", "each", 95, 350),
    ("FREIGHT-IN", "Inbound freight", "Freight", "service", "each", 8500, 0),
    ("HIRE-LIFT", "Forklift hire", "Services", "service", "day", 14500, 0),
]

_PLACES = [
    "Acadia", "Belfast Bay", "Camden", "Damariscotta", "Eastport", "Freeport", "Georgetown Island", "Hallowell",
    "Isleboro Sound", "Jonesport", "Kittery Point", "Lubec", "Machias River", "Naples Lake", "Ogunquit", "Pemaquid",
    "Quoddy Head", "Rangeley", "Stonington", "Thomaston", "Union River", "Vinalhaven", "Wiscasset", "Yarmouth",
    "Zion Hill",
]  # fmt: skip
_TRADES = [
    "Boatyard", "Sailing School", "Trading Post", "Campground", "Marina", "Paddle Tours", "Guide Service",
    "Ferry Lines",
    "Outdoor Club Store", "Chandlery", "Lodge", "Hardware", "Summer Camp", "Charters", "Gift Shop", "Land Trust",
    "Yacht Services", "Nature Center", "Rope Walk Museum Store", "General Store",
]  # fmt: skip
_VARIANTS = ["", "Navy", "Spruce", "Red", "Sand", "Slate", "Ochre", "White", "Moss", "Plum"]

SIZES = {"small": 20, "medium": 200, "large": 2000}  # documents on a business day


def customers(documents_per_day: int) -> list[tuple[str, int, int]]:
    """Name, payment terms in days and whether sales tax is charged; 25 of them, more for a busier company."""
    count = 25 if documents_per_day < 100 else 100 if documents_per_day < 1000 else 500
    return [
        (f"{_PLACES[n % 25]} {_TRADES[(n % 25 + n // 25) % 20]}", (14, 30, 30, 45)[n % 4], 0 if n % 3 == 0 else 1)
        for n in range(count)
    ]


def variants(documents_per_day: int) -> list[str]:
    """The colours in which each product is kept: one for a small company, ten for a large one."""
    return _VARIANTS[: 1 if documents_per_day < 100 else 3 if documents_per_day < 1000 else 10]
