"""Drafts of the posting rules, carried into an emulated company: what QuickBooks books for them, line by line.

What belongs here: the company with the chart of `company.py`, and the carrying: `$key` becomes an Id, what a draft
refers to goes before it, the same key again is an update. The emulator shares no line with the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.books import AccountRef, Books
from qbo_pipeline.accounting.drafts import Draft, Excluded, Outcome, Refused
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import build
from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline_tests.accounting.company import CHART, FURTHER, HINTS, ROLES, books
from qbo_pipeline_tests.emulator.company.opening import open_company

OURS = "Our "  # begins the names of the test's accounts


@dataclass
class Booked:
    """An emulated company; `ids` are the Ids of what stands in it by the keys of our postings."""

    company: Company
    accounts: dict[str, str]  # our test chart's Id -> QBO's
    names: dict[str, str]  # QBO's Id -> name
    before: dict[str, Decimal]  # balances of the seed
    ids: dict[str, str] = field(default_factory=dict)
    in_books: Books | None = None

    def books(self, *records: Any, **changes: Any) -> Books:
        """The rules' books of this company, with these records stored."""
        chart = {
            self.accounts[row[0]]: AccountRef(id=self.accounts[row[0]], name=row[2], type=row[3], currency="USD")
            for row in (*CHART, *FURTHER)
        }
        roles = {role: self.accounts[id_] for role, id_ in {**ROLES, **{row[1]: row[0] for row in FURTHER}}.items()}
        hints = {hint: self.accounts[id_] for hint, id_ in HINTS.items()}
        self.in_books = books(*records, **({"chart": chart, "roles": roles, "hints": hints} | changes))
        return self.in_books

    def carry(self, *records: Any) -> list[dict[str, Any]]:
        """Build these records by the books made last and post their drafts in order; answers the objects."""
        assert self.in_books is not None
        made = []
        for record in records:
            outcome = build(record, self.in_books)
            assert not isinstance(outcome, Refused), outcome
            if not isinstance(outcome, Excluded):
                made += [self.post(draft) for draft in (outcome if isinstance(outcome, list) else [outcome])]
        return made

    def post(self, draft: Draft) -> dict[str, Any]:
        """Post a draft, after what it refers to; one whose key stands there already updates it."""
        for key in draft.depends_on:
            if key not in self.ids:
                self.post(self._behind(key))
        body = self.resolved(draft.payload)
        if draft.key in self.ids:
            there = self.company.read(draft.entity, self.ids[draft.key])
            body |= {"Id": there["Id"], "SyncToken": there["SyncToken"], "sparse": True}
            return self.company.update(draft.entity, body)
        made = self.company.create(draft.entity, body)
        self.ids[draft.key] = made["Id"]
        return made

    def read(self, entity: str, key: str) -> dict[str, Any]:
        return self.company.read(entity, self.ids[key])

    def lines(self, key: str) -> dict[str, Decimal]:
        """What the object of a key does to each account that it touches, by name, in home currency; debit positive."""
        rows = [row for row in self.company.latest_lines(1000) if str(row["txn"]) == self.ids[key]]
        found: dict[str, Decimal] = {}
        for row in rows:
            amount = (row["debit"] or Decimal(0)) - (row["credit"] or Decimal(0))
            found[row["account"]] = found.get(row["account"], Decimal(0)) + amount
        return {name.removeprefix(OURS): amount for name, amount in found.items() if amount}

    def balances(self) -> dict[str, Decimal]:
        """Our accounts that have a balance, and the receivable and payable ones' change since the beginning."""
        now = {row["name"]: row["balance"] for row in self.company.accounts()}
        moved = {name: amount - self.before.get(name, Decimal(0)) for name, amount in now.items()}
        return {name.removeprefix(OURS): amount for name, amount in moved.items() if amount}

    def predicted(self, draft: Draft) -> dict[str, Decimal]:
        """What a draft's effects say of each stock account, by name."""
        found: dict[str, Decimal] = {}
        for effect in draft.effects:
            name = self.names[effect.account_id]
            found[name] = found.get(name, Decimal(0)) + effect.amount
        return {name: amount for name, amount in found.items() if amount}

    def _behind(self, key: str) -> Draft:
        """The draft of what another one refers to."""
        assert self.in_books is not None
        kind, _, record_id = key.partition("/")
        if kind == "item":
            return next(draft for draft in build_account_items(self.in_books) if draft.key == key)
        of = self.in_books
        record: Any = of.product(record_id) if kind == "product" else of.party(*record_id.split(":", 1))
        outcome: Outcome = build(record, of)
        assert isinstance(outcome, Draft), outcome
        return outcome

    def resolved(self, value: Any) -> Any:
        """A payload with Ids in the place of keys."""
        if isinstance(value, dict):
            return {name: self.resolved(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            return self.ids[value[1:]]
        return value


def open_booked(seed: str = "us") -> Booked:
    """A new emulated company whose books have the test chart beside their own accounts."""
    company = open_company(seed)
    made = {id_: _account(company, name, type_) for id_, _, name, type_ in (*CHART, *FURTHER)}
    return Booked(
        company=company,
        accounts=made,
        names={made[row[0]]: row[2] for row in (*CHART, *FURTHER)},
        before={row["name"]: row["balance"] for row in company.accounts()},
    )


def _account(company: Company, name: str, type: str) -> str:
    """The company's own where QBO keeps one of the type, else a new one, which may not be called like another one."""
    if type in ("Accounts Receivable", "Accounts Payable"):
        found = company.query(f"select * from Account where AccountType = '{type}'")["Account"]
        return str(found[0]["Id"])
    return str(company.create("Account", {"Name": f"{OURS}{name}", "AccountType": type})["Id"])
