"""Sales forms: invoice, sales receipt, credit memo, refund receipt, estimate."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from qbo_pipeline.emulator.company import filling, tax
from qbo_pipeline.emulator.company.account_rules import control_account, system_account, undeposited_funds
from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.draft import Draft, Move
from qbo_pipeline.emulator.company.faults import error
from qbo_pipeline.emulator.company.money import major as money_major
from qbo_pipeline.emulator.company.money import minor, scaled, share
from qbo_pipeline.emulator.company.posting import bundles
from qbo_pipeline.emulator.company.posting import lines as rules
from qbo_pipeline.emulator.company.posting.banking import bank_line


def invoice(draft: Draft) -> None:
    """Dr accounts receivable / Cr income and tax; cost of goods for tracked items."""
    _due_date(draft)
    _form(draft, 1, receivable=True)
    deposit = minor(draft.body.get("Deposit") or Decimal(0))
    draft.balance = draft.total
    if deposit:
        _deposit(draft, deposit)


def credit_memo(draft: Draft) -> None:
    """The reverse of an invoice; its total stays open as remaining credit."""
    _form(draft, -1, receivable=True)
    draft.balance = draft.total


def sales_receipt(draft: Draft) -> None:
    """Dr bank or undeposited funds / Cr income and tax."""
    _form(draft, 1, receivable=False)
    draft.balance = 0


def refund_receipt(draft: Draft) -> None:
    """The reverse of a sales receipt."""
    _form(draft, -1, receivable=False)
    draft.balance = 0


def estimate(draft: Draft) -> None:
    """Posts nothing: totals alone."""
    draft.body.setdefault("TxnStatus", "Pending")
    filling.sales_form(draft)
    rows, discount = _rows(draft)
    taxes = tax.compute(draft, [row for row, _, _ in rows], "Sales", discount)
    draft.total = sum(row.net for row, _, _ in rows) - discount + taxes.total
    _finish(draft, rows)


_Row = tuple[tax.TaxedLine, Body, tuple[str, Body] | None]


def _rows(draft: Draft) -> tuple[list[_Row], int]:
    """The lines that carry an amount, and the discount (minor units) of the document."""
    rows: list[_Row] = []
    discount = 0
    for line in draft.body["Line"]:
        kind = line["DetailType"]
        detail = line.setdefault(kind, {}) if kind != "DescriptionOnly" else {}
        if kind == "SalesItemLineDetail":
            rows += _sold(draft, line)
        elif kind == "GroupLineDetail":
            rows += [row for inner in bundles.expand(draft, line) for row in _sold(draft, inner)]
        elif kind == "DiscountLineDetail":
            subtotal = sum(row.amount for row, _, _ in rows)
            if detail.get("PercentBased"):
                line["Amount"] = money_major(
                    share(subtotal, scaled(Decimal(detail.get("DiscountPercent") or 0)), 10**9)
                )
            elif line.get("Amount") is None:
                draft.errors.append(error("6090", "Line", what="A discount line needs an Amount or a DiscountPercent."))
                continue
            discount += minor(line["Amount"])
    return rows, discount


def _sold(draft: Draft, line: Body) -> list[_Row]:
    """A line of a product as a row; none where it has neither product nor account."""
    detail = line["SalesItemLineDetail"]
    item = rules.item_of(draft, detail)
    if item is None and not detail.get("ItemRef") and not detail.get("ItemAccountRef"):
        line.pop("Amount", None)
        return []
    amount = rules.check_amount(draft, line, detail)
    return [(tax.TaxedLine(amount, rules.ref_id(detail, "TaxCodeRef"), detail), line, item)]


def _form(draft: Draft, sign: int, *, receivable: bool) -> None:
    book = draft.book
    filling.sales_form(draft)
    rows, discount = _rows(draft)
    taxes = tax.compute(draft, [row for row, _, _ in rows], "Sales", discount)
    draft.total = sum(row.net for row, _, _ in rows) - discount + taxes.total
    if draft.total < 0:
        draft.errors.append(error("6000", what="You must set a transaction amount that is not negative."))
    if receivable:
        control = draft.post(control_account(book, "Accounts Receivable", draft.currency), sign * draft.total)
    else:
        target = rules.ref_id(draft.body, "DepositToAccountRef") or undeposited_funds(book)
        draft.body["DepositToAccountRef"] = {"value": target}
        control = bank_line(draft, target, sign * draft.total)
    for row, line, item in rows:
        detail = line["SalesItemLineDetail"]
        account = rules.ref_id(detail, "ItemAccountRef") or (item and rules.ref_id(item[1], "IncomeAccountRef"))
        draft.post(
            account or system_account(book, "Income", "SalesOfProductIncome"),
            -sign * row.net,
            item=int(item[0]) if item else None,
            qty=scaled(Decimal(detail["Qty"])) if detail.get("Qty") else None,
            memo=line.get("Description"),
            class_id=rules.ref_id(detail, "ClassRef") or rules.ref_id(draft.body, "ClassRef"),
        )
    if discount:
        own = next(
            (
                rules.ref_id(x["DiscountLineDetail"], "DiscountAccountRef")
                for x in draft.body["Line"]
                if "DiscountLineDetail" in x
            ),
            None,
        )
        draft.post(own or system_account(book, "Income", "DiscountsRefundsGiven"), sign * discount)
    tax.post(draft, taxes, -sign)
    draft.balance_home(control)
    for _, line, item in rows:
        if item is not None and rules.is_tracked(item):
            _cost(draft, line, item, sign)
    _finish(draft, rows)


def _cost(draft: Draft, line: Body, item: tuple[str, Body], sign: int) -> None:
    detail = line["SalesItemLineDetail"]
    quantity = rules.moved_quantity(draft, item, detail)
    moved = -sign * scaled(quantity)
    memo, id = line.get("Description"), int(item[0])
    cost = draft.post(item[1]["ExpenseAccountRef"]["value"], 0, home=0, item=id, memo=memo, in_home=True)
    asset = draft.post(item[1]["AssetAccountRef"]["value"], 0, home=0, item=id, qty=moved, memo=memo, in_home=True)
    draft.moves.append(Move(asset, id, moved, "issue" if moved < 0 else "restore", 0, cost))


def _finish(draft: Draft, rows: list[_Row]) -> None:
    for row, line, _ in rows:
        if row.net != row.amount:
            line["Amount"] = money_major(row.net)
    subtotal = sum(row.net for row, _, _ in rows)
    draft.body["Line"].append(rules.subtotal_line(subtotal))


def _due_date(draft: Draft) -> None:
    """DueDate from the terms, else the company's default number of days."""
    body = draft.body
    if body.get("DueDate"):
        return
    term = draft.book.entries["Term"].get(rules.ref_id(body, "SalesTermRef") or "")
    body["DueDate"] = due_date(draft.date, term.body if term else None, draft.book.settings.default_due_days)


