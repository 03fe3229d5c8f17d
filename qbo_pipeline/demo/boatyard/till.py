"""The boatyard's money: beforehand and afterwards, by card and by credit, for others, and taken back.

What belongs here: one function for each occasion of `story.py`.
"""

from __future__ import annotations

from qbo_pipeline.demo.boatyard.desk import Desk
from qbo_pipeline.demo.boatyard.trade import rate
from qbo_pipeline.demo.workday import Value


def _abroad(desk: Desk, day: int) -> dict[str, Value]:
    return {"currency": desk.foreign, "exchange_rate": rate(desk, day), "account": "ABROAD"}


def club_pays_for_the_dinghy(desk: Desk) -> None:
    """The club pays for a boat that is not built yet."""
    desk.payment("dinghy deposit", "payment_received", "Y-CLUB", 50_000, method="Check", memo="For the dinghy")


def dinghy_deposit_counts(desk: Desk) -> None:
    """The boat is there: what was paid beforehand is for its invoice."""
    desk.settle("dinghy deposit", "dinghy invoice", 50_000)


def card_payment(desk: Desk) -> None:
    """The club pays by card, and the processor keeps its fee."""
    total = desk.total("club invoice")
    desk.payment("card payment", "payment_received", "Y-CLUB", total, [("club invoice", total)], method="Visa",
                 fee_cents=425, reference="VISA-1")  # fmt: skip


def rest_of_the_repair(desk: Desk) -> None:
    """What the deposit of an invoice left, and more than that: the rest stays on account."""
    rest = desk.total("repair with deposit") - 10_000
    desk.payment("rest of the repair", "payment_received", "Y-CLUB", rest + 2_500, [("repair with deposit", rest)],
                 method="Check", memo="Rounded up")  # fmt: skip


def head_office_pays(desk: Desk) -> None:
    """The fleet's head office pays for its branch."""
    total = desk.total("fleet invoice N")
    desk.payment("head office", "payment_received", "Y-FLEET", total, [("fleet invoice N", total)], method="Check")


def credit_is_paid_out(desk: Desk) -> None:
    """The camp has its credit in money."""
    desk.payment("paid out", "payment_received", "Y-CAMP", -4_000, [("credit paid out", -4_000)], method="Check")


def credit_is_set_off(desk: Desk) -> None:
    """A credit pays for a part of an invoice; no money moves."""
    desk.payment("set off", "payment_received", "Y-FLEET-S", 0,
                 [("credit set off", -2_000), ("fleet invoice S", 2_000)], memo="Set off")  # fmt: skip


def pay_abroad(desk: Desk) -> None:
    """The hulls are paid at a third rate, less what was credited; the customer abroad pays too."""
    desk.payment("hulls paid", "payment_made", "Y-HULLS", 50_000, [("hull credit", -50_000), ("hull bill", 100_000)],
                 **_abroad(desk, 2))  # fmt: skip
    desk.payment("abroad pays", "payment_received", "Y-ABROAD", 10_000, [("sale abroad", 10_000)], **_abroad(desk, 2))


def pay_the_lorry(desk: Desk) -> None:
    """The lorry's bills less its bonus."""
    desk.payment("lorry paid", "payment_made", "Y-LORRY", 6_100, [("lorry bill", 3_600), ("sail lorry bill", 4_500),
                 ("bonus", -2_000)], method="Check")  # fmt: skip


def web_order_is_paid(desk: Desk) -> None:
    """Both web orders are paid in one sum."""
    one, two = desk.total("web sale 1"), desk.total("web sale 2")
    desk.payment("web money", "payment_received", "Y-COUNTER", one + two, [("web sale 1", one), ("web sale 2", two)],
                 method="MasterCard", fee_cents=310)  # fmt: skip


def last_invoice_is_paid(desk: Desk) -> None:
    """The customer who closes owes nothing."""
    total = desk.total("last invoice")
    desk.payment("last payment", "payment_received", "Y-LAST", total, [("last invoice", total)], method="Cash")
