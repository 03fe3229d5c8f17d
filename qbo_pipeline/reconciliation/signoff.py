"""Sign-off: two people certify a reconciliation, and the certificate is void when the data under it changes.

What belongs here: the rules, without clock and without store. The history is kept by `store/reconciliations.py`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.reconciliation.inputs import Close, ClosedBalance
from qbo_pipeline.reconciliation.result import Reconciliation


class SignOffError(PermanentError):
    """A signature that the rules do not allow; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A certificate: what was certified (`content_hash`, balances, home currency), by whom and when (aware UTC).

    `reviewer` is None while only the preparer has signed; `void_at` and `void_why` are set once it is void.
    """

    as_at: date
    currency: str
    content_hash: str
    stock_value: Decimal
    ledger_balance: Decimal
    difference: Decimal
    unexplained: Decimal
    balances: tuple[ClosedBalance, ...]
    preparer: str
    prepared_at: datetime
    reviewer: str | None = None
    reviewed_at: datetime | None = None
    comment: str = ""
    void_at: datetime | None = None
    void_why: str | None = None

    @property
    def state(self) -> str:
        """`prepared` (one signature), `signed` (two), or `void`."""
        if self.void_at is not None:
            return "void"
        return "prepared" if self.reviewer is None else "signed"


def prepare(reconciliation: Reconciliation, preparer: str, at: datetime, comment: str = "") -> SignOff:
    """The first signature. Raises `SignOffError` for unexplained amounts beyond the tolerance, for a document that
    stands twice, or without a name."""
    if reconciliation.status == "doubled":
        raise SignOffError(
            f"a document stands twice in QuickBooks as at {reconciliation.as_at}: delete the second one there before "
            "signing off"
        )
    if reconciliation.status == "unexplained":
        raise SignOffError(
            f"{reconciliation.unexplained:,} {reconciliation.currency} of {reconciliation.as_at} are unexplained: "
            "name their causes, or state a tolerance, before signing off"
        )
    accounts = reconciliation.accounts
    balances = zip(accounts["account_id"], accounts["stock_value"], accounts["ledger_balance"], strict=True)
    return SignOff(
        as_at=reconciliation.as_at,
        currency=reconciliation.currency,
        content_hash=reconciliation.content_hash,
        stock_value=reconciliation.stock_value,
        ledger_balance=reconciliation.ledger_balance,
        difference=reconciliation.difference,
        unexplained=reconciliation.unexplained,
        balances=tuple(ClosedBalance(*row) for row in balances),
        preparer=_name(preparer),
        prepared_at=_aware(at),
        comment=comment,
    )


def review(sign_off: SignOff, reconciliation: Reconciliation, reviewer: str, at: datetime) -> SignOff:
    """The second signature, on the same data by another person; raises `SignOffError` otherwise."""
    if sign_off.state != "prepared":
        raise SignOffError(f"the sign-off of {sign_off.as_at} is {sign_off.state}: only a prepared one can be reviewed")
    if _same_person(sign_off.preparer, reviewer):
        raise SignOffError(f"{reviewer!r} prepared it: the reviewer must be another person")
    if why := changed(sign_off, reconciliation):
        raise SignOffError(f"{why}: prepare it again")
    return replace(sign_off, reviewer=_name(reviewer), reviewed_at=_aware(at))


def changed(sign_off: SignOff, reconciliation: Reconciliation) -> str | None:
    """Why the certificate no longer holds for this reconciliation of the same date, None where it holds."""
    if reconciliation.as_at != sign_off.as_at or reconciliation.currency != sign_off.currency:
        raise SignOffError(
            f"signed as at {sign_off.as_at} in {sign_off.currency}, reconciled as at {reconciliation.as_at} in "
            f"{reconciliation.currency}: compare the same date"
        )
    if reconciliation.content_hash == sign_off.content_hash:
        return None
    moved = [
        f"{name} was {was:,}, is {now:,}"
        for name, was, now in (
            ("stock value", sign_off.stock_value, reconciliation.stock_value),
            ("ledger balance", sign_off.ledger_balance, reconciliation.ledger_balance),
        )
        if was != now
    ]
    return "the data changed after it was signed: " + (
        ", ".join(moved) or "the totals are the same, single documents are not"
    )


def check(sign_off: SignOff, reconciliation: Reconciliation, at: datetime) -> SignOff:
    """The certificate as it is, or void where the data changed; a void one stays void."""
    if sign_off.state == "void" or (why := changed(sign_off, reconciliation)) is None:
        return sign_off
    return replace(sign_off, void_at=_aware(at), void_why=why)


def close_of(sign_off: SignOff) -> Close:
    """The signed-off period, for the reconciliations after it; raises `SignOffError` unless two people signed."""
    if sign_off.reviewed_at is None:
        raise SignOffError(f"the sign-off of {sign_off.as_at} is not reviewed yet")
    return Close(sign_off.as_at, sign_off.reviewed_at, sign_off.balances)


def _same_person(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _name(name: str) -> str:
    if not _folded(name):
        raise SignOffError("a signature needs a name")
    return name.strip()


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise SignOffError(f"an instant needs its time zone: {at!r}")
    return at