def due_date(day: str, term: Body | None, default_days: int) -> str:
    """When a document of a date falls due under a term: so many days later, or on a day of a following month."""
    start = date.fromisoformat(day)
    if term is None:
        return (start + timedelta(days=default_days)).isoformat()
    if term.get("Type") == "DATE_DRIVEN" and term.get("DayOfMonthDue"):
        months = 1 if (int(term["DayOfMonthDue"]) - start.day) < int(term.get("DueNextMonthDays") or 0) else 0
        first = date(start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1, 1)
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return min(first + timedelta(days=int(term["DayOfMonthDue"]) - 1), following - timedelta(days=1)).isoformat()
    return (start + timedelta(days=int(term.get("DueDays") or 0))).isoformat()


def _deposit(draft: Draft, deposit: int) -> None:
    """Money taken with the invoice: straight to the bank, and no longer open."""
    book = draft.book
    if deposit > draft.total:
        draft.errors.append(error("6000", "Deposit", what="The deposit can't be more than the total."))
        return
    target = rules.ref_id(draft.body, "DepositToAccountRef") or undeposited_funds(book)
    receivable = draft.post(control_account(book, "Accounts Receivable", draft.currency), -deposit)
    bank_line(draft, target, deposit, home=-draft.lines[receivable].home)
    draft.balance = draft.total - deposit
