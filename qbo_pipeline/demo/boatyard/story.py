"""The boatyard's month: what happens on which day, counted from the company's first.

What belongs here: the calendar. Each occasion comes once; a day's are done in the order of the table, after the
warehouse's own work. The last days change what the nights before have posted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from qbo_pipeline.demo.boatyard import lists, regrets, supply, till, trade, workshop
from qbo_pipeline.demo.boatyard.desk import Desk
from qbo_pipeline.demo.workday import Workday

Occasion = Callable[[Desk], None]
CALENDAR: Mapping[int, tuple[Occasion, ...]] = {
    0: (lists.enter, supply.order_timber, supply.order_screws, supply.order_sails),
    1: (supply.timber_in_part, trade.over_the_counter, trade.quote_for_the_club),
    2: (workshop.planks_for_the_fleet, trade.counter_refund),
    3: (supply.freight_of_timber, till.club_pays_for_the_dinghy),
    4: (supply.timber_and_the_rest, workshop.pairs_of_oars),
    5: (supply.order_is_finished, trade.mast_to_the_customer),
    6: (workshop.dinghy_begins, trade.tax_in_prices),
    7: (trade.sell_to_the_club, trade.fleet_repairs),
    8: (supply.sails_come_short, trade.discount_in_percent),
    10: (supply.sails_come, workshop.oars_with_leather),
    11: (supply.freight_of_sails, workshop.sails_leave),
    12: (till.card_payment, trade.cents_of_tax),
    13: (workshop.sails_arrive, trade.with_deposit),
    14: (workshop.dinghy_is_done, supply.hulls_from_abroad),
    15: (supply.bill_from_abroad, trade.ship_a_boat, till.dinghy_deposit_counts),
    16: (workshop.pair_taken_apart, trade.sell_abroad),
    17: (till.head_office_pays, workshop.write_off_with_work),
    18: (trade.web_shop, trade.last_sale),
    19: (till.web_order_is_paid, supply.late_cost),
    20: (supply.hull_goes_back, workshop.counted),
    21: (till.rest_of_the_repair, trade.free_of_charge),
    22: (trade.credit_without_goods, trade.turned_invoice),
    23: (till.credit_is_paid_out, till.credit_is_set_off),
    24: (till.pay_abroad, supply.turned_bill, till.last_invoice_is_paid),
    25: (till.pay_the_lorry, workshop.valued_anew),
    26: (workshop.given_away, trade.customer_closes),
    28: (regrets.written_in_haste,),
    29: (regrets.thought_better_of,),
}


def happens(work: Workday) -> None:
    """Do what the calendar has for the day."""
    ((first,),) = work.rows("SELECT first_day FROM company")
    desk = Desk(work)
    for occasion in CALENDAR.get((work.day - date.fromisoformat(first)).days, ()):
        occasion(desk)
