"""What the boatyard buys: on orders, in parts, from abroad, with freight and other costs of getting it here.

What belongs here: one function for each occasion of `story.py`.
"""

from __future__ import annotations

from qbo_pipeline.demo.boatyard.desk import Desk, Line, Move
from qbo_pipeline.demo.boatyard.trade import rate

OAK_CENTS = 4_000


def order_timber(desk: Desk) -> None:
    """An order that comes and is billed in two parts; the merchant wants something beforehand."""
    desk.document("oak order", "purchase_order", "Y-TIMBER", Line("OAK", 20, OAK_CENTS), Line("SCREWS", 10, 500),
                  memo="Planks for the winter")  # fmt: skip
    desk.payment("paid to the merchant", "payment_made", "Y-TIMBER", 20_000, memo="Before the timber comes")


def order_screws(desk: Desk) -> None:
    """An order that is finished without a bill of its own."""
    desk.document("screw order", "purchase_order", "Y-SPARS", Line("SCREWS", 20, 450), memo="Ordered by telephone")


def order_is_finished(desk: Desk) -> None:
    """All of the screws are there: the order makes its bill."""
    desk.change("yard_documents", "screw order", finished_on=desk.work.today)


def order_sails(desk: Desk) -> None:
    """An order that the maker fills in part only; he has something on account already."""
    desk.payment("on account", "payment_made", "Y-SAILS", 10_000, method="Check", memo="On account")
    desk.document("sail order", "purchase_order", "Y-SAILS", Line("SAIL", 6, 8_000), memo="Sails for spring")


def timber_in_part(desk: Desk) -> None:
    """Twelve planks come, and their bill."""
    desk.movement("oak 1", "receipt", Move("OAK", 12, 12 * OAK_CENTS), party_id=desk.named("Y-TIMBER"))
    desk.document(
        "oak bill 1", "bill", "Y-TIMBER", Line("OAK", 12, OAK_CENTS, more=desk.of_order("oak order", 1)),
        payment_terms="Net 30", payment_days=30, due_date=desk.work.after(30), memo="First part",
    )  # fmt: skip
    desk.match("oak bill 1", 1, "oak 1", 1, 12)
    desk.settle("paid to the merchant", "oak bill 1", 20_000)


def timber_and_the_rest(desk: Desk) -> None:
    """The other planks and the screws, dearer than ordered: the bill closes the order."""
    desk.movement("oak 2", "receipt", Move("OAK", 8, 8 * OAK_CENTS), party_id=desk.named("Y-TIMBER"))
    desk.document(
        "oak bill 2", "bill", "Y-TIMBER",
        Line("OAK", 8, OAK_CENTS + 150, more=desk.of_order("oak order", 1)),
        Line("SCREWS", 10, 500, taxed=True, more=desk.of_order("oak order", 2)),
        Line(None, net=-600, more={"role": "discount", "description": "Paid beforehand"}), memo="The rest",
    )  # fmt: skip
    desk.match("oak bill 2", 1, "oak 2", 1, 8)


def sails_come_short(desk: Desk) -> None:
    """Four sails of six are billed before they come, and no more will."""
    desk.document("sail bill", "bill", "Y-SAILS", Line("SAIL", 4, 8_100, more=desk.of_order("sail order", 1)),
                  memo="Sent today")  # fmt: skip
    desk.change("yard_documents", "sail order", finished_on=desk.work.today)


def sails_come(desk: Desk) -> None:
    """The sails that were billed come, at what was ordered."""
    desk.movement("sails", "receipt", Move("SAIL", 4, 32_000), party_id=desk.named("Y-SAILS"))
    desk.match("sail bill", 1, "sails", 1, 4)


def freight_of_timber(desk: Desk) -> None:
    """The lorry of the first planks, as one sum over their receipt: eight of twelve are still there; and its bill."""
    desk.movement("oak freight", "landed_cost", Move(None, 0, 3_600, role="to_share", of_stock=("OAK", 2_400)),
                  for_movement_id=desk.named("oak 1"))  # fmt: skip
    desk.document("lorry bill", "bill", "Y-LORRY", Line("CARRIAGE", 1, 3_600), memo="Lorry of the planks")
    desk.match("lorry bill", 1, "oak freight", 1, 1)


def freight_of_sails(desk: Desk) -> None:
    """Freight that the boatyard shares itself, between sails that are here and one that is sold; and its bill."""
    desk.movement("sail freight", "landed_cost", Move("SAIL", 0, 3_000), Move("SAIL", 0, 1_500, role="sold"))
    desk.document("sail lorry bill", "bill", "Y-LORRY", Line("CARRIAGE", 1, 4_500), memo="Lorry of the sails")
    desk.match("sail lorry bill", 1, "sail freight", 1, 1)
    desk.match("sail lorry bill", 1, "sail freight", 2, 1)


def late_cost(desk: Desk) -> None:
    """A cost of goods that are sold already, which its bill clears."""
    desk.movement("late duty", "landed_cost", Move("SAIL", 0, 1_200, role="sold"))
    desk.document("late bill", "bill", "Y-LORRY", Line("CARRIAGE", 1, 1_200), memo="Forgotten in summer")
    desk.match("late bill", 1, "late duty", 1, 1)


def hulls_from_abroad(desk: Desk) -> None:
    """Two hulls from abroad, and the next day their bill at another rate."""
    desk.movement("hulls", "receipt", Move("HULL", 2, 100_000), party_id=desk.named("Y-HULLS"), rate=rate(desk, 0))


def bill_from_abroad(desk: Desk) -> None:
    """The bill of the hulls."""
    desk.document("hull bill", "bill", "Y-HULLS", Line("HULL", 2, 50_000), currency=desk.foreign,
                  exchange_rate=rate(desk, 1), memo="Two hulls")  # fmt: skip
    desk.match("hull bill", 1, "hulls", 1, 2)


def hull_goes_back(desk: Desk) -> None:
    """A cracked hull goes back, at its stock value, and is credited at its price."""
    desk.movement("hull back", "supplier_return", Move("HULL", -1), party_id=desk.named("Y-HULLS"))
    desk.document("hull credit", "purchase_credit", "Y-HULLS", Line("HULL", 1, 50_000), currency=desk.foreign,
                  exchange_rate=rate(desk, 2), memo="Cracked")  # fmt: skip
    desk.match("hull credit", 1, "hull back", 1, 1)


def turned_bill(desk: Desk) -> None:
    """A bill of less than nothing: a bonus at the end of the month."""
    desk.document("bonus", "bill", "Y-LORRY", Line("CARRIAGE", -1, 2_000), memo="Bonus of the month")
