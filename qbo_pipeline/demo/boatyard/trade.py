"""What the boatyard sells: at its counter, to clubs and fleets, through the web, abroad; and what of it comes back.

What belongs here: one function for each occasion of `story.py`. Goods that leave are a shipment, as everywhere.
"""

from __future__ import annotations

from qbo_pipeline.demo.boatyard.desk import SHOP, Desk, Line, Move
from qbo_pipeline.demo.workday import Value

YARD = "Boatyard"  # class in QuickBooks; its two parts are below it
REPAIRS, SALES = "Boatyard:Repairs", "Boatyard:Sales"
QUAY = "Quay"  # department
RATES = {"EUR": ("1.0800", "1.0950", "1.1000"), "USD": ("0.9200", "0.9100", "0.9050")}
"""By foreign currency, for a home of dollars or euros: rates of three days."""
RATES_GBP = ("0.8600", "0.8550", "0.8700")


def rate(desk: Desk, day: int) -> str:
    """Home units for one foreign unit on one of three days."""
    return (RATES_GBP if desk.home == "GBP" else RATES[desk.foreign])[day]


def over_the_counter(desk: Desk) -> None:
    """A sale that is paid at once, by card."""
    desk.document(
        "counter sale", "sales_receipt", "Y-COUNTER",
        Line("SAIL", 1, 12_900, taxed=True, more={"class": SALES}),
        Line("VARNISH", 2, 1_950, taxed=True),
        memo="Sold over the counter", account="OPERATING", method="Visa", channel="SHOP", location_id=SHOP,
    )  # fmt: skip
    desk.movement("counter goods", "shipment", Move("SAIL", -1), Move("VARNISH", -2), party_id=desk.named("Y-COUNTER"))


def counter_refund(desk: Desk) -> None:
    """A tin comes back, and the money goes."""
    desk.document(
        "counter refund", "sales_refund", "Y-COUNTER", Line("VARNISH", 1, 1_950, taxed=True),
        memo="Wrong colour", account="OPERATING", method="Visa", channel="SHOP",
    )  # fmt: skip
    desk.movement("tin back", "customer_return", Move("VARNISH", 1, 1_200), party_id=desk.named("Y-COUNTER"))


def quote_for_the_club(desk: Desk) -> None:
    """An offer of boats and their fitting out."""
    desk.document("club quote", "quote", "Y-CLUB", Line("OARS", 4, 9_000, taxed=True), Line("FITTING", 6, 7_500))


def sell_to_the_club(desk: Desk) -> None:
    """An invoice with a discount in percent, one of a line, freight, a charge, and something taken in return."""
    lines = (
        Line("SAIL", 2, 12_900, taxed=True, more={"class": SALES, "location_id": 1}),
        Line("OAR", 4, 4_500, taxed=True, more={"class": SALES, "location_id": 1}),
        Line("SCREWS", 3, 900, taxed=True, more={"class": REPAIRS}),
        Line("FITTING", -1, 2_500, more={"description": "Old oars taken in return", "class": REPAIRS}),
        Line("SAIL", net=-1_290, more={"role": "discount", "description": "Display piece"}),
        Line(None, net=1_800, more={"role": "freight", "description": "Delivered to the club"}),
        Line(None, net=600, more={"role": "charge", "description": "Packing for the sea"}),
    )
    desk.document("club invoice", "sales_invoice", "Y-CLUB", *lines, memo="Spring order", department=QUAY,
                  payment_terms="Net 10", payment_days=10, due_date=desk.work.after(10))  # fmt: skip
    desk.movement("club goods", "shipment", Move("SAIL", -2), Move("OAR", -4), party_id=desk.named("Y-CLUB"))


def discount_in_percent(desk: Desk) -> None:
    """An invoice with a tenth off all of it, and freight."""
    desk.document(
        "camp invoice", "sales_invoice", "Y-CAMP", Line("OAR", 2, 4_500),
        Line(None, net=-900, more={"role": "discount", "discount_percent": "10"}),
        Line(None, net=900, more={"role": "freight", "description": "By lorry"}), memo="A tenth off for a camp",
    )  # fmt: skip
    desk.movement("camp goods", "shipment", Move("OAR", -2), party_id=desk.named("Y-CAMP"))


def with_deposit(desk: Desk) -> None:
    """An invoice on which a deposit was taken when it was written."""
    desk.document("repair with deposit", "sales_invoice", "Y-CLUB", Line("FITTING", 4, 7_500, more={"class": REPAIRS}),
                  deposit_cents=10_000, account="OPERATING", method="Check", memo="The club's boats")  # fmt: skip


