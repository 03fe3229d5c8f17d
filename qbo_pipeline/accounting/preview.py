"""An accountant's preview of a payload: the ledger lines that QuickBooks Online makes of it.

What belongs here: from an entity and its payload to debits and credits, each with its account; pure. Sales forms post
to the account of each line's item, so the caller says what that is; the sales tax of a form goes to an account that
QuickBooks chooses by itself. Estimates, purchase orders, customers, vendors and items post nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")
TAX_ACCOUNT = "the tax account that QuickBooks chooses"
NOT_KNOWN = "not known yet"


@dataclass(frozen=True, slots=True)
class Names:
    """What the Ids and keys of a payload mean. Each answers `None` for what it does not know.

    - `account`: account id -> (number or "", name). `item_account`: item (id or `$key`) and whether it is sold ->
      account id; bought, a tracked item goes to its inventory account.
    - `party`, `class_`, `department`, `tax_code`: reference -> name.
    - `receivable`, `payable`: the ids of the accounts that sales and purchase forms post to by default.
    """

    account: Callable[[str], tuple[str, str] | None]
    item_account: Callable[[str, bool], str | None]
    party: Callable[[str], str | None]
    class_: Callable[[str], str | None]
    department: Callable[[str], str | None]
    tax_code: Callable[[str], str | None]
    receivable: str | None
    payable: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """One line of the ledger: exactly one of `debit` and `credit` is more than 0.00, in the document's currency."""

    account_id: str | None
    account_number: str
    account: str
    debit: Decimal
    credit: Decimal
    description: str = ""
    party: str = ""
    class_: str = ""
    department: str = ""
    tax: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON and CSV."""
        return {
            "account_number": self.account_number,
            "account": self.account,
            "debit": self.debit,
            "credit": self.credit,
            "description": self.description,
            "party": self.party,
            "class": self.class_,
            "department": self.department,
            "tax": self.tax,
        }


@dataclass(frozen=True, slots=True)
class _Form:
    """How a form posts: `sign` is the side of its control account (1: debit), `control` names that in the payload."""

    sign: int
    control: str
    sales: bool


_FORMS = {
    "Invoice": _Form(1, "ARAccountRef", sales=True),
    "CreditMemo": _Form(-1, "ARAccountRef", sales=True),
    "Bill": _Form(-1, "APAccountRef", sales=False),
    "VendorCredit": _Form(1, "APAccountRef", sales=False),
    "SalesReceipt": _Form(1, "DepositToAccountRef", sales=True),
    "RefundReceipt": _Form(-1, "DepositToAccountRef", sales=True),
}
_DETAILS = (
    "SalesItemLineDetail", "ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail", "DiscountLineDetail",
)  # fmt: skip


def ledger_lines(entity: str, payload: Mapping[str, Any], names: Names) -> list[PreviewLine]:
    """The ledger lines of a payload, its control account first; none for what posts nothing.

    Debits equal credits. Raises `KeyError` for a payload without its required fields.
    """
    if entity == "JournalEntry":
        return [_journal_line(line, names) for line in payload["Line"]]
    if entity in _FORMS:
        return list(_form_lines(_FORMS[entity], payload, names))
    if entity == "Payment":
        bank = _id(payload.get("DepositToAccountRef"))
        return list(_money(bank, names.receivable, payload, names))
    if entity == "BillPayment":
        by = payload.get("CheckPayment") or payload.get("CreditCardPayment") or {}
        bank = _id(by.get("BankAccountRef") or by.get("CCAccountRef"))
        return list(_money(_id(payload.get("APAccountRef")) or names.payable, bank, payload, names))
    return []


def party_of(entity: str, payload: Mapping[str, Any], names: Names) -> str:
    """The customer or vendor of a document, or the name of a list entry; empty where there is none."""
    for field in ("CustomerRef", "VendorRef"):
        if (value := _id(payload.get(field))) is not None:
            return names.party(value) or value
    return str(payload.get("DisplayName") or (payload.get("Name") if entity == "Item" else "") or "")


def totals_by_account(lines: Iterable[PreviewLine]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """(number, account) -> (debits, credits)."""
    found: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        place = (line.account_number, line.account)
        debit, credit = found.get(place, (ZERO, ZERO))
        found[place] = (debit + line.debit, credit + line.credit)
    return found


def _journal_line(line: Mapping[str, Any], names: Names) -> PreviewLine:
    detail = line["JournalEntryLineDetail"]
    sign = 1 if detail["PostingType"] == "Debit" else -1
    party = _id(detail.get("Entity", {}).get("EntityRef"))
    return _line(
        _id(detail.get("AccountRef")),
        sign * Decimal(line["Amount"]),
        names,
        description=line.get("Description", ""),
        party=(names.party(party) or party) if party else "",
        class_=_named(names.class_, detail.get("ClassRef")),
        department=_named(names.department, detail.get("DepartmentRef")),
    )


def _form_lines(form: _Form, payload: Mapping[str, Any], names: Names) -> Iterator[PreviewLine]:
    control = _id(payload.get(form.control)) or (names.receivable if form.sales else names.payable)
    tax = Decimal((payload.get("TxnTaxDetail") or {}).get("TotalTax") or 0)
    total = sum(map(_signed, payload["Line"]), ZERO) + tax
    department = _named(names.department, payload.get("DepartmentRef"))
    deposit = Decimal(payload.get("Deposit") or 0)  # money that came with an invoice: received, and no longer open
    if deposit:
        yield _line(_id(payload.get("DepositToAccountRef")), form.sign * deposit, names, department=department)
    if total - deposit:
        yield _line(control, form.sign * (total - deposit), names, department=department)
    for line in payload["Line"]:
        detail: Mapping[str, Any] = next((line[name] for name in _DETAILS if name in line), {})
        account = _id(detail.get("AccountRef")) or _id(detail.get("DiscountAccountRef"))
        if account is None and (item := _id(detail.get("ItemRef"))) is not None:
            account = names.item_account(item, form.sales)
        if amount := _signed(line):
            yield _line(
                account,
                -form.sign * amount,
                names,
                description=line.get("Description", ""),
                class_=_named(names.class_, detail.get("ClassRef")),
                department=department,
                tax=_named(names.tax_code, detail.get("TaxCodeRef")),
            )
    if tax:
        side = -form.sign * tax
        yield PreviewLine(
            account_id=None, account_number="", account=TAX_ACCOUNT, debit=max(side, ZERO), credit=max(-side, ZERO)
        )


def _signed(line: Mapping[str, Any]) -> Decimal:
    """A line's amount; a discount takes its own off."""
    amount = Decimal(line["Amount"])
    return -amount if "DiscountLineDetail" in line else amount


def _money(
    debited: str | None, credited: str | None, payload: Mapping[str, Any], names: Names
) -> Iterator[PreviewLine]:
    if amount := Decimal(payload.get("TotalAmt") or 0):
        yield _line(debited, amount, names)
        yield _line(credited, -amount, names)


def _line(account_id: str | None, amount: Decimal, names: Names, **more: str) -> PreviewLine:
    """A line of this amount, debit positive; both sides show cents, whatever the payload wrote."""
    number, name = (names.account(account_id) if account_id else None) or ("", account_id or NOT_KNOWN)
    return PreviewLine(
        account_id=account_id,
        account_number=number,
        account=name,
        debit=max(amount, ZERO) + ZERO,
        credit=max(-amount, ZERO) + ZERO,
        **more,
    )


def _id(reference: Any) -> str | None:
    return reference.get("value") if isinstance(reference, Mapping) else None


def _named(look_up: Callable[[str], str | None], reference: Any) -> str:
    value = _id(reference)
    return "" if value is None else look_up(value) or value
