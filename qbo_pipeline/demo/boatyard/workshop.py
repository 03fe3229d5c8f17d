"""What happens in the boatyard's shed: made, taken apart, moved in two steps, valued otherwise, written off.

What belongs here: one function for each occasion of `story.py`. What goes out costs the average,
what is made its parts.
"""

from __future__ import annotations

from qbo_pipeline.demo import stock
from qbo_pipeline.demo.boatyard.desk import MAIN, SHOP, Desk, Line, Move


def _average(desk: Desk, product: str, units: int) -> int:
    return stock.average_cost(desk.work, desk.named(product), MAIN, units * 1000)


def planks_for_the_fleet(desk: Desk) -> None:
    """Four planks are sold as they are."""
    desk.document("plank invoice", "sales_invoice", "Y-FLEET-N", Line("OAK", 4, 6_500, taxed=True), memo="Planks")
    desk.movement("planks go", "shipment", Move("OAK", -4), party_id=desk.named("Y-FLEET-N"))


def pairs_of_oars(desk: Desk) -> None:
    """Oars are paired: stock of one account alone, which posts nothing where QuickBooks keeps no quantities."""
    desk.movement("pairing", "assembly", Move("OAR", -4), Move("OARS", 2, _average(desk, "OAR", 4)), memo="2 pairs")


def oars_with_leather(desk: Desk) -> None:
    """A pair with labour, overhead, screws that are no stock, and a supplier's leather, billed the same day."""
    oars = _average(desk, "OAR", 2)
    desk.movement(
        "leathered", "assembly", Move("OAR", -2), Move("SCREWS", -1, -500), Move("OARS", 1, oars + 2_300),
        Move(None, 0, 600, role="labour"), Move(None, 0, 1_000, role="supplier_cost"),
        Move(None, 0, 200, role="overhead"), memo="1 pair, leathered",
    )  # fmt: skip
    desk.document("leather bill", "bill", "Y-SAILS", Line("FITTING", 1, 1_000), memo="Leather sewn on")
    desk.match("leather bill", 1, "leathered", 5, 1)


def pair_taken_apart(desk: Desk) -> None:
    """A pair is taken apart, and one oar is broken."""
    desk.movement("taken apart", "disassembly", Move("OARS", -1), Move("OAR", 1, 1_400), memo="One is broken")


def dinghy_begins(desk: Desk) -> None:
    """Planks, varnish, work and a share of the shed's rent and power go into a dinghy that is not done yet."""
    desk.movement(
        "dinghy begins", "production_issue", Move("OAK", -8), Move("VARNISH", -3),
        Move(None, 0, 9_000, role="labour"), Move(None, 0, 3_000, role="overhead"), memo="Dinghy 1",
    )  # fmt: skip


def dinghy_is_done(desk: Desk) -> None:
    """The dinghy is done; a tenth of it went to waste."""
    begun = desk.named("dinghy begins")
    ((went_in,),) = desk.work.rows(
        "SELECT SUM(CASE WHEN role = 'stock' THEN -cost_cents ELSE cost_cents END) FROM yard_movement_lines"
        " WHERE movement_id = ?", begun,
    )  # fmt: skip
    waste = went_in // 10
    desk.movement("dinghy done", "production_receipt", Move("DINGHY", 1, went_in - waste),
                  Move(None, 0, waste, role="waste"), memo="Dinghy 1")  # fmt: skip


def sails_leave(desk: Desk) -> None:
    """Two sails leave for the shop."""
    desk.movement("sails leave", "transfer_out", Move("SAIL", -2), memo="For the window")


def sails_arrive(desk: Desk) -> None:
    """They arrive days later, worth what they were when they left."""
    ((cost,),) = desk.work.rows(
        "SELECT -cost_cents FROM yard_movement_lines WHERE movement_id = ?", desk.named("sails leave")
    )
    desk.movement("sails arrive", "transfer_in", Move("SAIL", 2, cost, place=SHOP), memo="For the window")


def write_off_with_work(desk: Desk) -> None:
    """Spilled varnish, and the work that was in it."""
    desk.movement("spilled", "write_off", Move("VARNISH", -2), Move("FITTING", -1, -700), account="DAMAGED",
                  memo="Spilled in the shed")  # fmt: skip


def valued_anew(desk: Desk) -> None:
    """Oars are worth more, sails less than they would bring."""
    desk.movement("revalued", "revaluation", Move("OAR", 0, 2_000), memo="Ash is dearer now")
    desk.movement("written down", "write_down", Move("SAIL", 0, -3_000), memo="Last year's cut")


def counted(desk: Desk) -> None:
    """A count of the shed, with its class."""
    varnish = _average(desk, "VARNISH", 1)
    desk.movement("counted", "stock_count", Move("VARNISH", 1, varnish), Move("OAR", -1), account="COUNT",
                  memo="Counted on a rainy day", **{"class": "Boatyard:Repairs"})  # fmt: skip


def given_away(desk: Desk) -> None:
    """A plank for the school."""
    desk.movement("given away", "adjustment", Move("OAK", -1), account="SAMPLES", memo="For the school",
                  **{"class": "Boatyard"})  # fmt: skip