def tax_in_prices(desk: Desk) -> None:
    """An invoice whose prices have the tax in them; where there is no such tax, one with it on top."""
    inclusive = 0 if desk.home == "USD" else 1
    desk.document("price with tax", "sales_invoice", "Y-COUNTER", Line("SCREWS", net=833, taxed=True),
                  tax_inclusive=inclusive, memo="Screws, on account")  # fmt: skip


def cents_of_tax(desk: Desk) -> None:
    """Three small lines whose tax, rounded one by one, is another cent than that of their sum."""
    desk.document("small lines", "sales_invoice", "Y-COUNTER", *(Line("SCREWS", net=13, taxed=True) for _ in range(3)),
                  memo="Single screws")  # fmt: skip


def web_shop(desk: Desk) -> None:
    """Two sales through the web, one of goods, and one through a marketplace that keeps its own books."""
    desk.document("web sale 1", "sales_invoice", "Y-COUNTER", Line("OAR", 2, 4_500, taxed=True), channel="WEB",
                  memo="Web order 1")  # fmt: skip
    desk.movement("web goods", "shipment", Move("OAR", -2), party_id=desk.named("Y-COUNTER"))
    desk.document("web sale 2", "sales_invoice", "Y-COUNTER", Line("FITTING", 1, 7_500), channel="WEB",
                  memo="Web order 2")  # fmt: skip
    desk.document("market sale", "sales_invoice", "Y-COUNTER", Line("FITTING", 1, 7_500), channel="MARKET",
                  source_status="Parked", memo="Sold and booked by the marketplace")  # fmt: skip


def free_of_charge(desk: Desk) -> None:
    """An invoice of nothing: a service given free."""
    desk.document("goodwill", "sales_invoice", "Y-CLUB", Line("FITTING", 1, 0), memo="With our compliments")


def turned_invoice(desk: Desk) -> None:
    """An invoice of less than nothing."""
    desk.document(
        "turned invoice", "sales_invoice", "Y-CLUB", Line("FITTING", -1, 3_000), memo="Hours charged too many"
    )


def credit_without_goods(desk: Desk) -> None:
    """A credit for a service, which is paid out, and one that is set off against an invoice."""
    desk.document("credit paid out", "sales_credit", "Y-CAMP", Line("FITTING", 1, 4_000), memo="Work not done")
    desk.document("credit set off", "sales_credit", "Y-FLEET-S", Line("FITTING", 1, 2_000), memo="Work not done")
    desk.document("fleet invoice S", "sales_invoice", "Y-FLEET-S", Line("FITTING", 1, 5_000, more={"class": REPAIRS}),
                  memo="Repair in the South")  # fmt: skip


def fleet_repairs(desk: Desk) -> None:
    """Work for a branch, whose head office will pay."""
    desk.document("fleet invoice N", "sales_invoice", "Y-FLEET-N", Line("FITTING", 8, 7_500, more={"class": REPAIRS}),
                  memo="Repair in the North")  # fmt: skip


def ship_a_boat(desk: Desk) -> None:
    """The dinghy that was ordered and paid beforehand."""
    desk.document("dinghy invoice", "sales_invoice", "Y-CLUB", Line("DINGHY", 1, 98_000, taxed=True), memo="Dinghy")
    desk.movement("dinghy goes", "shipment", Move("DINGHY", -1), party_id=desk.named("Y-CLUB"))


def mast_to_the_customer(desk: Desk) -> None:
    """A mast that its maker sends to the customer: his bill, and our invoice; it never lies here."""
    direct: dict[str, Value] = {"role": "drop_shipment"}
    desk.document("mast bill", "bill", "Y-SPARS", Line("MAST", 1, 42_000, more=direct), memo="Sent to Penobscot Fleet")
    desk.document("mast invoice", "sales_invoice", "Y-FLEET-N", Line("MAST", 1, 69_000, taxed=True, more=direct),
                  memo="Sent by its maker")  # fmt: skip


def sell_abroad(desk: Desk) -> None:
    """A customer buys at home and from abroad: two currencies, one party."""
    desk.document(
        "sale at home", "sales_invoice", "Y-ABROAD", Line("FITTING", 2, 7_500), memo="Fitted here", **{"class": REPAIRS}
    )
    desk.document("sale abroad", "sales_invoice", "Y-ABROAD", Line("OAR", 2, 5_000), currency=desk.foreign,
                  exchange_rate=rate(desk, 0), memo="Oars for abroad")  # fmt: skip
    desk.movement("oars abroad", "shipment", Move("OAR", -2), party_id=desk.named("Y-ABROAD"))


def last_sale(desk: Desk) -> None:
    """The last invoice of a customer who closes."""
    desk.document("last invoice", "sales_invoice", "Y-LAST", Line("FITTING", 1, 7_500), memo="Laid up for good")


def customer_closes(desk: Desk) -> None:
    """The customer who closed is no longer active."""
    desk.work.set("yard_parties", desk.named("Y-LAST"), "active", 0)
