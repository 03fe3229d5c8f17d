"""Journal entries: legs in exact amounts become a balanced payload in cents, with its effects on stock accounts.

What belongs here: rounding, adding up, sides, residue. Which legs a movement has is in `movements.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, dimension_for
from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.drafts import Draft, Effect, Excluded, Payload, refuse
from qbo_pipeline.accounting.money import ROUNDING_LIMIT, ZERO, apportion
from qbo_pipeline.accounting.payloads import currency_fields, finish, merged, note, number_field, ref

NAMED_TYPES = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}
# What is one line: account, class, department, and whose (Customer or Vendor, and the key of its record).
Group = tuple[str, str, str, str, str]
_NO_REF = {"value": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One account's share of one line: debit positive, exact (not yet rounded), in the entry's currency.

    `name` is the key of the customer or vendor that QBO wants on a receivable or payable account.
    """

    account: AccountRef
    amount: Decimal
    role: str
    line_id: str | None = None
    product_id: str | None = None
    location_id: str | None = None
    class_id: str | None = None
    department_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a journal entry says about itself; `number` may be empty where QBO is to have none."""

    key: str
    number: str
    label: str
    business_date: date
    currency: str
    rate: Decimal = Decimal(1)
    memo: str | None = None


def leg(books: Books, role: str, amount: Decimal, place: Place, **more: str | None) -> Leg:
    """A leg on the account that serves `role` at `place`, with the class and department of the place."""
    return Leg(
        account=account_for(books, role, place),
        amount=amount,
        role=role,
        product_id=place.product.product_id if place.product else None,
        location_id=place.location_id,
        class_id=dimension_for(books, "class", place),
        department_id=dimension_for(books, "department", place),
        **more,
    )


def in_cents(legs: Iterable[Leg]) -> list[Leg]:
    """The legs rounded so that each account's legs add up to its rounded exact total; order is kept."""
    legs = list(legs)
    by_account: dict[str, list[int]] = {}
    for position, item in enumerate(legs):
        by_account.setdefault(item.account.id, []).append(position)
    for positions in by_account.values():
        for position, amount in zip(positions, apportion(legs[p].amount for p in positions), strict=True):
            legs[position] = replace(legs[position], amount=amount)
    return legs


def journal_entry(books: Books, heading: Heading, legs: Sequence[Leg]) -> Draft | Excluded:
    """The journal entry of the legs, one line for each account, class, department and name.

    Cents left over from rounding go to the role `rounding`: at most 0.05 an entry, else `Refused`. An entry that
    moves nothing on any account is `Excluded` as `nil_effect`, with what it moves inside one account as effects.
    """
    rounded = in_cents(legs)
    residue = sum((item.amount for item in rounded), ZERO)
    if abs(residue) > ROUNDING_LIMIT:
        refuse(
            "unbalanced",
            f"{heading.label} does not balance: debits exceed credits by {residue} {heading.currency}, more than the "
            f"{ROUNDING_LIMIT} that rounding explains; correct the lines in the source",
            "lines",
        )
    if residue:
        rounded.append(leg(books, "rounding", -residue, Place(field="the cents left from rounding")))
    _check_accounts(rounded, heading)
    effects = merged(_effects(books, rounded))
    lines = _lines(rounded, heading)
    if not lines:
        return Excluded(
            rule="nil_effect",
            message=f"{heading.label} moves no value between accounts: there is nothing to post",
            effects=effects,
        )
    payload: Payload = {
        **number_field(books, "JournalEntry", heading.number),
        "TxnDate": heading.business_date.isoformat(),
        "PrivateNote": note(heading.label, heading.memo),
        **currency_fields(books, heading.currency, heading.rate),
        "Line": lines,
    }
    return finish(
        key=heading.key,
        entity="JournalEntry",
        payload=payload,
        business_date=heading.business_date,
        amount=sum((line["Amount"] for line in lines if _is_debit(line)), ZERO),
        currency=heading.currency,
        effects=effects,
    )


def _is_debit(line: Payload) -> bool:
    return bool(line["JournalEntryLineDetail"]["PostingType"] == "Debit")


def _effects(books: Books, legs: Iterable[Leg]) -> list[Effect]:
    return [
        Effect(
            account_id=item.account.id,
            amount=item.amount,
            product_id=item.product_id,
            location_id=item.location_id,
        )
        for item in legs
        if item.account.id in books.stock_accounts
    ]


def _lines(legs: Iterable[Leg], heading: Heading) -> list[Payload]:
    totals: dict[Group, Decimal] = {}
    for item in legs:
        kind = NAMED_TYPES.get(item.account.type, "") if item.name else ""
        group = (item.account.id, item.class_id or "", item.department_id or "", kind, item.name or "")
        totals[group] = totals.get(group, ZERO) + item.amount
    return journal_lines(totals, heading)


def journal_lines(totals: Mapping[Group, Decimal], heading: Heading) -> list[Payload]:
    """Debits, then credits, each in order of account, class and department; no negative amount, no zero."""
    ordered = sorted(totals.items(), key=lambda entry: (entry[1] < 0, entry[0]))
    return [_line(group, amount, heading) for group, amount in ordered if amount]


def signed_lines(payload: Payload) -> Iterator[tuple[Group, Decimal]]:
    """The lines of a journal entry as `journal_lines` was given them, debit positive."""
    for line in payload["Line"]:
        detail = line["JournalEntryLineDetail"]
        named = detail.get("Entity", {"Type": "", "EntityRef": {"value": ""}})
        group = (
            detail["AccountRef"]["value"],
            detail.get("ClassRef", _NO_REF)["value"],
            detail.get("DepartmentRef", _NO_REF)["value"],
            named["Type"],
            named["EntityRef"]["value"].removeprefix("$"),
        )
        yield group, line["Amount"] if _is_debit(line) else -line["Amount"]


def _line(group: Group, amount: Decimal, heading: Heading) -> Payload:
    account_id, class_id, department_id, kind, name = group
    detail: Payload = {"PostingType": "Debit" if amount > 0 else "Credit", "AccountRef": ref(account_id)}
    if name:
        detail["Entity"] = {"Type": kind, "EntityRef": ref(f"${name}")}
    if class_id:
        detail["ClassRef"] = ref(class_id)
    if department_id:
        detail["DepartmentRef"] = ref(department_id)
    return {
        "Amount": abs(amount),
        "Description": heading.label,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


def _check_accounts(legs: Iterable[Leg], heading: Heading) -> None:
    """QBO takes a receivable or payable line only with a name, and only in the account's own currency (6000)."""
    for item in legs:
        if item.account.type not in NAMED_TYPES:
            continue
        if item.name is None:
            refuse(
                "account_needs_name",
                f"{heading.label} would post to '{item.account.name}', a {item.account.type} account, which needs a "
                f"customer or vendor: give the role '{item.role}' another account",
                f"role:{item.role}",
            )
        if item.account.currency != heading.currency:
            refuse(
                "account_currency",
                f"{heading.label} is in {heading.currency}, but '{item.account.name}' is kept in "
                f"{item.account.currency}: name an account in {heading.currency} for this party in [accounts.by_party]",
                f"role:{item.role}",
            )
